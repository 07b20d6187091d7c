"""Tasks on letters whose results can be worked out: codes, passwords, initials, words to leave out.

As in `word_puzzles`, each function yields what is wrong, or nothing where the task is another one or
the answer cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from curate.patterns import Topic, has_any, regex
from curate.rules.numerals import COUNT, count_of
from curate.rules.word_puzzles import subject_of

MORSE = {
    ".-": "a", "-...": "b", "-.-.": "c", "-..": "d", ".": "e", "..-.": "f", "--.": "g", "....": "h", "..": "i",
    ".---": "j", "-.-": "k", ".-..": "l", "--": "m", "-.": "n", "---": "o", ".--.": "p", "--.-": "q", ".-.": "r",
    "...": "s", "-": "t", "..-": "u", "...-": "v", ".--": "w", "-..-": "x", "-.--": "y", "--..": "z",
    "-----": "0", ".----": "1", "..---": "2", "...--": "3", "....-": "4", ".....": "5", "-....": "6", "--...": "7",
    "---..": "8", "----.": "9",
}  # fmt: skip
_LONGEST = 200
_PROGRAM = regex(
    r"\b(?:function|program|script|python|java|javascript|algorithm|c\+\+|sql|regex)\b|\bcode (?:to|that|for)\b",
    re.I,
)


def wrong(prompt: str, completion: str) -> Iterator[str]:
    """What the completion gets wrong; nothing where that cannot be told."""
    places = _WORDS_OF_FORMS.which(prompt)
    if not places:
        return
    lower = prompt.lower()
    for words, form in (_FORMS[i] for i in places):
        if has_any(lower, words) and not _PROGRAM.search(prompt):
            yield from form(prompt, completion)


def _plain(text: str) -> str:
    return "".join(ch for ch in text.lower() if ch.isascii() and ch.isalnum())


def _morse(prompt: str, completion: str) -> Iterator[str]:
    """Text in Morse code, to be read back."""
    subject = subject_of(prompt)
    if not re.search(r"\b(?:to|into|in|using) morse\b", prompt, re.I) or not subject:
        return
    coded = re.sub(r"[–—−]", "-", completion.replace("•", ".").replace("·", "."))
    run = re.search(r"[.-][.\- /|\n]{4,}", coded)
    marks = re.split(r"[\s/|]+", run[0].strip(" /|\n")) if run else []
    if not marks or len(subject) > _LONGEST:
        return
    read = "".join(MORSE.get(mark, "?") for mark in marks)
    # A full stop behind the code is no E.
    if _plain(subject) not in (_plain(read), _plain(read.removesuffix("e"))) or "?" in read[:-1]:
        yield f"the Morse code reads {read!r}, not {subject[:40]!r}"


def _binary(prompt: str, completion: str) -> Iterator[str]:
    """Text in groups of eight binary digits, to be read back."""
    groups = re.findall(r"(?<![01])[01]{7,8}(?![01])", completion)
    subject = subject_of(prompt)
    if len(groups) < 3 or not subject or not re.search(r"[a-z]", subject, re.I):
        return
    if not re.search(r"\bbinary\b|\bascii\b", prompt, re.I):
        return
    read = "".join(chr(int(group, 2)) for group in groups)
    wanted = re.sub(r"\s+", "", subject.lower()).rstrip(".!?")
    if wanted not in re.sub(r"\s+", "", read.lower()):
        yield f"the binary digits read {read[:40]!r}, not {subject[:40]!r}"


_PASSWORD = regex(
    r"^\W*(?:please )?(?:generate|create|make|give|suggest|provide|come up with|produce|write)\b[^.\n]{0,40}?\bpassword\b(?!s| manager| polic)",
    re.I,
)
_PASSWORD_LENGTH = (
    (regex(r"\b(?:at least|minimum(?: of)?|no (?:less|fewer) than) (\d{1,2}) (?:characters|letters)", re.I), 0, None),
    (regex(r"\b(?:more|longer) than (\d{1,2}) (?:characters|letters)", re.I), 1, None),
    (regex(r"\b(?:up to|at most|maximum(?: of)?|no more than) (\d{1,2}) (?:characters|letters)", re.I), None, 0),
    (regex(r"(?<!least )(?<!than )(?<!to )(?<!-)\b(\d{1,2})[- ](?:characters?|letters?)(?! or\b| minimum| at)|\blength (?:of )?(\d{1,2})\b", re.I), 0, 0),
)  # fmt: skip
_CLASSES = (
    (r"\b(?:upper ?-?case|capital)", r"[A-Z]", "a capital letter"),
    (r"\blower ?-?case", r"[a-z]", "a small letter"),
    (r"\b(?:numbers?|digits?|numeric|numerals?)\b", r"\d", "a digit"),
    (r"\b(?:symbols?|special characters?|punctuation)\b", r"[^A-Za-z0-9]", "a symbol"),
)


def _password(prompt: str, completion: str) -> Iterator[str]:
    """A password that breaks what is asked of it."""
    word = re.fullmatch(
        r"(?:[^\n]*?(?:is|:)\s+)?[\"“'`]?([^\s\"“”'`]{4,40})[\"”'`]?", completion.strip()
    )
    if not _PASSWORD.search(prompt) or word is None or re.search(r"\b(?:without|no |not|only|between|phrase)\b", prompt, re.I):  # fmt: skip
        return
    password = word[1]
    for pattern, least, most in _PASSWORD_LENGTH:
        match = pattern.search(prompt)
        if match is None:
            continue
        wanted = int(next(g for g in match.groups() if g))
        # A full stop behind it may or may not belong to it.
        lengths = {len(password), len(password.rstrip("."))}
        if (least is not None and max(lengths) < wanted + least) or (most is not None and min(lengths) > wanted + most):  # fmt: skip
            yield f"the prompt asks for {match[0]!r}, the password has {len(password)} characters"
            return
        break
    for asked, needed, name in _CLASSES:
        if re.search(asked, prompt, re.I) and not re.search(needed, password):
            yield f"the prompt asks for {name} in the password, which has none"
            return


_INITIALS = regex(r"\b(?:acrostic|mnemonic|acronym|backronym)\b", re.I)
_FOR_WORD = regex(
    r"\b(?:for|of|from|using|spells?|with|remember) (?:the )?(?:given |following )?(?:word|name|letters|acronym|term)?:?\s*[\"“'‘]?([A-Za-z]{3,12})[\"”'’]?\s*[.?!]?\s*$",
    re.I,
)


def _initials(prompt: str, completion: str) -> Iterator[str]:
    """A word and the words or lines whose first letters should spell it."""
    match = _FOR_WORD.search(prompt.strip()) if _INITIALS.search(prompt) else None
    subject = match[1] if match else subject_of(prompt) or ""
    word = subject.strip().lower()
    if not _INITIALS.search(prompt) or not re.fullmatch(r"[a-z]{3,12}", word):
        return
    lines = [line.strip(" -*•\"'“") for line in completion.strip().splitlines() if line.strip()]
    if "acrostic" in prompt.lower():
        initials = "".join(line[:1].lower() for line in lines)
        # A title may stand above.
        if abs(len(lines) - len(word)) <= 1 and word not in initials:
            yield f"the lines begin with {initials!r}, not with the letters of {word!r}"
        return
    behind = re.fullmatch(
        r"((?:[A-Z][\w'’-]*[\s,.]+){3,})\(([A-Za-z]{3,12})\)\.?", completion.strip()
    )
    if behind and behind[2].lower() == word:
        initials = "".join(w[0].lower() for w in re.findall(r"[A-Z][\w'’-]*", behind[1]))
        if initials != word:
            yield f"the words begin with {initials!r}, not with the letters of {word!r}"
        return
    spelled = re.fullmatch(r"([A-Za-z]{3,12})\s*(?:[-–:=]|stands for)\s*((?:[A-Z][\w'’-]*[\s,.]+)+[A-Z][\w'’-]*[\s,.]*)", completion.strip())  # fmt: skip
    if spelled and spelled[1].lower() == word:
        initials = "".join(w[0].lower() for w in re.findall(r"[A-Z][\w'’-]*", spelled[2]))
        if initials != word:
            yield f"the words begin with {initials!r}, not with the letters of {word!r}"


_LEAVE_OUT = regex(
    rf"\b(?:remove|delete|omit|drop|eliminate|take out) (?:all |any |every )?(?:the )?words?\b[^.\n]*?\b(?:with|that (?:have|has|contain|contains|are|is)|containing|of|having) (?:(more|less|fewer) than {COUNT}|(longer|shorter) than {COUNT}) (?:letters|characters)",
    re.I,
)


def _left_out(prompt: str, completion: str) -> Iterator[str]:
    """ "Remove all words with more than five letters": what stays is what the others are."""
    match = _LEAVE_OUT.search(prompt)
    subject = subject_of(prompt)
    if match is None or not subject or len(subject) > _LONGEST:
        return
    limit = count_of(match[2] or match[4])
    longer = (match[1] or match[3]).lower() in ("more", "longer")
    words = re.findall(r"[\w'’]+", subject.lower())
    kept = [w for w in words if not (len(w) > limit if longer else len(w) < limit)]
    said = re.findall(r"[\w'’]+", completion.lower())
    if kept != said[-len(kept) :] and len(said) <= len(words):
        yield f"what is left should be {' '.join(kept)[:60]!r}"


_REARRANGE = regex(
    r"\b(?:re-?arrange|unscramble|re-?order|put|order|organi[sz]e|arrange) (?:the |these )?(?:following |given )?(?:words|word)\b[^\n]*\b(?:sentence|phrase|order)\b|\b(?:make|form|create) an? (?:[a-z]+ )?sentence (?:using|from|with) (?:all )?(?:of )?(?:the |these )(?:following |given )?words\b",
    re.I,
)


def _rearranged(prompt: str, completion: str) -> Iterator[str]:
    """Words to be put in order: each of them stands in the answer."""
    subject = subject_of(prompt) if _REARRANGE.search(prompt) else None
    if not subject or re.search(r"alphabet|\bascending|\blength\b", prompt, re.I):
        return
    given = re.findall(r"[a-z'’]+", subject.lower())
    said = re.findall(r"[a-z'’]+", completion.lower())
    if (
        not 4 <= len(given) <= 15
        or len(said) > len(given) + 2
        or re.search(r"[.?!]", subject.strip()[:-1])
    ):
        return
    missing = next((word for word in given if word not in said), None)
    # Another form of the word may stand for it.
    if missing and not any(word.startswith(missing[:4]) for word in said if len(missing) > 3):
        yield f"the given word {missing!r} is left out"


_VOWELS_OUT = regex(
    r"\b(?:remove|delete|take out|eliminate|omit|strip) (?:all )?(?:of )?(?:the )?vowels\b", re.I
)


def _vowels(prompt: str, completion: str) -> Iterator[str]:
    """ "Remove all vowels from …"."""
    subject = subject_of(prompt)
    if not _VOWELS_OUT.search(prompt) or not subject or len(subject) > _LONGEST:
        return
    wanted = re.sub(r"[aeiou]", "", _plain(subject))
    if wanted and wanted not in _plain(completion) and not re.search(r"\by\b", prompt, re.I):
        yield f"without its vowels {subject[:40]!r} is {re.sub(r'[aeiouAEIOU]', '', subject)[:40]!r}"


_FORMS: tuple[tuple[tuple[str, ...], Callable[[str, str], Iterator[str]]], ...] = (
    (("morse",), _morse),
    (("binary", "ascii"), _binary),
    (("password",), _password),
    (("acrostic", "mnemonic", "acronym"), _initials),
    (("letters", "characters"), _left_out),
    (("vowel",), _vowels),
    (("words", "word"), _rearranged),
)
_WORDS_OF_FORMS = Topic(*(regex("|".join(words), re.I) for words, _ in _FORMS))
HINT = r"(?i-u:(?:re-?arrange|unscramble|re-?order|\bput|\border|organi[sz]e|\barrange) (?:the |these )?(?:following |given )?words?\b|sentence (?:using|from|with) (?:all )?(?:of )?(?:the |these )(?:following |given )?words|\bmorse\b|to binary|into binary|binary representation|ascii|\A(?u-i:[^0-9A-Za-z_]){0,8}(?:please )?(?:generate|create|make|give|suggest|provide|come up with|produce|write)\b(?u-i:[^.\n]){0,40}\bpassword\b|acrostic|mnemonic|acronym|(?:remove|delete|omit|drop|eliminate|take out|strip) [a-z ]{0,24}(?:words?|vowels)\b)"
