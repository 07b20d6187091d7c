"""TXT035: the prompt orders a search on the web, or a look at a page."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import about_code, stands_alone
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = "(?i)" + "|".join(
    (
        r"\b(?:search|browse|google|scour)\s+(?:on\s+|through\s+)?(?:the\s+)?(?:web|internet|online|google)\b",
        r"\b(?:web|internet|online|google)\s+search\s+(?:to|for|and|on)\b",
        r"^(?:please\s+)?look up\b[^.]*\b(?:results?|prices?|current|latest|article|news|nearest|reviews?|address|website|online)\b",
        r"^(?:please\s+)?(?:visit|open|access|browse|go to|navigate to|read|check)\s+(?:the|this|that)\s+(?:following\s+|given\s+)?(?:website|web ?page|url|link|site|web site)\b",
        r"^(?:please\s+)?(?:retrieve|fetch|download|pull|get|gather|collect)\b[^.\n]*\b(?:from (?:the )?(?:web|internet|online|[a-z ]{0,30}(?:website|database|web page|api))|(?:top|first) (?:\w+ )?results?)\b",
        r"^(?:please\s+)?(?:find|locate|search for|look up|get|gather|collect|retrieve)\s+(?:me\s+)?(?:an?|one|two|three|four|five|\d+|some|several|recent)\s+(?:(?:recent|news|online|credible|reliable|academic|scholarly|peer-reviewed|research|relevant|journal|scientific|different|good)\s+){0,3}(?:articles?|sources|references|papers|studies|citations)\b(?:\s+(?:on|about|related|that|to|for|from|discussing|supporting|regarding|and|in)\b[^\n]*|\s*[.]?\s*$)",
        r"^(?:please\s+)?(?:go|navigate)\s+(?:on|to|onto)\s+(?:the\s+)?(?:amazon|google|wikipedia|youtube|ebay|facebook|twitter|reddit|linkedin|imdb|yelp|netflix)\b|^(?:please\s+)?(?:provide|give me|share|find|send me)\s+(?:me\s+)?(?:an?|the|some)\s+(?:[a-z]+\s+)?(?:links?|urls?)\s+(?:to|for|of)\s",
        r"^(?:please\s+)?check\s+(?:if|whether|the availability of)\b[^\n]*\b(?:domain|website|site|url|username)\b[^\n]*|^(?:please\s+)?search\s+for\s+(?:some\s+|an?\s+|the\s+)?(?:[a-z]+\s+)?(?:images?|pictures?|photos?|videos?|flights?|hotels?|jobs?|job openings|apartments?)\b",
        r"^(?:please\s+)?find\s+(?:me\s+)?(?:the|a|an)\s+(?:wikipedia (?:page|article)|website|web ?page|url|link|youtube video|online article|news article)\b",
        r"^(?:please\s+)?(?:find|look up|what(?:'s| is)|give me|provide|tell me|get)\b[^.\n]*\b(?:street address|address|phone number|telephone number|opening hours|contact (?:number|information|details)) (?:of|for) (?:the |an? |my )?(?:[a-z]+ ){0,2}?(?:restaurant|hotel|store|shop|hospital|school|library|bank|pharmacy|museum|company|office|caf[eé]|clinic|theater|post office)\b",
    )
)
# Longer prompts hold what is to be found.
_LONGEST = 600
_HINT = (
    r"(?i)\b(?:web|internet|online|google)\b|^(?:please )?(?:look up|visit|open|access|browse|go to"
    r"|navigate to|read|check|retrieve|fetch|download|pull|get|gather|collect|find|locate|search|go on|share|send me|what is|what's|give me|provide|tell me)\b"
)
_OTHERWISE = r"(?i)\b(?:how (?:do|to|can|does)|explain|describe how|tips|steps|strategy|guide|algorithm|html|sql|history of|write|translate|sentence)\b"


def _condition(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    return (
        prompt.str.contains(english(_PATTERN))
        & ~prompt.str.contains(english(_OTHERWISE))
        & ~about_code()
    )


def _first(options: LintOptions) -> pl.Expr:
    hint = pl.col("prompt").str.contains(english(_HINT))
    return hint & stands_alone()


RULE = ColumnRule(
    about=About(
        code="TXT035",
        name="needs-the-web",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the prompt orders a search on the web or a look at a page",
        reason="Without a tool the model cannot look; it learns to invent sources, prices and results.",
        example='{"prompt": "Look up the top three results for cheap phone cases.", "completion": "1. …"}',
        remedy="Add the tool call and its result to the row, or drop the row.",
        assumes="English prompts",
    ),
    frame="rows",
    condition=_condition,
    message="the prompt needs the web: {match}",
    pattern=english(_PATTERN),
    column="prompt",
    first=_first,
)
