"""TXT028: the prompt asks for a value of this moment, which no text model knows."""

from __future__ import annotations

import polars as pl

from curate.mapping import holding
from curate.rules import live_questions
from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import about_code, at_its_end, last_question, of_chat, stands_last
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = "(?i)" + "|".join(
    (
        r"\bwhat(?:'s|’s| is| was)?\s+(?:the\s+)?(?:current\s+)?(?:time|date|day)\s+(?:is\s+(?:it|today|now)|now|today|right now)\b",
        r"\bwhat\s+(?:time|day|date)\s+is\s+it\b|\b(?:tell me|what is|what's|give me)\s+(?:the\s+)?(?:current|today's)\s+(?:time|date)\b",
        r"\btoday(?:'s|’s)\s+(?:date|weather|news|headlines?|temperature|forecast|exchange rate|stock)",
        r"\bcurrent\s+(?:market\s+|stock\s+|share\s+|spot\s+)?(?:price|temperature|exchange rate|score|status of the (?:corona|covid|pandemic|stock|war|election)|time in|weather|share price|interest rate|value of (?:the )?(?:bitcoin|dollar|euro|gold|stock))",
        r"\b(?:current|latest|top|today's|recent)\s+(?:top\s+)?(?:major\s+)?(?:news|headlines)(?:\s+(?:story|stories|event|events|about|from|on|in))?\b",
        r"\bcurrent (?:state|status|situation) of the (?:economy|coronavirus|covid|pandemic|stock market|weather)\b",
        r"\bweather\s+(?:like\s+)?(?:today|tomorrow|right now|this week|tonight|in your)\b|\bweather\s+(?:forecast|update|report)\s+(?:for|in)\b|\bwhat(?:'s| is)\s+the\s+weather\s+(?:in|for)\b",
        r"\bweather\b[^.?\n]*\b(?:today|right now|now|currently|tomorrow|tonight|this (?:week|weekend|evening|morning|afternoon))\b",
        r"\b(?:happening|happened|events?)\b[^.?]*\b(?:this week|today|tonight|this weekend|right now|near me|this month)\b",
        r"\b(?:temperatures?|forecast)\b[^.?]*\b(?:tomorrow|tonight|today)\b",
        r"\b(?:stock|share)\s+(?:market|price)s?\b[^.?]*\b(?:today|right now|this week|(?:past|last) (?:day|week|month))\b",
        r"\b(?:popular|trending|trends)\b[^.?]*\b(?:right now|today|this week)\b",
        r"\b(?:released|published|came out)\s+(?:this|last)\s+(?:year|month|week)\b",
        r"\b(?:nearest|closest)\s+(?:[a-z-]+\s+){1,3}(?:to me|near me|to my)\b|\b(?:restaurants?|shops?|stores?|caf[eé]s?)\s+near me\b",
        r"\b(?:last|latest|most recent|next)\s+(?:game|match|race|episode)\b[^.]*\?|\bscore\b[^.?]*\b(?:last|latest) (?:game|match)\b",
        r"\bwho won\b[^.?]*\b(?:last night|yesterday|today|tonight)\b|\btemperature (?:is it )?outside\b",
        r"\bwhat(?:'s| is) the (?:current |average )?(?:price|cost) of (?:an? )?(?:gallon|litre|liter|barrel|ounce|share) of\b|\b(?:average|current) (?:gas|petrol|house|home|gasoline) prices?\b[^\n]*\bin\b",
        r"^(?:please\s+)?(?:find|get|show|recommend|suggest|look for|search for)\s+(?:me\s+)?(?:an?|the|some|any)\s+(?:[a-z-]+\s+){0,2}?(?:restaurant|hotel|caf[eé]|shop|store|bar|gym|park|hospital|pharmacy|apartment|doctor|dentist)s?\b[^.?\n]*\b(?:nearby|near the|near me|near my|close to (?:me|my|the)|around (?:here|me)|in (?:my|your|the) (?:area|neighbou?rhood|city|town|city cent(?:er|re)))",
        r"^(?:please\s+)?(?:find|get|book|look up|search for)\s+(?:me\s+)?(?:an?|the|some|any)\s+(?:cheap(?:est)?|best|direct|low-cost|available)?\s*(?:flight|plane ticket|train ticket|hotel room)s?\b",
        r"^(?:what|which|who|find|list|name|tell me|give me|recommend|suggest)\b[^.?\n]*\bin (?:my|your) (?:local )?(?:area|neighbou?rhood|city|town|location)\b",
        r"^(?:who|what|where|how|is|are|which|when)(?:['’]s)?\b[^.?\n]*\b(?:right now|at the moment|at this moment)\s*\?\s*$",
        r"\b(?:latest|current|today['’]?s|live)\s+(?:[a-z]+\s+){0,2}?(?:exchange|conversion|mortgage|inflation) rates?\b",
        r"\bhow much\b[^.?\n]*\b(?:cost|worth)\b[^.?\n]*\b(?:today|now)\s*\?|\b[A-Z][a-z]+['’]s (?:stock|share) price\s*\?",
        r"^who(?:['’]s| is) (?:the )?(?:current|reigning) (?:[a-z]+\s+)?(?:champions?|number one|top scorer)\b",
        r"^(?:is|are)\b[^.?\n]*\b(?:open|closed|available|in stock|playing|showing|on sale|raining|snowing)(?: in [a-z ]{2,30})? (?:right )?(?:now|today|tonight)\s*\?",
        r"^when (?:does|is|will|do) the next (?:train|bus|flight|ferry|tram|plane|high tide|boat)s?\b",
        r"\b(?:stock market|nasdaq|dow jones|bitcoin)\b[^.?\n]*\b(?:doing|performing) (?:today|right now|now)\b|\b(?:in (?:the )?(?:cinemas?|theat(?:er|re)s?)|on tv) (?:this week|now|today|right now|tonight)\b",
        r"\bwill it (?:rain|snow|storm|freeze|be (?:sunny|cold|hot|warm|windy|raining|snowing|foggy))\b[^.?\n]*\b(?:today|tomorrow|tonight|this (?:week|weekend|evening|afternoon))",
        r"\b(?:price|value|cost|rate|level)s? of (?:[a-z]+ ){1,2}(?:today|right now|now|this week|this morning)\b|^how many\b[^.?\n]*\b(?:today|right now|so far this (?:year|month|week|season)|this week)\s*\?",
        r"\b(?:movies?|films?|concerts?|shows?|games?|match(?:es)?|bands?)\b[^.?\n]*\b(?:playing|showing|on|in town)\b[^.?\n]*\b(?:tonight|today|right now|this (?:week|weekend|evening))",
        r"\b(?:number one|top|no\. ?1)\b[^.?\n]*\bcharts?\b[^.?\n]*\b(?:this week|right now|today|currently)",
        r"^is my (?:flight|train|bus|order|package|parcel|delivery|plane)\b[^.?\n]*\b(?:delayed|late|on time|cancel+ed|here|there|arrived|shipped)\s*\?",
        r"\bwhat (?:day of the week|month|year|season) is it\b|\btraffic\b[^.?\n]*\b(?:on my (?:way|route)|to work|right now|today)|\b(?:latest|live|current) scores?\b|\bin the news (?:today|right now|this week|lately|at the moment)\b",
        r"^(?:please )?tell me what (?:time|day|date) it is\b|\b(?:stock|share) price of\b|\bcurrent (?:location|position|whereabouts) of\b|\bopen (?:near|around) (?:me|here)\b",
        r"^(?:please )?(?:find|locate|show me|give me|what is|what's|where is|where's)\b[^.?\n]*\bthe (?:nearest|closest) (?:[a-z]+ )?(?:gas station|restaurant|hospital|pharmacy|atm|bank|supermarket|grocery store|store|hotel|airport|park|pizza place|coffee shop|caf[eé]|library|police station|subway station|train station|bus stop|gym|mall)\s*[.?!]?\s*$",
        r"\b(?:phone number|telephone number|address|opening hours) (?:of|for) (?:the|my) (?:nearest|closest|local)\b",
        r"^how (?:many|much)\b[^.?\n]*\b(?:now|currently|at present)\s*\?\s*$|\b(?:which|what) day (?:of the week )?is (?:it|today)\b",
        r"\btoday(?:'s|’s)\s+(?:[a-z]+ ){0,2}(?:prices?|rates?|lottery|scores?|traffic|schedule|menu|horoscope)\b",
        # What only the asker's own devices and accounts could tell.
        r"^how (?:many|much)\b[^.?\n]{0,30}\b(?:e-?mails?|messages|notifications|appointments|meetings|followers|steps|missed calls|friend requests|data)\b[^.?\n]*\b(?:do i|have i|did i|i have|are in my)\b",
        r"^(?:what|when|where|who|is|are|how|check|show|read|tell me)\b[^.?\n]{0,30}\bmy (?:battery|next (?:meeting|appointment|flight|class|train|alarm)|(?:current )?location|(?:account|bank) balance|inbox|calendar|ip address|flight|screen time|heart rate|internet speed|unread|schedule (?:for )?(?:today|tomorrow))\b[^.?\n]{0,30}[?.]?\s*$",
        r"^where am i\b[^.?\n]{0,20}\?\s*$|\bscores?\b[^.?\n]*\b(?:on now|right now|so far|at the moment)\b",
        r"\b(?:traffic|delays?|road works)\b[^.?\n]*\b(?:this (?:morning|evening|afternoon)|tonight|now|today)\b|^(?:is|are) there (?:any |an? )?(?:delays?|traffic jams?|long queues?)\b[^.?\n]*\?",
        r"\b(?:exchange rates?|stocks?|shares?|bitcoin|ethereum|gold|silver|oil|gas|petrol|euros?|dollars?|pounds?)\b[^.?\n]*\b(?:today|right now|at the moment|currently|this morning)\s*\?",
        r"^(?:do|should|will) (?:i|we) (?:need|have to|expect|wear|take|bring|carry|be able)\b[^.?\n]*\b(?:today|tonight|tomorrow|this (?:weekend|evening|afternoon|morning))\s*\?\s*$",
        r"\b(?:flights?|trains?|bus(?:es)?|ferr(?:y|ies))\b[^.?\n]*\b(?:leaves?|departs?|goe?s?|arrives?|runs?)\b[^.?\n]*\b(?:today|tonight|tomorrow|this (?:evening|morning|afternoon|weekend))\b",
        r"^(?:is|are) (?:the|my) [a-z' ]{2,30} (?:still|already) (?:open|closed|available|running|on)\b[^.?\n]{0,20}\?",
        r"\bcurrent (?:share|stock) prices?\b|\blive (?:score|traffic|stock)s?\b",
        r"\bwho\b[^.?\n]*\bthis (?:summer|winter|spring|autumn|year|week|month|morning)\b",
        r"\b(?:determine|find|calculate|what(?:'s| is)|tell me|look up)\s+(?:me\s+)?the (?:cost|price) of (?:shipping|flying|a flight|flights|a ticket|tickets|an? [a-z]+ ticket)\b",
        r"\b(?:convert|exchange)\b[^\n]*\bcurrency\b|\b(?:convert|how much (?:is|are)|what is)\b[^\n]*(?:\$|€|£|\b(?:dollars?|usd|euros?|eur|gbp|yen|rupees?|pesos?|bitcoins?))[^\n]*\b(?:to|into|in)\s+(?:us |american |british |canadian |indian |japanese )?(?:dollars|usd|euros?|eur|gbp|pounds(?: sterling)?|yen|jpy|rupees|inr|pesos|yuan)\b",
    )
)
# Writing about it, or asking how such a thing works, needs no live value.
_OTHERWISE = (
    r"(?i)\b(?:how (?:do|does|can|would|to)|explain|difference between|app|application|api|sql|query|function|program|website"
    r"|chatbot|translate|sentence|dialogue|conversation|rewrite|rephrase|paraphrase|edit|correct|imagine|pretend"
    r"|\brates?\b.*\d|\b(?:date|time|price|temperature|rate) is \d+|\bif (?:1|one)\b|currency (?:converter|symbol)|factors|ways|affects?|influences?|predict(?:ion)? model|machine learning)\b"
)

