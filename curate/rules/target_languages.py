"""Translations into another language than the one that was asked for: of orders in English and some other languages."""

from __future__ import annotations

import re

from curate.languages import told
from curate.patterns import regex
from curate.rules.tasks import Table, Task

# What a language is called in orders, and what `told` calls it.
_NAMES = {
    "English": "english|englisch|englische|englisch|anglais|inglés|inglês|inglese|engels|英语|英文|英語",
    "German": "german|deutsch|deutsche|deutsch|allemand|alemán|alemão|tedesco|duits|德语|德文|ドイツ語",
    "French": "french|französisch|französische|französisch|français|francés|francês|francese|frans|法语|法文|フランス語",
    "Spanish": "spanish|spanisch|spanische|spanisch|espagnol|español|castellano|espanhol|spagnolo|spaans|西班牙语|西班牙文|スペイン語",
    "Portuguese": "portuguese|portugiesisch|portugiesische|portugiesisch|portugais|portugués|português|portoghese",
    "Italian": "italian|italienisch|italienische|italienisch|italien|italiano|italiaans|意大利语",
    "Dutch": "dutch|niederländisch|niederländische|niederländisch|néerlandais|holandés|neerlandés|holandês|olandese|nederlands",
    "Polish": "polish|polnisch|polnische|polnisch|polonais|polaco|polacco|polski",
    "Swedish": "swedish|schwedisch|schwedische|schwedisch|suédois|sueco|svedese|svenska",
    "Turkish": "turkish|türkisch|türkische|türkisch|turc|turco|türkçe",
    "Japanese": "japanese|japanisch|japanische|japanisch|japonais|japonés|japonês|giapponese|日语|日文|日本語",
    "Chinese": "chinese|mandarin|chinesisch|chinesische|chinesisch|chinois|chino|chinês|cinese|中文|汉语|中国語",
    "Korean": "korean|koreanisch|koreanische|koreanisch|coréen|coreano|韩语|韓国語",
    "Cyrillic": "russian|russisch|russische|russisch|russe|ruso|russo|ukrainian|ukrainisch|俄语|ロシア語",
    "Arabic": "arabic|arabisch|arabische|arabisch|arabe|árabe|arabo|阿拉伯语",
    "Greek": "greek|griechisch|griechische|griechisch|grec|griego|grego|greco",
    "Hebrew": "hebrew|hebräisch|hebräische|hebräisch|hébreu|hebreo|hebraico",
    "Devanagari": "hindi",
    "Thai": "thai",
    "Czech": "czech|tschechisch|tschechische|tschechisch|tchèque|checo|ceco",
}
_CALLED = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split("|")}
_ANY = "|".join(sorted(_CALLED, key=len, reverse=True))
# An order in English, behind which a language is looked for by its name; and orders in other languages.
_ENGLISH_ORDER = regex(
    r"^\W*+(?:please |can you |could you |bitte )?(translate|render|put|convert|rewrite|write|say|turn|change|give|provide|express|show)\b",
    re.I,
)
_OF_VERSIONS = frozenset(("give", "write", "provide", "show"))
_INTO = regex(r"\b(?:into|in|to) (?=(?:the )?([^\W\d_]+)\b)", re.I)
_VERSION = regex(r"\b([^\W\d_]+) (?:version|translation)\b", re.I)
_FAR_INTO, _FAR_VERSION = 80, 30  # characters
_ORDERED_ABROAD = regex(
    r"^\W*(?:please |can you |could you |bitte )?"
    rf"(?:(?:übersetze?n?|übertrage?|schreibe?|sage?)\b[^\n]{{0,60}}?\b(?:ins|auf|in das) ({_ANY})\b|(?:tradui\w+|tradu[zc]\w+|traduci|traduisez|écris|escribe|escreva|scrivi|vertaal|przetłumacz)\b[^\n]{{0,60}}?\b(?:en|al|in|em|para(?: o)?|naar het|na) ({_ANY})\b"
    rf"|[^\n]{{0,20}}(?:翻译成|译成|译为|翻译为)({_ANY}))",
    re.I,
)
# Of these a foreign order holds one.
_ABROAD = regex(
    r"übersetz|übertrag|schreib|sag|tradu|écris|escrib|escrev|scrivi|vertaal|przetłumacz|译成|译为|翻译为",
    re.I,
)
_SECOND = regex(r"\b(?:and|und|et|y|e) (?:into |to )?([^\W\d_]+)\b", re.I)
_TRANSLATING = regex(
    r"translat|übersetz|übertrag|tradui|tradu[zc]|traduc|vertaal|tłumacz|译|version|rendering|render",
    re.I,
)
# Explanations around a translation are in the language of the order.
_EXPLAINED = regex(r"[\"“”„«»「]|: |\n|\(")
# The same in Rust's syntax, for texts that may have blank lines around them.
EXPLAINED = r"[\"“”„«»「(]|: |\S\s*\n\s*\S"
_ENGLISH = regex(
    r"\b(?:the|is|are|was|and|of|we|they|he|she|my|please|her|his|you|your|this|that|not|at|to|in|on|for|with|it)\b",
    re.I,
)
_LEAST_ENGLISH, _MOST_WORDS = 2, 60


