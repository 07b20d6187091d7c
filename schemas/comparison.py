"""What `curate compare` writes: `compare.json` (one `Comparison`), `compare.jsonl` (`ComparedRow`s)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

Interval = tuple[float, float]


class _Artifact(BaseModel):
    model_config = ConfigDict(frozen=True)


class MetricValue(_Artifact):
    """One metric of one method over the test rows.

    `interval` is the 95% bootstrap interval of the value; `difference` is the value minus that of
    `against` (the best of the other methods in this metric), row by row, with its interval.
    """

    value: float
    interval: Interval | None = None
    against: str | None = None
    difference: float | None = None
    difference_interval: Interval | None = None


class MethodResult(_Artifact):
    """How one method did.

    `seconds` is the time of one request when many are answered together, `latency_s` that of one
    alone (median). `weights_bytes` and `cache_bytes` are the memory of the weights and of one
    request's keys and values. `cost_per_1000` is in the currency of the prices, for 1,000 requests.
    `too_long` counts rows whose prompt does not fit the model's context: they got no answer.
    `cut` counts answers that `max_new_tokens` ended.
    """

    name: str
    title: str
    tuned: bool
    metrics: dict[str, MetricValue]
    prompt_tokens: float
    output_tokens: float
    seconds: float
    latency_s: float | None
    weights_bytes: int
    cache_bytes: int
    cost_per_1000: float
    too_long: int
    cut: int


class Skipped(_Artifact):
    """A method that was not run, and why."""

    name: str
    reason: str


class Prices(_Artifact):
    """Price of a million tokens, and where the numbers come from."""

    input: float
    output: float
    source: str


class MetricDescription(_Artifact):
    """What a metric measures; `share` says that it lies between 0 and 1."""

    title: str
    higher_is_better: bool = True
    share: bool = True


class ConstantAnswer(_Artifact):
    """What the metric that decides gives to one answer for all rows, the commonest of the training set.

    `difference_interval` is the 95% interval of what the `best` method has over it.
    """

    text: str
    value: float
    interval: Interval
    best: str
    difference_interval: Interval


class Comparison(_Artifact):
    """The whole comparison; methods are in the order they were run."""

    version: int = 1
    model: str
    task: str
    rows: int
    seed: int
    max_new_tokens: int
    primary: str
    metrics: dict[str, MetricDescription]
    methods: tuple[MethodResult, ...]
    skipped: tuple[Skipped, ...] = ()
    constant: ConstantAnswer | None = None
    prices: Prices
    advice: str
    notes: tuple[str, ...] = ()

    def method(self, name: str) -> MethodResult | None:
        """The result of a method, or None where it was not run."""
        return next((m for m in self.methods if m.name == name), None)


class MethodAnswer(_Artifact):
    """One answer, its scores, and what it took; `text` is None where the prompt did not fit."""

    text: str | None
    scores: dict[str, float | None]
    prompt_tokens: int
    output_tokens: int
    ended: bool


class ComparedRow(_Artifact):
    """One test row with the answers of all methods."""

    path: str
    line: int | None
    prompt: str
    reference: str
    answers: dict[str, MethodAnswer]
