"""Dates and times to be written in another form, and words to be put into capitals by their initials."""

from __future__ import annotations

import datetime
import re

from curate.patterns import regex
from curate.rules.conversions import DATE, date_of
from curate.rules.tasks import Table, Task
from curate.rules.wordings import english

_PART = r"(?:Y{4}|y{4}|Y{2}|M{2}|m{2}|D{2}|d{2})"
_FORM = regex(rf"\b({_PART})([-/. ])({_PART})\2({_PART})\b")
_ISO = regex(r"\biso(?:[- ]?8601)?\b", re.I)
_DIGITS = regex(r"(?<!\d)(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?!\d)")
_YEAR_LETTERS = 4


def _parts(form: re.Match[str]) -> tuple[str, ...]:
    """The order of the parts of a form: ("m", "d", "y")."""
    return tuple(form[i].lower()[0] for i in (1, 3, 4))


def _read(text: str, order: tuple[str, ...] | None) -> datetime.date | None:
    """The one date of a text; a date in digits is read where its order is known."""
    named = list(DATE.finditer(text))
    if len(named) == 1:
        return date_of(named[0])
    digits = list(_DIGITS.finditer(text))
    if len(digits) != 1 or named:
        return None
    found = digits[0]
    numbers = (found[1], found[3], found[4])
    if len(found[1]) == _YEAR_LETTERS:
        order = ("y", "m", "d")
    if order is None or sorted(order) != ["d", "m", "y"]:
        return None
    parts = dict(zip(order, numbers, strict=True))
    try:
        return datetime.date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
    except ValueError:
        return None


def _date(task: Task, completion: str) -> str | None:
    """ "Change the date from MM/DD/YYYY to DD/MM/YYYY"."""
    forms = list(_FORM.finditer(task.order))
    iso = _ISO.search(task.order)
    if not re.search(r"\bdates?\b|\bformat\b", task.order, re.I) or not (forms or iso):
        return None
    if len(forms) > 2 or (forms and iso):
        return None
    source = _parts(forms[0]) if len(forms) == 2 else None
    date = _read(task.given or _FORM.sub("", task.order), source)
    said = _DIGITS.search(completion)
    if date is None or said is None or len(_DIGITS.findall(completion)) != 1:
        return None
    target = _parts(forms[-1]) if forms else ("y", "m", "d")
    if sorted(target) != ["d", "m", "y"]:
        return None
    values = {"y": date.year, "m": date.month, "d": date.day}
    numbers = tuple(int(said[i]) for i in (1, 3, 4))
    wanted = tuple(values[part] for part in target)
    short = tuple(v % 100 if part == "y" else v for part, v in zip(target, wanted, strict=True))
    if numbers in (wanted, short):
        return None
    mark = forms[-1][2] if forms else "-"
    return f"the date should be {mark.join(f'{v:02d}' for v in wanted)}, not {said[0]}"


_TO_24 = regex(r"\b(?:to|into|in|using) (?:the )?(?:a )?(?:24[- ]?hours?|military)\b", re.I)
_TO_12 = regex(r"\b(?:to|into|in|using) (?:the )?(?:a )?12[- ]?hours?\b", re.I)
_TWELVE = regex(r"\b(1[0-2]|0?[1-9])(?::([0-5]\d))? ?([ap])\.?m\b", re.I)
_CLOCK = regex(r"(?<![\d:])([01]?\d|2[0-3]):?([0-5]\d)(?![\d:])(?! ?[ap]\.?m)", re.I)


def _time(task: Task, completion: str) -> str | None:
    """A time of day from twelve hours to twenty-four, or the other way."""
    to_24, to_12 = _TO_24.search(task.order), _TO_12.search(task.order)
    text = task.given or re.sub(r"\b(?:12|24)[- ]?hours?\b", "", task.order, flags=re.I)
    if bool(to_24) == bool(to_12):
        return None
    if to_24:
        times = list(_TWELVE.finditer(text))
        if len(times) != 1:
            return None
        hour = int(times[0][1]) % 12 + (12 if times[0][3].lower() == "p" else 0)
        minute = int(times[0][2] or 0)
        said = [(int(m[1]), int(m[2])) for m in _CLOCK.finditer(completion)]
        wrong = said and (hour, minute) not in said
        return f"the time is {hour:02d}:{minute:02d}" if wrong else None
    clocks = list(_CLOCK.finditer(text))
    if len(clocks) != 1:
        return None
    hour, minute = int(clocks[0][1]), int(clocks[0][2])
    half = "a" if hour < 12 else "p"
    told = [(int(m[1]), int(m[2] or 0), m[3].lower()) for m in _TWELVE.finditer(completion)]
    wanted = ((hour - 1) % 12 + 1, minute, half)
    return f"the time is {wanted[0]}:{minute:02d} {half}m" if told and wanted not in told else None


CHECKS: Table = (
    (("yy", "iso"), _date),
    (("hour", "military"), _time),
)
HINT = english(
    r"(?i)\b(?:yyyy|dd|mm)[-/. ](?:mm|dd|yyyy)\b|\biso(?:[- ]?8601)? (?:format|date)|\b(?:12|24)[- ]?hour|military time"
)
