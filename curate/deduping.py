"""What `curate dedupe` does: rows in, the rows that stay out, and a reason for each that goes.

Nothing is printed here. Files are only written once everything is decided, each whole or not at all.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from curate.audit import Audit, audit
from curate.candidates import band_columns
from curate.dedupe_index import Index, IndexParameters
from curate.duplicates import Cluster, clusters_of, find_containing
from curate.errors import UserError
from curate.ledger import Removal, write_clusters, write_removed
from curate.linefiles import LineFile, copy_lines, open_lines
from curate.matching import Progress, Settings, Sketched, Verdicts, decide, sketch_source
from curate.referencing import match_references
from curate.rowsource import RowSource
from curate.rowtexts import RowTexts, column_text, unknown_format
from curate.schemas.dedupe_artifacts import ClusterMember, ClusterRecord, Reason, RowPlace
from curate.schemas.options.data import DataOptions
from curate.schemas.options.dedupe import DedupeOptions
from curate.shingles import Shingling
from curate.sources import STDIN, expand
from curate.texts import I64
from curate.writing import atomic_write

# A cluster of more rows than this, and of more than a hundredth of all, deserves a look.
_LARGE_CLUSTER = 100


@dataclass(frozen=True)
class ShownCluster:
    """One of the largest clusters: the kept row's text, and the text of the least similar member."""

    size: int
    keeper: RowPlace
    keeper_text: str
    member: RowPlace
    member_text: str
    similarity: float


@dataclass(frozen=True)
class DedupeResult:
    """What was found and done.

    `rows` counts non-blank rows; `unread` those among them that are no records of a known format
    (kept, unless the same bytes stand twice). `reasons` counts the removed rows by reason.
    `written` are the files written, empty with --check. `compared` counts verified pairs.
    """

    files: tuple[str, ...]
    rows: int
    kept: int
    removed: int
    reasons: dict[str, int]
    clusters: int
    unread: int
    compared: int
    engine: str
    seconds: float
    written: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    largest: tuple[ShownCluster, ...] = ()
    audit: Audit | None = None

    @property
    def clean(self) -> bool:
        """Whether there was nothing to remove."""
        return self.removed == 0


@dataclass
class _Ledger:
    """Which row goes, why, and for which other row; one entry for each row of the source."""

    gone: NDArray[np.bool_]
    keeper: I64
    similarity: NDArray[np.float64]
    link: I64
    link_similarity: NDArray[np.float64]
    references: Mapping[int, Removal]
    reasons: dict[int, Reason] = field(default_factory=dict)


def dedupe(
    paths: Sequence[str | os.PathLike[str]],
    options: DedupeOptions | None = None,
    data: DataOptions | None = None,
    *,
    progress: Progress | None = None,
) -> DedupeResult:
    """Find exact and near duplicates in the files, taken together in order, and write what stays.

    Raises UserError for unreadable input, options that do not fit the input, and when more than
    `max_removed_share` of the rows would go (nothing is written then).
    """
    began = time.perf_counter()
    options, data = options or DedupeOptions(), data or DataOptions()
    names = expand(paths)
    settings = Settings(
        options.threshold,
        Shingling(options.unit, options.ngram),
        options.linkage,
        engine=options.engine,
        threads=options.threads,
        memory=options.memory_bytes,
    )
    parameters = IndexParameters.of(settings, options.field, options.system)
    index = Index(options.index, parameters) if options.index else None
    with ExitStack() as stack:
        files = stack.enter_context(open_lines(names))
        against = stack.enter_context(open_lines(expand(options.against)))
        source = RowSource(files, RowTexts(options.field, data, system=options.system))
        outputs = [] if options.check else _outputs(files, options)
        columns = stack.enter_context(
            band_columns(settings.bands.bands, len(source), settings.memory)
        )
        sketched = sketch_source(source, settings, columns, progress)
        if sum(len(file.array) for file in files) > options.memory_bytes // 2:
            for file in files:
                file.forget()
        _refuse_unknown(source, data)
        references = _references(source, sketched, against, index, settings, options, data)
        sketched.tokens[list(references)] = 0  # decided; nothing is compared with them
        rank = _rank(source, sketched, options)
        verdicts = decide(source, sketched, settings, rank=rank, progress=progress)
        blank = _blank(source, sketched, references)
        ledger = _ledger(source, verdicts, rank, blank, references)
        rows = len(source) - int(blank.sum())
        clusters = clusters_of(ledger.keeper, ledger.similarity)
        gone = int(ledger.gone.sum())
        if not options.check:
            _guard(gone, rows, options)
        written = _write(source, ledger, clusters, outputs, options)
        if index is not None and not options.check:
            stays = np.flatnonzero(~ledger.gone)
            index.add(source, sketched, stays, [_place(source, row) for row in stays.tolist()])
        measured = audit(source, sketched, verdicts, settings) if options.audit else None
        return DedupeResult(
            files=tuple(names),
            rows=rows,
            kept=rows - gone,
            removed=gone,
            reasons=dict(sorted(Counter(ledger.reasons.values()).items())),
            clusters=len(clusters),
            unread=int((source.unread & ~blank).sum()),
            compared=verdicts.compared,
            engine=verdicts.engine,
            seconds=time.perf_counter() - began,
            written=tuple(written),
            warnings=tuple(_warnings(source, clusters, rows, blank)),
            largest=tuple(_largest(source, clusters, options.show)),
            audit=measured,
        )


