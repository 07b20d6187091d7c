"""TXT037: a list that should be sorted, and is not."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from curate.patterns import regex
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_SORT = r"\b(?:sort|arrange|order|put|organi[sz]e|rank|list|place|rearrange|alphabeti[sz]e)\b"
_ALPHABETICAL = regex(
    rf"{_SORT}.*\balphabetical(?:ly)?\b|\balphabeti[sz]e\b", re.IGNORECASE | re.DOTALL
)
_UP = regex(
    rf"{_SORT}.*\b(?:ascending|(?:smallest|lowest|least|low) to (?:the )?(?:largest|highest|biggest|greatest|high)|from small to large|increasing)\b",
    re.IGNORECASE | re.DOTALL,
)
_DOWN = regex(
    rf"{_SORT}.*\b(?:descending|(?:largest|highest|biggest|greatest|high) to (?:the )?(?:smallest|lowest|least|low)|decreasing)\b",
    re.IGNORECASE | re.DOTALL,
)
_LENGTH = regex(
    rf"{_SORT}.*\b(?:according to|by|in order of)\s+(?:their |the )?length\b",
    re.IGNORECASE | re.DOTALL,
)
_OTHERWISE = regex(
    r"\breverse\b|\blast letter\b|\bsecond\b|\bsurname\b|\blast name\b|\bprice\b|\bdate\b|\bfunction\b|\bprogram\b|\bcode\b",
    re.IGNORECASE,
)
_BETWEEN = regex(r"[,;\n]| and (?=[^ ]+[.\s]*$)")
_BEFORE = regex(r"^\s*(?:\d{1,2}[.)]\s+|[-*•]\s+|-(?=[A-Za-z])|and\s+)")
_LONGEST = 400


def _applies(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    short = pl.when(
        (prompt.str.len_bytes() <= _LONGEST) & (pl.col("completion").str.len_bytes() <= _LONGEST)
    ).then(prompt)
    return short.str.contains(
        r"(?i-u:alphabeti|ascending|descending|est to |increasing|decreasing| length)"
    )


def _items(text: str) -> list[str]:
    """The items of a list in commas, lines or brackets, in lower case."""
    parts = _BETWEEN.split(text.strip().strip("[](){}."))
    cleaned = [_BEFORE.sub("", part).strip(" .\"'“”[](){}").lower() for part in parts]
    return [part for part in cleaned if part]


def _given(prompt: str) -> list[str]:
    """The items that the prompt gives: after its last colon, or on its last line."""
    last = prompt.strip().splitlines()[-1] if prompt.strip() else ""
    return _items(last.rpartition(":")[2])


def _sorted(items: Sequence[str], prompt: str) -> bool | None:
    """Whether the items stand in the order that the prompt asks for; None when it cannot be told."""
    if _ALPHABETICAL.search(prompt):
        keys = [re.sub(r"[^\w]", "", item) for item in items]
        return keys == sorted(keys) or list(items) == sorted(items)
    if _LENGTH.search(prompt):
        lengths = [len(item) for item in items]
        return lengths in (sorted(lengths), sorted(lengths, reverse=True))
    try:
        numbers = [float(item) for item in items]
    except ValueError:
        return None
    if _UP.search(prompt):
        return numbers == sorted(numbers)
    if _DOWN.search(prompt):
        return numbers == sorted(numbers, reverse=True)
    return None


def _says(prompt: str, completion: str) -> str | None:
    if _OTHERWISE.search(prompt):
        return None
    if _WORDS_SORTED.search(prompt):
        return _unsorted_words(prompt, completion)
    given = _given(prompt)
    if len(given) < 3:
        return None
    answer = _items(re.sub(r"^[^\n:]*:\s*", "", completion))
    if len(given) != len(answer) or sorted(given) != sorted(answer):
        return None
    if _sorted(answer, prompt) is False:
        said = ", ".join(answer[:8])
        return f"the list is not in the order that the prompt asks for: {said}"
    return None


_WORDS_SORTED = regex(
    r"\bwords\b[^.\n]*\bin alphabetical order\b|\bsort the words\b[^.\n]*\balphabetical", re.I
)


def _unsorted_words(prompt: str, completion: str) -> str | None:
    """The words of a sentence, all of them, in no alphabetical order."""
    given, answer = (
        [re.sub(r"[^\w'’-]", "", w).lower() for w in text.split()]
        for text in (
            prompt.strip().rpartition("\n")[2].rpartition(":")[2],
            completion,
        )
    )
    if len(given) >= 3 and sorted(given) == sorted(answer) and answer != sorted(answer):
        return f"the words are not in alphabetical order: {' '.join(answer[:8])}"
    return None


RULE = RecordRule(
    about=About(
        code="TXT037",
        name="wrong-order",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a list that the prompt wants sorted is not",
        reason="The answer can be checked and is wrong: the model learns to guess an order.",
        example='{"prompt": "Sort from smallest to largest: 8, 3, 5", "completion": "3, 8, 5"}',
        remedy="Sort the list.",
        assumes="English prompts; alphabetical order by code points, case aside",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
