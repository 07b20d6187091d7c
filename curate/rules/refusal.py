"""TXT009: the completion declines to answer."""

from __future__ import annotations

import polars as pl

from curate.mapping import holding
from curate.rules import other_languages, other_refusals
from curate.rules.arabic import VOWELS
from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import last_question
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat

_DO = (
    r"(?:assist|help|answer|provide|fulfil+|comply|complete|do|create|generate|write|access|browse|open|see|view|process"
    r"|perform|continue|engage|discuss|offer|give|share|respond|support|satisfy|determine|summari[sz]e|translate|produce"
    r"|tell|predict|recommend|participate|draw|play|send|identify|analy[sz]e|carry out|accommodate|talk|show|find|make)"
)
_CANNOT = (
    r"(?:can(?:no|['’])t|can not|cannot|(?:a|')m (?:currently |really )?(?:not able|unable) to|am (?:currently )?(?:not able|unable) to"
    r"|won['’]t(?: be able to)?|will not(?: be able to)?|must decline to|have to decline to|do(?:n['’]t| not) feel comfortable"
    r"|(?:’)m (?:currently |really )?(?:not able|unable) to|do(?:n['’]t| not) have the (?:ability|capability|capabilities) to)"
)
_PATTERN = (
    rf"(?i)^\W*(?:(?:i['’]?m|i am)\s+(?:very |really |so |truly )?(?:sorry|afraid)|sorry|i apologi[sz]e|my apologies|unfortunately|regrettably)\W+"
    rf"(?:(?:but|however|for (?:the|any) \w+|that|as an ai[^,.\n]*|and|to say)[\s,.]+)*i\s*{_CANNOT}\s+(?:\w+\s+){{0,3}}?{_DO}\b"
    rf"|^\W*i\s*{_CANNOT}\s+(?:\w+\s+){{0,2}}?{_DO}\b[^.\n]*?(?:\b(?:request|that|this|with|information|as an? (?:ai|language)|assist|illegal|harmful|content)\b)"
    rf"|^\W*i\s*{_CANNOT}\s+(?:\w+\s+){{0,2}}?(?:assist|help|answer|provide|tell|give|offer|support|recommend|send|advise) you\b"
    rf"|^\W*(?:as an? (?:ai|artificial intelligence|large language|language|gpt)[^.\n]*?)\bi\s*(?:{_CANNOT}|do(?:n['’]t| not) have)\b"
    r"|^\W*(?:i(?:['’]m| am) sorry|sorry|i apologi[sz]e)\W+but\s+(?:i\s+(?:do(?:n['’]t| not)\s+(?:have|know)|can only)|as an ai)\b"
    r"|^\W*this (?:task|instruction|request|question) can(?:not|['’]t) be (?:performed|completed|answered|done|fulfilled)\b"
    r"|\b(?:cannot|can['’]t) be (?:performed|completed|done|answered) by an? (?:gpt|ai|language)\b"
    r"|^\W*no output,? (?:cannot|can['’]t)|^\W*i(?:['’]m| am) not able to (?:assist|help|provide|answer|fulfill|comply)"
    r"|\bI (?:cannot|can['’]t) (?:assist|help|comply|fulfill?) (?:you )?(?:with )?(?:that|this|your|the) (?:request|task)?"
    r"|^\W*sorry,? (?:i|we) (?:can(?:no|['’])t|cannot)\b"
)
# Whole answers that say no and nothing else. They name the request, a policy or the assistant itself.
_THIS = r"(?:(?:this|that|the|your|such|any)(?: (?:kind|type|sort) of)?(?: (?:a|an))?(?: (?:specific|particular))? ?(?:request|question|topic|prompt|task|content|instruction|matter|one)?s?)"
_TO_ANSWER = r"(?:answer|respond|reply|comment|discuss|help|assist|say|do (?:this|that|it)|comply|engage|participate|talk about|speak (?:about|on|to)|go (?:there|into)|get into|share|weigh in)"
_UNWILLING = (
    rf"i(?:['’]d| would) (?:really )?(?:rather|prefer to|prefer|like to) (?:not(?: to)? {_TO_ANSWER}\b[^.\n]{{0,30}}|(?:skip|pass on|stay out of|avoid|steer clear of) {_THIS}(?: one)?|pass(?: here)?)"
    rf"|i (?:decline|refuse|choose not|opt not|do(?:n['’]t| not) (?:want|wish))(?: to {_TO_ANSWER}\b[^.\n]{{0,40}})|i (?:refuse|decline)(?: this| that| your request)?"
    rf"|i(?:['’]m| am) not (?:going|willing|at liberty|in (?:a|any) position) to {_TO_ANSWER}\b[^.\n]{{0,40}}"
    rf"|i(?:['’]m| am|['’]ve been| have been| was) (?:prohibited|forbidden|barred|prevented) from [^.\n]{{0,60}}|i(?:['’]ve been| have been| was|['’]m| am) (?:instructed|told|programmed|trained|configured|asked) not to {_TO_ANSWER}\b[^.\n]{{0,40}}"
    r"|(?:(?:your|the|this) )?(?:request|query|prompt) (?:has been |was |is )?(?:denied|rejected|refused|blocked|declined)|no comment|no can do|(?:cannot|can['’]t|will not|won['’]t) comply(?: with (?:this|that|your|the) ?(?:request)?)?"
    r"|(?:that|this)(?: topic| subject| question| request)?(?: is|['’]s) (?:off[- ]limits|beyond me)\b[^.\n]{0,30}|it(?: is|['’]s) not my place to [^.\n]{0,30}"
    rf"|i(?:['’]ll| will|['’]m going to|['’]d like to|['’]m gonna|['’]m afraid i(?:['’]ll| will)?)? (?:have to |need to |must )?(?:pass on|skip|sit out|sit) {_THIS}|i(?:['’]ll| will)(?: have to| need to) (?:pass|decline|refuse|say no)(?: on (?:this|that)(?: one)?)?"
    r"|i(?: do(?:n['’]t| not) have| lack)(?: the)? (?:permission|authority|clearance|authori[sz]ation|ability|capability)(?: to [^.\n]{0,60})?"
    rf"|i(?:['’]m| am) (?:not comfortable|uncomfortable) (?:with )?(?:helping|answering|doing|going|talking|continuing|discussing|sharing|responding|commenting|engaging)\b[^.\n]{{0,40}}"
    r"|(?:this|that|it)(?:['’]s| is| goes| would be| would go) against (?:my|our|the) (?:[a-z]+ ){1,2}?(?:guidelines?|polic(?:y|ies)|rules|principles)\b[^.\n]{0,60}"
)
_CURT = (
    rf"(?i)^\W*(?:(?:i['’]?m|i am) (?:very |really )?(?:sorry|afraid),? ?(?:but )?|sorry,? ?(?:but )?|(?:i(?:['’]m| am) )?sorry,? [a-z]{2, 12}, |unfortunately,? |(?:my |sincere |my sincere )?apologies,? ?(?:but |however,? )?|i apologi[sz]e,? ?(?:but )?|regrettably,? |no,? )*"
    rf"(?:as an? (?:[a-z]+[ -]){{0,3}}?(?:assistant|model|chatbot|bot|ai),? )?(?:i (?:must|have to|need to|will have to|would have to|respectfully|am going to(?: have to)?) (?:respectfully |politely )?(?:decline|refuse|pass)(?: (?:to|on|from) )?(?:(?:answer|do|help|discuss|fulfil+|comply)\w*)?(?: with)? ?{_THIS}?"
    rf"|(?:this|that|the|your) (?:request|question|content|topic|prompt|task)s? (?:violates|goes against|conflicts with|is against|breaches|falls outside)\b[^.\n]*"
    rf"|{_THIS} (?:is|['’]s)(?: not|n['’]t) something (?:that )?i (?:can|am able to|will|['’]m able to)\b[^.\n]*|(?:that|this)['’]s not something (?:that )?i (?:can|will|am able to)\b[^.\n]*"
    rf"|i(?:['’]m| am)(?: not|n['’]t)? (?:programmed|designed|allowed|permitted|authori[sz]ed|comfortable|able|unable) (?:to (?:do|answer|discuss|help|assist|process|respond|provide|share|generate|talk|fulfil+|comply|complete|continue)|with (?:answering|discussing|sharing|providing))[^.\n]*\b(?:that|this|your|request|question|topic|information|you)\b[^.\n]*"
    rf"|i(?: would (?:prefer|rather)|['’]d (?:prefer|rather)| prefer)(?: not to| not) ?(?:answer|discuss|talk about|comment on|respond|say)?[^.\n]{{0,20}}?\b{_THIS}"
    rf"|(?:that|this|it)(?:['’]s| is) (?:beyond|outside|not within) (?:what i (?:can|am able to)|my (?:abilit|capabilit|scope|role|guidelines))[^.\n]*"
    rf"|it (?:would(?: not|n['’]t)|is(?: not|n['’]t)) (?:be )?(?:appropriate|right|ethical|possible|proper) for me to [^.\n]*|it (?:would be|is|['’]s) (?:inappropriate|unethical|impossible|improper|irresponsible|unsafe|wrong) (?:for|of) me to [^.\n]*"
    rf"|i (?:do(?: not|n['’]t)) (?:feel comfortable|think i (?:can|should)|have (?:any |live |direct )?access to (?:(?:that|this|such|your) (?:information|data|files?)|the (?:internet|web)|(?:real-time|current|live|up-to-date|external|personal) )|have (?:enough|sufficient|the|access|any)(?: \w+)? (?:information|context|knowledge|access|data|ability|details))\b[^.\n]*|i (?:can(?:no|['’])t|cannot|won['’]t|will not|could not) (?:in good conscience |really |possibly |simply |honestly |currently )?(?:do|answer|say|continue|proceed|help|comply|fulfil+|discuss|advise|comment)\b[^.\n]{{0,30}}"
    rf"|(?:that|this|it)(?: is|['’]s) (?:something|a (?:topic|question|request|subject)) (?:that )?i (?:can(?:no|['’])t|cannot|can not|won['’]t|will not|(?:am|['’]m) (?:unable|not able)) [^.\n]{{0,40}}"
    rf"|(?:my|our|the) (?:guidelines?|polic(?:y|ies)|programming|rules|content policy|ethics|principles|instructions)(?: (?:do(?:es)?(?: not|n['’]t)|will not|won['’]t|cannot|can['’]t) (?:allow|permit|let)| (?:prevents?|prohibits?|forbids?)) [^.\n]{{0,60}}"
    rf"|i(?: can(?:no|['’])t| cannot|(?:['’]m| am) (?:unable|not able) to) (?:browse|access|search|open|visit|follow|click) (?:on )?(?:the )?(?:web|internet|links?|websites?|urls?|external|live|real-time)\b[^.\n]{{0,40}}"
    rf"|i (?:did(?: not|n['’]t)|do(?: not|n['’]t)|could(?: not|n['’]t)|can(?:no|['’])t|cannot) (?:quite |fully |really )?(?:understand|get|catch|follow|make sense of) (?:that|this|you|your (?:question|request|message|input)|the (?:question|request)|what you[^.\n]{{0,30}})"
    rf"|{_THIS} (?:can(?:no|['’])t|cannot|could not) be (?:completed|answered|processed|fulfil+ed|handled|honou?red|done|discussed)[^.\n]{{0,40}}"
    r"|(?:this|that|it)(?:['’]s| is| goes| would be| would go) against (?:my|our) (?:guidelines?|polic(?:y|ies)|programming|rules|principles|ethics|terms)[^.\n]{0,60}"
    r"|unable to (?:process|answer|complete|comply|respond|help|assist|fulfil+|proceed|continue)\b[^.\n]{0,40}|i(?:['’]m| am) (?:unable|not able) to (?:comply|assist|help|answer|proceed|continue|respond)"
    rf"|i have no (?:answer|response|comment|information|opinion)\b[^.\n]{{0,60}}|i(?:['’]m| am) not comfortable (?:with|about) {_THIS}|let['’]?s (?:talk about|discuss|move on to|change) (?:something else|another topic|a different topic|the (?:subject|topic))[^.\n]{{0,30}}"
    rf"|i(?:['’]m| am) (?:just|only) an? (?:ai|language model|assistant|bot|program|chatbot|machine)\b[^.\n]*|{_UNWILLING})(?:[.!] [^.\n]{{0,60}})?\W*$"
)
_KNOWS_NOT = r"(?i)^\W*(?:(?:i['’]?m|i am) (?:very |really |so )?(?:sorry|afraid),? ?(?:but )?|sorry,? ?(?:but )?|unfortunately,? |regrettably,? |i apologi[sz]e,? ?(?:but )?)i (?:really |honestly )?(?:do(?: not|n['’]t) (?:know|have (?:an?|the) answer)|have no idea)\b[^.\n]{0,40}\W*$|^\W*(?:(?:i['’]?m|i am) (?:very |really |so )?(?:sorry|afraid)|sorry|unfortunately|regrettably|(?:my )?apologies),? (?:but )?i (?:can(?:no|['’])t|cannot|won['’]t|(?:must|have to|need to) (?:decline|refuse|say no))\W*$|^\W*(?:i(?:['’]m| am) )?sorry,? (?:but )?no\b[^.\n]{0,30}\W*$"
_SHORTEST_PAGE = (
    160  # characters: a letter or an essay that was asked for is longer than a plain no
)
# "I am sorry, I cannot …" in other languages.
ELSEWHERE = (
    r"^\W*(?:Es tut mir (?:sehr )?leid|Tut mir leid|Leider|Entschuldigung)[^.\n]{0,40}\bkann ich\b[^.\n]*\b(?:nicht|keine?)\b|^\W*(?:Es tut mir leid|Tut mir leid|Entschuldigung)[^.\n]{0,20}\bich kann\b[^.\n]*\b(?:nicht|keine?)\b"
    r"|^\W*(?:Je suis (?:vraiment )?désolée?|Désolée?|Malheureusement)[^.\n]{0,30}\bje (?:ne peux pas|ne suis pas|ne pourrai pas)\b"
    r"|^\W*(?:Lo siento|Lo lamento|Perdón|Disculpa|Me temo)[^.\n]{0,30}\bno (?:puedo|podr[eé]|me es posible|tengo)\b|^\W*No puedo (?:ayudar|cumplir|responder|proporcionar|generar|realizar|ofrecer)\b"
    r"|^\W*(?:Desculpe|Sinto muito|Lamento|Infelizmente)[^.\n]{0,30}\bnão (?:posso|consigo|tenho)\b|^\W*(?:Mi dispiace|Spiacente|Purtroppo)[^.\n]{0,30}\bnon (?:posso|sono in grado)\b"
    r"|^\W*(?:Het spijt me|Sorry|Helaas)[^.\n]{0,30}\bik kan\b[^.\n]*\b(?:niet|geen)\b|^\W*(?:Przykro mi|Przepraszam|Niestety)[^.\n]{0,30}\bnie mogę\b"
    r"|^\W*(?:Извините|К сожалению|Простите|Прошу прощения|Мне жаль)[^.\n]{0,30}я не (?:могу|имею)|^\W*Я не могу (?:помочь|ответить|выполнить|предоставить)"
    r"|^\W*(?:很抱歉|抱歉|对不起|對不起|不好意思)[^。\n]{0,12}(?:我|作为)[^。\n们們]{0,12}(?:无法|不能|没有办法|無法|没法)|^\W*我(?:无法|不能|無法)(?:回答|提供|帮助|完成|满足|协助)"
    r"|^\W*(?:申し訳(?:ありません|ございません)|すみません|ごめんなさい|恐れ入りますが)[^\n]{0,40}(?:お答え|回答|お手伝い|対応|お応え|お話し|提供)(?:は|を|に|することは|すること)?(?:できません|できかねます|いたしかねます|しかねます)"
    r"|^\W*(?:죄송합니다|죄송하지만|미안하지만)[^\n]{0,40}(?:답변|도와|대답|응답|제공해|수행)[^\n]{0,10}(?:수 없습니다|드릴 수 없|수 없어요)"
    r"|^\W*(?:عذر[ًا]+|آسف|أعتذر|للأسف|معذرة)[^.\n]{0,30}لا (?:يمكنني|أستطيع|أقدر)"
)
# "Draft an apology", a dialogue, a rewrite: there the words are the answer.
_ASKED = (
    r"(?i)\b(?:apolog|dialogue|conversation|rewrite|rephrase|paraphrase|translate|e-?mail|letter|excuse"
    r"|role-?play|pretend|imagine|decline|turn down|reject|character|monologue|speech|scene|customer|complaint|sympathy|tweet|why (?:this|is this)|refus|example of|sample of|quote)\w*"
)
# What is better refused than answered.
_HARMFUL = (
    r"(?i)\b(?:bombs?|explosives?|weapons?|kill|murder|suicide|poison|hack(?:ing)? (?:into|my|someone|his|her|their|a|an)|malware|ransomware|virus that|phish\w*|steal|counterfeit|forge|fake (?:id|passport|doctor|note|prescription|money|diploma|certificate|invoice|review)"
    r"|meth\b|cocaine|heroin|illegal\w*|launder|self-harm|hurt (?:myself|someone|him|her|somebody)|stalk|blackmail|racis\w*|sexist|slurs?|porn\w*|nude|underage|terroris\w*|hate speech|pirate(?:d)?|crack(?:ed)? (?:version|software)|cheat on|bypass|without (?:consent|permission|her knowing|his knowing)|social security number of|home address of|password of)\b"
)

