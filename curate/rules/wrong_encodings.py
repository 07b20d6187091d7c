"""What UTF-8 looks like where it was read in another encoding, and how it is read back.

A character beyond ASCII is two or three bytes in UTF-8: the first from C2 to EF, the others from 80 to BF. Read
in a code page of single bytes it becomes a letter of one small set and then letters of another. Which
sets these are follows from the code page; what real text may hold of them is left out by hand.
"""

from __future__ import annotations

import re
from functools import partial

from curate.patterns import regex

# The lead bytes of what is commonly lost: symbols, Latin letters; Greek; Cyrillic; Hebrew; Arabic.
_LATIN = bytes(range(0xC3, 0xC6))
_SCRIPTS = (b"\xce\xcf", b"\xd0\xd1", b"\xd7", b"\xd8\xd9")
# Thai, Indian scripts, kana and Chinese, Korean: three bytes each.
_LONG = bytes(range(0xE0, 0xEE))
_FOLLOWERS = bytes(range(0x80, 0xC0))
_CODE_PAGES = ("cp1250", "cp1251", "mac_roman", "cp437", "cp850", "cp1252")
# After these a follower may stand in real text: quotation marks that close, roots in formulas, units.
_BESIDE_LATIN = {
    "cp1250": "»”’“‘…–—\u00a0",
    "cp1251": "»”’“‘…–—\u00a0",
    "mac_roman": "πΩ∞∑∏≤≥≠Øµ",
    "cp437": "─│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├",
    "cp850": "─│┤╣║╗╝┐└┴┬├",
    "cp1252": "»”’“‘…–—\u00a0",
}


def _read_as(code_page: str, octets: bytes, without: str = "") -> str:
    """A class of the characters that these bytes are in a code page."""
    letters = octets.decode(code_page, "ignore")
    return "[" + "".join(re.escape(c) for c in letters if c not in without) + "]"


def _pattern(code_page: str) -> str:
    follower = _read_as(code_page, _FOLLOWERS)
    beside = _read_as(code_page, _FOLLOWERS, _BESIDE_LATIN[code_page])
    latin = _read_as(code_page, _LATIN)
    # A letter with an accent stands in a word, before or after a letter without one.
    ways = [f"[a-z]{latin}{beside}", f"{latin}{beside}[a-z]"]
    # A row of letters of another script, which are pairs or threes.
    ways += [f"(?:{_read_as(code_page, leads)}{follower}){{3}}" for leads in _SCRIPTS]
    ways.append(f"(?:{_read_as(code_page, _LONG)}{follower}{{2}}){{2}}")
    # Quotation marks and dashes: E2 80 98 and the like.
    ways.append(
        b"\xe2\x80".decode(code_page) + _read_as(code_page, b"\x93\x94\x98\x99\x9c\x9d\xa2\xa6")
    )
    return "|".join(ways)


# In code pages of East Asia: what a quotation mark, a Latin accent between letters, or kana become there.
_EAST_ASIAN = (
    "鈥[\u4e00-\u9fffa-z]|锟斤拷|锛[\u4e00-\u9fff]|銆[\u4e00-\u9fff]|[a-z]{2}[谩贸铆帽眉盲氓酶莽锚脿茫茅](?:[a-z]|[ .,])"
    "|窶[\u4e00-\u9fff\uff61-\uff9f]|[a-z]ﾃ[\uff61-\uff9f]|[縺繧][^\n\\s]{1,2}[縺繧]"
    "|[a-z][챕챔찼처챠챰체철채책챌챗찾][a-z]"
    # And what their quotation marks become in Latin-1.
    "|¡[¯°±]"
)
# Marks of one byte: of Windows read as of DOS or of a Mac; or lost, with a question mark in their place.
_STEMS = "(?:[Dd]on|[Dd]oesn|[Dd]idn|[Ii]sn|[Ww]asn|[Aa]ren|[Ww]on|[Cc]an|[Cc]ouldn|[Ww]ouldn|[Ii]t|[Tt]hat|[Ww]hat|[Ll]et|[Yy]ou|[Ww]e|[Tt]hey)"
_ONE_BYTE = f"[a-z]Æ(?:t|s|re|ve|ll)\\b|\\b{_STEMS}í(?:t|s|re|ve|ll)\\b"
# Whole words of another script; two words of a few that have one inside; a contraction.
_LOST = (
    f"\\b{_STEMS}\\?(?:t|s|re|ve|ll)\\b|\\?{{3,}}(?:[ ,.]{{1,2}}\\?{{2,}}){{2}}"
    "|\\b[a-z]{1,20}\\?[a-z]{1,20} (?:[a-z]{1,15} ){0,3}[a-z]{1,20}\\?[a-z]"
)
LOST_HINT = r"[a-z]\?[a-z]|\?\?\? ?\?"
# A Cyrillic letter inside of a Latin word.
_MIXED = "[A-Za-z][\u0400-\u045f][a-z]"
# Polish of Windows-1250 read as Windows-1252: ł and ą are ³ and ¹ there, inside of words.
_POLISH = "[a-z]{2}[³¹][a-zê¿]"

PATTERN = "|".join(
    [
        *map(_pattern, _CODE_PAGES), _EAST_ASIAN, _ONE_BYTE, _LOST, _MIXED, _POLISH
    ]
)  # fmt: skip

_READ_AS = tuple((code_page, regex(_pattern(code_page))) for code_page in _CODE_PAGES)
_RUN = regex(r"[^\x00-\x7f]+")


def read_back(text: str) -> str:
    """The text with what was read in one of the code pages read as UTF-8, run by run, where that can be done."""
    for code_page, pattern in _READ_AS:
        if pattern.search(text):
            text = _RUN.sub(partial(_as_utf8, code_page), text)
    return text


def _as_utf8(code_page: str, run: re.Match[str]) -> str:
    try:
        return run[0].encode(code_page).decode("utf-8")
    except UnicodeError:
        return run[0]
