"""The near-duplicate pipeline from texts to verdicts: sketch, group, verify, decide.

Texts are read twice: once to sketch all of them, and again those that share a band key with another
(usually few). Memory holds the sketches (12 bytes and 4 for each band a row, the bands on disk when
they would not fit) and the shingle sets of the groups being worked on. Work is cut into tasks by
content, never by the number of threads, so the answer is the same for any number of them.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from curate.candidates import Groups, forget, group
from curate.clusters import Clustering, Linkage, Mode
from curate.engines import Engine, EngineName, choose_engine
from curate.light_dataclass import dataclass
from curate.shingles import ShingleSets, Shingling
from curate.signatures import U32, Banding, Sketches, choose_banding
from curate.texts import I64, TextBatch, TextSource

# progress(stage, done, total), called from the main thread.
Progress = Callable[[str, int, int], None]
Result = TypeVar("Result")

# Verification works through the groups in tasks of about this many tokens (8 bytes of set each).
_TASK_TOKENS = 1 << 18
# Pages of arrays on disk are let go each time that so many rows have been sketched.
_PAGES_HELD = 1 << 18


@runtime_checkable
class Direct(Protocol):
    """A `TextSource` that need not lay its texts out first (`curate.rowsource`); same results."""

    def sketches(
        self, engine: Engine, shingling: Shingling, banding: Banding
    ) -> Sequence[Callable[[], Sketches]]:
        """The sketches of the texts in order, batch by batch, from any thread."""
        ...

    def sets(self, engine: Engine, rows: I64, shingling: Shingling, tokens: int) -> ShingleSets:
        """The shingle sets of these rows, which have so many tokens together."""
        ...


@dataclass(frozen=True)
class Settings:
    """What decides the answer (`threshold` to `banding`), and what only decides its cost.

    `memory` is in bytes: scratch arrays beyond about half of it go to disk.
    """

    threshold: float = 0.8
    shingling: Shingling = field(default_factory=Shingling)
    linkage: Linkage = "representative"
    banding: Banding | None = None
    engine: EngineName = "local"
    threads: int | None = None
    memory: int | None = None

    @property
    def bands(self) -> Banding:
        """The banding asked for, or the one that suits the threshold."""
        return self.banding or choose_banding(self.threshold)

    @property
    def workers(self) -> int:
        """How many threads to use: by default, every core that this process may run on."""
        if self.threads:
            return self.threads
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1


@dataclass(frozen=True)
class Sketched:
    """The sketches of n texts: `columns` (bands, n), `digests` (n, 2), `tokens` (n,)."""

    columns: U32
    digests: NDArray[np.uint64]
    tokens: NDArray[np.uint32]


@dataclass(frozen=True)
class Verdicts:
    """Who stands for whom; every array has one entry for each of the n texts.

    `keeper[i] == i` for a text that stays. `similarity[i]` is the exact Jaccard similarity to the
    keeper. `same_tokens[i]`: text i and its keeper have the same tokens in the same order.
    `link[i]` at `link_similarity[i]` is the text that brought i into its cluster: the keeper under
    representative linkage, the nearest text it was compared with under single linkage. `tokens[i]`
    is 0 for a text that never matches. `compared` counts the verified pairs.
    """

    keeper: I64
    similarity: NDArray[np.float64]
    link: I64
    link_similarity: NDArray[np.float64]
    same_tokens: NDArray[np.bool_]
    tokens: NDArray[np.uint32]
    compared: int
    engine: str

    @property
    def removed(self) -> I64:
        """The texts that have a keeper other than themselves, ascending."""
        return np.flatnonzero(self.keeper != np.arange(len(self.keeper)))


@dataclass(frozen=True)
class Task:
    """Whole groups of candidates to be verified: group g has `rows[offsets[g]:offsets[g + 1]]`, the
    best keeper first, of which the first `references[g]` are references."""

    rows: I64
    offsets: I64
    references: I64


class Work(Protocol):
    """Who does the two heavy parts of `decide`; every answer is the same."""

    name: str

    def group(self, candidates: I64) -> Groups:
        """Group the rows `candidates` (best keeper first) that share band keys, by rank."""
        ...

    def verify(self, tasks: Sequence[Task], mode: Mode) -> Iterator[tuple[I64, Clustering]]:
        """The rows of each task, and what became of them (numbered within the task)."""
        ...


def sketch_source(
    source: TextSource, settings: Settings, columns: U32, progress: Progress | None = None
) -> Sketched:
    """Sketch every text; `columns` (bands, n) is filled and becomes part of the result."""
    engine, shingling, banding = choose_engine(settings.engine), settings.shingling, settings.bands
    size = len(source)
    sketched = Sketched(columns, np.zeros((size, 2), np.uint64), np.zeros(size, np.uint32))

    def job(read: Callable[[], TextBatch]) -> Callable[[], Sketches]:
        return lambda: engine.sketch(read(), shingling, banding)

    jobs: Iterable[Callable[[], Sketches]]
    if isinstance(source, Direct):
        jobs = source.sketches(engine, shingling, banding)
    else:
        jobs = map(job, source.batches())
    done = 0
    for part in in_order(jobs, settings.workers):
        rows = slice(done, done + len(part.tokens))
        columns[:, rows] = part.keys.T
        sketched.digests[rows] = part.digests
        sketched.tokens[rows] = part.tokens
        if done // _PAGES_HELD != rows.stop // _PAGES_HELD:
            forget(columns)
        done = rows.stop
        if progress:
            progress("sketching", done, size)
    return sketched


def decide(
    source: TextSource,
    sketched: Sketched,
    settings: Settings,
    *,
    rank: I64 | None = None,
    references: int = 0,
    match_only: bool = False,
    work: Work | None = None,
    progress: Progress | None = None,
) -> Verdicts:
    """Find who stands for whom.

    Args:
        source: the texts that were sketched.
        rank: the rows, best keeper first; by default in order.
        references: so many rows, from the start, are kept whatever happens (they rank first).
        match_only: the other rows are compared with the references only.
        work: who groups and verifies; by default the threads of this process.
    """
    work = work or LocalWork(source, sketched, settings)
    size = len(sketched.tokens)
    order = np.arange(size, dtype=np.int64) if rank is None else rank.astype(np.int64)
    twin = first_twins(sketched.digests, sketched.tokens, order)
    if match_only:
        twin[(twin >= references)] = np.flatnonzero(twin >= references)
    stands = (twin == np.arange(size)) & (sketched.tokens > 0)
    candidates = order[stands[order]]
    groups = work.group(candidates)
    first_row = int(np.count_nonzero(candidates < references))
    mode: Mode = "match" if match_only else settings.linkage
    keeper = np.arange(size, dtype=np.int64)
    link, similarity, link_similarity = keeper.copy(), np.ones(size), np.ones(size)
    compared = 0
    tasks = [
        Task(
            candidates[g.ranks],
            g.offsets,
            np.add.reduceat(g.ranks < first_row, g.offsets[:-1], dtype=np.int64),
        )
        for g in _tasks(groups, candidates, sketched.tokens)
    ]
    for done, (rows, part) in enumerate(work.verify(tasks, mode), 1):
        keeper[rows], similarity[rows] = rows[part.keeper], part.similarity
        link[rows], link_similarity[rows] = rows[part.link], part.link_similarity
        compared += part.compared
        if progress:
            progress("verifying", done, len(tasks))
    # An exact twin shares the fate of the first of its kind.
    copies = np.flatnonzero(twin != np.arange(size))
    first = twin[copies]
    stays = keeper[first] == first
    keeper[copies], similarity[copies] = keeper[first], similarity[first]
    link[copies] = np.where(stays, first, link[first])
    link_similarity[copies] = np.where(stays, 1.0, link_similarity[first])
    same = np.all(sketched.digests == sketched.digests[keeper], axis=1) & (sketched.tokens > 0)
    return Verdicts(
        keeper, similarity, link, link_similarity, same, sketched.tokens, compared, work.name
    )


class LocalWork:
    """`Work` on the threads of this process."""

    def __init__(self, source: TextSource, sketched: Sketched, settings: Settings) -> None:
        self._source, self._sketched, self._settings = source, sketched, settings
        self._engine = choose_engine(settings.engine)
        self.name = self._engine.name

    def group(self, candidates: I64) -> Groups:
        """See `Work`."""
        return group(self._sketched.columns, candidates, self._engine.link)

    def verify(self, tasks: Sequence[Task], mode: Mode) -> Iterator[tuple[I64, Clustering]]:
        """See `Work`."""
        return in_order((partial(self._verify, t, mode) for t in tasks), self._settings.workers)

    def _verify(self, task: Task, mode: Mode) -> tuple[I64, Clustering]:
        columns, settings, rows = self._sketched.columns, self._settings, task.rows
        with _shingle_sets(self._source, rows, self._sketched, settings, self._engine) as sets:
            keys = np.ascontiguousarray(columns[:, rows].T)
            forget(columns)
            return rows, self._engine.cluster(
                keys, sets, task.offsets, task.references, settings.threshold, mode
            )


def in_order(jobs: Iterable[Callable[[], Result]], workers: int) -> Iterator[Result]:
    """Run jobs on threads; results come in the order of the jobs, a bounded number ahead."""
    if workers == 1:
        for job in jobs:
            yield job()
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for job in jobs:
                waiting.append(pool.submit(job))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def first_twins(digests: NDArray[np.uint64], tokens: NDArray[np.uint32], order: I64) -> I64:
    """For each row, the best-ranked row with the same tokens in the same order (itself if none)."""
    size = len(order)
    twin = np.arange(size, dtype=np.int64)
    if not size:
        return twin
    digests = digests if np.all(order[1:] > order[:-1]) else digests[order]
    by_digest = np.argsort(digests[:, 0], kind="stable")
    same = digests[by_digest[1:], 0] == digests[by_digest[:-1], 0]
    if np.any(digests[by_digest[1:], 1][same] != digests[by_digest[:-1], 1][same]):
        # Half of a digest is shared by chance: sort by all of it.
        by_digest = np.lexsort((np.arange(size), digests[:, 1], digests[:, 0]))
        same = np.all(digests[by_digest[1:]] == digests[by_digest[:-1]], axis=1)
    starts = np.concatenate([[True], ~same])
    first = by_digest[np.flatnonzero(starts)[np.cumsum(starts) - 1]]
    twin[order[by_digest]] = order[first]
    empty = tokens == 0
    twin[empty] = np.flatnonzero(empty)
    return twin


def _tasks(groups: Groups, candidates: I64, tokens: NDArray[np.uint32]) -> Iterator[Groups]:
    """Runs of whole groups of about `_TASK_TOKENS` tokens."""
    if not len(groups):
        return
    weight = np.cumsum(
        np.add.reduceat(tokens[candidates[groups.ranks]], groups.offsets[:-1], dtype=np.int64)
    )
    start = 0
    while start < len(groups):
        before = weight[start - 1] if start else 0
        stop = max(int(np.searchsorted(weight, before + _TASK_TOKENS, side="right")), start + 1)
        first, last = groups.offsets[start], groups.offsets[stop]
        yield Groups(groups.ranks[first:last], groups.offsets[start : stop + 1] - first)
        start = stop


@contextmanager
def _shingle_sets(
    source: TextSource, rows: I64, sketched: Sketched, settings: Settings, engine: Engine
) -> Iterator[ShingleSets]:
    """The shingle sets of these rows, made in pieces: their texts need not all be there at once."""
    tokens = sketched.tokens[rows].astype(np.int64)
    total = int(tokens.sum())
    with _room(total, settings) as values:
        offsets = np.zeros(len(rows) + 1, np.int64)
        piece_of = np.cumsum(tokens) // _TASK_TOKENS
        for piece in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(piece_of)) + 1):
            part = _sets(source, rows[piece], int(tokens[piece].sum()), settings, engine)
            if len(piece) == len(rows):
                yield part
                return
            at = offsets[piece[0]]
            offsets[piece + 1] = at + part.offsets[1:]
            values[at : at + len(part.values)] = part.values
        yield ShingleSets(values, offsets)


@contextmanager
def _room(shingles: int, settings: Settings) -> Iterator[NDArray[np.uint64]]:
    """Room for so many shingles, on disk when it would outgrow the memory."""
    if settings.memory is None or shingles * 8 * settings.workers <= settings.memory // 3:
        yield np.empty(shingles, np.uint64)  # takes no memory before it is written to
        return
    with tempfile.TemporaryDirectory(prefix="curate-sets-", ignore_cleanup_errors=True) as folder:
        yield np.memmap(Path(folder) / "sets", np.uint64, "w+", shape=(max(shingles, 1),))


def _sets(
    source: TextSource, rows: I64, tokens: int, settings: Settings, engine: Engine
) -> ShingleSets:
    if isinstance(source, Direct):
        return source.sets(engine, rows, settings.shingling, tokens)
    return engine.sets(source.take(rows), settings.shingling)
