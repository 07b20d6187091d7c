"""The near-duplicate pipeline as a Daft plan: on this machine, or on an existing Ray cluster.

The kernel is the one that runs locally, and so is every decision; Daft moves the data between:

1. the files are cut into parts of some megabytes; workers sketch the lines of each (`_sketch_part`);
2. digests and token counts come to the driver, which finds exact twins (28 bytes a row);
3. the others' band keys are shuffled, and the rows of each key become edges (`DaftWork.group`);
4. the driver joins the edges into groups; workers read each group's lines again, and decide by exact
   Jaccard similarity (`_verify_task`).

Which row stays follows from which rows share a key and from their exact similarity, so the answer is
that of the local engine. Files must be plain JSONL that every worker can open under the same path.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.candidates import Groups, group_edges
from curate.clusters import Clustering, Mode
from curate.engines import choose_engine
from curate.errors import UserError
from curate.faults import BOM
from curate.light_dataclass import dataclass
from curate.linefiles import LineFile, lines_of
from curate.matching import Progress, Settings, Sketched, Task
from curate.rowsource import RowSource
from curate.rowtexts import RowTexts
from curate.schemas.options.data import DataOptions
from curate.texts import I64

if TYPE_CHECKING:
    import pyarrow as pa

_PART_BYTES = 16 << 20


@dataclass(frozen=True)
class _Job:
    """What a worker has to know; travels with the plan."""

    paths: tuple[str, ...]
    settings: Settings
    field: str
    system: bool
    data: DataOptions

    def source(self, file: LineFile) -> RowSource:
        """The rows of some lines."""
        return RowSource([file], RowTexts(self.field, self.data, system=self.system))


class DaftWork:
    """`curate.matching.Work` on Daft."""

    def __init__(
        self,
        source: RowSource,
        settings: Settings,
        field: str,
        data: DataOptions,
        *,
        system: bool,
        address: str | None,
    ) -> None:
        """Set Daft up. Raises UserError for input that workers could not read for themselves."""
        for file in source.files:
            if not file.plain:
                raise UserError(
                    f"{file.path}: --engine daft reads plain JSONL files, which its workers open for "
                    "themselves; convert it first, or use the local engine"
                )
        self._source = source
        self._daft = _daft(address)
        self._spread = address is not None
        paths = tuple(os.path.abspath(file.path) for file in source.files)
        self._job = _Job(paths, settings, field, system, data)
        self._sketches: Any = None
        self.name = f"Daft on Ray ({address})" if address else "Daft"

    def sketch(self, progress: Progress | None = None) -> Sketched:
        """Sketch every row; the band keys stay with the workers."""
        import pyarrow as pa

        daft, job, col = self._daft, self._job, self._daft.col
        fields = {
            "row": pa.int64(),
            "high": pa.uint64(),
            "low": pa.uint64(),
            "tokens": pa.uint32(),
            "unread": pa.bool_(),
            "keys": pa.list_(pa.uint64()),
        }
        kind = pa.struct([(name, pa.list_(type_)) for name, type_ in fields.items()])

        def sketch(*arguments: Any) -> Any:
            (part,) = zip(*(series.to_pylist() for series in arguments), strict=True)
            return _sketch_part(job, *part)

        parts = self._frame(_parts(self._source))
        columns = [col(name) for name in ("path", "start", "stop", "line", "row")]
        batch = daft.func.batch(
            return_dtype=daft.DataType.from_arrow_type(kind), unnest=True, batch_size=1
        )
        self._sketches = parts.select(batch(sketch)(*columns)).explode(*fields).collect()
        found = self._sketches.select("row", "high", "low", "tokens", "unread").to_arrow()
        rows, size = _array(found, "row"), len(self._source)
        bands = self._job.settings.bands.bands
        sketched = Sketched(
            np.zeros((bands, 0), np.uint32),
            np.zeros((size, 2), np.uint64),
            np.zeros(size, np.uint32),
        )
        sketched.digests[rows, 0] = _array(found, "high")
        sketched.digests[rows, 1] = _array(found, "low")
        sketched.tokens[rows] = _array(found, "tokens")
        self._source.unread[rows] = _array(found, "unread")
        if progress:
            progress("sketching", size, size)
        return sketched

    def group(self, candidates: I64) -> Groups:
        """See `Work`: shuffles the band keys, and joins the edges here."""
        daft, col, size = self._daft, self._daft.col, len(self._source)
        rank = np.full(size, -1, np.int64)
        rank[candidates] = np.arange(len(candidates))
        twins = daft.from_pydict({"row": np.flatnonzero(rank < 0)})
        alone = self._sketches.select("row", "keys").join(twins, on="row", how="anti")
        keyed = alone.explode("keys")
        # Most keys belong to one row: those are gone before any list of rows is made.
        shared = (
            keyed.groupby("keys")
            .agg(col("row").count().alias("size"), col("row").min().alias("first"))
            .where(col("size") > 1)
            .select("keys", "first")
        )
        edges = (
            keyed.join(shared, on="keys")
            .select("first", col("row").alias("other"))
            .where(col("first") != col("other"))
            .distinct()
            .to_arrow()
        )
        return group_edges(
            rank[_array(edges, "first")], rank[_array(edges, "other")], len(candidates)
        )

    def verify(self, tasks: Sequence[Task], mode: Mode) -> Iterator[tuple[I64, Clustering]]:
        """See `Work`."""
        import pyarrow as pa

        if not tasks:
            return
        daft, job, col = self._daft, self._job, self._daft.col
        floats, integers = pa.list_(pa.float64()), pa.list_(pa.int32())
        kind = pa.struct(
            [
                ("keeper", integers),
                ("similarity", floats),
                ("link", integers),
                ("link_similarity", floats),
                ("compared", pa.int64()),
            ]
        )

        def verify(*arguments: Any) -> Any:
            arrays = [np.asarray(series.to_arrow()[0].values, np.int64) for series in arguments]
            return _verify_task(job, mode, *arrays)

        batch = daft.func.batch(return_dtype=daft.DataType.from_arrow_type(kind), batch_size=1)
        frame = self._frame(_task_table(self._source, tasks))
        columns = [col(name) for name in ("files", "starts", "ends", "offsets")]
        done = (
            frame.select(col("task"), batch(verify)(*columns).alias("part")).sort("task").to_arrow()
        )
        for task, part in zip(tasks, done["part"].to_pylist(), strict=True):
            yield (
                task.rows,
                Clustering(
                    np.array(part["keeper"], np.int32),
                    np.array(part["similarity"], np.float64),
                    np.array(part["link"], np.int32),
                    np.array(part["link_similarity"], np.float64),
                    part["compared"],
                ),
            )

    def _frame(self, table: pa.Table) -> Any:
        frame = self._daft.from_arrow(table)
        return frame.into_partitions(max(table.num_rows, 1)) if self._spread else frame


def _daft(address: str | None) -> Any:
    """The module, with its runner set; nothing is reported to anyone."""
    for name in ("DAFT_ANALYTICS_ENABLED", "RAY_USAGE_STATS_ENABLED", "DAFT_PROGRESS_BAR"):
        os.environ.setdefault(name, "0")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    import daft

    # A process has one runner for good; asking for one sets the native one.
    wanted = "native" if address is None else "ray"
    if address is not None and daft.get_or_infer_runner_type() != "ray":
        daft.set_runner_ray(address=address, noop_if_initialized=True)
    if daft.get_or_create_runner().name != wanted:
        raise UserError("Daft already runs in another way in this process, and cannot be moved")
    return daft


def _array(table: pa.Table, name: str) -> NDArray[Any]:
    return np.asarray(table[name].combine_chunks().to_numpy(zero_copy_only=False))


def _parts(source: RowSource) -> pa.Table:
    """Whole lines of about `_PART_BYTES`: file, first and last byte, number of the first line, row."""
    import pyarrow as pa

    found: dict[str, list[Any]] = {n: [] for n in ("path", "start", "stop", "line", "row")}
    for file, first in zip(source.files, source.starts.tolist(), strict=False):
        cuts = np.flatnonzero(np.diff(file.starts // _PART_BYTES, prepend=-1))
        bounds = [*file.starts[cuts].tolist(), len(file.array)]
        for cut, start, stop in zip(cuts.tolist(), bounds, bounds[1:], strict=False):
            values = (os.path.abspath(file.path), start, stop, cut + 1, first + cut)
            for name, value in zip(found, values, strict=True):
                found[name].append(value)
    types = (pa.string(), pa.int64(), pa.int64(), pa.int64(), pa.int64())
    return pa.table({n: pa.array(v, t) for (n, v), t in zip(found.items(), types, strict=True)})


def _sketch_part(job: _Job, path: str, start: int, stop: int, line: int, row: int) -> pa.Array:
    """The sketches of the lines of one part, as one struct of lists."""
    import pyarrow as pa

    with open(path, "rb") as stream:
        stream.seek(start)
        source = job.source(lines_of(path, stream.read(stop - start), line))
    settings = job.settings
    engine, banding = choose_engine(settings.engine), settings.bands
    parts = [read() for read in source.sketches(engine, settings.shingling, banding)]
    keys = np.concatenate([part.keys for part in parts]).astype(np.uint64)
    keys |= np.arange(banding.bands, dtype=np.uint64) << np.uint64(32)
    digests = np.concatenate([part.digests for part in parts])
    tokens = np.concatenate([part.tokens for part in parts])
    size, some = len(tokens), np.where(tokens > 0, banding.bands, 0)
    ends = np.concatenate([[0], np.cumsum(some)]).astype(np.int32)
    lists = [
        pa.array(np.arange(row, row + size)),
        pa.array(np.ascontiguousarray(digests[:, 0])),
        pa.array(np.ascontiguousarray(digests[:, 1])),
        pa.array(tokens),
        pa.array(source.unread),
        # Texts without a token have no keys: they never match.
        pa.ListArray.from_arrays(pa.array(ends), pa.array(keys[tokens > 0].ravel())),
    ]
    whole = pa.array([0, size], pa.int32())
    names = ["row", "high", "low", "tokens", "unread", "keys"]
    return pa.StructArray.from_arrays(
        [pa.ListArray.from_arrays(whole, values) for values in lists], names=names
    )


def _task_table(source: RowSource, tasks: Sequence[Task]) -> pa.Table:
    """Where the lines of each task stand."""
    import pyarrow as pa

    files, starts, ends = [], [], []
    for task in tasks:
        owner = np.searchsorted(source.starts, task.rows, side="right") - 1
        index = task.rows - source.starts[owner]
        start, end = np.zeros(len(owner), np.int64), np.zeros(len(owner), np.int64)
        for n, file in enumerate(source.files):
            mine = owner == n
            start[mine], end[mine] = file.starts[index[mine]], file.ends[index[mine]]
            marked = mine & (index == 0) & (len(file.array) >= 3 and bytes(file.array[:3]) == BOM)
            start[marked] += len(BOM)
        files.append(owner)
        starts.append(start)
        ends.append(end)
    lists = pa.list_(pa.int64())
    return pa.table(
        {
            "task": pa.array(np.arange(len(tasks))),
            "files": pa.array(files, lists),
            "starts": pa.array(starts, lists),
            "ends": pa.array(ends, lists),
            "offsets": pa.array([task.offsets for task in tasks], lists),
        }
    )


def _verify_task(
    job: _Job, mode: Mode, files: I64, starts: I64, ends: I64, offsets: I64
) -> pa.Array:
    """Read the lines of one task again, and decide."""
    import pyarrow as pa

    lines: list[bytes] = []
    streams: dict[int, Any] = {}
    try:
        for file, start, end in zip(files.tolist(), starts.tolist(), ends.tolist(), strict=True):
            if file not in streams:
                streams[file] = open(job.paths[file], "rb")  # noqa: SIM115  # closed below
            streams[file].seek(start)
            lines.append(streams[file].read(end - start) + b"\n")
    finally:
        for stream in streams.values():
            stream.close()
    # No line is numbered 1: none of them begins with a byte-order mark to be dropped.
    source = job.source(lines_of("", b"".join(lines), -len(lines)))
    settings = job.settings
    engine = choose_engine(settings.engine)
    sketches = [r() for r in source.sketches(engine, settings.shingling, settings.bands)]
    keys = np.ascontiguousarray(np.concatenate([s.keys for s in sketches]))
    tokens = int(sum(s.tokens.sum(dtype=np.int64) for s in sketches))
    sets = source.sets(engine, np.arange(len(lines)), settings.shingling, tokens)
    fixed = np.zeros(len(offsets) - 1, np.int64)
    part = engine.cluster(keys, sets, offsets, fixed, settings.threshold, mode)
    return pa.array(
        [
            {
                "keeper": part.keeper,
                "similarity": part.similarity,
                "link": part.link,
                "link_similarity": part.link_similarity,
                "compared": part.compared,
            }
        ]
    )