# An answer that says so is right.
_DECLINED = r"(?i)\b(?:I (?:have no|(?:do not|don['’]t) have(?: any)?|lack) (?:clock|access|way|means|live|real|sensors?|location|connection|current|up)|I (?:can(?:no|['’])t|cannot|am (?:not able|unable)|['’]m (?:not able|unable)) (?:tell|know|see|check|access|look|say|give you|provide)|(?:please )?check (?:a|an|your|the) (?:clock|weather|local|news|website|app|screen|live))\b"


_LONGEST, _LONGEST_ANSWER = 160, 240  # bytes
# A system prompt that says what time it is, or where.
_TOLD = r"(?i-u:\b(?:today|now|current|time|date|weather|temperature|price)s?\b)"
# Beginnings of words that stand in all of the others, in so many letters: more would be too many for a screen.
_MORE_HINT = r"(?i-u:time|got th|day|date|weath|temper|humid|how warm|how cold|how hot|outsi|rain|snow|sunny|it cold|it warm|it hot|polle|uv ind|air qu|aqi|water le|wind s|occup|worth|tradin|bitco|btc|eth|price|dow|nasd|s&p|dax|ftse|nikk|doing|perf|usd|eur|dollar|gbp|pound|news|update|the latest|happen|going on|trend|winni|leadi|ahead|score|on tv|on tele|netfli|cinem|queue|the wait|how bus|traff|jam|delay|ticket|seats|left|parki|next |my |mail|messa|text|call|unrea|do i have|door|onlin|open|still| yet|alread|stock|right now|moment|minute|morni|today|tonig| now)"


