"""One model per record format, and the canonical `Example` that each of them becomes.

Formats (the names are those of `--format`): chat, instruction, sharegpt, prompt-completion,
question-answer, text, preference, unpaired-preference, prompt-only, stepwise. Extra keys are allowed and kept: a row may
carry ids, sources and scores of its own; whether keys drift between rows is for the FMT rules.

Roles follow the OpenAI chat format; `developer` is its newer name for `system`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

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


class _Model(BaseModel):
    # Built when first used: `curate dedupe` names formats without checking rows against them.
    model_config = ConfigDict(frozen=True, extra="allow", strict=True, defer_build=True)


class ContentPart(_Model):
    """One part of a multimodal content list: text, or a reference to an image, a sound, a file."""

    type: str
    text: str | None = None


class FunctionCall(_Model):
    """The called function: its name, and its arguments as a JSON string (or already an object)."""

    name: str
    arguments: str | dict[str, Any] | None = None


class ToolCall(_Model):
    """One tool call of an assistant turn."""

    function: FunctionCall
    id: str | None = None
    type: str | None = None


class Message(_Model):
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

    model_config = ConfigDict(frozen=True)

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

    model_config = ConfigDict(frozen=True)

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


def _learnt(messages: tuple[Message, ...]) -> tuple[int, ...]:
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


class ChatRecord(_Model):
    """OpenAI's chat format: `{"messages": [{"role", "content"}, …], "tools": […]}`.

    The turns may stand under `conversations` instead.
    """

    messages: Annotated[list[Message], Field(min_length=1)]
    tools: list[dict[str, Any]] | str | None = None
    functions: list[dict[str, Any]] | None = None
    parallel_tool_calls: bool | None = None
    system: Any = None  # some sets keep the system prompt beside the turns; others, a number

    @property
    def turns(self) -> tuple[Message, ...]:
        """The messages, after the system prompt that stands beside them where they have none."""
        given = isinstance(self.system, str) and self.system
        if not given or self.messages[0].role in ("system", "developer"):
            return tuple(self.messages)
        return (Message(role="system", content=self.system), *self.messages)

    def example(self) -> Example:
        """The canonical example: every assistant turn of weight > 0 is learnt."""
        messages = self.turns
        legacy = [{"type": "function", "function": f} for f in self.functions or ()]
        return Example(
            messages=messages,
            learnt=_learnt(messages),
            tools=(*tools_given(self.tools), *legacy),
        )

    def segments(self) -> Iterator[Segment]:
        """The texts of the record, in order."""
        if len(self.turns) > len(self.messages):
            yield Segment(field="system", role="system", text=self.system)
        for i, m in enumerate(self.messages):
            yield Segment(field=f"messages[{i}].content", role=m.role, text=m.text)


class InstructionRecord(_Model):
    """Alpaca's format: instruction, optional input, output; optional system prompt and history."""

    instruction: str
    input: str | None = None
    output: str
    system: str | None = None
    history: list[list[str]] | None = None

    @property
    def prompt(self) -> str:
        """Instruction and input, a blank line between them."""
        return f"{self.instruction}\n\n{self.input}" if self.input else self.instruction

    def example(self) -> Example:
        """History turns come first; only the last output is learnt."""
        messages: list[Message] = []
        if self.system:
            messages.append(Message(role="system", content=self.system))
        for turn in self.history or ():
            messages += [user(turn[0]), assistant(turn[1])]
        messages += [user(self.prompt), assistant(self.output)]
        return Example(messages=tuple(messages), learnt=(len(messages) - 1,))

    def segments(self) -> Iterator[Segment]:
        """System, history, instruction, input, output."""
        if self.system is not None:
            yield Segment(field="system", role="system", text=self.system)
        for i, turn in enumerate(self.history or ()):
            yield Segment(field=f"history[{i}][0]", role="user", text=turn[0])
            yield Segment(field=f"history[{i}][1]", role="assistant", text=turn[1])
        yield Segment(field="instruction", role="user", text=self.instruction)
        if self.input is not None:
            yield Segment(field="input", role="user", text=self.input)
        yield Segment(field="output", role="assistant", text=self.output)

    @model_validator(mode="after")
    def _history_is_pairs(self) -> InstructionRecord:
        for i, turn in enumerate(self.history or ()):
            if len(turn) != 2:
                raise ValueError(
                    f"history[{i}] should hold two strings, the question and the answer"
                )
        return self


