"""A message of ours as chat templates expect it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from curate.schemas.turns import Message, ToolCall


class Unrenderable(Exception):
    """This example cannot be rendered with this template; the message is the reason."""


def in_parts(turn: dict[str, Any]) -> dict[str, Any]:
    """The same turn with its content as a list of one text part, as vision templates read it."""
    return {**turn, "content": [{"type": "text", "text": turn["content"]}]}


def plain_message(message: Message, template: str) -> dict[str, Any]:
    """A message as chat templates expect it: text content, tool arguments as objects.

    `developer` is said as `system` to templates that do not know it, and the older
    `function_call` and role `function` in today's form.

    Raises:
        Unrenderable: the content has parts that are not text.
    """
    if isinstance(message.content, list) and any(p.type != "text" for p in message.content):
        kinds = sorted({p.type for p in message.content if p.type != "text"})
        raise Unrenderable(
            f"content parts of type {', '.join(kinds)} cannot be trained on; only text can"
        )
    role: str = message.role
    if role == "developer" and "developer" not in template:
        role = "system"
    if role == "function":
        role = "tool"
    plain: dict[str, Any] = {"role": role, "content": message.text}
    calls = list(message.tool_calls or ())
    if message.function_call is not None:
        calls.append(ToolCall(function=message.function_call, type="function"))
    if calls:
        plain["tool_calls"] = [_plain_call(call) for call in calls]
    if message.name is not None:
        plain["name"] = message.name
    if message.tool_call_id is not None:
        plain["tool_call_id"] = message.tool_call_id
    extra = message.model_extra or {}
    for key in ("reasoning_content", "reasoning", "thinking"):
        if key in extra:
            plain[key] = extra[key]
    return plain


def _plain_call(call: ToolCall) -> dict[str, Any]:
    arguments = call.function.arguments
    if isinstance(arguments, str):
        try:
            parsed = json.loads(arguments)
        except ValueError:
            parsed = None
        # Templates write arguments with `tojson`; a string would be quoted twice.
        arguments = parsed if isinstance(parsed, dict) else arguments
    plain: dict[str, Any] = {
        "type": call.type or "function",
        "function": {"name": call.function.name, "arguments": arguments or {}},
    }
    if call.id is not None:
        plain["id"] = call.id
    return plain


def require_calls(
    turns: Sequence[dict[str, Any]], text: str, spans: Sequence[tuple[int, int]]
) -> None:
    """Refuse a rendering that leaves out a tool call: the model would learn to say nothing instead.

    Args:
        turns: the turns that are learnt, as the template reads them.
        text: the rendered conversation.
        spans: where each of them stands in it.

    Raises:
        Unrenderable: a called function's name is not in its turn.
    """
    for turn, (start, end) in zip(turns, spans, strict=True):
        for call in turn.get("tool_calls", ()):
            name = call["function"]["name"]
            if name not in text[start:end]:
                raise Unrenderable(
                    f"the chat template leaves out the call of {name}; take a model whose template "
                    "knows tools"
                )
