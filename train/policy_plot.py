"""The course of a run of PPO or GRPO as a picture: reward, and distance to the reference."""

from __future__ import annotations

from collections.abc import Sequence

from curate.schemas.training_artifacts import EvaluationEvent, Event, StepEvent
from curate.schemas.verdicts import VerdictName
from curate.train.plotting import BLUE, GREEN, GREY, ORANGE, RED, Axes


def reward_curve(events: Sequence[Event]) -> str:
    """Reward of the steps and of the evaluations, and nats a token from the reference (SVG).

    The best step is marked, and the evaluation at which over-optimisation was first said.
    """
    steps = [e for e in events if isinstance(e, StepEvent)]
    measured = [e for e in events if isinstance(e, EvaluationEvent)]
    drawn = [(float(e.step), e.metrics["reward"]) for e in steps if "reward" in e.metrics]
    held_out = [(float(e.step), e.metrics["reward"]) for e in measured if "reward" in e.metrics]
    distance = [
        (float(e.step), e.metrics["kl_per_token"]) for e in measured if "kl_per_token" in e.metrics
    ]
    shown = [y for _, y in [*drawn, *held_out, *distance]] or [0.0, 1.0]
    axes = Axes(
        title="Reward, and nats a token from the reference",
        x_label="step",
        y_label="",
        x_range=(0.0, max([x for x, _ in [*drawn, *held_out]], default=1.0)),
        y_range=(min(0.0, *shown), max(shown)),
    )
    axes.line(drawn, GREY, "drawn answers")
    axes.line(distance, ORANGE, "nats a token")
    axes.line(held_out, BLUE, "held-out prompts")
    if measured:
        best = measured[-1].verdict.best_step
        axes.vertical(best, GREEN, f"best step {best}")
    said = [e for e in measured if e.verdict.name is VerdictName.OVER_OPTIMISING]
    if said:
        axes.vertical(said[0].step, RED, f"over-optimising from {said[0].step}", row=1)
    axes.legend([(BLUE, "held-out reward"), (ORANGE, "nats a token"), (GREY, "drawn answers")])
    return axes.svg()