class ShareGPTTurn(_Model):
    """One ShareGPT turn."""

    from_: Annotated[str, Field(alias="from")]
    value: str
    weight: Annotated[int | float, Field(ge=0, le=1)] | None = None


class ShareGPTRecord(_Model):
    """ShareGPT's format: `{"conversations": [{"from", "value"}, …], "system": …, "tools": …}`.

    The turns may stand under `messages` instead.
    """

    conversations: Annotated[list[ShareGPTTurn], Field(min_length=1)]
    system: str | None = None
    tools: str | list[dict[str, Any]] | None = None

    @model_validator(mode="after")
    def _known_speakers(self) -> ShareGPTRecord:
        for i, turn in enumerate(self.conversations):
            if turn.from_.lower() not in SHAREGPT_ROLES:
                raise ValueError(
                    f"conversations[{i}].from: unknown speaker {turn.from_!r}; "
                    f"expected one of {', '.join(SHAREGPT_ROLES)}"
                )
        return self

    def example(self) -> Example:
        """Speakers become roles; every assistant turn is learnt; tools given as JSON are parsed."""
        messages = [Message(role="system", content=self.system)] if self.system else []
        messages += [
            Message(role=SHAREGPT_ROLES[t.from_.lower()], content=t.value, weight=t.weight)
            for t in self.conversations
        ]
        return Example(
            messages=tuple(messages),
            learnt=_learnt(tuple(messages)),
            tools=tools_given(self.tools),
        )

    def segments(self) -> Iterator[Segment]:
        """The texts of the record, in order."""
        if self.system is not None:
            yield Segment(field="system", role="system", text=self.system)
        for i, t in enumerate(self.conversations):
            yield Segment(
                field=f"conversations[{i}].value",
                role=SHAREGPT_ROLES[t.from_.lower()],
                text=t.value,
            )


Turns = str | list[Message]


def _messages(side: Turns, role: Role) -> tuple[Message, ...]:
    return (Message(role=role, content=side),) if isinstance(side, str) else tuple(side)


def _side_segments(name: str, side: Turns, role: Role) -> Iterator[Segment]:
    if isinstance(side, str):
        yield Segment(field=name, role=role, text=side)
        return
    for i, m in enumerate(side):
        yield Segment(field=f"{name}[{i}].content", role=m.role, text=m.text)


class PromptCompletionRecord(_Model):
    """A prompt and its completion, each a string or a list of messages."""

    prompt: Turns
    completion: Turns
    system: str | None = None
    tools: list[dict[str, Any]] | str | None = None

    def example(self) -> Example:
        """Only the assistant turns of the completion are learnt."""
        system = (Message(role="system", content=self.system),) if self.system else ()
        head = system + _messages(self.prompt, "user")
        messages = head + _messages(self.completion, "assistant")
        learnt = tuple(i for i in _learnt(messages) if i >= len(head))
        return Example(messages=messages, learnt=learnt, tools=tools_given(self.tools))

    def segments(self) -> Iterator[Segment]:
        """System, prompt, completion."""
        if self.system is not None:
            yield Segment(field="system", role="system", text=self.system)
        yield from _side_segments("prompt", self.prompt, "user")
        yield from _side_segments("completion", self.completion, "assistant")


