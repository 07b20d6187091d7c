"""TXT040: the prompt sets a length in words, sentences or lines, and the completion has another."""

from __future__ import annotations

import re

import polars as pl

from curate.patterns import has_any, regex
from curate.rules.exchanges import OnExchange
from curate.rules.numerals import COUNT, COUNTS, count_of
from curate.rules.protocol import About, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_TEXT = (
    r"(?:sentence|phrase|slogan|tagline|summary|poem|haiku|headline|motto|response|answer|description|caption|statement|story"
    r"|definition|paraphrase|jingle|quote|message|tweet|bio|mantra|title|essay|letter|article|paragraph|review|report|speech|blog post|passage|email|sketch|monologue|script|introduction|biography|analysis|narrative|scene|proposal|piece)"
)
_EXACT = regex(
    rf"\b(?:{COUNT}[- ]words? (?:[a-z-]+ )?{_TEXT}\b|{_TEXT} (?:of|in|with|using|that (?:has|is|contains)|consisting of) exactly {COUNT} words\b"
    rf"|{_TEXT} (?:of|in|with) {COUNT} words\b|(?:in|using) exactly {COUNT} words\b|(?:is|are|be) {COUNT} words(?: long| in length)?\s*[.!]?\s*$)",
    re.I,
)
_MOST = regex(
    rf"\b(?:(?:in|with|using|of|to)? ?(?:less|fewer) than {COUNT} words\b|(?:no|not) (?:more|longer) than {COUNT} words\b|at most {COUNT} words\b"
    rf"|(?:within|limit(?:ed)? (?:of|to)) {COUNT} words\b|(?:a )?maximum (?:of )?{COUNT} words\b|up to {COUNT} words\b|under {COUNT} words\b|in {COUNT} words or (?:less|fewer)\b)"
    rf"|< ?{COUNT} words\b|\({COUNT} words? (?:max|or less|or fewer)",
    re.I,
)
_LEAST = regex(
    rf"\b(?:at least|(?:a )?minimum (?:of )?|no (?:less|fewer) than) {COUNT} words\b", re.I
)
_LINES = regex(
    rf"\b{COUNT}[- ]lines? (?:poem|verse|limerick|rap|song)\b|\b(?:poem|rap|verse|song) (?:of|with|that is|in|consisting of|containing) (?:exactly )?{COUNT} lines\b",
    re.I,
)
_HAIKU = regex(
    r"^\W*(?:please )?(?:write|create|compose|generate|construct|make|give|craft|produce)\b[^.\n]{0,30}?\bhaiku\b(?!s)",
    re.I,
)
_ONLY = regex(rf"\b(?:using|with|in) (?:only|just|exactly) {COUNT} words\b", re.I)
# A number before "word", without which none of those on words matches; "word" is found first.
_FAR = 48  # characters; "introduction consisting of exactly fifteen" has 42
# Without such words, nothing is at most so long.
_LIMITED = regex(
    r"less|fewer|more than|longer than|at most|<|within|limit|\(|maximum|up to|under", re.I
)
_COUNTED_WORDS = regex(
    "[- ]word(?:" + "|".join(rf"(?<={count}[- ]word)" for count in (r"\d", *COUNTS)) + ")", re.I
)
_SENTENCES = regex(
    r"\b(?:in|is|of|with|using|exactly|write|an?|,) (?:exactly |just |only )?(one|two|three|four|five|six|[1-6])[- ]sentences?\b",
    re.I,
)
_SENTENCES_OTHERWISE = regex(
    r"\bat least\b|\bor more\b|\bminim|\bless than\b|\bmax|\bno more\b|\bup to\b|\d ?- ?\d|\bto \d|\beach\b|\b(?:given|following|these|the) (?:one|two|three|four|five|\d)"
    r"|\bcombine|\bjoin|\bthese\b|\bmerge|\blist\b|\bmore sentences\b|\badd\b|\bor (?:two|three|four)\b|\bwith (?:one|two|three|\d) sentences? (?:for|about) each",
    re.I,
)
# "3-4 sentences", "two to three sentences".
_FEW = r"(one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2})"
_SENTENCE_RANGE = regex(rf"\b{_FEW}\s?(?:-|–|to|or)\s?{_FEW} sentences?\b", re.I)
_WORD_RANGE = regex(
    r"\b(\d{1,3})(?: words)?\s?(?:-|–|to|and)\s?(\d{1,3}) words\b(?! (?:each|list))", re.I
)
_CHARACTERS = regex(
    r"\b(?:less|fewer) than (\d{2,4}) characters\b|\b(\d{2,4}) characters(?: in length)? or (?:less|fewer)\b|\b(?:under|within|up to|at most|maximum(?: of)?|max|no more than) (\d{2,4}) characters\b"
    r"|\b(?:tweet|post|message|caption|headline|description|summary|bio)s? (?:of|with) (\d{2,4}) characters\b|\b(\d{2,4})[- ]characters? (?:[a-z]+ )?(?:limit|tweet|message|summary|description|post|caption|bio)\b|\bin (\d{2,4}) characters\b",
    re.I,
)
_TWEET = regex(
    r"^\W*(?:please )?(?:write|compose|create|generate|craft|construct|draft|make|give)\s+(?:me\s+)?(?:an?|one|the|your)\s+(?:[a-z-]+\s+){0,2}?tweet\b(?! thread| storm)",
    re.I,
)
_LONGEST_TWEET = 280
# Forms of verse, and the lines that they have.
_SCHEME = regex(r"\brhym(?:e|ing) scheme:? ?(?:of |is )?[\"“']?([A-G]{3,14})\b")
_VERSE = regex(
    r"^\W*(?:please )?(?:write|create|compose|generate|construct|make|give|craft|produce)\b[^.\n]{0,40}?\b(limerick|sonnet|couplet|quatrain)\b(?!s)",
    re.I,
)
_VERSE_LINES = {"limerick": 5, "sonnet": 14, "couplet": 2, "quatrain": 4}
# Of these words, one stands in a prompt that sets a number of lines.
_OF_LINES = ("line", "haiku", "rhym", *_VERSE_LINES)
_ABBREVIATION = regex(
    r"\b(?:Mr|Mrs|Ms|Dr|St|vs|etc|e\.g|i\.e|U\.S|Jr|Sr|No|Inc|Ltd|a\.m|p\.m)\.|\b[A-Z]\.(?=\s?[A-Z])"
)
_NO_PROSE = regex(r"\n\s*+\S|[\"“”:;…]")
_OTHERWISE = regex(
    r"\b(?:about|around|approximately|roughly) (?:an? )?(?:\d|two|three|four|five|six|seven|eight|nine|ten|fif|twe)|\b(?:each|every|per|between|list|keywords?|vocabulary|or so|multiple|several|(?:two|three|four|five|\d+) (?:sentences|haikus?|poems|slogans|taglines|headlines|titles"
    r"|phrases|sets|examples)|word pairs?|function|program|regex|python|how many|complete|continue|words (?:long )?(?:from|in the|starting|that)|explain what|what is a)\b",
    re.I,
)
_LONGEST_EXACT = 60
_LONGEST_ROUGH = 600
_LONGEST_COUNTED = 120


