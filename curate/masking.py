"""Secrets and personal data, shown without showing them.

Every excerpt of a text that leaves the program passes through `masked`, whatever rule it belongs
to: a finding about an unclosed code fence must not print the key that stands next to it.
"""

from __future__ import annotations

import re
from functools import cache

from curate.identifiers import (
    ASSIGNED_SECRET,
    CARD,
    CREDENTIALS_IN_URL,
    EMAIL,
    IBAN,
    JSON_WEB_TOKEN,
    NATIONAL_IDS,
    PROVIDER_KEYS,
)
from curate.patterns import may_hold, regex

_KEPT = 4
_MARK = "…"
_KEY_BODY = regex(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----.*", re.DOTALL)
# Without one of these a text holds nothing to mask; looked for first, because it nearly always is so.
_HINT = regex(
    r"[@]|\d{3}|sk-|gh[pousr]_|AKIA|ASIA|AIza|xox|hf_|eyJ|glpat|npm_|SG\.|PRIVATE KEY|-[0-9A-Za-z_-]{20}|(?i:key|secret|token|passw|pwd|bearer)"
)


# So many characters in a row has the shortest of the keys.
SHORTEST_KEY = 15
_LONG_WORD = regex(rf"[^\s]{{{SHORTEST_KEY}}}")
# One of these stands in every ASSIGNED_SECRET.
_SECRET_WORDS = ("key", "secret", "token", "bearer", "pass", "pwd", "session", "authorization")


def mask_secret(text: str) -> str:
    """A key as its first characters, which name its kind, and a mark for the rest."""
    head = re.match(
        r"(?:sk-ant-|sk-proj-|github_pat_|gh[pousr]_|xox[abeoprs]-|AKIA|ASIA|AIza|hf_|glpat-|npm_|(?:sk|rk|pk)_(?:live|test)_)?",
        text,
    )
    kept = head[0] if head and head[0] else text[:_KEPT]
    return kept + _MARK


def mask_email(text: str) -> str:
    """An address as the first letters of its name and of its domain, and the last part."""
    name, _, domain = text.partition("@")
    top = domain.rpartition(".")[2]
    return f"{name[:1]}{_MARK}@{domain[:1]}{_MARK}.{top}"


def mask_digits(text: str) -> str:
    """A number with all digits and letters but the last two hidden; separators stay."""
    seen = sum(map(str.isalnum, text))
    shown, at = [], 0
    for character in text:
        if character.isalnum():
            at += 1
            shown.append(character if at > seen - 2 else "*")
        else:
            shown.append(character)
    return "".join(shown)


def mask_assignment(text: str) -> str:
    """`password = "hunter22"` with the value hidden."""
    match = re.match(r"(.*?(?::=|=>|[:=])\s*(?:bearer\s+)?[\"']?)", text, re.IGNORECASE | re.DOTALL)
    return (match[1] if match else "") + _MARK


def mask_url(text: str) -> str:
    """A URL without its password."""
    return re.sub(r"(://[^:/@\s]{1,2})[^:/@\s]*:[^@\s]+@", rf"\1{_MARK}:{_MARK}@", text)


@cache
def _secrets() -> re.Pattern[str]:
    return re.compile("|".join([JSON_WEB_TOKEN, *(pattern for _, pattern in PROVIDER_KEYS)]))


def masked(text: str) -> str:
    """The text with all secrets and personal data in it hidden; other text stays as it is."""
    if not _HINT.search(text):
        return text
    # Each expression takes milliseconds to compile: what it cannot do without is looked for first.
    if "PRIVATE KEY" in text:
        text = _KEY_BODY.sub("-----BEGIN PRIVATE KEY-----" + _MARK, text)
    if _LONG_WORD.search(text):
        text = _secrets().sub(lambda m: mask_secret(m[0]), text)
    if "://" in text:
        text = re.sub(CREDENTIALS_IN_URL, lambda m: mask_url(m[0]), text)
    if "@" in text:
        text = re.sub(EMAIL, lambda m: mask_email(m[0]), text)
    if may_hold(text, *_SECRET_WORDS):
        text = re.sub(ASSIGNED_SECRET, lambda m: mask_assignment(m[0]), text)
    for kind in (CARD, IBAN, *NATIONAL_IDS):
        for found in reversed(kind.found(text)):
            text = text[: found.start()] + mask_digits(found[0]) + text[found.end() :]
    return text