def _condition(options: LintOptions) -> pl.Expr:
    prompt, completion = last_question(), pl.col("completion")
    short = (prompt.str.len_bytes() <= _LONGEST) & (
        prompt.str.count_matches("\n", literal=True) <= 2
    )
    # A second line may name the place or the firm; one with numbers may hold the value itself.
    given = prompt.str.contains(
        r"\n[^\n]*(?:[0-9]{3}|[0-9]+ ?(?:°|%|degrees))"
    ) & ~prompt.str.contains(r"(?i-u:currency|convert)")
    told = pl.col("system").str.contains(_TOLD).fill_null(False)
    # What the lines below the order say is given, not asked for.
    order = prompt.str.extract(r"\A([^\n]*)", 1)
    # An average that is given for a year stays true; a parcel whose weight is given can be estimated.
    dated = prompt.str.contains(english(r"(?i)\baverage (?:house|home|rent)")) & pl.col(
        "completion"
    ).str.contains(r"\b(?:in|for|of|from|as of)(?: [A-Z][a-z]+)? (?:19|20)[0-9]{2}\b")
    weighed = prompt.str.contains(
        english(r"(?i)\bshipping\b[^\x00]*[0-9] ?(?:lbs?|pounds?|kg|kilo|ounces?|oz|g)\b")
    )
    brief = pl.when(short & (completion.str.len_bytes() <= _LONGEST_ANSWER)).then(
        prompt.str.strip_chars()
    )
    likely = brief.str.contains(_MORE_HINT).fill_null(False)
    more = likely & holding(pl.when(likely).then(brief), english(f"(?i){live_questions.PATTERN}"))
    more = more & ~completion.str.contains(live_questions.GENERAL)
    return (
        (order.str.contains(english(_PATTERN)) | more)
        & short
        & ~given
        & ~told
        & ~prompt.str.contains(english(_OTHERWISE))
        & ~dated
        & ~completion.str.contains(english(_DECLINED))
        & ~weighed
        & ~(of_chat() & prompt.str.contains(r"(?i-u:\b(?:ones|them|those)\b)"))
        & ~about_code(prompt)
    )


