"""`curate compare`: prompting, few-shot, retrieval and the tuned model on the same held-out rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from curate.contract import Contract, infer_contract
from curate.errors import UserError
from curate.manifest import read_manifest
from curate.schemas.comparison import (
    ComparedRow,
    Comparison,
    MethodAnswer,
    MethodResult,
    MetricDescription,
    MetricValue,
    Prices,
    Skipped,
)
from curate.schemas.options.compare import CompareOptions
from curate.schemas.options.data import DataOptions
from curate.schemas.records import Example, Message
from curate.train.advice import Gap, advise_on
from curate.train.generating import Answer, answer_prompts
from curate.train.intervals import Floats, bootstrap_interval, resampled_interval
from curate.train.likelihood import answer_nll
from curate.train.methods import Case, Materials, Method, cases_of, choose_methods
from curate.train.metrics import Metric, metrics_for, scores_of
from curate.train.model_pair import ModelPair, load_pair
from curate.train.plotting import quality_plot
from curate.train.rendering import Renderer, Unrenderable
from curate.validating import load_examples
from curate.writing import atomic_write, write_json, write_lines

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Answers may grow to this many times the longest training answer before they are cut.
_ROOM = 1.25
_ROOM_TOKENS = 8
_MOST_NEW_TOKENS = 1_024
NLL = "reference_nll"
# Price of a million tokens by the model's parameters: of the order of what serverless providers
# publish for open models (prompt and answer tokens alike). For real numbers, give --price-….
_PRICES = ((4e9, 0.10), (16e9, 0.20), (float("inf"), 0.90))


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


def compare(
    run: Path | None,
    options: CompareOptions,
    *,
    output: Path | None = None,
    announce: Callable[[str], None] = lambda message: None,
) -> Comparison:
    """Compare the methods; write compare.json, compare.jsonl and compare.svg.

    Args:
        run: the folder of a run, or None where everything is named by hand.
        options: what is compared on what.
        output: where the files go; the run folder without it, else the current one.
        announce: told what is being done.

    Raises:
        UserError: there is no held-out data, no model, or a method cannot be run.
    """
    test_path, training_path = _data_paths(run, options)
    cases = _drawn(cases_of(load_examples([test_path], _reading(options))), options)
    if not cases:
        raise UserError(f"{test_path}: no row with an answer to compare with")
    training = cases_of(_training_examples(training_path, options))
    contract = infer_contract([c.reference.text for c in training or cases])
    metrics = metrics_for(contract, options.metric)
    announce(f"loading the model; {len(cases)} rows of {test_path}, {contract.kind.value} answers")
    pair = load_pair(run, options.model, options.adapter)
    methods, skipped = choose_methods(
        options.methods,
        has_tuned=pair.has_tuned,
        has_base=pair.has_base,
        has_training=bool(training),
        has_passages=bool(training) or options.docs is not None,
    )
    if not methods:
        raise UserError("nothing to compare: " + "; ".join(f"{n}: {r}" for n, r in skipped.items()))
    materials = Materials(options, training, contract)
    contest = _Contest(options, pair, cases, materials, announce)
    outcomes = [contest.run(method) for method in methods]
    references = [case.reference.text for case in cases]
    for outcome in outcomes:
        for metric in metrics:
            outcome.scores[metric.name] = scores_of(metric, outcome.texts, references)
    comparison = _summary(options, contest, metrics, outcomes, contract, skipped)
    _write(output or run or Path(), comparison, cases, outcomes)
    return comparison


# ------------------------------------------------------------------------------------------------
# Data


def _reading(options: CompareOptions) -> DataOptions:
    return DataOptions(format=options.format, map=options.map)


def _data_paths(run: Path | None, options: CompareOptions) -> tuple[Path, Path | None]:
    """The held-out file, and the training file where one is known."""
    training = options.examples
    if training is None and run is not None:
        noted = read_manifest(run).get("training", {}).get("train", {}).get("path")
        candidates = [run / "splits" / "train.jsonl", *([Path(noted)] if noted else [])]
        training = next((path for path in candidates if path.is_file()), None)
    if options.data is not None:
        return options.data, training
    if run is None:
        raise UserError("compare on what? Give --data FILE, held-out rows")
    if not run.is_dir():
        raise UserError(f"{run}: no such run folder")
    noted = read_manifest(run).get("training", {}).get("val", {}).get("path")
    candidates = [run / "splits" / "test.jsonl", run / "splits" / "val.jsonl"]
    if noted and Path(noted) != training:
        candidates += [Path(noted).with_name("test.jsonl"), Path(noted)]
    for path in candidates:
        if path.is_file():
            return path, training
    raise UserError(f"{run}: no held-out split of its own; give --data FILE, rows it never saw")


def _training_examples(path: Path | None, options: CompareOptions) -> list[Example]:
    return load_examples([path], _reading(options)) if path is not None else []


def _drawn(cases: Sequence[Case], options: CompareOptions) -> list[Case]:
    """At most `options.rows` cases, drawn by the seed, in their own order."""
    if len(cases) <= options.rows:
        return list(cases)
    drawn = np.random.default_rng(options.seed).choice(len(cases), options.rows, replace=False)
    return [cases[i] for i in sorted(drawn.tolist())]


# ------------------------------------------------------------------------------------------------
# Answers


class _Contest:
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
        samples, rows = [], []
        for i in fitting:
            case, messages = self.cases[i], outcome.requests[i].messages
            turns = (*messages, case.reference)
            try:
                made = self.renderer.conversation(turns, [len(messages)], case.example.tools)
            except Unrenderable:
                continue
            if len(made) == 1 and made[0].learnt_count:
                samples.append(made[0])
                rows.append(i)
        outcome.nll = np.full(len(self.cases), np.nan)
        outcome.nll_tokens = np.full(len(self.cases), np.nan)
        if samples:
            nll, tokens = answer_nll(model, samples)
            outcome.nll[rows], outcome.nll_tokens[rows] = nll, tokens


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


# ------------------------------------------------------------------------------------------------
# Numbers


def _summary(
    options: CompareOptions,
    contest: _Contest,
    metrics: Sequence[Metric],
    outcomes: Sequence[Outcome],
    contract: Contract,
    skipped: dict[str, str],
) -> Comparison:
    references = [case.reference.text for case in contest.cases]
    values: dict[str, dict[str, MetricValue]] = {o.method.name: {} for o in outcomes}
    for metric in metrics:
        _Judged(metric, outcomes, references, options.seed).into(values)
    described = {m.name: MetricDescription(title=m.title, share=m.share) for m in metrics}
    if options.likelihood:
        for outcome in outcomes:
            if (measured := _likelihood(outcome, options.seed)) is not None:
                values[outcome.method.name][NLL] = measured
        described[NLL] = MetricDescription(
            title="nats per token of the reference", higher_is_better=False, share=False
        )
    prices = _prices(options, contest.memory[2])
    results = tuple(_result(o, values[o.method.name], contest, prices) for o in outcomes)
    primary = metrics[0]
    gaps = _Judged(primary, outcomes, references, options.seed).gaps()
    return Comparison(
        model=contest.pair.name,
        task=contract.kind.value,
        rows=len(contest.cases),
        seed=options.seed,
        max_new_tokens=contest.max_new_tokens,
        primary=primary.name,
        metrics=described,
        methods=results,
        skipped=tuple(Skipped(name=name, reason=reason) for name, reason in skipped.items()),
        prices=prices,
        advice=advise_on(
            {result.name: result for result in results},
            gaps,
            primary=primary.name,
            title=primary.title,
            rows=len(contest.cases),
            share=primary.share,
        ),
        notes=tuple(
            f"{r.title}: {r.too_long} of {len(contest.cases)} prompts did not fit in "
            f"{contest.context:,} tokens and count as wrong"
            for r in results
            if r.too_long
        ),
    )


class _Judged:
    """One metric over all methods: values, differences, and their bootstrap intervals."""

    def __init__(
        self, metric: Metric, outcomes: Sequence[Outcome], references: Sequence[str], seed: int
    ) -> None:
        self.metric = metric
        self.names = [o.method.name for o in outcomes]
        self.seed = seed
        self.scores = {o.method.name: o.scores[metric.name] for o in outcomes}
        self.resampled = (
            {
                o.method.name: metric.over_rows([text or "" for text in o.texts], references)
                for o in outcomes
            }
            if metric.over_rows is not None
            else None
        )
        self.rows = np.arange(len(references))

    def value(self, name: str) -> float:
        """The metric of one method."""
        if self.resampled is not None:
            return self.resampled[name].value(self.rows)
        return float(self.scores[name].mean())

    def interval(self, name: str) -> tuple[float, float]:
        """Its 95% interval, rows resampled."""
        if self.resampled is not None:
            return resampled_interval(self.resampled[name].value, len(self.rows), seed=self.seed)
        return bootstrap_interval(self.scores[name], seed=self.seed)

    def gap(self, name: str, other: str) -> Gap:
        """The difference of two methods, the same rows resampled for both."""
        if self.resampled is not None:
            a, b = self.resampled[name].value, self.resampled[other].value
            low, high = resampled_interval(
                lambda rows: a(rows) - b(rows), len(self.rows), seed=self.seed
            )
        else:
            low, high = bootstrap_interval(self.scores[name] - self.scores[other], seed=self.seed)
        return Gap(self.value(name) - self.value(other), low, high)

    def gaps(self) -> dict[tuple[str, str], Gap]:
        """All ordered pairs."""
        return {(a, b): self.gap(a, b) for a in self.names for b in self.names if a != b}

    def into(self, values: dict[str, dict[str, MetricValue]]) -> None:
        """Add this metric to what is known of each method."""
        for name in self.names:
            others = [other for other in self.names if other != name]
            best = max(others, key=self.value, default=None)
            gap = self.gap(name, best) if best is not None else None
            values[name][self.metric.name] = MetricValue(
                value=self.value(name),
                interval=self.interval(name),
                against=best,
                difference=gap.value if gap is not None else None,
                difference_interval=(gap.low, gap.high) if gap is not None else None,
            )


def _likelihood(outcome: Outcome, seed: int) -> MetricValue | None:
    """Nats per token of the references; None where no prompt fitted."""
    assert outcome.nll is not None
    assert outcome.nll_tokens is not None
    known = ~np.isnan(outcome.nll)
    nll, tokens = outcome.nll[known], outcome.nll_tokens[known]
    if len(nll) == 0:
        return None
    return MetricValue(
        value=float(nll.sum() / tokens.sum()),
        interval=bootstrap_interval(nll, weights=tokens, seed=seed),
    )


def _prices(options: CompareOptions, parameters: int) -> Prices:
    usual = next(price for limit, price in _PRICES if parameters <= limit)
    given = options.price_input is not None or options.price_output is not None
    return Prices(
        input=options.price_input if options.price_input is not None else usual,
        output=options.price_output if options.price_output is not None else usual,
        source="given" if given else "assumed: the order of public prices for models of this size",
    )


def _result(
    outcome: Outcome, metrics: dict[str, MetricValue], contest: _Contest, prices: Prices
) -> MethodResult:
    answers = [answer for answer in outcome.answers if answer is not None]
    prompt_tokens = float(np.mean([request.length for request in outcome.requests]))
    # The token that ends an answer is written, too.
    written = [len(answer.ids) + answer.ended for answer in answers]
    output_tokens = float(np.mean(written)) if written else 0.0
    weights, token_bytes, _ = contest.memory
    cost = (prompt_tokens * prices.input + output_tokens * prices.output) / 1_000
    return MethodResult(
        name=outcome.method.name,
        title=outcome.method.title,
        tuned=outcome.method.tuned,
        metrics=metrics,
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        seconds=outcome.seconds,
        latency_s=outcome.latency_s,
        weights_bytes=weights,
        cache_bytes=round((prompt_tokens + output_tokens) * token_bytes),
        cost_per_1000=cost,
        too_long=sum(request.ids is None for request in outcome.requests),
        cut=sum(not answer.ended for answer in answers),
    )


# ------------------------------------------------------------------------------------------------
# Files


def _write(
    folder: Path, comparison: Comparison, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = (
        orjson.dumps(_row(i, case, outcomes).model_dump(mode="json"))
        for i, case in enumerate(cases)
    )
    write_lines(folder / "compare.jsonl", rows)
    write_json(folder / "compare.json", comparison.model_dump(mode="json"))
    with atomic_write(folder / "compare.svg") as file:
        file.write(quality_plot(comparison).encode())


def _row(i: int, case: Case, outcomes: Sequence[Outcome]) -> ComparedRow:
    return ComparedRow(
        path=case.example.path,
        line=case.example.line,
        prompt=case.question,
        reference=case.reference.text,
        answers={o.method.name: _answer(i, o) for o in outcomes},
    )


def _answer(i: int, outcome: Outcome) -> MethodAnswer:
    answer = outcome.answers[i]
    scores: dict[str, float | None] = {n: float(s[i]) for n, s in outcome.scores.items()}
    if outcome.nll is not None and outcome.nll_tokens is not None:
        known = not np.isnan(outcome.nll[i])
        scores[NLL] = float(outcome.nll[i] / outcome.nll_tokens[i]) if known else None
    return MethodAnswer(
        text=answer.text if answer is not None else None,
        scores=scores,
        prompt_tokens=outcome.requests[i].length,
        output_tokens=len(answer.ids) + answer.ended if answer is not None else 0,
        ended=answer.ended if answer is not None else False,
    )
