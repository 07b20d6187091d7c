"""TXT033: the prompt asks for a number of items, and gets another."""

from __future__ import annotations

import re

import polars as pl

from curate.patterns import regex
from curate.rules import enumerations
from curate.rules.enumerations import Range
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_NUMBER = r"(two|three|four|five|six|seven|eight|nine|ten|[2-9]|1[0-9]|20)"
_VERB = (
    r"(?:list|name|give(?: me)?|provide|suggest|identify|generate|create|write|brainstorm|come up with|offer|propose|make|find|describe|state"
    r"|outline|recommend|think of|what are|mention|add|pick|select|tell me|compose|devise|produce|explain)"
)
_REQUEST = rf"\b{_VERB}\s+(?:a list of\s+|some of the\s+|the\s+|me\s+|exactly\s+|up with\s+)*{_NUMBER}\s+(?:[a-z'-]+\s+){{0,4}}?([a-z-]{{3,}}s)\b"
_BETWEEN = rf"\b{_VERB}\s+(?:a list of\s+|some of the\s+|the\s+|me\s+|up with\s+)*(\d{{1,2}})\s?(?:-|–|to)\s?(\d{{1,2}})\s+(?:[a-z'-]+\s+){{0,4}}?([a-z-]{{3,}}s)\b"
# These are lengths, and have rules of their own.
_LENGTHS = regex(
    r"^(?:or|to|word|sentence|paragraph|line|page|minute|second|hour|day|digit|letter|character|stanza|syllable|course|point story|year"
    r"|star|verse|part|panel|column|row)s?\b"
)
_OTHERWISE = regex(
    r"\bat least\b|\bor more\b|\bup to\b|\bminimum\b|\bmaximum\b|\bmore than\b|\bper\b|\beach\b|\bevery\b|\band (?:two|three|four|five|\d)|\bpros\b"
    r"|\bfor (?:two|three|four|five|\d)|\d\s*-\s*\d|\bfew\b|\bexamples?\b.*\bof each|\bdialogue\b|\bconversation\b|\bcharacters\b|\bstory\b|\bpoem\b"
    r"|\b(?:combine|compare|using|function|program|code|query|game|quiz|recipe)\b",
    re.I,
)


def _applies(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    # The order stands on the first line; longer ones are about something else.
    order = pl.when(prompt.str.len_bytes() <= _LONGEST_PROMPT).then(prompt)
    numbered = pl.when(
        order.str.contains(rf"(?i-u: {_NUMBER} [a-z]| [0-9]{{1,2}} ?(?:-|to) ?[0-9]{{1,2}} [a-z])")
    ).then(order)
    return numbered.str.contains(english(f"(?i){_REQUEST}|{_BETWEEN}"))


def _listed(completion: str, wanted: int) -> Range | None:
    """The fewest and the most items that a completion can be said to list.

    None for another kind of text, and where it can at once be said to list as many as are wanted.
    """
    count = (
        enumerations.numbered(completion)
        or enumerations.bulleted(completion)
        or enumerations.in_lines(completion)
    )
    return (count, count) if count else enumerations.enumerated(completion, wanted)


def _says(prompt: str, completion: str) -> str | None:
    order = prompt.partition("\n")[0]
    between = _BETWEEN_RE.search(order) if _DASHED.search(order) else None
    if between is not None:
        return _outside(completion, between, order)
    request = _REQUEST_RE.search(order)
    if request is None or _LENGTHS.match(order[request.end(1) :].lstrip().lower()):
        return None
    wanted = _WORDS.get(request[1].lower()) or int(request[1])
    found = _listed(completion, wanted)
    if found is None or found[0] <= wanted <= found[1] or _OTHERWISE.search(order):
        return None
    return f"the prompt asks for {wanted} {request[2]}, the completion lists {min(found)}"


def _outside(completion: str, between: re.Match[str], order: str) -> str | None:
    """ "5-10 tasks": more or fewer than that."""
    few, many = int(between[1]), int(between[2])
    found = _listed(completion, many)
    rest = order[between.end(2) :].lstrip().lower()
    if (
        found is None
        or few >= many
        or _LENGTHS.match(rest)
        or _OTHERWISE.search(_DASHED.sub("", order))
    ):
        return None
    if found[0] <= many and found[1] >= few:
        return None
    return f"the prompt asks for {few} to {many} {between[3]}, the completion lists {min(found)}"


_DASHED = regex(r"\d\s*(?:-|–|to)\s*\d")
_BETWEEN_RE = regex(_BETWEEN, re.I)
_REQUEST_RE = regex(_REQUEST, re.I)
_LONGEST_PROMPT = 500


RULE = RecordRule(
    about=About(
        code="TXT033",
        name="wrong-item-count",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the completion lists more or fewer items than the prompt asks for",
        reason="The model learns that numbers in a request do not matter.",
        example='{"prompt": "List five fruits.", "completion": "1. Apple\\n2. Pear\\n3. Plum"}',
        remedy="Add or remove items.",
        assumes="English prompts",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