def language_told(text: str) -> str | None:
    """The language of a text, English included; None where it cannot be told."""
    found = told(text)
    if found is not None:
        return found
    words = text.split()
    english = {m.lower() for m in _ENGLISH.findall(text)}
    return (
        "English" if text.isascii() and len(english) >= _LEAST_ENGLISH and len(words) >= 4 else None
    )


def _ordered(text: str) -> tuple[str, str] | None:
    """An order up to the language that it names, and that name."""
    order = _ENGLISH_ORDER.match(text)
    if order is not None:
        verb, start = order[1].lower(), order.end()
        ways = [(_INTO, _FAR_INTO)] if verb != "show" else []
        ways += [(_VERSION, _FAR_VERSION)] if verb in _OF_VERSIONS else []
        end = text.find("\n", start)
        for pattern, far in ways:
            for match in pattern.finditer(text, start, end if end >= 0 else len(text)):
                if match.start() > start + far:
                    break
                if match[1].lower() in _CALLED:
                    return text[: max(match.end(), match.end(1))], match[1]
    abroad = _ORDERED_ABROAD.search(text) if _ABROAD.search(text) else None
    return (abroad[0], next(g for g in abroad.groups() if g)) if abroad else None


def _two_are_named(order: str) -> bool:
    """Whether a language follows another one."""
    return any(match[1].lower() in _CALLED for match in _SECOND.finditer(order))


def _language(task: Task, completion: str) -> str | None:
    text = completion.strip()
    if _EXPLAINED.search(text) or len(text.split()) > _MOST_WORDS:
        return None
    ordered = _ordered(f"{task.order}\n{task.given}")
    if ordered is None or not _TRANSLATING.search(ordered[0]) or _two_are_named(task.order):
        return None
    target = _CALLED[ordered[1].lower()]
    found = language_told(text)
    same = text.casefold() == task.given.strip().casefold() and len(text.split()) >= _LEAST_WORDS
    if same and found != target and text[-1:] in ".!?":
        return f"the text was to be translated into {target}, and stands there as it was"
    if found is None and target in _GERMANIC and _reads_romance(text):
        return f"the translation was to be {target}, the completion looks like another language"
    if found is None or found == target:
        return None
    # Close neighbours are not told apart by a few words.
    if {found, target} <= _ALIKE or found not in _CERTAIN:
        return None
    return f"the translation was to be {target}, the completion looks {found}"


def _reads_romance(text: str) -> bool:
    """Whether small words of Romance languages stand in a short text, and none of the others'."""
    words = [word.lower() for word in _WORD.findall(text)]
    met = {word for word in words if word in _ROMANCE}
    return len(words) >= _LEAST_WORDS and len(met) >= 1 and not any(w in _OTHERS for w in words)


_WORD = regex(r"[^\W\d_]+")
_LEAST_WORDS = 4
_GERMANIC = frozenset({"German", "English", "Dutch", "Swedish", "Polish", "Czech", "Turkish"})
_ROMANCE = frozenset(
    [
        "le",
        "la",
        "les",
        "des",
        "une",
        "est",
        "dans",
        "pour",
        "qui",
        "que",
        "avec",
        "du",
        "au",
        "aux",
        "nous",
        "vous",
        "et",
        "sont",
        "cette",
        "ce",
        "elle",
        "ils",
        "leur",
        "el",
        "los",
        "las",
        "una",
        "por",
        "con",
        "para",
        "del",
        "al",
        "il",
        "gli",
        "della",
        "che",
        "per",
        "è",
        "nel",
        "anche",
        "uma",
        "não",
        "os",
        "são",
        "mas",
        "à",
    ]
)
_OTHERS = frozenset(
    [
        "der",
        "die",
        "das",
        "ist",
        "und",
        "ein",
        "eine",
        "nicht",
        "wir",
        "sie",
        "ich",
        "im",
        "zu",
        "den",
        "dem",
        "mit",
        "auf",
        "für",
        "von",
        "sind",
        "haben",
        "hat",
        "wird",
        "the",
        "is",
        "are",
        "and",
        "of",
        "we",
        "they",
        "he",
        "she",
        "het",
        "een",
        "van",
        "en",
        "niet",
        "zijn",
        "op",
        "och",
        "att",
        "det",
        "som",
        "jest",
        "nie",
        "się",
        "na",
        "je",
        "bir",
        "ve",
    ]
)
_ALIKE = {"Spanish", "Portuguese", "Italian", "Romanian"}
_CERTAIN = frozenset(_NAMES)

CHECKS: Table = (
    (
        (
            "translat",
            "version",
            "render",
            "übersetz",
            "übertrag",
            "tradui",
            "traduz",
            "traduc",
            "vertaal",
            "tłumacz",
            "译",
        ),
        _language,
    ),
)
HINT = r"(?i)translat|(?:english|german|french|spanish|italian|dutch|chinese|japanese|portuguese|russian) version|übersetz|übertrag|tradui|tradu[zc]|vertaal|tłumacz|译"
