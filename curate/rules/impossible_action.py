"""TXT030: the prompt orders, or the completion claims, what a text model cannot do."""

from __future__ import annotations

import polars as pl

from curate.mapping import each, holding
from curate.patterns import regex
from curate.rules import claimed_deeds
from curate.rules.other_languages import CLAIM, CLAIM_HINT, ORDER, another_language
from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import about_code, last_question, stands_last
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_DEED = (
    r"(?:sent|e-?mailed|texted|called|phoned|booked|reserved|ordered|purchased|bought|paid|transferred"
    r"|scheduled|set|added|created|saved|stored|uploaded|downloaded|posted|published|shared|submitted|placed"
    r"|clicked|opened|closed|turned|switched|played|recorded|printed|deleted|removed|drawn|drew|painted|sketched"
    r"|attached|edited|updated|installed|searched|cancel+ed|registered|signed|dimmed|locked|unlocked|started"
    r"|taken|took|cropped|colori[sz]ed|recreated|repainted|authenticated|logged in)"
)
_CLAIM = (
    rf"(?i)^\W*(?:sure(?: thing)?|done|ok|okay|certainly|of course|alright|great|yes|no problem|absolutely|got it|all set|you got it|noted|right away)?\W*"
    rf"(?:i(?:['’]ve|\s+have)?\s+(?:just\s+|now\s+|already\s+|successfully\s+|also\s+|went ahead and\s+)*{_DEED}\b"
    rf"|(?:the|your|an?)\s+[^.\n]+?\s+(?:has|have)\s+(?:now\s+|been\s+|successfully\s+)*been\s+(?:successfully\s+)?{_DEED}\b"
    rf"|authenticated\b|access granted\b|(?:you are |you're )?(?:now )?logged in\b|(?:i )?(?:have )?(?:successfully )?(?:created|trained|built) (?:an? |the )(?:machine[- ]learning |deep[- ]learning |predictive |neural |network )+(?:model|network)\b"
    rf"|(?:reminder )?(?:has been )?(?:successfully )?(?:set|created|compiled|executed|installed|sent|booked|scheduled)\b|i (?:place|bet) \$)"
)
# More of them, looked for in Python where the prompt is such an order.
_DEED_TOO = r"(?:watered|fed|muted|unmuted|googled|raised|lowered|archived|forwarded|invited|blocked|unsubscribed|restarted|rebooted|renamed|moved|charged|picked up)"
_CLAIM_TOO = (
    r"(?i)^\W*(?:(?:sure(?: thing)?|done|ok|okay|certainly|of course|alright|great|yes|no problem|absolutely|got it|all set|you got it|noted|right away)\W*)?(?:now playing\b|(?:playing|recording|printing|calling|dialing|dialling|timer|alarm|reminder|download|upload|music|playback)\W+(?:started|starting|set|begun|begins|now)\b|(?:the|your|an?) (?:taxi|cab|uber|ride|driver|pizza|food|parcel|order) (?:is|are) on (?:its|the|their) way"
    r"|(?:the|your) [a-z ]{2,30} (?:is|are) (?:now )?(?:set (?:to|for)|turned (?:on|off)|locked|unlocked|dimmed|booked|scheduled|paid|printing|playing|muted|on your calendar|in your (?:cart|calendar|inbox))\b"
    r"|i(?:['’]ll| will) (?:remind|call|text|e-?mail|send|book|order|buy|pick|wake|water|feed|schedule|pay|print|turn|set (?:an?|the|your)|add|let you know when)\b"
    rf"|(?:i(?:['’]ve|\s+have)?\s+(?:just\s+|now\s+|already\s+|successfully\s+|also\s+)*(?:{_DEED}|{_DEED_TOO})|[a-z][a-z0-9' ,]{{1,60}}?\s(?:has|have)\s(?:now\s+|successfully\s+)*been\s+(?:successfully\s+)?(?:{_DEED}|{_DEED_TOO}))\b)"
)
_CLAIM_TOO_RE = regex(_CLAIM_TOO)


