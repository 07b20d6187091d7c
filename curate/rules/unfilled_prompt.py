"""TXT008: a slot of a prompt template was left unfilled, so that the prompt holds no input."""

from __future__ import annotations

import polars as pl

from curate.mapping import holding
from curate.rules import slots
from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_THING = (
    r"(?:input|text|article|passage|paragraph|sentence|question|context|document|story|poem|email|topic|content"
    r"|website url|lyrics to a song|user[ _]?input|query|prompt|code|data|name|review|transcript|conversation"
    r"|news article|essay|instruction|description|book|song|lyrics)"
)
_SLOT = r"(?:(?:your |the |target |source |main |specific )?(?:topic|subject|product|company|company name|job title|position|language|concept|animal|destination|country|city|character|genre|theme|industry|keyword|audience|target audience|question|user question|input text|user input|term|brand|hobby|skill|event|person|celebrity|book title|movie title)(?: [a-c1-3])?)"
_PATTERN = (
    rf"(?i)(?:^|\n)\s*[\[(<]\s*(?:insert |enter |paste |add |your |the |an? |original |full |provide )*{_THING}(?: here| goes here| text)?\s*[\])>]\s*$"
    rf"|[\[(<](?:insert|paste|add|provide)\s+[^\]\)>\n=]+[\])>]"
    # "(enter -1 to quit)" tells a program's user what to type.
    rf"|[\[(<]enter\s+(?:your|the|an?|{_THING})\b(?:[^\]\)>\n=t]|t[^\]\)>\n=o]|to[^\]\)>\n= ])*[\])>]"
    rf"|(?:^|[:\n])\s*[\"']?\{{\{{?\s*{_THING}\s*\}}?\}}[\"']?\s*(?:\n|$)|\blorem ipsum dolor\b"
    rf"|(?:^|[\s:\"'(])\{{\{{?\s*(?:text|article|passage|document|question|context|input|query|user_?input|source_[a-z]+|topic|product|company|language|subject|keyword|audience|[a-z]+_(?:name|text|input|topic|title|content))\s*\}}?\}}(?:[\s.,:;?!\"')]|$)|(?:^|\s)\$\{{[a-z][a-z_]*\}}"
    # A word for what should stand there, in a sentence of its own: "Compare [product A] and [product B]."
    rf"|(?:^|[\s\"'(])(?:\[{_SLOT}\]|\{{\{{?\s*{_SLOT.replace(' ', '[ _]')}\s*\}}?\}})(?:[\s.,:;?!\"')]|$)"
    rf"|[a-z,:] <{_SLOT}>(?:[\s.,;?!]|$)"
    rf"|\b(?:about|of|on|for|to|summari[sz]e|describe|translate|explain) <(?:{_THING}|[a-z]+_name|product|company|subject|keyword|topic)>(?: (?:to|for|in|into) [a-z ]{{1,30}})?\s*[.?!]?\s*$|\b(?:to|for) \[(?:recipient|name|company|client)\] (?:about|on|regarding) \["
    # A text that is only described: "[Essay about the civil rights movement]".
    rf"|(?:^|\n)\s*[\[<](?:the |an? |full |original )*(?:news |blog |short |movie |book |product |customer |research |email |job )?(?:essay|article|text|story|poem|speech|letter|report|paper|passage|review|post|conversation|transcript|paragraph|document|lyrics|summary|abstract|resume|description)s?\s+(?:about|on|of|from|describing|titled|discussing|for|by)\b[^\]>\n]{{1,120}}[\]>]\s*$"
    # An input that only says what should stand there.
    rf"|^\s*(?:your|my) (?:resume|cv|text|article|essay|name|company|product|e-?mail|input|sentence|story|paragraph|code|document|topic|question)\s*\.?\s*$"
    rf"|^\s*(?:species|person|company|product|country|city|candidate|character|option|team|item) (?:[A-C]|X)(?: (?:and|or|vs\.?) (?:species|person|company|product|country|city|candidate|character|option|team|item) [A-Z])?\s*\.?\s*$"
)
# Whom or what a row of a table was to name, in braces: "Explain to {customer} how it works."
_FIELD = r"[a-z,:] \{\{?(?:customer|client|recipient|user|student|employee|patient|username|candidate|(?:first|last|full|user|customer|product|company|city)[ _]name|name|order|location|price|amount)\}?\}(?:[\s.,:;?!\"')]|$)"
_FIELD_HINT = r"\{(?-u:cust|clie|reci|user|stud|empl|pati|cand|first|last|full|prod|comp|city|name|order|loca|pric|amou)"
_TEMPLATE = r"(?i)\b(?:templates?|conversation|dialogue|mad libs|placeholders?|fill[- ]in|jinja|f-?strings?|format string|html|python|javascript|java|lorem|function|code|jinja2|string|json|yaml|latex|set|regex|bash|shell|program|script|curly|brac(?:e|ket)s?|variables?|api|sql|react|vue|angular|c\+\+|php|print|output|format|extract|pattern|fields?|placeholder|loop|class|method|def|mail.?merge)\b|[;{}]\s*\n|`|=>|\\[a-z]+\{"
_SHORT = 60


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    user = pl.col("role") == "user"
    slot = text.str.contains(english(_PATTERN)) & ~text.str.contains(english(_TEMPLATE))
    braced = text.str.contains(_FIELD_HINT)
    named = holding(pl.when(user & braced).then(text), english(_FIELD))
    field = braced & named & ~text.str.contains(english(_TEMPLATE))
    hinted = pl.when(user & text.str.contains(slots.HINT)).then(text)
    written = (
        holding(hinted, slots.WRITTEN)
        & ~text.str.contains(slots.ABOUT)
        & ~text.str.contains(slots.CODE)
    )
    likely = text.str.contains(slots.STAND_IN_HINT)
    short = pl.when(user & likely & (text.str.len_bytes() <= _SHORT)).then(text)
    stand_in = likely & holding(short, slots.STAND_IN)
    written = text.str.contains(slots.HINT) & written
    return user & (slot | field | written | stand_in)


def _first(options: LintOptions) -> pl.Expr:
    return (pl.col("role") == "user") & pl.col("text").str.contains(
        r"[\[<{(%$]|__|#[#A-Z]|@@|(?-u:orem ips)|^.{0,60}$"
    )


RULE = ColumnRule(
    about=About(
        code="TXT008",
        name="unfilled-prompt",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a slot such as {input} or (Insert Article) is left in the prompt",
        reason="The text that the prompt is about was never filled in; the answer is invented.",
        example='{"instruction": "Summarize the article.", "input": "(Insert Article)", "output": "…"}',
        remedy="Mend the script that filled the template, or drop the row.",
        assumes="English slots",
    ),
    frame="segments",
    condition=_condition,
    message="a slot was left unfilled in the prompt: {match}",
    pattern=f"{english(_PATTERN)}|{english(_FIELD)}|{slots.WRITTEN}|{slots.STAND_IN}",
    first=_first,
)
