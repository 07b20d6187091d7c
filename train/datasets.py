"""Which examples are trained on and which are validated on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from curate.errors import UserError
from curate.schemas.options.train import TrainOptions
from curate.schemas.records import Example
from curate.validating import load_examples

_TRAIN_NAMES = ("train", "training")
_VAL_NAMES = ("val", "validation", "valid", "dev")
_ENDINGS = (".jsonl", ".ndjson", ".json", ".parquet", ".csv", ".tsv")
_COMPRESSED = ("", ".gz", ".zst")


@dataclass(frozen=True)
class TrainingData:
    """Examples to train and to validate on, and the files they came from."""

    train: list[Example]
    val: list[Example]
    train_path: Path
    val_path: Path

    @property
    def held_out(self) -> bool:
        """Whether validation is a part of the training file."""
        return self.train_path == self.val_path


def load_training_data(data: Path, options: TrainOptions) -> TrainingData:
    """The data of a run: a folder with train and val files, or one file, with `--val` or a part of it.

    Raises:
        UserError: a file is missing, malformed, or too small to hold anything out.
    """
    if data.is_dir():
        train_path = _split_file(data, _TRAIN_NAMES)
        val_path = options.val or _split_file(data, _VAL_NAMES)
    else:
        train_path, val_path = data, options.val or data
    train = load_examples([train_path], options)
    if val_path != train_path:
        return TrainingData(train, load_examples([val_path], options), train_path, val_path)
    kept, held_out = _hold_out(train, options)
    return TrainingData(kept, held_out, train_path, val_path)


def _split_file(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        for ending in _ENDINGS:
            for compressed in _COMPRESSED:
                path = folder / f"{name}{ending}{compressed}"
                if path.is_file():
                    return path
    raise UserError(
        f"{folder}: no {names[0]}.jsonl in this folder; make one with `curate split FILE -o {folder}`"
    )


def _hold_out(
    examples: list[Example], options: TrainOptions
) -> tuple[list[Example], list[Example]]:
    count = round(len(examples) * options.val_share)
    if count < 1 or len(examples) - count < 1:
        raise UserError(
            f"{len(examples)} examples are too few to hold out {options.val_share:.0%} for "
            "validation; give a validation file with --val, or a larger --val-share"
        )
    chosen = set(
        np.random.default_rng([options.seed, 2]).permutation(len(examples))[:count].tolist()
    )
    return (
        [e for i, e in enumerate(examples) if i not in chosen],
        [e for i, e in enumerate(examples) if i in chosen],
    )
