"""Conversions of units, temperatures, bases and dates whose results can be worked out."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from fractions import Fraction

from curate.patterns import regex
from curate.rules.numerals import plain_numbers, roman

# Kind and worth in the kind's base unit.
_UNITS: dict[str, tuple[str, str]] = {
    "mm millimeter millimetre": ("length", "0.001"), "cm centimeter centimetre": ("length", "0.01"),
    "m meter metre": ("length", "1"), "km kilometer kilometre": ("length", "1000"), "inch": ("length", "0.0254"),
    "ft foot feet": ("length", "0.3048"), "yd yard": ("length", "0.9144"), "mi mile": ("length", "1609.344"),
    "g gram": ("mass", "1"), "kg kilogram kilo": ("mass", "1000"), "mg milligram": ("mass", "0.001"),
    "lb pound lbs": ("mass", "453.59237"),
    "second sec": ("time", "1"), "minute min": ("time", "60"), "hour hr": ("time", "3600"), "day": ("time", "86400"),
    "week": ("time", "604800"),
    "ml milliliter millilitre": ("volume", "0.001"), "l liter litre": ("volume", "1"),
}  # fmt: skip
_BY_NAME = {
    name + ending: (kind, Fraction(worth))
    for names, (kind, worth) in _UNITS.items()
    for name in names.split()
    for ending in ("", "s", "es")
}
_SCALES = {
    "celsius": "c",
    "c": "c",
    "fahrenheit": "f",
    "f": "f",
    "kelvin": "k",
    "k": "k",
    "centigrade": "c",
}
_ASKED = regex(
    r"\b(?:convert|how many|what is|what's|how much is|express|change|transform|find the equivalent)\b",
    re.I,
)
_VALUE_FIRST = regex(
    r"(?<![\w.,/])(-?\d[\d,]*(?:\.\d+)?)\s*(?:°|degrees?|º)?\s*([a-z]+)\s+(?:to|into|in|as)\s+(?:degrees\s+)?(?:°|º)?([a-z]+)\b",
    re.I,
)
_FROM_TO = regex(
    r"\bfrom (?:degrees )?(?:°|º)?([a-z]+) (?:to|into) (?:degrees )?(?:°|º)?([a-z]+)\b", re.I
)
# "Convert the given Celsius temperature to Fahrenheit."
_GIVEN_IN = regex(
    r"\b(celsius|fahrenheit|kelvin) (?:temperatures?|values?|degrees|readings?)? ?(?:to|into|in) (?:degrees )?(celsius|fahrenheit|kelvin)\b",
    re.I,
)
_HOW_MANY = regex(
    r"\bhow many ([a-z]+) (?:are )?(?:there )?in (?:an?|one|(-?\d[\d,]*(?:\.\d+)?)) ([a-z]+)\b",
    re.I,
)
_NOT_PLAIN = regex(
    r"\b(?:function|program|code|script|python|java|formula|write|explain|table|per|square|cubic|recipe|cups?)\b",
    re.I,
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
DATE = regex(
    rf"\b({'|'.join(_MONTHS)})\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b|\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)?\s+({'|'.join(_MONTHS)}),?\s+(\d{{4}})\b",
    re.I,
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPELLED = regex(r"day of the week|roman numeral|binary|base 2|hexadecimal|base 16|\brgb\b", re.I)
_LONGEST = 200
HINT = (
    r"(?i-u:\bconvert\b|\bhow many [a-z]+ (?:are )?(?:there )?in |celsius|fahrenheit|kelvin|kilomet|\bmiles\b"
    r"|roman numeral|to binary|day of the week|hexadecimal|\brgb\b)"
)


def numeric(prompt: str) -> Iterator[tuple[str, Fraction, Fraction]]:
    """What a prompt wants converted, its value, and by how much a claim may differ from it."""
    if len(prompt) > _LONGEST or _NOT_PLAIN.search(prompt) or not _ASKED.search(prompt):
        return
    asked = _asked(prompt)
    if asked is None:
        return
    value, source, target = asked
    if source in _SCALES and target in _SCALES and "temp" in _kind(source, prompt):
        result = _temperature(value, _SCALES[source], _SCALES[target])
        yield f"{float(value):g} {source} in {target}", result, Fraction(6, 10)
    elif source in _BY_NAME and target in _BY_NAME:
        (kind, worth), (other, divisor) = _BY_NAME[source], _BY_NAME[target]
        if kind == other and source != target:
            result = value * worth / divisor
            # Hours and days are counted, not measured.
            counted = kind == "time" and result.denominator == 1
            near = Fraction(0) if counted else abs(result) / 40
            yield f"{float(value):g} {source} in {target}", result, near


def _kind(source: str, prompt: str) -> str:
    """ "temp" where the letters c, f and k are sure to be scales of temperature."""
    spelled = re.search(r"celsius|fahrenheit|kelvin|°|º|degree|temperature", prompt, re.I)
    return "temp" if len(source) > 1 or spelled else ""


def _asked(prompt: str) -> tuple[Fraction, str, str] | None:
    many = _HOW_MANY.search(prompt)
    numbers = re.findall(r"-?\d[\d,]*(?:\.\d+)?", prompt)
    if many and len(numbers) <= 1:
        value = Fraction((many[2] or "1").replace(",", ""))
        return value, many[3].lower(), many[1].lower()
    if len(numbers) != 1:
        return None
    first, between = _VALUE_FIRST.search(prompt), _FROM_TO.search(prompt)
    value = Fraction(numbers[0].replace(",", ""))
    scales = _GIVEN_IN.search(prompt)
    if scales and not first and not between:
        return value, scales[1].lower(), scales[2].lower()
    if between:
        return value, between[1].lower(), between[2].lower()
    return (value, first[2].lower(), first[3].lower()) if first else None


def _temperature(value: Fraction, source: str, target: str) -> Fraction:
    kelvin = Fraction("273.15")
    celsius = {"c": value, "f": (value - 32) * 5 / 9, "k": value - kelvin}[source]
    return {"c": celsius, "f": celsius * 9 / 5 + 32, "k": celsius + kelvin}[target]


def spelled(prompt: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a prompt wants, and the ways to write it of which one must stand in the answer."""
    if len(prompt) > _LONGEST or not _SPELLED.search(prompt) or _NOT_PLAIN.search(prompt):
        return
    day = re.search(
        r"\b(?:what|which) day of the week\b|\bday of the week (?:was|is|for)\b", prompt, re.I
    )
    dates = list(DATE.finditer(prompt))
    if day and len(dates) == 1:
        date = date_of(dates[0])
        if date is not None:
            yield f"the day of the week of {dates[0][0]}", (_DAYS[date.weekday()],)
        return
    coloured = re.search(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})\b[^#\n]*\brgb\b", prompt, re.I)
    if coloured:
        red, green, blue = (int(part, 16) for part in coloured.groups())
        way = rf"{red}\D+{green}\D+{blue}"
        yield f"{coloured[0]} ({red}, {green}, {blue})", (way,)
        return
    numbers = plain_numbers(prompt)
    if len(numbers) != 1 or numbers[0].denominator != 1 or not 0 < numbers[0] < 4000:
        return
    value = int(numbers[0])
    if re.search(
        r"\b(?:to|in|as|into) (?:a )?roman numerals?\b|\broman numerals? (?:for|of) (?:the )?(?:number )?\d",
        prompt,
        re.I,
    ):
        yield f"{value} in Roman numerals", (roman(value).lower(),)
    elif re.search(r"\b(?:to|in|into) (?:a )?(?:hexadecimal|base 16)\b", prompt, re.I):
        yield f"{value} in hexadecimal digits", (f"(?:0x)?0*{value:x}",)
    elif re.search(r"\b(?:to|in|into) (?:a )?(?:binary|base 2)\b", prompt, re.I) and re.search(
        r"\b(?:number|decimal|convert)\b", prompt, re.I
    ):
        yield f"{value} in binary", (f"{value:b}",)


def date_of(match: re.Match[str]) -> datetime.date | None:
    """The date that `DATE` has found; None where there is no such day."""
    month, day, year = (
        (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
    )
    try:
        return datetime.date(int(year), _MONTHS.index(month.lower()) + 1, int(day))
    except ValueError:
        return None
