"""A record as rules in Python see it: what is asked last, what is answered, and where that stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from curate.light_dataclass import dataclass
from curate.rules.protocol import Mark
from curate.schemas.records import model_of
from curate.schemas.turns import RecordFormat

if TYPE_CHECKING:
    from curate.schemas.options.lint import LintOptions

_SHOWN = 160  # characters of the completion


@dataclass(frozen=True, slots=True)
class Exchange:
    """The last answer of a record, the field it stands in, and the user's words before it."""

    prompt: str
    completion: str
    field: str


@dataclass(frozen=True, slots=True)
class OnExchange:
    """A check (`RecordRule.check`) that needs no more of a record than its last exchange.

    `says` gets the prompt and the completion, and tells what is wrong with them, or None. Where these
    are at hand the engine asks it without making records of rows (`curate.answers`).
    """

    says: Callable[[str, str], str | None]

    def __call__(
        self, record: dict[str, Any], format: RecordFormat, options: LintOptions
    ) -> Iterable[Mark]:
        exchange = last_exchange(record, format)
        if exchange is None:
            return ()
        said = self.says(exchange.prompt, exchange.completion)
        return () if said is None else (mark_of(exchange, said),)


def mark_of(exchange: Exchange, said: str) -> Mark:
    """What was said about an exchange, with the beginning of the completion."""
    return Mark(exchange.field, said, exchange.completion[:_SHOWN])


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
    segments = model_of(format, record).model_validate(record).segments()
    return [(s.role, s.text, s.field) for s in segments if not s.field.startswith("rejected")]