def _first(options: LintOptions) -> pl.Expr:
    words = [
        "unread", "emails", "e-mails", "messages", "notifications", "appointments", "followers", "missed calls", "my battery", "my next ", "my location", "my current loc", "my account", "my bank", "my inbox", "my calendar", "my ip", "my flight", "my screen", "my heart", "my internet", "where am i", "this morning", "this evening", "this afternoon", "this weekend", "delay", "currently", " still open", " still closed", " already closed", " already open", "still available",
        "today", "tonight", "tomorrow", "current", "latest", "news", "weather", "time", "what day",
        "what date", "this week", "this month", "right now", "near me", "nearest", "closest", "price",
        "nearby", "city center", "city centre", "flight", "ticket", "hotel room", "in my ", "in your ", "this year", "stock market", "last night", "outside", "yesterday", "last game", "last match", "last year", "headline", "live ", "this summer", "this winter", "this spring", "cost of", "currency", "convert", "how much", "exchange",
        "will it ", "what month", "what year is", "what season", "is my ", "so far this", "score", "charts", "traffic", "at the moment", "at this moment", " now?", "stock price", "share price", "phone number", "opening hours", "near here", "around here", "champion", "number one", "top scorer", " rate", "next train", "next bus", "next f", "next tram", "next plane",
    ]  # fmt: skip
    prompt = pl.col("prompt")
    hint = at_its_end(lambda text: text.str.contains_any(words, ascii_case_insensitive=True))
    hint |= at_its_end(
        lambda text: text.str.contains_any(live_questions.WORDS, ascii_case_insensitive=True)
    ) & last_question().str.contains(live_questions.BEGINNING)
    short = (prompt.str.len_bytes() <= _LONGEST) | pl.col("roles").str.contains("u.*u")
    return hint & short & stands_last()


RULE = ColumnRule(
    about=About(
        code="TXT028",
        name="live-value",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the prompt asks for a value of the moment: the time, the weather, the news, a price",
        reason="The answer was true once, if ever. The model learns to state such things from memory.",
        example='{"prompt": "What is the current price of gold?", "completion": "$1,942.85 an ounce."}',
        remedy="Put the value into the prompt (as a tool result, say), or drop the row.",
        assumes="English prompts",
    ),
    frame="rows",
    condition=_condition,
    message="the prompt asks for a value that changes by the day: {match}",
    pattern=f"{english(_PATTERN)}|{english('(?i)' + live_questions.PATTERN)}",
    column="prompt",
    first=_first,
)
