"""The prompts that a policy answers while it learns: from conversations and from preferences alike."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.errors import UserError
from curate.schemas.options.train import TrainOptions
from curate.schemas.turns import Example, Message
from curate.train.rendering import Renderer
from curate.train.rendering_report import RenderingReport, place_of
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
        room: tokens that an answer may have.
    """

    example: int
    messages: tuple[Message, ...]
    ids: tuple[int, ...]
    reference: str | None
    name: str
    room: int = 0

    @property
    def highest_id(self) -> int:
        """The prompt's largest token id."""
        return max(self.ids)

    def __len__(self) -> int:
        """Tokens of a row with the prompt and the longest answer to it."""
        return len(self.ids) + self.room

    @property
    def question(self) -> str:
        """The last user turn's text."""
        return next((m.text for m in reversed(self.messages) if m.role == "user"), "")


def prompts_of(
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, options: TrainOptions
) -> tuple[list[PolicyPrompt], RenderingReport]:
    """One prompt for each example that has one: what stands before its last learnt turn.

    Raises:
        UserError: more than `options.max_lost_share` of the examples give none.
    """
    renderer = Renderer(tokenizer)
    longest = options.max_length - options.max_new_tokens
    report = RenderingReport(
        examples=len(examples), unit="prompt", template_hash=renderer.template_hash
    )
    prompts: list[PolicyPrompt] = []
    for number, example in enumerate(examples):
        place = place_of(example, number)
        messages, reference = _asked(example)
        if not any(m.role == "user" for m in messages):
            report.nothing_to_learn.append(place)
            continue
        try:
            ids = tuple(renderer.prompt_ids(messages, example.tools))
        except Unrenderable as error:
            report.refused.append(f"{place}: {error}")
            continue
        if len(ids) > longest:
            report.dropped.append(place)
            continue
        name = hashlib.sha256(repr(ids).encode()).hexdigest()[:16]
        room = options.max_new_tokens
        prompts.append(PolicyPrompt(number, messages, ids, reference, name, room))
    report.samples = len(prompts)
    report.tokens = sum(len(p.ids) for p in prompts)
    if not prompts or report.lost > options.max_lost_share * len(examples):
        raise UserError(_refusal(report, options))
    return prompts, report


def _asked(example: Example) -> tuple[tuple[Message, ...], str | None]:
    """The turns before the answer, and the answer's text where the data has one."""
    if example.chosen is not None:
        return example.messages, "\n".join(m.text for m in example.chosen) or None
    if example.completion is not None:
        # Only what was marked as desirable is an answer to compare with.
        good = "\n".join(m.text for m in example.completion) if example.label else ""
        return example.messages, good or None
    if not example.messages or example.kind == "stepwise":
        return (), None
    if example.messages[-1].role == "user":
        return example.messages, None
    if not example.learnt:
        return (), None
    turn = example.learnt[-1]
    return example.messages[:turn], example.messages[turn].text or None


def _refusal(report: RenderingReport, options: TrainOptions) -> str:
    parts = [f"{report.lost} of {report.examples} examples give no prompt to answer."]
    limit = f"{options.max_length} less --max-new-tokens {options.max_new_tokens}"
    for places, what in (
        (report.dropped, f"Longer than --max-length {limit}"),
        (report.nothing_to_learn, "No user turn before an answer"),
        (report.refused, "Refused by the chat template"),
    ):
        if places:
            more = f" and {len(places) - 5} more" if len(places) > 5 else ""
            parts.append(f"{what}: {', '.join(places[:5])}{more}.")
    parts.append("Mend them (`curate lint` names each), or allow it with --max-lost-share.")
    return " ".join(parts)
