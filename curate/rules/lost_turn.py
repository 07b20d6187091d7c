"""ROL023: an answer within a conversation that is none: a stand-in, or an earlier turn again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.patterns import regex
from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.turns import CONVERSATIONS, Turn, turns_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat

_STAND_IN = (
    r"[<(\[{\"'*_]{0,3}(?:n\.?/?a\.?|null|none|nan|undefined|empty|tbd|tba|to-?do|fixme|placeholder|x{3,20}|asdf[a-z]{0,20}|test|lorem ipsum|coming soon|no (?:response|answer|output|reply|data|content)"
    r"|\.{2,3}|…|-{1,3}|\?{1,3}|(?:insert |your |the )?(?:answer|response|reply)(?: goes)? here|error)[>)\]}\"'*_.!]{0,3}"
)
_ALONE = regex(_STAND_IN, re.IGNORECASE)
_SHORTEST_COPY = 60  # characters; short answers fit several questions
# What asks for such a word, or for the same again.
_ASKED = regex(
    r"\b(?:repeat|again|say|echo|copy|output|print|word|spell|answer with|reply with|respond with)\b",
    re.I,
)
_ANY = regex(r"\b(?:any|which|how many|what (?:is|was|value|type)|none)\b", re.I)


def _applies(options: LintOptions) -> pl.Expr:
    # Turns are joined by a blank line.
    before = pl.when(pl.col("roles").str.contains("a.*a")).then(pl.col("prompt"))
    stand_in = before.str.contains(rf"\n\n\s*(?i-u:{_STAND_IN})\s*\n\n")
    long = pl.when(pl.col("completion").str.len_bytes() >= _SHORTEST_COPY).then(before)
    return (stand_in | long.str.contains(pl.col("completion"), literal=True)).fill_null(False)


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    turns = [turn for turn in turns_of(record, format_) if turn.role in ("user", "assistant")]
    for at, turn in enumerate(turns):
        asked = turns[at - 1].text if at else ""
        if turn.role != "assistant" or _ASKED.search(asked):
            continue
        key = "value" if "value" in turn.message else "content"
        nothing = turn.text.strip().lower().startswith(("n", "-", "?")) and _ANY.search(asked)
        if at < len(turns) - 1 and _ALONE.fullmatch(turn.text.strip()) and not nothing:
            yield Mark(f"{turn.field}.{key}", f"{turn.text.strip()!r} stands for this answer")
        elif _said_before(turn, asked, turns[:at]):
            yield Mark(f"{turn.field}.{key}", "this answer is an earlier turn again, word for word")


def _said_before(turn: Turn, asked: str, earlier: list[Turn]) -> bool:
    """Whether the answer stands before, to another question or as one."""
    text = turn.text.strip()
    if len(text) < _SHORTEST_COPY:
        return False
    for at, other in enumerate(earlier):
        same_question = at > 0 and earlier[at - 1].text.strip() == asked.strip()
        if other.text.strip() == text and not (other.role == "assistant" and same_question):
            return True
    return False


RULE = RecordRule(
    about=About(
        code="ROL023",
        name="lost-turn",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="an answer within a conversation is a stand-in such as N/A, or an earlier turn again",
        reason="The answer was lost or mixed up. The model is trained on it, and what follows in the conversation "
        "goes on from something that was never said.",
        example='{"messages": [{"role": "user", "content": "My lamp flickers."}, {"role": "assistant", "content": '
        '"N/A"}, {"role": "user", "content": "Is that free?"}, {"role": "assistant", "content": "Yes, it is."}]}',
        remedy="Put the answer back, or drop the row.",
        assumes="English stand-ins",
    ),
    applies=_applies,
    check=_check,
    applies_to=CONVERSATIONS,
)
