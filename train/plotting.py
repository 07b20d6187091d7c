"""Small plots as SVG text: the loss curve of a run, and quality against tokens of a comparison."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from curate.schemas.comparison import Comparison
from curate.schemas.verdicts import VerdictName

WIDTH, HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 44, 48
# Colours that stay apart for the common kinds of colour blindness (Okabe & Ito 2008).
BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#d55e00", "#009e73", "#cc3311", "#767676"


@dataclass
class Axes:
    """A frame with two linear axes; draw into it, then take `svg()`."""

    title: str
    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.x_range, self.y_range = _widened(self.x_range), _widened(self.y_range)
        for value in ticks(*self.x_range):
            x = self.x(value)
            self.parts.append(
                f'<line x1="{x:.1f}" y1="{HEIGHT - _BOTTOM}" x2="{x:.1f}" y2="{_TOP}" stroke="#eee"/>'
            )
            self.text(x, HEIGHT - _BOTTOM + 16, _number(value), anchor="middle")
        for value in ticks(*self.y_range):
            y = self.y(value)
            self.parts.append(
                f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#eee"/>'
            )
            self.text(_LEFT - 6, y + 4, _number(value), anchor="end")
        self.text(_LEFT, 20, self.title, size=14, weight="bold")
        self.text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 10, self.x_label, anchor="middle")
        self.text(_LEFT, _TOP - 8, self.y_label)

    def x(self, value: float) -> float:
        """Pixels from the left."""
        low, high = self.x_range
        return _LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        low, high = self.y_range
        return HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        anchor: str = "start",
        size: int = 11,
        colour: str = "#333",
        weight: str = "normal",
    ) -> None:
        """Words at a place in pixels; escaped."""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="{colour}" font-weight="{weight}">{escape(words)}</text>'
        )

    def line(self, points: Sequence[tuple[float, float]], colour: str, name: str = "") -> None:
        """A line through the points that are finite, with a dot on each when they are few."""
        finite = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
        if not finite:
            return
        for piece in cut_at(finite, self.y_range[1]):
            path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in piece)
            self.parts.append(
                f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2">'
                f"<title>{escape(name)}</title></polyline>"
            )
        shown = [(x, y) for x, y in finite if y <= self.y_range[1]]
        if len(finite) <= 60:
            for x, y in shown:
                self.dot(x, y, colour, f"{name} {_number(y)} at {_number(x)}", radius=3)

    def dot(self, x: float, y: float, colour: str, title: str, radius: float = 6) -> None:
        """A point, its title shown by browsers when pointed at."""
        self.parts.append(
            f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{radius}" fill="{colour}">'
            f"<title>{escape(title)}</title></circle>"
        )

    def vertical(self, x: float, colour: str, words: str, *, row: int = 0) -> None:
        """A dashed line at `x`, named; `row` keeps names of near lines apart."""
        at = self.x(x)
        self.parts.append(
            f'<line x1="{at:.1f}" y1="{_TOP}" x2="{at:.1f}" y2="{HEIGHT - _BOTTOM}" '
            f'stroke="{colour}" stroke-dasharray="5 4"/>'
        )
        right = at > WIDTH - 160
        anchor, shift = ("end", -5) if right else ("start", 5)
        self.text(at + shift, _TOP + 14 + 15 * row, words, anchor=anchor, colour=colour)

    def error_bar(self, x: float, low: float, high: float, colour: str) -> None:
        """A vertical interval at `x`."""
        self.parts.append(
            f'<line x1="{self.x(x):.1f}" y1="{self.y(low):.1f}" x2="{self.x(x):.1f}" '
            f'y2="{self.y(high):.1f}" stroke="{colour}" stroke-width="1.5"/>'
        )

    def legend(self, entries: Sequence[tuple[str, str]]) -> None:
        """Colour and name, from the right end of the title's line."""
        x = float(WIDTH - _RIGHT)
        for colour, name in reversed(entries):
            x -= 6.2 * len(name)
            self.text(x, 20, name)
            x -= 16
            self.parts.append(f'<rect x="{x:.1f}" y="11" width="11" height="11" fill="{colour}"/>')
            x -= 14

    def svg(self) -> str:
        """The whole picture, on a white ground, with its title for screen readers."""
        inner = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'role="img" aria-label="{escape(self.title, quote=True)}" '
            f'font-family="system-ui, sans-serif">\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{inner}\n</svg>\n'
        )


