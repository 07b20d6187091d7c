"""Edits of sentences whose traces can be looked for: a question mark, a negation, a tense, a word to add."""

from __future__ import annotations

import re

from curate.patterns import regex
from curate.rules.tasks import Table, Task, answer_of, items_in, spaced, words_in
from curate.rules.wordings import english

_TURN = r"(?:turn|change|convert|transform|rewrite|re-write|rephrase|reword|restate|make|put|reframe|express|switch|modify|edit|reformulate|recast)"
_QUESTION = regex(
    rf"\b{_TURN}\b[^.\n]*\b(?:into|to|as|in the form of|so (?:that )?it (?:is|becomes)|it) (?:an? |the form of an? )?(?:[a-z/-]+ )?(?:questions?|interrogative)\b(?! (?:tag|word|about))",
    re.I,
)
_NEW_QUESTION = regex(
    r"^\W*(?:please )?(?:write|generate|ask|create|compose|formulate|come up with|construct|pose|make up|suggest|devise|form)\b (?:me )?(?:an? |one |another )?(?:[a-z-]+ ){0,2}?question\b(?!s|naire|[- ](?:and|&|mark|tag|paper|bank|word|type)|[^.\n]*\b(?:answer|quiz|statement))",
    re.I,
)
_INDIRECT = regex(r"\b(?:indirect|embedded|reported|instead of|from an? question|not an? question|answers?|fill[- ]in|true|multiple|survey|math|word problem|riddle|trivia|prompt)\b", re.I)  # fmt: skip


def _question(task: Task, completion: str) -> str | None:
    """What was to be a question ends without a question mark."""
    if "?" in completion or "？" in completion or not completion.strip():
        return None
    turned = _QUESTION.search(task.order) and task.given and "?" not in task.given
    asked = _NEW_QUESTION.search(task.order)
    if not (turned or asked) or _INDIRECT.search(task.order):
        return None
    return "the prompt wants a question, and the completion asks none"


_NEGATIVE = regex(
    rf"\b{_TURN}\b[^.\n]*\b(?:into|to|as|in|it|sentence|statement) (?:an? |the |its )?(?:negative|negation|negated)\b(?! (?:tone|connotation|review|opinion|sentiment|feedback|number|comment|emotion|message|light|way|perspective|point|attitude|adjective|outcome|feeling|spin|mood|space|experience|impact))|^\W*(?:please )?negate (?:the|this)\b",
    re.I,
)
_NEGATION = regex(
    r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|without|cannot|hardly|barely|rarely|seldom|scarcely|lacks?|lacking|fails?|failed|refuse[ds]?|unable|few|little|false|den(?:y|ies|ied)|absent|avoid\w*|isnt|dont|doesnt|cant|wont|(?:un|dis|im|in|ir|il|non-?)[a-z]{3,}|[a-z]+less)\b|n['’]t\b",
    re.I,
)

_FUTURE = regex(
    rf"\b{_TURN}\b[^.\n]*\b(?:into|to|in|using|with) (?:the )?(?:simple )?future(?: tense)?\b", re.I
)
_WILL = regex(r"\b(?:will|shall|going to|gonna|won['’]t|about to|would)\b|['’]ll\b", re.I)
_PAST = regex(
    rf"\b{_TURN}\b[^.\n]*\b(?:into|to|in|using|from (?:the )?present(?: tense)? (?:to|into)) (?:the )?(?:simple )?past(?: tense)?\b(?! (?:perfect|participle|continuous|progressive|experience|event))",
    re.I,
)
_PRESENT_WORDS = regex(r"\b(?:is|are|am|do|does|will|don['’]t|doesn['’]t|isn['’]t|aren['’]t|won['’]t)\b|\b(?:I['’]m|they['’]re|we['’]re|you['’]re)\b", re.I)  # fmt: skip
_PRESENT = regex(
    rf"\b{_TURN}\b[^.\n]*\b(?:into|to|in|using|from (?:the )?past(?: tense)? (?:to|into)) (?:the )?(?:simple )?present(?: tense)?\b(?! (?:perfect|participle|continuous|progressive))",
    re.I,
)
_PAST_WORDS = regex(r"\b(?:was|were|did|will|wasn['’]t|weren['’]t|didn['’]t)\b", re.I)
_PASSIVE = regex(
    rf"\b{_TURN}\b[^.\n]*\b(?:into|to|in|using|with) (?:the )?passive(?: voice| form|\b)", re.I
)
_BE = regex(r"\b(?:is|are|am|was|were|be|been|being|get|gets|got)\b|['’](?:s|re|m)\b", re.I)
_SEVERAL = regex(r"[.!?;]\s+\S|[\"“”]|\b(?:that|who|which|because|if|when|while|since|so|but)\b", re.I)  # fmt: skip
_LONGEST_CLAUSE = 14  # words
_TENSES = (("past", _PAST, _PRESENT_WORDS), ("present", _PRESENT, _PAST_WORDS))


