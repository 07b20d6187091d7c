"""TXT029: the prompt speaks of a text that is not there."""

from __future__ import annotations

import polars as pl

from curate.mapping import holding
from curate.rules import absent_files, bare_orders
from curate.rules.other_languages import MISSING_TEXT, MISSING_TEXT_HINT, another_language
from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import (
    ASKS_BACK,
    about_code,
    last_question,
    of_chat,
    one_line,
    stands_alone,
    stands_last,
)
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_NOUN = (
    r"(?:sentence|text|article|passage|paragraph|excerpt|poem|essay|email|message|document|report"
    r"|statement|snippet|quote|quotation|tweet|transcript|dialogue|conversation|speech|review"
    r"|letter|story|haiku|lyrics|song|code|code snippet|equation|expression|data|dataset|table|list"
    r"|abstract|paper|chapter|headline|post|blog post|news article|research paper)s?"
)
_READING = (
    r"(?:summari[sz]e|sum up|paraphrase|rewrite|re-?write|re-?word|rephrase|restate|edit|proofread"
    r"|proof-read|translate|shorten|simplify|condense|punctuate|annotate|caption|critique)"
)
_LOOKING = (
    r"(?:classify|categori[sz]e|analy[sz]e|evaluate|convert|transform|describe|explain|interpret"
    r"|identify|extract|continue|complete|finish|correct|fix|improve|rate|grade|label)"
)
# What may still follow: how to do it, and a second sentence that gives orders. Anything else is
# taken for the text itself.
_MANNER = (
    r"(?:\s+(?:into|using|without|so|by|with|to|based on|and|from|as|that|for|of|which|on"
    r"|in (?:a|an|one|two|three|four|five|six|ten|\d+|your|simple|plain|less|fewer|under|no more"
    r"|more|about|at least|at most|past|passive|active|the (?:past|present|future|passive|active)"
    r"|first|third|spanish|french|german|italian|english|japanese|chinese))\b[^:\"“”?.!()\[\]]*)?"
)
_ORDERS = (
    r"(?:[.!]\s+(?:Output|Write|Use|Make|Give|Provide|Include|Explain|Your|Return|List|Then|Also"
    r"|Do not|Don't|Be sure|Keep|State|Answer|Format|Indicate|Print|Respond|Limit)\b[^:\"“”]*)?"
)
_END = r"\s*[.!]?\s*$"
_PATTERN = "(?i)" + "|".join(
    (
        # "Rewrite the given sentence.", "… for the following short story."
        r"\b(?:the|this|these)\s+(?:following|given|provided|attached|supplied)\s+[a-z][^:\"“”?.!()\[\]0-9'‘]*"
        + _ORDERS
        + _END,
        r"\bgiven\s+the\s+(?:following\s+)?(?:input|text|data|dataset|article|passage|paragraph"
        r"|sentence|list|table|document|context|information)s?\s*,[^:\"“”]*$",
        rf"^(?:please\s+)?(?:{_READING}|{_LOOKING})\s+(?:this|these)\s+(?:[a-z-]+\s+)?{_NOUN}{_MANNER}"
        + _END,
        rf"^(?:please\s+)?{_READING}\s+the\s+(?:[a-z-]+\s+)?{_NOUN}(?:\s+(?:into|in (?:one|two|three"
        r"|four|five|\d+|a|your))\b[^:\"“”?.!]*)?" + _END,
        rf"^(?:please\s+)?{_READING}\s+(?:an?|some)\s+(?:[a-z-]+\s+){{0,2}}?(?:article|paper|passage"
        r"|paragraph|essay|text|report|blog post|news story|document|transcript|conversation|speech)\b",
        r"^(?:please\s+)?summari[sz]e\s+(?:the|this)\s+(?:[a-z-]+\s+)?(?:article|paper|essay|blog"
        r" post|news story|passage|infographic)\b[^:]*$",
        r"^(?:please\s+)?(?:write|create|generate|compose|provide|give)\b[^:\n]{0,40}?\b(?:summari[sz]ing|summary of|review of|critique of|abstract of)\s+(?:the|this)\s+(?:research |news |scientific |journal )?(?:paper|article|study|report|blog post)\s+[\"“][^\"”\n]+[\"”]\s*[.]?\s*$",
        rf"\b{_NOUN} (?:below|above)\b[^:\"“”\n?]*\??\s*$|\bbased on the (?:above|below|context above|text above|information above)\b[^:\"“”\n]*$",
        r"^(?:based on|according to|from|using|read)\s+(?:the|this)\s+(?:passage|article|text|paragraph|context|document|story"
        r"|excerpt|chart|graph|transcript|conversation)\b[^:\"“”\n]*$",
        r"^(?:please\s+)?(?:fix|correct|find|identify|improve|check|edit|underline|highlight|spot|remove|replace|count)\s+[^:\"“”\n]+?"
        rf"\s+(?:in|of|from)\s+(?:this|these)\s+(?:[a-z-]+\s+)?{_NOUN}" + _END,
        r"\bthe (?:author|narrator|speaker|poet) (?:means?|says?|thinks?|feels?|argues?|believes?|suggests?|impl(?:y|ies)|describes?|claims?)\b[^:\"“”\n]{0,60}[?.]\s*$",
        r"^(?:please\s+)?(?:translate|convert|rewrite|rephrase|paraphrase|summari[sz]e|turn|put|correct|proofread|edit) the following(?: (?:in)?to [a-z]+(?: [a-z]+)?)?\s*[.:]?\s*$",
        r"\b(?:if|whether|of|between|compare|in) the (?:two|three|four) (?:sentences|texts|paragraphs|statements|passages|phrases|poems|articles)\b[^:\"“”\n]*$",
        r"^(?:using|based on|from|according to|given|considering)\s+the\s+(?:text|passage|article|paragraph|table|data|list|information|context|code|story|conversation)\s+(?:above|below|given|provided)\b[^\"“”\n]{0,100}$",
        rf"\b(?:is|are|was|does|do|can)\s+(?:the (?:following|above|given)|this)\s+(?:[a-z-]+\s+)?(?:{_NOUN}|claims?|words?|phrases?|arguments?|numbers?|formulas?|sums?)\b[^:\"“”\n()0-9']*\?\s*$",
        r"\bwhich (?:one )?of the following\b[^:?,\"“”()]*\?\s*$",
        # "Translate the following sentence into French:", with nothing behind the colon.
        r"^[^:\"“”\n]*\b(?:this|these|the (?:following|given|provided|above))\s+(?:[a-z-]+\s+){0,2}?"
        rf"{_NOUN}\b[^:\"“”?.!()\[\]]*:\s*$",
        rf"\b(?:of|in|from|for|about) the (?:given|provided|following|supplied)\s+(?:[a-z-]+\s+)?{_NOUN}\s*\?\s*$",
        r"\b(?:based on|using|from|according to) (?:the|this) (?:passage|article|text|paragraph|context|document|excerpt|transcript)"
        r"(?: (?:provided|given|above|below))?\s*[.?]?\s*$",
        rf"\b{_NOUN}\s+(?:that )?i(?:['’]ve|\s+have)?\s+(?:just )?(?:gave|given|sent|pasted|provided|shared|showed)\b[^:\"“”\n]*$",
        r"^(?:please\s+)?(?:turn|convert|put|rewrite|translate|summari[sz]e|shorten|transform|rephrase) (?:all (?:of )?)?the (?:above|below)\b(?:\s+[a-z]+){0,6}\s*[.!?]?\s*$",
        r"\bwhat (?:does )?this (?:code|function|script|program|query|regex|snippet|command|code snippet) (?:does|do|means?|returns?|outputs?|prints?)\s*[.?]?\s*$",
        rf"^what(?:['’]s|\s+is) wrong (?:with|in) (?:this|my|the following) (?:[a-z]+\s+)?{_NOUN}\s*[.?]?\s*$",
        rf"\b(?:sentiment|tone|mood|genre|gist|purpose|main idea|theme|style|author|target audience)s?\s+(?:of|in|expressed in|behind)\s+this\s+(?:[a-z-]+\s+)?{_NOUN}\s*[.!?]?\s*$",
        r"^(?:please\s+)?(?:find|fix|correct|spot|underline|highlight|remove|count|list)\s+(?:all\s+)?the\s+(?:[a-z-]+\s+){0,2}?(?:mistakes?|errors?|typos?|verbs?|nouns?|adjectives?|adverbs?|pronouns?|bugs?)\s+in\s+the\s+(?:text|passage|paragraph|sentence|article|essay|email|document|code)"
        + _END,
        r"^(?:please\s+)?(?:complete|finish|continue|translate|rewrite|punctuate|correct|fix|solve|fill in) the (?:[a-z]+ ){0,2}?(?:sentence|paragraph|phrase|text|passage|proverb|analogy|sequence|story|poem|list|table|equation|code|blanks?|gaps?)s?\s*:\s*$",
        r"^(?:please\s+)?(?:choose|select|pick|circle|tick|mark)\s+the\s+(?:correct|right|best|most appropriate|odd|appropriate|incorrect|wrong)\s+(?:[a-z]+\s+){0,2}?(?:option|answer|choice|word|one|alternative|statement|response|letter)s?\s*[.!:]?\s*$",
        r"^what (?:does|will|would|is) (?:the (?:output|result|value) of )?(?:the following|the given|this) (?:[a-z+#]+ ){0,2}?(?:code|function|script|program|query|snippet|loop|expression)(?: (?:print|output|return|do|produce|mean|display|evaluate to))?\s*\?\s*$",
        rf"^(?:please\s+)?{_READING}\s+the\s+(?:[a-z-]+\s+)?{_NOUN}\s+(?:that )?(?:you|we)\s+(?:just |have |have just )?(?:read|saw|heard|discussed|received|were given)"
        + _END,
        rf"^(?:please\s+)?(?:reply|respond|write (?:an? )?(?:[a-z]+ )?(?:reply|response)) to (?:this|the following|the above) (?:[a-z-]+\s+)?{_NOUN}"
        + _END,
        r"\b(?:function|script|query|program|class|recipe|contract|invoice|log|schedule|menu|options|questions?|statements) (?:above|below)\b[^:\"“”\n]*$",
        r"\b(?:main (?:idea|point|theme|character|topic|argument|message)s?|tone|mood|protagonist"
        r"|antagonist|moral|narrator)\s+(?:of|in)\s+(?:the|this)\s+(?:book|story|article|passage|poem"
        r"|movie|film|song|text|paragraph|novel|essay|excerpt)\s*[.?]?\s*$",
    )
)
# Longer prompts hold their text themselves.
_LONGEST = 300
_HINT = (
    rf"(?i)^(?:please\s+)?{_READING}\b|\b(?:the|this|these)\s+(?:following|given|provided|attached|supplied)\b|\bgiven the\b"
    rf"|^(?:please\s+)?[a-z]+\s[^:]*\b(?:this|these)\s+(?:[a-z-]+\s+)?{_NOUN}\b|\b(?:below|above)\b|\bthe (?:correct|right|best|odd|most appropriate|appropriate|incorrect|wrong) |\bin the (?:text|passage|paragraph|sentence|article|essay|email|document|code)\s*[.!]?\s*$|\b(?:you|we) (?:just )?(?:read|saw|heard)|\bthe [^:\n]{{1,30}}:\s*$|\bwhich (?:one )?of the following\b"
    r"|^(?:based on|according to|from|using|considering) (?:the|this)\b|^read (?:the|this)\b"
    r"|\b(?:code|function|script|program|query|regex|snippet|command) (?:does|do|means?|returns?|outputs?|prints?)\b|\bwrong (?:with|in) |\bI (?:gave|sent|pasted|provided|shared|have|showed)\b"
    r"|\b(?:based on|using|from|according to) (?:the|this) (?:passage|article|text|paragraph|context|document|excerpt|transcript)|\b(?:this|these)\b[^\n:]*:\s*$"
    r"|(?:of|in) (?:the|this) (?:book|story|article|passage|poem|movie|film|song|text|paragraph|novel|essay|excerpt)"
    r"|\b(?:summari[sz]ing|summary of|review of|critique of|abstract of)\s+(?:the|this)\b"
)
_NAMED_HINT = (
    r"(?i)\n\s*(?:the |an? )?(?:article|paper|essay|report|document|passage|blog|table|data|spreadsheet|chart|graph|survey|sound"
    r"|recording|transcript)"
)
_SHORT_OF_HINT = r"(?i-u:missing word|in the order |(?:given|following|provided|specified) (?:style|criteria|rule|guideline|format|instruction|categor)|the blank|categor|topics?\b|pre-?defined|\b(?:classes|labels)\b|(?:article|paper|essay|report|post) (?u:[\"“])|from the (?:option|list of|given op)|using the (?:given|following|provided) word)|\n\s*(?i-u:(?:the |this |an? )?(?:[a-z-]+ ){0,2}?(?:article|essay|paper|study|report|speech|research|story|text|passage|book|document|blog|resume|cv|cover letter|letter|e-?mail|data|dataset|poem|contract)\b| is an? (?:[a-z-]+ ){0,2}?(?:article|essay|paper|book|speech|story|poem|novel|report) )"
_OTHERWISE = (
    r"(?i)\bfollowing\s+(?:days?|weeks?|months?|years?|morning|evening|night|seasons?|decades?"
    r"|centur(?:y|ies)|generations?|steps)\b|\bwhich of the following\b[^?]*\?\s*\S|\bthe given\s+names?\b"
    r"|\b(?:the|a) given (?:number|string|array|list of|integer|range|period|amount|time|set|url)"
)
# An input that names or describes the text or the data instead of giving it.
_NAMED = (
    r"(?i)^[^\n]*\b(?:summari[sz](?:e|es|ing)|summary|main|important|key points|points|questions? about|highlights|analy[sz]e|conclusions?|insights|extract|interpret)\b[^\n]*\n+"
    r"\s*(?:the )?(?:(?:article|paper|essay|report|document|passage|blog post)(?: is titled)?\s*:\s*[\"“']?\s*[A-Z][^.\n:?!]+[\"”']?"
    r"|(?:an? )?(?:table|dataset|data set|data|spreadsheet|chart|graph|survey results|sound wave|recording|transcript)\s+(?:with|of|containing|about|showing|from) [^\n:0-9]+)\s*$"
)

