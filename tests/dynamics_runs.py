"""Run folders as `curate train` leaves them, with losses that a test chooses."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

TOKENS = 10
STEPS_PER_EPOCH = 10


def write_run(
    folder: Path,
    train: Path,
    val: Path | None = None,
    *,
    passes: Sequence[float] = (1.0, 0.6, 0.4),
    odd: Mapping[int, Sequence[float]] | None = None,
    val_losses: Sequence[float] = (1.0, 0.95, 0.95),
    val_odd: Mapping[int, Sequence[float]] | None = None,
) -> Path:
    """Write the dynamics of a run that learnt `train` in as many epochs as there are `passes`.

    Args:
        folder: the run's folder.
        train, val: the data; without `val`, `train` is validated on as well.
        passes: the loss of an ordinary row in each epoch (some vary by a tenth).
        odd: other losses, by the line of a training row.
        val_losses: those of an ordinary validation row after each epoch.
        val_odd: other ones, by the line of a validation row.
    """
    val = val or train
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    lines = _lines(train)
    for epoch in range(len(passes)):
        for line in lines:
            # Which step an example falls into differs from epoch to epoch.
            step = epoch * STEPS_PER_EPOCH + (line * (7 + 2 * epoch)) % STEPS_PER_EPOCH
            found = (odd or {}).get(line, passes)[epoch]
            rows.append(_row("train", train, line, step, found * _jitter(line, epoch)))
    # Training examples are measured after an epoch as they were in it; some of them stand for all.
    _measured(rows, "probe", train, lines[:40], passes, odd or {})
    _measured(rows, "val", val, _lines(val), val_losses, val_odd or {})
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / "dynamics.parquet")
    training = {
        "options": {"format": None, "map": {}},
        "train": {"path": str(train), "sha256": _hash(train), "examples": len(lines)},
        "val": {"path": str(val), "sha256": _hash(val), "examples": len(_lines(val))},
    }
    (folder / "manifest.json").write_text(json.dumps({"version": 1, "training": training}))
    return folder


def _measured(
    rows: list[dict[str, Any]],
    split: str,
    path: Path,
    lines: Sequence[int],
    losses: Sequence[float],
    odd: Mapping[int, Sequence[float]],
) -> None:
    for epoch in range(len(losses)):
        for line in lines:
            loss = odd.get(line, losses)[epoch] * _jitter(line, 0)
            rows.append(_row(split, path, line, (epoch + 1) * STEPS_PER_EPOCH, loss))


def _row(split: str, path: Path, line: int, step: int, loss: float) -> dict[str, Any]:
    return {
        "split": split,
        "path": str(path),
        "line": line,
        "step": step,
        "epoch": step / STEPS_PER_EPOCH,
        "loss": loss,
        "confidence": math.exp(-loss),
        "tokens": TOKENS,
        "accuracy": None if split == "train" else 0.5,
    }


def _jitter(line: int, epoch: int) -> float:
    """Between 0.9 and 1.1, without order."""
    return 1.0 + 0.1 * math.sin(12.9898 * line + 78.233 * epoch)


def _lines(path: Path) -> list[int]:
    return [i for i, line in enumerate(path.read_text().splitlines(), 1) if line.strip()]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