def _trace(task: Task, completion: str) -> str | None:
    """A negation, the future, a passive: what stands in each of them does not stand in the answer."""
    answer = answer_of(completion)
    if not task.given or len(answer) > 2 * len(task.given) + 40:
        return None
    order = task.order
    # What an order says is looked for before what the texts say.
    if _NEGATIVE.search(order) and not (
        _NEGATION.search(f"{task.given}\n{answer}") or "affirmative" in order
    ):
        return f"the prompt wants a negative sentence, which this is not: {answer[:60]!r}"
    if _FUTURE.search(order) and not _WILL.search(answer):
        return f"the prompt wants the future tense, which this is not in: {answer[:60]!r}"
    if _PASSIVE.search(order) and not _BE.search(answer):
        return f"the prompt wants the passive voice, which this is not in: {answer[:60]!r}"
    tenses = [(tense, other) for tense, pattern, other in _TENSES if pattern.search(order)]
    if not tenses or len(answer.split()) > _LONGEST_CLAUSE or _SEVERAL.search(answer.rstrip(".!?")):
        return None
    for tense, other in tenses:
        found = other.search(answer)
        if found and "?" not in answer:
            return f"the prompt wants the {tense} tense, the completion says {found[0]!r}"
    return None


_ADDED = regex(
    r"\b(?:add|insert|include|append|put)\b (?:in )?(?:the )?(?:following )?(?:word|adverb|adjective|phrase|noun|verb|preposition|conjunction|article|term)s? [\"“']([^\"“”'\n,]{2,40})[\"”']",
    re.I,
)
_WITH_WORD = regex(
    r"\b(?:sentence|paragraph|story|poem|phrase|rewrite|rephrase|haiku|limerick|tweet|quote|headline|slogan|joke|essay|dialogue)\b[^\n]*?\b(?:using|with|uses?|that contains?|containing|includes?|including|incorporat(?:es?|ing)) (?:of )?(?:the )?(?:given |following )?(?:word|term|adjective|adverb|conjunction|preposition|verb|noun) (?:[\"“']([a-z-]{3,20})[\"”'])(?! (?:and|or)\b|,)",
    re.I,
)
_NOT_SO = regex(
    r"\b(?:not|without|instead|avoid\w*|replac\w*|other than|except|synonyms?|antonyms?|opposite|removing|don['’]t|never|meaning|definition|define|rhym\w+|different|if|either)\b|n['’]t\b",
    re.I,
)


def _word_added(task: Task, completion: str) -> str | None:
    """A word that was to be added or used stands nowhere, in no form."""
    whole = task.order.replace("…", f"'{task.given}'") if "…" in task.order else task.order
    match = _ADDED.search(whole) or _WITH_WORD.search(whole)
    if match is None or _NOT_SO.search(whole):
        return None
    said = " ".join(words_in(completion))
    words = [word for word in words_in(match[1]) if len(word) > 3] or words_in(match[1])
    # Another form has the same beginning, but for what a vowel or a doubled letter does to it.
    if not said or any(word[: max(3, min(5, len(word) - 2))] in said for word in words):
        return None
    return f"the prompt wants the word {match[1]!r} used; the completion does without it"