def _references(
    source: RowSource,
    sketched: Sketched,
    against: list[LineFile],
    index: Index | None,
    settings: Settings,
    options: DedupeOptions,
    data: DataOptions,
) -> dict[int, Removal]:
    """The rows that go because of a reference file or of the index, by row."""
    found: dict[int, Removal] = {}
    if index is not None and len(index):
        theirs, sketches, places = index.candidates(sketched.columns)
        for match in match_references(source, sketched, theirs, sketches, settings):
            reason: Reason = "normalised" if match.same_tokens else "near"
            found[match.row] = _removal(
                source, match.row, reason, match.similarity, places[match.reference]
            )
    if against:
        references = RowSource(against, RowTexts(options.field, data, system=options.system))
        with band_columns(settings.bands.bands, len(references), settings.memory) as columns:
            sketches = sketch_source(references, settings, columns)
            _refuse_unknown(references, data)
            for match in match_references(source, sketched, references, sketches, settings):
                found[match.row] = _removal(
                    source,
                    match.row,
                    "against",
                    match.similarity,
                    _place(references, match.reference),
                )
        wanted = RowSource(against, _WantedTexts(options.field, data))
        for contained in find_containing(source, wanted, settings, options.containment):
            if contained.row not in found:
                found[contained.row] = _removal(
                    source,
                    contained.row,
                    "contained",
                    contained.containment,
                    _place(wanted, contained.reference),
                )
    return found


class _WantedTexts(RowTexts):
    """What must not be contained in a row: the reference's prompt, or the field being compared."""

    def __init__(self, field: str, data: DataOptions) -> None:
        super().__init__("prompt" if field == "all" else field, data)
        self._whole = RowTexts("all", data)

    def text(self, row: Any) -> str | None:
        """The prompt; all of a reference that has none, such as plain text."""
        return super().text(row) or self._whole.text(row)


def _removal(
    source: RowSource, row: int, reason: Reason, similarity: float, keeper: RowPlace
) -> Removal:
    return Removal(
        _place(source, row), reason, similarity, None, keeper, None, None, source.line(row)
    )


def _refuse_unknown(source: RowSource, data: DataOptions) -> None:
    """Raise UserError for a file of which no row has a known format."""
    for file, first in zip(source.files, source.starts.tolist(), strict=False):
        if not len(file) or not source.unread[first : first + len(file)].all():
            continue
        for i in range(len(file)):
            line = file.line(i)
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise UserError(
                    f"{file.path}:{file.numbers[i]}: not valid JSON ({error}), nor is any other "
                    f"row of this file. Run `curate lint {file.path}`."
                ) from None
            if isinstance(row, dict):
                raise unknown_format(file.path, row)
            raise UserError(f"{file.path}:{file.numbers[i]}: expected an object with named fields")


