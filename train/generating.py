"""Answers in batches, greedy or drawn: greedy ones are those that one prompt at a time gives.

Prompts are sorted by length and padded on the left, with positions that count real tokens only.
What all prompts share at their start (a system prompt, fixed examples) is computed once. Rows that
have ended leave the batch, so that one long answer does not keep the others computing. On a GPU,
the passes for single tokens are CUDA graphs (`curate.train.decoding`).

Numbers: a batch changes the order in which sums are rounded, so where the two best tokens are
within rounding of each other, another one may be taken; in float32 that is rare.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from curate.schemas.turns import Message
from curate.train.decoding import (
    FEWEST_STEPS,
    Batch,
    CudaRecorder,
    GrowingBatch,
    Recorder,
    fixed,
)
from curate.train.graphs import own_stream
from curate.train.rendering import Renderer

if TYPE_CHECKING:
    from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

# Tokens (padding and answers included) of one batch. On a CPU the arithmetic is what takes time,
# and small batches pad less; on a GPU it is the number of passes.
_CPU_BATCH_TOKENS = 8_192
_GPU_BATCH_TOKENS = 131_072
_CPU_ROWS = 16
_GPU_ROWS = 256
# A shared start shorter than this is not worth a pass of its own.
_MIN_SHARED = 16


@dataclass(frozen=True)
class Answer:
    """What the model wrote after one prompt.

    `ids` are without `end_id`, the token that ended it; None where `max_new_tokens` cut it.
    """

    text: str
    ids: tuple[int, ...]
    prompt_tokens: int
    end_id: int | None

    @property
    def ended(self) -> bool:
        """Whether the model ended it by itself."""
        return self.end_id is not None


@dataclass(frozen=True)
class Sampler:
    """Draws the next token from the model's own distribution.

    Attributes:
        generator: on the model's device; the draws depend on its state alone.
        temperature: logits are divided by it.
    """

    generator: torch.Generator
    temperature: float = 1.0

    def __call__(self, logits: torch.Tensor) -> torch.Tensor:
        """One token for each row of `logits` [rows, vocabulary], [rows]."""
        odds = (logits.float() / self.temperature).softmax(dim=-1)
        return torch.multinomial(odds, 1, generator=self.generator)[:, 0]


def stop_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """The tokens that end an answer: the model's, the tokenizer's EOS, the template's turn end."""
    configured = model.generation_config.eos_token_id if model.generation_config else None
    found = set(configured) if isinstance(configured, list) else {configured}
    found.add(tokenizer.eos_token_id)
    found.add(_turn_end(tokenizer))
    return frozenset(int(i) for i in found if i is not None)


def _turn_end(tokenizer: PreTrainedTokenizerBase) -> int | None:
    """The special token that the chat template puts after an assistant's words, if it does."""
    if not isinstance(tokenizer.chat_template, str):
        return None
    renderer = Renderer(tokenizer)
    turns = (Message(role="user", content="A"), Message(role="assistant", content="B"))
    [sample] = renderer.conversation(turns, learnt=(1,))
    last = int(sample.ids[sample.learnt][-1])
    return last if last in tokenizer.all_special_ids else None


@torch.inference_mode()
def answer_prompts(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    batch_rows: int | None = None,
    on_answers: Callable[[int], None] = lambda count: None,
    sampler: Sampler | None = None,
    draws: int = 1,
    record: Recorder | None = None,
) -> list[Answer]:
    """The model's answers to `prompts` (token ids), in their order.

    Args:
        model: any causal language model of transformers, or a PEFT model around one.
        tokenizer: turns answers into text.
        prompts: token ids, each with at least one; `Renderer.prompt_ids` makes them.
        max_new_tokens: where an answer is cut.
        batch_rows: most prompts in one batch; chosen by the device without it.
        on_answers: called with the number of prompts answered so far, after each batch; what it
            raises ends the answering.
        sampler: draws the tokens, from the model's distribution as it is (no repetition penalty);
            without one, the likeliest token is taken.
        draws: answers to each prompt; they stand together.
        record: records the pass for one token; a CUDA graph does on a GPU, nothing elsewhere.
    """
    training = model.training
    model.train(False)
    if record is None and model.device.type == "cuda":
        record = CudaRecorder()
    try:
        with own_stream(model.device):
            decoder = _Decoder(
                model, stop_ids(model, tokenizer), max_new_tokens, sampler, draws, record
            )
            shared = decoder.prefill(_shared_start(prompts) if decoder.may_share else [])
            answers: dict[int, list[Answer]] = {}
            for batch in _batches(prompts, max_new_tokens, batch_rows, decoder):
                written = decoder.run_in_parts([prompts[i] for i in batch], shared)
                for row, i in enumerate(batch):
                    answers[i] = [
                        _answer(ids, len(prompts[i]), decoder.stops, tokenizer)
                        for ids in written[row * draws : (row + 1) * draws]
                    ]
                on_answers(len(answers))
    finally:
        model.train(training)
    return [answer for i in range(len(prompts)) for answer in answers[i]]


