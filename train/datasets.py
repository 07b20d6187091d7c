"""Which examples are trained on and which are validated on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from curate.errors import UserError
from curate.schemas.options.train import TrainOptions
from curate.schemas.turns import Example
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


def load_training_data(data: Path, options: TrainOptions, splits: Path) -> TrainingData:
    """The data of a run: a folder with train and val files, or one file, with `--val` or a part of it.

    Args:
        data: a file or a folder.
        options: how to read it, and how much to hold out.
        splits: folder for the parts of a file that comes without validation data.

    Raises:
        UserError: a file is missing, malformed, or too small to hold anything out.
    """
    if data.is_dir():
        train_path = _split_file(data, _TRAIN_NAMES)
        val_path = options.val or _split_file(data, _VAL_NAMES)
    elif options.val is not None:
        train_path, val_path = data, options.val
    else:
        load_examples([data], options)  # a malformed row is named by its line in the user's file
        train_path, val_path = _hold_out(data, options, splits)
    return TrainingData(
        load_examples([train_path], options),
        load_examples([val_path], options),
        train_path,
        val_path,
    )


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


def _hold_out(data: Path, options: TrainOptions, folder: Path) -> tuple[Path, Path]:
    """Split `data` so that no near duplicate of a training example is validated on."""
    from curate.schemas.options.data import DataOptions
    from curate.schemas.options.split import SplitOptions
    from curate.splitting import split

    reading = DataOptions(format=options.format, map=options.map)
    wanted = SplitOptions(
        output=folder, val=options.val_share, test=0.0, seed=options.seed, fresh=True
    )
    result = split(data, folder, wanted, reading)
    if not result.rows.get("val"):
        raise UserError(
            f"{data}: its {sum(result.rows.values())} rows are too few, or too much alike, to hold "
            f"out {options.val_share:.0%} for validation; give a validation file with --val, or a "
            "larger --val-share"
        )
    return folder / "train.jsonl", folder / "val.jsonl"
