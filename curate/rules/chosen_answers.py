"""Answers that were to be chosen: among the options of a prompt, from a list, out of a text."""

from __future__ import annotations

import re

from curate.patterns import may_hold, regex
from curate.rules.tasks import Table, Task, answer_of, items_in, quoted_in, words_in
from curate.rules.wordings import english

_OPTION = r"(?:an? |the )?[\"“'‘]?[a-z][a-z-]*(?: [a-z-]+)?[\"”'’]?"
_AS_EITHER = regex(
    rf"\b(?:classify|categori[sz]e|label|tag|mark|rate|identify|determine|decide|tell|state|predict|assign|specify|indicate|say)\b[^.\n:]*?(?:\b(?:as|is|was|whether|if)(?: it is| it's| this is| they are)?(?: being)?(?: either)?|\b(?:as|either|into|between):?) ({_OPTION}(?:, {_OPTION})*,? or {_OPTION})\s*(?:[.:?…]|$)",
    re.I,
)
_OTHERWISE = regex(
    r"\b(?:neither|both|all|none|cannot|can't|could|not|no|yes|true|false|unclear|unknown|mixed|depends|either|other|error|n/a|undetermined|ambiguous)\b",
    re.I,
)
_MOST_WORDS = 5
_STEM = 4  # letters
# What a class means may be said in another word of it.
_SAID_OTHERWISE = regex(
    r"\b(?:countr|cit|state|language|number|type|kind|genre|sector|industry|word|good|bad)", re.I
)


def _options(listed: str) -> list[str]:
    parts = re.split(r",\s*(?:or\s+)?|\s+or\s+", listed)
    plain = [
        re.sub(r"^(?:an?|the|either|being|as)\s+", "", p.strip(" \"'“”‘’"), flags=re.I)
        for p in parts
    ]
    return [p.strip(" \"'“”‘’").lower() for p in plain if p.strip()]


def _either(task: Task, completion: str) -> str | None:
    """ "Classify it as A or B", and the answer is C."""
    whole = task.order.replace("…", f'"{task.given}"') if "…" in task.order else task.order
    if not may_hold(whole, " or "):
        return None
    answer = answer_of(completion).strip(" .")
    if "\n" in completion.strip() or not 1 <= len(answer.split()) <= _MOST_WORDS:
        return None
    match = _AS_EITHER.search(whole)
    if match is None:
        return None
    options = _options(match[1])
    said = words_in(answer)
    if not 2 <= len(options) <= 6 or _OTHERWISE.search(answer) or any(len(o) < 3 for o in options):
        return None
    stems = {word[:_STEM] for option in options for word in words_in(option) if len(word) > 2}
    if any(word[:_STEM] in stems for word in said) or any(o in answer.lower() for o in options):
        return None
    if not any(ch.isalpha() for ch in answer) or any(stem in answer.lower() for stem in stems):
        return None
    return f"the prompt asks for one of {', '.join(options)}; the completion says {answer[:40]!r}"


_LETTERED = regex(r"(?<![\w.])\(?([A-H])[).:](?=\s?\S)")
_ONE_LETTER = regex(
    r"^\W*(?:(?:the )?(?:correct |right |best )?(?:answer|option|choice)(?: is)?:?\s*)?(?:option )?\(?([A-Z])\)?(?:[).:]|\s*$)"
)


def _lettered(task: Task, completion: str) -> str | None:
    """A letter that no option has."""
    letters = _LETTERED.findall(f"{task.order}\n{task.given}")
    said = _ONE_LETTER.match(completion.strip())
    run = "".join(letters)
    if said is None or len(letters) < 2 or not "ABCDEFGH".startswith(run):
        return None
    return f"the options are {', '.join(letters)}; the completion says {said[1]!r}" if said[1] not in letters else None  # fmt: skip


_FROM_LIST = regex(
    r"^\W*(?:please )?(?:select|choose|pick|find|identify|which|spot|circle|name|determine)\b[^.\n]*\b(?:odd (?:one|word|item|number)?\s*out|does(?: not|n't) belong|is different from the (?:others|rest)|from the (?:following |given )?(?:list|options|words|choices|items)|(?:largest|smallest|longest|shortest|biggest|highest|lowest|tallest|heaviest) (?:one |word |item |animal |country |city )?(?:in|from|of|among) (?:the|this|these))\b",
    re.I,
)
_NOT_ONE = regex(
    r"\b(?:words that|items that|all|ones|those|two|three|types?|categor\w*|not in|missing|replace|synonym|antonym|synonyms|sentence|complete|fill|explain|why|paragraph|text|passage|letters?|number of|digits?|create|most common)\b",
    re.I,
)


def _from_list(task: Task, completion: str) -> str | None:
    """One item of a list that was not in it."""
    if not task.given or not _FROM_LIST.search(task.order) or _NOT_ONE.search(task.order):
        return None
    given = items_in(task.given)
    answer = answer_of(completion).strip(" .")
    if len(given) < 3 or len(answer.split()) > 3 or "\n" in answer or _OTHERWISE.search(answer):
        return None
    known = {word[:_STEM] for word in words_in(task.given)}
    if any(word[:_STEM] in known for word in words_in(answer)) or not words_in(answer):
        return None
    return f"{answer[:40]!r} is not among {', '.join(given)[:60]}"


