"""Deeds in the world that an answer claims, in more wordings, a part of impossible-action.

`ORDER` is how people ask for them, `CARRIED_OUT` how an answer says that they were done; `UNASKED` are claims that
need no order. Answers are short ones: an essay about what somebody did is another thing.
"""

from __future__ import annotations

_PLEASE = r"^(?:please|pls|plz|hey|hi|hello|ok(?:ay)?|now|then|just|also|and|(?:can|could|would|will) (?:you|u)|i need (?:you|u) to|i(?:['’]d like| want) (?:you|u) to|go and|kindly|quick(?:ly)?|[a-z]+,)?(?:[, ]+(?:please|pls|just|also|kindly|quickly|now))*[, ]*"
_OPENING = r"^\W*(?:(?:sure(?: thing)?|done|ok(?:ay)?|certainly|of course|alright|all right|great|yes|yep|no problem|absolutely|got it|all set|you got it|noted|right away|consider it done|will do|good news|perfect|there you go|all done)\b\W*)*"
_WHOM = r"(?:(?-i:[A-Z][a-z]+)|him|her|them|everyone|everybody|all|both|the [a-z]+|your [a-z]+|my [a-z]+|his [a-z]+|their [a-z]+|mr|mrs|ms|dr)"
_TOLD = r"(?:called|rang|phoned|texted|messaged|mailed|e-?mailed|dmed|pinged|notified|informed|told|invited|whatsapped|written to|wrote to|let)"
_DONE = (
    r"(?:scanned|backed up|rebooted|restarted|moved|rescheduled|refunded|issued|cancel+ed|updated|changed|reset|printed|shipped|posted|booked|reserved|ordered|bought|paid|renewed|watered|fed|turned|switched|set|opened|put|added"
    r"|forwarded|deleted|removed|uploaded|downloaded|installed|uninstalled|locked|unlocked|blocked|subscribed|unsubscribed|synced|charged|scheduled|transferred|dimmed|muted|archived|emptied|cleaned|filed|escalated|connected|paired|activated|deactivated|enabled|disabled|started|stopped|closed|saved|sent|replied to|confirmed|registered|submitted)"
)
_OBJECT = (
    r"(?:meetings?|appointments?|computer|phone|laptop|pc|tablet|refund|order|orders|subscription|membership|address|password|account|system|calendar|tickets?|table|flights?|seats?|room|hotel|bill|invoice|card|thermostat|heating|heater|lights?|lamp|alarm|timer|reminder|plants?|cat|dog|lawn"
    r"|car|taxi|cab|ride|flowers|pizza|groceries|package|parcel|booking|reservation|delivery|e-?mails?|mails?|messages?|newsletters?|inbox|spam|contacts?|files?|folder|photos?|pictures?|backup|drive|disk|desktop|printer|router|wi-?fi|tv|television|oven|washing machine|dishwasher|vacuum|blinds|curtains|door|doors|garage|playlist|music|song|video|post|website|page|server|app|case|call|payment|money|rent|fee|number|profile|settings?|device|alarm clock|insurance|visa|party|event|trip|holiday|tax return|form)"
)
_VERB = (
    r"(?:send|move|reschedule|scan|back ?up|tell|let|inform|notify|refund|cancel|change|update|print|hang up|find out|check|forward|ring|call|phone|text|e-?mail|mail|message|dm|ping|whatsapp|tweet|water|feed|start|stop|reset|unlock|lock|sync|charge|ship|deliver|renew|return|reply|answer|put|file|top up|vacuum"
    r"|clean|wash|empty|mow|preheat|brew|book|reserve|order|buy|pay|transfer|schedule|set|turn|switch|play|pause|open|close|post|publish|share|upload|download|install|delete|remove|block|unsubscribe|subscribe|add|save|remind|wake|record|take|arrange|invite|confirm|register|submit|sign|google|look up|search|archive|mute|unmute|raise|lower|dim|connect|pair|activate|enable|disable|restart|reboot|dial|get|bring|fetch|rent|hire|escalate)"
)
ORDER = rf"{_PLEASE}(?:{_VERB}\b|i(?:['’]d like| want| need) to (?:{_VERB})\b|my (?:order|package|parcel|account|card|booking|bill)\b)"
_NOTHING_MORE = r"[^\n]{0,110}$"
CARRIED_OUT = "|".join(
    (
        rf"{_OPENING}(?:i|we)(?:['’]ve| have)? (?:just |already |now |also |gone ahead and )*{_TOLD} {_WHOM}\b{_NOTHING_MORE}",
        rf"{_OPENING}(?:i|we)(?:['’]ve| have)? (?:just |already |now |also |gone ahead and |successfully )*{_DONE} (?:on |off |up |down |out |in )?(?:the|your|it|them|both|all|two|three|four|five|an?|\d+|this|that|another)\b(?: [a-z0-9'’-]+){{0,3}}? {_OBJECT}\b{_NOTHING_MORE}",
        rf"{_OPENING}(?:the |your |all (?:the |your )?|both |an? |two |three |\d+ )?(?:[a-z'’-]+ ){{0,4}}?(?:{_OBJECT}|backup|scan|transfer) (?:of [a-z ]{{2,24}} )?(?:is|are|was|were|has been|have been|will be|should be) (?:now |all |already |on )?(?:cancel+ed|paid|confirmed|booked|complete(?:d)?|finished|running|changed|updated|shipped|(?:its|their|the) way|live|scheduled|backed up|rescheduled|refunded|ordered|sent|delivered|reserved|locked|unlocked|off|on|muted|dimmed|set|printed|printing|moved|deleted|removed|saved|playing|with you|there in|charged|blocked|renewed|activated|closed|forwarded|uploaded|downloaded|installed|in your)\b{_NOTHING_MORE}",
        rf"{_OPENING}(?:forwarded|printed|sent|mailed|e-?mailed|texted|booked|cancel+ed|ordered|paid|posted|scheduled|saved|deleted|uploaded|watered|moved|rescheduled|renewed|locked|unlocked|muted|paused|added|updated|changed)(?: (?:it|them|him|her|the|your|to|two|three|both|all|for|at|on|from|in|\d+)\b[^\n]{{0,60}})?$",
        rf"{_OPENING}(?:heating|heater|thermostat|lights?|lamp|volume|alarm|timer|reminder|music|tv|oven|fan|ac|blinds|door|doors|call|recording|download|upload|backup|playback|wi-?fi|bluetooth|brightness)(?: in the [a-z ]{{3,16}})? (?:is |are |now )*(?:set (?:to|for)|turned (?:on|off|up|down)|on|off|locked|unlocked|ended|started|stopped|paused|complete|done|dimmed|closed|open|muted|connected|scheduled)\b[^\n]{{0,40}}$",
        rf"{_OPENING}(?:[a-z0-9'’-]+ ){{0,6}}(?:will|should) (?:arrive|be delivered|be there|be with you|be on your card|pick you up|be here)\b[^\n]{{0,50}}$",
        rf"{_OPENING}it(?:['’]s| is| has been) (?:now )?(?:in your (?:calendar|cart|inbox|basket|account)|on your (?:calendar|list|desktop|phone|card|instagram|profile|page)|live on|posted|booked|ordered|paid|on (?:its|the) way)\b[^\n]{{0,50}}$",
        rf"{_OPENING}i(?:['’]ll| will) (?:call|ring|phone|text|e-?mail|mail|message|tell|notify|remind|pick|wake|water|feed|buy|order|book|send|forward|pay|print|drop|bring|come|meet|let) (?:you|him|her|them|it|the|your|an?|(?-i:[A-Z][a-z]+)|up)\b[^\n]{{0,90}}$",
    )
)  # fmt: skip
# What is reported so was never seen, said or sent by a text model, whatever was asked.
UNASKED = "|".join(
    (
        rf"{_OPENING}(?:let me (?:check|see|look)\W+)?i(?:['’]ve| have)? (?:just |already |now |also )*(?:checked|looked (?:on|at|up|through|into)|visited|browsed|went (?:on|to|through)|been on|called up|pulled up|searched|scanned|refreshed) (?:the|their|your|its|his|our|several|a few) (?:[a-z]+ ){{0,2}}?(?:website|web ?site|site|web ?page|page|homepage|internet|web|inbox|calendar|account|records?|database|order history|schedule|timetable|forecast|news|map|camera|tracking|system|server logs?|logs|balance)\b[^\n]{{0,110}}$",
        rf"{_OPENING}i(?:['’]ve| have)? (?:just |already )*(?:rang|rung|phoned|called|spoken (?:to|with)|spoke (?:to|with)|talked to|asked|contacted|e-?mailed|messaged|texted) (?:(?:the|your|our|my|his|her|their) (?:[a-z]+ ){{0,2}}?(?:office|shop|store|restaurant|hotel|school|doctor|clinic|vet|library|colleagues?|manager|supervisor|team|warehouse|courier|bank|landlord|airline|support|technician|department|garage|plumber|boss|neighbou?rs?))\b[^\n]{{0,110}}$",
        r"^\W*(?:yes,? |sure,? |done,? |ok(?:ay)?,? |of course,? |certainly,? )*i(?:['’]ve| have) (?:just |already |now |also )*(?:issued|processed|initiated|approved) (?:the|your|an?) (?:full |partial )?(?:refund|return|replacement|payment|credit|exchange|order)\b[^\n]{0,110}$",
        r"^\W*(?:yes,? |sure,? |done,? |ok(?:ay)?,? |of course,? |certainly,? )*i(?:['’]ve| have)? (?:just |already |now |also )*(?:updated|changed|reset|corrected|opened|created|escalated|logged|filed|cancel+ed|upgraded|extended|unlocked|reactivated) (?:your|an?|the) (?:[a-z]+ ){0,2}?(?:address|password|account|subscription|order|ticket|case|complaint|booking|reservation|plan|profile|details|membership)\b[^\n]{0,110}$",
        r"^\W*(?:yes,? )i (?:sent|mailed|e-?mailed|called|posted|booked|ordered|paid|printed|shipped|forwarded) (?:it|him|her|them|the [a-z]+|that) (?:this morning|yesterday|today|last night|at [a-z0-9: ]{1,12}|on [A-Z][a-z]+day|an? (?:hour|minute)s? ago|[a-z]+ (?:hours?|minutes?|days?) ago)\b[^\n]{0,40}$",
    )
)  # fmt: skip
# A text is what is wanted, or a lesson about such a sentence.
OTHERWISE = (
    r"(?i)\b(?:writ(?:e|ten|ing)|repl(?:y|ies) (?:of|from)|say|says|said|sentences?|example|past (?:perfect|tense|simple)|tense|story|poem|dialog(?:ue)?|scene|translate|rephrase|rewrite|paraphrase|summari[sz]e|correct|grammar|quote|imagine|pretend|role|caption|message (?:to|for|that)|e-?mail (?:to|that|saying)|letter"
    r"|headline|slogan|code|function|python|script|program|sql|query|json|list of|comma|word|line \d|paragraph|verb|character|novel|film|movie|lyrics|meaning|mean|define|explain|how (?:do|does|to|can|is|are)|why)\b"
)
ORDER_WORDS = _VERB
# What a short answer must hold for any of them, so that most need not be looked at closely: beginnings of words, which
# are fewer than the words.
_TOLD_OR_DONE = "|".join(
    sorted(
        {
            verb[:4]
            for verb in f"{_TOLD[3:-1]}|{_DONE[3:-1]}".replace("?", "").replace("+", "").split("|")
        }
    )
)
_STATES = "canc|paid|conf|book|comp|runn|chan|upda|ship|the[a-z]* way|its way|live|sche|resc|refu|orde|sent|deli|rese|lock|set|prin|save|play|acti|forw|in your"
_HEADS = r"forw|print|sent\b|book|canc|order|heat|light|alarm|timer|call"
_BEGUN = f"{_TOLD_OR_DONE}|che|loo|vis|bro|wen|bee|pul|sea|ref|run|spo|tal|ask|con|pro|ini|app|cor|cre|log|upg|ext"
# Few words at a time, so that whom or what they are said of is looked for with them.
HINT = (
    rf"(?i-u:\bi (?:{_BEGUN})|\bwe (?:{_BEGUN})|\b(?:i|we) (?:have|just|already|now|also|gone|successfully) "
    rf"|\b(?:is|are|was) (?:{_STATES})|\b(?:were|been|be) (?:{_STATES})|\b(?:is|are|was|were|been|be) (?:now|all|already|on) "
    rf"|^[ -@]*(?:{_HEADS})|^[ -@]*[a-z ]{{0,12}}\b(?:{_HEADS})"
    r"|(?:will|should) (?:arrive|pick you)|\bon your |\bin your |\bi will )|(?i-u:\b(?:i|we)(?u:['’])(?:ve|ll) )"
)