def claims(completion: str) -> bool:
    """Whether an answer begins by saying that an order was, or will be, carried out."""
    return _CLAIM_TOO_RE.match(completion) is not None


# The prompt gives an order that needs hands, a network or a device …
_ORDERS = (
    r"ask the assistant|remind|book|send|e-?mail|text|set",
    r"schedule|order|call|phone|dial|play|buy|purchase|pay|transfer|place an? (?:order|bet|call)|click|post|publish|open",
    r"close|turn|switch|store|save|upload|download|draw|paint|sketch|edit this (?:photo|picture|image|video)",
    r"access|(?:create|make|add)\s+(?:an?\s+)?(?:new\s+)?(?:reminder|calendar|appointment|contact|event|meeting|reservation|alarm)",
    r"delete|reserve|print|record|take an?\s+(?:photo|picture|screenshot|selfie)|start|stop|lock|unlock|dim|install|cancel",
    r"register|sign me up|submit|share|attach|crop|colori[sz]e|wake|check in|transfer|put|compile|execute|run|authenticate|log ?in|recreate|repaint|raise|lower|mute|unmute|google|feed|water|pick up|invite|block|unsubscribe|archive|forward|restart|reboot|back up|look (?:this|that|it) up|add [^.\n]{1,40} to (?:my|the) (?:shopping|grocery|to-?do|calendar|cart|basket|playlist|wish|list|contacts|notes)|take (?:an? )?note|make (?:an? )?note|check my|(?:create|train|build) an? (?:machine[- ]learning|deep[- ]learning|predictive|neural)",
)
# Each group of verbs has its bounds, so that "put" is looked for as a word, and not in "output".
_ORDER = (
    r"(?i)^(?:please\s+|can you\s+|could you\s+|hey[, ]+|now\s+)?(?:"
    + "|".join(rf"\b(?:{several})\b" for several in _ORDERS)
    + ")"
)
# … and is no writing task about such an order.
_WRITING = (
    r"(?i)\b(?:rewrite|rephrase|paraphrase|translate|tense|voice|story|sentence|poem|dialogue|conversation"
    r"|imagine|pretend|role|roleplay|draft|person|grammar|script|function|program|sql|python|code|(?:^|an? |the )list|list of|diary|journal)\b"
)


# Deeds for the user and on the user's things need no order to be impossible.
_FOR_YOU = (
    rf"(?i)\bi(?:['’]ve|\s+have)?\s+(?:just\s+|now\s+|already\s+|successfully\s+)*{_DEED}\s+[^.\n]+?\b(?:for you|(?:to|on|in|into) your"
    r" (?:desktop|calendar|inbox|e-?mail|phone|computer|account|list|cart|folder|drive|documents|home))\b"
    r"|\bsaved (?:it|them) (?:to|on|in) your (?:desktop|computer|drive|folder|phone)\b|\bi(?:['’]ve|\s+have)? attached (?:the|a|your) (?:file|document|image|picture|report|spreadsheet|photo)\b"
)

# A program that is said to have been run, where the order is to run it.
_SUCCESS = r"(?i)^\W*(?:(?:the|your) [a-z ]{3,40} (?:was|has been) )?successfully (?:compiled|executed|installed|uploaded|downloaded|deployed)\b"
_RUN = r"(?i)^(?:please\s+|can you\s+)?\b(?:compile|execute|run|install|upload|download|deploy)\b"

