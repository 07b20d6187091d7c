"""TXT006: a slot of a template was left unfilled in the completion."""

from __future__ import annotations

import polars as pl

from curate.mapping import holding
from curate.rules import slots
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
    r"|^\W*(?:TODO|TBD|FIXME|XXX+|placeholder)\W*$|(?:^|[^\"“'‘„«\w])lorem ipsum\b|<(?:current_time|current_date|brandname|username)>"
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
    r"|git|commands?|cli|terminal|linux|unix|syntax|usage|wikipedia|citations?|mustache|ansible|helm|yaml|latex|markdown|sql|api|regex|json|bash|shell|powershell|github|actions|workflow|terraform|docker\w*|make ?file|lorem|format|string|config\w*|prompt|form|script|dummy|todo|to-do|review|snippet|css|php|ruby|rust|go|kotlin|swift)s?\b"
)
_NOTE = (
    # Slots in other brackets: "<signature>", "<<name>>", "__NAME__", "[YEAR]".
    rf"(?i:\b(?:sincerely|regards|signed|yours|from|dear|by|thanks|love|hello|hi)[,:]?\s+<(?:your[ _-])?(?:{_VARIABLE}|signature|sender|ticket_?id|your_[a-z_]+|insert_[a-z_]+)>(?:[\s.,!?)]|$))|<<[a-z][a-z_ ]{{2,30}}>>"
    r"|\b__(?:[A-Z]+_)*(?:NAME|DATE|TIME|AMOUNT|PRICE|ADDRESS|EMAIL|PHONE|COMPANY|PRODUCT|CITY|TITLE|NUMBER)__(?:\W|$)|(?:^|[\s(,.:$])\[(?:[A-Z']+[ _])*(?:YEAR|DATE|TIME|NAME|CODE|CITY|COUNTRY|PRICE|AMOUNT|NUMBER|ADDRESS|EMAIL|PHONE|COMPANY|PRODUCT|LINK|RECIPIENT|CUSTOMER|CLIENT|SENDER|POSITION|LOCATION|PLACE|TOPIC|AUTHOR|DAY|MONTH|SIGNATURE|QUANTITY|DETAILS?)\]"
    # Notes that a writer leaves where something is still to be written.
    r"|(?:^|[.!?]\s+|[\[(])(?:TODO|FIXME|XXX|TBD|TK)\b[: -]{1,3}(?i:(?:to )?(?:add|check|fix|expand|write|insert|verify|finish|complete|update|fill|review|find|source|confirm|rewrite|replace)\b)"
    r"|(?i:[.!?]\s+to[ -]?do: [a-z][a-z ]{3,40}\.?\s*$)"
    r"|(?i:[\[(](?:to be (?:completed|written|added|filled in|inserted|finished|expanded)(?: later)?|(?:add|insert|include|put|needs?|need an?|missing|more)\s(?:an? |the |your |some |more )?(?:[a-z]+ )?(?:sources?|citations?|examples?|text|details?|references?|figures?|tables?|images?|links?|quotes?|content|paragraphs?)(?: here| later| needed)?"
    r"|(?:citation|source|reference|clarification)s? needed|(?:your |more |some )?(?:text|details?|content|examples?|paragraph|story|answer)s? (?:goes |go |comes )?here|placeholder)[\])])"
    # "{device}", "<ticket_id>" and "(Your Name)" in prose.
    r"|(?:^|[\s,(:])\{[a-z][a-z_]{2,20}\}(?:[.,!?\s]|$)|<(?:[a-z]{2,20}_){1,3}(?:id|name|number|no|date|time|email|address|phone|amount|code)>|\((?:[Yy]our|YOUR) (?i:(?:full |first |last )?(?:name|signature|title|address|company))\)"
    # "Mr. XXXXX", "YOUR NAME HERE".
    r"|\b(?:Mr|Mrs|Ms|Dr|Prof|Dear|Sir|Miss)\.? X{2,8}\b|\b(?:YOUR|CUSTOMER|COMPANY|RECIPIENT|SENDER) (?:FULL |FIRST |LAST )?(?:NAME|ADDRESS|EMAIL|SIGNATURE|TITLE|COMPANY)(?: HERE)?\b|\b(?:INSERT|ENTER|ADD) (?:YOUR |THE |A )?(?:[A-Z]{3,12} )?(?:NAME|ADDRESS|EMAIL|TEXT|DATE|TITLE|COMPANY)(?: HERE)?\b"
    r"|(?:^|[\s(,.:$])\[(?:year|country|price|code|day|month|signature|department|street|state|store|team|event)\]"
)
# The filler of typesetters, from its later lines too.
_FILLER = r"(?i)\b(?:dolor sit amet|consectetur adipis|sed do eiusmod|ut labore et dolore|ut enim ad minim|quis nostrud exerci|duis aute irure|excepteur sint occaecat|sunt in culpa qui|sed ut perspiciatis|nemo enim ipsam|at vero eos et accusa)"
_FILLER_WANTED = r"(?i-u:lorem|latin|filler|dummy|cicero|placeholder|typeset|typograph|\bmock|sample text|random text|template|html|css|web ?page|translat)"
_NOTE_HINT = (
    r"(?-u:TODO|FIXME|XX|(?:YOUR|CUSTOMER|COMPANY|RECIPIENT|SENDER|INSERT|ENTER|ADD) [A-Z]|TBD|\bTK |[.!?]\s+[Tt]o[ -]?do: |<<[a-z]|__[A-Z]|<[A-Za-z][A-Za-z_ -]{2,20}>|\{[a-z][a-z_]{2,20}\}|\((?:[Yy]our|YOUR) |\[(?:[A-Z']+[ _])*[A-Z]{3,10}\]|\[(?:year|country|price|code|day|month|signature|department|street|state|store|team|event)\]"
    r"|\[(?:[Tt]o be |[Aa]dd |[Ii]nsert |[Ii]nclude |[Pp]ut |[Nn]eed|[Mm]issing |[Mm]ore |[Cc]itation |[Ss]ource |[Rr]eference |[Cc]larification |[Yy]our |[Ss]ome |[Tt]ext |[Dd]etail|[Cc]ontent |[Ee]xample|[Pp]aragraph |[Ss]tory |[Aa]nswer |placeholder)"
    r"|\((?:[Tt]o be |[Aa]dd |[Ii]nsert |[Ii]nclude |[Mm]issing |[Cc]itation |[Ss]ource |[Tt]ext |placeholder)"
    r"|olor sit amet|ctetur adipis|do eiusmod|enim ad minim|nostrud exerci|aute irure|sint occaecat|ut perspiciatis)"
)
# One of them stands in each filler.
_FILLER_HINT = r"(?i:dolor|eiusmod|enim ad|nostrud|aute irure|occaecat|culpa qui|perspiciatis|enim ipsam|adipis|accusa)"