def _answer(
    ids: list[int], prompt_tokens: int, stops: frozenset[int], tokenizer: PreTrainedTokenizerBase
) -> Answer:
    end = ids[-1] if ids and ids[-1] in stops else None
    written = ids if end is None else ids[:-1]
    text = str(tokenizer.decode(written, skip_special_tokens=True))
    return Answer(text, tuple(written), prompt_tokens, end)


def _batches(
    prompts: Sequence[Sequence[int]], max_new_tokens: int, rows: int | None, decoder: _Decoder
) -> list[list[int]]:
    """Prompt numbers in batches of similar length, longest first (so memory runs out early)."""
    on_cpu = decoder.device.type == "cpu"
    most_rows = rows or (_CPU_ROWS if on_cpu else _GPU_ROWS)
    most_tokens = (_CPU_BATCH_TOKENS if on_cpu else _GPU_BATCH_TOKENS) // decoder.draws
    most_rows = max(1, most_rows // decoder.draws) if decoder.may_pad else 1
    batches: list[list[int]] = []
    for i in sorted(range(len(prompts)), key=lambda i: (-len(prompts[i]), i)):
        longest = len(prompts[batches[-1][0]]) + max_new_tokens if batches else 0
        full = not batches or len(batches[-1]) >= most_rows
        if full or longest * (len(batches[-1]) + 1) > most_tokens:
            batches.append([])
        batches[-1].append(i)
    return batches


def _shared_start(prompts: Sequence[Sequence[int]]) -> list[int]:
    """What all prompts begin with, leaving each at least one token of its own."""
    if len(prompts) < 2:
        return []
    length = 0
    # zip ends with the shortest prompt, which keeps its last token for itself.
    for column in zip(*(prompt[:-1] for prompt in prompts), strict=False):
        if len(set(column)) > 1:
            break
        length += 1
    return list(prompts[0][:length]) if length >= _MIN_SHARED else []


@dataclass(frozen=True)
class _Shared:
    """The keys and values of what all prompts begin with, for one row."""

    length: int
    cache: DynamicCache


class _Decoder:
    """Runs one batch at a time through the model."""

    def __init__(
        self,
        model: PreTrainedModel,
        stops: frozenset[int],
        limit: int,
        sampler: Sampler | None,
        draws: int,
        record: Recorder | None,
    ) -> None:
        self.model = model
        self.stops = stops
        self.limit = limit
        self.sampler = sampler
        self.draws = draws
        self.device = model.device
        config = model.config.get_text_config(decoder=True)
        kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
        # Recurrent layers read padding as text; sliding windows count it.
        self.may_pad = kinds <= {"full_attention", "sliding_attention"}
        self.may_share = kinds == {"full_attention"} and not getattr(config, "sliding_window", None)
        # Tokens that a window hides are hidden by a mask that grows with the cache.
        self._record = record if self.may_share else None
        self._config = config
        penalty = model.generation_config.repetition_penalty if model.generation_config else None
        self._penalty = float(penalty or 1.0) if sampler is None else 1.0
        inner = getattr(model, "get_base_model", lambda: model)()
        takes = inspect.signature(inner.forward).parameters
        self._last_only: dict[str, Any] = {"logits_to_keep": 1} if "logits_to_keep" in takes else {}

    def prefill(self, start: Sequence[int]) -> _Shared:
        """The cache after `start`, for one row (empty where `start` is)."""
        from transformers import DynamicCache

        cache = DynamicCache(config=self._config)
        if start:
            self.model(
                input_ids=torch.tensor([list(start)], device=self.device),
                past_key_values=cache,
                use_cache=True,
                **self._last_only,
            )
        return _Shared(len(start), cache)

    def run_in_parts(self, prompts: Sequence[Sequence[int]], shared: _Shared) -> list[list[int]]:
        """`run`, in halves where the memory of the device does not do for all prompts at once."""
        try:
            return self.run(prompts, shared)
        except torch.OutOfMemoryError:
            if len(prompts) == 1:
                raise
        # Outside the handler: there, the traceback still held the tensors of the attempt.
        torch.cuda.empty_cache()
        middle = len(prompts) // 2
        halves = (prompts[:middle], prompts[middle:])
        return [ids for half in halves for ids in self.run_in_parts(half, shared)]

    def run(self, prompts: Sequence[Sequence[int]], shared: _Shared) -> list[list[int]]:
        """The new ids of each answer, up to `limit`, with the stop token that ended it.

        A prompt with several draws goes through the model once; its answers part after it.
        """
        rests = [list(prompt[shared.length :]) for prompt in prompts]
        width = max(map(len, rests))
        ids = torch.zeros((len(rests), width), dtype=torch.long)
        mask = torch.ones((len(rests), shared.length + width), dtype=torch.long)
        for row, rest in enumerate(rests):
            ids[row, width - len(rest) :] = torch.tensor(rest)
            mask[row, shared.length : shared.length + width - len(rest)] = 0
        ids, mask = ids.to(self.device), mask.to(self.device)
        positions = (mask.cumsum(dim=1) - 1)[:, -width:].clamp(min=0)
        cache = copy.deepcopy(shared.cache)
        if shared.length:
            cache.batch_repeat_interleave(len(rests))
        logits = self._forward(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache
        )
        seen, last = self._seen(prompts), positions[:, -1]
        if self.draws > 1:
            cache.batch_repeat_interleave(self.draws)
            logits, mask, last = (
                t.repeat_interleave(self.draws, dim=0) for t in (logits, mask, last)
            )
            seen = seen.repeat_interleave(self.draws, dim=0) if seen is not None else None
        return self._write(logits, GrowingBatch(self._forward, cache, mask, last), seen)

    def _write(
        self, logits: torch.Tensor, batch: Batch, seen: torch.Tensor | None
    ) -> list[list[int]]:
        """The ids of each row's answer, from what the prompts' last tokens say."""
        written: list[list[int]] = [[] for _ in range(len(logits))]
        rows = list(range(len(logits)))  # which answer each row of the batch is
        going = set(rows)
        for number in range(1, self.limit + 1):
            chosen = self._chosen(logits, seen)
            for row, token in zip(rows, chosen.tolist(), strict=True):
                if row in going:
                    written[row].append(token)
                    if token in self.stops:
                        going.remove(row)
            if not going or number == self.limit:
                break
            if len(going) < len(rows):
                kept = [place for place, row in enumerate(rows) if row in going]
                places = torch.tensor(kept, device=self.device)
                if batch.keep(places):
                    rows, chosen = [rows[i] for i in kept], chosen[places]
                    seen = seen[places] if seen is not None else None
            if seen is not None:
                seen.scatter_(1, chosen[:, None], True)
            logits = batch.step(chosen)
            if number == 1 and self._replays:
                assert isinstance(batch, GrowingBatch)
                assert self._record is not None
                batch = fixed(batch, chosen, logits, self.limit - 1, self._record)
        return written

    @property
    def _replays(self) -> bool:
        """Whether passes are to be recorded."""
        return (
            self._record is not None and self._record.given_up is None and self.limit > FEWEST_STEPS
        )

    def _forward(self, **inputs: Any) -> torch.Tensor:
        """Logits of each row's last token, [rows, vocabulary]."""
        out = self.model(**inputs, use_cache=True, **self._last_only)
        logits: torch.Tensor = out.logits[:, -1]
        return logits

    def _chosen(self, logits: torch.Tensor, seen: torch.Tensor | None) -> torch.Tensor:
        """The next token of each row: the likeliest, or a drawn one."""
        if self.sampler is not None:
            return self.sampler(logits)
        return self._penalised(logits, seen).argmax(dim=-1)

    def _seen(self, prompts: Sequence[Sequence[int]]) -> torch.Tensor | None:
        """Which tokens each row holds, shape [rows, vocabulary]; only where they are penalised."""
        if self._penalty == 1.0:
            return None
        seen = torch.zeros((len(prompts), self._config.vocab_size), dtype=torch.bool)
        for row, prompt in enumerate(prompts):
            seen[row, list(prompt)] = True
        return seen.to(self.device)

    def _penalised(self, logits: torch.Tensor, seen: torch.Tensor | None) -> torch.Tensor:
        """The repetition penalty that some models ask for (Keskar et al. 2019, CTRL)."""
        if seen is None:
            return logits
        logits = logits.float()
        held = torch.where(logits < 0, logits * self._penalty, logits / self._penalty)
        return torch.where(seen[:, : logits.shape[-1]], held, logits)
