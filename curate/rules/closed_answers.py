"""Whether a completion gives the answer that its prompt determines: the second half of wrong-arithmetic.

`closed_forms` and `conversions` say what the right answers are; equations in one variable are
checked by putting the claimed value into them; statements that a number is prime, even or divisible
are checked wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from curate.patterns import Topic, regex
from curate.rules.arithmetic import Unreadable, evaluate, numbers_in, shown
from curate.rules.closed_forms import questions
from curate.rules.conversions import numeric, spelled
from curate.rules.number_series import wrong_primes, wrong_solutions
from curate.rules.numerals import is_prime
from curate.rules.spoken_claims import HINT as SPOKEN_HINT
from curate.rules.spoken_claims import false_claims
from curate.rules.spoken_numbers import HINT as TOLD_HINT
from curate.rules.spoken_numbers import in_digits
from curate.rules.written_equations import HINT as LATEX_HINT
from curate.rules.written_equations import wrong_latex

Verdict = tuple[str, Fraction | None]

_PRIME_CLAIM = regex(
    r"(?<![\w.,/*^+-])(?<![/*^+-] )(\d{1,7}) is (not )?(?:also )?an? (?:odd |even )?(prime|composite) number\b|(?<![\w.,/*^+-])(?<![/*^+-] )(\d{1,7}) is (not )?()prime\b",
    re.I,
)
_DIVISIBLE_CLAIM = regex(
    r"(?<![\w.,/*^+-])(?<![/*^+-] )(\d{1,9}) is (not )?(?:evenly )?divisible by (\d{1,6})(?![\d.]*\d)",
    re.I,
)
_PARITY_CLAIM = regex(
    r"(?<![\w.,/*^+-])(?<![/*^+-] )(\d{1,9}) is an (odd|even) (?:number|integer)\b", re.I
)
_MORE_CLAIM = regex(
    r"(?<![\w.,/*^+$-])(\d{1,6}) is (\d{1,6}) (more|greater|less) than (\d{1,6})(?![\d.,/%]*\d|%)",
    re.I,
)
_ANY_CLAIM = regex(r"\d is (?:not |an? |also |evenly |\d|divisible|prime)", re.I)
_CLAIMS = Topic(_PRIME_CLAIM, _DIVISIBLE_CLAIM, _PARITY_CLAIM, _MORE_CLAIM)
# What is supposed or asked is no claim.
_SUPPOSED = regex(
    r"\b(?:if|whether|that|when|not true|false|incorrect|suppose|says?|claim\w*|prove|assume|since|because)\b[^.,;:]*$|[\"“'][^\"”']*$",
    re.I,
)
# After "when" and "if" stands the condition of a statement, which is claimed all the same.
_NOT_CLAIMED = regex(
    r"\b(?:whether|not true|false|incorrect|wrong|suppose|says?|claim\w*|prove|assume|believe\w*|think)\b[^.;:]*$|[\"“'][^\"”']*$",
    re.I,
)
_EQUATION = regex(
    r"(?<![\w=])([-\d(][\w\s()+*/^.²³−–-]*|[a-z][\w\s()+*/^.²³−–-]*)=\s*([-\w\s()+*/^.²³−–]+?)(?=[\n,;:?]|\.\s|\.?$|\s+for\b|\s+and\b|\s+if\b|\s+where\b)",
    re.I,
)
_SOLVE = regex(
    r"\b(?:solve|solution|find the (?:value|root|unknown)|what is (?:the value of )?[a-z]\b|value of [a-z]\b|calculate [a-z]\b|find [a-z]\b)",
    re.I,
)
_STATED = regex(
    r"\b(?:result|answer|value|solution)\b[^.\d=]{0,50}?\b(?:is|equals)(?: equal to)?:? (-?\d[\d,]*(?:\.\d+)?)(?![\d,]*\d|\s*[-+*/×÷^=x(%]|/)",
    re.I,
)
_OWN_EQUATION = regex(
    r"\bequation:? *([-\d(][\dx ()+*/-]*x[\dx ()+*/-]*= *-?\d+)[.,]?\s+(?:solution|answer):? *(x *= *-?\d+(?:\.\d+)?)\s*\.?\s*$",
    re.I,
)
_TO_SIMPLIFY = regex(
    r"\b(?:simplify|expand|factor(?:i[sz]e)?)\b[^\d(a-z]*(?:(?:the |this |following |given |algebraic |below|expression|polynomial|equation)[:.]?\s*)*([-\d(a-z][-\w\s()+*/^²³−–.]*)$",
    re.I,
)
_ALGEBRA = Topic(_TO_SIMPLIFY)
_SUPERSCRIPTS = str.maketrans({"²": "^2", "³": "^3", "−": "-", "–": "-"})

HINT = r"(?i-u:math(?:ematical|s)? (?:equation|problem)|(?:\bsolve|solution|value of [a-z]\b|find [a-z]\b|what is [a-z]\b)[ -<>-~\n]*=|\b(?:simplify|expand|factor)|system of [a-z ]*equations|simultaneous)"
CLAIM_HINT = (
    r"(?-u:[0-9] is (?:not )?(?:also |evenly )?(?:an? (?:odd |even )?)?(?:prime|divisible|odd|even|composite)|[0-9] is [0-9]+ (?:more|less|greater) than [0-9])|(?i-u:equation: [0-9x +*()-]+=)|"
    + SPOKEN_HINT
    + f"|{TOLD_HINT}|{LATEX_HINT}"
)


def wrong(prompt: str, completion: str) -> Iterator[Verdict]:
    """What a short completion gets wrong, and the right value where there is one."""
    numbers: list[tuple[Fraction, int]] | None = None
    for what, right, near in questions(prompt):
        claims = numbers = numbers_in(completion) if numbers is None else numbers
        if (
            claims
            and right
            and not any(
                abs(abs(true) - abs(value))
                <= max(
                    abs(true) * near, Fraction(51, 100 * 10**decimals) if decimals or near else 0
                )
                for true in right
                for value, decimals in claims
            )
        ):
            yield _asked(what, completion), right[0]
            return
    for what, true, margin in numeric(prompt):
        claims = numbers = numbers_in(completion) if numbers is None else numbers
        if claims and not any(
            abs(true - v) <= max(margin, Fraction(51, 100 * 10**d)) for v, d in claims
        ):
            yield _asked(what, completion), true
            return
    for what, ways in spelled(prompt):
        if not any(re.search(rf"(?<!\w){way}(?!\w)", completion, re.I) for way in ways):
            yield f"{_asked(what, completion)}, but it is {ways[0]}", None
            return
    yield from _wrong_solution(prompt, completion)
    for wrong_in in (wrong_solutions, wrong_primes):
        for said in wrong_in(prompt, completion):
            yield said, None
            return
    if _ALGEBRA.may_match(prompt):
        yield from _wrong_algebra(prompt, completion)


def _asked(what: str, completion: str) -> str:
    return f"the prompt asks for {what}, the completion says {completion.strip()[:40]!r}"


def _wrong_solution(prompt: str, completion: str) -> Iterator[Verdict]:
    """No claimed value of the unknown solves the one equation of the prompt."""
    if "=" not in prompt:
        # The completion may set its own equation.
        own = _OWN_EQUATION.search(completion)
        if own is None:
            return
        prompt, completion = f"Solve {own[1]}", own[2]
    found = dict.fromkeys((m[1].strip(), m[2].strip()) for m in _EQUATION.finditer(prompt))
    if len(found) != 1 or not _SOLVE.search(prompt):
        return
    left, right = (side.translate(_SUPERSCRIPTS) for side in next(iter(found)))
    left = left.rpartition("\n")[2]
    left = re.sub(r"^.*\b[a-z]{2,}\s+", "", left, flags=re.I | re.S)
    letters = set(re.findall(r"[a-zA-Z]", left + right))
    if len(letters) != 1 or re.search(r"[a-zA-Z]{2,}", left + right):
        return
    unknown = letters.pop()
    claimed = [
        Fraction(value.replace(" ", ""))
        for value in re.findall(
            rf"(?<![\w+*/.-])(?<![-+*/] ){unknown}\s*(?:=|is|is equal to|equals)\s*(-?\s?\d+(?:\.\d+)?(?:/[1-9]\d*)?)(?![\w.]*[\d{unknown}]|\s*[-+*/^(])",
            completion,
        )
    ]
    if not claimed and re.fullmatch(r"\s*-?\d+(?:\.\d+)?(?:/[1-9]\d*)?\s*\.?\s*", completion):
        claimed = [Fraction(completion.strip().rstrip("."))]
    if claimed and not any(_solves(left, right, unknown, value) for value in claimed):
        yield (
            f"the completion says {unknown} = {shown(claimed[-1])}, which does not solve {left} = {right}",
            None,
        )


def _solves(left: str, right: str, unknown: str, value: Fraction) -> bool:
    """Whether both sides agree; True where a side cannot be read."""
    if re.search(rf"{unknown}\s*\d|\)\s*\d", f"{left} = {right}"):
        return True
    # A negative or broken value must stay one factor, also under a power.
    negative = "(0-" if value < 0 else "("
    written = f"{negative}{abs(value).numerator}/{value.denominator})"
    try:
        a, b = (evaluate(side.replace(unknown, written)) for side in (left, right))
    except (Unreadable, ZeroDivisionError, RecursionError):
        return True
    return abs(a - b) <= max(abs(a), abs(b), Fraction(1)) * Fraction(1, 50)


def wrong_statements(completion: str) -> Iterator[Verdict]:
    """ "9 is a prime number", "14 is divisible by 4", "7 is an even number"."""
    for text in (completion, in_digits(completion)):
        for match, true in false_claims(text) if text else ():
            sentence = re.split(r"[.!?\n]", text[: match.start()])[-1] if text else ""
            if not _NOT_CLAIMED.search(sentence):
                yield f"the completion says {match[0]!r}", true
                return
    if "=" in completion and ("\\" in completion or "$" in completion):
        for said, true in wrong_latex(completion):
            yield f"the completion says {said!r}", true
            return
    if not _CLAIMS.may_match(completion) or not _ANY_CLAIM.search(completion):
        return
    for match in _PRIME_CLAIM.finditer(completion):
        value = int(match[1] or match[4])
        negated = bool(match[2] or match[5]) != ((match[3] or "").lower() == "composite")
        if is_prime(value) == negated and value > 1 and not _supposed(completion, match):
            yield f"the completion says {match[0]!r}", None
            return
    for match in _DIVISIBLE_CLAIM.finditer(completion):
        value, by = int(match[1]), int(match[3])
        if by and (value % by == 0) == bool(match[2]) and not _supposed(completion, match):
            yield f"the completion says {match[0]!r}", None
            return
    yield from wrong_comparison(completion)
    for match in _PARITY_CLAIM.finditer(completion):
        if (int(match[1]) % 2 == 0) != (match[2].lower() == "even") and not _supposed(
            completion, match
        ):
            yield f"the completion says {match[0]!r}", None
            return


def wrong_comparison(completion: str) -> Iterator[Verdict]:
    """ "40 is 8 more than 34"."""
    for match in _MORE_CLAIM.finditer(completion):
        one, by, other = (int(match[i]) for i in (1, 2, 4))
        true = other + by if match[3].lower() in ("more", "greater") else other - by
        if one != true and not _supposed(completion, match):
            yield f"the completion says {match[0]!r}", None
            return


def _wrong_algebra(prompt: str, completion: str) -> Iterator[Verdict]:
    """A simplified expression that is not the same at some points as the one to simplify."""
    match = _TO_SIMPLIFY.search(prompt.strip())
    if match is None or "=" in completion or not re.search(r"[a-z]", match[1]):
        return
    sides = [
        re.sub(r"(?<=[a-z])(\d)", r"^\1", side.strip(" .").translate(_SUPERSCRIPTS))
        for side in (match[1], completion)
    ]
    letters = set(re.findall(r"[a-z]", sides[0], re.I))
    if (
        not letters
        or len(letters) > 3
        or any(re.search(r"[a-z]{3,}|[^-\w\s()+*/^.]", side, re.I) for side in sides)
    ):
        return
    for start in (2, 3, 5):
        try:
            a, b = (_at_point(side, sorted(letters), start) for side in sides)
        except (Unreadable, ZeroDivisionError):
            return
        if a != b:
            yield f"{completion.strip()[:60]!r} is not equal to {match[1].strip()[:60]!r}", None
            return


def _at_point(expression: str, letters: list[str], start: int) -> Fraction:
    """The value of an expression with numbers from `start` on in place of its letters; others are 0."""
    values = {letter: start + 2 * i for i, letter in enumerate(letters)}
    return evaluate(re.sub(r"[A-Za-z]", lambda m: f"({values.get(m[0], 0)})", expression))


def _supposed(text: str, match: re.Match[str]) -> bool:
    sentence = re.split(r"[.!?\n]", text[: match.start()])[-1]
    return _SUPPOSED.search(sentence) is not None


def wrong_result(completion: str, true: Fraction) -> str | None:
    """The result that the text states, where it is not the true one: "The result is 29 … = 19"."""
    match = _STATED.search(completion)
    if match is None:
        return None
    value = Fraction(match[1].replace(",", "").rstrip("."))
    rounded = abs(value - true) <= max(Fraction(1), abs(true) / 50) and true.denominator != 1
    return None if value == true or rounded else match[0]
