"""TXT054: what stood around a text on its web page, or marks it up in a wiki."""

from __future__ import annotations

import polars as pl

from curate.mapping import holding
from curate.rules import chat_pages, site_notices
from curate.rules.html_residue import ABOUT_MARKUP, CODE
from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_WIKI = "|".join(
    (
        r"'''[^'\n]+'''",
        r"\{\{(?:citation needed|cn|cite [a-z]+|main|see also|infobox|reflist|as of|refn?|sfn|clarify|when|who|lang|convert|dead link|which|by whom|disambiguation|short description|use dmy dates)\b[^{}]*\}\}",
        r"\[\[(?:category|file|image|wikipedia|special):[^\]\n]+\]\]",
        r"\[\[[^\]\[|\n]+\|[^\]\[|\n]+\]\]",
        r"(?m-s:^==+ ?[A-Z][^=\n]*[^=\s] ?==+[ \t]*$)",
        r"\[\[[A-Z][a-z]+(?: [A-Za-z]+){0,4}\]\]|''see also:?''",
        r"<ref(?: name=[^<>]*)?/?>",
        r"\[edit\]",
        r"\[(?:read|continue) (?:more|reading)(?:\.{3}|…)?\]",
    )
)
_OPEN, _CLOSE = r"[ \t*>\[(#-]*", r"[ \t*\])!.]*"
# Each line's by itself, so that they can be taken apart.
_NOTICES = "|".join(
    [
        *(english(rf"(?im)^{_OPEN}(?:{line}){_CLOSE}$") for line in site_notices.LINES),
        *(
            english(rf"(?i)\A\s*(?:{edge})[.!] |[.!?] (?:{edge})[.!]?\s*\z")
            for edge in site_notices.EDGES
        ),
    ]
)
_MARKUP = english(rf"(?i){_WIKI}")
_CHAT_PATTERN = "|".join(
    [
        *(english(rf"(?im)^{_OPEN}(?:{line}){_CLOSE}$") for line in chat_pages.LINES),
        english(rf"(?i){chat_pages.TITLE}"),
    ]
)
# Asked for: a page, a post, its parts; or a wiki's own markup.
_ABOUT_PAGES = (
    r"(?i)\b(?:wiki\w*|mediawiki|footers?|headers?|copyright|licen[cs]e|notice|disclaimer|newsletter|cookies?|captions?|posts?|blurb|flyer|brochure"
    r"|comments?|social media|poster|advertis\w+|call to action|sitemap|transcribe|extract|proofread|clean"
    r"|https?|status codes?|errors?|servers?|404|html|css|jsx?|javascript|react|vue|angular|websites?|(?:web|home|landing) ?pages?|buttons?|navigation|navbar|menu (?:bar|item)s?|seo|ui|ux)\b"
)


def _condition(options: LintOptions) -> pl.Expr:
    # The hints are seen, and computed first; the functions, of the texts that are left.
    text, prompt = pl.col("completion"), pl.col("prompt").fill_null("")
    hinted = _hinted(text, site_notices.HINTS)
    wiki = holding(text, _MARKUP) & ~prompt.str.contains(english(ABOUT_MARKUP))
    found = hinted & (holding(text, _NOTICES) | wiki) & ~text.str.contains(CODE)
    page = found & ~prompt.str.contains(english(_ABOUT_PAGES))
    chatting = _hinted(text, chat_pages.HINTS)
    chat = chatting & holding(text, _CHAT_PATTERN)
    return page | (chat & ~prompt.str.contains(english(chat_pages.ABOUT)))


def _hinted(text: pl.Expr, hints: tuple[str, ...]) -> pl.Expr:
    first, *others = (text.str.contains(hint) for hint in hints)
    for other in others:
        first = first | other
    return first


def _first(options: LintOptions) -> pl.Expr:
    return _hinted(pl.col("completion"), (*site_notices.HINTS, *chat_pages.HINTS))


RULE = ColumnRule(
    about=About(
        code="TXT054",
        name="page-residue",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="menus, buttons, notices or wiki markup of a web page are left in the completion",
        reason='They come with scraped pages. The model learns to end answers with "Read more »" and to put '
        "{{citation needed}} into them.",
        example='{"prompt": "What is a fjord?", "completion": "Home | About | Contact\\n\\nA fjord is a long, narrow inlet."}',
        remedy="Keep the text alone.",
        assumes="English pages; English words mark prompts about pages and markup",
    ),
    frame="rows",
    condition=_condition,
    message="something of a web page or a wiki is left in the completion: {match}",
    pattern=f"{_NOTICES}|{_MARKUP}|{_CHAT_PATTERN}",
    column="completion",
    first=_first,
)
