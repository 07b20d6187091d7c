"""TXT031: arithmetic that can be checked, and is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction

import polars as pl

from curate.patterns import Topic, has_any, regex
from curate.rules import closed_answers, closed_forms, conversions
from curate.rules.arithmetic import (
    Unreadable,
    agrees,
    evaluate,
    number,
    numbers_in,
    plainly_right,
    shown,
)
from curate.rules.asked_values import ORDER_HINT, asked_values
from curate.rules.exchanges import OnExchange
from curate.rules.number_series import wrong_primes_between
from curate.rules.powers import ROOT_CALL, wrong_exactly, wrong_powers
from curate.rules.protocol import About, RecordRule
from curate.rules.spoken_numbers import ASKED_HINT as NUMBERS_HINT
from curate.rules.spoken_numbers import all_in_digits, in_digits
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.word_marks import marked

# GSM8K's calculator annotations: <<48/2=24>>.
_ANNOTATION = regex(r"<<([^<>=]{1,80})=\s*\$?(-?[\d.,]+)\s*>>")
# "12 + 30 = 42" in running text; no letters, units or further operators around it. After some words a part of the sum
# may be missing ("half of 4 + 6", "three times 2 + 1").
_PARTIAL = regex(
    r"(?:\b(?:half|thirds?|quarters?|fourths?|fifths?|tenths?|twice|double|triple|times|plus|minus|by|over|per|than|mod|percent|squared|cubed|root|or|from|more|less|multiplied|divided|add|adding|added|subtract|subtracting|subtracted|hundred|thousand|million|dozen|x|log|sin|cos|tan|sqrt|with|between|without|least|most|modulo)"
    r"|[\d%] (?:and|to|of|in)|\b(?:half|thirds?|quarters?|fourths?|fifths?|tenths?|percent|fraction|sum|product|out|rest|square|root|average|mean|power|multiples?|factors?|digits?) of(?: the)?|\b(?:one|two|three|four|five|six|seven|eight|nine|ten) (?:and|to|of|in)) $",
    re.I,
)
_EQUATION = regex(
    # Few places have a digit; only there is looked at what stands before.
    r"(?=[$\d])(?<!\d,)(?<!\d )(?<!/ )(?<![\w.=*/+×÷^(){}%°'\"$€£-])(?:(?<![\w)=*/+×÷-] )|(?<=[A-Za-z] ))(\$?(?:\d[\d,]*+(?:\.\d+)?)(?:\s*[-+*/×÷]\s*|\s+x\s+)"
    r"(?:\$?\d[\d,]*+(?:\.\d+)?)(?:(?:\s*[-+*/×÷]\s*|\s+x\s+)\$?\d[\d,]*+(?:\.\d+)?){0,200})\s*=\s*(-?\$?\d[\d,]*(?:\.\d+)?)"
    r"(?![\w%/*^×÷°]|\s*[-+*/×÷=(≈]|\s+(?:mod|x|r|R|remainder)\b|\s+(?:hours?|hrs?|min\w*)[ ,]+(?:and )?\d|[.,]\d)"
)
# "3/ 1/4" is three by a quarter, or three quarters of a third.
# "1,5 + 2,75" has decimal commas.
_UNCLEAR = regex(r"\d ?/ ?\d+ ?/ ?\d|\d,(?!\d{3}(?!\d))\d")
_DENIED = regex(
    r"[\"'”]? ?(?:is|was|would be|isn['’]t|,) (?:false|wrong|incorrect|not|untrue|a mistake|impossible|true\b)",
    re.I,
)
_ROUNDED = regex(
    r"\b(?:round|rounded|approximat\w*|about|nearest|roughly|estimat\w*|around|whole number|integer|decimal)\b|≈|~",
    re.I,
)
_BESIDE = 40  # characters
_PROGRAM = regex(r"\bdef |\breturn\b|;\s*(?:\n|$)|\bfunction\b|=\s*\[|\bimport ")
_PROGRAM_WORDS = ("def ", "return", ";", "function", "import ")
_BRACKETS, _CALL = regex(r"\(\w*\)"), regex(r"[a-z_]\w{0,60}\(\w{0,60}\)")
_CODE = regex(
    r"\b(?:code|program|script|function|python|java|javascript|sql|algorithm|class|c\+\+|ruby|write)\b|print\(",
    re.I,
)
# An order to write is one for a program only where it says so.
_FOR_CODE = regex(
    r"\b(?:code|program|script|function|python|java|javascript|sql|algorithm|c\+\+|ruby)\b|print\("
    # A class of pupils is no code.
    r"|\bclass (?:called|named|to|which|definition|method)\b|\b(?:abstract|base|parent|child|define an?|create an?|write an?|implement an?|design an?) class\b"
    r"|\bwrite (?:[a-z]+ ){0,6}?(?:equation|expression|formula|puzzle|riddle|joke|sum|problem)s?\b",
    re.I,
)
_OTHER_NUMBERS = regex(
    r"\b(?:binary|hexadecimal|octal|base[- ]\d+|mod(?:ul(?:o|ar))?|clock|congruent|boolean)\b", re.I
)
_ROOTS = Topic(ROOT_CALL)
_LONGEST_PROMPT = 200
_LONGEST_ANSWER = 900
# Numbers of so many digits are not reckoned with: their powers do not fit a float, nor an answer.
_VAST = regex(r"\d(?:,?\d){39}")
_VAST_SAMPLED = regex(r"[\d,]{4}")


# What is said, and the true value where there is one to name.
Verdict = tuple[str, Fraction | None]


_TOPICS = (
    r"(?i-u:\b(?:means?\b|average|median|sum of|product of|multipl(?:y|ied)|divid(?:e|ing) [$-]?[0-9]|percent|primes? (?:numbers?|factors|divisors)"
    r"|subtract|adding [$-]?[0-9]|quotient of|area|perimeter|circumference|volume of|diameter|square root of [0-9]|square of [0-9]|cube of [0-9]"
    r"|difference between [$-]?[0-9]|add [0-9]|\breduce(?: the following)?:?[ \n][0-9])"
    r"|[0-9] (?:plus|minus|times|divided by|to the power of) [$-]?[0-9]|[0-9] ?(?:squared|cubed)|%[ \n]+of [$-]?[0-9])"
    rf"|{closed_forms.HINT}|{conversions.HINT}|{closed_answers.HINT}"
)
# Signs that stand in dates, ranges and names as well.
_OPERATION = r"[0-9)] ?[+*/^×÷] ?[0-9(]|[0-9)](?:-| - |x| x )[0-9(]"
_CALCULATION = r"[0-9] ?[-+*/x×÷^] ?\$?[0-9][0-9.,]* ?= ?-?\$?[0-9]|[0-9]! ?= ?[0-9]|\) ?[*×x] ?[0-9]+ ?= ?[0-9]|(?-u:sqrt\()[0-9]+\) ?=|√\(?[0-9]+\)? ?="


def _applies(options: LintOptions) -> pl.Expr:
    prompt, completion = pl.col("prompt"), pl.col("completion")
    short = pl.when(
        (prompt.str.len_bytes() <= _LONGEST_PROMPT)
        & (completion.str.len_bytes() <= _LONGEST_ANSWER)
    ).then(prompt)
    told = short.str.contains(NUMBERS_HINT).fill_null(False)
    calculated = (
        short.str.contains(_TOPICS)
        | (short.str.contains(_OPERATION) & short.str.contains(ORDER_HINT))
    ) & completion.str.contains(r"[0-9]")
    asked = short.str.contains(r"[0-9]|(?i-u:how many )") & (
        calculated | short.str.contains("(?i-u:roman numeral|day of the week|hexadecimal)")
    )
    # One pass over the completions finds calculations and statements about numbers.
    said = completion.str.contains(f"{_CALCULATION}|{closed_answers.CLAIM_HINT}|<<")
    return said | asked | told


def _has_vast(text: str) -> bool:
    """Of 40 characters in a row, every tenth is four: they are looked at before all are."""
    return (
        len(text) >= 40
        and _VAST_SAMPLED.search(text[::10]) is not None
        and _VAST.search(text) is not None
    )


def _is_program(text: str) -> bool:
    """Whether a text holds code. What is searched letter by letter is asked for by its words first."""
    worth = has_any(text, _PROGRAM_WORDS) or ("=" in text and "[" in text)
    if worth and _PROGRAM.search(text):
        return True
    return "(" in text and _BRACKETS.search(text) is not None and _CALL.search(text) is not None


def _says(prompt: str, completion: str) -> str | None:
    if _has_vast(prompt) or _has_vast(completion):
        return None
    for said, true in _wrong(prompt, completion):
        return said if true is None else f"{said}, but it is {shown(true)}"
    return None


def _wrong(prompt: str, completion: str) -> Iterator[Verdict]:
    if "<<" in completion:
        yield from _wrong_annotations(completion)
        return
    # Nearly all that is looked for below is looked for in these two.
    marked(prompt)
    if _FOR_CODE.search(prompt):
        return
    marked(completion)
    rooted = "=" in completion and _ROOTS.may_match(completion)
    plain = ROOT_CALL.sub("", completion) if rooted else completion
    if _is_program(plain):
        return
    yield from closed_answers.wrong_statements(completion)
    if "=" in completion and not _OTHER_NUMBERS.search(prompt):
        yield from _wrong_equations(completion)
    short = len(prompt) <= _LONGEST_PROMPT and len(completion) <= _LONGEST_ANSWER
    if short and not _CODE.search(prompt) and not _is_program(prompt):
        told = in_digits(prompt)
        if told is not None:
            prompt, completion = told, all_in_digits(completion)
        yield from _wrong_answers(prompt, completion)
        yield from closed_answers.wrong(prompt, completion)


def _wrong_annotations(text: str) -> Iterator[Verdict]:
    for expression, claimed in _ANNOTATION.findall(text):
        if plainly_right(expression, claimed):
            continue
        try:
            true, value = evaluate(expression), number(claimed.rstrip(".,"))
        except Unreadable:
            continue
        # Annotations round freely (<<10/3=3>>); beyond one unit and two percent they are wrong.
        if abs(true - value) > max(Fraction(1), abs(true) / 50) or (
            true.denominator == 1 and value.denominator == 1 and true != value
        ):
            yield f"the text says {expression.strip()} = {claimed}", true


def _wrong_equations(text: str) -> Iterator[Verdict]:
    for match in _EQUATION.finditer(text):
        before = text[max(0, match.start() - _BESIDE) : match.start()]
        if _UNCLEAR.search(match[0]) or _PARTIAL.search(before) or _DENIED.match(text, match.end()):
            continue
        try:
            true, value = evaluate(match[1].replace("$", "")), number(match[2])
        except Unreadable:
            continue
        if "$" in match[1] and value == 100 * true:
            continue  # in cents
        decimals = len(match[2].partition(".")[2])
        # Sums of decimals come out exactly; only quotients have no end, and people round them.
        endless = true.denominator != 1 and ("/" in match[1] or "÷" in match[1] or not decimals)
        # Rounding is spoken of in the sum's own sentence.
        since = max(text.rfind(mark, 0, match.start()) for mark in (". ", "! ", "\n", ": "))
        near = endless or _ROUNDED.search(text[max(0, since) : match.end() + _BESIDE])
        if agrees(true, value, decimals) or (
            near and abs(true - value) <= max(Fraction(1), abs(true) / 50)
        ):
            continue
        yield f"the completion says {match[0].strip()}", true
    for said, true in wrong_exactly(text):
        yield f"the completion says {said}", true
    for said, true in wrong_powers(text) if not _ROUNDED.search(text) else ():
        yield f"the completion says {said}", true


def _wrong_answers(prompt: str, completion: str) -> Iterator[Verdict]:
    claims: list[tuple[Fraction, int]] | None = None
    for what, true in asked_values(prompt):
        if claims is None:
            claims = numbers_in(completion)
        if not claims:
            continue
        if any(agrees(true, value, decimals) for value, decimals in claims):
            stated = closed_answers.wrong_result(completion, true)
            if stated:
                yield f"the prompt asks for {what}, the completion says {stated!r}", true
                return
            continue
        # "3 with a remainder of 1" says what 7 divided by 2 is.
        whole = Fraction(math.floor(true))
        if "remainder" in completion.lower() and any(v == whole for v, _ in claims):
            continue
        if what.startswith("what follows") and any(
            abs(true - v) <= abs(true) / 50 for v, _ in claims
        ):
            continue  # 3.14 for pi, and rounding
        rounding = _ROUNDED.search(prompt + " " + completion)
        if rounding and any(
            abs(true - value) <= (1 if decimals == 0 else max(abs(true) / 50, Fraction(1, 10)))
            for value, decimals in claims
        ):
            continue
        yield (
            f"the prompt asks for {what}, the completion says {completion.strip()[:40]!r}",
            true,
        )
        return
    for said in wrong_primes_between(prompt, completion):
        yield said, None


RULE = RecordRule(
    about=About(
        code="TXT031",
        name="wrong-arithmetic",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the completion calculates wrongly",
        reason="Wrong sums teach the model to guess numbers. This rule checks what can be checked exactly: "
        "expressions, percentages, means, medians and sums of lists, equations in the text, and GSM8K's "
        "<<48/2=24>> annotations.",
        example='{"prompt": "Calculate 8 * (25 + 7).", "completion": "216"}',
        remedy="Correct the number, or drop the row.",
        assumes="English wording of the tasks, decimal points",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
