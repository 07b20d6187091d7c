"""TXT014: text that was read in the wrong encoding."""

from __future__ import annotations

import re

import polars as pl

from curate.patterns import regex
from curate.rules import wrong_encodings
from curate.rules.protocol import About, ColumnRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions

# UTF-8 read as Windows-1252 or Latin-1: a lead byte C3, C2, E2, F0 … and what its followers became.
_FOLLOWER = "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]"
# What of them cannot follow a quotation mark that closes.
_INSIDE = "\u00a1-\u00aa\u00ac-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2020-\u2022\u2030\u20ac\u2122"
# The bytes 80 to BF in code page 437, but for the lines that trees are drawn with.
_DOS_FOLLOWER = "[ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓╡╢╖╕╣║╗╝╜╛]"
_PATTERN = (
    f"[\u00e2][\u20ac\u0080][{_FOLLOWER[1:-1]}]"  # punctuation: â€™ â€œ â€“
    f"|\u00c3[{_FOLLOWER[1:-1]}]"  # accented Latin letters: Ã© Ã¼
    "|\u00c2[\u00a0-\u00bf]"  # Â° Â£ Â with a no-break space
    f"|\u00f0\u0178[{_FOLLOWER[1:-1]}]{{2}}|\u00f0\u009f[{_FOLLOWER[1:-1]}]{{2}}"  # emoji
    f"|\u00ef\u00bb\u00bf|(?:[\u00d0\u00d1][{_FOLLOWER[1:-1]}]){{3}}"  # BOM; Cyrillic
    f"|(?:[\u00ce\u00cf][{_FOLLOWER[1:-1]}]){{3}}"  # Greek
    f"|\u00ef\u00bf\u00bd|(?:[\u00e3-\u00e9][{_FOLLOWER[1:-1]}]{{2}}){{2}}"  # U+FFFD; CJK
    # UTF-8 read in the code page of a DOS window: letters, then punctuation.
    f"|[\u251c\u252c]{_DOS_FOLLOWER}|\u0393\u00c7{_DOS_FOLLOWER}|\u0393\u00e9\u00bc"
    # Cyrillic of Windows-1251 read as Latin-1: words of nothing but accented letters.
    "|[\u00c0-\u00ff]{4,}[ ,.!?-]+[\u00c0-\u00ff]{2,}"
    # The apostrophe of Mac Roman: donÕt.
    "|[a-z]\u00d5(?:t|s|re|ve|ll|m|d)\\b"
    # Vietnamese, whose letters take three bytes.
    f"|\u00e1\u00ba[{_FOLLOWER[1:-1]}]|\u00e1[\u00ba\u00bb](?:[{_INSIDE}]|[{_FOLLOWER[1:-1]}]?[a-z])"
    f"|{wrong_encodings.PATTERN}"
)
_DOS = regex(f"(?:[\u251c\u252c]{_DOS_FOLLOWER}|\u0393\u00c7{_DOS_FOLLOWER}|\u0393\u00e9\u00bc)")
_CYRILLIC = regex("(?<![\u00c0-\u00ff])[\u00c0-\u00ff]{4,}(?:[ ,.!?-]+[\u00c0-\u00ff]+)+")
_MAC_APOSTROPHE = regex("(?<=[a-z])\u00d5(?=(?:t|s|re|ve|ll|m|d)\\b)")
_RUN = regex(rf"(?:[\u00c2-\u00f4]{_FOLLOWER}{{1,3}})+")


def _condition(options: LintOptions) -> pl.Expr:
    # Unicode's \b would keep the matcher from its fast path.
    return pl.col("text").str.contains(_PATTERN.replace(r"\b", r"(?:\W|$)"))


def _first(options: LintOptions) -> pl.Expr:
    # Dashes, quotation marks and dots alone are no garbled text, and all that many texts have beyond ASCII.
    return pl.col("text").str.contains("[\u0080-\u200f\u2028-\U0010ffff]") | pl.col(
        "text"
    ).str.contains(wrong_encodings.LOST_HINT)


def repaired(text: str) -> str:
    """The text with each garbled run decoded again, where that gives valid UTF-8; what was garbled twice, twice."""
    before = None
    while text != before:
        before, text = text, _repaired_once(text)
    return text


def _repaired_once(text: str) -> str:
    text = _CYRILLIC.sub(lambda run: run[0].encode("latin-1").decode("cp1251"), text)
    text = _DOS.sub(_from_dos, text)
    text = _RUN.sub(lambda run: _decoded(run[0]), _MAC_APOSTROPHE.sub("\u2019", text))
    return wrong_encodings.read_back(text)


def _from_dos(run: re.Match[str]) -> str:
    try:
        return run[0].encode("cp437").decode("utf-8")
    except UnicodeError:
        return run[0]


def _decoded(run: str) -> str:
    raw = bytearray()
    for character in run:
        try:
            raw += character.encode("cp1252")
        except UnicodeEncodeError:
            if ord(character) > 0xFF:
                return run
            raw.append(ord(character))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return run


RULE = ColumnRule(
    about=About(
        code="TXT014",
        name="mojibake",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="text is garbled: it was read in another encoding than it was written in",
        reason="The model learns to write the garbled characters.",
        example='{"prompt": "Order", "completion": "The cafÃ© doesnâ€™t open today."}',
        remedy="Read the source as UTF-8 again; `--unsafe-fixes` decodes what can be decoded.",
    ),
    frame="segments",
    condition=_condition,
    message="garbled text: {match}",
    pattern=_PATTERN,
    repair=Repair(FixSafety.UNSAFE, "decode the garbled characters again", text=repaired),
    first=_first,
)