# An order to go and meet people or see places, answered as if it had been done.
_ERRAND = (
    r"(?i)^(?:please\s+)?\b(?:meet (?:with|up with)|interview|conduct (?:an? )?(?:interview|survey|experiment|poll|focus group)|visit|attend|go (?:to|and)|talk (?:to|with)|speak (?:to|with)"
    r"|observe|watch|listen to|walk|taste|tour|take a (?:walk|trip|tour|survey)|survey)\b"
)
_DONE = (
    r"(?i)^\W*(?:recently,? |yesterday,? |today,? |last \w+,? )?(?:i|we) (?:recently |just |have |had |also )*(?:had the (?:pleasure|opportunity|chance|honou?r|privilege) (?:of|to)|met|visited|attended|interviewed"
    r"|conducted|surveyed|spoke|talked|observed|watched|listened|went|walked|tasted|toured|took)\b"
)

# A whole answer that is nothing but such a claim, or the memory of somebody with a body, needs no order either.
_SHORT = 200
_WHOLLY = (
    r"(?i)^(?:sure|done|ok|okay|certainly|of course|alright|great|yes|no problem|absolutely|let me check)?[\s,.!…-]*i(?:['’]ve|\s+have|\s+just)\s+(?:just\s+|now\s+|already\s+|successfully\s+)*"
    r"(?:(?:sent|e-?mailed|texted|forwarded|called|phoned|booked|reserved|ordered|purchased|transferred|paid|refunded|cancel+ed|scheduled|deleted|uploaded|attached|posted|submitted|rescheduled)"
    r"\s+(?:it|the|an?|you|your|two|three|four|five|\d+|this|that|him|her|them|all|my)\b"
    r"|(?:set|added|saved|updated|changed|reset|checked|looked at|opened|created|removed|moved|closed|unlocked|activated)\s+(?:an? (?:alarm|reminder|timer|ticket|case|support ticket)\b"
    r"|(?:the|your|an?)\s+(?:[a-z]+\s+){0,5}?(?:calendar|account|password|settings|order|ticket|balance|address|subscription|booking|reservation|inbox|e-?mail|folder|alarm|reminder|thermostat|lights?|doors?)\b)"
    r"|searched\s+the\s+(?:web|internet)\b|(?:turned|switched)\s+(?:on|off|up|down)\s+(?:the|your)\b|dimmed\s+the\b"
    r"|checked\s+(?:the|your)\s+(?:weather|web|internet|news|forecast|traffic|website|map|calendar|inbox)\b|(?:run|executed|tested|compiled)\s+(?:your|the|this)\s+(?:code|script|program|query|tests?)\b"
    r"|(?:spoken|talked|checked)\s+(?:to|with)\s+(?:my|the|your)\s+(?:colleague|manager|boss|supervisor|team|wife|husband|doctor|landlord|bank)s?\b)"
)
# The same in other words: a search, a device that obeys, a page that was opened.
_REPORTED = (
    r"(?i)^(?:sure|done|ok|okay|certainly|of course|alright|great)?[\s,.!…-]*(?:i (?:just )?(?:searched\s+the\s+(?:web|internet)|googled)\b|i (?:just )?(?:checked|looked (?:in|at|through)|went through|opened) your (?:inbox|e-?mails?|calendar|account|balance|messages|phone|bank)"
    r"|i(?: have| just|['’]ve)? (?:downloaded|opened|watched|listened to|looked at) (?:the|your) (?:attached |uploaded )?(?:file|document|link|video|recording|image|picture|photo|attachment|pdf|spreadsheet|website|page)\b"
    r"|(?:now )?(?:playing|calling|dialing|dialling|opening|turning (?:on|off)|sending|booking|downloading|setting)\s[^.\n]{1,60}?\s(?:now|for you)[.!…]*\s*$"
    r"|your (?:taxi|cab|ride|alarm|reminder|timer|table|flight|hotel room|pizza|hotel) (?:has|have) been (?:booked|ordered|set|reserved|scheduled|created|confirmed)\b"
    r"|(?:the |your )?(?:alarm|reminder|timer) (?:has been |is |was )?(?:now )?(?:set|created|saved) (?:for|to|at)\b)"
)
_REMEMBERED = (
    r"(?i)^\W*(?:i looked (?:it|that|this|them) up\b|i\s+(?:watched|saw|ate|visited|went|drove|walked|tried|met|tasted|cooked|bought)\b[^.\n]{0,80}\b(?:yesterday|last (?:week|night|month|summer|winter|weekend)|this morning|the other day)\b"
    r"|when i (?:visited|went|lived|worked|was)\b[^.\n]{0,60}\b(?:yesterday|last (?:week|night|month|summer|winter|weekend|year))\b"
    r"|i (?:just )?went to the (?:shop|store|market|bank|post office|pharmacy)\b"
    r"|when i was (?:a (?:child|kid|boy|girl|student|teenager)|young|little)\b|i remember (?:when i|my (?:mother|father|grand|first|mom|dad))"
    r"|my (?:wife|husband|girlfriend|boyfriend|kids|children|family|mother|father|friends?) (?:and i|told me|gave me|loved|love it|loves it)\b)"
)
# What is asked for may be such a sentence.
_AS_TEXT = (
    r"(?i)\b(?:messages?|notes?|text|e-?mails?|letters?|repl(?:y|ies)|respond|response|answers?|phrases?|examples?|lines?|tweets?|posts?|captions?|memor(?:y|ies)|experiences?|events?|anecdote|past|verbs?|complete|finish|continue"
    r"|spell|describe|your|you|yourself|tell|say|speak|summar\w*|combine|paraphrase|expand|title|classify|sentiment|reviews?|complain\w*|apolog\w*|confirm\w*)\b"
    # "in 60 words" is no order for words.
    r"|(?:^|[^0-9] )words?\b"
)


