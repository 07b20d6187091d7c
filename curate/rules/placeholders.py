"""The spellings of "nothing here" that data sets hold instead of an empty text."""

from __future__ import annotations

import re

from curate.patterns import regex

# Nobody means these words for themselves.
_SURE = (
    r"no[\s_-]?(?:input|output)s?|ninput|noput|noinout|nooutout"
    r"|no (?:additional |further |extra )?(?:input|output|context)s? "
    r"(?:is |are |was |were )?(?:needed|required|provided|given|necessary|available|specified|text)"
    r"|(?:input|output|context) (?:is )?(?:not (?:needed|required|provided|given|applicable|available)|empty|none)"
    r"|empty (?:input|output|string)|blank (?:input|output)|insert (?:input|text|output) here"
)
# These may be answers of their own, so only an input field, or a rare answer, is held against them.
_UNSURE = r"n\.?/?a\.?|none|null|nil|nan|empty|blank|undefined|not applicable|nothing|tbd|todo"

_WRAP = r"[\s<>()\[\]{}\"'`*_.,;:!?\\/|#–—-]*"
SURE = rf"(?i)^{_WRAP}(?:{_SURE}){_WRAP}$"
ANY = rf"(?i)^{_WRAP}(?:{_SURE}|{_UNSURE}){_WRAP}$"
# A prompt whose last line is a placeholder, as files flattened from instruction and input have.
TRAILING = (
    rf"(?i)\n[ \t]*(?:input\s*:)?[ \t]*[<(\[\"]?[ \t]*(?:{_SURE}|n/a|none)[ \t]*[>)\]\"]?\.?\s*$"
)
# Marks that no answer contains, wherever they stand.
TOKEN = r"(?i)[<\[{]\\?\s*no[\s_-]?(?:in|out)put\s*[>\]}]|[<\[]\s*(?:ninput|noput)\s*[>\]]"

_TRAILING_RE = regex(TRAILING.replace("(?i)", "", 1), re.IGNORECASE)


def without_placeholder(text: str) -> str:
    """The text without its placeholder: empty, or what stands before the last line."""
    cut = _TRAILING_RE.search(text)
    return text[: cut.start()].rstrip() if cut else ""
