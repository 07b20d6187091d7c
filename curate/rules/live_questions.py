"""Questions about this moment in more wordings, a part of live-value: the weather, the clock, markets, matches, queues, the asker's own things.

Each is a whole prompt of one short line.
"""

from __future__ import annotations

_NOW = r"(?:right now|now|just now|at the moment|at this (?:moment|hour)|this (?:minute|second|hour|morning|afternoon|evening|very moment)|currently|today|tonight|yet|still|already|tomorrow|by now)"
_END = r"\s*[?.!]*\s*$"
_PLEASE = r"^(?:please |hey[, ]+|hi[, ]+|ok(?:ay)?[, ]+|so[, ]+|quick question[:,]? |can you tell me |could you tell me |do you know |tell me |any idea )*"
_IS = r"(?:['’]?s| is| was|['’]re| are)"
_MONEY = r"(?:bitcoin|ethereum|btc|eth|ether|dogecoin|gold|silver|platinum|copper|crude oil|oil|brent|natural gas|the (?:us )?dollar|the euro|the pound|the yen|the rupee|[A-Z][a-z]+ (?:stock|shares?))"
_THINGS = r"(?:phone|laptop|watch|tablet|car|battery|package|parcel|order|delivery|letter|flight|plane|train|bus|taxi|cab|uber|ride|luggage|suitcase|refund|payment|salary|visa application|pizza|food)"
_PLACE = r"(?: (?:in|at|on|for|over|around|near) (?-i:(?:the )?[A-Z])[^?.\n]{1,30})?"