# An input that tells what a text is about, where the text itself is needed.
_TOLD = (
    r"(?i)^[^\n]*\b(?:summari[sz](?:e|es|ing)|summary|main (?:conclusions?|points?|ideas?|arguments?|findings)|key (?:pieces of evidence|findings|points)|evidence"
    r"|critique|tweet summ|evaluate|grade|score)\b[^\n]*\n+\s*(?:the |this |an? )?(?:[a-z-]+ ){0,2}?(?:article|essay|paper|study|report|speech|research(?: paper)?|story|text|passage|book|document|blog post)\b"
    r"[^.\n]{0,80}?\b(?:is about|are about|discusses|investigates|explores|examines|describes|concludes|covers|addresses|focuses on|talks about|looks at|analy[sz]es|argues that)\b[^.\n]*\.?\s*$"
    r"|^[^\n]*\bsummar(?:y|i[sz]e)\b[^\n]*\b(?:article|paper|essay|report|post) [\"“][^\"”\n]+[\"”][^\n]*\n+[A-Z][^\n.:]{3,80}$"
    r"|^[^\n]*\b(?:summari[sz](?:e|es|ing)|evaluate|score|critique|review|grade|rate)\b[^\n]*\n+\s*(?:the |an? |research |news |scientific |blog |journal |magazine )*(?:article|paper|essay|report|book|study|post)[: ]+[\"“][^\"“”\n]+[\"”](?: by [^\n]{1,60})?\.?\s*$"
    # "Review the given resume" and "A resume for a software engineer".
    r"|^[^\n]*\b(?:review|evaluate|critique|grade|score|rate|edit|proofread|improve|summari[sz]e|analy[sz]e|hypothesis|correlation|extract|interpret|conclusions?|fix|correct)\b[^\n]*\b(?:given|following|this|the|provided) (?:[a-z]+ )?(?:resume|cv|cover letter|essay|article|e-?mail|letter|data|dataset|poem|speech|report|contract)\b[^\n]*\n+\s*(?:an? |the )?(?:[a-z]+ ){0,2}?(?:resume|cv|cover letter|essay|article|e-?mail|letter|data|dataset|poem|speech|report|contract) (?:for|of|about|showing|describing|on) [^\n:.0-9\"“]{3,100}\.?\s*$"
    r"|^[^\n]*\bsummar(?:y|i[sz]e)\b[^\n]*\b(?:article|paper|essay|report|post|story|book|speech)\b[^\n]*\n+[^\n.]{3,80} is an? (?:[a-z-]+ ){0,2}?(?:article|essay|paper|book|speech|story|poem|novel|report) (?:by|written by|about|on)\b[^\n.]{3,80}\.?\s*$"
    # An order of events, styles or criteria that only a text could give, or a list that is not there.
    r"|^[^\n]*\bin the order (?:that |in which )?they (?:occur(?:red)?|appear(?:ed)?|happened|are mentioned) in the (?:text|story|passage|article|book)\b[^\n]*\n+[^\n.]{1,80}$"
    r"|^[^\n:]*\b(?:according to|based on|using|following) the (?:given|following|provided|specified) (?:styles?|criteria|rules?|guidelines|format|instructions|categories)\s*[.]?\n+[^\n:;]{1,120}$"
    # A word to use, a list to choose from, a blank to fill: none is there.
    r"|^[^\n]*\bfrom the (?:option list|list of options|given options|options (?:given|provided|below))\b[^\n]*\n+[^\n,;:/]{1,40}$"
    r"|^(?:re-?word|rewrite|re-?write|rephrase|paraphrase)[^\n]*\busing the (?:given|following|provided) words?\b[^\n]*\n+[^\n:\"“”,;()\[\]]{25,}$"
)
# A short text that speaks of itself ("This article discusses …") can be summarised as it is.
_SPEAKS = r"(?i)\n\s*(?:this|the) (?:article|text|passage|story)\b[^.\n]{0,80}?\b(?:discusses|explores|examines|describes|covers|addresses|talks about|looks at)\b"
# Categories that are spoken of and not named.
_UNNAMED = (
    r"(?i)^[^\n:(\"“/,]*\b(?:classify|categori[sz]e|label|assign|sort)\b[^\n:(\"“/,]*\b(?:(?:one of|into|as|to) (?:the |these )?(?:two|three|four|five|six|\d) (?:predefined |given |following |provided )?(?:categor(?:y|ies)|topics?|classes|labels)"
    r"|(?:predefined|pre-defined) (?:categor(?:y|ies)|topics?|classes|labels))\s*[.]?(?:\n+[^\n:,(]*)?$"
)
_BLANK = r"(?i)\b(?:fill in the blanks?|fill the blanks?|missing words?)\b"
_CODE = r"[;{}]|=\s|\bdef |\breturn\b|[a-z_]\(|```"
_BLANK_MARKS = r"[_…\[\]<>*{}#]|\.\.|--|\( ?\)|- |\?|\bfunction\b|\bcode\b|(?i-u:\bcreate|generate|write|design|make|quiz|questions|exercises?|spell|letters)"


