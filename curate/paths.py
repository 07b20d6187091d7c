"""Field paths such as `messages[2].content`: look up and replace what stands there in a record."""

from __future__ import annotations

from typing import Any

from curate.patterns import regex

_STEP = regex(r"\[(\d+)\]|([^.\[\]]+)")


def steps(path: str) -> list[str | int]:
    """The steps of a path: "messages[2].content" → ["messages", 2, "content"]."""
    return [int(m[1]) if m[1] is not None else m[2] for m in _STEP.finditer(path)]


def follow(record: Any, path: str) -> Any:
    """What stands at a path, or None when there is nothing."""
    if isinstance(record, dict) and path in record:
        return record[path]  # a column whose own name holds a dot
    for step in steps(path):
        try:
            record = record[step]
        except (KeyError, IndexError, TypeError):
            return None
    return record


def replaced(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of the record with another value at a path that exists."""
    if path in record:
        return {**record, path: value}
    new: dict[str, Any] = _replaced(record, steps(path), value)
    return new


def _replaced(at: Any, rest: list[str | int], value: Any) -> Any:
    if not rest:
        return value
    step, *others = rest
    if isinstance(at, list) and isinstance(step, int):
        return [_replaced(v, others, value) if i == step else v for i, v in enumerate(at)]
    return {k: _replaced(v, others, value) if k == step else v for k, v in at.items()}