_ADD = regex(
    r"^\W*(?:please )?(?:add|insert|append|include)\b(?! (?:up|together|the (?:two|numbers|following numbers)))",
    re.I,
)
_NEEDED = regex(r"\b(?:if|necessary|needed|where|appropriate|missing|correct\w*|any|proper|required|numbers?|sum)\b", re.I)  # fmt: skip
_MARK = regex(
    r"\b(?:add|insert|put|append)\b (?:an? |the )?(exclamation (?:mark|point)|question mark|comma|colon|semicolon|hyphen|apostrophe|ellipsis)\b(?! (?:if|where))",
    re.I,
)
_MARKS = {"exclamation mark": "!", "exclamation point": "!", "question mark": "?", "comma": ",", "colon": ":", "semicolon": ";",
          "hyphen": "-", "apostrophe": "'", "ellipsis": "."}  # fmt: skip


def _nothing_added(task: Task, completion: str) -> str | None:
    """The text that something was to be added to, as it was."""
    mark = _MARK.search(task.order)
    as_many = len(completion.split()) == len(task.given.split())
    if not (mark or as_many) or len(words_in(task.given)) < 2:
        return None
    answer = spaced(answer_of(completion)) if mark else ""
    if mark and _MARKS[mark[1].lower()] not in answer.replace("…", "."):
        same = words_in(answer) == words_in(task.given)
        return f"the prompt wants {mark[0]!r}, and there is none" if same else None
    same = as_many and spaced(completion) == spaced(task.given)
    if same and _ADD.search(task.order) and not _NEEDED.search(task.order):
        return "the prompt wants something added to the text, which is given back as it was"
    return None


_OTHER_WORD = regex(
    r"\b(synonyms?|antonyms?|opposites?|another word|alternative words?|similar words?|other words?)\b[^.\n]{0,40}?\b(?:for|of|to)\b",
    re.I,
)
_PLURAL = regex(r"\bplurals?\b(?: form)?", re.I)
_SAME_PLURAL = frozenset(["sheep", "fish", "deer", "series", "species", "aircraft", "moose", "salmon", "trout", "shrimp", "squid", "bison", "swine", "offspring", "spacecraft", "means", "crossroads", "headquarters", "gallows", "barracks", "cod", "elk"])  # fmt: skip


def _other_word(task: Task, completion: str) -> str | None:
    """A synonym, an opposite or a plural that is the word itself."""
    word = task.given.strip(" .").lower()
    if not re.fullmatch(r"[a-z-]{3,20}", word):
        return None
    items = [item.lower() for item in items_in(answer_of(completion))]
    kind = _OTHER_WORD.search(task.order)
    if (
        kind
        and word in items
        and not re.search(r"\b(?:and|both|sentence|replace|example)\b", task.order, re.I)
    ):
        return f"{word!r} is given as a word like or unlike itself"
    plural = _PLURAL.search(task.order) and not re.search(r"singular form|to singular|\bis\b|whether", task.order, re.I)  # fmt: skip
    if plural and items == [word] and word not in _SAME_PLURAL and not word.endswith("s"):
        return f"{word!r} is given as its own plural"
    return None


CHECKS: Table = (
    (("question", "interrogative"), _question),
    (("negat", "future", "past", "present", "passive"), _trace),
    (("word", "adverb", "adjective", "phrase", "noun", "verb", "term", "article", "conjunction", "preposition"), _word_added),
    (("add ", "insert ", "append ", "include ", "put "), _nothing_added),
    (("synonym", "antonym", "opposite", "other word", "similar word", "alternative word", "plural"), _other_word),
)  # fmt: skip
# Most of what is to be a question is one.
QUESTION_HINT = english(
    rf"(?i)\b{_TURN} [a-z ,’']{{0,60}}(?:questions?|interrogative)\b|^\W{{0,3}}(?:please )?(?:write|generate|ask|create|compose|formulate|come up with|construct|pose|make up|suggest|devise|form)[a-z -]{{0,24}} question\b"
)
HINT = english(
    rf"(?i)\b{_TURN} [a-z ,’']{{0,60}}(?:negative|negation|negated|future|past|present|passive)\b|\bnegate\b"
    r"|(?:us(?:e|es|ing)|with|contain|contains|containing|includ(?:e|es|ing)|incorporat(?:e|es|ing)|add|insert|append|put)[a-z ]* (?:word|adverb|adjective|phrase|noun|verb|preposition|conjunction|article|term)s? [\"“']|^\W{0,3}(?:please )?(?:add|insert|append|include) |(?:synonym|antonym|opposite|other word|similar word|alternative word)s?\b[a-z ]* (?:for|of|to)\b|\bplural"
)