PATTERN = "|".join(
    (
        # the clock
        rf"{_PLEASE}(?:what{_IS}? (?:the |ur |your )?(?:exact |current |local )?time|what time (?:do you have|have you got|u got)|do you have the time|got the time|have you got the time|(?:the )?time,? please)(?: (?:now|there|in (?-i:[A-Z])[a-z]+|please|it is))?{_END}",
        rf"{_PLEASE}(?:what|which) (?:day|date|month|weekday) (?:is (?:it )?|will it be |do we have |was )?(?:today|tomorrow|yesterday|now){_END}",
        # the weather
        rf"{_PLEASE}how(?:['’]?s| is) the weather(?: like)?(?: {_NOW}| out there| outside| there| over there)?{_PLACE}(?: {_NOW})?{_END}",
        rf"{_PLEASE}how (?:warm|cold|hot|windy|humid) (?:is it|will it be)(?: outside| out there| out)?{_PLACE}(?: {_NOW})?{_END}",
        rf"{_PLEASE}what(?:['’]?s| is) the (?:current |outside |air |water )?(?:weather|temperature|humidity|wind speed|air quality|pollen count|uv index)(?: like)?(?:(?: outside| out there)(?: {_NOW})?| in (?-i:[A-Z]\w+(?: [A-Z]\w+)?)| {_NOW}){_END}",
        rf"{_PLEASE}(?:is|was|did|does|will) it (?:rain(?:ing|y)?|snow(?:ing|y)?|sunny|cold|warm|hot|windy|foggy|cloudy|storm(?:ing|y)?|freez(?:e|ing))(?: (?:in|at|over) (?-i:[A-Z])[\w ]{{1,20}})?(?: outside)? (?:{_NOW}|yesterday|last night|there|outside){_END}",
        rf"\b(?:pollen (?:count|level)s?|uv index|air quality(?: index)?|aqi|water level|tide|wave height|snow depth|avalanche (?:risk|warning))\b[^?.\n]{{0,30}}\b{_NOW}{_END}|{_PLEASE}what{_IS} the current (?:pollen count|uv index|air quality|humidity|wind speed|water temperature|air pressure|altitude|speed|occupancy)\b[^?.\n]{{0,30}}{_END}",
        # markets
        rf"{_PLEASE}(?:how much is|what{_IS}|what is|how{_IS}) (?:one |an? |1 )?(?:ounce of |barrel of |share of )?{_MONEY} (?:worth|at|trading(?: at)?|doing|going for|priced at|costing|up|down)(?: {_NOW})?{_END}",
        rf"\b(?:gold|silver|oil|copper|gas|bitcoin|stock|share|petrol|diesel|electricity) price\b[^?.\n]{{0,20}}\b{_NOW}{_END}|\b(?:dow(?: jones)?|nasdaq|s&p(?: 500)?|dax|ftse(?: 100)?|nikkei|hang seng|cac 40)\b[^?.\n]{{0,30}}\b(?:close|closed|open|opened|stand|stands|at|doing|today|now){_END}|\b(?:dow(?: jones)?|nasdaq|s&p(?: 500)?|dax|ftse|nikkei)\b[^?.\n]{{0,30}}\b{_NOW}{_END}",
        rf"{_PLEASE}how{_IS} (?-i:[A-Z][A-Za-z&]+(?:['’]s)?) (?:stock|shares?) (?:doing|performing|trading)[^?.\n]{{0,20}}{_END}|{_PLEASE}(?:how much (?:is|are)|what{_IS}|convert) (?:one|an?|\d+(?:[.,]\d+)?) (?:eth|btc|bitcoins?|ethereum|ether|dogecoin|sol|usd|eur|gbp|jpy) (?:worth )?(?:in|to) (?:usd|eur|gbp|dollars?|euros?|pounds|btc|eth){_END}",
        # news, matches, television
        rf"{_PLEASE}(?:any|what{_IS} the|is there any|got any) (?:latest |new |breaking )?(?:news|updates?|word)(?: (?:about|on|from|of) [^?.\n]{{2,40}})?(?: {_NOW})?{_END}|{_PLEASE}what{_IS} (?:happening|going on|new|trending|up) (?:in the (?:world|news|city)|around the world|on (?:twitter|x|tiktok|reddit|youtube|instagram))(?: {_NOW})?{_END}",
        rf"{_PLEASE}who{_IS} (?:winning|leading|ahead|playing|in the lead|on stage)\b(?: (?:the|in the|at the) (?:game|match|race|series|election|finals?))?(?: {_NOW})?{_END}|{_PLEASE}what{_IS} the score(?: (?:of|in) (?:the|this|today['’]s) (?:game|match|derby|finals?))?(?: {_NOW})?{_END}",
        rf"{_PLEASE}(?:what{_IS} (?:on|playing|showing)|which films are (?:on|playing|showing)) (?:on )?(?:tv|television|netflix|the radio|bbc(?: one)?|channel \w+|at the cinema|in cinemas|in theaters)(?: {_NOW})?{_END}",
        # queues, traffic, seats, opening hours
        rf"{_PLEASE}how (?:long|busy|crowded|full|bad) (?:is|are) (?:the )?(?:queue|line|wait|waiting time|traffic|gym|beach|airport|restaurant|pool|museum|supermarket|car ?park|a&e|emergency room|security)s?\b[^?.\n]{{0,40}}\b{_NOW}{_END}",
        rf"{_PLEASE}(?:is|are) there (?:any |a |much |still |an? )?(?:(?:traffic|jam|traffic jam|accident|delay|power cut|outage)s?(?: (?:on|at|in|to) (?:the |my )?(?-i:[A-Z])[^?.\n]{{1,30}})?(?: {_NOW})?|(?:tickets?|seats?|tables?|rooms?|spaces?|places?) (?:left|available|free)(?: (?:on|at|in|for|to) [^?.\n]{{2,40}})?){_END}",
        rf"{_PLEASE}(?:is|are) (?:the |my |our )(?:[a-z]+ ){{0,3}}?(?:open|closed|in stock|sold out|available|occupied|online|at home|at the office|awake|running late|on time|delayed|late|cancel+ed|ready)(?: (?:in|at|on) [^?.\n]{{2,24}})? {_NOW}{_END}",
        rf"{_PLEASE}(?:when|what time|at what time) (?:does|do|is|will) (?:the|my|our) next (?:bus|train|tram|flight|ferry|metro|subway|lecture|class|meeting|appointment|high tide|match|game|show|shuttle)\b[^?.\n]{{0,30}}{_END}",
        # what only the asker's own things could tell
        rf"{_PLEASE}where{_IS} my {_THINGS}(?: {_NOW})?{_END}|{_PLEASE}(?:has|have|did|is|are|was|will) my {_THINGS}s? (?:been |already |be )?(?:arriv|ship|dispatch|deliver|delay|cancel|charg|leav|left|depart|land|sent|paid|process|approv|here|there|on time|late|ready|full|on (?:its|the) way)[a-z]*[^?.\n]{{0,20}}{_END}",
        rf"{_PLEASE}(?:how much|how many|what{_IS}|what percent(?:age)?)\b[^?.\n]{{0,30}}\b(?:battery|charge|storage|data|fuel|gas|petrol|credit|money|minutes|percent) (?:has|have|does|do|is|are) (?:my|i) [^?.\n]{{0,20}}{_END}|{_PLEASE}(?:how full is|what{_IS} the (?:charge|level) of) my [a-z]+[^?.\n]{{0,12}}{_END}",
        rf"{_PLEASE}(?:what (?:was|is)|who (?:sent|wrote)|show me|read me|from whom is) (?:the |my )?(?:last|latest|newest|most recent|first unread) (?:e-?mails?|mails?|messages?|texts?|calls?|notifications?|voicemails?|transactions?|bank transfers?)\b[^?.\n]{{0,30}}{_END}|{_PLEASE}(?:who (?:called|texted|e-?mailed|messaged|rang|phoned|wrote to) me|did (?:anyone|anybody|someone|[A-Z]?[a-z]+) (?:call|text|e-?mail|message|write|reply)(?: (?:to )?me)?|do i have (?:any )?(?:new |unread |missed )?(?:e-?mails?|mails?|messages?|calls?|notifications?|appointments?|meetings?|reminders?|mail))\b[^?.\n]{{0,24}}{_END}",
        rf"{_PLEASE}who{_IS} (?:online|at home|in the office|at the door|on call|on duty|in the (?:kitchen|meeting|room)|calling)\b[^?.\n]{{0,24}}\b{_NOW}{_END}|{_PLEASE}who{_IS} (?:at the door|calling me){_END}|{_PLEASE}(?:am i|is (?-i:[A-Z])[a-z]+|are my (?:parents|kids|colleagues)) (?:online|at home|awake|free|in a meeting|on the phone|connected)(?: {_NOW})?{_END}",
    )
)  # fmt: skip
# Words of which one stands in each, in lower case.
WORDS = [
    "the time", "got the time", "time please", "time, please", "what time", "which day", "what day", "which date", "what date", "weather", "temperature", "humidity", "how warm", "how cold", "how hot", "how windy",
    "outside", "raining", "it rain", "it snow", "snowing", "it sunny", "it cold", "it warm", "it hot", "it windy", "it storm", "pollen", "uv index", "air quality", "aqi", "water level", "wind speed", "occupancy", "worth", "trading", "bitcoin", "btc", "eth ", "ethereum",
    "price", "dow", "nasdaq", "s&p", "dax", "ftse", "nikkei", "stock doing", "shares doing", "stock perf", "shares perf", "in usd", "in eur", "in dollars", "to usd", "to eur", "in gbp", "in pounds", "in euro", "to dollars", "to euro",
    "news", "any update", "the latest", "happening", "going on", "trending", "winning", "leading", "who's ahead", "who is ahead", "the score", "on tv", "on television", "on netflix", "cinema", "the queue", "the wait", "how busy", "how crowded", "how full", "traffic", "jam",
    "delay", "tickets", "seats", "tables left", "rooms left", "parking", "next bus", "next train", "next tram", "next flight", "next ferry", "next class", "next meeting", "next appointment", "next match", "next game", "where is my", "where's my", "has my", "is my ", "did my", "was my", "will my", "battery", "storage", "my phone",
    "last mail", "last e", "last mess", "last text", "last call", "latest mail", "latest e", "latest mess", "unread", "called me", "texted me", "mailed me", "do i have", "at the door", "who's online", "who is online", "online", " open now", "open right now", " still", " yet", "already", "in stock", "right now", "at the moment", "this minute", "this morning", "today", "tonight", " now",
]  # fmt: skip
# As all of them begin.
BEGINNING = r"^\s*(?i-u:please|hey|hi\b|ok|so\b|quick|can you|could you|do |tell me|any |what|whats|how|which|who|when|where|is |are |was |were |did |does |will |has |have |am |at what|got |the time|time|show me|read me|from whom|convert|the |pollen|uv|air|aqi|water|gold|silver|oil|copper|gas|bitcoin|stock|share|petrol|diesel|electric|dow|nasdaq|s&p|dax|ftse|nikkei)"
# The answer says what it depends on, or the prompt is about how such things are in general.
GENERAL = r"(?i)\b(?:usually|typically|generally|on average|depends?|in general|normally|it varies|check (?:the|your|a)|look (?:at|out) |you can (?:check|see|find|look))\b"
