"""From answers to numbers: each metric with its intervals, prices, and one sentence of advice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curate.schemas.comparison import (
    Comparison,
    MethodResult,
    MetricDescription,
    MetricValue,
    Prices,
    Skipped,
)
from curate.schemas.options.compare import CompareOptions
from curate.train.advice import Gap, advise_on
from curate.train.constant import judge_constant
from curate.train.contest import Contest, Outcome
from curate.train.intervals import allow_for_unseen, bootstrap_interval, resampled_interval
from curate.train.metrics import Metric

NLL = "reference_nll"
# Price of a million tokens by the model's parameters: of the order of what serverless providers
# publish for open models (prompt and answer tokens alike). For real numbers, give --price-….
_PRICES = ((4e9, 0.10), (16e9, 0.20), (float("inf"), 0.90))


def summarise(
    options: CompareOptions,
    contest: Contest,
    metrics: Sequence[Metric],
    outcomes: Sequence[Outcome],
    task: str,
    skipped: dict[str, str],
    constant: str | None = None,
) -> Comparison:
    """The comparison that the outcomes amount to.

    `task` names what outputs look like, `constant` is the answer that needs no model.
    """
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
    judged = _Judged(primary, outcomes, references, options.seed)
    without_model = judge_constant(constant, primary, references, judged.scores, options.seed)
    return Comparison(
        model=contest.pair.name,
        task=task,
        rows=len(contest.cases),
        seed=options.seed,
        max_new_tokens=contest.max_new_tokens,
        primary=primary.name,
        metrics=described,
        methods=results,
        skipped=tuple(Skipped(name=name, reason=reason) for name, reason in skipped.items()),
        constant=without_model[0] if without_model else None,
        prices=prices,
        advice=advise_on(
            {result.name: result for result in results},
            judged.gaps(),
            primary=primary.name,
            title=primary.title,
            rows=len(contest.cases),
            share=primary.share,
            constant=without_model,
        ),
        notes=_notes(options, contest, results),
    )


def _notes(
    options: CompareOptions, contest: Contest, results: Sequence[MethodResult]
) -> tuple[str, ...]:
    """What a reader of the table has to know beside it."""
    too_long = (
        f"{r.title}: {r.too_long} of {len(contest.cases)} prompts did not fit in "
        f"{contest.context:,} tokens and count as wrong"
        for r in results
        if r.too_long
    )
    if options.embedding is None:
        return tuple(too_long)
    return (f"similar texts were found by the embeddings of {options.embedding}", *too_long)


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
            found = resampled_interval(self.resampled[name].value, len(self.rows), seed=self.seed)
        else:
            found = bootstrap_interval(self.scores[name], seed=self.seed)
        return self._honest(found, (0.0, 1.0))

    def _honest(
        self, interval: tuple[float, float], bounds: tuple[float, float]
    ) -> tuple[float, float]:
        """An interval that does not claim certainty where all rows happen to agree."""
        if not self.metric.share:
            return interval
        return allow_for_unseen(interval, len(self.rows), bounds)

    def gap(self, name: str, other: str) -> Gap:
        """The difference of two methods, the same rows resampled for both."""
        if self.resampled is not None:
            a, b = self.resampled[name].value, self.resampled[other].value
            found = resampled_interval(
                lambda rows: a(rows) - b(rows), len(self.rows), seed=self.seed
            )
        else:
            found = bootstrap_interval(self.scores[name] - self.scores[other], seed=self.seed)
        low, high = self._honest(found, (-1.0, 1.0))
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
    outcome: Outcome, metrics: dict[str, MetricValue], contest: Contest, prices: Prices
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
