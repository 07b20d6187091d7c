"""Preferences as token ids: a prompt, the answer that was chosen, and the one that was rejected.

Both sides are rendered through the chat template as the model would have written them, and have
to begin with the same prompt. A pair that says nothing (both sides the same, or one of them
empty) is refused, as the PRF rules of `curate lint` would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from curate.errors import UserError
from curate.schemas.options.train import OverLength, TrainOptions
from curate.schemas.turns import Example, Message
from curate.train.packing import row_length, shared_length
from curate.train.rendering import Renderer
from curate.train.rendering_report import RenderingReport, place_of, refuse_losses
from curate.train.samples import Sample
from curate.train.turns import Unrenderable

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# A side without an answer's tokens, or a prompt with less than this, cannot be learnt from.
_SHORTEST_PROMPT = 2


@dataclass(frozen=True, eq=False)
class Pair:
    """Two answers to one prompt, each a sample of which the answer's tokens are learnt.

    Attributes:
        chosen, rejected: the better and the worse one; they begin with the same prompt.
        example: number of the example it was made from, in the order they were given.
        margin: by how much the chosen one is better, where the data says so.
    """

    chosen: Sample
    rejected: Sample
    example: int
    margin: float | None = None

    @cached_property
    def length(self) -> int:
        """Tokens of a row with both sides, the prompt laid out once."""
        return row_length((self.chosen, self.rejected))

    @property
    def highest_id(self) -> int:
        """The largest token id of both sides."""
        return max(self.chosen.highest_id, self.rejected.highest_id)

    def __len__(self) -> int:
        return self.length

    @property
    def learnt_count(self) -> int:
        """Tokens of both answers."""
        return self.chosen.learnt_count + self.rejected.learnt_count


def render_pairs(
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, options: TrainOptions
) -> tuple[list[Pair], RenderingReport]:
    """The pairs of preference examples, none longer than the options allow.

    Raises:
        UserError: more of the examples are lost than `max_lost_share` allows; one is too long and
            `over_length` is "raise"; pairs are to be split, which has no meaning.
    """
    if options.over_length is OverLength.SPLIT:
        raise UserError("--over-length split is for answers alone; a pair can be dropped or cut")
    renderer = Renderer(tokenizer)
    report = RenderingReport(examples=len(examples), template_hash=renderer.template_hash)
    pairs: list[Pair] = []
    for number, example in enumerate(examples):
        place = place_of(example, number)
        try:
            pair = render_pair(renderer, example, number)
        except Unrenderable as error:
            report.refused.append(f"{place}: {error}")
            continue
        if pair is None:
            report.no_preference.append(place)
        elif (fitting := _within(pair, options, place, report)) is not None:
            pairs.append(fitting)
    report.unit = "pair"
    report.end_token_added = renderer.end_token_added
    report.samples = len(pairs)
    report.tokens = sum(len(p) for p in pairs)
    report.learnt_tokens = sum(p.learnt_count for p in pairs)
    report.ways.update(s.way.value for p in pairs for s in (p.chosen, p.rejected))
    refuse_losses(report, options.max_length, options.max_lost_share)
    return pairs, report


def render_pair(renderer: Renderer, example: Example, number: int) -> Pair | None:
    """One pair, or None when it prefers nothing: a side has no answer, or both are the same, or
    answer different prompts.

    Raises:
        Unrenderable: the template cannot render a side after its prompt.
    """
    if example.chosen is None or example.rejected is None:
        raise Unrenderable("no preference: the row has no chosen and rejected answer")
    sides = [_side(renderer, example, side, number) for side in (example.chosen, example.rejected)]
    chosen, rejected = sides
    if chosen is None or rejected is None or np.array_equal(chosen.ids, rejected.ids):
        return None
    first = {example.chosen[0].role, example.rejected[0].role}
    if not example.messages and first != {"assistant"}:
        return None
    prompts = [int(np.argmax(s.learnt)) for s in (chosen, rejected)]
    if prompts[0] != prompts[1] or shared_length((chosen, rejected)) < prompts[0]:
        raise Unrenderable("the chat template renders the prompt differently for the two answers")
    return Pair(chosen, rejected, number, example.margin)


def _side(
    renderer: Renderer, example: Example, side: Sequence[Message], number: int
) -> Sample | None:
    """The prompt with one answer, or None when the answer is empty."""
    messages = (*example.messages, *side)
    learnt = [
        i
        for i, m in enumerate(messages)
        if i >= len(example.messages)
        and m.role == "assistant"
        and (m.text.strip() or m.calls_tools)
    ]
    made = renderer.conversation(messages, learnt, example.tools, number)
    if not made:
        return None
    if len(made) > 1:
        raise Unrenderable("the chat template rewrites earlier turns of an answer of several turns")
    return made[0] if made[0].learnt_count else None


# ------------------------------------------------------------------------------------------------
# Budgets


def _within(pair: Pair, options: TrainOptions, place: str, report: RenderingReport) -> Pair | None:
    """The pair if it fits, what is left of it after cutting, or None where it is dropped.

    The prompt's budget and the answers' are apart, so that a long prompt never takes the answer
    away; a prompt is cut in its middle, the same for both sides, an answer at its end.
    """
    prompt = int(np.argmax(pair.chosen.learnt))
    answers = [len(s) - prompt for s in (pair.chosen, pair.rejected)]
    longest = min(options.max_completion_length or max(answers), max(answers))
    room = min(options.max_prompt_length or prompt, options.max_length - longest)
    if prompt <= room and max(answers) <= longest:
        return pair
    if options.over_length is OverLength.RAISE:
        raise UserError(
            f"{place}: a prompt of {prompt} tokens with answers of {answers[0]} and {answers[1]}; "
            "shorten it, raise --max-length, --max-prompt-length or --max-completion-length, or "
            "choose --over-length drop or cut"
        )
    if options.over_length is OverLength.CUT and room >= _SHORTEST_PROMPT:
        chosen, rejected = (_cut(s, prompt, room, longest) for s in (pair.chosen, pair.rejected))
        if not np.array_equal(chosen.ids, rejected.ids):
            report.cut.append(place)
            return Pair(chosen, rejected, pair.example, pair.margin)
    report.dropped.append(place)
    return None


def _cut(sample: Sample, prompt: int, room: int, answer: int) -> Sample:
    """`sample` with at most `room` tokens of its prompt, and at most `answer` of what follows."""
    surplus = max(0, prompt - room)
    head = max(1, (prompt - surplus) // 4) if surplus else prompt
    end = min(len(sample), prompt + answer)
    keep = np.r_[0:head, head + surplus : end]
    return Sample(sample.ids[keep], sample.learnt[keep], sample.example, sample.way)
