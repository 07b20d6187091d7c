"""What was removed and why: the files `--removed` and `--clusters`, and reading them back.

A row is written as it stood in the input, byte for byte, so nothing that was removed is lost. Under
representative linkage every removed row names a *kept* row and its exact similarity to it; raising
the threshold later therefore means giving back the rows whose similarity is below the new one
(`rows_below`), without running again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from curate.errors import UserError
from curate.schemas.dedupe_artifacts import (
    ClusterMember,
    ClusterRecord,
    Reason,
    RemovedRow,
    RowPlace,
)
from curate.writing import write_lines


@dataclass(frozen=True)
class Removal:
    """A removed row before it is written: `raw` are its bytes."""

    place: RowPlace
    reason: Reason
    similarity: float
    cluster: int | None
    keeper: RowPlace
    link: RowPlace | None
    link_similarity: float | None
    raw: bytes


def write_removed(path: Path, removals: Iterable[Removal]) -> int:
    """Write the removed rows as JSON lines (`RemovedRow`), atomically; returns how many."""
    return write_lines(path, map(_line, removals))


def write_clusters(path: Path, clusters: Iterable[ClusterRecord]) -> int:
    """Write the clusters as JSON lines (`ClusterRecord`), atomically; returns how many."""
    return write_lines(path, (orjson.dumps(c.model_dump(mode="json")) for c in clusters))


def read_removed(path: Path) -> Iterator[RemovedRow]:
    """The rows that `write_removed` wrote. Raises UserError for a file that is something else."""
    with open(path, "rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield RemovedRow.model_validate(orjson.loads(line))
            except ValueError as error:
                raise UserError(
                    f"{path}:{number}: not a row of `curate dedupe --removed` ({error})"
                ) from None


def rows_below(path: Path, threshold: float) -> list[RemovedRow]:
    """The removed near duplicates that a higher threshold would have kept.

    Exact for rows against the rows that were kept; among the returned rows themselves there may be
    near duplicates again.
    """
    return [
        row for row in read_removed(path) if row.reason == "near" and row.similarity < threshold
    ]


def _line(removal: Removal) -> bytes:
    try:
        orjson.loads(removal.raw)
        row: object = orjson.Fragment(removal.raw)
    except orjson.JSONDecodeError:
        row = removal.raw.decode("utf-8", "backslashreplace")
    value: dict[str, object] = {
        "path": removal.place.path,
        "line": removal.place.line,
        "reason": removal.reason,
        "similarity": removal.similarity,
        "cluster": removal.cluster,
        "keeper": removal.keeper.model_dump(),
    }
    if removal.link is not None:
        value["link"] = removal.link.model_dump()
        value["link_similarity"] = removal.link_similarity
    value["row"] = row
    return orjson.dumps(value)


__all__ = [
    "ClusterMember",
    "ClusterRecord",
    "Removal",
    "RowPlace",
    "read_removed",
    "rows_below",
    "write_clusters",
    "write_removed",
]