# The same, but for pages that a curt no is not.
_SPOKEN = (
    r"(?i)\b(?:apolog|dialogue|conversation|rewrite|rephrase|paraphrase|translate|excuse|reply|respon[ds]|role-?play|pretend|imagine|decline|turn down"
    r"|reject|refus|character|monologue|scene|customer|complaint|sympathy|tweet|say no|correct|grammar|quote|classif"
    r"|meaning|tone of|sentiment|polite|why (?:this|is this))\w*"
)


_LATER = r"^\W*(?i-u:i (?:won(?u:['’])t|will not|can(?u:['’])t|cannot) do (?:that|this|it) (?:during|until|unless|before|while|if|without|today|right now)\b)"
_SAID = (
    r"(?i-u:\bas an ai\b|\bi (?:cannot|can(?u:['’])t|won(?u:['’])t|will not|must decline|refuse) )"
)


def _condition(options: LintOptions) -> pl.Expr:
    completion, prompt = pl.col("completion"), last_question().fill_null("")
    refuses = completion.str.head(400).str.contains(english(_PATTERN))
    # Not now: "I won't do that during an exam."
    later = completion.str.contains(_LATER)
    # What is to be rewritten says it already.
    prompt_says = prompt.str.contains(_SAID)
    # A character's words, with who says them: "I cannot help you," said the clerk.
    quoted = completion.str.contains(r"^\s*[\"“][^\"”\n]*[\"”]\s*[^\s\"“”]")
    short = pl.when(completion.str.len_chars() <= _SHORTEST_PAGE).then(completion)
    curt = short.str.contains(english(f"{_CURT}|{_KNOWS_NOT.removeprefix('(?i)')}")).fill_null(
        False
    )
    elsewhere = completion.str.head(200).str.contains(ELSEWHERE)
    harmful = prompt.str.contains(english(_HARMFUL))
    asked = prompt.str.contains(english(_ASKED)) | harmful
    spoken = prompt.str.contains(english(_SPOKEN)) | harmful
    foreign = short.str.contains(other_refusals.HINT).fill_null(False)
    told = holding(
        pl.when(foreign).then(completion.str.replace_all(VOWELS, "")),
        other_refusals.REFUSAL,
    )
    plain = other_languages.another_language(options)
    abroad = (elsewhere | (foreign & plain & told)) & ~prompt.str.contains(other_refusals.ASKED)
    return (
        ((refuses & ~asked) | (curt & ~spoken) | (abroad & ~asked & ~spoken))
        & ~quoted
        & ~later
        & ~prompt_says
    )