# Letters and templates are asked for with their slots, and code has brackets of its own.
_SLOTS_WANTED = (
    r"(?i)\b(?:letter|e-?mail|template|form|contract|memo|message|invitation|invite|notice|agreement|speech"
    r"|toast|script|cv|resume|résumé|note|introduction|introduce|about us|outline|format|placeholder|mad libs|variable|mail.?merge"
    r"|fill[- ]in|bracket|code|function|program|python|javascript|java|c\+\+|html|react|vue|jinja|handlebars|angular"
    r"|mustache|ansible|helm|yaml|latex|markdown|sql|api|regex|cover|announcement|press release|reminder|apology"
    r"|pleading|resignation|greeting|reply|respond|response|lorem|dialogue|conversation|call|invoice|report"
    r"|statement|prompt|bio|post|tweet|ad|advertisement|advert|slogan|headline|question|github|workflow|json|string)s?\b"
)


# A line to write on, in an answer that is no form: "Call ________ to book."
_LINE = r"[A-Za-z,:.][ ]?_{6,}(?:\s|[.,;]|$)"
_GAP = r"[A-Za-z,:$] ?_{3,5}(?:[ .,;]|$)"
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
    hint = pl.col("completion").str.contains(_NOTE_HINT)
    hinted = pl.when(hint).then(pl.col("completion"))
    # The hint stands beside the function too, where it is seen and computed first.
    noted = hint & holding(hinted, english(_NOTE)) & ~prompt.str.contains(english(_ABOUT_SLOTS))
    noted = noted & ~pl.col("completion").str.contains(r"```|[;{}]\s*\n|</")
    filling = pl.col("completion").str.contains(_FILLER_HINT)
    filled = pl.when(filling).then(pl.col("completion"))
    filler = filling & holding(filled, english(_FILLER)) & ~prompt.str.contains(_FILLER_WANTED)
    line = (
        pl.col("completion").str.contains(_LINE)
        & (pl.col("completion").str.count_matches(r"_{6,}") <= 2)
        & ~prompt.str.contains(english(_LINES_WANTED))
        & ~prompt.str.contains("___", literal=True)
    )
    # The same, several times and shorter: "a voucher worth ____ for your order ____".
    gaps = (
        pl.col("completion").str.count_matches(_GAP).is_between(2, 3)
        & ~prompt.str.contains(english(_LINES_WANTED))
        & ~prompt.str.contains("__", literal=True)
        & ~pl.col("completion").str.contains(slots.CODE)
    )
    marked = pl.when(pl.col("completion").str.contains(slots.HINT)).then(pl.col("completion"))
    written = (
        holding(marked, slots.WRITTEN)
        & ~prompt.str.contains(slots.ABOUT)
        & ~prompt.str.contains(slots.WRITTEN)
        & ~pl.col("completion").str.contains(slots.CODE)
    )
    return (
        always
        | written
        | line
        | gaps
        | noted
        | filler
        | (slot & ~wanted)
        | (machine & ~prompt.str.contains(english(_ABOUT_SLOTS)))
    )


def _first(options: LintOptions) -> pl.Expr:
    completion = pl.col("completion")
    bare = (completion.str.len_bytes() <= 40) & completion.str.contains(
        r"(?i-u:todo|tbd|fixme|xxx|placeholder)"
    )
    words = completion.str.contains(
        r"(?-u:orem ipsum|OREM IPSUM|TODO|FIXME|\bTK |XXX |(?:r|s|f|ss|Dear)\.? XX|(?:YOUR|CUSTOMER|COMPANY|RECIPIENT|SENDER|INSERT|ENTER|ADD) [A-Z]|TBD|\((?:[Ii]nsert|enter|[Ff]ill|[Aa]dd|[Tt]o be|[Ii]nclude|[Mm]issing|[Cc]itation|[Ss]ource|[Tt]ext|[Yy]our|YOUR) |__[A-Z]| do: |olor sit amet|ctetur adipis|do eiusmod|enim ad minim|nostrud exerci|aute irure|sint occaecat|ut perspiciatis)"
    )
    return completion.str.contains(r"[\[{<%]|\$[A-Z{]|_{3}|__[A-Z]|##[A-Z]|@@[A-Z]") | words | bare


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
    pattern=f"{english(_MACHINE)}|{english(_PATTERN)}|{english(_NOTE)}|{english(_FILLER)}|{_LINE}|{slots.WRITTEN}|{_GAP}",
    column="completion",
    first=_first,
)
