"""What the user sees while training: a live view in a terminal, plain lines elsewhere.

A `Reporter` is told of the same events that go to `history.jsonl`; it decides nothing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from curate.schemas.training_artifacts import (
    EndEvent,
    EvaluationEvent,
    Event,
    SampleEvent,
    SpeedEvent,
    StartEvent,
    StepEvent,
    StopEvent,
)
from curate.schemas.verdicts import VerdictName

_STYLES = {
    VerdictName.IMPROVING: "green",
    VerdictName.WARMING_UP: "cyan",
    VerdictName.PLATEAU: "yellow",
    VerdictName.MEMORISING: "yellow",
    VerdictName.UNDERFITTING: "yellow",
    VerdictName.INCONCLUSIVE: "yellow",
}
_SPARKS = "▁▂▃▄▅▆▇█"


class Reporter(Protocol):
    """Where the events of a run are shown."""

    def show(self, event: Event) -> None:
        """An event happened."""
        ...

    def say(self, line: str) -> None:
        """A line for the log."""
        ...

    def close(self) -> None:
        """The run is over, one way or another."""
        ...


def reporter(console: Console, *, quiet: bool = False) -> Reporter:
    """The reporter that suits the console."""
    if quiet:
        return Silence()
    return LiveView(console) if console.is_terminal else PlainLines(console)


class Silence:
    """Shows nothing (processes other than the first; the Python API when asked)."""

    def show(self, event: Event) -> None:
        """Nothing."""

    def say(self, line: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class PlainLines:
    """One line for each evaluation, and for a step every few seconds."""

    def __init__(self, console: Console, every_seconds: float = 10.0) -> None:
        self._console = console
        self._every = every_seconds
        self._last = time.monotonic()
        self._clock = _Clock()

    def show(self, event: Event) -> None:
        """Print the event, if it is worth a line."""
        self._clock.see(event)
        match event:
            case StartEvent():
                for decision in event.decisions:
                    self.say(decision)
            case StepEvent() if time.monotonic() - self._last >= self._every:
                self._last = time.monotonic()
                reward = event.metrics.get("reward")
                said = f"loss {event.loss:.3f}" if reward is None else f"reward {reward:.3f}"
                self.say(f"step {event.step}/{self._clock.total}  {said}  {self._clock.left()}")
            case EvaluationEvent():
                self._last = time.monotonic()
                self.say(_evaluation_line(event, self._clock))
            case SampleEvent():
                self.say(f"step {event.step}  answers: {_short(event.answer, 160)}")
            case StopEvent():
                self.say(f"stopped at step {event.step}: {event.reason}")
            case _:
                pass

    def say(self, line: str) -> None:
        """Print a line."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Nothing to close."""