# Orders that only hands or a device can carry out, whatever is answered: the whole of a prompt of one line.
_DEVICE = (
    r"(?i)^(?:please |can you |could you |hey [a-z]+, )?(?:"
    r"set (?:an?|the|my|another) (?:[a-z]+ )?(?:alarm|timer|reminder|countdown)\b"
    r"|(?:turn|switch) (?:on|off|up|down) (?:the|my|all the) (?:[a-z]+ )?(?:tv|television|lights?|lamps?|music|radio|heat(?:er|ing)?|ac|air conditioner|air conditioning|fan|volume|oven|computer|phone|bluetooth|wifi|thermostat|brightness|speakers?|camera|microphone|alarm|screen)\b"
    r"|play (?:me )?(?:the|some|an?|my) (?:[a-z]+ ){0,2}?(?:song|music|movie|video|playlist|track|album|podcast|radio|episode)\b"
    r"|(?:book|reserve) (?:me |us )?(?:an?|the|my|two|three|four) (?:[a-z-]+ ){0,2}?(?:table|flight|hotel|room|tickets?|appointment|taxi|cab|ride|seats?|car|massage|restaurant|trip)\b"
    r"|order (?:me |us )?(?:an?|some|two|three|the) (?:[a-z]+ ){0,2}?(?:pizzas?|food|taxi|cab|coffee|groceries|dinner|lunch|burgers?|flowers|takeaway|takeout|sandwich|drinks?|meal)\b"
    r"|(?:buy|purchase|get) (?:me |us )?(?:an?|some|two|three|four|the) (?:[a-z]+ ){0,2}?(?:tickets?|stocks?|shares) (?:for|to|of|online)\b"
    r"|(?:call|phone|dial) (?:the|my|mom|dad|an?) (?:[a-z'’]+ ?){1,3}(?:and (?:make|ask|tell|book|schedule|order)\b[^\n]*)?[.!]?\s*$"
    r"|(?:open|launch|close|start) (?:the|my|an?) (?:[a-z]+ )?(?:browser|app|camera|garage|front door|door|window|calculator|calendar|terminal|file explorer|spotify|youtube)\b"
    r"|(?:download|upload|print|delete|attach|scan|rename|save) (?:the|this|that|my|these) (?:[a-z]+ )?(?:files?|documents?|photos?|pictures?|images?|videos?|folders?|page|emails?|attachments?|app|pdf|spreadsheet|song)\b"
    r"|take (?:an?|the|my) (?:[a-z]+ )?(?:picture|photo|photograph|screenshot|selfie|snapshot)\b"
    r"|record (?:an?|the|my) (?:[a-z]+ )?(?:voice (?:message|memo|note)|video|audio|podcast|phone call|meeting)\b"
    r"|(?:post|share|tweet) (?:this|that|it|the (?:link|photo|picture|image|video|post|article)) (?:on|to|with|in)\b"
    r"|(?:log|sign) (?:in|into|in to|out of) (?:to )?(?:my|the|your)\b|create an? account (?:on|with|at)\b"
    r"|(?:schedule|arrange|set up) (?:an?|the|my) (?:[a-z-]+ )?(?:meeting|appointment|call|interview|conference call|video call|delivery|pickup)\b[^\n]*\b(?:at|on|for|with|between)\b"
    r"|(?:add|put) [a-z ]{2,30} (?:to|in|on) (?:my|the) (?:[a-z]+ )?(?:shopping list|calendar|cart|to-?do list|grocery list|schedule)\b"
    r"|remind me (?:to|about|of|at|on)\b|wake me (?:up )?(?:at|in)\b)"
)
_MOST_OF_A_COMMAND = 110  # bytes
# A label or a call in place of the deed, a refusal and a question back are good answers.
_PROSE = r"^[^{\[<]*[a-zA-Z]+[ ,]+[a-zA-Z’']+ [a-zA-Z]+[ ,]+[a-zA-Z]+ "
_DECLINED = r"(?i)\b(?:can(?:no|['’])t|can not|unable|not able|sorry|don['’]t have|do not have|as an? (?:ai|language)|text[- ]based|not possible|steps?|follow|click|you can|first)\b|\?\s*$"


