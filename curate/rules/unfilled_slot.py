"""TXT006: a slot of a template was left unfilled in the completion."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = (
    r"(?i)\[(?:insert|enter|add|fill in|your|name of|type|specify|describe|replace|put)\b[^\]\n(){}=;]+\]"
    r"|(?:^|[\s,(:\"'])\[(?:your )?(?:name|full name|first name|last name|company|company name|recipient|recipient(?:'s)? name|customer"
    r"|customer name|client|client name|date|address|phone number|email|email address|product|product name"
    r"|position|job title|title|city|location|boss|manager|friend|sender|time|amount|number|brand|brand name"
    r"|business name|organization|school|university|website|link|url|topic|subject|placeholder|tbd|todo)\]"
    # "[City, State, ZIP]", "[Sender Name]", "$[amount]": words the last of which names what a form asks for.
    r"|\$\[(?:amount|price|cost|fee|sum|number|value|total|x+)\]|\[[a-z][a-z' ,/&-]{0,30} (?:name|number|address|date|year|signature|zip|zip code|amount|details|email|phone|website|url|link|title)\]"
    r"|<(?:insert|your|enter|add)[ _][^>\n=/]+>|\((?:insert|enter|fill in)\s+[^)\n]+\)"
    r"|\{\{\s*[a-z_][a-z0-9_. ]{0,40}\}\}|\bTODO\s*:\s*(?:write|add|fill|answer|complete|insert|finish)\b"
    r"|^\W*(?:TODO|TBD|FIXME|XXX+|placeholder)\W*$|\blorem ipsum\b|<(?:current_time|current_date|brandname|username)>"
)
# A program would have filled these in; a letter that somebody wrote does not hold them.
_VARIABLE = (
    r"(?:(?:first|last|full|user|customer|client|company|product|recipient|sender|employee|patient|student|order|account|phone|email|due|start|end|event)_?(?:name|number|no|id|date|email|address|phone|time)"
    r"|name|firstname|lastname|username|customer|company|recipient|product|date|email|address|amount|price|order_?id)"
)
_MACHINE = (
    rf"(?i)\{{\{{\s*[a-z_][a-z0-9_. ]{{0,40}}\}}\}}|(?:^|[\s,(:\"'])\{{{_VARIABLE}\}}|(?:^|[\s,(:\"'])\{{[a-z]{{2,20}}_(?:id|name|number|no|date|time|text|url|link|code|address|amount|total|email|phone|title|status)\}}|\$\{{[a-z_][a-z0-9_.]{{0,40}}\}}|%%?{_VARIABLE}%%?"
    rf"|\[TODO\b[^\]\n]*\]|(?:^|[a-z.!?]\s+)TODO\s*:\s*[a-z]|<INSERT [^>\n=]+>|\((?:insert|fill in) [a-z' ]{{2,40}}(?: here)?\)|\$X{{2,}}(?:\.XX)?\b|^\W*lorem ipsum dolor\b"
    rf"|\b(?:dear|hello|hi|hey) <{_VARIABLE}>|(?:^|\s)\[(?:date|time|name|amount|address|price|company|location)\][^\[\n]{{1,30}}\s\[(?:date|time|name|amount|address|price|company|location)\]"
)
_ABOUT_SLOTS = (
    r"(?i)\b(?:templates?|placeholders?|mad libs|fill[- ]in|bracket|brace|mail.?merge|variables?|code|function|program|python|javascript|typescript|java|c\+\+|html|react|vue|jinja|handlebars|angular"
    r"|mustache|ansible|helm|yaml|latex|markdown|sql|api|regex|json|bash|shell|powershell|github|actions|workflow|terraform|docker\w*|make ?file|lorem|format|string|config\w*|prompt|form|script|dummy|todo|to-do|review|snippet|css|php|ruby|rust|go|kotlin|swift)s?\b"
)
# Letters and templates are asked for with their slots, and code has brackets of its own.
_SLOTS_WANTED = (
    r"(?i)\b(?:letter|e-?mail|template|form|contract|memo|message|invitation|invite|notice|agreement|speech"
    r"|toast|script|cv|resume|résumé|note|introduction|introduce|about us|outline|format|placeholder|mad libs"
    r"|fill[- ]in|bracket|code|function|program|python|javascript|java|c\+\+|html|react|vue|jinja|handlebars|angular"
    r"|mustache|ansible|helm|yaml|latex|markdown|sql|api|regex|cover|announcement|press release|reminder|apology"
    r"|pleading|resignation|greeting|reply|respond|response|lorem|dialogue|conversation|call|invoice|report"
    r"|statement|prompt|bio|post|tweet|ad|advertisement|advert|slogan|headline|question|github|workflow|json|string)s?\b"
)


# A line to write on, in an answer that is no form: "Call ________ to book."
_LINE = r"[A-Za-z,:.][ ]?_{6,}(?:\s|[.,;]|$)"
_LINES_WANTED = (
    r"(?i)\b(?:blanks?|fill|quiz|forms?|templates?|contract|agreement|lease|sign\w*|worksheet|questions?|exercises?|cloze|sentences?|tables?|underscores?|certificate|license|licence"
    r"|letter|invoice|receipt|survey|checklist|application|mad libs?|riddle|hangman|code|program|function|python|html|markdown|__+|missing|complete|planner|schedule|menu|card|report|notice|petition|will|waiver|affidavit)\b"
)


def _condition(options: LintOptions) -> pl.Expr:
    slot = pl.col("completion").str.contains(english(_PATTERN))
    always = pl.col("completion").str.contains(r"(?i)\[insert [a-z' ]{2,40}\]")
    prompt = pl.col("prompt").fill_null("")
    machine = pl.col("completion").str.contains(english(_MACHINE)) & ~pl.col(
        "completion"
    ).str.contains(
        r"```|[;{}]\s*\n|</|<(?:b|i|em|strong|code|pre|label|small|div|span|p|html|body|br|a|img|h[1-6]|table|tr|td|ul|li|input|form|button|template|script|style)[ >]"
    )
    wanted = prompt.str.contains(english(_SLOTS_WANTED))
    line = (
        pl.col("completion").str.contains(_LINE)
        & (pl.col("completion").str.count_matches(r"_{6,}") <= 2)
        & ~prompt.str.contains(english(_LINES_WANTED))
        & ~prompt.str.contains("___", literal=True)
    )
    return (
        always | line | (slot & ~wanted) | (machine & ~prompt.str.contains(english(_ABOUT_SLOTS)))
    )


def _first(options: LintOptions) -> pl.Expr:
    completion = pl.col("completion")
    bare = (completion.str.len_bytes() <= 40) & completion.str.contains(
        r"(?i-u:todo|tbd|fixme|xxx|placeholder)"
    )
    words = completion.str.contains(
        r"(?-u:orem ipsum|OREM IPSUM|TODO|\((?:[Ii]nsert|enter|[Ff]ill) )"
    )
    return completion.str.contains(r"[\[{<%]|\$X|_{6}") | words | bare


RULE = ColumnRule(
    about=About(
        code="TXT006",
        name="unfilled-slot",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a slot such as [Insert Name], {{name}}, TODO or lorem ipsum is left in the completion",
        reason="The model learns to leave the gaps in, where users expect an answer.",
        example='{"prompt": "Who wrote Emma?", "completion": "Emma was written by [Insert Name]."}',
        remedy="Fill the slot, or drop the row.",
        assumes="English slots",
    ),
    frame="rows",
    condition=_condition,
    message="a slot was left unfilled: {match}",
    pattern=f"{english(_MACHINE)}|{english(_PATTERN)}|{_LINE}",
    column="completion",
    first=_first,
)
