"""What `curate dedupe` does: rows in, the rows that stay out, and a reason for each that goes.

Nothing is printed here. Files are only written once everything is decided, each whole or not at all.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from curate.audit import Audit, audit
from curate.candidates import band_columns
from curate.dedupe_index import Index, IndexParameters, RowIndex
from curate.dedupe_output import outputs_of, write_outputs
from curate.duplicates import Cluster, clusters_of, find_containing
from curate.errors import UserError
from curate.ledger import Removal, make_ledger, place_of
from curate.light_dataclass import dataclass
from curate.linefiles import LineFile, open_lines
from curate.matching import Progress, Settings, Sketched, decide, sketch_source
from curate.plurals import unread_rows
from curate.referencing import match_references
from curate.rowsource import RowSource, refuse_unknown
from curate.rowtexts import RowTexts, column_text
from curate.schemas.dedupe_artifacts import Reason, RowPlace
from curate.schemas.options.data import DataOptions
from curate.schemas.options.dedupe import DedupeOptions
from curate.semantic import by_meaning, load_encoder
from curate.shingles import Shingling
from curate.sources import expand
from curate.texts import I64

if TYPE_CHECKING:
    from curate.cluster_engine import DaftWork

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
        engine="datasketch" if options.engine == "datasketch" else "local",
        threads=options.threads,
        memory=options.memory_bytes,
    )
    parameters = IndexParameters.of(settings, options.field, options.system)
    index = _index(options, parameters)
    encode = load_encoder(options.semantic) if options.semantic else None
    with ExitStack() as stack:
        files = stack.enter_context(open_lines(names))
        against = stack.enter_context(open_lines(expand(options.against)))
        texts = RowTexts(options.field, data, system=options.system)
        source = RowSource(files, texts, memory=settings.memory)
        outputs = [] if options.check else outputs_of(files, options)
        work = _on_daft(source, settings, options, data) if options.engine == "daft" else None
        if work is not None:
            sketched = work.sketch(progress)
        else:
            columns = stack.enter_context(
                band_columns(settings.bands.bands, len(source), settings.memory)
            )
            sketched = sketch_source(source, settings, columns, progress)
        refuse_unknown(source)
        references = _references(source, sketched, against, index, settings, options, data)
        sketched.tokens[list(references)] = 0  # decided; nothing is compared with them
        rank = _rank(source, sketched, options)
        verdicts = decide(source, sketched, settings, rank=rank, work=work, progress=progress)
        blank = _blank(source, sketched, references)
        meant: set[int] = set()
        if encode is not None:
            verdicts, changed = by_meaning(
                source, verdicts, encode, options.semantic_threshold, rank=rank, progress=progress
            )
            meant = set(changed.tolist())
        ledger = make_ledger(source, verdicts, rank, blank, references, meant)
        rows = len(source) - int(blank.sum())
        clusters = clusters_of(ledger.keeper, ledger.similarity)
        gone = int(ledger.gone.sum())
        if not options.check:
            _guard(gone, rows, options)
        written = write_outputs(source, ledger, clusters, outputs, options)
        if index is not None and not options.check:
            stays = np.flatnonzero(~ledger.gone)
            index.add(source, sketched, stays, [place_of(source, row) for row in stays.tolist()])
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


def _index(options: DedupeOptions, parameters: IndexParameters) -> RowIndex | None:
    if options.shared_index:
        from curate.shared_index import SharedIndex  # redis comes with an extra

        return SharedIndex(options.shared_index, parameters)
    return Index(options.index, parameters) if options.index else None


def _on_daft(
    source: RowSource, settings: Settings, options: DedupeOptions, data: DataOptions
) -> DaftWork:
    from curate.cluster_engine import DaftWork  # daft comes with an extra of the installation

    return DaftWork(
        source, settings, options.field, data, system=options.system, address=options.address
    )


def _references(
    source: RowSource,
    sketched: Sketched,
    against: list[LineFile],
    index: RowIndex | None,
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
            refuse_unknown(references)
            for match in match_references(source, sketched, references, sketches, settings):
                found[match.row] = _removal(
                    source,
                    match.row,
                    "against",
                    match.similarity,
                    place_of(references, match.reference),
                )
        wanted = RowSource(against, _WantedTexts(options.field, data))
        for contained in find_containing(source, wanted, settings, options.containment):
            if contained.row not in found:
                found[contained.row] = _removal(
                    source,
                    contained.row,
                    "contained",
                    contained.containment,
                    place_of(wanted, contained.reference),
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
        place_of(source, row), reason, similarity, None, keeper, None, None, source.line(row)
    )


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
            f"{unread_rows(len(unread))} of a known format (the first at "
            f"{_where(place_of(source, int(unread[0])))}), compared byte for byte only; "
            "`curate lint` says why"
        )
    largest = max(clusters, key=lambda c: len(c.members), default=None)
    if largest and len(largest.members) > max(_LARGE_CLUSTER, rows // 100):
        yield (
            f"one cluster holds {len(largest.members):,} rows "
            f"({len(largest.members) / rows:.0%}), around {_where(place_of(source, largest.keeper))}: "
            "make sure that they are duplicates and not one template"
        )


def _where(place: RowPlace) -> str:
    return f"{place.path}:{place.line}"


def _largest(source: RowSource, clusters: list[Cluster], count: int) -> Iterator[ShownCluster]:
    # Those with something to compare come first.
    order = sorted(clusters, key=lambda c: (min(c.similarities) == 1.0, -len(c.members)))
    for cluster in order[:count]:
        similarity, member = min(
            (s, m)
            for s, m in zip(cluster.similarities, cluster.members, strict=True)
            if m != cluster.keeper
        )
        yield ShownCluster(
            len(cluster.members),
            place_of(source, cluster.keeper),
            source.text(cluster.keeper) or "",
            place_of(source, member),
            source.text(member) or "",
            similarity,
        )
