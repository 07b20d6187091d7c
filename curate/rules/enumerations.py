"""How many things a text lists: in numbered lines, in bullets, in plain lines, or in one sentence with commas.

A sentence can be read in more than one way ("salt and pepper" is one thing or two, "Paris, France"
as well), so that its count is a range: the fewest and the most things that it can be said to list.
"""

from __future__ import annotations

import re

from curate.patterns import regex

_NUMBERED = regex(r"^[ \t]*(\d{1,2})[.)]\s+\S", re.MULTILINE)
_BULLET = regex(r"^([ \t]*)[-*•–+][ \t]*(?=[^\s\d*+–•-])", re.MULTILINE)
# What may stand before a list in a sentence: "Three fruits are", "They include", "For example:".
_LEAD = regex(
    r"\b(?:are|include|includes|were|is|be|have|recommend|suggest)(?: the following| as follows)?[:,]?\s|:\s|\bsuch as:?\s",
    re.I,
)
# From there on a sentence no longer lists, or lists parts of one thing.
_ASIDE = regex(
    r"\b(?:including|such as|like|which|where|who|whose|because|while|so that|as well as (?:their|its)|all of which|each of which|both of which|with)\b",
    re.I,
)
_HOW = regex(
    r"(?:and |or )?(?:by|through|via|using|thus|thereby|allowing|making|leading|resulting|helping|ensuring|in order|due|for example|especially|particularly|not|but|so)\b",
    re.I,
)
_NO_LIST = regex(r"[\"“”;(){}\[\]=<>|/]|\d,\d|\b(?:e\.g|i\.e|etc|more|others)\b|—|–| - ")
# Marks are rare: only there is looked at what stands before.
_SENTENCE = regex(r"[.!?](?<=[a-z)]{3}.)(?:\s+(?=[A-Z])|$)")
_BRACKETED, _JOINED = regex(r"(?<!\s)\s*+\([^()]*\)"), regex(r"\s(?<=[^,\s].)(?:and|or|&)\s", re.I)
_JOINED_LAST, _MARKED_LINE, _NO_ITEM = (
    regex(r"(?:and|or)\s", re.I),
    regex(r"[-*•–+\d]"),
    regex(r"[,:;|{}()=]"),
)
_LONGEST_ITEM = 9  # words
_LONGEST_LINE = 8
_ENDLESS = 10**6
Range = tuple[int, int]


def numbered(text: str) -> int | None:
    """The items of a list that is numbered from 1 without a gap; None where there is none."""
    if text.isascii() and "1." not in text and "1)" not in text:
        return None
    items = [int(n) for n in _NUMBERED.findall(text)]
    return len(items) if len(items) >= 2 and items == list(range(1, len(items) + 1)) else None


def bulleted(text: str) -> int | None:
    """The items of the one list with bullets; None where there is none, or it has levels."""
    if "\n" not in text:
        return None
    indents = [len(m[1]) for m in _BULLET.finditer(text)]
    lines = [line for line in text.splitlines() if line.strip()]
    if len(indents) < 2 or max(indents) - min(indents) > 1 or _NUMBERED.search(text):
        return None
    # A heading and a closing line may stand around it; headings between the bullets make groups.
    plain = [line for line in lines if not _BULLET.match(line)]
    grouped = any(line.rstrip().endswith(":") for line in plain if line is not lines[0])
    return None if len(plain) > 2 or grouped else len(indents)


def in_lines(text: str) -> int | None:
    """The short lines of a text that has nothing else; None where lines are sentences or groups."""
    if text.isprintable():  # as nothing is that parts lines
        return None
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if len(lines) < 2 or any(map(_MARKED_LINE.match, lines)):
        return None
    short = all(len(line.split()) <= _LONGEST_LINE and line[-1] not in ":,;.?!" for line in lines)
    return len(lines) if short and not any(map(_NO_ITEM.search, lines)) else None


def enumerated(text: str, wanted: int) -> Range | None:
    """What the first sentence of a single paragraph lists between commas.

    None where it is no such list, and where it can at once be said to list as many things as are wanted.
    """
    plain = text.strip()
    if "\n" in plain or "," not in plain:
        return None
    end = _SENTENCE.search(plain)
    sentence, rest = (plain[: end.start()], plain[end.end() :]) if end else (plain.rstrip("."), "")
    sentence = _BRACKETED.sub("", sentence) if "(" in sentence else sentence
    whole = _parts(sentence)
    # It lists no more things than it has parts, and at least as many can be seen in it.
    if len(whole) == wanted or (rest and len(whole) < wanted) or _NO_LIST.search(sentence):
        return None
    listed = sentence
    for lead in _LEAD.finditer(sentence):
        if "," in sentence[lead.end() :]:
            listed = sentence[lead.end() :]
    # ", by planting trees" tells how, and names nothing new.
    aside = _ASIDE.search(listed)
    named_only = listed[: aside.start()].rstrip().removesuffix(",") if aside else listed
    core = [part for part in _parts(named_only) if not _HOW.match(part)]
    if len(core) < 2 or any(len(part.split()) > _LONGEST_ITEM for part in core):
        return None
    ands = len(_JOINED.findall(sentence))
    joined = ands or _JOINED_LAST.match(core[-1])
    # A sentence whose parts nothing joins lists only where nothing follows it.
    if rest and not joined:
        return None
    named = sum(part[:1].isupper() for part in core) > len(core) / 2
    fewest = len(core) // 2 if named else len(core)
    return fewest, _ENDLESS if rest else len(whole) + ands


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
