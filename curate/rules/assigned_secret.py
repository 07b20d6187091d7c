"""PII009: a password or a key with its value."""

from __future__ import annotations

import math
import re
from collections import Counter

import polars as pl

from curate.identifiers import ASSIGNED_SECRET
from curate.mapping import each
from curate.masking import mask_assignment
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_SECRET = regex(ASSIGNED_SECRET)
_VALUE = regex(
    # What a match ends with.
    r"([0-9A-Za-z+/_.~!@#$%^&*-]{7,})={0,2}$"
)
_STAND_IN = regex(
    r"(?i)your|example|placeholder|change|insert|x{4}|\*{3}|<|\.\.\.|dummy|sample|test|secret|passw|token|key|config|request|response"
    r"|env|process|getenv|input|user|self|this|none|null|true|false|generate|random|string|hash|\(|\$\{|^\$|\.\w+\.|abc|1234567|qwerty|hunter|p[a@4]ss|_"
)
# An example of an account: nobody is called user59068.
_MADE_UP = regex(
    r"(?i)\buser ?(?:name|id)?[\"']?\s*[:=]\s*[\"']?(?:user|test|demo|guest|john_?\.?doe|jane_?\.?doe|example|sample|my_?user|new_?user)[._-]?\d*\b"
)
_LEAST_ENTROPY = 3.0  # bits a character; English words and identifiers stay below


def entropy(text: str) -> float:
    """Shannon entropy of the characters, in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def holds_secret(text: str) -> bool:
    """Whether a value in the text looks random, and does not stand beside a made-up user's name."""
    return _MADE_UP.search(text) is None and any(_is_secret(m[0]) for m in _SECRET.finditer(text))


def _is_secret(assignment: str) -> bool:
    match = _VALUE.search(assignment)
    if match is None:
        return False
    value = match[1].rstrip(".,;")
    mixed = bool(re.search(r"\d", value)) and bool(re.search(r"[A-Za-z]", value))
    return (
        mixed
        and (len(value) >= 8 or re.search(r"[!@#$%^&*]", value) is not None)
        and not _STAND_IN.search(value)
        and entropy(value) >= _LEAST_ENTROPY - (len(value) < 12) * 0.3 - (len(value) < 8) * 0.2
    )


_HINT = (
    r"(?i-u:key|secret|token|passwo?r?d|pwd|bearer|_pass(?:wd|phrase)?|session_?id)[\"']?\s*(?:=|:|bearer\s)"
    r"|(?i-u:authorization)|(?i-u:\bpass(?:word|phrase|code)?(?: is|: is| was| -| for [a-z ]{2,30} is)|[,;/|] ?pass(?:word)?:? )"
)


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    hinted = pl.when(text.str.contains(_HINT)).then(text)
    return each(hinted, holds_secret, pl.Boolean)


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("text").str.contains(
        r"(?-u:(?:ey|EY|cret|CRET|oken|OKEN|word|WORD|wd|WD|earer|_pass|_PASS|_passwd|essionid|ession_id)[\"']? ?[:=]|earer [0-9A-Za-z]|uthorization[\"']?[:=]|(?:word|phrase|asscode)(?: is| was| -|: is| for [a-z ]{2,30} is) [\"'`]?[0-9A-Za-z+/_.~!@#$%^&*-]{7}|[,;/|] ?pass(?:word)?:? )"
    )


RULE = ColumnRule(
    about=About(
        code="PII009",
        name="assigned-secret",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a password, a secret or a key is written out with its value",
        reason="Whoever gets the model or the data can use it. The value looks random: letters and digits in no order.",
        example='{"prompt": "Config", "completion": "api_key = \\"9fK2xQ7LmZ4tVbR8sWc1\\""}',
        remedy="Change the secret, then replace it with a name such as $API_KEY.",
    ),
    frame="segments",
    condition=_condition,
    message="a secret with its value: {match}",
    pattern=english(ASSIGNED_SECRET),
    mask=mask_assignment,
    first=_first,
)