_PART_OF_SPEECH = r"(?:(?:main |proper |common |auxiliary |action |linking |modal |personal |possessive |abstract |concrete |collective )?(?:verbs?|nouns?|adjectives?|adverbs?|pronouns?|prepositions?|conjunctions?|interjections?)|subjects?|(?:direct |indirect )?objects?|predicates?|antecedents?|keywords?|key ?words|proper names?)"
_LITERAL = regex(
    rf"^\W*(?:please )?(?:identify|find|extract|underline|highlight|circle|locate|pick out|name|list|spot|pull out|what (?:is|are))\b (?:all )?(?:of )?(?:the )?(?:[a-z]+ )?{_PART_OF_SPEECH} (?:used )?(?:in|from|of)\b (?:the|this|that|a|each|following|…)",
    re.I,
)
_OTHER_TASK = regex(
    r"\b(?:types?|tenses?|forms?|kinds?|synonyms?|antonyms?|replac\w*|missing|modif\w*|describ\w*|similar|opposite|suggest\w*|case|number of|count|how many|meaning|means|topic|related|role|function|and (?:replace|change|rewrite|explain)|subject (?:matter|line|of (?:the|this) (?:email|article|paragraph|passage|text|book|poem|painting|story|photo))|classify)\b",
    re.I,
)
_ABOUT = frozenset(
    [
        "the",
        "a",
        "an",
        "is",
        "are",
        "was",
        "were",
        "in",
        "of",
        "and",
        "or",
        "this",
        "that",
        "sentence",
        "text",
        "word",
        "words",
        "verb",
        "verbs",
        "noun",
        "nouns",
        "adjective",
        "adjectives",
        "adverb",
        "adverbs",
        "pronoun",
        "pronouns",
        "preposition",
        "prepositions",
        "conjunction",
        "conjunctions",
        "subject",
        "object",
        "predicate",
        "direct",
        "indirect",
        "main",
        "proper",
        "following",
        "given",
        "there",
        "has",
        "have",
        "contains",
        "it",
        "its",
        "none",
        "no",
        "not",
        "any",
        "does",
        "to",
        "be",
        "being",
        "as",
        "used",
        "which",
        "keyword",
        "keywords",
        "linking",
        "action",
        "modal",
        "helping",
        "auxiliary",
        "implied",
        "understood",
    ]
)


def _literal(task: Task, completion: str) -> str | None:
    """ "Find the verb in the sentence", and what is found does not stand there."""
    whole = task.order.replace("…", "the sentence")
    if not task.given or not _LITERAL.search(whole) or _OTHER_TASK.search(whole):
        return None
    answer = answer_of(completion)
    quoted = [q for q in quoted_in(completion) if q.lower() not in task.given.lower() or len(q) < len(task.given) - 4]  # fmt: skip
    if len(answer.split()) > 12 or "\n" in answer.strip() or ":" in answer:
        return None
    said = words_in(" ".join(quoted)) if quoted else words_in(answer)
    said = [word for word in said if word not in _ABOUT]
    known = words_in(task.given)
    stems = {word[:_STEM] for word in known} | {word[:3] for word in known}
    if not said or re.search(r"\b(?:no|none|not|you|implied)\b", answer, re.I):
        return None
    if any(word[:_STEM] in stems or word[:3] in stems for word in said):
        return None
    return f"{' '.join(said)[:40]!r} does not stand in the text"


CHECKS: Table = (
    ((" or ",), _either),
    (("choose", "select", "correct", "answer", "option", "which", "pick", "following"), _lettered),
    (("odd", "belong", "different", "list", "options", "choices", "items", "est ", "words"), _from_list),
    (("verb", "noun", "adjective", "preposition", "conjunction", "interjection", "subject", "object", "predicate", "keyword", "key word", "antecedent", "names"), _literal),
)  # fmt: skip
HINT = english(
    r"(?i)(?:classify|categori[sz]e|label|tag|mark|rate|identify|determine|decide|tell|state|predict|assign|specify|indicate|say)\b[^.\n:]* or |\(?A[).:] ?[^\n]*[ \n]\(?B[).:]"
    r"|odd [a-z]* ?out|not belong|n't belong|different from the|from the (?:following |given )?(?:list|options|words|choices|items)|(?:gest|lest|est) (?:[a-z]+ )?(?:in|from|of|among) (?:the|this|these)"
    r"|^\W{0,3}(?:please )?(?:identify|find|extract|underline|highlight|circle|locate|pick out|name|list|spot|pull out|what (?:is|are))[a-z ]+(?:verb|noun|adjective|preposition|conjunction|interjection|subject|object|predicate|key ?word|antecedent|name)s? "
)