class LiveView:
    """A panel that is redrawn in place: losses, gap, verdict, speed, memory, time left."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._clock = _Clock()
        self._losses: deque[float] = deque(maxlen=200)
        self._evaluations: list[EvaluationEvent] = []
        self._step: StepEvent | None = None
        self._sample: SampleEvent | None = None
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._draw)
        self._live.start()

    def show(self, event: Event) -> None:
        """Take the event into the picture."""
        self._clock.see(event)
        match event:
            case StartEvent():
                for decision in event.decisions:
                    self.say(decision)
            case StepEvent():
                self._step = event
                self._losses.append(event.loss)
            case EvaluationEvent():
                self._evaluations.append(event)
            case SampleEvent():
                self._sample = event
            case StopEvent():
                self.say(f"stopped at step {event.step}: {event.reason}")
            case _:
                pass

    def say(self, line: str) -> None:
        """Print a line above the panel."""
        self._console.print(line, markup=False, highlight=False)

    def close(self) -> None:
        """Leave the last picture standing."""
        self._live.stop()

    def _draw(self) -> RenderableType:
        clock, step = self._clock, self._step
        parts: list[RenderableType] = []
        bar = Table.grid(padding=(0, 2))
        bar.add_row(
            f"step {step.step if step else 0}/{clock.total}",
            ProgressBar(total=max(1, clock.total), completed=step.step if step else 0, width=30),
            clock.left(),
        )
        parts.append(bar)
        facts = Table.grid(padding=(0, 3))
        if step is not None:
            facts.add_row(
                "loss", f"{step.loss:.3f}", Text(_spark(list(self._losses)), style="cyan")
            )
            facts.add_row("learning rate", f"{step.learning_rate:.2e}", clock.speed_line())
        if self._evaluations:
            for row in _measured(self._evaluations):
                facts.add_row(*row)
        parts.append(facts)
        if self._evaluations:
            verdict = self._evaluations[-1].verdict
            style = _STYLES.get(verdict.name, "red")
            parts.append(
                Text.assemble((verdict.name.value, f"bold {style}"), "  ", verdict.evidence)
            )
        if self._sample is not None:
            parts.append(
                Text(
                    f"step {self._sample.step} answers: {_short(self._sample.answer, 300)}",
                    style="dim",
                )
            )
        return Panel(Group(*parts), title="curate train", border_style="dim", expand=True)


class _Clock:
    """Steps, speed, and the time that is left."""

    def __init__(self) -> None:
        self.total = 0
        self._begun = time.monotonic()
        self._first: int | None = None
        self._step = 0
        self._speed: SpeedEvent | None = None

    def see(self, event: Event) -> None:
        match event:
            case StartEvent():
                self.total = event.total_steps
            case StepEvent():
                if self._first is None:
                    self._first, self._begun = event.step, time.monotonic()
                self._step = event.step
            case SpeedEvent():
                self._speed = event
            case EndEvent() | StopEvent():
                self.total = max(event.step, 1)
            case _:
                pass

    def left(self) -> str:
        """The time left, evaluations included, from the pace since the first step."""
        if self._first is None or self._step == self._first:
            return ""
        pace = (time.monotonic() - self._begun) / (self._step - self._first)
        seconds = round(pace * (self.total - self._step))
        minutes, seconds = divmod(seconds, 60)
        return (
            f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d} left"
            if minutes >= 60
            else f"{minutes}:{seconds:02d} left"
        )

    def speed_line(self) -> str:
        """Tokens per second and memory, as last measured."""
        if self._speed is None:
            return ""
        line = f"{self._speed.tokens_per_second:,.0f} tokens/s, {self._speed.memory_bytes / 2**30:.1f} GiB"
        share = self._speed.flops_share
        return line if share is None else f"{line}, {share:.0%} of peak FLOP/s"


def _measured(evaluations: Sequence[EvaluationEvent]) -> list[tuple[str, str, RenderableType]]:
    """Rows of the live view: losses with their curve, or the reward with its own."""
    last = evaluations[-1]
    if "reward" in last.metrics:
        rewards = [e.metrics["reward"] for e in evaluations if "reward" in e.metrics]
        shown = Text(_spark(rewards), style="magenta")
        distance = f"{last.metrics.get('kl', 0.0):.2f} nats"
        length = f"answers of {last.metrics.get('answer_tokens', 0.0):.0f} tokens"
        return [
            ("held-out reward", f"{last.metrics['reward']:.3f}", shown),
            ("from reference", distance, length),
        ]
    curve = _spark([e.val_loss for e in evaluations if e.val_loss is not None])
    rows: list[tuple[str, str, RenderableType]] = [
        ("validation", _number(last.val_loss), Text(curve, style="magenta")),
        ("train probe", _number(last.probe_loss), f"gap {_signed(last.verdict.gap)}"),
    ]
    if "accuracy" in last.metrics:
        accuracies = Text(_spark([e.metrics["accuracy"] for e in evaluations if e.metrics]))
        rows.append(("preferred", f"{last.metrics['accuracy']:.0%}", accuracies))
        rows.append(("margin", f"{last.metrics['margin']:+.3g}", _sides(last)))
    return rows


def _sides(event: EvaluationEvent) -> str:
    """How the two sides of preferences stand: rewards, and log-probabilities where known."""
    metrics = event.metrics
    said = f"chosen {metrics['chosen_reward']:+.3g}, rejected {metrics['rejected_reward']:+.3g}"
    if "chosen_logp" in metrics:
        said += f" (log-probability {metrics['chosen_logp']:.1f}, {metrics['rejected_logp']:.1f})"
    return said


def _evaluation_line(event: EvaluationEvent, clock: _Clock) -> str:
    losses = f"validation {_number(event.val_loss)}  train probe {_number(event.probe_loss)}"
    losses += f"  gap {_signed(event.verdict.gap)}"
    if "reward" in event.metrics:
        losses = "  ".join(f"{name} {value:.3g}" for name, value in event.metrics.items())
    elif "margin" in event.metrics:
        margin = f"margin {event.metrics['margin']:+.3g}: {_sides(event)}"
        losses += f"  preferred {event.metrics['accuracy']:.0%}  {margin}"
    parts = [f"step {event.step}/{clock.total}", losses]
    if speed := clock.speed_line():
        parts.append(speed)
    return "  ".join(parts) + f"\n  {event.verdict.name.value}: {event.verdict.evidence}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _short(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _spark(values: list[float], width: int = 40) -> str:
    """The values as a line of block characters, at most `width` of them (means of equal parts)."""
    if not values:
        return ""
    width = min(width, len(values))
    cuts = [round(i * len(values) / width) for i in range(width + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(cuts)]
    low, high = min(means), max(means)
    scale = (len(_SPARKS) - 1) / (high - low) if high > low else 0.0
    return "".join(_SPARKS[round((m - low) * scale)] for m in means)
