"""pydantic's errors as faults of a row: where in the record, what was expected, what is there."""

from __future__ import annotations

import difflib
from itertools import islice
from typing import Any

from pydantic import ValidationError

from curate.faults import EXCERPT_CHARACTERS, Fault
from curate.record_forms import Shape
from curate.schemas.turns import RecordFormat

_MAX_FAULTS_A_ROW = 5


def faults_of(error: ValidationError, shape: Shape, line: int, raw: bytes) -> list[Fault]:
    """pydantic's errors in the user's words: where in the record, what was expected, what is there."""
    faults: dict[str, Fault] = {}
    for detail in error.errors(include_url=False):
        path = shape.original(_path(detail["loc"]))
        rule, message = _described(path, detail, shape.format)
        # A union reports one error for each branch; the first, at the deepest place, is enough.
        faults.setdefault(
            path, Fault(rule, line, message, field=path or None, excerpt=shortened(raw), raw=raw)
        )
    deepest = [
        fault
        for path, fault in faults.items()
        if not any(
            other != path and other.startswith(path + s) for other in faults for s in (".", "[")
        )
    ]
    return deepest[:_MAX_FAULTS_A_ROW]


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step in _UNION_BRANCHES or "[" in step:
            continue  # pydantic names the branch of a union; the user's record has no such key
        else:
            path += f".{step}" if path else step
    return path


_UNION_BRANCHES = {
    "str",
    "int",
    "float",
    "bool",
    "dict",
    "list",
    "ContentPart",
    "Message",
    "constrained-str",
}
_EXPECTED = {
    "string_type": "a string",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
}


def _described(path: str, detail: Any, format_: RecordFormat) -> tuple[str, str]:
    """(rule name, message) for one pydantic error."""
    kind, found = detail["type"], detail.get("input")
    where = path or "the record"
    if kind == "missing":
        hint = _misspelt(path.rpartition(".")[2], found)
        return "schema-violation", f"{where} is missing; the {format_} format needs it{hint}"
    if kind == "literal_error" and path.endswith("role"):
        return (
            "unknown-role",
            f"{where} is {_shown(found)}; expected system, developer, user, assistant or tool",
        )
    if kind == "value_error" and ".from: unknown speaker" in detail["msg"]:
        return "unknown-role", str(detail["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return "schema-violation", str(detail["msg"]).removeprefix("Value error, ")
    if kind == "too_short":
        return "schema-violation", f"{where} is an empty list; expected at least one turn"
    if (
        path.endswith(("content", "prompt", "completion", "chosen", "rejected"))
        and kind in _EXPECTED
    ):
        expected = (
            "a string or a list" if path.endswith("content") else "a string or a list of messages"
        )
    else:
        expected = _EXPECTED.get(kind, str(detail["msg"]))
    return "schema-violation", f"{where} is {kind_shown(found)}; expected {expected}"


def _misspelt(name: str, record: Any) -> str:
    """A hint at the key that may have been meant to be `name`."""
    keys = [k for k in islice(record, 50) if len(k) <= 40] if isinstance(record, dict) else []
    near = difflib.get_close_matches(name, keys, n=1, cutoff=0.75)
    return f" (is {near[0]!r} meant to be it?)" if near else ""


def kind_shown(value: Any) -> str:
    """What a value is, for people."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"a number ({value})" if len(str(value)) < 24 else "a number"
    if isinstance(value, str):
        return f"a string ({_shown(value)})"
    return "a list" if isinstance(value, list) else "an object"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def listed(record: dict[str, Any]) -> str:
    """The keys of a record, for people."""
    keys = [repr(k) for k in record]
    return ", ".join(keys[:8]) + (", …" if len(keys) > 8 else "")


def shortened(raw: bytes) -> str:
    """The beginning of a row, as an excerpt."""
    return raw[: EXCERPT_CHARACTERS * 2].decode("utf-8", "replace")[:EXCERPT_CHARACTERS]
