"""The prompts that a policy answers while it learns: from conversations and from preferences alike."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.errors import UserError
from curate.schemas.options.train import TrainOptions
from curate.schemas.records import Example, Message
from curate.train.rendering import Renderer
from curate.train.turns import Unrenderable

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class PolicyPrompt:
    """A prompt as the model sees it, and what the data answers to it.

    Attributes:
        example: number of the example it was made from.
        messages: what stands before the answer.
        ids: token ids, generation prompt included.
        reference: the data's own answer (of a preference, the chosen one), where there is one.
        name: the same wherever the same prompt is.
    """

    example: int
    messages: tuple[Message, ...]
    ids: tuple[int, ...]
    reference: str | None
    name: str

    @property
    def question(self) -> str:
        """The last user turn's text."""
        return next((m.text for m in reversed(self.messages) if m.role == "user"), "")


@dataclass(frozen=True)
class PromptReport:
    """How many prompts there are, and which examples gave none (places are `path:line`)."""

    prompts: int
    tokens: int
    too_long: tuple[str, ...]
    without: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def lost(self) -> int:
        """Examples that are not trained on."""
        return len(self.too_long) + len(self.without) + len(self.refused)

    def describe(self) -> str:
        """In one line."""
        said = f"data: {self.prompts:,} prompts, {self.tokens:,} tokens"
        for places, what in (
            (self.too_long, "too long, dropped"),
            (self.without, "without a prompt"),
            (self.refused, "refused by the chat template"),
        ):
            if places:
                said += f"; {len(places):,} {what}"
        return said


def prompts_of(
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, options: TrainOptions
) -> tuple[list[PolicyPrompt], PromptReport]:
    """One prompt for each example that has one: what stands before its last learnt turn.

    Raises:
        UserError: more than `options.max_lost_share` of the examples give none.
    """
    renderer = Renderer(tokenizer)
    longest = options.max_length - options.max_new_tokens
    prompts: list[PolicyPrompt] = []
    too_long, without, refused = [], [], []
    for number, example in enumerate(examples):
        place = f"{example.path}:{example.line}"
        messages, reference = _asked(example)
        if not any(m.role == "user" for m in messages):
            without.append(place)
            continue
        try:
            ids = tuple(renderer.prompt_ids(messages, example.tools))
        except Unrenderable as error:
            refused.append(f"{place}: {error}")
            continue
        if len(ids) > longest:
            too_long.append(place)
            continue
        name = hashlib.sha256(repr(ids).encode()).hexdigest()[:16]
        prompts.append(PolicyPrompt(number, messages, ids, reference, name))
    tokens = sum(len(p.ids) for p in prompts)
    report = PromptReport(len(prompts), tokens, tuple(too_long), tuple(without), tuple(refused))
    if not prompts or report.lost > options.max_lost_share * len(examples):
        raise UserError(_refusal(report, len(examples), options))
    return prompts, report


def _asked(example: Example) -> tuple[tuple[Message, ...], str | None]:
    """The turns before the answer, and the answer's text where the data has one."""
    if example.chosen is not None:
        return example.messages, "\n".join(m.text for m in example.chosen) or None
    if example.completion is not None:
        # Only what was marked as desirable is an answer to compare with.
        good = "\n".join(m.text for m in example.completion) if example.label else ""
        return example.messages, good or None
    if not example.messages:
        return (), None
    if example.messages[-1].role == "user":
        return example.messages, None
    if not example.learnt:
        return (), None
    turn = example.learnt[-1]
    return example.messages[:turn], example.messages[turn].text or None


def _refusal(report: PromptReport, examples: int, options: TrainOptions) -> str:
    parts = [f"{report.lost} of {examples} examples give no prompt to answer."]
    for places, what in (
        (report.too_long, f"Longer than --max-length {options.max_length} less --max-new-tokens "
         f"{options.max_new_tokens}"),
        (report.without, "No user turn before an answer"),
        (report.refused, "Refused by the chat template"),
    ):  # fmt: skip
        if places:
            more = f" and {len(places) - 5} more" if len(places) > 5 else ""
            parts.append(f"{what}: {', '.join(places[:5])}{more}.")
    parts.append("Mend them (`curate lint` names each), or allow it with --max-lost-share.")
    return " ".join(parts)