_MOST_OF_AN_ORDER = 160  # bytes
_SHOWN_BEFORE = r"```|\bdef |\bimport |;\n|\{\n|\w\(\w*\)|(?i-u:SELECT |attached|uploaded)[^\n]*\n"


def _plain() -> pl.Expr:
    """The prompt where it is one short line that quotes nothing and counts nothing, else null."""
    prompt = pl.col("prompt")
    short = (prompt.str.len_bytes() <= _MOST_OF_AN_ORDER) & one_line()
    return pl.when(short & ~prompt.str.contains(r"[:0-9\"“”`]")).then(prompt)


def _nothing_else() -> pl.Expr:
    """Orders about what a prompt of one line does not hold (`bare_orders`)."""
    plain = _plain()
    bare = plain.str.contains(
        english(f"(?i){bare_orders.PATTERN}|{bare_orders.UNLISTED}")
    ) & ~plain.str.contains(english(bare_orders.OTHERWISE))
    announced = plain.str.contains(english(f"(?i){bare_orders.ANNOUNCED}")) & ~plain.str.contains(
        english(bare_orders.ANNOUNCED_OTHERWISE)
    )
    # "Given a string, find …", answered with code, is an order for a program.
    announced &= ~pl.col("completion").str.contains(_CODE)
    return (bare | announced).fill_null(False)


