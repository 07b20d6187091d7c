"""Questions about letters and words whose answers can be checked: counts, positions, anagrams, first letters.

Each function takes a prompt and a completion and yields what is wrong, or nothing where the task is
another one or the answer cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from curate.patterns import Topic, has_any, regex
from curate.rules.numerals import COUNT, COUNTS, ORDINAL, count_of, position_of

_LONGEST_TEXT = 300
_QUOTED = regex(r"[\"“]([^\"“”\n]{1,300})[\"”]|(?<!\w)['‘]([^'’\n]{1,80})['’](?!\w)")
_QUOTES = ('"', "'", "“", "‘")
_FIRST_COUNT = regex(rf"(?<![\w.])(?:(\d{{1,4}})|({'|'.join(COUNTS)}|no|zero))(?![\w.]*\d)\b", re.I)
_PROGRAM = regex(
    r"\b(?:function|program|code|script|python|java|javascript|method|algorithm|c\+\+|c#|ruby|sql|regex|regular expression|array|def)\b|\breturn ",
    re.I,
)
_CODE = regex(r"[;{}]\s*$|\bdef |\breturn\b|=\s*\[|[a-z_]\w{0,60}\(\w{0,60}\)|```", re.MULTILINE)
_VOWELS = frozenset("aeiou")
_VERBS = r"(?:find|give|name|list|suggest|think of|create|generate|provide|come up with|write|tell me|identify|what is|what's|make|produce)"


def wrong(prompt: str, completion: str) -> Iterator[str]:
    """What the completion gets wrong about letters and words; nothing where that cannot be told."""
    places = _WORDS_OF_FORMS.which(prompt)
    if not places or _PROGRAM.search(prompt):
        return
    lower = prompt.lower()
    for words, form in (_FORMS[i] for i in places):
        for said in form(prompt, completion) if has_any(lower, words) else ():
            # Few are found; only then is it asked whether the answer is code.
            if _CODE.search(completion):
                return
            yield said


def _quoted(text: str) -> list[str]:
    return [a or b for a, b in _QUOTED.findall(text)] if has_any(text, _QUOTES) else []


def subject_of(prompt: str) -> str | None:
    """The text that a prompt is about: the last quoted one, what follows the last colon, or the last line."""
    quoted = [q for q in _quoted(prompt) if len(q) > 1]
    if quoted:
        return quoted[-1]
    lines = [line.strip() for line in prompt.strip().splitlines() if line.strip()]
    if len(lines) == 2:
        return re.sub(r"^(?:text|word|sentence|string|input)\s*:\s*", "", lines[1], flags=re.I)
    _, colon, rest = prompt.strip().partition(":")
    if colon and "\n" not in rest.strip():
        return rest.strip()
    word = re.search(r"\bthe (?:word|string|name) ([A-Za-z]{2,30})[?.]?\s*$", prompt.strip())
    return word[1] if word else None


def _claimed_count(completion: str) -> int | None:
    match = _FIRST_COUNT.search(_without_quotes(completion))
    if match is None:
        return None
    return int(match[1]) if match[1] else COUNTS.get(match[2].lower(), 0)


def _without_quotes(text: str) -> str:
    return _QUOTED.sub(" ", text) if has_any(text, _QUOTES) else text


def _letters(text: str) -> str:
    return "".join(ch for ch in text.lower() if ch.isalpha())


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+(?:['’-]\w+)*", text)


def _counted(what: str, text: str, letter: str | None) -> set[int]:
    """The counts that pass for right."""
    letters = _letters(text)
    if letter:
        return {text.lower().count(letter.lower())}
    if what.startswith("vowel"):
        plain = sum(ch in _VOWELS for ch in letters)
        return {plain, plain + letters.count("y")}
    if what.startswith("consonant"):
        plain = sum(ch not in _VOWELS for ch in letters)
        return {plain, plain - letters.count("y")}
    if what.startswith("word"):
        words = len(text.split())
        return {words, len(words_of(text)), len(re.findall(r"\w+", text))}
    stripped = re.sub(r"[.!?]$", "", text)
    return {
        len(letters),
        len(text),
        len(stripped),
        len(re.sub(r"\s", "", text)),
        len(re.sub(r"\W", "", text)),
    }


_COUNT_OF = regex(
    r"\b(?:how many (?:times (?:does|is) )?|count (?:the )?(?:number of |total )?|number of |frequency of |occurrences of )(?:the )?(?:times (?:does )?(?:the )?)?"
    r"(?:letter (?:['\"“‘]?([a-z])['\"”’]?(?![a-z]))|(?:letters? )?['\"“‘]([a-z])['\"”’](?:s|'s)?|(vowels|consonants|letters|characters|words))\b",
    re.I,
)


def _count(prompt: str, completion: str) -> Iterator[str]:
    match = _COUNT_OF.search(prompt)
    subject = subject_of(prompt)
    if match is None or not subject or max(len(subject), len(completion)) > _LONGEST_TEXT:
        return
    if re.search(
        r"\b(?:distinct|unique|different|each|every|per|frequency of each|longer|shorter|more than|start|end|contain|rhym|repeated|most)",
        prompt,
        re.I,
    ):
        return
    letter = match[1] or match[2]
    rest = prompt[: match.start()] + prompt[match.end() :]
    if _COUNT_OF.search(rest) or (letter and subject.strip().lower() == letter.lower()):
        return
    claimed = _claimed_count(completion)
    right = _counted((match[3] or "").lower(), subject, letter)
    if claimed is not None and claimed not in right:
        what = f"letter {letter!r}" if letter else match[3]
        yield f"the completion counts {claimed} for the {what} of {subject[:40]!r}, but it is {min(right)}"


def _nth(prompt: str, completion: str) -> Iterator[str]:
    """ "What is the 3rd letter of …?"."""
    match = re.search(
        rf"\b(?:what|find|identify|give|name|which|output|return|extract|tell)\b[^.\n]*?\b{ORDINAL} (letter|word) (?:of|in|from)\b",
        prompt,
        re.I,
    )
    subject = subject_of(prompt)
    if (
        match is None
        or not subject
        or re.search(r"\balphabet\b|\bfrom the (?:right|back)\b", prompt, re.I)
    ):
        return
    at, what = position_of(match[1]) - 1, match[2].lower()
    units = list(_letters(subject)) if what == "letter" else [w.lower() for w in words_of(subject)]
    if re.search(r"\bfrom the end\b", prompt, re.I):
        units.reverse()
    answer = [
        q
        for q in _quoted(completion)
        if q.lower() != subject.lower() and (what == "word" or len(q) == 1)
    ]
    bare = re.fullmatch(r"\W*([\w'’-]+)\W*", completion) or re.search(
        r"\bis:? ([a-z])\W*$", completion.strip(), re.I
    )
    said = (answer[-1] if answer else bare[1] if bare else "").strip(" .,").lower()
    if at >= len(units):
        return
    accepted = {units[at]}
    if what == "letter" and at < len(subject) and "the end" not in prompt.lower():
        accepted.add(subject[at].lower())
    if said and (what == "word" or len(said) == 1) and said not in accepted:
        yield f"the completion says that the {match[1]} {what} of {subject[:40]!r} is {said!r}, but it is {units[at]!r}"


def single_word(completion: str) -> str | None:
    """The word that an answer gives, where it gives no more than one."""
    bare = re.fullmatch(r"\W*([A-Za-z][A-Za-z'’-]*)\W*", completion)
    if bare:
        return bare[1]
    quoted = [q for q in _quoted(completion) if re.fullmatch(r"[A-Za-z'’-]{2,}", q)]
    return quoted[0] if len(quoted) == 1 and len(completion) < 120 else None


def _length(prompt: str, completion: str) -> Iterator[str]:
    """ "a word that has 10 letters"."""
    match = re.search(
        rf"\b{_VERBS}\b[^.\n]*?\bword\b[^.\n]*?\b(?:has|have|with|contain(?:s|ing)|consist(?:s|ing) of|is|of) (?:exactly )?{COUNT} letters\b|\b{_VERBS} (?:me )?an? {COUNT}[- ]letter word\b",
        prompt,
        re.I,
    )
    word = single_word(completion)
    if (
        match is None
        or word is None
        or re.search(
            r"\b(?:at least|at most|or more|more than|or less|fewer)\b|\bto \d", prompt, re.I
        )
    ):
        return
    wanted = count_of(match[1] or match[2])
    if len(_letters(word)) != wanted:
        yield f"the prompt asks for a word of {wanted} letters, {word!r} has {len(_letters(word))}"


_ITEM = regex(r"^\s*(?:\d{1,2}[.)]|[-*•])\s*")


def _items(completion: str) -> list[str]:
    """The items of a list in lines or commas; empty where the text is no list of short items."""
    lines = [line for line in completion.strip().splitlines() if line.strip()]
    if len(lines) > 1:
        marked = [line for line in lines if _ITEM.match(line)]
        parts = [_ITEM.sub("", line) for line in (marked or lines)]
        parts = [re.split(r"\s*[:(–—]|\s-\s", part)[0] for part in parts]
    else:
        parts = re.split(
            r",\s*(?:and\s+)?|\s+and\s+",
            re.sub(r"^[^:]{0,80}:\s*", "", completion.strip().rstrip(".")),
        )
    parts = [part.strip(" .\"'“”*") for part in parts if part.strip(" .\"'“”*")]
    return parts if all(len(part.split()) <= 3 for part in parts) else []


_STARTS = regex(
    r"\b(?:that|which|whose names?|words?|names?|all|each|beginning|starting)\b[^.\n]{0,30}?\b(?:starts?|starting|begins?|beginning) with (?:the (?:same )?)?(?:letters? )?['\"“‘]?([a-z])['\"”’]?(?![\w'’-])(?!\s+(?:and|or|to|noun|verb|vowel|[a-z]+ letter)\b)",
    re.I,
)
_ENDS = regex(
    r"\b(?:that|which|words?|each|ending)\b[^.\n]{0,30}?\b(?:ends?|ending) (?:with|in) (?:the )?(?:letters?|suffix) ['\"“‘]?-?([a-z]{1,4})['\"”’]?(?![\w'’-])(?!\s+(?:and|or)\b)",
    re.I,
)
_NO_LIST = regex(
    r"\b(?:sentence|story|poem|tongue twister|alliterat\w*|paragraph|phrase|lines?|regex|regular expression|function|program|code|query|sql|count|how many|filter|remove|question|essay|tweet|slogan|title|haiku|acrostic|and ends?|password|code name|except|not)\b",
    re.I,
)


def _edges(prompt: str, completion: str) -> Iterator[str]:
    """Lists of words that should begin or end with given letters."""
    if _NO_LIST.search(prompt) or not re.search(rf"^\W*(?:please )?{_VERBS}\b", prompt, re.I):
        return
    starts, ends = _STARTS.search(prompt), _ENDS.search(prompt)
    items = _items(completion) if starts or ends else []
    for item in items:
        spelled = re.sub(r"^(?:the|a|an) ", "", item.lower())
        if (
            starts
            and starts[1].lower() not in (spelled[:1], item[:1].lower())
            and item[:1].isalpha()
        ):
            yield f"the prompt asks for words that begin with {starts[1]!r}, the completion gives {item!r}"
            return
        if ends and not spelled.endswith(ends[1].lower()) and item[-1:].isalpha():
            yield f"the prompt asks for words that end in {ends[1]!r}, the completion gives {item!r}"
            return


def _anagram(prompt: str, completion: str) -> Iterator[str]:
    match = re.search(
        r"\banagrams? (?:of|for|from|using|with)\b|\bcome up with an anagram\b|\b(?:form|make|create|find) an anagram\b",
        prompt,
        re.I,
    )
    subject, word = subject_of(prompt), single_word(completion)
    if (
        match is None
        or not subject
        or word is None
        or re.search(
            r"\b(?:is|are|check|whether|determine|detect|function|phrases?|each)\b",
            prompt[: match.start()],
            re.I,
        )
    ):
        return
    if re.fullmatch(r"[A-Za-z ]{3,30}", subject) and sorted(_letters(subject)) != sorted(
        _letters(word)
    ):
        yield f"{word!r} is no anagram of {subject!r}"


def _palindrome(prompt: str, completion: str) -> Iterator[str]:
    asked = re.search(
        rf"^\W*{_VERBS} (?:me )?(?:an? |any |the |one )?(?:example of an? )?(?:[a-z-]+ ){{0,2}}?palindrome\b",
        prompt,
        re.I,
    )
    if asked is None or re.search(
        r"\b(?:function|program|code|check|longest|algorithm|script)\b|\bpalindromes\b"
        r"|\bwhat(?: is|['’]s) a palindrome\b",
        prompt,
        re.I,
    ):
        return
    quoted = _quoted(completion)
    text = quoted[0] if len(quoted) == 1 else completion
    plain = "".join(ch for ch in text.lower() if ch.isalnum())
    if (
        3 <= len(plain) <= 60
        and "\n" not in text.strip()
        and (quoted or len(completion) <= 60)
        and plain != plain[::-1]
    ):
        yield f"{text.strip()[:60]!r} is no palindrome"


def _reversed(prompt: str, completion: str) -> Iterator[str]:
    match = re.search(
        r"\breverse (?:the )?(?:letters (?:of|in) )?(?:the |this |given |following )*(?:string|word|letters)\b|\b(?:spell|write) [^.\n]{1,40} backwards?\b",
        prompt,
        re.I,
    )
    subject = subject_of(prompt)
    if (
        match is None
        or not subject
        or not re.fullmatch(r"[A-Za-z]{3,30}", subject)
        or re.search(r"\b(?:function|program|code|script|python|order|algorithm)\b", prompt, re.I)
    ):
        return
    turned = subject.lower()[::-1]
    if turned not in re.sub(r"[^a-z]", "", completion.lower()):
        yield f"{subject!r} reversed is {turned!r}"


def _unscrambled(prompt: str, completion: str) -> Iterator[str]:
    match = re.search(
        r"\bunscramble\b|\bre-?arrange (?:the |these )?(?:following |given )?letters\b",
        prompt,
        re.I,
    )
    subject, word = subject_of(prompt), single_word(re.sub(r"\s*\([^)]*\)\s*$", "", completion))
    if match is None or not subject or word is None or len(_letters(subject)) < 3:
        return
    if re.fullmatch(r"[A-Za-z ,]{3,30}", subject) and sorted(_letters(subject)) != sorted(
        _letters(word)
    ):
        yield f"{word!r} is not made of the letters of {subject!r}"


_WORDS_TO_USE = regex(
    r"\b(?:sentence|story|poem|paragraph|phrase|haiku|limerick|joke|tweet|dialogue)\b[^\n]*?\b(?:using|with|that (?:use|contain|include)s?|containing|including|from) (?:all )?(?:of )?"
    r"(?:the |these |this )?(?:following |given |provided )?(?:two |three |four |five |six |\d )?words\b[^\n:\"]{0,20}[:\n]+\s*(?:words?\s*:)?\s*([^\n.:]+)\.?\s*$",
    re.I,
)


def _unused(prompt: str, completion: str) -> Iterator[str]:
    """ "a sentence using the words: cat, mat": each of them, in some form."""
    match = _WORDS_TO_USE.search(prompt)
    if match is None:
        return
    words = [w.strip(" \"'“”.").lower() for w in re.split(r",|\band\b|/", match[1])]
    words = [w for w in words if w]
    if not 2 <= len(words) <= 6 or not all(re.fullmatch(r"[a-z-]{2,}", w) for w in words):
        return
    said = completion.lower()
    for word in words:
        # The beginning stands for all forms: "break" for "breaking", "city" for "cities".
        if word[: max(3, min(5, len(word) - 2))] not in said:
            yield f"the prompt wants the word {word!r} used; the completion does without it"
            return


_QUOTED_EDGE = regex(
    r"\b(?:sentence|story|poem|paragraph|phrase|line|limerick|essay|dialogue|letter|tale|text|haiku)\b[^.\n\"“]{0,60}?\b"
    r"(starts?|starting|begins?|beginning|ends?|ending) (?:with|in) (?:the )?(?:following )?(?:words?|phrases?|sentences?|lines?)?,?:? ?(?:[\"“]([^\"“”\n]{2,80})[\"”]|(?<!\w)'([^'\n]{2,80})'(?!\w))",
    re.I,
)


def _quoted_edge(prompt: str, completion: str) -> Iterator[str]:
    """ "a story that begins with "…"" """
    match = _QUOTED_EDGE.search(prompt)
    if match is None or re.search(
        r"\bnot\b|\bwithout\b|\bavoid\b|\beach\b|\bevery\b|\ball\b|\blines\b|\bregex\b|\bfunction\b",
        prompt,
        re.I,
    ):
        return
    wanted = [w.lower() for w in words_of(match[2] or match[3])]
    said = [w.lower() for w in words_of(completion)]
    start = match[1].lower().startswith(("start", "begin"))
    # A title or a label may stand before, a closing mark or a word behind.
    near = said[: len(wanted) + 10] if start else said[-len(wanted) - 3 :]
    spans = (near[i : i + len(wanted)] for i in range(len(near)))
    if wanted and said and wanted not in spans:
        yield (
            f"the prompt wants a text that {'begins' if start else 'ends'} with {(match[2] or match[3])!r}; "
            "the completion's does not"
        )


# Each with words of which one must stand in the prompt.
_FORMS: tuple[tuple[tuple[str, ...], Callable[[str, str], Iterator[str]]], ...] = (
    (("how many", "number of", "count", "frequency", "occurrences"), _count),
    ((" letter of", " letter in", " letter from", " word of", " word in", " word from"), _nth),
    (("letters", "letter word", "-letter"), _length),
    (("start", "begin", "ending", "end with", "end in", "ends with", "ends in"), _edges),
    (("anagram",), _anagram),
    (("palindrome",), _palindrome),
    (("reverse", "backward"), _reversed),
    (("start", "begin", "ending", "end with", "ends with"), _quoted_edge),
    (("unscramble", "letters"), _unscrambled),
    (("words",), _unused),
)
_WORDS_OF_FORMS = Topic(*(regex("|".join(words), re.I) for words, _ in _FORMS))
HINT = (
    r"(?i-u:(?:how many|number of|count|frequency)[ -~]{0,40}(?:letters?|characters|words|vowels|consonants)\b|(?:[0-9](?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth"
    r"|ninth|tenth) (?:letter|word) (?:of|in|from)|anagram|palindrome|unscramble|backwards?\b|reverse (?:the )?(?:[a-z]+ ){0,2}(?:string|word|letters)|arrange (?:the |these )?(?:[a-z]+ )?letters"
    r"|[0-9a-z]+[- ]letter word|\bword\b[ -~]*[0-9a-z]+ letters\b|(?:starts?|starting|begins?|beginning|ends?|ending) (?:with|in) (?:the )?(?:same |following )?(?:letters?|words?|phrases?|sentences?|lines?|suffix|[\"']|[a-z]\b)"
    r"|(?:sentence|story|poem|paragraph|phrase|haiku|limerick|joke|tweet|dialogue)[ -~]*\b(?:following|given|provided|these|the|two|three|four|five|six) words\b)"
)
