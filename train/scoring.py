"""`curate score`: rewards for the answers of a file, from a trained reward model.

The score of a row is the reward of its whole conversation, so scores are comparable between answers
to one prompt; between prompts only as far as the model was taught to (or its rewards centred).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from curate.errors import UserError
from curate.reading import read_rows
from curate.schemas.options.data import DataOptions
from curate.schemas.turns import Example, Message
from curate.train.forward import unwrapped
from curate.train.models import (
    Base,
    Head,
    load_model,
    load_tokenizer,
    quiet_bitsandbytes,
    quiet_transformers,
    resolve_base,
)
from curate.train.packing import pack, plan_step
from curate.train.rendering import Renderer
from curate.train.rendering_report import place_of
from curate.train.reward import RewardScores, suited_to_rewards
from curate.train.samples import Sample, Way
from curate.train.turns import Unrenderable
from curate.validating import load_examples

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_CPU_TOKENS, _GPU_TOKENS = 4_096, 32_768


class RewardModel:
    """A reward model that is ready to score.

    Attributes:
        tokenizer: with the chat template that it was trained with.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        tokenizer: PreTrainedTokenizerBase,
        batch_tokens: int | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self._renderer = Renderer(tokenizer)
        self._scores = RewardScores(model, suited_to_rewards(model)).eval()
        self._padding = unwrapped(model).config.get_text_config().pad_token_id
        self._device = next(model.parameters()).device
        usual = _CPU_TOKENS if self._device.type == "cpu" else _GPU_TOKENS
        self._budget = batch_tokens or usual

    def score_ids(
        self,
        texts: Sequence[Sequence[int]],
        on_scored: Callable[[int], None] = lambda count: None,
    ) -> list[float]:
        """The reward of each text, given as token ids with at least one token.

        Args:
            texts: whole conversations, as the chat template renders them.
            on_scored: called with the number of texts scored so far, after each batch.
        """
        samples = [
            Sample(np.asarray(ids, np.int32), np.zeros(len(ids), np.bool_), i, Way.TEXT)
            for i, ids in enumerate(texts)
        ]
        rewards: dict[int, float] = {}
        budget = self._budget if self._scores.plan.packed else 1
        with torch.no_grad():
            for numbers in plan_step([len(s) for s in samples], range(len(samples)), budget)[0]:
                if not numbers:
                    continue
                row = pack(samples, numbers, padding=self._padding).to(self._device)
                rewards.update(zip(numbers, self._scores(row).tolist(), strict=True))
                on_scored(len(rewards))
        return [rewards[i] for i in range(len(samples))]

    def ids_of(
        self, messages: Sequence[Message], tools: Sequence[dict[str, Any]] = ()
    ) -> list[int]:
        """A whole conversation that ends with an answer, as token ids.

        Raises:
            Unrenderable: the chat template refuses it, or there is no answer.
        """
        last = len(messages) - 1
        if last < 0 or messages[last].role != "assistant":
            raise Unrenderable("no answer at its end")
        made = self._renderer.conversation(messages, [last], tools)
        if not made:
            raise Unrenderable("the answer is empty")
        return cast("list[int]", made[-1].ids.tolist())

    def score_conversations(self, conversations: Sequence[Sequence[Message]]) -> list[float]:
        """The reward of each conversation; its last turn is the answer.

        Raises:
            Unrenderable: the chat template refuses one.
        """
        return self.score_ids([self.ids_of(c) for c in conversations])


def load_reward(
    run: Path,
    device: torch.device | None = None,
    dtype: torch.dtype = torch.float32,
    batch_tokens: int | None = None,
) -> RewardModel:
    """The reward model of a run, or of an adapter's or model's own folder.

    Raises:
        UserError: there is none, or what is there is no reward model.
    """
    quiet_bitsandbytes()
    folder = next((run / n for n in ("adapter", "model") if (run / n).is_dir()), run)
    if (folder / "adapter_config.json").is_file():
        model = _adapted(folder, dtype)
    elif (folder / "config.json").is_file():
        model = load_model(
            Base(str(folder), str(folder), local=True), dtype=dtype, head=Head.REWARD
        )
        _require_one_label(model, folder)
        cast(torch.nn.Module, model.score).float()
    else:
        raise UserError(
            f"--model {run}: no reward model here; make one with `curate train --method reward`"
        )
    tokenizer = load_tokenizer(Base(str(folder), str(folder), local=True))
    if device is None:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return RewardModel(model.to(device), tokenizer, batch_tokens)


def _adapted(folder: Path, dtype: torch.dtype) -> torch.nn.Module:
    from peft import PeftConfig, PeftModel

    config = PeftConfig.from_pretrained(str(folder))
    if str(config.task_type) not in (Head.REWARD.value, f"TaskType.{Head.REWARD.value}"):
        raise UserError(
            f"--model {folder}: this adapter writes text, it does not score it; make a reward model "
            "with `curate train --method reward`"
        )
    base = load_model(
        resolve_base(str(config.base_model_name_or_path)), dtype=dtype, head=Head.REWARD
    )
    # The head that was learnt is copied into a module like this one: rewards keep their digits.
    cast(torch.nn.Module, base.score).float()
    with quiet_transformers():
        return PeftModel.from_pretrained(base, str(folder), local_files_only=True)


def _require_one_label(model: PreTrainedModel, folder: Path) -> None:
    architectures = model.config.architectures or []
    if not any("SequenceClassification" in name for name in architectures):
        raise UserError(f"--model {folder}: this model writes text, it does not score it")


def score_file(
    path: Path,
    reward: RewardModel,
    data: DataOptions,
    field: str,
    on_scored: Callable[[int], None] = lambda count: None,
) -> list[dict[str, Any]]:
    """The rows of a file, each with the reward of its answer in `field`.

    A preference gets two: its chosen answer's, and its rejected answer's in `field`_rejected. Rows
    keep their keys and their order.

    Raises:
        UserError: a row cannot be read or scored, or has a field of that name already.
    """
    examples = load_examples([path], data)
    rows = {
        line: row
        for batch in read_rows(str(path))
        for line, row in zip(batch.lines, batch.values, strict=True)
    }
    wanted: list[tuple[int, str, list[int]]] = []
    for number, example in enumerate(examples):
        place = place_of(example, number)
        row = rows[example.line or 0]
        for name, messages in _answers(example, field):
            if name in row:
                raise UserError(
                    f"{place}: has a field {name!r} already; choose another --score-field"
                )
            try:
                wanted.append((number, name, reward.ids_of(messages, example.tools)))
            except Unrenderable as error:
                raise UserError(f"{place}: cannot be scored: {error}") from None
    found = reward.score_ids([ids for _, _, ids in wanted], on_scored)
    scored = [dict(rows[e.line or 0]) for e in examples]
    for (number, name, _), score in zip(wanted, found, strict=True):
        scored[number][name] = score
    return scored


def _answers(example: Example, field: str) -> list[tuple[str, tuple[Message, ...]]]:
    """The conversations of an example that end with an answer, and where their scores go."""
    head = example.messages
    if example.kind == "preference":
        sides = ((field, example.chosen), (f"{field}_rejected", example.rejected))
        return [(name, (*head, *(side or ()))) for name, side in sides]
    if example.kind == "unpaired":
        return [(field, (*head, *(example.completion or ())))]
    if example.kind == "text":
        return [(field, ())]
    if example.kind == "prompt":
        raise UserError(
            f"{place_of(example, 0)}: is a prompt without an answer; there is nothing to score"
        )
    return [(field, head)]
