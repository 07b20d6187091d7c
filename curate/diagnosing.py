"""Why a row does not parse, in words that say what was expected and where."""

from __future__ import annotations

import json
import re

from curate.faults import Fault, excerpt_around
from curate.patterns import regex

# A string, or (group 1) a constant outside strings that JSON does not know.
_CONSTANT = regex(r'"(?:[^"\\]|\\.)*"|(-?\bInfinity\b|\bNaN\b)', re.DOTALL)


def diagnose(row: bytes, line: int | None, reason: str) -> Fault:
    """Why a row does not parse: wrong encoding, a NUL byte, or broken JSON with its column."""
    try:
        text = row.decode("utf-8")
    except UnicodeDecodeError as error:
        excerpt, span = excerpt_around(row, error.start + 1)
        return Fault(
            "invalid-utf8",
            line,
            f"byte 0x{row[error.start]:02x} at column {error.start + 1} is not valid UTF-8",
            column=error.start + 1,
            excerpt=excerpt,
            span=span,
            raw=row,
        )
    nul = row.find(b"\0")
    if nul >= 0:
        excerpt, span = excerpt_around(row, nul + 1)
        return Fault(
            "nul-byte",
            line,
            f"NUL byte at column {nul + 1}",
            column=nul + 1,
            excerpt=excerpt,
            span=span,
            raw=row,
        )
    rule, column, message = _json_error(text, reason)
    byte_column = len(text[: column - 1].encode()) + 1
    excerpt, span = excerpt_around(row, byte_column)
    return Fault(
        rule,
        line,
        message,
        column=column,
        excerpt=excerpt,
        span=span,
        raw=row,
    )


def _json_error(text: str, reason: str) -> tuple[str, int, str]:
    """(rule, 1-based column, what is wrong), in words that say what was expected."""
    broken = "invalid-json"
    if "recursion" in reason.lower():
        return broken, 1, "not valid JSON: nested too deeply (more than 1,024 levels)"
    try:
        json.loads(text)
    except RecursionError:
        return broken, 1, "not valid JSON: nested too deeply"
    except json.JSONDecodeError as error:
        what = error.msg[0].lower() + error.msg[1:]
        if error.msg.startswith("Extra data"):
            what = "more text after the end of the row; expected one JSON object a line"
        elif error.msg.startswith("Unterminated string"):
            what = "the line ends too early, inside the string that starts here"
        elif error.pos >= len(text.rstrip()):
            what = f"the line ends too early ({what})"
        column = error.colno if error.lineno == 1 else error.pos + 1
        return broken, column, f"not valid JSON: {what}"
    except ValueError as error:
        digits = re.search(r"[0-9]{4000,}", text)
        if digits:
            count = len(digits.group())
            return (
                broken,
                digits.start() + 1,
                f"a number of {count:,} digits, which no reader takes",
            )
        return broken, 1, f"not valid JSON: {error}"
    return _beyond_json(text, reason)


def _beyond_json(text: str, reason: str) -> tuple[str, int, str]:
    """What Python's parser accepts and JSON forbids: NaN, Infinity, half a character."""
    at = re.search(r"\(char (\d+)\)", reason)
    column = int(at.group(1)) + 1 if at else 1
    if "surrogate" in reason:
        escape = text.rfind("\\u", 0, column)
        named = f" ({text[escape : escape + 6]})" if escape >= 0 else ""
        column = escape + 1 if escape >= 0 else column
        return "lone-surrogate", column, f"an escape names half a character{named}"
    if "infinity" in reason:
        return "non-finite-number", column, "a number is beyond what a double can hold"
    for match in _CONSTANT.finditer(text):
        if match.group(1):
            word = match.group(1)
            return (
                "non-finite-number",
                match.start() + 1,
                f"{word} is not JSON; expected null or a number",
            )
    return "invalid-json", column, f"not valid JSON: {reason}"
