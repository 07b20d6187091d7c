"""What a training run saw of each example, as evidence about the data: `dynamics.parquet` read back.

Each time an example was learnt from, its loss just before that step was kept. Three things make
these losses comparable between examples:

- the model gets better while an epoch lasts, so a loss is compared with the median of the
  examples that were learnt from at about the same time;
- one wrong word in a long answer moves the mean loss little and the sum much, while the noise of a
  sum grows with the root of its length: the difference counts times the root of the number of
  learnt tokens;
- epochs differ in how far losses spread, so each is put on the scale of its own median absolute
  deviation.

What comes out is a robust z-value per example and epoch, the `excess`. Its mean over the epochs is
the area under the margin of Pleiss et al. 2020 (arXiv 2001.10528) in units that do not depend on
the task, and the confidence of Swayamdipta et al. 2020 (arXiv 2009.10795) with its sign turned.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.errors import UserError
from curate.features import FEATURES
from curate.light_dataclass import dataclass
from curate.manifest import file_hash, read_manifest
from curate.schemas.options.data import DataOptions
from curate.validating import read_checked

FILE_NAME = "dynamics.parquet"
# What tells whether a row of the data is one that was trained on: its texts, wherever it stands.
KEYS = ("prompt_hash", "completion_hash", "system_hash")

Floats = NDArray[np.float64]
# So many examples that were learnt from at about the same time say what was to be expected then.
_NEIGHBOURS = 64
# An example is suspect from this mean excess on; in one epoch, this much is still out of the ordinary.
SUSPECT, UNEXPECTED = 4.0, 2.0
# A validation row is held to be memorised when it fell at least as far as this quantile of the
# training rows, and as an outlier among the validation rows. Only where training rows fell much
# further than these does that tell the two apart.
_TRAINED_QUANTILE, _OUTLYING, _APART = 0.25, 5.0, 3.0
# The standard deviation of a normal distribution is this times its median absolute deviation.
_MAD = 1.4826


@dataclass(frozen=True)
class RunDynamics:
    """What a run says about the rows of its files.

    Attributes:
        train: one row an example that was learnt from: KEYS, `line`, `tokens` (learnt ones),
            `passes` (how often it was learnt from), `excess` (mean over the passes), `first`,
            `last` (loss in the first and last pass, nats a token), `typical_first`,
            `typical_last` (the median of those learnt at that time), `first_excess`,
            `last_excess`, `rank` (1 for the largest `excess`).
        val: one row a validation example that was measured: KEYS, `line`, `tokens`, `fall` (of
            the loss after the first epoch, nats a token).
        probe_falls: the same fall for training examples, measured in the same way, ascending.
        epochs: how often the training set was seen.
        first_epoch: the typical loss at the end of the first epoch, nats a token.
        unit: what losses are counted over: "token", or "pair" for preferences.
        train_path, val_path: the files, as they can be read now.
    """

    train: pl.DataFrame
    val: pl.DataFrame
    probe_falls: Floats
    epochs: float
    first_epoch: float
    unit: str
    train_path: str
    val_path: str


def run_files(run: Path) -> tuple[Path, Path]:
    """The training and the validation file of a run. Raises UserError when they are not there."""
    training = _training(run)
    return _file(run, training["train"]), _file(run, training["val"])


def dynamics_of(run: Path) -> RunDynamics:
    """What a run recorded of its examples.

    Raises:
        UserError: the folder holds no finished run, or its files are gone or have changed.
    """
    return _read(run, (run / FILE_NAME).stat().st_mtime_ns if (run / FILE_NAME).exists() else 0)


@lru_cache(maxsize=2)
def _read(run: Path, modified: int) -> RunDynamics:
    training = _training(run)
    path = run / FILE_NAME
    if not modified:
        raise UserError(f"{run}: no {FILE_NAME} in it; the run has not ended (go on with --resume)")
    try:
        frame = pl.read_parquet(path)
        train = of_training(frame.filter(pl.col("split") == "train"))
        val = falls(frame.filter(pl.col("split") == "val"))
        probe = falls(frame.filter(pl.col("split") == "probe"))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    options = training["options"]
    data = DataOptions(format=options.get("format"), map=options.get("map") or {})
    files = {split: _file(run, training[split]) for split in ("train", "val")}
    for split, file in files.items():
        if file_hash(file) != training[split]["sha256"]:
            raise UserError(
                f"{file} has changed since {run} was trained on it: its lines are no longer those "
                "that the run speaks of; train again"
            )
    return RunDynamics(
        train=_keyed(train, files["train"], data),
        val=_keyed(val, files["val"], data),
        probe_falls=np.sort(probe["fall"].to_numpy()),
        epochs=float(frame["epoch"].max() or 0.0),  # type: ignore[arg-type]  # floats
        # The typical loss falls while the epoch lasts; its end is what the last rows met.
        first_epoch=float(train["typical_first"].quantile(0.1) or 0.0),
        unit="token" if options.get("method", "sft") == "sft" else "pair",
        train_path=str(files["train"]),
        val_path=str(files["val"]),
    )


def _training(run: Path) -> dict[str, Any]:
    if not run.is_dir():
        raise UserError(f"--run {run}: no such folder; give one that `curate train` has written")
    found = read_manifest(run).get("training")
    if not isinstance(found, dict):
        raise UserError(f"--run {run}: the folder holds no run of `curate train`")
    return found


def _file(run: Path, entry: dict[str, Any]) -> Path:
    """A file of the run: as it was named, or where it lies if the run's folder has moved."""
    named = Path(entry["path"])
    for path in (named, run / "splits" / named.name):
        if path.is_file():
            return path
    raise UserError(
        f"{named}: {run} was trained on it, but it is not there; run this in the folder in which "
        "it was trained"
    )


