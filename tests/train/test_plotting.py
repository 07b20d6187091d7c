"""Plots are well-formed XML, mark what they should, and never run what a name holds."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.train.plotting import Axes, cut_at, loss_curve, ticks


def history(path: Path, evaluations: list[tuple[int, float, float, str, int]]) -> Path:
    events: list[dict[str, Any]] = [{"event": "start", "step": 0}]
    events += [{"event": "step", "step": i + 1, "loss": 2.0 / (i + 1)} for i in range(40)]
    events += [
        {
            "event": "evaluation",
            "step": step,
            "val_loss": val,
            "probe_loss": probe,
            "verdict": {"name": name, "best_step": best},
        }
        for step, val, probe, name, best in evaluations
    ]
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def words(svg: str) -> str:
    root = ElementTree.fromstring(svg)
    return " ".join(text for text in root.itertext())


def test_a_healthy_run_has_no_overfitting_mark(tmp_path: Path) -> None:
    path = history(
        tmp_path / "h.jsonl", [(0, 2.0, 2.0, "warming-up", 0), (40, 1, 1, "improving", 40)]
    )
    said = words(loss_curve(path))
    assert "best step 40" in said
    assert "overfitting" not in said


def test_the_best_step_and_the_start_of_overfitting_are_marked(tmp_path: Path) -> None:
    path = history(
        tmp_path / "h.jsonl",
        [
            (0, 2.0, 2.0, "warming-up", 0),
            (10, 1.0, 1.0, "improving", 10),
            (20, 1.2, 0.7, "overfitting", 10),
            (30, 1.4, 0.5, "overfitting", 10),
        ],
    )
    said = words(loss_curve(path))
    assert "best step 10" in said
    assert "overfitting from 20" in said


def test_a_run_that_has_only_begun(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text('{"event": "start", "step": 0}\n')
    assert "Loss" in words(loss_curve(path))
    path.write_text('{"event": "step", "step": 1, "loss": null}\n')
    assert "Loss" in words(loss_curve(path))


def test_a_spike_is_cut_off_at_the_frame() -> None:
    axes = Axes("t", "x", "y", (0, 2), (0, 1))
    axes.line([(0, 0.5), (1, 50.0), (2, 0.5)], "red", "loss")
    assert len(ElementTree.fromstring(axes.svg()).findall(".//{*}circle")) == 2
    assert cut_at([(0, 0.0), (1, 2.0), (2, 0.0)], 1.0) == [
        [(0, 0.0), (0.5, 1.0)],
        [(1.5, 1.0), (2, 0.0)],
    ]
    assert cut_at([(0, 3.0), (1, 2.0)], 1.0) == []
    assert cut_at([(0, 3.0), (2, 1.0), (3, 0.0)], 2.0) == [[(1.0, 2.0), (2, 1.0), (3, 0.0)]]


def test_names_are_text_only() -> None:
    axes = Axes('<script>"&', "x", "y", (0, 1), (0, 1))
    axes.dot(0.5, 0.5, "red", "<b>&")
    axes.line([(0, 0), (1, math.nan), (1, 1)], "red", "<i>")
    assert "<script>" not in axes.svg()
    assert '<script>"&' in words(axes.svg())


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_round_and_inside(low: float, width: float) -> None:
    high = low + width
    found = ticks(low, high)
    assert len(found) <= 12
    assert all(low - 1e-6 * width <= t <= high + 1e-6 * width for t in found)


def test_one_value_alone_can_be_drawn() -> None:
    axes = Axes("t", "x", "y", (3, 3), (0, 0))
    assert axes.x(3) == pytest.approx((64 + 720 - 24) / 2)