class QuestionAnswerRecord(_Model):
    """A question, an optional context, and its answer."""

    question: str
    answer: str
    context: str | None = None
    system: str | None = None

    @property
    def prompt(self) -> str:
        """Context (if any) and question, a blank line between them."""
        return f"{self.context}\n\n{self.question}" if self.context else self.question

    def example(self) -> Example:
        """One question, one learnt answer."""
        system = (Message(role="system", content=self.system),) if self.system else ()
        messages = (*system, user(self.prompt), assistant(self.answer))
        return Example(messages=messages, learnt=(len(messages) - 1,))

    def segments(self) -> Iterator[Segment]:
        """System, context, question, answer."""
        if self.system is not None:
            yield Segment(field="system", role="system", text=self.system)
        if self.context is not None:
            yield Segment(field="context", role="user", text=self.context)
        yield Segment(field="question", role="user", text=self.question)
        yield Segment(field="answer", role="assistant", text=self.answer)


class TextRecord(_Model):
    """Plain text for language modelling."""

    text: str

    def example(self) -> Example:
        """Every token is learnt."""
        return Example(text=self.text)

    def segments(self) -> Iterator[Segment]:
        """The text; it is what the model learns to write, hence the role."""
        yield Segment(field="text", role="assistant", text=self.text)


# hh-rlhf keeps prompt and answer in one transcript; its speakers stand at the start of a paragraph.
_HUMAN, _ASSISTANT = "\n\nHuman:", "\n\nAssistant:"


def split_transcript(transcript: str) -> tuple[Message, ...] | None:
    """hh-rlhf's transcript as messages, or None when `transcript` is not one.

    The form is "\\n\\nHuman: … \\n\\nAssistant: …" (Bai et al. 2022, arXiv 2204.05862, data release).
    """
    if not transcript.startswith((_HUMAN, _ASSISTANT)):
        return None
    messages: list[Message] = []
    rest = transcript
    while rest:
        role: Role = "user" if rest.startswith(_HUMAN) else "assistant"
        body = rest[len(_HUMAN if role == "user" else _ASSISTANT) :]
        cuts = [i for i in (body.find(_HUMAN), body.find(_ASSISTANT)) if i >= 0]
        end = min(cuts) if cuts else len(body)
        messages.append(Message(role=role, content=body[:end].strip()))
        rest = body[end:]
    return tuple(messages)


class PreferenceRecord(_Model):
    """A chosen and a rejected answer; strings, one message or several; the prompt may be implicit.

    OpenAI's names are read, too: input (with messages and tools inside), preferred_output and
    non_preferred_output.

    Without `prompt`, both sides hold the whole conversation (as messages, or as hh-rlhf
    transcripts), and what they share at the start is the prompt. So they do where they begin with
    `prompt` themselves, as UltraFeedback's rows do.
    """

    chosen: Turns
    rejected: Turns
    prompt: Turns | None = None
    system: str | None = None
    tools: list[dict[str, Any]] | str | None = None
    margin: float | int | None = None

    def example(self) -> Example:
        """Prompt turns in `messages`, the two continuations in `chosen` and `rejected`."""
        system = (Message(role="system", content=self.system),) if self.system else ()
        tools = tools_given(self.tools)
        chosen, rejected = _preference_side(self.chosen), _preference_side(self.rejected)
        given = _messages(self.prompt, "user") if self.prompt is not None else ()
        if given and not (_opens_with(chosen, given) and _opens_with(rejected, given)):
            head = system + given
        else:
            shared = 0
            # The last turn of each side is its answer, even where both sides are the same.
            limit = max(min(len(chosen), len(rejected)) - 1, 0)
            while shared < limit and chosen[shared] == rejected[shared]:
                shared += 1
            head, chosen, rejected = system + chosen[:shared], chosen[shared:], rejected[shared:]
        return Example(
            messages=head, chosen=chosen, rejected=rejected, tools=tools, margin=self.margin
        )

    def segments(self) -> Iterator[Segment]:
        """Prompt, chosen, rejected, as they stand in the record."""
        if self.system is not None:
            yield Segment(field="system", role="system", text=self.system)
        if self.prompt is not None:
            yield from _side_segments("prompt", self.prompt, "user")
        yield from _side_segments("chosen", self.chosen, "assistant")
        yield from _side_segments("rejected", self.rejected, "assistant")