def _rank(source: RowSource, sketched: Sketched, options: DedupeOptions) -> I64 | None:
    """The rows, best keeper first; None for the order of the files."""
    size = len(source)
    if options.keep == "first":
        return None
    if options.keep == "last":
        return np.arange(size - 1, -1, -1, dtype=np.int64)
    if options.keep == "longest":
        return np.argsort(-sketched.tokens.astype(np.int64), kind="stable").astype(np.int64)
    assert options.keep_by is not None
    scores = np.array([_score(source.line(i), options.keep_by) for i in range(size)], np.float64)
    if np.isneginf(scores).all() and size:
        raise UserError(f"--keep-by {options.keep_by}: no row has a number there")
    return np.argsort(-scores, kind="stable").astype(np.int64)


def _score(line: bytes, column: str) -> float:
    """The number under a column; minus infinity where there is none."""
    try:
        row = orjson.loads(line)
        text = column_text(row, column) if isinstance(row, dict) else None
        value = float(text) if text else -np.inf
    except ValueError:
        return -np.inf
    return value if value == value else -np.inf


def _blank(
    source: RowSource, sketched: Sketched, references: Mapping[int, Removal]
) -> NDArray[np.bool_]:
    """Which lines are blank: not rows at all, and left where they are."""
    blank = np.zeros(len(source), np.bool_)
    for row in np.flatnonzero(sketched.tokens == 0).tolist():
        blank[row] = row not in references and not source.line(row).strip()
    return blank


