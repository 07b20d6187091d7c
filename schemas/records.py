"""One model per record format, and the canonical `Example` that each of them becomes.

Formats (the names are those of `--format`): chat, instruction, sharegpt, prompt-completion,
question-answer, text, preference, unpaired-preference, prompt-only, stepwise. Extra keys are allowed and kept: a row may
carry ids, sources and scores of its own; whether keys drift between rows is for the FMT rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from curate.schemas.preference_records import (
    JudgedConversationRecord,
    PreferenceRecord,
    PromptRecord,
    StepwiseRecord,
    UnpairedPreferenceRecord,
)
from curate.schemas.turns import (
    SHAREGPT_ROLES,
    Example,
    Message,
    RecordFormat,
    RecordPart,
    Segment,
    Turns,
    assistant,
    learnt_turns,
    messages_of,
    side_segments,
    tools_given,
    turns_with_system,
    user,
)


class ChatRecord(RecordPart):
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
        return turns_with_system(self.messages, self.system)

    def example(self) -> Example:
        """The canonical example: every assistant turn of weight > 0 is learnt."""
        messages = self.turns
        legacy = [{"type": "function", "function": f} for f in self.functions or ()]
        return Example(
            messages=messages,
            learnt=learnt_turns(messages),
            tools=(*tools_given(self.tools), *legacy),
        )

    def segments(self) -> Iterator[Segment]:
        """The texts of the record, in order."""
        if len(self.turns) > len(self.messages):
            yield Segment(field="system", role="system", text=self.system)
        yield from side_segments("messages", self.messages, "user")


class InstructionRecord(RecordPart):
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


class ShareGPTTurn(RecordPart):
    """One ShareGPT turn."""

    from_: Annotated[str, Field(alias="from")]
    value: str
    weight: Annotated[int | float, Field(ge=0, le=1)] | None = None


class ShareGPTRecord(RecordPart):
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
            learnt=learnt_turns(tuple(messages)),
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


class PromptCompletionRecord(RecordPart):
    """A prompt and its completion, each a string or a list of messages."""

    prompt: Turns
    completion: Turns
    system: str | None = None
    tools: list[dict[str, Any]] | str | None = None

    def example(self) -> Example:
        """Only the assistant turns of the completion are learnt."""
        system = (Message(role="system", content=self.system),) if self.system else ()
        head = system + messages_of(self.prompt, "user")
        messages = head + messages_of(self.completion, "assistant")
        learnt = tuple(i for i in learnt_turns(messages) if i >= len(head))
        return Example(messages=messages, learnt=learnt, tools=tools_given(self.tools))

    def segments(self) -> Iterator[Segment]:
        """System, prompt, completion."""
        if self.system is not None:
            yield Segment(field="system", role="system", text=self.system)
        yield from side_segments("prompt", self.prompt, "user")
        yield from side_segments("completion", self.completion, "assistant")


class QuestionAnswerRecord(RecordPart):
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


class TextRecord(RecordPart):
    """Plain text for language modelling."""

    text: str

    def example(self) -> Example:
        """Every token is learnt."""
        return Example(text=self.text)

    def segments(self) -> Iterator[Segment]:
        """The text; it is what the model learns to write, hence the role."""
        yield Segment(field="text", role="assistant", text=self.text)


Record = (
    ChatRecord
    | InstructionRecord
    | ShareGPTRecord
    | PromptCompletionRecord
    | QuestionAnswerRecord
    | TextRecord
    | PreferenceRecord
    | UnpairedPreferenceRecord
    | JudgedConversationRecord
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


def model_of(format_: RecordFormat, record: Mapping[str, Any]) -> type[Record]:
    """The model of a record in the format's own form. A judged answer may end a conversation."""
    whole = "messages" in record and not record.keys() >= {"prompt", "completion"}
    if format_ is RecordFormat.UNPAIRED_PREFERENCE and whole:
        return JudgedConversationRecord
    return RECORD_MODELS[format_]
