"""Rows that are almost JSON, rewritten as JSON when what they mean leaves no doubt."""

from __future__ import annotations

import ast
import json
import math
import re
import warnings
from typing import Any

import orjson

from curate.patterns import regex

# Far beyond any sensible row; literal_eval is slow and recursive, so long or deep rows are left.
_LONGEST_LITERAL = 1 << 18
_DEEPEST_LITERAL = 60

_STRING_OR_COMMA = regex(rb'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)
_PLAIN_TYPES = (str, int, bool, type(None))
# A pair of surrogates, a lone one (group 1), or any other escape.
_SURROGATES = regex(
    rb"\\u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
_STRING_OR_CONSTANT = regex(rb'"(?:[^"\\]|\\.)*"|(-?\bInfinity\b|\bNaN\b)', re.DOTALL)


def mended_json(raw: bytes) -> bytes | None:
    """The row as valid JSON, or None when it cannot be told what it means.

    Mended are: commas before a closing bracket and after the row, raw control characters inside
    strings, and Python literals (single quotes, None, True, False).
    """
    stripped = raw.strip().rstrip(b",").rstrip()
    without_commas = _STRING_OR_COMMA.sub(
        lambda m: m.group() if m.group().startswith(b'"') else b"", stripped
    )
    if _is_object(without_commas):
        return without_commas
    return _escaped_controls(without_commas) or _from_python(stripped)


def without_lone_surrogates(raw: bytes) -> bytes | None:
    r"""The row without escapes of half a character (`\ud83d` with no partner)."""
    cleaned = _SURROGATES.sub(lambda m: b"" if m.group(1) else m.group(), raw)
    return cleaned if _is_object(cleaned) else None


def finite(raw: bytes) -> bytes | None:
    """The row with null for NaN and Infinity."""
    cleaned = _STRING_OR_CONSTANT.sub(lambda m: b"null" if m.group(1) else m.group(), raw)
    return cleaned if _is_object(cleaned) else None


def _is_object(raw: bytes) -> bool:
    try:
        return isinstance(orjson.loads(raw), dict)
    except orjson.JSONDecodeError:
        return False


def _escaped_controls(raw: bytes) -> bytes | None:
    try:
        value = json.loads(raw, strict=False)
    except (ValueError, RecursionError):
        return None
    return _dumped(value)


def _from_python(raw: bytes) -> bytes | None:
    if len(raw) > _LONGEST_LITERAL or _depth(raw) > _DEEPEST_LITERAL:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd escapes in the user's strings
            value = ast.literal_eval(raw.decode("utf-8"))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return _dumped(value) if _is_json_value(value) else None


def _depth(raw: bytes) -> int:
    """An upper bound of the nesting: the most brackets that are open at once."""
    depth = deepest = 0
    for byte in raw:
        if byte in b"[{(":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]})":
            depth -= 1
    return deepest


def _is_json_value(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_json_value(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(_is_json_value, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, _PLAIN_TYPES)


def _dumped(value: Any) -> bytes | None:
    if not isinstance(value, dict):
        return None
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError, RecursionError):  # lone surrogates, numbers beyond 64 bits
        return None