_PLAYED = r"(?i-u:\b(?:pretend|role-?play|imagine|act as|play the|you are (?:an?|my|the)|you're (?:an?|my|the)|dialogue|game|story)\b)"


def _device() -> pl.Expr:
    prompt, completion = last_question(), pl.col("completion")
    short = pl.when(
        (prompt.str.len_bytes() <= _MOST_OF_A_COMMAND) & pl.col("system").is_null()
    ).then(prompt)
    answered = completion.str.contains(_PROSE) & ~completion.str.contains(english(_DECLINED))
    return short.str.contains(english(_DEVICE)).fill_null(False) & answered & ~about_code(prompt)


def _alone() -> pl.Expr:
    """The whole answer is a short claim that nobody ordered, and no text of that kind was asked for."""
    completion = pl.col("completion")
    short = pl.when(completion.str.len_bytes() <= _SHORT).then(completion)
    claims = short.str.contains(
        english(f"{_WHOLLY}|{_REMEMBERED.removeprefix('(?i)')}|{_REPORTED.removeprefix('(?i)')}")
    )
    return claims.fill_null(False) & ~last_question().str.contains(english(_AS_TEXT))


def _in_other_words() -> pl.Expr:
    """A short answer that says that an order was carried out, or what was looked up (`claimed_deeds`)."""
    prompt, completion = last_question(), pl.col("completion")
    both = (completion.str.len_bytes() <= _SHORT) & (prompt.str.len_bytes() <= _SHORT)
    both &= completion.str.contains(claimed_deeds.HINT)
    short = pl.when(both).then(completion)
    asked = pl.when(both & prompt.str.contains(english(f"(?i){claimed_deeds.ORDER}"))).then(
        completion
    )
    # A system prompt may have given the assistant a house to run.
    asked = pl.when(pl.col("system").is_null()).then(asked)
    done = holding(asked, english(f"(?i){claimed_deeds.CARRIED_OUT}"))
    reported = holding(short, english(f"(?i){claimed_deeds.UNASKED}"))
    return (done | reported) & ~prompt.str.contains(english(claimed_deeds.OTHERWISE))