def cut_at(
    points: Sequence[tuple[float, float]], ceiling: float
) -> list[list[tuple[float, float]]]:
    """The pieces of a line that stay at or below the ceiling, each ending where it crosses it."""
    pieces: list[list[tuple[float, float]]] = [[]]
    before: tuple[float, float] | None = None
    for point in points:
        if before is not None and (before[1] > ceiling) != (point[1] > ceiling):
            share = (ceiling - before[1]) / (point[1] - before[1])
            pieces[-1].append((before[0] + share * (point[0] - before[0]), ceiling))
        if point[1] <= ceiling:
            pieces[-1].append(point)
        elif pieces[-1]:
            pieces.append([])
        before = point
    return [piece for piece in pieces if len(piece) > 1]


def ticks(low: float, high: float, wanted: int = 6) -> list[float]:
    """Round values between `low` and `high`, about as many as wanted (steps of 1, 2 or 5)."""
    rough = (high - low) / max(wanted - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    found = (round(i * step, 12) for i in range(first, last + 1))
    # Far from zero a step is hardly more than the precision of floats, and products miss the range.
    slack = 1e-6 * (high - low)
    return [tick for tick in found if low - slack <= tick <= high + slack]


def loss_curve(history: Path) -> str:
    """The losses of a run from its history.jsonl: training, validation, probe.

    The best step is marked, and the evaluation at which overfitting was first said.
    """
    events = [json.loads(line) for line in history.read_bytes().splitlines() if line.strip()]
    steps = [
        (e["step"], e["loss"]) for e in events if e["event"] == "step" and e["loss"] is not None
    ]
    evaluations = [e for e in events if e["event"] == "evaluation"]
    pairs = any("accuracy" in e.get("metrics", {}) for e in evaluations)
    curve = _curve_of(evaluations)
    val, probe = curve("val_loss"), curve("probe_loss")
    shown = [y for _, y in [*steps, *val, *probe]] or [0.0, 1.0]
    last = max([x for x, _ in [*steps, *val]], default=1)
    axes = Axes(
        title=f"Loss (nats per {'pair' if pairs else 'learnt token'})",
        x_label="step",
        y_label="",
        x_range=(0.0, float(last)),
        y_range=(min(0.0, *shown), _ceiling(shown)),
    )
    axes.line(steps, "#cfcfcf", "training batch")
    axes.line(probe, ORANGE, "train probe")
    axes.line(val, BLUE, "validation")
    said = [e for e in evaluations if e["verdict"]["name"] == VerdictName.OVERFITTING]
    if evaluations:
        best = evaluations[-1]["verdict"]["best_step"]
        axes.vertical(best, GREEN, f"best step {best}")
    if said:
        axes.vertical(said[0]["step"], RED, f"overfitting from {said[0]['step']}", row=1)
    axes.legend([(BLUE, "validation"), (ORANGE, "train probe"), ("#cfcfcf", "training batch")])
    return axes.svg()


def _curve_of(
    evaluations: Sequence[dict[str, float]],
) -> Callable[[str], list[tuple[float, float]]]:
    return lambda name: [(e["step"], e[name]) for e in evaluations if e[name] is not None]


def _ceiling(values: Sequence[float]) -> float:
    """The largest value, or three times the median where a spike would flatten all the rest."""
    ordered = sorted(values)
    return min(ordered[-1], max(3.0 * ordered[len(ordered) // 2], ordered[0]))


def quality_plot(comparison: Comparison) -> str:
    """Quality against tokens per request: a point with its interval for each method."""
    primary = comparison.metrics[comparison.primary]
    points = [
        (m.prompt_tokens + m.output_tokens, m.metrics[comparison.primary], m)
        for m in comparison.methods
    ]
    bounds = [b for _, v, _ in points for b in (v.interval or (v.value, v.value))]
    low, high = (0.0, 1.0) if primary.share else (min(bounds), max(bounds))
    axes = Axes(
        title=f"{primary.title}, {comparison.rows} held-out rows",
        x_label="tokens per request (prompt and answer)",
        y_label="",
        x_range=(0.0, 1.15 * max(x for x, _, _ in points)),
        y_range=(low, high),
    )
    for tokens, value, method in points:
        colour = ORANGE if method.tuned else BLUE
        if value.interval is not None:
            axes.error_bar(tokens, *value.interval, colour)
        axes.dot(tokens, value.value, colour, f"{method.title}: {value.value:.3f}")
        near_the_edge = axes.x(tokens) > WIDTH - 160
        axes.text(
            axes.x(tokens) + (-10 if near_the_edge else 10),
            axes.y(value.value) + 4,
            method.title,
            anchor="end" if near_the_edge else "start",
            colour=colour,
        )
    axes.legend([(BLUE, "base model"), (ORANGE, "fine-tuned")])
    return axes.svg()


def _widened(bounds: tuple[float, float]) -> tuple[float, float]:
    """Bounds that are apart, so that a single value can be drawn."""
    low, high = bounds
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
