"""From a parsed row to the text it is compared by.

The text of a row is its turns or fields in the order of the format, a line break between them:
`all` of them without system prompts (and tool definitions), the `prompt` (all before the last
answer), the `completion` (the last answer, the chosen one of a preference), or one column. Tool
calls count by their function's name and arguments: rows that differ only there are different.

Rows are taken as they are, without validation: a number where a string should be is compared as
written, and a row of no known format has no text (None) and is only ever compared byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from curate.errors import UserError
from curate.record_forms import Shape, as_written
from curate.record_shapes import shape_of_keys
from curate.schemas.options.data import DataOptions
from curate.schemas.preference_records import split_transcript
from curate.schemas.turns import SHAREGPT_ROLES, RecordFormat

# One turn: its role (system, user, assistant, tool) and its text.
Turn = tuple[str, str]
_SYSTEM = ("system", "developer")
_KEYS_REMEMBERED = 4096


class RowTexts:
    """Texts of the rows of one run; remembers the format of each set of keys it has met."""

    def __init__(self, field: str, data: DataOptions, *, system: bool = False) -> None:
        self.field = field
        self.system = system
        self._data = data
        self._shapes: dict[tuple[str, ...], Shape | None] = {}  # as the keys say

    def text(self, row: Any) -> str | None:
        """The text of a parsed row, or None when it has none of a known format."""
        if not isinstance(row, dict):
            return None
        if self.field not in ("all", "prompt", "completion"):
            return column_text(row, self.field)
        shape = self.shape(row)
        if shape is None:
            return None
        turns, answer = turns_of(shape.rename(row), shape.format)
        if self.field == "completion":
            turns = turns[answer]
        elif self.field == "prompt":
            turns = turns[: answer.start]
        if self.system:
            return "\n".join([text for _, text in turns])
        return "\n".join([text for role, text in turns if role not in _SYSTEM])

    def shape(self, row: dict[str, Any]) -> Shape | None:
        """The format of a row, which its keys decide, and how it writes its turns."""
        keys = tuple(row)
        try:
            shape = self._shapes[keys]
        except KeyError:
            if len(self._shapes) > _KEYS_REMEMBERED:
                self._shapes.clear()
            shape = self._shapes[keys] = shape_of_keys(row, self._data)
        return shape and as_written(shape, row, named=self._data.format is not None)


def turns_of(record: dict[str, Any], format_: RecordFormat) -> tuple[list[Turn], slice]:
    """All turns of a record under the format's own names, and which of them are the last answer.

    Of a preference, the rejected answer comes last, after the answer.
    """
    judged = format_ is RecordFormat.UNPAIRED_PREFERENCE and "completion" not in record
    if format_ is RecordFormat.CHAT or judged:
        turns = list(_messages(record.get("messages")))
        given = record.get("system")
        if isinstance(given, str) and not (turns and turns[0][0] in _SYSTEM):
            turns = [("system", given), *turns]
        return _with_last_answer(turns)
    if format_ is RecordFormat.SHAREGPT:
        return _with_last_answer(
            [*_field("system", record.get("system")), *_messages(record.get("conversations"))]
        )
    if format_ is RecordFormat.TEXT:
        return list(_field("assistant", record.get("text"))), slice(0, 1)
    before: list[Turn] = list(_field("system", record.get("system")))
    if format_ is RecordFormat.INSTRUCTION:
        for pair in _list(record.get("history")):
            for role, text in zip(("user", "assistant"), _list(pair), strict=False):
                before += _field(role, text)
        before += [*_field("user", record.get("instruction")), *_field("user", record.get("input"))]
        return _joined(before, _field("assistant", record.get("output")))
    if format_ is RecordFormat.QUESTION_ANSWER:
        before += [*_field("user", record.get("context")), *_field("user", record.get("question"))]
        return _joined(before, _field("assistant", record.get("answer")))
    given = list(_side(record.get("prompt"), "user"))
    if format_ is RecordFormat.PREFERENCE and record.get("prompt_input"):
        given += _field("user", record.get("prompt_input"))
    if format_ is RecordFormat.UNPAIRED_PREFERENCE:
        given += _field("user", record.get("prompt_input"))
    before += given
    if format_ is RecordFormat.STEPWISE:
        steps = _list(record.get("completions"))
        return _joined(before, (turn for step in steps for turn in _field("assistant", step)))
    if format_ is not RecordFormat.PREFERENCE:
        return _joined(before, _side(record.get("completion"), "assistant"))
    chosen, rejected = (list(_side(record.get(k), "assistant")) for k in ("chosen", "rejected"))
    repeated = bool(given) and all(_opens_with(side, given) for side in (chosen, rejected))
    if record.get("prompt") is None or repeated:
        # The sides hold the whole conversation; what they share at the start is the prompt.
        before = before[: len(before) - len(given)]
        shared = 0
        limit = max(min(len(chosen), len(rejected)) - 1, 0)
        while shared < limit and chosen[shared] == rejected[shared]:
            shared += 1
        before += chosen[:shared]
        chosen, rejected = chosen[shared:], rejected[shared:]
    turns, answer = _joined(before, chosen)
    return turns + rejected, answer


def _opens_with(side: list[Turn], given: list[Turn]) -> bool:
    """Whether a conversation begins, its system turn aside, with these turns and goes on."""
    turns = side[1:] if side and side[0][0] in _SYSTEM else side
    return len(turns) > len(given) and turns[: len(given)] == given


def column_text(row: dict[str, Any], name: str) -> str | None:
    """All strings and numbers under one column (`name`, or `a.b` for a nested one), or None."""
    value: Any = row
    if name in row:
        value = row[name]
    else:
        for step in name.split("."):
            if not isinstance(value, dict) or step not in value:
                return None
            value = value[step]
    return "\n".join(_leaves(value))


def unknown_format(path: str, row: dict[str, Any]) -> UserError:
    """The error for a file of which no row has a known format."""
    keys = ", ".join(map(repr, list(row)[:8]))
    return UserError(
        f"{path}: no known record format: the rows have the keys {keys}; name the format with "
        "--format, its columns with --map FIELD=COLUMN, or compare one column with --field COLUMN"
    )


def _with_last_answer(turns: list[Turn]) -> tuple[list[Turn], slice]:
    for i in range(len(turns) - 1, -1, -1):
        if turns[i][0] == "assistant":
            return turns, slice(i, i + 1)
    return turns, slice(len(turns), len(turns))


def _joined(before: list[Turn], answer: Iterable[Turn]) -> tuple[list[Turn], slice]:
    turns = before + list(answer)
    return turns, slice(len(before), len(turns))


def _side(value: Any, role: str) -> Iterator[Turn]:
    """A prompt or an answer: a string (possibly an hh-rlhf transcript), or a list of messages."""
    if isinstance(value, str):
        transcript = split_transcript(value)
        if transcript is None:
            yield role, value
        else:
            yield from ((m.role, m.text) for m in transcript)
    elif isinstance(value, list):
        yield from _messages(value)
    else:
        yield from _field(role, value)


def _messages(value: Any) -> Iterator[Turn]:
    for message in _list(value):
        if not isinstance(message, dict):
            yield from _field("user", message)
            continue
        role = message.get("role") or message.get("from") or "user"
        if not isinstance(role, str):
            role = "user"
        role = SHAREGPT_ROLES.get(role.lower(), "user") if role not in _SYSTEM else "system"
        content = message.get("content")
        if content is None:
            content = message.get("value")
        text = content if isinstance(content, str) else "\n".join(_part_texts(content))
        extra = [
            *_calls(message.get("tool_calls")),
            *_calls([{"function": message.get("function_call")}]),
            *(t for _, t in _field(role, message.get("refusal"))),
        ]
        yield role, "\n".join([text, *extra]) if extra else text


def _part_texts(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for part in content:
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                yield part["text"]
            elif isinstance(part, dict):
                yield from _leaves({k: v for k, v in part.items() if k != "type"})
            else:
                yield from _leaves(part)
    else:
        yield from _leaves(content)


def _calls(calls: Any) -> Iterator[str]:
    for call in _list(calls):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield from _leaves(function.get("name"))
            arguments = function.get("arguments")
            yield arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()


def _field(role: str, value: Any) -> Iterator[Turn]:
    if isinstance(value, str):
        yield role, value
    elif value is not None:
        yield role, "\n".join(_leaves(value))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _leaves(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:  # not recursive: rows may be nested deeper than Python's stack
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            stack += reversed(value.values())
        elif isinstance(value, list):
            stack += reversed(value)
        elif value is not None:
            yield str(value).lower() if isinstance(value, bool) else str(value)