def _ungiven() -> pl.Expr:
    """One's own text, a passage or a list that should follow, in a prompt of one line."""
    short = (pl.col("prompt").str.len_bytes() <= _MOST_OF_AN_ORDER) & one_line()
    line = pl.when(short).then(pl.col("prompt").str.strip_chars())
    hinted = line.str.contains(bare_orders.UNGIVEN_HINT).fill_null(False)
    meant = holding(pl.when(hinted).then(line), english(f"(?i){bare_orders.UNGIVEN}"))
    return hinted & meant & ~line.str.contains(english(bare_orders.UNGIVEN_OTHERWISE))


def _files() -> pl.Expr:
    """Files, programs and repositories that are spoken of as if they were there, in the last turn of a chat too."""
    line = last_question().str.strip_chars()
    short = pl.when((line.str.len_bytes() <= _MOST_OF_AN_ORDER) & one_line(line)).then(line)
    hinted = short.str.contains(absent_files.HINT).fill_null(False)
    spoken_of = holding(
        pl.when(hinted).then(short), english(f"(?i){absent_files.NAMED}|{absent_files.OWN}")
    )
    # An earlier turn of a chat may have shown the program.
    shown = of_chat() & pl.col("prompt").str.contains(_SHOWN_BEFORE)
    answered = pl.col("completion").str.contains(absent_files.CODE_ANSWER)
    return (
        hinted
        & spoken_of
        & ~line.str.contains(english(absent_files.OTHERWISE))
        & ~shown
        & ~answered
    )


