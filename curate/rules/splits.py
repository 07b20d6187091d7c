"""Which rows belong together and which must not meet: train, validation and test."""

from __future__ import annotations

import os
import re

import numpy as np

from curate.dataset import Dataset, FileRole
from curate.light_dataclass import dataclass
from curate.texts import I64

_ORDER: tuple[FileRole, ...] = ("train", "data", "val", "test")
_NAMES: tuple[tuple[FileRole, str], ...] = (
    ("train", r"(?:.*[_.-])?train(?:ing)?(?:[_.-].*)?"),
    ("val", r"(?:.*[_.-])?(?:val|valid|validation|dev)(?:[_.-].*)?"),
    ("test", r"(?:.*[_.-])?test(?:[_.-].*)?"),
)


@dataclass(frozen=True, slots=True)
class Split:
    """Rows (indices of `Dataset.frame`, ascending) that are one split; `role` says which."""

    role: FileRole
    rows: I64


def has_splits(dataset: Dataset) -> bool:
    """Whether rows of one split can stand in another."""
    return len(set(roles_of(dataset))) > 1


def roles_of(dataset: Dataset) -> tuple[FileRole, ...]:
    """What each file is for: as the user said, or as the names in one folder say.

    Where splits are given, the other files are what is trained on. Where none are, files named
    train, val and test that lie in one folder are taken for what they are called.
    """
    alone: FileRole = "data"
    roles = dataset.roles or (alone,) * len(dataset.files)
    if any(role != "data" for role in roles):
        return tuple(_trained_on(role) for role in roles)
    folders: dict[str, set[FileRole]] = {}
    named = [_named(file) for file in dataset.files]
    for file, role in zip(dataset.files, named, strict=True):
        if role != "data":
            folders.setdefault(os.path.dirname(file), set()).add(role)
    return tuple(
        role if len(folders.get(os.path.dirname(file), ())) > 1 else alone
        for file, role in zip(dataset.files, named, strict=True)
    )


def _trained_on(role: FileRole) -> FileRole:
    return "train" if role == "data" else role


def _named(file: str) -> FileRole:
    stem = os.path.basename(file).lower().split(".jsonl")[0].split(".json")[0]
    stem = re.sub(r"\.(?:csv|tsv|parquet|ndjson)(?:\..*)?$", "", stem)
    for role, pattern in _NAMES:
        if re.fullmatch(pattern, stem):
            return role
    return "data"


def splits_of(dataset: Dataset) -> list[Split]:
    """The rows of each split, what is trained on first; files without a split are one together."""
    roles = roles_of(dataset)
    files = dataset.frame["file"].to_numpy()
    splits = []
    for wanted in _ORDER:
        numbers = [i for i, role in enumerate(roles) if role == wanted]
        if numbers:
            splits.append(Split(wanted, np.flatnonzero(np.isin(files, numbers)).astype(np.int64)))
    return splits
