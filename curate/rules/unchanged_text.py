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


# A question is not answered by all of the text that it is about: so long a one is not its own answer.
_LONG = 80  # bytes
_FEWEST_WORDS = 12
_WANTED_BACK = (
    r"(?i)\b(?:repeat|copy|echo|verbatim|recite|quote|quotation|transcri\w+|print|return|same|identical|whether|if (?:needed|necessary|required|any|it)|check|correct|proofread|grammar|spelling|punctuat\w*|capitali[sz]\w*|upper ?case|lower ?case|format|sort|order|rank|arrange|rearrange|clean|remove|highlight|html|markdown|code|function|program"
    r"|string|json|sql|python|full|complete|continue|entire|whole|read|(?:give|show|write|provide|type|tell|what (?:is|are))[a-z ]{0,20} (?:text|lyrics|poem|story|passage|prayer|anthem|speech))\b"
)
# What is said to have mistakes.
_MENDED = r"(?i)^\W*(?:please |can you |could you )?(?:correct|fix|find and correct|find and fix|remove|repair) (?:all |any of )?the (?:[a-z]+ ){0,2}?(?:typos|mistakes|errors|misspellings|spelling errors)\b"


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
    change = prompt.str.contains(english(_CHANGE)) & ~head.str.contains(english(_MAY_STAY))
    # The whole of a long text, in answer to a question about it.
    long = (said.str.len_bytes() >= _LONG) & (
        said.str.count_matches(" ", literal=True) >= _FEWEST_WORDS
    )
    asked = (
        long & (said == _plain(below)).fill_null(False) & ~head.str.contains(english(_WANTED_BACK))
    )
    mended = head.str.contains(english(_MENDED)) & ~head.str.contains(r"(?i-u:\bif\b|whether)")
    return (same & (change | mended) & (said.str.len_bytes() >= _SHORTEST)) | asked


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