def _condition(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    refers = prompt.str.contains(english(_PATTERN)) & ~prompt.str.contains(english(_OTHERWISE))
    only_named = prompt.str.contains(english(_NAMED)) | (
        ~one_line() & prompt.str.contains(english(f"(?i){bare_orders.NAMED}"))
    )
    told = prompt.str.contains(english(_TOLD)) & ~prompt.str.contains(english(_SPEAKS))
    blank = prompt.str.contains(english(_BLANK)) & ~prompt.str.contains(_BLANK_MARKS)
    # Sorting things into some categories of one's own needs none.
    unnamed = prompt.str.contains(english(_UNNAMED)) & ~prompt.str.contains(
        r"(?i-u:\binto (?:two|three|four|five|six|\d) (?:categor|class|label|topic))"
    )
    of_program = _plain().str.contains(english(f"(?i){bare_orders.PROGRAM}")).fill_null(False)
    foreign = prompt.str.contains(MISSING_TEXT_HINT) & another_language(options) & one_line()
    abroad = foreign & holding(pl.when(foreign).then(prompt), MISSING_TEXT)
    refers = (one_line() & refers) | _nothing_else() | _ungiven()
    missing = abroad | refers | only_named | told | blank | unnamed
    missing &= stands_alone()
    of_program &= stands_alone()
    asks_back = pl.col("completion").str.contains(english(ASKS_BACK))
    return ((missing & ~about_code()) | of_program | _files()) & ~asks_back


def _first(options: LintOptions) -> pl.Expr:
    short = pl.col("prompt").str.len_bytes() <= _LONGEST
    line = pl.when(short & one_line()).then(pl.col("prompt"))
    lines = pl.when(short & ~one_line()).then(pl.col("prompt"))
    hinted = line.str.contains(english(_HINT)).fill_null(False)
    bare = _plain().str.contains(english(bare_orders.HINT)).fill_null(False)
    ungiven = line.str.contains(bare_orders.UNGIVEN_HINT).fill_null(False)
    named = (
        lines.str.contains(english(_NAMED_HINT))
        | lines.str.contains(english(bare_orders.NAMED_HINT))
    ).fill_null(False)
    short_of = pl.when(short).then(pl.col("prompt")).str.contains(_SHORT_OF_HINT).fill_null(False)
    foreign = pl.when(short).then(pl.col("prompt")).str.contains(MISSING_TEXT_HINT)
    foreign = foreign.fill_null(False)
    alone = hinted | bare | ungiven | named | short_of | foreign
    files = pl.col("prompt").str.contains(absent_files.HINT)
    return (alone | (files & (short | of_chat()))) & stands_last()


RULE = ColumnRule(
    about=About(
        code="TXT029",
        name="missing-text",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the prompt refers to a text or input that is not given",
        reason="The answer must have been invented; the model learns to make up what it was not shown, "
        "instead of asking for it.",
        example='{"instruction": "Summarize the following article.", "input": "", "output": "The '
        'article is about …"}',
        remedy="Add what the prompt refers to, or drop the row.",
        assumes="prompts in English and some ten other languages",
    ),
    frame="rows",
    condition=_condition,
    message="the prompt refers to something that is not given: {match}",
    pattern=english(
        f"{_PATTERN}|{_NAMED}|{_TOLD}|{_BLANK}|{_UNNAMED}|{bare_orders.PATTERN}|{bare_orders.UNLISTED}|{bare_orders.NAMED}|{bare_orders.PROGRAM}|{bare_orders.ANNOUNCED}|{bare_orders.UNGIVEN}|{absent_files.NAMED}|{absent_files.OWN}"
    )
    + f"|{MISSING_TEXT}",
    column="prompt",
    first=_first,
)
