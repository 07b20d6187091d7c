"""The turns of a record, whatever its format, each with the field that a finding should name."""

from __future__ import annotations

from typing import Any

from curate.light_dataclass import dataclass
from curate.schemas.preference_records import JudgedConversationRecord
from curate.schemas.records import model_of
from curate.schemas.turns import SHAREGPT_ROLES, RecordFormat

# Formats in which the user wrote the roles, and so can have written them wrongly.
CONVERSATIONS = (
    RecordFormat.CHAT,
    RecordFormat.SHAREGPT,
    RecordFormat.PROMPT_COMPLETION,
    RecordFormat.PREFERENCE,
    RecordFormat.UNPAIRED_PREFERENCE,
)
_SIDES = {
    RecordFormat.PROMPT_COMPLETION: ("prompt", "completion"),
    RecordFormat.PREFERENCE: ("prompt", "chosen"),
    RecordFormat.UNPAIRED_PREFERENCE: ("prompt", "completion"),
}
_CANONICAL = {"developer": "system", "function": "tool"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: where it stands, where its role stands, who speaks, and the object itself.

    `role` is system, user, assistant or tool. `message` is empty for a side that is a string.
    """

    field: str
    role_field: str
    role: str
    message: dict[str, Any]

    @property
    def text(self) -> str:
        """The content as plain text, parts that are not text left out."""
        content = self.message.get("content", self.message.get("value"))
        if isinstance(content, list):
            return "".join(
                p.get("text") or "" for p in content if isinstance(p, dict) and "text" in p
            )
        return content if isinstance(content, str) else ""


def turns_of(record: dict[str, Any], format_: RecordFormat) -> list[Turn]:
    """The turns of a valid record, in order; of a preference, those of the chosen side."""
    judged = RecordFormat.UNPAIRED_PREFERENCE
    whole = format_ is judged and model_of(format_, record) is JudgedConversationRecord
    if format_ is RecordFormat.CHAT or whole:
        turns = turns_in("messages", record["messages"])
        given = record.get("system")
        if isinstance(given, str) and given and turns[0].role != "system":
            return [Turn("system", "system", "system", {"content": given}), *turns]
        return turns
    if format_ is RecordFormat.SHAREGPT:
        system = record.get("system")
        head = [Turn("system", "system", "system", {"content": system})] if system else []
        return head + turns_in("conversations", record["conversations"])
    turns = []
    if record.get("system"):
        turns.append(Turn("system", "system", "system", {"content": record["system"]}))
    for side in _SIDES.get(format_, ()):
        value = record.get(side)
        if isinstance(value, list):
            turns += turns_in(side, value)
        elif isinstance(value, str):
            role = "user" if side == "prompt" else "assistant"
            turns.append(Turn(side, side, role, {"content": value}))
    return turns


def turns_in(name: str, messages: list[dict[str, Any]]) -> list[Turn]:
    """The turns of one list, which stands in the record under `name`."""
    turns = []
    for i, message in enumerate(messages):
        key = "role" if "role" in message else "from"
        role = str(message.get(key, ""))
        role = SHAREGPT_ROLES.get(role.lower(), role) if key == "from" else role
        field = f"{name}[{i}]"
        turns.append(Turn(field, f"{field}.{key}", _CANONICAL.get(role, role), message))
    return turns
