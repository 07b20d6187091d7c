"""The record formats of judged and of open answers: preferences, unpaired ones, prompts alone, judged steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, model_validator

from curate.schemas.turns import (
    Example,
    Message,
    RecordPart,
    Role,
    Segment,
    Turns,
    assistant,
    messages_of,
    side_segments,
    tools_given,
    turns_with_system,
    user,
)

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


class PreferenceRecord(RecordPart):
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
    prompt_input: str | None = None  # Alpaca's input, where its instruction is the prompt
    system: str | None = None
    tools: list[dict[str, Any]] | str | None = None
    margin: float | int | None = None

    def example(self) -> Example:
        """Prompt turns in `messages`, the two continuations in `chosen` and `rejected`."""
        system = (Message(role="system", content=self.system),) if self.system else ()
        tools = tools_given(self.tools)
        chosen, rejected = _preference_side(self.chosen), _preference_side(self.rejected)
        given = messages_of(self.prompt, "user") if self.prompt is not None else ()
        if isinstance(self.prompt, str) and self.prompt_input:
            given = (user(f"{self.prompt}\n\n{self.prompt_input}"),)
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
            yield from side_segments("prompt", self.prompt, "user")
        if self.prompt_input is not None:
            yield Segment(field="prompt_input", role="user", text=self.prompt_input)
        yield from side_segments("chosen", self.chosen, "assistant")
        yield from side_segments("rejected", self.rejected, "assistant")


def _opens_with(side: tuple[Message, ...], given: tuple[Message, ...]) -> bool:
    """Whether a conversation begins, its system turn aside, with these turns and goes on."""
    turns = side[1:] if side and side[0].role == "system" else side
    return len(turns) > len(given) and turns[: len(given)] == given


def _preference_side(side: Turns) -> tuple[Message, ...]:
    if isinstance(side, str):
        return split_transcript(side) or (assistant(side),)
    return tuple(side)


class UnpairedPreferenceRecord(RecordPart):
    """A prompt, one completion, and whether it is desirable (as KTO uses)."""

    prompt: Turns
    prompt_input: str | None = None  # Alpaca's input, where its instruction is the prompt
    completion: Turns
    label: bool
    system: str | None = None
    tools: list[dict[str, Any]] | str | None = None

    def example(self) -> Example:
        """Prompt turns in `messages`, the judged ones in `completion`."""
        system = (Message(role="system", content=self.system),) if self.system else ()
        given = messages_of(self.prompt, "user")
        if isinstance(self.prompt, str) and self.prompt_input:
            given = (user(f"{self.prompt}\n\n{self.prompt_input}"),)
        return Example(
            messages=system + given,
            completion=messages_of(self.completion, "assistant"),
            label=self.label,
            tools=tools_given(self.tools),
        )

    def segments(self) -> Iterator[Segment]:
        """System, prompt, completion."""
        if self.system is not None:
            yield Segment(field="system", role="system", text=self.system)
        yield from side_segments("prompt", self.prompt, "user")
        if self.prompt_input is not None:
            yield Segment(field="prompt_input", role="user", text=self.prompt_input)
        yield from side_segments("completion", self.completion, "assistant")


class JudgedConversationRecord(RecordPart):
    """A whole conversation, and whether its last answer is desirable: KTO's rows in a chat's layout.

    LLaMA-Factory has them with `kto_tag` for the label; the turns may stand under `conversations`.
    """

    messages: Annotated[list[Message], Field(min_length=1)]
    label: bool
    tools: list[dict[str, Any]] | str | None = None
    system: Any = None  # as in a chat: a system prompt beside the turns, or something else

    @property
    def turns(self) -> tuple[Message, ...]:
        """The messages, after the system prompt that stands beside them where they have none."""
        return turns_with_system(self.messages, self.system)

    @property
    def judged(self) -> int:
        """The number of the last answer among `messages`; as many as there are where nobody answers."""
        answers = (i for i, m in enumerate(self.messages) if m.role == "assistant")
        return max(answers, default=len(self.messages))

    def example(self) -> Example:
        """The turns before the last answer in `messages`, it and what follows in `completion`."""
        turns = self.turns
        start = self.judged + len(turns) - len(self.messages)
        return Example(
            messages=turns[:start],
            completion=turns[start:],
            label=self.label,
            tools=tools_given(self.tools),
        )

    def segments(self) -> Iterator[Segment]:
        """The texts of the record, in order."""
        if len(self.turns) > len(self.messages):
            yield Segment(field="system", role="system", text=self.system)
        yield from side_segments("messages", self.messages, "user")


class PromptRecord(RecordPart):
    """A prompt without an answer, as methods use that let the model answer (PPO, GRPO).

    Other columns (a reference answer, a difficulty) are kept, and belong to the reward.
    """

    prompt: Turns
    system: str | None = None
    tools: list[dict[str, Any]] | str | None = None

    def example(self) -> Example:
        """The turns that stand before the answer; none of them is learnt."""
        system = (Message(role="system", content=self.system),) if self.system else ()
        messages = system + messages_of(self.prompt, "user")
        return Example(messages=messages, tools=tools_given(self.tools), apart="prompt")

    def segments(self) -> Iterator[Segment]:
        """System, prompt."""
        if self.system is not None:
            yield Segment(field="system", role="system", text=self.system)
        yield from side_segments("prompt", self.prompt, "user")


class StepwiseRecord(RecordPart):
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