def _keyed(found: pl.DataFrame, path: Path, data: DataOptions) -> pl.DataFrame:
    """`found` with the hashes of the texts that stand in its lines."""
    hashes = [
        batch.rows.select("line", *(FEATURES[key]().alias(key) for key in KEYS))
        for checked in read_checked(str(path), data)
        for batch in checked.batches
    ]
    return found.join(pl.concat(hashes), on="line", how="inner", maintain_order="left")


def of_training(frame: pl.DataFrame) -> pl.DataFrame:
    """One row an example, from the losses it had each time it was learnt from (split "train")."""
    # An example that was cut into several is one again; the pass is the epoch it was learnt in.
    seen = (
        frame.with_columns(nll=pl.col("loss") * pl.col("tokens"), at=pl.col("epoch").floor())
        .group_by("line", "at", maintain_order=True)
        .agg(pl.col("nll", "tokens").sum(), pl.col("step").mean())
        .sort("step", maintain_order=True)
        .with_columns(loss=pl.col("nll") / pl.col("tokens"))
    )
    passes = [_with_excess(part) for part in seen.partition_by("at", maintain_order=True)]
    if not passes:
        raise UserError("--run: no example was learnt from in this run, so it says nothing of any")
    return (
        pl.concat(passes)
        .group_by("line", maintain_order=True)
        .agg(
            tokens=pl.col("tokens").first(),
            passes=pl.len(),
            excess=pl.col("excess").mean(),
            first=pl.col("loss").first(),
            last=pl.col("loss").last(),
            typical_first=pl.col("typical").first(),
            typical_last=pl.col("typical").last(),
            first_excess=pl.col("excess").first(),
            last_excess=pl.col("excess").last(),
        )
        .with_columns(rank=pl.col("excess").rank("ordinal", descending=True))
        .sort("line")
    )


def _with_excess(epoch: pl.DataFrame) -> pl.DataFrame:
    """One epoch's losses, in the order in which they were met, with `typical` and `excess`."""
    losses = epoch["loss"]
    typical = losses.rolling_median(
        min(_NEIGHBOURS, len(losses)), min_samples=1, center=True
    ).to_numpy()
    above = (losses.to_numpy() - typical) * np.sqrt(epoch["tokens"].to_numpy())
    return epoch.with_columns(typical=typical, excess=robust_z(above))


def robust_z(values: Floats) -> Floats:
    """Distances from the median in units of the (normal-equivalent) median absolute deviation."""
    middle = float(np.median(values))
    spread = _MAD * float(np.median(np.abs(values - middle)))
    return (values - middle) / max(spread, 1e-9)


def memorised(run: RunDynamics) -> pl.DataFrame:
    """The rows of `run.val` whose loss fell as only that of repeated rows does."""
    fallen = run.val["fall"].to_numpy()
    if len(fallen) < 2 or not len(run.probe_falls):
        return run.val.clear()
    trained = float(np.quantile(run.probe_falls, _TRAINED_QUANTILE))
    middle = float(np.median(fallen))
    if trained <= 0.0 or trained < _APART * middle:
        return run.val.clear()
    outlying = (fallen >= trained) & (fallen > 0.0) & (robust_z(fallen) >= _OUTLYING)
    return run.val.filter(pl.Series(outlying))


def falls(frame: pl.DataFrame) -> pl.DataFrame:
    """How far the loss of each example has fallen since the end of the first epoch (val or probe)."""
    begin = frame.filter(pl.col("epoch") >= 1.0)["step"].min()
    part = frame.filter(pl.col("step") >= (begin if begin is not None else 0)).sort("step")
    return (
        part.group_by("line", maintain_order=True)
        .agg(tokens=pl.col("tokens").first(), fall=pl.col("loss").first() - pl.col("loss").last())
        .sort("line")
    )