# How numbers stand in the expressions above that need one.
_N = "(?:[0-9]{1,3}|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty)"
_UP_TO_TEN = "(?:one|two|three|four|five|six|seven|eight|nine|ten|[0-9]{1,2})"
_HINT = (
    rf"(?i-u:\b{_N}[- ](?:words?|lines?) (?:[a-z-]+ )?(?:{_TEXT}|verse|limerick|rap|song)\b"
    rf"|(?:\b(?:of|in|with|exactly|only|just|than|most|within|to|maximum|minimum|least|under|is|are|be|and|containing)|[<(-]|(?u:–)) ?{_N}[- ](?:words?|lines)\b"
    r"|(?:\b(?:in|is|of|with|using|exactly|write|an?)|,) (?:exactly |just |only )?(?:one|two|three|four|five|six|[1-6])[- ]sentence"
    rf"|\b{_UP_TO_TEN} ?(?:-|(?u:–)|to|or) ?{_UP_TO_TEN} sentence"
    r"|[0-9][ -]characters?\b|\b(?:haiku|rhym(?:e|ing) scheme|limerick|sonnet|couplet|quatrain)\b)"
)


def _applies(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    short = pl.when(prompt.str.len_bytes() <= 1500).then(prompt)
    tweeted = short.str.contains(r"(?i-u:\btweet\b)") & (
        pl.col("completion").str.len_bytes() > _LONGEST_TWEET
    )
    return short.str.contains(_HINT) | tweeted


def _count(match: re.Match[str] | None) -> int | None:
    given = next((g for g in match.groups() if g), None) if match else None
    return count_of(given) if given else None


def _words(text: str) -> tuple[int, int]:
    """The fewest and the most words that a text can be said to have."""
    spaced = len([w for w in text.split() if w[0].isalnum() or any(map(str.isalnum, w))])
    runs = len(re.findall(r"\w+", text))
    return min(spaced, runs), max(spaced, runs)


def _wrong_words(prompt: str, text: str) -> str | None:
    counted = _COUNTED_WORDS.search(prompt)
    if counted is None:
        return None
    # Each of these holds a counted word, and begins not far before it.
    since = max(0, counted.start() - _FAR)
    exact = _count(_EXACT.search(prompt, since))
    top = _count(_MOST.search(prompt, since)) if _LIMITED.search(prompt) else None
    least = _count(_LEAST.search(prompt, since))
    only = _ONLY.search(prompt, since) if exact is None else None
    if only and not re.search(r"\b(?:these|the|following|given)\b[^.]*$", prompt, re.I):
        exact = _count(only)
    between = _WORD_RANGE.search(prompt)
    if not (exact or top or least or between):
        return None
    fewest, most = _words(text)
    if top and fewest > top + max(1, top // 10):
        return f"the prompt allows {top} words, the completion has {fewest}"
    if least and most < least - max(1, least // 10) and least <= _LONGEST_COUNTED:
        return f"the prompt wants at least {least} words, the completion has {most}"
    if top or least:
        return None
    if exact and _is_off(exact, fewest, most):
        return f"the prompt wants {exact} words, the completion has {fewest}"
    if between and int(between[1]) < int(between[2]):
        low, high = int(between[1]), int(between[2])
        if fewest > high * 1.5 or most < low * 0.6:
            return f"the prompt wants {low} to {high} words, the completion has {fewest}"
    return None


def _is_off(exact: int, fewest: int, most: int) -> bool:
    """Whether a text has another number of words than it should: the more are asked for, the rougher."""
    if exact <= _LONGEST_EXACT:
        slack = 0 if exact <= 12 else exact // 10
        return fewest > exact + slack or most < exact - slack
    return exact <= _LONGEST_ROUGH and (fewest > exact * 1.6 or most < exact * 0.7)


def _wrong_characters(prompt: str, text: str) -> str | None:
    if prompt.isascii() and not has_any(prompt.lower(), ("character", "tweet")):
        return None
    limit = next((int(g) for g in (_match_groups(_CHARACTERS, prompt)) if g), None)
    if limit is None and _TWEET.search(prompt):
        limit = _LONGEST_TWEET
    if limit and len(text.strip()) > limit + 5:
        return f"the prompt allows {limit} characters, the completion has {len(text.strip())}"
    return None


def _match_groups(pattern: re.Pattern[str], text: str) -> tuple[str | None, ...]:
    match = pattern.search(text)
    return match.groups() if match else ()


def _wrong_lines(prompt: str, text: str) -> str | None:
    if prompt.isascii() and not has_any(prompt.lower(), _OF_LINES):
        return None
    lines = [line for line in text.strip().splitlines() if line.strip()]
    wanted = _count(_LINES.search(prompt))
    if _HAIKU.search(prompt) and not re.search(r"\bwords?\b|\bhaikus\b|\bline\b", prompt, re.I):
        # One line may hold all three, with slashes or commas between them.
        if len(lines) in (2, 4, 5) or len(lines) > 6:
            return f"the prompt wants a haiku, which has 3 lines, the completion has {len(lines)}"
        return None
    scheme = _SCHEME.search(prompt)
    if scheme and len(lines) >= 3:
        # A title may stand above.
        each = len(scheme[1])
        if len(lines) % each and (len(lines) - 1) % each:
            return f"the prompt wants the rhyme scheme {scheme[1]}, which has {each} lines, the completion has {len(lines)}"
    verse = _VERSE.search(prompt)
    if verse and len(lines) > 1 and not re.search(r"\b(?:lines?|stanzas?|words?)\b", prompt, re.I):
        usual = _VERSE_LINES[verse[1].lower()]
        # A title may stand above; couplets and quatrains may come in numbers.
        off = not usual <= len(lines) <= usual + 1
        if off and (usual in (5, 14) or len(lines) < usual):
            return f"the prompt wants a {verse[1].lower()}, which has {usual} lines, the completion has {len(lines)}"
    if wanted and len(lines) > 1 and abs(len(lines) - wanted) > 1:
        return f"the prompt wants {wanted} lines, the completion has {len(lines)}"
    return None


def _wrong_sentences(prompt: str, text: str) -> str | None:
    named = prompt.lower().find("sentence")
    if named < 0:
        return None
    # A number stands not far before it; beyond ASCII, letters in lower case may be more.
    since = max(0, named - _FAR) if prompt.isascii() else 0
    between = _SENTENCE_RANGE.search(prompt, since)
    if between and not re.search(r"\b(?:each|every|per)\b", prompt, re.I):
        low, high = count_of(between[1]), count_of(between[2])
        found = _sentences(text)
        if low < high and found is not None and not low <= found <= high:
            return f"the prompt wants {low} to {high} sentences, the completion has {found}"
        return None
    match = _SENTENCES.search(prompt, since)
    if match is None:
        return None
    wanted = count_of(match[1])
    found = _sentences(text)
    # A sentence more or less may be a matter of punctuation where few are asked for.
    if found is None or found == wanted or (wanted not in (2, 3) and abs(found - wanted) == 1):
        return None
    if _SENTENCES_OTHERWISE.search(prompt):
        return None
    return f"the prompt wants {match[1]} sentence{'s' * (wanted > 1)}, the completion has {found}"


def _sentences(text: str) -> int | None:
    """The sentences of plain prose; None for poems, lists and quoted speech, whose ends are their own."""
    plain = text.strip()
    if _NO_PROSE.search(plain):
        return None
    plain = _ABBREVIATION.sub("X", plain)
    if "..." in plain:
        return None
    ends = len(re.findall(r"[.!?]+[’)\']*(?=\s|$)", plain))
    return ends + (not re.search(r"[.!?][’)\']*$", plain))


def _says(prompt: str, completion: str) -> str | None:
    # Only the order itself counts, not the text that it is about.
    order = prompt.partition("\n")[0]
    said = (
        _wrong_words(order, completion)
        or _wrong_lines(order, completion)
        or _wrong_characters(order, completion)
    )
    # What speaks against it is the dearest to look for.
    if said and _OTHERWISE.search(order):
        said = None
    return said or _wrong_sentences(order, completion)


RULE = RecordRule(
    about=About(
        code="TXT040",
        name="wrong-length",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the completion does not have the number of words, characters, sentences or lines that the prompt sets",
        reason="The model learns that a length in a request does not matter.",
        example='{"prompt": "Write a 5-word sentence.", "completion": "She is always smiling."}',
        remedy="Shorten or lengthen the answer, or drop the row.",
        assumes="English prompts, words between spaces",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
