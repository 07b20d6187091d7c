"""What was removed and why: the files `--removed` and `--clusters`, and reading them back.

A row is written as it stood in the input, byte for byte, so nothing that was removed is lost. Under
representative linkage every removed row names a *kept* row and its exact similarity to it; raising
the threshold later therefore means giving back the rows whose similarity is below the new one
(`rows_below`), without running again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from curate.duplicates import Cluster
from curate.errors import UserError
from curate.light_dataclass import dataclass
from curate.matching import Verdicts
from curate.rowsource import RowSource
from curate.schemas.dedupe_artifacts import (
    ClusterMember,
    ClusterRecord,
    Reason,
    RemovedRow,
    RowPlace,
)
from curate.texts import I64
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


@dataclass
class Ledger:
    """Which row goes, why, and for which other row; one entry for each row of the source."""

    gone: NDArray[np.bool_]
    keeper: I64
    similarity: NDArray[np.float64]
    link: I64
    link_similarity: NDArray[np.float64]
    references: Mapping[int, Removal]
    reasons: dict[int, Reason] = field(default_factory=dict)


def make_ledger(
    source: RowSource,
    verdicts: Verdicts,
    rank: I64 | None,
    blank: NDArray[np.bool_],
    references: Mapping[int, Removal],
    meant: Collection[int] = (),
) -> Ledger:
    """Give every removed row its reason.

    Args:
        rank: the rows, best keeper first; None for their order.
        blank: lines that are no rows.
        references: the rows that were already removed because of another file.
        meant: the rows that go because of what they mean.
    """
    keeper = verdicts.keeper.copy()
    ledger = Ledger(
        np.zeros(len(source), np.bool_),
        keeper,
        verdicts.similarity,
        verdicts.link,
        verdicts.link_similarity,
        references,
        {row: removal.reason for row, removal in references.items()},
    )
    same_tokens, sizes = verdicts.same_tokens.tolist(), source.sizes().tolist()
    for row, stays in zip(
        verdicts.removed.tolist(), keeper[verdicts.removed].tolist(), strict=True
    ):
        if row in meant:
            ledger.reasons[row] = "meaning"
        elif not same_tokens[row]:
            ledger.reasons[row] = "near"
        else:
            same = sizes[row] == sizes[stays] and source.line(row) == source.line(stays)
            ledger.reasons[row] = "exact" if same else "normalised"
    # Rows without a word (emoji, broken JSON) match only the same bytes; empty texts match nothing.
    first: dict[bytes, int] = {}
    order = rank if rank is not None else np.arange(len(source))
    for row in order[(verdicts.tokens == 0)[order] & ~blank[order]].tolist():
        text = source.text(row)
        if row in references or (text is not None and not text.strip()):
            continue
        stays = first.setdefault(source.line(row), row)
        if stays != row:
            keeper[row] = ledger.link[row] = stays
            ledger.reasons[row] = "exact"
    ledger.gone[list(ledger.reasons)] = True
    return ledger


def place_of(source: RowSource, row: int) -> RowPlace:
    """The file and line of a row."""
    file, i = source.place(row)
    return RowPlace(path=file.path, line=int(file.numbers[i]))


def removals(source: RowSource, ledger: Ledger, number: dict[int, int]) -> Iterator[Removal]:
    """The removed rows in order; `number` gives the cluster of each row."""
    for row in np.flatnonzero(ledger.gone).tolist():
        if row in ledger.references:
            yield ledger.references[row]
            continue
        keeper, link = int(ledger.keeper[row]), int(ledger.link[row])
        yield Removal(
            place_of(source, row),
            ledger.reasons[row],
            float(ledger.similarity[row]),
            number.get(row),
            place_of(source, keeper),
            None if link in (keeper, row) else place_of(source, link),
            None if link in (keeper, row) else float(ledger.link_similarity[row]),
            source.line(row),
        )


def records(source: RowSource, ledger: Ledger, clusters: list[Cluster]) -> Iterator[ClusterRecord]:
    """The lines of `--clusters`."""
    for n, cluster in enumerate(clusters, 1):
        members = []
        for row, similarity in zip(cluster.members, cluster.similarities, strict=True):
            place = place_of(source, row)
            members.append(
                ClusterMember(
                    path=place.path,
                    line=place.line,
                    similarity=similarity,
                    reason=ledger.reasons.get(row),
                )
            )
        yield ClusterRecord(
            cluster=n,
            size=len(members),
            keeper=place_of(source, cluster.keeper),
            members=tuple(members),
        )
