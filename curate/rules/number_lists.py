"""Questions about a list of numbers in the prompt, or about a set of numbers that the prompt defines.

The largest, the even ones, the duplicates, whether it ascends; the factors of 12, the multiples of 7, the odd
numbers between 10 and 20, the first eight Fibonacci numbers. Each answer follows from the prompt alone.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable
from fractions import Fraction

from curate.patterns import Topic, regex
from curate.rules.asked_values import asked_values
from curate.rules.numerals import COUNT, count_of, is_prime
from curate.rules.tasks import Table, Task, answer_of, numbers_of, shown_numbers
from curate.rules.wordings import english

Numbers = list[Fraction]

_LIST = regex(r"(?<![\w.,-])-?\d+(?:\.\d+)?(?:\s*[,;]\s*(?:and\s+)?-?\d+(?:\.\d+)?)+(?:,?\s+and\s+-?\d+(?:\.\d+)?)?(?![\w.]*\d)")  # fmt: skip
_LARGEST = 10_000


def _given(task: Task) -> Numbers:
    """The one list of numbers that the prompt gives, and no number beside it."""
    text = task.given or task.order
    lists = _LIST.findall(text) if "," in text or ";" in text else ()
    if len(lists) != 1 or re.fullmatch(r"\d{1,3}(?:,\d{3})+", lists[0]):
        return []
    if numbers_of(text.replace(lists[0], " ", 1)):
        return []  # another one beside it
    values = numbers_of(lists[0])
    return values if len(values) >= 3 else []


def _listed(completion: str) -> Numbers:
    """The numbers of an answer that is one list; of a sentence, those of its one list of two or more."""
    answer = answer_of(completion).strip().rstrip(".")
    if re.fullmatch(r"[\[({]?\s*-?\d[\d.\s]*(?:[,;\s]\s*(?:and\s+)?-?\d[\d.]*)*\s*[\])}]?", answer):
        return numbers_of(answer)
    tail = re.search(r"(?:\bare|\bis|:)\s*[\[({]?((?:-?\d[\d.]*(?:,\s*(?:and\s+)?|\s+and\s+)?)+)[\])}]?\s*$", answer)  # fmt: skip
    return numbers_of(tail[1]) if tail and len(_LIST.findall(answer)) <= 1 else []


def _elsewhere(task: Task) -> bool:
    """Whether wrong-arithmetic looks at what is asked."""
    return next(asked_values(f"{task.order}\n{task.given}"), None) is not None


_NOT_ALL = regex(
    r"\b(?:weight\w*|moving|squares?|squared|digits|except|first|last|divisible|absolute|up to|subset|subarray|contiguous|consecutive|combin\w*|pairs?|two numbers|difference|product of|other than|greater than|less than|more than|below|above|adjacent|increasing|decreasing|missing|index|position|of each|per|cumulative|running|running|sort\w*|second (?:and|or)|third (?:and|or)|probability|distance|function|value of|sequence|next|series|pattern)\b",
    re.I,
)
_EXTREME = regex(
    r"\b(?:find|identify|what(?:'s| is)|which|determine|select|pick|output|return|give|name|get|choose|print)\b[^.\n]*?\b(second |third |2nd |3rd )?[- ]?(maximum|largest|highest|biggest|greatest|max|minimum|smallest|lowest|least|min)\b(?! (?:common|and|or|possible|sum|product|difference|element index|number of|positive|negative|even|odd|prime))",
    re.I,
)
_TOTAL = regex(r"\b(?:sum|total|add up|add together|add)\b", re.I)
_PRODUCT = regex(r"^\W*(?:please )?(?:find|calculate|compute|what is) the product\b|^\W*(?:please )?multiply\b", re.I)  # fmt: skip
_MEAN = regex(r"\b(?:mean|average)\b(?! (?:and|absolute|deviation|square))", re.I)
_MEDIAN = regex(r"\bmedian\b(?! and)", re.I)


_VALUES = Topic(_EXTREME, _TOTAL, _PRODUCT, _MEAN, _MEDIAN)
_UPWARD = ("maximum", "largest", "highest", "biggest", "greatest", "max")
_THOUSANDS = regex(r"(?<=\d),(?=\d{3}\b)")


def _asked(order: str, values: Numbers) -> tuple[str, Fraction] | None:
    """The value of a whole list that an order asks for, by name."""
    extreme = _EXTREME.search(order)
    if extreme:
        at = 1 if extreme[1] is None else 2 if extreme[1][0] in "sS2" else 3
        ranked = sorted(set(values), reverse=extreme[2].lower() in _UPWARD)
        # Of values that are given twice the second largest may be either.
        unclear = at > len(ranked) or (at > 1 and len(ranked) < len(values))
        return None if unclear else (f"{extreme[1] or ''}{extreme[2]}", ranked[at - 1])
    if _MEAN.search(order):
        return "mean", sum(values, Fraction(0)) / len(values)
    if _MEDIAN.search(order):
        return "median", Fraction(statistics.median(values))
    if _PRODUCT.search(order):
        return "product", Fraction(math.prod(values))
    return ("sum", sum(values, Fraction(0))) if _TOTAL.search(order) else None


def _one_value(task: Task, completion: str) -> str | None:
    """A sum, a mean, the second largest: one value of the whole list."""
    if not _VALUES.may_match(task.order):
        return None
    values = _given(task)
    order = task.order.replace("…", "")
    if not values or _NOT_ALL.search(_LIST.sub("", order)):
        return None
    asked = _asked(order, values)
    if asked is None:
        return None
    name, true = asked
    said = numbers_of(_THOUSANDS.sub("", completion))
    margin = abs(true) / 50 if true.denominator != 1 else Fraction(0)
    if not 0 < len(said) <= len(values) + 3 or any(abs(v - true) <= margin for v in said):
        return None
    # Wrong-arithmetic looks at most means and medians, and at sums that are named so.
    if (name != "sum" or "sum of" in order.lower()) and _elsewhere(task):
        return None
    return f"the {name} of {shown_numbers(values[:10])} is {float(true):g}, the completion says {completion.strip()[:40]!r}"


_OF_LIST_IS = regex(
    r"\b(average|mean|sum|median|maximum|minimum|range|mode)\b(?: value)?(?: of (?:the |these |this |all )?(?:[a-z]+ ){0,3}?(?:list|numbers|array|set|elements|values|data|items))?(?: is|:| equals| would be)(?: equal to)? (-?\d[\d,]*(?:\.\d+)?)(?![\d,]*\d|\s*[-+*/×÷^=%])",
    re.I,
)
_OF: dict[str, Callable[[Numbers], Fraction]] = {
    "average": lambda v: sum(v, Fraction(0)) / len(v),
    "mean": lambda v: sum(v, Fraction(0)) / len(v),
    "sum": lambda v: sum(v, Fraction(0)),
    "median": lambda v: Fraction(statistics.median(v)),
    "maximum": max,
    "minimum": min,
    "range": lambda v: max(v) - min(v),
}


def _stated(task: Task, completion: str) -> str | None:
    """What an answer says of the list, whatever it was asked for: "the average of the list is 4.5"."""
    statements = list(_OF_LIST_IS.finditer(completion))
    values = _given(task) if statements else []
    if not values or _NOT_ALL.search(_LIST.sub("", task.order)) or _elsewhere(task):
        return None
    for match in statements:
        name, said = match[1].lower(), Fraction(match[2].strip(",").replace(",", ""))
        if name == "mode":
            counts = [values.count(v) for v in values]
            if max(counts) == 1 or values.count(said) < max(counts):
                return f"{float(said):g} is no mode of {shown_numbers(values[:10])}"
            continue
        true = _OF[name](values)
        decimals = len(match[2].partition(".")[2])
        near = Fraction(1, 10**decimals) if decimals or true.denominator != 1 else Fraction(0)
        if abs(true - said) > near:
            return f"the {name} of {shown_numbers(values[:10])} is {float(true):g}, the completion says {float(said):g}"
    return None


_KINDS: tuple[tuple[str, Callable[[Fraction], bool]], ...] = (
    (r"even numbers?\b|numbers? (?:that|which) (?:is|are) even", lambda v: v.denominator == 1 and v % 2 == 0),
    (r"odd numbers?\b|numbers? (?:that|which) (?:is|are) odd", lambda v: v.denominator == 1 and v % 2 == 1),
    (r"prime numbers?\b|numbers? (?:that|which) (?:is|are) prime", lambda v: v.denominator == 1 and 1 < v < _LARGEST**2 and is_prime(int(v))),
    (r"negative (?:numbers?|integers?|values?)\b", lambda v: v < 0),
)  # fmt: skip
_FILTER = regex(
    r"^\W*(?:please )?(?:find|identify|list|select|extract|output|return|pick(?: out)?|give|print|name|get|filter(?: out)?|circle|highlight|what are|which|write)\b",
    re.I,
)
_OTHER_FILTER = regex(
    r"\b(?:count|how many|number of|sum|average|largest|smallest|first|last|greater|less|between|not|remove|delete|except|and|or|index|pair|missing|next|biggest|highest|lowest|separate|sort)\b",
    re.I,
)


def _filtered(task: Task, completion: str) -> str | None:
    """ "Identify the even numbers in the list": all of them and no other."""
    values, order = _given(task), _LIST.sub("", task.order.replace("…", ""))
    if not values or not _FILTER.search(order) or _OTHER_FILTER.search(order):
        return None
    for pattern, belongs in _KINDS:
        if re.search(rf"\b(?:{pattern})", order, re.I):
            wanted = [v for v in values if belongs(v)]
            said = _listed(completion)
            if said and set(said) != set(wanted) and set(said) <= set(values):
                return f"of {shown_numbers(values[:10])} they are {shown_numbers(wanted)}, the completion lists {shown_numbers(said)}"
    return None


_ORDERED = regex(r"\b(?:is|are|in|whether|if|determine|identify|output)\b[^.\n]*\bascending\b[^.\n]*\bor\b[^.\n]*\bdescending\b", re.I)  # fmt: skip


def _direction(task: Task, completion: str) -> str | None:
    values = _given(task)
    said = re.search(r"\b(ascending|descending)\b", completion, re.I)
    if not values or said is None or not _ORDERED.search(task.order):
        return None
    both = len(set(re.findall(r"ascending|descending", completion.lower()))) > 1
    if both or re.search(r"\b(?:not|neither|n't)\b", completion, re.I):
        return None
    up = said[1].lower() == "ascending"
    if values != sorted(values, reverse=not up):
        return f"{shown_numbers(values[:10])} is not in {said[1].lower()} order"
    return None


_ADDS_TO = regex(r"\b(?:add(?:s|ing)? up to|sum(?:s)? (?:up )?to|sum (?:equals|is|of)|total(?:s)?|whose sum is|that sum to|add to|equal to)(?: the target(?: of)?)? (?:a given (?:number|sum|target) )?(-?\d+)\b|\b(?:target|sum) ?(?:=|:|is) ?(-?\d+)\b", re.I)  # fmt: skip
_PAIR = regex(r"\b(?:pairs?|two numbers|two elements|two integers|elements|subset|numbers)\b", re.I)


def _pair(task: Task, completion: str) -> str | None:
    """Numbers of a list that add up to a given one."""
    if not _PAIR.search(task.order):
        return None
    whole = f"{task.order}\n{task.given}"
    lists = _LIST.findall(whole)
    target = _ADDS_TO.search(whole.replace(lists[0], " ") if lists else whole)
    if target is None or len(lists) != 1 or not re.search(r"\b(?:sum|add|total)", task.order, re.I):  # fmt: skip
        return None
    values, wanted = numbers_of(lists[0]), Fraction(target[1] or target[2])
    said = [n for n in numbers_of(completion) if n != wanted]
    once = len(_LIST.findall(completion)) <= 1
    if (
        2 <= len(said) <= 6
        and once
        and set(said) <= set(values)
        and sum(said, Fraction(0)) != wanted
    ):
        return f"{shown_numbers(said)} add up to {float(sum(said, Fraction(0))):g}, not {float(wanted):g}"
    return None


_LIST_VERB = r"^\W*(?:please )?(?:find|list|name|write(?: down)?|give(?: me)?|output|generate|print|identify|what are|provide|calculate|determine|show|state|display|create a list of)\b"
_FIRST = regex(rf"{_LIST_VERB}[^.\n]*?\bfirst {COUNT} (?:positive |natural )?(multiples of (\d{{1,3}})|prime numbers|primes|even numbers|odd numbers|square numbers|perfect squares|fibonacci numbers|(?:numbers|terms|elements) (?:of|in) the fibonacci (?:sequence|series)|powers of (\d))\b", re.I)  # fmt: skip
_BETWEEN = regex(rf"{_LIST_VERB}[^.\n]*?\b(prime|even|odd) numbers? (?:that are )?(?:between|from|in the range(?: of| from)?) (\d{{1,4}})(?: and | to | ?- ?)(\d{{1,4}})\b", re.I)  # fmt: skip
_FACTORS = regex(rf"{_LIST_VERB}[^.\n]*?\b(prime factor(?:s|i[sz]ation)|factors|divisors) (?:of|for) (?:the number )?(\d{{1,6}}|…)\b|\b(prime factor(?:s|i[sz]ation)|factors|divisors) of (?:the )?(?:following |given )?number\b", re.I)  # fmt: skip


def _first_terms(kind: str, match: re.Match[str], count: int) -> list[list[int]]:
    """The ways to begin: Fibonacci numbers from 0 or from 1, even numbers and multiples from 0 or not."""
    if "multiple" in kind:
        n = int(match[3])
        return [[n * (i + start) for i in range(count)] for start in (0, 1)]
    if "power" in kind:
        n = int(match[4])
        return [[n ** (i + start) for i in range(count)] for start in (0, 1)]
    if "prime" in kind:
        return [[v for v in range(2, 600) if is_prime(v)][:count]]
    if "even" in kind:
        return [[2 * (i + start) for i in range(count)] for start in (0, 1)]
    if "odd" in kind:
        return [[2 * i + 1 for i in range(count)]]
    if "square" in kind:
        return [[(i + start) ** 2 for i in range(count)] for start in (0, 1)]
    row = [0, 1]
    while len(row) < count + 3:
        row.append(row[-1] + row[-2])
    return [row[:count], row[1 : count + 1], row[2 : count + 2]]


_MEMBERS: dict[str, Callable[[int], bool]] = {
    "prime": is_prime,
    "even": lambda v: v % 2 == 0,
    "odd": lambda v: v % 2 == 1,
}


def _defined(task: Task, completion: str) -> str | None:
    """A set of numbers that the prompt defines, told in full."""
    order = task.order
    first, between, factors = _FIRST.search(order), _BETWEEN.search(order), _FACTORS.search(order)
    if not (first or between or factors) or re.search(
        r"\b(?:sum|how many|count|product|average|common|except|number of|largest|greatest)\b",
        order,
        re.I,
    ):
        return None
    answer = re.sub(r"\s*[x×*·]\s*", ", ", answer_of(completion)) if factors else completion
    said = [int(v) for v in _listed(answer) if v.denominator == 1]
    if len(said) < 2:
        return None
    if first:
        ways = _first_terms(first[2].lower(), first, count_of(first[1]))
        wrong = said not in ways
        told = ways[0]
    elif between:
        low, high = sorted((int(between[2]), int(between[3])))
        kind = between[1].lower()
        belongs = _MEMBERS[kind]
        told = [v for v in range(low, high + 1) if belongs(v)]
        wrong = set(said) | {low, high} != set(told) | {low, high}
    elif factors:
        number = factors[2] if factors[2] and factors[2] != "…" else task.given.strip(" .")
        if not number.isdigit() or not 1 < int(number) <= _LARGEST**2:
            return None
        return _wrong_factors(
            int(number),
            (factors[1] or factors[3]).lower(),
            said,
            multiplied=re.search(r"\d\s*[x×*·]\s*\d", completion) is not None,
        )
    else:
        return None
    if not wrong:
        return None
    return f"the numbers should be {', '.join(map(str, told[:12]))}, the completion lists {', '.join(map(str, said[:12]))}"


def _wrong_factors(number: int, kind: str, said: list[int], *, multiplied: bool) -> str | None:
    said = [v for v in said if v > 0]
    if "prime" in kind:
        product = 1
        for value in said:
            product *= value
        composite = next((v for v in said if v > 1 and v != number and not is_prime(v)), None)
        distinct = {v for v in range(2, number + 1) if number % v == 0 and is_prime(v)} if number <= _LARGEST else set()  # fmt: skip
        if composite is None and (
            product == number or (not multiplied and set(said) - {1, number} == distinct)
        ):
            return None
        if composite is None and number > _LARGEST:
            return None
        return f"{', '.join(map(str, said))} are not the prime factors of {number}"
    right = {v for v in range(1, number + 1) if number % v == 0} if number <= _LARGEST else None
    if right is None or right == set(said) or right - {1, number} == set(said) - {1, number}:
        return None
    return f"the factors of {number} are {', '.join(map(str, sorted(right)[:16]))}"


CHECKS: Table = (
    (("maximum", "minimum", "largest", "smallest", "highest", "lowest", "biggest", "greatest", "least", " max", " min", "sum", "total", "add", "mean", "average", "median", "product", "multiply"), _one_value),
    (("list", "data", "numbers", "array", "set"), _stated),
    (("even", "odd", "prime", "negative"), _filtered),
    (("ascending",), _direction),
    (("sum", "add", "total"), _pair),
    (("multiples", "prime", "even ", "odd ", "square", "fibonacci", "powers of", "factor", "divisor"), _defined),
)  # fmt: skip
HINT = english(
    r"(?i)(?:max(?:imum)?|min(?:imum)?|(?:larg|small|high|low|great|bigg)est|\bsum\b|total|\badd\b|mean|average|median|product|multiply|mode|even|odd|prime|negative|process)\b[^\n]*\n*[^\n]*[0-9]\s*,\s*(?:and )?-?[0-9]"
    r"|ascending\b[^\n]*\bdescending|\b(?:sum|summing|add|adding|total)s?\b[^\n]*\n*[^\n]*[0-9], ?-?[0-9]|first (?:[0-9]|[a-z]+ )[^\n]*(?:multiples|primes?|even|odd|squares?|fibonacci|powers)|(?:prime|even|odd) numbers? (?:that are )?(?:between|from|in the range)|(?:factors|factori[sz]ation|divisors) (?:of|for)"
)
