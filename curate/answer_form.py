"""The form of an answer as its first characters show it: a label before it, its casing, white space; and curt refusals."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from curate import textkernel
from curate.arrays import series_of
from curate.patterns import regex

LABEL, CAPITALS, SMALL, WHITE, TITLE, MIXED = 1, 2, 3, 4, 5, 6
_LETTERS = 40
_SHORTEST = 8
_PROSE = 160
# Of so many letters as good as all are capitals; so many words have a capital, or capitals between small letters.
_CAPITALS, _TITLED, _MIXED = 0.9, 8, 4
# Small letters only, in prose: so long, so many of these words, and so many words to a comma.
_REMARK, _PLAIN_WORDS, _WORDS_TO_COMMA = 80, 4, 6
_LABEL = (
    r"^\s*[#*>\[<]{0,4}\s?(?i-u:final answer|the answer|answer|ans|response|reply|model(?: output| answer| response)?|assistant|gpt|output|completion|solution|ai|bot|chatbot|summary|a)"
    r"(?:[\]*>]{1,3}[ \n]*:?|:)[*]{0,2}\s"
    r"|^\s*#{2,4} (?i-u:final answer|answer|response|reply|assistant|output|completion)\s*\n|^\s*<(?i-u:answer|response|reply|assistant|output)>|</(?i-u:answer|response|reply|assistant|output)>\s*$"
)
# There the form was asked for.
# One look at the start, and of answers in small letters up to the first capital. The kernel looks at no more than
# the first 24 bytes of any.
_STARTED = (
    rf"{_LABEL}|^[ \t\r\n]|^[^a-z]{{24}}|^[a-z] ?[A-Z]{{2}}|^[a-z][^A-Z\n]*$"
    r"|^[ -~]{0,20}[a-z][A-Z][ -~]{0,16}[a-z][A-Z]|^(?:[A-Z][A-Za-z'-]*[,;]? ){6}"
)
_ASKED = regex(
    r"(?:answers?:|outputs?\b|results?:|q:|dialog|conversation|script|riddle|joke|interview|chat|upper|capital|\bcaps\b|lower|headline|title|banner|shout|poem|haiku|e\. ?e\.|format|template"
    r"|code|program|function|regex|acronym|abbreviat|label|slogan|text message|translate)",
    re.IGNORECASE,
)
_LABELLED = regex(_LABEL.replace("(?i-u:", "(?i:"))
_CODE = regex(r"[{}=<>|\\]|;(?=\s*(?:\n|\Z))|\w\(|://")
_SENTENCES = regex(r"[a-z][.!?]\s+[a-z]")
_ASCII_WORDS = regex(r"[A-Za-z][A-Za-z'’-]*")
_UPWARDS = regex(r"[a-z][A-Z]")
# Words that titles write small, within a sentence that writes them otherwise.
_TITLED_SMALL = regex(
    r"(?<=[a-z,] )(?:Is|Are|Was|Of|The|And|To|In|For|By|On|With|It|That|As|A|An|Or)\b"
)
_PARTED = regex(r"[:;|/\[]|\d\.")
_PLAIN = regex(
    r"\b(?:the|an?|is|are|was|it|you|your|to|of|and|that|for|in|with|i|we|they|be|can|this|have|has|not|if|or|on|as|will)\b"
)
_INDENTED = regex(r"^\s+[A-Z][a-z]* [a-z]")


def odd_form() -> pl.Expr:
    """Which of the forms an answer has that its prompt did not ask for, as a digit; null for none."""
    return pl.struct("prompt", "completion").map_batches(_forms, return_dtype=pl.UInt8)


def _forms(rows: pl.Series) -> pl.Series:
    """Few answers begin in such a way; only they are looked at one by one."""
    frame = rows.struct.unnest()
    places = _started(frame["completion"])
    forms: list[int | None] = [None] * frame.height
    for place, prompt, text in zip(
        places, frame["prompt"].gather(places), frame["completion"].gather(places), strict=True
    ):
        forms[place] = form_of(prompt or "", text)
    return pl.Series(rows.name, forms, dtype=pl.UInt8)


def _started(texts: pl.Series) -> pl.Series:
    """The places of texts that begin in one of the ways of these forms."""
    kernel = textkernel.load()
    if kernel is None:
        return texts.str.contains(_STARTED).fill_null(False).arg_true()
    places = series_of(np.flatnonzero(kernel.odd_starts(texts)))
    return places.filter(texts.gather(places).str.contains(_STARTED))


def form_of(prompt: str, text: str) -> int | None:
    """The form of one answer, where it has one of them and its prompt did not ask for it."""
    form = None
    if _LABELLED.search(text):
        form = LABEL
    elif len(text) >= _SHORTEST and not _CODE.search(text):
        form = _casing(text) or (WHITE if _INDENTED.search(text) else None)
    return None if form is None or _ASKED.search(prompt) else form


def _casing(text: str) -> int | None:
    """Capitals only, no capital in prose, a capital for each word, or capitals between small letters."""
    letters = [c for c in text if c.isascii() and c.isalpha()]
    if len(letters) < _LETTERS:
        return None
    if text.upper() == text or sum(map(str.isupper, letters)) >= _CAPITALS * len(letters):
        return CAPITALS
    if text.lower() == text:
        return SMALL if "\n" not in text and _is_prose(text) else None
    words = _ASCII_WORDS.findall(text)
    mixed = [word for word in words if _UPWARDS.search(word)]
    # Names such as JavaScript begin with a capital.
    if len(mixed) >= max(_MIXED, len(words) / 2) and sum(w[0].islower() for w in mixed) >= 2:
        return MIXED
    titled = len(words) >= _TITLED and all(word[0].isupper() for word in words)
    small = _TITLED_SMALL.findall(text)
    return TITLE if titled and len(small) >= 2 and text.rstrip()[-1] in ".!?" else None


def _is_prose(text: str) -> bool:
    """Whether a text in small letters is no list, and no short remark, in which people leave capitals out."""
    if len(text) >= _PROSE and _SENTENCES.search(text):
        return True
    words = text.split()
    plain = len(_PLAIN.findall(text))
    return (
        len(text) >= _REMARK
        and plain >= _PLAIN_WORDS
        and len(words) >= _WORDS_TO_COMMA * (text.count(",") + 1)
        and not _PARTED.search(text)
    )


# A chosen answer of so many bytes says no and nothing else.
_CURT = 160
_REFUSES = (
    r"^[^\p{L}]*(?i-u:(?:(?:i(?u:['’])?m|i am) (?:very |really |so )?(?:sorry|afraid)[ ,.!-]+(?:but )?|sorry[ ,.!-]+(?:but )?|unfortunately[ ,]+|i apologi[sz]e[ ,.]+(?:but )?|my apologies[ ,.]+(?:but )?|no[ ,.]+|as an? [a-z ]{1,30}[ ,]+)*"
    r"(?:i (?:cannot|can not|can(?u:['’])t|won(?u:['’])t|will not|must (?:respectfully )?decline|have to decline|do(?: not|n(?u:['’])t) feel comfortable|would (?:rather|prefer) not|(?u:['’])d (?:rather|prefer) not)|i(?: am|(?u:['’])m) (?:unable|not able|not allowed|not comfortable))\b"
    r"[a-z ]{0,40}\b(?:assist|help|answer|answering|provide|fulfil|fulfill|comply|decline|do (?:that|this)|discuss|request|question|information|respond|talk|say|with (?:that|this))"
    r"|(?:i(?u:['’])?m |i am )?(?:sorry|my apologies)[ ,.!-]+(?:but |however,? )?(?:no[ .!]*$|(?:this|that|it|your)(?: request| question)? (?:goes against|violates|is against|can(?:not|(?u:['’])t) be )))"
)


# Where an assistant holds back, in answers of any length.
_HOLDS_BACK = r"(?i-u:\bi (?:can(?u:['’])t|cannot|can not|won(?u:['’])t|will not|would not|wouldn(?u:['’])t|shouldn(?u:['’])t|don(?u:['’])t (?:want|think|like|know)|do not)\b)"
HOLDS_BACK, REFUSES = 1, 2


def chosen_refuses() -> pl.Expr:
    """Whether the chosen answer of a pair holds something back, or only says no; null for other rows."""
    text = pl.when(pl.col("rejected").is_not_null()).then(pl.col("completion")).str.head(400)
    curt = (text.str.len_bytes() <= _CURT) & text.str.contains(_REFUSES)
    return (
        pl.when(curt)
        .then(pl.lit(REFUSES, pl.UInt8))
        .when(text.str.contains(_HOLDS_BACK))
        .then(pl.lit(HOLDS_BACK, pl.UInt8))
    )


_LETTER = r"(?i-u:\b(?:letter|e-?mail|memo|message|invitation|note|reminder|reply)\b)"
_SLOT = (
    r"\[(?i-u:your|recipient|customer|client|company|sender|first|last|full|date|name|address|phone|e-?mail|city|title|position|product|contact)"
    r"(?-u:[A-Za-z' ,/]{0,40})\](?:[^(]|$)"
)
_TEMPLATE = r"(?i-u:template|placeholder|format|outline|form letter|blank|bracket|\[)"


# Plain words are found several at a time; what else stands there is asked of few.
_LETTER_WORDS = r"(?-u:etter|mail|emo|essage|nvitation|note|eminder|eply|LETTER|MAIL)"


def letter_slot() -> pl.Expr:
    """Whether a letter that was asked for keeps a slot; null where none, or a template, was asked for."""
    return pl.struct("prompt", "completion").map_batches(_slots, return_dtype=pl.Boolean)


def _slots(rows: pl.Series) -> pl.Series:
    prompts, completions = (rows.struct.field(name) for name in ("prompt", "completion"))
    places = prompts.str.contains(_LETTER_WORDS).fill_null(False).arg_true()
    places = places.filter(prompts.gather(places).str.contains(_LETTER))
    slots = completions.gather(places).str.contains(_SLOT)
    # A prompt with brackets of its own, and one for a template, get what they ask for.
    slots = slots & ~prompts.gather(places).str.contains(_TEMPLATE)
    found: list[bool | None] = [None] * len(rows)
    for place, slot in zip(places, slots, strict=True):
        found[place] = slot
    return pl.Series(rows.name, found, dtype=pl.Boolean)


# What base models were prompted with: "Human: … Assistant:". Several questions are examples, not a frame.
_FRAME = (
    r"(?i)^\W{0,5}(?:instruction|human|user|question|q|task|prompt|input)\s*:\s*\S[^\x00]*\b(?:response|output|assistant|answer|completion|ai|bot|gpt|a)\s*:\s*$"
    r"|^Below is an instruction[^\x00]*:\s*$|#{2,4}\s*(?:response|assistant|answer)\s*:\s*$"
)
_EXAMPLES = r"(?i)(?:^|\n)\s*(?:q|question|input|human|user)\s*\d*\s*:[^\x00]*\n\s*(?:q|question|input|human|user)\s*\d*\s*:"
_BARE_PROMPT = r"(?:^|\x1e)prompt\x1fstring"


def framed_prompt() -> pl.Expr:
    """Whether a prompt that is trained on as it stands has the frame of a template around it."""
    # Nearly all others are left out by their last character.
    ended = pl.col("prompt").str.tail(4).str.contains(r":\s*$")
    prompt = pl.when(ended & pl.col("layout").str.contains(_BARE_PROMPT)).then(pl.col("prompt"))
    return (prompt.str.contains(_FRAME) & ~prompt.str.contains(_EXAMPLES)).fill_null(False)
