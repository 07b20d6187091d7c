"""A record as rules in Python see it: what is asked last, what is answered, and where that stands."""

from __future__ import annotations

from typing import Any

from curate.light_dataclass import dataclass
from curate.schemas.records import RECORD_MODELS
from curate.schemas.turns import RecordFormat


@dataclass(frozen=True, slots=True)
class Exchange:
    """The last answer of a record, the field it stands in, and the user's words before it."""

    prompt: str
    completion: str
    field: str


def last_exchange(record: dict[str, Any], format: RecordFormat) -> Exchange | None:
    """The last exchange of a valid record, or None when nobody answers."""
    if format is RecordFormat.CHAT and _is_plain(record):
        spoken = [(m["role"], m["content"], i) for i, m in enumerate(record["messages"])]
        turns = [(role, text, f"messages[{i}].content") for role, text, i in spoken]
    else:
        turns = _turns(record, format)
    last = max((i for i, (role, _, _) in enumerate(turns) if role == "assistant"), default=None)
    if last is None:
        return None
    asked: list[str] = []
    for role, text, _ in reversed(turns[:last]):
        if role != "user":
            break
        if text:
            asked.append(text)
    return Exchange("\n\n".join(reversed(asked)), turns[last][1], turns[last][2])


def _is_plain(record: dict[str, Any]) -> bool:
    """Whether all turns of a valid chat record are strings; nearly all are, and need no model."""
    return all(type(turn.get("content")) is str for turn in record["messages"])


def _turns(record: dict[str, Any], format: RecordFormat) -> list[tuple[str, str, str]]:
    """(role, text, field) of each turn, without those of a rejected answer."""
    segments = RECORD_MODELS[format].model_validate(record).segments()
    return [(s.role, s.text, s.field) for s in segments if not s.field.startswith("rejected")]
