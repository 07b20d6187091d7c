"""TXT042: the completion gives back the text that the prompt wants changed."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_SHORTEST = 12
_CHANGE = (
    r"(?i)^\W*(?:please |can you |could you )?(?:rewrite|re-write|rephrase|reword|re-word|paraphrase|restate|transform|convert"
    r"|change|modify|translate|replace|substitute|simplify|shorten|condense|expand|summari[sz]e|match|reverse|improve|rework|restructure|reframe"
    r"|turn|switch|alter|negate|elaborate|combine|merge|generate|create|write|name|identify|describe|explain|continue|complete|answer)\b"
)
# There the text may well stay as it is.
_MAY_STAY = (
    r"(?i)\b(?:if (?:needed|necessary|required|any|it)|whether|correct|error|errors|grammar|grammatical\w*|spelling|punctuat\w*|capitali[sz]\w*|upper ?case"
    r"|lower ?case|title case|format|sort|order|rank|arrange|rearrange|list|alphabet\w*|repeat|copy|echo|verbatim|quote|quotation|hyphen\w*|comma|typos?|fix|read"
    r"|recite|odd|even|sequence|identical|same|remove|extract|clean|print|output the|string|html|markdown|code|function|program|json|sql|python)\b"
)


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars(" \t\r\n.\"'“”")


def _condition(options: LintOptions) -> pl.Expr:
    prompt, completion = pl.col("prompt"), pl.col("completion")
    given = prompt.str.strip_chars().str.split("\n\n").list.last()
    quoted = prompt.str.extract(r"[\"“]([^\"“”\n]+)[\"”]\s*[.?]?\s*$", 1)
    after = prompt.str.extract(r":\s*([^:\n]+)$", 1)
    below = prompt.str.extract(r"(?s)\A[^\n]*\n+(.*)\z", 1)
    said = _plain(completion)
    same = (
        (said == _plain(given))
        | (said == _plain(below)).fill_null(False)
        | (said == _plain(quoted)).fill_null(False)
        | (said == _plain(after)).fill_null(False)
    )
    head = prompt.str.split("\n").list.first()
    return (
        same
        & prompt.str.contains(english(_CHANGE))
        & ~head.str.contains(english(_MAY_STAY))
        & (said.str.len_bytes() >= _SHORTEST)
    )


def _first(options: LintOptions) -> pl.Expr:
    prompt, completion = pl.col("prompt"), pl.col("completion")
    shorter = completion.str.len_bytes() + 8 <= prompt.str.len_bytes()
    end = completion.str.strip_chars_end(" \t\r\n.\"'”").str.tail(6)
    return (
        shorter
        & (prompt.str.strip_chars_end(" \t\r\n.\"'”?").str.tail(6) == end)
        & (completion.str.len_bytes() >= _SHORTEST)
    )


RULE = ColumnRule(
    about=About(
        code="TXT042",
        name="unchanged-text",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the prompt wants a text changed, and the completion gives it back unchanged",
        reason="The model learns that doing nothing is an answer. Often the input already held the solution.",
        example='{"instruction": "Rewrite the sentence in a formal tone.", "input": "He wants the money now.", '
        '"output": "He wants the money now."}',
        remedy="Write the changed text, or drop the row.",
        assumes="English orders",
    ),
    frame="rows",
    condition=_condition,
    message="the completion is the text of the prompt, unchanged",
    column="completion",
    first=_first,
)
