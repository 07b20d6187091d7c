"""The spellings of "nothing here" that data sets hold instead of an empty text."""

from __future__ import annotations

import re

from curate.patterns import regex

# Nobody means these words for themselves.
_SURE = (
    r"no[\s_-]?(?:input|output)s?|ninput|noput|noinout|nooutout"
    r"|no (?:additional |further |extra |specific |other )(?:input|output|context)s?|(?:input|output|context)\s*:\s*(?:none|n/?a|null|empty)"
    r"|no (?:additional |further |extra )?(?:input|output|context)s? "
    r"(?:is |are |was |were )?(?:needed|required|provided|given|necessary|available|specified|text)(?: (?:for|in|by|with|to) (?:this|the|your) [a-z]{2,20})?"
    r"|(?:this )?(?:task|instruction|question|prompt|query) (?:does not|doesn['’]t) (?:require|need|have) (?:an? |any )?(?:further |additional |specific )?(?:input|context)s?"
    r"|(?:input|output|context) (?:is )?(?:not (?:needed|required|provided|given|applicable|available)|empty|none)"
    r"|empty (?:input|output|string)|blank (?:input|output)|insert (?:input|text|output) here"
)
# What stands for an answer that was never written.
_UNWRITTEN = (
    r"(?:your |the |write |type |put |add )+(?:answer|response|output|completion)(?: goes)? here"
    r"|(?:insert|enter|add|write|put|paste) (?:your |the |an? )?(?:answer|response|output|completion|text|content)(?: here)?"
    r"|(?:answer|response|output|completion|text|content) (?:goes|to be (?:added|written|filled in)|to go|to follow|comes) ?(?:here)?"
    r"|(?:answer|response|output|completion)[ _-]here|(?:this is |just )?(?:an? |the |some )?(?:placeholder|dummy|example|sample|test|mock|fake|stub|default)s?[ _-]+(?:answer|response|output|completion|reply|text)s?|(?:this is )?an? placeholder|(?:answer|response|output|completion)\s*:\s*(?:tbd|todo|n/?a|pending|fixme)|(?:fixme|todo)\s*:\s*(?:answer|response|output|completion|write|add|fill)[a-z ]{0,20}"
    r"|(?:replace|change|fill|edit|update)[ _-]?me|(?:replace|change|update) this|your text(?: goes)? here|(?:write|insert) (?:it )?here"
    r"|to be (?:written|determined|filled in|added|completed|decided|announced)|fixme|asdf[a-z]*(?:[ ,.-]+asdf[a-z]*){0,5}|qwert[yz][a-z]*|lorem ipsum(?: dolor sit amet)?"
    r"|(?:answer|response|output|completion) (?:is |was )?(?:pending|missing|awaited|under review|not (?:written|available|ready|given|provided)(?: yet)?)(?: review| approval)?|no (?:answer|response|completion) (?:is |was )?(?:given|provided|yet|available|written)"
)
# Code that is still to be written, in a comment or in brackets; a fence around nothing.
STUB = (
    r"(?i)(?:#|//|/\*|<!--|--|%)\s*(?:(?:please |write |put |add |insert |the |some |rest of |your |own |actual |main )+(?:code|logic|implementation)(?: goes| to go)? here|(?:code|logic|implementation) goes here|todo:? (?:implement|add|write|your|fill|complete))\b"
    r"|\A\s*[<\[(]\s*(?:(?:the|your|insert|some|add) )*code(?: snippet)?(?: goes)?(?: here)?\s*[>\])]\s*\z|\A\s*```\w*\s*```\s*\z|\A\s*(?:answer|response|output|completion)\s*:\s*\z"
)
# In brackets even a single word is no answer: "[output]", "<answer>".
_BRACKETED = (
    r"(?:the |your |an? |chosen |rejected |model |assistant |expected |insert )*"
    r"(?:answer|response|output|completion|text|content|blank|empty|placeholder(?: text)?|no (?:answer|response|completion|text|content|data))(?: here)?"
)
# These may be answers of their own, so only an input field, or a rare answer, is held against them.
_UNSURE = r"n\.?/?a\.?|none|null|nil|nan|empty|blank|undefined|not (?:applicable|required|needed|available|provided|given)|none (?:needed|required|provided|given)|does not apply|nothing|tbd|todo|no (?:text|data|context|content)(?: (?:is |was )?(?:provided|given|needed|required|available))?|input|there is no (?:input|text|context)"

_WRAP = r"[\s<>()\[\]{}\"'`*_.,;:!?\\/|#–—-]*"
SURE = rf"(?i)^{_WRAP}(?:{_SURE}){_WRAP}$"
UNWRITTEN = rf"(?i)^{_WRAP}(?:{_UNWRITTEN}){_WRAP}$|^\s*[<\[({{]+\s*{_BRACKETED}[\s>\])}}]*[>\])}}]\W*$|^\s*<(?:answer|response|output|completion)>\s*</[a-z]{{6,10}}>\s*$"
# Marks that stand for nothing in an input field.
DASHES = r"^\s*(?:[-–—.…_]\s*){1,6}$"
# An underscore may be a mark around a word, and is of the word to an expression.
ANY = rf"(?i)^{_WRAP}(?:{_SURE}|\b(?:{_UNSURE})\b|_(?:{_UNSURE})_){_WRAP}$"
# A prompt whose last line is a placeholder, as files flattened from instruction and input have.
TRAILING = rf"(?i)\n[ \t]*(?:input\s*:[ \t]*)?(?:[<(\[\"][ \t]*)?(?:{_SURE}|n/a|none)(?:[ \t]*[>)\]\"]\.?|[ \t]*\.)?\s*$"
# Marks that no answer contains, wherever they stand.
TOKEN = r"(?i)[<\[{]\\?\s*no[\s_-]?(?:in|out)put\s*[>\]}]|[<\[]\s*(?:ninput|noput)\s*[>\]]"

_TRAILING_RE = regex(TRAILING.replace("(?i)", "", 1), re.IGNORECASE)


def without_placeholder(text: str) -> str:
    """The text without its placeholder: empty, or what stands before the last line."""
    cut = _TRAILING_RE.search(text)
    return text[: cut.start()].rstrip() if cut else ""
