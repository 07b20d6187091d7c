"""Prompts out of a file of any kind that curate reads: what comes before the answer, if one is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from curate.errors import UserError
from curate.manifest import read_manifest
from curate.reading import read_rows
from curate.schemas.turns import ROLES, SHAREGPT_ROLES, Message, user

_MESSAGES = TypeAdapter(list[Message])
_EXPECTED = "messages, conversations, prompt, instruction or question"


@dataclass(frozen=True)
class Asked:
    """A conversation that the model is to continue, and where it stands."""

    place: str
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...] = ()


# So many training rows are looked at, and so large a share of them has to agree.
_SYSTEM_ROWS, _SYSTEM_SHARE = 200, 0.9


def system_of_run(run: Path) -> str | None:
    """The system prompt that (nearly) all training rows of a run begin with, if there is one."""
    training = run / "splits" / "train.jsonl"
    if not training.is_file():
        noted = read_manifest(run).get("training", {}).get("train", {}).get("path")
        training = Path(noted) if noted else training
    if not training.is_file():
        return None
    rows = next((batch.values[:_SYSTEM_ROWS] for batch in read_rows(str(training))), [])
    found: Counter[str] = Counter()
    for row in rows:
        messages = asked_of(row, str(training)).messages
        if messages[0].role in ("system", "developer"):
            found[messages[0].text] += 1
    text, count = found.most_common(1)[0] if found else ("", 0)
    return text if count and count >= _SYSTEM_SHARE * len(rows) else None


def read_prompts(path: str) -> Iterator[Asked]:
    """The prompts of a file (or of standard input, "-"), in order.

    A `.txt` file holds one prompt a line; empty lines are left out.

    Raises:
        UserError: a row that is broken or holds no prompt.
    """
    if path.endswith(".txt"):
        yield from _lines(Path(path))
        return
    for batch in read_rows(path):
        for fault in batch.faults:
            raise UserError(f"{path}:{fault.line}: {fault.message}")
        for line, row in zip(batch.lines, batch.values, strict=True):
            yield asked_of(row, f"{path}:{line}")


def _lines(path: Path) -> Iterator[Asked]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield Asked(f"{path}:{number}", (user(line.strip()),))


def asked_of(row: Any, place: str) -> Asked:
    """The prompt of one row; turns of the assistant at its end are left out.

    Raises:
        UserError: the row holds no prompt.
    """
    if not isinstance(row, dict):
        raise UserError(f"{place}: expected an object with {_EXPECTED}")
    messages = _messages(row, place)
    while messages and messages[-1].role == "assistant":
        messages.pop()
    if not any(message.text.strip() or message.calls_tools for message in messages):
        raise UserError(f"{place}: nothing is asked; expected an object with {_EXPECTED}")
    if row.get("system") and messages[0].role not in ("system", "developer"):
        messages.insert(0, Message(role="system", content=str(row["system"])))
    tools = row.get("tools")
    return Asked(place, tuple(messages), tuple(tools) if isinstance(tools, list) else ())


def _messages(row: dict[str, Any], place: str) -> list[Message]:
    """The row's turns, whichever of the formats it is in; empty when it is in none."""
    turns: Any = None
    if "conversations" in row:
        turns = row["conversations"] or []
    elif "messages" in row or isinstance(row.get("prompt"), list):
        turns = row["messages"] if "messages" in row else row["prompt"]
    if isinstance(turns, list):
        turns = [_turn(turn) for turn in turns]
    if turns is not None:
        try:
            return _MESSAGES.validate_python(turns)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise UserError(f"{place}: messages.{where}: {first['msg']}") from None
    for name, more, before in (
        ("prompt", None, False),
        ("instruction", "input", False),
        ("question", "context", True),
    ):
        text = row.get(name)
        if isinstance(text, str):
            other = row.get(more) if more is not None else None
            parts = [other, text] if before else [text, other]
            return [user("\n\n".join(p for p in parts if isinstance(p, str) and p))]
    return []


def _turn(turn: Any) -> Any:
    """A turn with ShareGPT's keys or roles as a message; anything else as it is, for the check to refuse."""
    if isinstance(turn, dict) and "from" in turn:
        role = SHAREGPT_ROLES.get(str(turn["from"]).lower(), turn["from"])
        return {"role": role, "content": turn.get("value")}
    if isinstance(turn, dict) and isinstance(role := turn.get("role"), str) and role not in ROLES:
        return {**turn, "role": SHAREGPT_ROLES.get(role.lower(), role)}
    return turn
