"""TXT024: remains of HTML in text that is not about HTML."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = (
    r"(?i)</?(?:html|body)>|&(?:nbsp|amp|lt|gt|quot|apos|ldquo|rdquo|lsquo|rsquo|mdash|ndash|hellip|bull|middot|copy|laquo|raquo|deg|euro|pound|times|trade|reg|sect|rarr|larr|szlig|(?:[ae]|o)elig|[a-z](?:acute|grave|circ|uml|tilde|cedil|ring|slash)|#\d{2,5}|#x[0-9a-f]{2,5});"
    r"|<br\s*/?>|</?(?:p|div|span|strong|em|ul|ol|li|font|tbody|td|tr|h[1-6]|blockquote|center|section|article)(?:\s+(?:class|id|style|align|lang|dir|data-[a-z]+)\s*=[^<>]*)?\s*/?>"
    r"|<a\s+href\s*=[^<>]*>|<img\s+[a-z]+\s*=[^<>]*>|<hr\s*/?>|</(?:a|b|i|u|sup|sub|small)>|<!--[^\n]*?-->|</script>\s*$"
    # What a blogging program would have replaced.
    r"|\[(?:caption|gallery|embed|audio|video|vc_[a-z_]+|et_pb_[a-z_]+) [a-z_]+=[^\]\n]*\]|\[/(?:caption|gallery|embed|vc_[a-z_]+|et_pb_[a-z_]+)\]"
)
# Asked for, or shown as code.
ABOUT_MARKUP = (
    r"(?i)\b(?:html?|xml|css|web|website|page|tags?|markup|javascript|jquery|js|jsx|react|angular|vue|php|django|flask|dom|svg"
    r"|script|code|program|function|form|button|jinja|twig|handlebars|mustache|liquid|element|snippet|parse|scrape|regex|template|table|header|list item|span|div"
    r"|paragraph tag|link|url|string|markdown|component|entity|escape|banner|email template|query|sql|xss|app|application|loop|class|selenium|beautiful ?soup|heading|(?:nav|side|drop-?down|context|hamburger) ?menu|menu (?:bar|item)|navigation|navbar|input field|dropdown|image tag|format)s?\b"
)


# Code, or a whole page.
CODE = r"```|<!DOCTYPE|<html[^>]*>\s*\n|<html lang|<script[^>]*>\s*\n|^\s*<script|<head>|=\s*[\"']<|[\"'`]<(?:br|p|div|a )|;\s*\n|`</?[a-z]+"


def residue(text: pl.Expr, prompt: pl.Expr, pattern: str) -> pl.Expr:
    """The text holds such markup, is no code, and its prompt is not about markup."""
    code = text.str.contains(CODE)
    return text.str.contains(pattern) & ~code & ~prompt.str.contains(english(ABOUT_MARKUP))


def _condition(options: LintOptions) -> pl.Expr:
    return residue(pl.col("completion"), pl.col("prompt").fill_null(""), _PATTERN)


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("completion").str.contains(
        r"<[/a-zA-Z!]|&[#a-zA-Z]|\[/?(?:caption|gallery|embed|audio|video|vc_|et_pb_)"
    )


RULE = ColumnRule(
    about=About(
        code="TXT024",
        name="html-residue",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="HTML tags or entities are left in the completion",
        reason="They come from scraped pages. The model learns to put &nbsp; and <br> into plain answers.",
        example='{"prompt": "Name two fruits.", "completion": "Apples&nbsp;and<br>pears"}',
        remedy="Turn the HTML into text.",
        assumes="English words mark prompts about markup",
    ),
    frame="rows",
    condition=_condition,
    message="HTML is left in the completion: {match}",
    pattern=_PATTERN,
    column="completion",
    first=_first,
)
