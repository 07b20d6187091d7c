"""Checkpoints: whole or absent, and enough to go on bit for bit.

A checkpoint is a folder `checkpoints/step-00000120` with the trained weights, the optimiser's
moments and the random generators' states as safetensors, and `state.json` with everything else
and the size and hash of each file. It is written under a temporary name, synced, and renamed, so
a crash at any moment leaves either no checkpoint or a whole one; one whose files do not match
their hashes is never loaded. Nothing is pickled.

`best-00000080` holds the weights of the best step so far. One that a checkpoint refers to is kept
until a later checkpoint refers to another.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from curate.writing import write_json

Tensors = Mapping[str, torch.Tensor]

_STEP = re.compile(r"(step|best)-(\d{8})")
_TEMPORARY = ".writing-"


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint: tensors by file (`weights`, `optimiser`, …) and the JSON state."""

    step: int
    tensors: dict[str, dict[str, torch.Tensor]]
    state: dict[str, Any]


class CheckpointStore:
    """The `checkpoints` folder of a run.

    Args:
        folder: made when missing.
        keep: how many checkpoints are kept.
    """

    def __init__(self, folder: Path, keep: int = 1) -> None:
        self._folder = folder
        self._keep = keep
        folder.mkdir(parents=True, exist_ok=True)

    def clear_unfinished(self) -> None:
        """Remove what an interrupted write has left."""
        for path in self._folder.glob(f"{_TEMPORARY}*"):
            shutil.rmtree(path, ignore_errors=True)

    def save(
        self, step: int, tensors: Mapping[str, Tensors], state: Mapping[str, Any], best_step: int
    ) -> Path:
        """Write the checkpoint of `step`; older ones, and best weights no longer needed, go.

        Args:
            step: how many optimiser steps are behind it.
            tensors: tensors by file name without its ending.
            state: anything that JSON holds.
            best_step: whose `best` folder this checkpoint refers to.
        """
        path = self._write(f"step-{step:08d}", tensors, state)
        kept = sorted(s for kind, s, _ in self._whole_names() if kind == "step")[-self._keep :]
        for kind, old, other in self._whole_names():
            if old not in (kept if kind == "step" else [best_step]):
                shutil.rmtree(other, ignore_errors=True)
        return path

    def save_best(self, step: int, weights: Tensors) -> None:
        """Keep the weights of `step` as the best; that of an earlier best stays until `save`."""
        if not (self._folder / f"best-{step:08d}").is_dir():
            self._write(f"best-{step:08d}", {"weights": weights}, {})

    def load_best(self, step: int) -> dict[str, torch.Tensor]:
        """The weights kept for `step`.

        Raises:
            FileNotFoundError: there are none, or they are damaged.
        """
        path = self._folder / f"best-{step:08d}"
        loaded = _load(path, step)
        if loaded is None:
            raise FileNotFoundError(f"{path}: the best step's weights are missing or damaged")
        return loaded.tensors["weights"]

    def latest(self) -> Checkpoint | None:
        """The latest whole checkpoint, or None."""
        steps = sorted((step, path) for kind, step, path in self._whole_names() if kind == "step")
        for step, path in reversed(steps):
            if (checkpoint := _load(path, step)) is not None:
                return checkpoint
        return None

    def forget_after(self, step: int) -> None:
        """Remove what lies after `step`: a run that goes on from there will write it again."""
        for _, later, path in self._whole_names():
            if later > step:
                shutil.rmtree(path, ignore_errors=True)

    def _whole_names(self) -> list[tuple[str, int, Path]]:
        return [
            (match[1], int(match[2]), path)
            for path in self._folder.iterdir()
            if (match := _STEP.fullmatch(path.name))
        ]

    def _write(self, name: str, tensors: Mapping[str, Tensors], state: Mapping[str, Any]) -> Path:
        final, temporary = self._folder / name, self._folder / f"{_TEMPORARY}{name}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        files = {}
        for stem, values in tensors.items():
            file = temporary / f"{stem}.safetensors"
            _save({k: v.detach().cpu().contiguous() for k, v in values.items()}, file)
            _sync(file)
            files[file.name] = {"bytes": file.stat().st_size, "sha256": _sha256(file)}
        write_json(temporary / "state.json", {"files": files, "state": dict(state)})
        _sync(temporary)
        if final.exists():  # the same step again, after a resume from before it
            shutil.rmtree(final)
        temporary.rename(final)
        _sync(self._folder)
        return final


def _save(tensors: dict[str, torch.Tensor], file: Path) -> None:
    """Write one safetensors file; raises OSError, also where safetensors calls it otherwise."""
    try:
        save_file(tensors, file)
    except SafetensorError as error:
        code = re.search(r"os error (\d+)", str(error))
        if code is None:
            raise
        raise OSError(int(code[1]), os.strerror(int(code[1])), str(file)) from error


def _load(path: Path, step: int) -> Checkpoint | None:
    """The checkpoint at `path`, or None when anything about it is not whole."""
    try:
        recorded = json.loads((path / "state.json").read_bytes())
        for name, expected in recorded["files"].items():
            file = path / name
            if file.stat().st_size != expected["bytes"] or _sha256(file) != expected["sha256"]:
                return None
        tensors = {Path(name).stem: load_file(path / name) for name in recorded["files"]}
    except (OSError, ValueError, KeyError):
        return None
    return Checkpoint(step, tensors, recorded["state"])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