def _ledger(
    source: RowSource,
    verdicts: Verdicts,
    rank: I64 | None,
    blank: NDArray[np.bool_],
    references: Mapping[int, Removal],
) -> _Ledger:
    keeper = verdicts.keeper.copy()
    ledger = _Ledger(
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
        if not same_tokens[row]:
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


def _guard(gone: int, rows: int, options: DedupeOptions) -> None:
    if options.yes or not rows or gone / rows <= options.max_removed_share:
        return
    raise UserError(
        f"{gone:,} of {rows:,} rows ({gone / rows:.0%}) would be removed, more than "
        f"{options.max_removed_share:.0%}; nothing was written. Look at them with --check, compare "
        "another --field (a long template shared by all rows makes them alike), raise --threshold, "
        "or confirm with --yes."
    )


def _warnings(
    source: RowSource, clusters: list[Cluster], rows: int, blank: NDArray[np.bool_]
) -> Iterator[str]:
    unread = np.flatnonzero(source.unread & ~blank)
    if len(unread):
        yield (
            f"{len(unread):,} rows are no records of a known format (the first at "
            f"{_where(_place(source, int(unread[0])))}); they were compared byte for byte only. "
            "`curate lint` names them."
        )
    largest = max(clusters, key=lambda c: len(c.members), default=None)
    if largest and len(largest.members) > max(_LARGE_CLUSTER, rows // 100):
        yield (
            f"one cluster holds {len(largest.members):,} rows "
            f"({len(largest.members) / rows:.0%}), around {_where(_place(source, largest.keeper))}: "
            "make sure that they are duplicates and not one template"
        )


def _place(source: RowSource, row: int) -> RowPlace:
    file, i = source.place(row)
    return RowPlace(path=file.path, line=int(file.numbers[i]))


def _where(place: RowPlace) -> str:
    return f"{place.path}:{place.line}"


def _largest(source: RowSource, clusters: list[Cluster], count: int) -> Iterator[ShownCluster]:
    for cluster in sorted(clusters, key=lambda c: -len(c.members))[:count]:
        similarity, member = min(
            (s, m)
            for s, m in zip(cluster.similarities, cluster.members, strict=True)
            if m != cluster.keeper
        )
        yield ShownCluster(
            len(cluster.members),
            _place(source, cluster.keeper),
            source.text(cluster.keeper) or "",
            _place(source, member),
            source.text(member) or "",
            similarity,
        )


def default_output(path: str) -> Path:
    """`NAME.dedup.jsonl` beside an input."""
    name = Path(path).name
    while Path(name).suffix.lower() in (
        ".gz", ".zst", ".bz2", ".xz", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".pq"
    ):  # fmt: skip
        name = Path(name).stem
    return Path(path).with_name(f"{name}.dedup.jsonl")


def _outputs(files: list[LineFile], options: DedupeOptions) -> list[Path]:
    """Where the kept rows of each file go; checked before the work begins."""
    if options.output is not None:
        outputs = [options.output] * len(files)
    elif options.in_place:
        for file in files:
            if not file.plain:
                raise UserError(f"{file.path}: --in-place needs plain JSONL; use -o FILE.jsonl")
        outputs = [Path(file.path) for file in files]
    else:
        if any(file.path == STDIN for file in files):
            raise UserError(
                "-: say where to write the rows of standard input, with -o FILE or -o -"
            )
        outputs = [default_output(file.path) for file in files]
        taken = [str(o) for o, n in Counter(outputs).items() if n > 1]
        if taken:
            raise UserError(f"two inputs would be written to {taken[0]}; give -o FILE")
    if not options.in_place:
        inputs = {os.path.realpath(f.path) for f in files}
        for output in outputs:
            if os.path.realpath(output) in inputs:
                raise UserError(f"{output}: is an input as well; use --in-place to replace it")
    for path in {*outputs, *filter(None, (options.removed, options.clusters))}:
        if str(path) != STDIN and not path.parent.is_dir():
            raise UserError(f"{path}: the folder {path.parent} does not exist")
    return outputs


def _write(
    source: RowSource,
    ledger: _Ledger,
    clusters: list[Cluster],
    outputs: list[Path],
    options: DedupeOptions,
) -> list[str]:
    """Write the reports first and the kept rows last, so that no row is ever in neither."""
    written: list[str] = []
    number = {row: n for n, cluster in enumerate(clusters, 1) for row in cluster.members}
    if options.removed:
        write_removed(options.removed, _removals(source, ledger, number))
        written.append(str(options.removed))
    if options.clusters:
        write_clusters(options.clusters, _records(source, ledger, clusters))
        written.append(str(options.clusters))
    for output in dict.fromkeys(outputs):
        parts = [i for i, o in enumerate(outputs) if o == output]
        if options.in_place and not any(
            ledger.gone[source.starts[i] : source.starts[i + 1]].any() for i in parts
        ):
            continue
        with _opened(output) as stream:
            for i in parts:
                kept = ~ledger.gone[source.starts[i] : source.starts[i + 1]]
                copy_lines(source.files[i], kept, stream)
        written.append(str(output))
    return written


@contextmanager
def _opened(output: Path) -> Iterator[IO[bytes]]:
    if str(output) == STDIN:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with atomic_write(output) as stream:
        yield stream


def _removals(source: RowSource, ledger: _Ledger, number: dict[int, int]) -> Iterator[Removal]:
    for row in np.flatnonzero(ledger.gone).tolist():
        if row in ledger.references:
            yield ledger.references[row]
            continue
        keeper, link = int(ledger.keeper[row]), int(ledger.link[row])
        yield Removal(
            _place(source, row),
            ledger.reasons[row],
            float(ledger.similarity[row]),
            number.get(row),
            _place(source, keeper),
            None if link in (keeper, row) else _place(source, link),
            None if link in (keeper, row) else float(ledger.link_similarity[row]),
            source.line(row),
        )


def _records(
    source: RowSource, ledger: _Ledger, clusters: list[Cluster]
) -> Iterator[ClusterRecord]:
    for n, cluster in enumerate(clusters, 1):
        members = []
        for row, similarity in zip(cluster.members, cluster.similarities, strict=True):
            place = _place(source, row)
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
            keeper=_place(source, cluster.keeper),
            members=tuple(members),
        )