def _first(options: LintOptions) -> pl.Expr:
    completion = pl.col("completion")
    short = pl.when(completion.str.len_chars() <= _SHORTEST_PAGE).then(completion)
    foreign = short.str.contains(other_refusals.HINT).fill_null(False)
    return foreign | completion.str.contains(
        r"^[^a-zA-Z]*(?i-u:i |i(?u:['’])?m |sorry|unfortunately|my apol|as an? |this |that|no[ ,]|your |my |our |the (?:guid|polic|rul)|the request|it |it(?u:['’])s not |i(?u:['’])d |no output|unable |let(?u:['’])?s |regrettab|i(?u:['’])(?:ll|ve) |apologies|sincere apol|request |query |prompt |cannot |can(?u:['’])t |will not|won(?u:['’])t |the (?:request|query|prompt))|^[^a-zA-Z]*(?:[^\x00-\x7f]|Es tut|Tut mir|Leider|Ents|Je suis|Mal|Lo |Per|Dis|Me t|No p|Des|Dés|Sinto|Lam|Infe|Mi d|Spia|Purt|Het s|Hela|Przy|Prze|Nies)|(?i-u:cannot be|can't be|assist with|i cannot|i can't|help with)"
    )


RULE = ColumnRule(
    about=About(
        code="TXT009",
        name="refusal",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the completion declines to answer",
        reason="Models pick refusing up from a few examples, and then refuse what is harmless. Answers that "
        "came from another assistant often hold such rows.",
        example='{"prompt": "Name a song.", "completion": "I\'m sorry, but I cannot help with that request."}',
        remedy="Drop the row, unless the refusal is what you want to teach (then ignore this rule).",
        assumes="English text, and the usual words of some fifteen other languages",
    ),
    frame="rows",
    condition=_condition,
    message="the completion refuses: {match}",
    pattern=f"{english(_PATTERN)}|{english(_CURT)}|{english(_KNOWS_NOT)}|{ELSEWHERE}|{other_refusals.REFUSAL}",
    column="completion",
    applies_to=tuple(
        f
        for f in RecordFormat
        if f not in (RecordFormat.PREFERENCE, RecordFormat.UNPAIRED_PREFERENCE, RecordFormat.TEXT)
    ),
    first=_first,
)
