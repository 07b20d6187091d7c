"""What records are made of: turns, tool calls, texts, and the canonical `Example` that each becomes.

Roles follow the OpenAI chat format; `developer` is its newer name for `system`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]
ROLES: tuple[str, ...] = ("system", "developer", "user", "assistant", "tool", "function")

# ShareGPT files name the speakers in many ways; these are the ones in published sets.
SHAREGPT_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "developer",
    "human": "user",
    "user": "user",
    "prompter": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "tool": "tool",
    "observation": "tool",
    "function_response": "tool",
    "tool_response": "tool",
}


class RecordFormat(StrEnum):
    """The record formats that curate reads."""

    CHAT = "chat"
    INSTRUCTION = "instruction"
    SHAREGPT = "sharegpt"
    PROMPT_COMPLETION = "prompt-completion"
    QUESTION_ANSWER = "question-answer"
    TEXT = "text"
    PREFERENCE = "preference"
    UNPAIRED_PREFERENCE = "unpaired-preference"
    PROMPT_ONLY = "prompt-only"
    STEPWISE = "stepwise"


class RecordPart(BaseModel):
    """What rows hold: other keys are allowed and kept."""

    # Built when first used: `curate dedupe` names formats without checking rows against them.
    model_config = ConfigDict(frozen=True, extra="allow", strict=True, defer_build=True)


class ContentPart(RecordPart):
    """One part of a multimodal content list: text, or a reference to an image, a sound, a file."""

    type: str
    text: str | None = None


class FunctionCall(RecordPart):
    """The called function: its name, and its arguments as a JSON string (or already an object)."""

    name: str
    arguments: str | dict[str, Any] | None = None


class ToolCall(RecordPart):
    """One tool call of an assistant turn."""

    function: FunctionCall
    id: str | None = None
    type: str | None = None


class Message(RecordPart):
    """One turn, in OpenAI's chat shape. `weight: 0` marks an assistant turn that is not learnt."""

    role: Role
    content: str | list[ContentPart] | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    function_call: FunctionCall | None = None
    refusal: str | None = None
    weight: Annotated[int | float, Field(ge=0, le=1)] | None = None

    @property
    def text(self) -> str:
        """The content as plain text; parts that are not text are left out."""
        if isinstance(self.content, str):
            return self.content
        if self.content is None:
            return ""
        return "".join(part.text or "" for part in self.content)

    @property
    def calls_tools(self) -> bool:
        """Whether this turn calls a tool (in the present or the older `function_call` shape)."""
        return bool(self.tool_calls) or self.function_call is not None


class Segment(BaseModel):
    """One piece of text of a record, where it stands, and who says it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    field: str
    role: Role
    text: str


class Example(BaseModel):
    """What every record becomes: a conversation, plain text, or a preference.

    Exactly one of these holds: `text` is set (plain language modelling, every token is learnt);
    `chosen` and `rejected` are set (both continue `messages`; `margin` says by how much the first
    is better, where the data does); `label` is set (unpaired
    preference: `completion` continues `messages`, and is desirable or not); `apart` says that
    nothing of `messages` is an answer to learn: a prompt that is to be answered, or a solution
    whose steps were judged; otherwise `messages` is a conversation of which the turns numbered in
    `learnt` are trained on.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    messages: tuple[Message, ...] = ()
    learnt: tuple[int, ...] = ()
    tools: tuple[dict[str, Any], ...] = ()
    text: str | None = None
    chosen: tuple[Message, ...] | None = None
    rejected: tuple[Message, ...] | None = None
    completion: tuple[Message, ...] | None = None
    label: bool | None = None
    margin: float | None = None
    apart: Literal["prompt", "stepwise"] | None = None
    path: str = ""
    line: int | None = None

    @property
    def kind(
        self,
    ) -> Literal["conversation", "text", "preference", "unpaired", "prompt", "stepwise"]:
        """Which of these shapes this example has."""
        if self.text is not None:
            return "text"
        if self.chosen is not None:
            return "preference"
        if self.completion is not None:
            return "unpaired"
        return self.apart or "conversation"


def user(text: str) -> Message:
    """A user turn."""
    return Message(role="user", content=text)


def assistant(text: str) -> Message:
    """An assistant turn."""
    return Message(role="assistant", content=text)


def learnt_turns(messages: tuple[Message, ...]) -> tuple[int, ...]:
    """The assistant turns, those of weight 0 left out."""
    return tuple(
        i
        for i, m in enumerate(messages)
        if m.role == "assistant" and (m.weight is None or m.weight > 0)
    )


def tools_given(tools: list[dict[str, Any]] | str | None) -> tuple[dict[str, Any], ...]:
    """The tool definitions of a record; files of one column for all rows hold them as JSON text."""
    given: Any = tools
    if isinstance(tools, str):
        try:
            given = json.loads(tools) if tools.strip() else []
        except ValueError:
            given = []
    listed = given if isinstance(given, list) else []
    return tuple(tool for tool in listed if isinstance(tool, dict))


def turns_with_system(messages: list[Message], system: Any) -> tuple[Message, ...]:
    """The messages, after the system prompt that stands beside them where they begin with none."""
    if not (isinstance(system, str) and system) or messages[0].role in ("system", "developer"):
        return tuple(messages)
    return (Message(role="system", content=system), *messages)


Turns = str | list[Message]


def messages_of(side: Turns, role: Role) -> tuple[Message, ...]:
    """One side of a record as turns; a string is one turn of this role."""
    return (Message(role=role, content=side),) if isinstance(side, str) else tuple(side)


def side_segments(name: str, side: Turns, role: Role) -> Iterator[Segment]:
    """The texts of one side of a record, and where they stand in it."""
    if isinstance(side, str):
        yield Segment(field=name, role=role, text=side)
        return
    for i, m in enumerate(side):
        yield Segment(field=f"{name}[{i}].content", role=m.role, text=m.text)