def _condition(options: LintOptions) -> pl.Expr:
    prompt, completion = last_question(), pl.col("completion")
    ordered = completion.str.contains(english(_CLAIM)) & prompt.str.contains(english(_ORDER))
    told = each(
        pl.when(prompt.str.contains(english(_ORDER))).then(completion), claims, pl.Boolean
    ).fill_null(False)
    for_you = completion.str.head(300).str.contains(english(_FOR_YOU))
    done = completion.str.contains(english(_SUCCESS)) & prompt.str.contains(english(_RUN))
    errand = completion.str.contains(english(_DONE)) & prompt.str.contains(english(_ERRAND))
    foreign = completion.str.contains(CLAIM_HINT) & another_language(options)
    foreign = foreign & (completion.str.len_chars() <= _SHORT)
    abroad = (
        foreign
        & holding(pl.when(foreign).then(prompt), ORDER)
        & holding(pl.when(foreign).then(completion), CLAIM)
    )
    # In a chat, an earlier turn may have given the part that is played.
    played = pl.col("roles").str.contains("u.*u") & pl.col("prompt").str.contains(_PLAYED)
    return ~played & (
        done
        | abroad
        | errand
        | (ordered | told | for_you | _alone() | _device() | _in_other_words())
        & ~prompt.str.contains(english(_WRITING))
    )


def _first(options: LintOptions) -> pl.Expr:
    completion = pl.col("completion")
    for_you = completion.str.contains(r"(?-u:for you\b|(?:to|on|in|into) your |attached )")
    # Of a chat, only what its answer claims.
    order = pl.col("prompt").str.contains(
        english(
            f"{_ORDER}|{_ERRAND.removeprefix('(?i)')}|^(?:please |can you |could you |hey [a-z]+, )?\\b(?:get|launch|scan|rename|take|tweet|sign|arrange|add)\\b"
        )
    )
    short = pl.when(completion.str.len_bytes() <= _SHORT).then(completion)
    alone = short.str.contains(
        r"(?i-u:\bi(?:'ve| have| just| went| looked) |\bi [ -~]{0,80}(?:yesterday|last |this morning|other day))|I’ve |^[^a-zA-Z]{0,4}(?i-u:(?:sure|done|okay|certainly|great)?[ ,.!]{0,3}(?:i (?:searched|googled|downloaded|opened|watched|listened|remember)|(?:now )?(?:playing|calling|dial|opening|turning o|sending|booking|downloading|setting) |(?:your |the )?(?:taxi|cab|ride|alarm|reminder|timer|table|flight|hotel|pizza) |when i was |my (?:wife|husband|girl|boy|kids|children|family|mother|father|friend)))"
    )
    foreign = short.str.contains(CLAIM_HINT)
    claimed = short.str.contains(claimed_deeds.HINT)
    return (order | for_you | (alone | foreign | claimed).fill_null(False)) & stands_last()


RULE = ColumnRule(
    about=About(
        code="TXT030",
        name="impossible-action",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the prompt orders, or the completion claims, what text cannot do",
        reason="Nothing was sent, booked or drawn. The model learns to say that it did what it did not.",
        example='{"prompt": "Remind me to buy eggs tomorrow.", "completion": "I have set a reminder."}',
        remedy="Answer with a tool call if the assistant has tools, or drop the row.",
        assumes="text in English and some ten other languages",
    ),
    frame="rows",
    condition=_condition,
    message="an action that a text model cannot take: {match}",
    pattern=english(
        f"{_CLAIM}|{_CLAIM_TOO}|{_FOR_YOU}|{_DONE}|{_WHOLLY}|{_REMEMBERED}|{_REPORTED}|^[^\n]{{1,60}}"
    ),
    column="completion",
    first=_first,
)
