"""The tool calls of a conversation, the results that answer them, and the tools they name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from curate.light_dataclass import dataclass
from curate.rules.turns import Turn


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `field` and `arguments_field` say where it and its arguments stand."""

    field: str
    arguments_field: str
    name: str
    arguments: Any
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Orphan:
    """A tool result that answers no call."""

    field: str
    reason: str


def calls_of(turn: Turn) -> list[Call]:
    """The calls of one turn, in today's shape, the older one, or ShareGPT's."""
    message = turn.message
    calls = []
    for i, call in enumerate(message.get("tool_calls") or ()):
        function = call.get("function") or {}
        field = f"{turn.field}.tool_calls[{i}]"
        calls.append(
            Call(
                field,
                f"{field}.function.arguments",
                str(function.get("name")),
                function.get("arguments"),
                call.get("id"),
            )
        )
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        field = f"{turn.field}.function_call"
        calls.append(
            Call(field, f"{field}.arguments", str(legacy.get("name")), legacy.get("arguments"))
        )
    if str(message.get("from", "")).lower() == "function_call":
        calls += _written_call(turn)
    return calls


def _written_call(turn: Turn) -> list[Call]:
    """ShareGPT's function_call turn: its value is the call, written as JSON."""
    try:
        value = json.loads(turn.text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return []
    field = f"{turn.field}.value"
    return [Call(field, field, value["name"], value.get("arguments"))]


def unanswered(turns: Sequence[Turn]) -> list[Call]:
    """Calls that the conversation goes on without a result of.

    The calls of the last turn are what the model learns to write; they need no result.
    """
    return _traced(turns)[0]


def orphans(turns: Sequence[Turn]) -> list[Orphan]:
    """Tool results that answer no call before them."""
    return _traced(turns)[1]


def _traced(turns: Sequence[Turn]) -> tuple[list[Call], list[Orphan]]:
    lost: list[Call] = []
    strays: list[Orphan] = []
    open_calls: list[Call] = []
    answered: set[str] = set()
    written = False  # the turn before may call tools in its text, as Hermes models do
    for turn in turns:
        if turn.role == "tool":
            call, reason = _answer(turn, open_calls, answered)
            if call is not None:
                open_calls.remove(call)
                answered.add(call.id or "")
            elif not (written and "tool_call_id" not in turn.message):
                strays.append(Orphan(f"{turn.field}.{_result_key(turn)}", reason))
                # A wrong id is one fault, not two: the call that was meant is not missed as well.
                if "tool_call_id" in turn.message and open_calls:
                    open_calls.pop(0)
            continue
        lost += open_calls
        open_calls = calls_of(turn) if turn.role == "assistant" else []
        written = turn.role == "assistant" and any(mark in turn.text for mark in "<{[")
    if turns and turns[-1].role == "tool":
        lost += open_calls
    return lost, strays


def _result_key(turn: Turn) -> str:
    if "tool_call_id" in turn.message:
        return "tool_call_id"
    return "role" if "role" in turn.message else "from"


def _answer(turn: Turn, open_calls: Sequence[Call], answered: set[str]) -> tuple[Call | None, str]:
    """The open call that a result answers, or None and why there is none."""
    known = turn.message.get("tool_call_id")
    if known is None:
        name = turn.message.get("name")
        named = [c for c in open_calls if c.name == name] or list(open_calls)
        return (named[0], "") if named else (None, "a tool result, but no call is open before it")
    for call in open_calls:
        if call.id == known or call.id is None:
            return call, ""
    if known in answered:
        return None, f"the call {known!r} was answered before"
    ids = ", ".join(repr(c.id) for c in open_calls)
    expected = f"expected one of {ids}" if ids else "no call is open before it"
    return None, f"no call has the id {known!r}; {expected}"


def tools_of(record: dict[str, Any]) -> list[Any]:
    """The tools that a record declares, as they stand there; `functions` is the older name."""
    tools = record.get("tools")
    if isinstance(tools, str):
        try:
            tools = json.loads(tools)
        except (ValueError, RecursionError):
            tools = None
    listed = list(tools) if isinstance(tools, list) else []
    functions = record.get("functions")
    return listed + (list(functions) if isinstance(functions, list) else [])


def declared(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(name, schema of its arguments) for each tool that is declared in a known shape."""
    for tool in tools_of(record):
        function = tool.get("function", tool) if isinstance(tool, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            yield (
                function["name"],
                function.get("parameters", function.get("input_schema")),
            )


def parsed_arguments(arguments: Any) -> tuple[Any, str | None]:
    """(arguments as an object, None), or (None, what is wrong with them)."""
    if arguments is None or arguments == "":
        return {}, None  # a function without parameters
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except RecursionError:
            return None, "nested too deeply"
        except ValueError as error:
            return None, f"not JSON: {error}"
    if not isinstance(arguments, dict):
        return None, f"JSON, but {type(arguments).__name__}; expected an object"
    return arguments, None
