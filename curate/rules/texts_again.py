"""The texts of a few rows that a rule has come to need, from another reading of the files."""

from __future__ import annotations

from collections.abc import Sequence

from curate.dataset import Dataset


def texts_again(
    dataset: Dataset, wanted: Sequence[int], columns: Sequence[str]
) -> dict[int, tuple[str | None, ...]]:
    """The canonical columns of these rows (indices of `Dataset.frame`), by row."""
    texts: dict[int, tuple[str | None, ...]] = {}
    if not wanted:
        return texts
    numbers, start = sorted(set(map(int, wanted))), 0
    for rows in dataset.read_again(numbers):
        here = numbers[start : start + rows.height]
        texts.update(zip(here, rows.select(*columns).iter_rows(), strict=True))
        start += rows.height
    return texts
