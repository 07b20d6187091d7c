"""TXT054: what stood around a text on its web page, or marks it up in a wiki."""

from __future__ import annotations

import polars as pl

from curate.rules.html_residue import residue
from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_SITES = r"(?:facebook|twitter|linkedin|pinterest|whatsapp|reddit|instagram|e-?mail|print)"
_PLACES = (
    r"(?:home|about(?: us)?|contact(?: us)?|log ?in|sign (?:in|up)|register|search|menu|news|blog|faq|shop|cart|help|privacy(?: policy)?"
    r"|terms(?: of (?:use|service))?|sitemap|advertise|subscribe|careers|products|services)"
)
# What can be pressed; three of them in a row are no sentence.
_BUTTON = (
    rf"(?:{_PLACES}|(?:share|follow|tweet|like|email)(?: this| us)?(?: on {_SITES})?|pin it|{_SITES}|upvote(?: \d+)?|downvote|repl(?:y|ies)|report|save|bookmark"
    r"|cart(?: ?\(\d+\))?|my account|\d+ (?:comments?|shares?|likes?|views?)|toggle navigation|next|previous)"
)
# A line that is nothing but this; it would be too little to tell within a sentence.
_LINES = (
    rf"{_PLACES}(?: *[|»>/·•] *{_PLACES}){{2,}}",
    rf"{_BUTTON}(?:[ |»>/·•]+{_BUTTON}){{2,}}",
    r"(?:(?:skip|jump) to (?:(?:main )?content|navigation|search) *)+",
    r"(?:you must|please) enable javascript\b[^\n]{0,60}",
    r"(?:please )?(?:log|sign) in or (?:sign up|register) to [^\n]{3,40}",
    r"[^\n]*\bfiled under: [^\n]{1,60}",
    r"(?:click here to )?(?:read|see|show|load|view) (?:more|the full (?:article|story)|full (?:article|story))(?: (?:»|>+|…|\.{3}|→|&raquo;)|…|\.{3})",
    r"(?:click here to )?(?:subscribe to|sign up for) (?:our|the|this) (?:[a-z]+ ){0,2}?(?:newsletter|mailing list|channel|blog)\b[^\n]{0,60}",
    rf"(?:share (?:this(?: (?:article|post|page|story))?|on|via|to)|follow us(?: on)?) ?:? ?{_SITES}(?:[ ,|/·•]+(?:and )?{_SITES})*",
    rf"{_SITES}(?:[ |/·•]+{_SITES}){{2,}}",
    r"(?:copyright )?(?:©|\(c\)) ?(?:copyright )?\d{4}(?: ?[-–] ?\d{4})?[^\n]{0,60}",
    r"[^\n]{0,60}\ball rights reserved\.?",
    r"(?:we|this (?:web)?site) uses? cookies\b[^\n]{0,120}",
    r"(?:accept (?:all )?cookies|cookie (?:settings|preferences))",
    r"(?:posted|published|written|last (?:updated|modified|edited)) (?:by|on|in) [^\n]{3,60}(?:\||·|•| at \d)[^\n]{0,60}",
    r"\d+ (?:comments?|shares?|likes?|views?)(?: *[|·•] *\d+ (?:comments?|shares?|likes?|views?))+",
    r"(?:leave a (?:comment|reply)|you must be logged in to (?:post a )?comment|log in to reply)\.?",
    r"(?:advertisement|sponsored content|related (?:articles|posts|stories)|you (?:may|might) also like|trending now):?",
    r"(?:back to top|previous (?:post|article)|next (?:post|article)|older posts|newer posts)(?: *[|↑»«^→←] *[^\n]{0,40})?",
    r"tags?: *#?[a-z]+(?:, *#?[a-z]+){2,}",
)
_WIKI = "|".join(
    (
        r"'''[^'\n]+'''",
        r"\{\{(?:citation needed|cn|cite [a-z]+|main|see also|infobox|reflist|as of|refn?|sfn|clarify|when|who|lang|convert|dead link|which|by whom|disambiguation|short description|use dmy dates)\b[^{}]*\}\}",
        r"\[\[(?:category|file|image|wikipedia|special):[^\]\n]+\]\]",
        r"\[\[[^\]\[|\n]+\|[^\]\[|\n]+\]\]",
        r"(?m-s:^==+ ?[A-Z][^=\n]*[^=\s] ?==+[ \t]*$)",
        r"<ref(?: name=[^<>]*)?/?>",
        r"\[edit\]",
        r"\[(?:read|continue) (?:more|reading)(?:\.{3}|…)?\]",
    )
)
# Each line's by itself, so that they can be taken apart.
_PATTERN = "|".join(
    [*(english(rf"(?im)^[ \t*>]*(?:{line})[ \t*]*$") for line in _LINES), english(rf"(?i){_WIKI}")]
)
_HINT = (
    r"(?i-u:home \||(?:menu|about|contact|login) \||»|·|(?:skip|jump) to (?:main|content|nav|search)|(?:read|see|show|load|view) (?:more(?: >|\.|…)|the full|full)"
    r"|subscribe to (?:our|the|this)|sign up (?:for|to)|share (?:this|on|via)|follow us|\(c\) ?\d|©|rights reserved|uses? cookies|cookies?\b|(?:posted|published|updated|modified|edited) (?:by|on|in)"
    r"|written (?:by|on) |\d comments?\b|leave a (?:comment|reply)|log(?:ged)? in (?:or|to)|sign in or|advertisement|sponsored content"
    r"|related (?:articles|posts|stories)|also like|trending now|back to top|(?:previous|next|older|newer) (?:post|article)|tags?:|filed under"
    r"|enable javascript|upvote|pin it|search cart|my account|toggle nav|facebook twitter|'''|\{\{|\[\[|(?m:^==)|<ref|\[edit\]|\[(?:read|continue))"
)
# Asked for: a page, a post, its parts; or a wiki's own markup.
_ABOUT_PAGES = (
    r"(?i)\b(?:wiki\w*|mediawiki|footers?|headers?|copyright|licen[cs]e|notice|disclaimer|newsletter|cookies?|captions?|posts?|blurb|flyer|brochure"
    r"|comments?|social media|poster|advertis\w+|call to action|sitemap|transcribe|extract|proofread|clean)\b"
)


def _condition(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt").fill_null("")
    found = residue(pl.col("completion"), prompt, _PATTERN)
    return found & ~prompt.str.contains(english(_ABOUT_PAGES))


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("completion").str.contains(_HINT)


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
    pattern=_PATTERN,
    column="completion",
    first=_first,
)
