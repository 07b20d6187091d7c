"""Exact and near duplicates among any texts: the front door of the near-duplicate pipeline.

    near_duplicates(texts)             who duplicates whom within one set of texts
    near_matches(texts, references)    which texts are near a text of another set (leakage)
    contained_matches(texts, references)  which texts contain one (a test question in a longer row)

The first two decide by exact Jaccard similarity (`curate.shingles` says of what); MinHash only proposes. The
expected recall at the threshold itself is 0.9995, and higher above it. All are pure: the same
answer for any number of threads and either engine. Texts compare by their words alone, so case,
punctuation and spacing make no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from curate.candidates import band_columns
from curate.clusters import Linkage
from curate.containment import DEFAULT_CONTAINMENT, Contained, prepare, squeezed
from curate.engines import EngineName, choose_engine
from curate.light_dataclass import dataclass
from curate.matching import Progress, Settings, Verdicts, decide, in_order, sketch_source
from curate.shingles import Shingling, Unit
from curate.texts import I64, JoinedSource, ListSource, TextBatch, TextSource

DEFAULT_THRESHOLD = 0.8


@dataclass(frozen=True)
class Cluster:
    """One kept row and the rows it stands for.

    `members` are all rows of the cluster in ascending order, the keeper among them;
    `similarities[i]` is the exact Jaccard similarity of `members[i]` to the keeper.
    """

    keeper: int
    members: tuple[int, ...]
    similarities: tuple[float, ...]


@dataclass(frozen=True)
class Match:
    """Text `row` is near text `reference` of the other set, at this exact Jaccard similarity."""

    row: int
    reference: int
    similarity: float


def near_duplicates(
    texts: Sequence[str],
    *,
    threshold: float = DEFAULT_THRESHOLD,
    unit: Unit = "auto",
    ngram: int = 5,
    linkage: Linkage = "representative",
    priority: Sequence[float] | None = None,
    engine: EngineName = "local",
    threads: int | None = None,
) -> Verdicts:
    """Exact and near duplicates among `texts` (Jaccard similarity of shingle sets ≥ `threshold`).

    `clusters_of(verdicts.keeper, verdicts.similarity)` lists the clusters of the result.

    Args:
        texts: the texts, fewer than 2**31; empty ones never match.
        threshold: above 0, at most 1; 1.0 finds texts with equal shingle sets.
        unit: "word", "char", or "auto" (by the script of each text).
        ngram: how many words or characters make a shingle.
        linkage: see `curate.clusters`. "single" gives connected clusters (never to be split up).
        priority: one number for each text; the highest of a cluster is kept, the first on a tie.
        engine: "local" (the C kernel where it was built) or "datasketch".
        threads: by default, one for each core.
    """
    settings = Settings(threshold, Shingling(unit, ngram), linkage, engine=engine, threads=threads)
    return find_duplicates(ListSource(texts), settings, rank_by(priority))


def near_matches(
    texts: Sequence[str],
    references: Sequence[str],
    *,
    threshold: float = DEFAULT_THRESHOLD,
    unit: Unit = "auto",
    ngram: int = 5,
    engine: EngineName = "local",
    threads: int | None = None,
) -> list[Match]:
    """For each text that is near a reference, its nearest reference (the first on a tie)."""
    settings = Settings(threshold, Shingling(unit, ngram), engine=engine, threads=threads)
    return find_matches(ListSource(texts), ListSource(references), settings)


def contained_matches(
    texts: Sequence[str],
    references: Sequence[str],
    *,
    containment: float = DEFAULT_CONTAINMENT,
    unit: Unit = "auto",
    engine: EngineName = "local",
    threads: int | None = None,
) -> list[Contained]:
    """For each text that contains a reference in all but a few words, the one contained most.

    `containment` is the least share of the reference's words, in order (`curate.containment`).
    """
    settings = Settings(shingling=Shingling(unit), engine=engine, threads=threads)
    return find_containing(ListSource(texts), ListSource(references), settings, containment)


def clusters_of(keeper: I64, similarity: NDArray[np.float64]) -> list[Cluster]:
    """The clusters of two or more rows, ordered by their first member.

    Call it with `verdicts.keeper, verdicts.similarity`.
    """
    removed = np.flatnonzero(keeper != np.arange(len(keeper)))
    if not len(removed):
        return []
    among = np.zeros(len(keeper), np.bool_)  # np.unique would import numpy.ma, a while
    among[removed] = among[keeper[removed]] = True
    members = np.flatnonzero(among)
    order = members[np.argsort(keeper[members], kind="stable")]
    cuts = np.flatnonzero(np.diff(keeper[order], prepend=-1, append=-1)).tolist()
    rows, keepers, similarities = order.tolist(), keeper[order].tolist(), similarity[order].tolist()
    found = [
        Cluster(keepers[a], tuple(rows[a:b]), tuple(similarities[a:b])) for a, b in pairwise(cuts)
    ]
    return sorted(found, key=lambda cluster: cluster.members[0])


def rank_by(priority: Sequence[float] | None) -> I64 | None:
    """Rows in order of descending priority, the earlier first on a tie."""
    if priority is None:
        return None
    return np.argsort(-np.asarray(priority, np.float64), kind="stable").astype(np.int64)


def find_duplicates(
    source: TextSource,
    settings: Settings,
    rank: I64 | None = None,
    progress: Progress | None = None,
) -> Verdicts:
    """`near_duplicates` for texts that need not fit into memory."""
    with band_columns(settings.bands.bands, len(source), settings.memory) as columns:
        sketched = sketch_source(source, settings, columns, progress)
        return decide(source, sketched, settings, rank=rank, progress=progress)


def find_matches(
    source: TextSource,
    references: TextSource,
    settings: Settings,
    progress: Progress | None = None,
) -> list[Match]:
    """`near_matches` for texts that need not fit into memory."""
    both, first = JoinedSource([references, source]), len(references)
    with band_columns(settings.bands.bands, len(both), settings.memory) as columns:
        sketched = sketch_source(both, settings, columns, progress)
        verdicts = decide(
            both, sketched, settings, references=first, match_only=True, progress=progress
        )
    return [
        Match(int(row) - first, int(verdicts.keeper[row]), float(verdicts.similarity[row]))
        for row in verdicts.removed
        if row >= first
    ]


def find_containing(
    source: TextSource,
    references: TextSource,
    settings: Settings,
    containment: float = DEFAULT_CONTAINMENT,
    progress: Progress | None = None,
) -> list[Contained]:
    """`contained_matches` for texts that need not fit into memory (the references must)."""
    engine, shingling = choose_engine(settings.engine), settings.shingling
    everything = references.take(np.arange(len(references), dtype=np.int64))
    views: tuple[Callable[[TextBatch], TextBatch], ...] = (lambda batch: batch, squeezed)
    prepared = [prepare(engine.tokens(view(everything), shingling), containment) for view in views]
    found: list[Contained] = []
    done = 0

    def look(read: Callable[[], TextBatch]) -> tuple[int, list[Contained]]:
        batch = read()
        best: dict[int, Contained] = {}
        for view, wanted in zip(views, prepared, strict=True):
            for match in engine.contained(wanted, engine.tokens(view(batch), shingling)):
                if match.row not in best or match.containment > best[match.row].containment:
                    best[match.row] = match
        return len(batch), [best[row] for row in sorted(best)]

    jobs = (partial(look, read) for read in source.batches())
    for size, part in in_order(jobs, settings.workers):
        found += [Contained(done + c.row, c.reference, c.containment) for c in part]
        done += size
        if progress:
            progress("containing", done, len(source))
    return found
