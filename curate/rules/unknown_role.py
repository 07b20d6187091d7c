"""ROL001: a role that chat templates do not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from curate.rules.protocol import About, FaultRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.turns import ROLES

# Other names of the roles, as they stand in published sets, in lower case.
_OTHER_NAMES = {
    "human": "user",
    "prompter": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "chatbot": "assistant",
    "observation": "tool",
    "function_response": "tool",
    "tool_response": "tool",
}


def renamed(raw: bytes) -> bytes | None:
    """The row with every role under its usual name, or None when one cannot be told."""
    try:
        record = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    changed = False
    for turn in _turns(record):
        role = turn["role"]
        name = role.strip().lower()
        known = name if name in ROLES else _OTHER_NAMES.get(name)
        if known is None:
            return None
        changed |= known != role
        turn["role"] = known
    ending = b"\r" if raw.endswith(b"\r") else b""
    return orjson.dumps(record) + ending if changed else None


def _turns(record: Any) -> Iterator[dict[str, Any]]:
    lists = record.values() if isinstance(record, dict) else ()
    for turns in lists:
        for turn in turns if isinstance(turns, list) else ():
            if isinstance(turn, dict) and isinstance(turn.get("role"), str):
                yield turn


RULE = FaultRule(
    About(
        code="ROL001",
        name="unknown-role",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the role of a turn is not known",
        reason="Chat templates fail on a role that they do not know, or silently leave the turn out.",
        example='{"messages": [{"role": "human", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}',
        remedy="Use system, developer, user, assistant or tool. `--fix` renames other spellings of these.",
    ),
    Repair(FixSafety.SAFE, "rename the roles", raw=renamed),
)
