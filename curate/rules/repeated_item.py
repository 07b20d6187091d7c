"""TXT047: a list that names the same thing twice."""

from __future__ import annotations

import re

import polars as pl

from curate.patterns import regex
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# A list is ordered; what the items are about, and that no item is wanted twice, is plain.
_ORDER_TEXT = (
    r"^\W*(?:please )?(?:make|create|generate|give|list|name|provide|write|suggest|find|come up with|brainstorm|compile|identify|construct|produce|think of)\b[^.\n]{0,60}?"
    r"\b(?:lists?|words|names|ideas|adjectives|nouns|verbs|adverbs|synonyms|antonyms|examples|items|titles|topics|questions|ways|tips|types|things|reasons|benefits|qualities|characteristics|slangs|elements|terms|hobbies|countries|cities|animals|foods|colors|colours)\b"
)
_ORDER = regex(_ORDER_TEXT, re.I)
_OTHERWISE = regex(
    r"\b(?:poem|song|rap|lyrics|jingle|chant|story|code|function|program|python|repeat\w*|pattern|dialogue|conversation|random|numbers|sequence|conjugat\w*|table|classify|categori[sz]e|label|sentiment|array"
    r"|rhyme|tongue|each of|for each|duplicat\w*|schedule|recipe|playlist|merge|combine|concatenate)\b",
    re.I,
)
_MARKED = regex(r"^[^\S\n]*(?:\d{1,2}[.)]|[-*•])[^\S\n]*(\S.*)", re.M)
_WORDS = regex(r"[a-z][a-z' -]{2,40}")
_LEAD = regex(r"^[^,]*\b(?:as|are|include|includes|is|be|:)\s+", re.I)
_ARTICLE = regex(r"^(?:and|or|a|an|the) (?:an? )?")
_LEAST = 4
# A list of so many lines, each of which stands there so often.
_LONG_LIST, _EACH = 9, 3
_NUMBERED = r"(?m:^\s*[0-9]{1,2}[.)] )"


def _applies(options: LintOptions) -> pl.Expr:
    prompt, completion = pl.col("prompt"), pl.col("completion")
    short = pl.when((prompt.str.len_bytes() <= 200) & (completion.str.len_bytes() <= 1500)).then(
        prompt
    )
    asked = short.str.contains(english(f"(?i){_ORDER_TEXT}"))
    listed = completion.str.contains(r"(?:,[^,]*){3}|\n[^\n]*\n[^\n]*\n")
    return (asked & listed) | (completion.str.count_matches(_NUMBERED) >= _LONG_LIST)


def _items(text: str) -> list[str]:
    """The items of a list in lines, or of a sentence that is a list of short ones; in lower case."""
    text = text.lower()
    marked = _MARKED.findall(text)
    if marked:
        return [item.rstrip().strip(" .,;\"'*") for item in marked]
    text = text.strip()
    if "\n" in text or text.count(",") < _LEAST - 1:
        return []
    parts = text.rstrip(".").split(",")
    parts[0] = _LEAD.sub("", parts[0])
    items = [_ARTICLE.sub("", part.strip()) for part in parts]
    return items if all(0 < len(item.split()) <= 3 for item in items) else []


def _says(prompt: str, completion: str) -> str | None:
    # What the prompt says takes longest to look for, and few lists name anything twice.
    items = _items(completion)
    looped = len(items) >= _LONG_LIST and len(set(items)) * _EACH <= len(items)
    if looped and _MARKED.search(completion) and not _OTHERWISE.search(prompt):
        return f"the list names {len(set(items))} things, {len(items)} times"
    if len(items) < _LEAST or len(set(items)) == len(items):
        return None
    met: set[str] = set()
    for item in items:
        if item in met and _WORDS.fullmatch(item):
            ordered = _ORDER.search(prompt) and not _OTHERWISE.search(prompt)
            return f"the list names {item!r} twice" if ordered else None
        met.add(item)
    return None


RULE = RecordRule(
    about=About(
        code="TXT047",
        name="repeated-item",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a list names the same thing twice",
        reason="The list is shorter than it looks, and the model learns to fill lists by repeating itself.",
        example='{"prompt": "List five adjectives for an honest person.", "completion": "fair, true, open, '
        'true, and sincere"}',
        remedy="Replace the second one, or remove it.",
        assumes="English orders, Latin letters",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