def _opens_with(side: tuple[Message, ...], given: tuple[Message, ...]) -> bool:
    """Whether a conversation begins, its system turn aside, with these turns and goes on."""
    turns = side[1:] if side and side[0].role == "system" else side
    return len(turns) > len(given) and turns[: len(given)] == given


def _preference_side(side: Turns) -> tuple[Message, ...]:
    if isinstance(side, str):
        return split_transcript(side) or (assistant(side),)
    return tuple(side)


class UnpairedPreferenceRecord(_Model):
    """A prompt, one completion, and whether it is desirable (as KTO uses)."""

    prompt: Turns
    completion: Turns
    label: bool
    system: str | None = None

    def example(self) -> Example:
        """Prompt turns in `messages`, the judged ones in `completion`."""
        system = (Message(role="system", content=self.system),) if self.system else ()
        return Example(
            messages=system + _messages(self.prompt, "user"),
            completion=_messages(self.completion, "assistant"),
            label=self.label,
        )

    def segments(self) -> Iterator[Segment]:
        """System, prompt, completion."""
        if self.system is not None:
            yield Segment(field="system", role="system", text=self.system)
        yield from _side_segments("prompt", self.prompt, "user")
        yield from _side_segments("completion", self.completion, "assistant")


class PromptRecord(_Model):
    """A prompt without an answer, as methods use that let the model answer (PPO, GRPO).

    Other columns (a reference answer, a difficulty) are kept, and belong to the reward.
    """

    prompt: Turns
    system: str | None = None
    tools: list[dict[str, Any]] | str | None = None

    def example(self) -> Example:
        """The turns that stand before the answer; none of them is learnt."""
        system = (Message(role="system", content=self.system),) if self.system else ()
        messages = system + _messages(self.prompt, "user")
        return Example(messages=messages, tools=tools_given(self.tools), apart="prompt")

    def segments(self) -> Iterator[Segment]:
        """System, prompt."""
        if self.system is not None:
            yield Segment(field="system", role="system", text=self.system)
        yield from _side_segments("prompt", self.prompt, "user")


class StepwiseRecord(_Model):
    """A prompt, the steps of one solution, and whether each step is right (process supervision)."""

    prompt: str
    completions: Annotated[list[str], Field(min_length=1)]
    labels: list[bool]

    @model_validator(mode="after")
    def _one_label_a_step(self) -> StepwiseRecord:
        if len(self.labels) != len(self.completions):
            raise ValueError(
                f"labels has {len(self.labels)} entries for the {len(self.completions)} steps in "
                "completions; expected one true or false for each"
            )
        return self

    def example(self) -> Example:
        """The prompt and its steps as one answer, which is judged and not learnt."""
        turns = (user(self.prompt), assistant("\n".join(self.completions)))
        return Example(messages=turns, apart="stepwise")

    def segments(self) -> Iterator[Segment]:
        """Prompt, steps."""
        yield Segment(field="prompt", role="user", text=self.prompt)
        for i, step in enumerate(self.completions):
            yield Segment(field=f"completions[{i}]", role="assistant", text=step)


Record = (
    ChatRecord
    | InstructionRecord
    | ShareGPTRecord
    | PromptCompletionRecord
    | QuestionAnswerRecord
    | TextRecord
    | PreferenceRecord
    | UnpairedPreferenceRecord
    | PromptRecord
    | StepwiseRecord
)

RECORD_MODELS: dict[RecordFormat, type[Record]] = {
    RecordFormat.CHAT: ChatRecord,
    RecordFormat.INSTRUCTION: InstructionRecord,
    RecordFormat.SHAREGPT: ShareGPTRecord,
    RecordFormat.PROMPT_COMPLETION: PromptCompletionRecord,
    RecordFormat.QUESTION_ANSWER: QuestionAnswerRecord,
    RecordFormat.TEXT: TextRecord,
    RecordFormat.PREFERENCE: PreferenceRecord,
    RecordFormat.UNPAIRED_PREFERENCE: UnpairedPreferenceRecord,
    RecordFormat.PROMPT_ONLY: PromptRecord,
    RecordFormat.STEPWISE: StepwiseRecord,
}

FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_\-]*$")]
