"""What a training run writes: the events of `history.jsonl`, and its part of `manifest.json`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from curate.schemas.verdicts import Verdict


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StartEvent(_Event):
    """The run begins: what was decided before the first step, with reasons."""

    event: Literal["start"] = "start"
    step: int = 0
    total_steps: int
    steps_per_epoch: int
    examples: int
    val_examples: int
    parameters: int
    trainable_parameters: int
    learning_rate: float
    device: str
    processes: int = 1
    decisions: tuple[str, ...] = ()


class StepEvent(_Event):
    """One optimiser step.

    `loss` is in nats per learnt token of the whole global batch (per pair, for preferences);
    `gradient_norm` is measured before clipping. `tokens` counts what went through the model, none
    of it padding. `learnt_tokens` are what the loss is divided by (pairs, for preferences), and
    `metrics` further means over them.
    """

    event: Literal["step"] = "step"
    step: int
    epoch: float
    loss: float
    learning_rate: float
    gradient_norm: float
    tokens: int
    learnt_tokens: int
    metrics: dict[str, float] = {}


class SpeedEvent(_Event):
    """Throughput since the last such event. Wall-clock figures stand in these events alone.

    `tokens_per_second` counts training tokens over training time, evaluations left out;
    `flops_share` is the model's FLOP/s as a share of the device's peak, where that is known.
    """

    event: Literal["speed"] = "speed"
    step: int
    seconds: float
    tokens_per_second: float
    memory_bytes: int
    flops_per_second: float
    flops_share: float | None = None


class EvaluationEvent(_Event):
    """One evaluation and its verdict; losses of single examples are in `dynamics.parquet`.

    `metrics` are means over the validation rows of what the method measures beside its loss.
    """

    event: Literal["evaluation"] = "evaluation"
    step: int
    epoch: float
    val_loss: float | None
    probe_loss: float | None
    verdict: Verdict
    metrics: dict[str, float] = {}


class SampleEvent(_Event):
    """What the model answers to a fixed prompt at this step."""

    event: Literal["sample"] = "sample"
    step: int
    prompt: str
    expected: str
    answer: str


class CheckpointEvent(_Event):
    """A checkpoint was written."""

    event: Literal["checkpoint"] = "checkpoint"
    step: int
    path: str


class StopEvent(_Event):
    """The run stopped before its last step."""

    event: Literal["stop"] = "stop"
    step: int
    reason: str


class EndEvent(_Event):
    """The run is over; the adapter holds the weights of `best_step`."""

    event: Literal["end"] = "end"
    step: int
    best_step: int
    verdict: Verdict


Event = Annotated[
    StartEvent
    | StepEvent
    | SpeedEvent
    | EvaluationEvent
    | SampleEvent
    | CheckpointEvent
    | StopEvent
    | EndEvent,
    Field(discriminator="event"),
]
EVENTS: TypeAdapter[Event] = TypeAdapter(Event)


class DataManifest(BaseModel):
    """One file that was trained or validated on."""

    model_config = ConfigDict(frozen=True)

    path: str
    sha256: str
    examples: int


class RenderingManifest(BaseModel):
    """How the examples became tokens."""

    model_config = ConfigDict(frozen=True)

    samples: int
    tokens: int
    learnt_tokens: int
    ways: dict[str, int]
    dropped: int
    cut: int
    split: int
    nothing_to_learn: int
    refused: int
    no_preference: int = 0
    template_sha256: str
    end_token_added: bool


class TrainingManifest(BaseModel):
    """The part `training` of `manifest.json`: what was trained on what, how, and what came of it."""

    model_config = ConfigDict(frozen=True)

    model: str
    model_path: str
    train: DataManifest
    val: DataManifest
    rendering: RenderingManifest
    options: dict[str, Any]
    origins: dict[str, str]
    decisions: tuple[str, ...]
    result: dict[str, Any] | None = None
