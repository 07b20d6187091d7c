"""One method after the other on the same cases: prompts, greedy answers, times, likelihoods."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from curate.errors import UserError
from curate.schemas.options.compare import CompareOptions
from curate.schemas.turns import Message
from curate.train.generating import Answer, answer_prompts
from curate.train.intervals import Floats
from curate.train.likelihood import answer_nll
from curate.train.methods import Case, Materials, Method
from curate.train.metrics import PREFERS
from curate.train.model_pair import ModelPair
from curate.train.rendering import Renderer
from curate.train.turns import Unrenderable

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Answers may grow to this many times the longest training answer before they are cut.
_ROOM = 1.25
_ROOM_TOKENS = 8
_MOST_NEW_TOKENS = 1_024


@dataclass(frozen=True)
class Request:
    """One row's prompt under one method; `ids` are None where it does not fit the context."""

    messages: tuple[Message, ...]
    ids: tuple[int, ...] | None
    length: int


@dataclass
class Outcome:
    """What one method gave: an answer and scores for each row (None and NaN where it did not fit)."""

    method: Method
    requests: list[Request]
    answers: list[Answer | None]
    seconds: float
    latency_s: float | None
    nll: Floats | None = None
    nll_tokens: Floats | None = None
    scores: dict[str, Floats] = field(default_factory=dict)

    @property
    def texts(self) -> list[str | None]:
        """The answers' texts."""
        return [answer.text if answer is not None else None for answer in self.answers]


class Contest:
    """Runs methods, one after the other, on the same cases."""

    def __init__(
        self,
        options: CompareOptions,
        pair: ModelPair,
        cases: Sequence[Case],
        materials: Materials,
        announce: Callable[[str], None],
    ) -> None:
        self.options = options
        self.pair = pair
        self.cases = cases
        self.materials = materials
        self.announce = announce
        self.renderer = Renderer(pair.tokenizer)
        outputs = [case.reference.text for case in [*materials.training, *cases]]
        outputs += [case.rejected.text for case in cases if case.rejected is not None]
        longest = max(len(self.renderer.tokenizer(text)["input_ids"]) for text in outputs)
        room = min(int(_ROOM * longest) + _ROOM_TOKENS, _MOST_NEW_TOKENS)
        self.max_new_tokens = options.max_new_tokens or room
        with pair.use(tuned=not pair.has_base) as model:
            self.memory = _memory_of(model)
            config = model.config.get_text_config(decoder=True)
            self.context = int(getattr(config, "max_position_embeddings", 0) or 1 << 30)
        if options.max_context is not None:
            self.context = min(self.context, options.max_context)

    def run(self, method: Method) -> Outcome:
        """One method's answers, timed, and the likelihood of the references."""
        requests = [self._request(method, case) for case in self.cases]
        fitting = [i for i, request in enumerate(requests) if request.ids is not None]
        prompts = [request.ids for request in requests if request.ids is not None]
        self.announce(f"{method.title}: {len(prompts)} answers")
        with self.pair.use(tuned=method.tuned) as model:
            started = time.perf_counter()
            answered = answer_prompts(
                model, self.pair.tokenizer, prompts, max_new_tokens=self.max_new_tokens
            )
            seconds = time.perf_counter() - started
            latency = self._latency(model, prompts)
            answers: list[Answer | None] = [None] * len(requests)
            for i, answer in zip(fitting, answered, strict=True):
                answers[i] = answer
            outcome = Outcome(method, requests, answers, seconds / max(len(prompts), 1), latency)
            if self.options.likelihood:
                self._measure_likelihood(model, outcome, fitting)
        return outcome

    def _request(self, method: Method, case: Case) -> Request:
        messages = method.write(case, self.materials)
        try:
            ids = self.renderer.prompt_ids(messages, case.example.tools)
        except Unrenderable as error:
            place = f"{case.example.path}:{case.example.line}"
            raise UserError(f"{place}: the chat template refuses this row: {error}") from None
        fits = len(ids) + self.max_new_tokens <= self.context
        return Request(messages, tuple(ids) if fits else None, len(ids))

    def _latency(self, model: PreTrainedModel, prompts: Sequence[Sequence[int]]) -> float | None:
        """Seconds of one request alone: the median over a few, spread over the lengths."""
        count = min(self.options.latency_rows, len(prompts))
        if count == 0:
            return None
        by_length = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        chosen = [by_length[(2 * k + 1) * len(prompts) // (2 * count)] for k in range(count)]
        times = []
        for i in chosen:
            started = time.perf_counter()
            answer_prompts(
                model, self.pair.tokenizer, [prompts[i]], max_new_tokens=self.max_new_tokens
            )
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    def _measure_likelihood(
        self, model: PreTrainedModel, outcome: Outcome, fitting: Sequence[int]
    ) -> None:
        references = {i: self.cases[i].reference for i in fitting}
        outcome.nll, outcome.nll_tokens = self._nll(model, outcome, references)
        if any(case.rejected is not None for case in self.cases):
            others = {i: turn for i in fitting if (turn := self.cases[i].rejected) is not None}
            rejected, tokens = self._nll(model, outcome, others)
            # By token: of two whole answers, the shorter one nearly always is the likelier. Where
            # one of them is not known, the comparison is false: that row is not won.
            won = outcome.nll / outcome.nll_tokens < rejected / tokens
            outcome.scores[PREFERS.name] = won.astype(np.float64)

    def _nll(
        self, model: PreTrainedModel, outcome: Outcome, answers: Mapping[int, Message]
    ) -> tuple[Floats, Floats]:
        """Nats and tokens of an answer to each row's prompt; NaN where there is none to measure."""
        samples, rows = [], []
        for i, answer in answers.items():
            case, messages = self.cases[i], outcome.requests[i].messages
            try:
                made = self.renderer.conversation(
                    (*messages, answer), [len(messages)], case.example.tools
                )
            except Unrenderable:
                continue
            if len(made) == 1 and made[0].learnt_count:
                samples.append(made[0])
                rows.append(i)
        nll, tokens = np.full((2, len(self.cases)), np.nan)
        if samples:
            nll[rows], tokens[rows] = answer_nll(model, samples)
        return nll, tokens


def _memory_of(model: PreTrainedModel) -> tuple[int, int, int]:
    """Bytes of the weights, bytes of one token's keys and values, and the number of parameters."""
    parameters = list(model.parameters())
    weights = sum(p.numel() * p.element_size() for p in parameters)
    config = model.config.get_text_config(decoder=True)
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    size = parameters[0].element_size() if parameters else 4
    token = 2 * config.num_hidden_layers * heads * width * size
    return weights, token, sum(p.numel() for p in parameters)
