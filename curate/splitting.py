"""What `curate split` does: train, validation and test, with no near duplicate across them.

Rows that must not be parted form clusters: chains of near duplicates (of the whole conversation, or
of the prompt alone), equal bytes, and equal values of `group_by`. A cluster's place is a hash of its
contents and the seed: clusters are laid out by that number, the test set takes them from the low end
and the validation set from the high end until their shares are met. The order of the file plays no
part.

**Growing.** The manifest (`split.json`) says where each row went. The next split into the same folder
(or with `previous`) leaves every row of it where it is; a new row joins the split of its cluster, and
clusters of new rows alone fill what the shares still want. A new row that is near rows of two splits
would be a leak wherever it went: it is left out, in `left_out.jsonl`. Without the earlier manifest
most rows still land where they were, but exact shares cost some rows at the two edges their place.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import orjson
from pydantic import ValidationError

from curate.candidates import band_columns
from curate.errors import UserError
from curate.light_dataclass import dataclass
from curate.linefiles import LineFile, copy_lines, open_lines
from curate.matching import Progress, Settings, decide, sketch_source
from curate.plurals import unread_rows
from curate.rowsource import RowSource, refuse_unknown
from curate.rowtexts import RowTexts, column_text
from curate.schemas.dedupe_artifacts import SplitFile, SplitManifest
from curate.schemas.options.data import DataOptions
from curate.schemas.options.split import SplitOptions
from curate.strata import infer_labels
from curate.texts import I64
from curate.writing import atomic_write, protect, write_json

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

TRAIN, VAL, TEST = "train", "val", "test"
NAMES = (TRAIN, VAL, TEST)
LEFT = ""  # the place of a row that is in no split
MANIFEST = "split.json"
LEFT_OUT = "left_out.jsonl"


@dataclass(frozen=True)
class SplitResult:
    """What was written where. `shares` are those of the rows that were placed, by split.

    `moved` counts rows of an earlier split that changed place: always 0 unless `fresh`.
    """

    folder: str
    rows: dict[str, int]
    shares: dict[str, float]
    clusters: int
    largest_cluster: int
    left_out: int
    kept_in_place: int
    stratified_by: str | None
    warnings: tuple[str, ...]
    written: tuple[str, ...]


@dataclass(frozen=True)
class _Rows:
    """The rows to place: indices into the source, cluster numbers, digests, stratum names."""

    rows: I64
    cluster: I64
    digests: list[str]
    strata: list[str]


def split(
    path: str | os.PathLike[str],
    out_dir: str | os.PathLike[str] | None = None,
    options: SplitOptions | None = None,
    data: DataOptions | None = None,
    *,
    progress: Progress | None = None,
) -> SplitResult:
    """Split one file into `out_dir` (or `options.output`).

    Raises UserError for unreadable input, too few rows, or an earlier split that does not fit.
    """
    options, data = options or SplitOptions(), data or DataOptions()
    folder = Path(out_dir) if out_dir is not None else options.output
    _claim(folder, os.fspath(path))
    previous = _previous(folder, options)
    with open_lines([os.fspath(path)]) as files:
        source = RowSource(files, RowTexts("all", data))
        rows, stratified_by = _clustered(source, options, data, progress)
        if len(rows.rows) < 3:
            raise UserError(
                f"{path}: {len(rows.rows)} rows are too few to split; expected 3 or more"
            )
        before = _places_before(rows, previous)
        bridges = [int(rows.rows[i]) for i, place in enumerate(before) if place == LEFT]
        if bridges:
            # Without the rows that join two splits, the clusters must fall apart again.
            rows, stratified_by = _clustered(source, options, data, progress, set(bridges))
            before = _places_before(rows, previous, set(bridges))
        placed = _place(rows, before, options)
        return _write(
            files[0], rows, placed, before, stratified_by, folder, options, _unread(source, rows)
        )


def _claim(folder: Path, path: str) -> None:
    """Refuse to write over the input, or over files that no earlier split has written."""
    targets = [folder / f"{name}.jsonl" for name in NAMES]
    protect((path,), (*targets, folder / LEFT_OUT, folder / MANIFEST))
    if (folder / MANIFEST).exists():
        return
    for target in targets:
        if target.exists():
            raise UserError(
                f"{target}: is there already, and no {MANIFEST} beside it says that a split wrote it; "
                "choose another folder with -o, or move it away"
            )


def verify_split(folder: str | os.PathLike[str]) -> SplitManifest | None:
    """Check the files of a split folder against its manifest; None where there is no manifest.

    Raises UserError when a file was changed since, or when two splits share a cluster.
    """
    manifest = _read_manifest(Path(folder) / MANIFEST)
    if manifest is None:
        return None
    for file in manifest.files.values():
        path = Path(folder) / file.path
        try:
            with open(path, "rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            raise UserError(
                f"{path}: is missing; {MANIFEST} lists it. Run `curate split` again."
            ) from None
        if digest != file.sha256:
            raise UserError(
                f"{path}: was changed after the split, so it may share rows with the other files. "
                f"Run `curate split` again, or remove {Path(folder) / MANIFEST} to go on unchecked."
            )
    owner: dict[str, str] = {}
    for name, entries in manifest.rows.items():
        for _, cluster in entries:
            if owner.setdefault(cluster, name) != name:
                raise UserError(
                    f"{Path(folder) / MANIFEST}: {owner[cluster]} and {name} share near duplicates "
                    f"(cluster {cluster}). Run `curate split` again."
                )
    return manifest


def _read_manifest(path: Path) -> SplitManifest | None:
    try:
        return SplitManifest.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValidationError as error:
        raise UserError(f"{path}: not a split manifest ({error.errors()[0]['msg']})") from None


def _previous(folder: Path, options: SplitOptions) -> SplitManifest | None:
    if options.fresh:
        return None
    given = options.previous
    path = folder / MANIFEST if given is None else given / MANIFEST if given.is_dir() else given
    manifest = _read_manifest(path)
    if manifest is None and given is not None:
        raise UserError(f"{path}: no such split manifest")
    if manifest is not None and (manifest.threshold, manifest.group_by) != (
        options.threshold,
        options.group_by,
    ):
        raise UserError(
            f"{path}: the earlier split has threshold {manifest.threshold} and group-by "
            f"{manifest.group_by}; use the same ones, another folder, or --fresh"
        )
    return manifest


def _clustered(
    source: RowSource,
    options: SplitOptions,
    data: DataOptions,
    progress: Progress | None,
    alone: Set[int] = frozenset(),
) -> tuple[_Rows, str | None]:
    """The rows with their clusters; rows in `alone` are joined with no other."""
    settings = Settings(options.threshold, linkage="single", threads=options.threads)
    prompts = RowSource(source.files, RowTexts("prompt", data))
    joins: list[I64] = []
    digests, wordless = np.zeros((len(source), 2), np.uint64), np.zeros(0, np.int64)
    for texts in (source, prompts):
        with band_columns(settings.bands.bands, len(texts), settings.memory) as columns:
            sketched = sketch_source(texts, settings, columns, progress)
            sketched.tokens[list(alone)] = 0
            joins.append(decide(texts, sketched, settings, progress=progress).keeper)
            if texts is source:
                digests, wordless = sketched.digests, np.flatnonzero(sketched.tokens == 0)
    refuse_unknown(source)
    # Rows of the same bytes have the same words, and are together already; these have none.
    filled = np.ones(len(source), np.bool_)
    filled[[i for i in wordless.tolist() if not source.line(i).strip()]] = False
    rows = np.flatnonzero(filled)
    bare = [i for i in wordless.tolist() if i not in alone]
    joins.append(_first_of_same({i: source.line(i) for i in bare}, len(source)))
    if options.group_by:
        values = ((i, _column(source.line(i), options.group_by)) for i in range(len(source)))
        known = {i: value for i, value in values if value is not None}
        if not known:
            raise UserError(f"--group-by {options.group_by}: no row has this column")
        same = {i: value for i, value in known.items() if i not in alone}
        joins.append(_first_of_same(same, len(source)))
    cluster = _components(joins)
    names = [
        f"{int(digests[i, 0]):016x}" if digests[i].any() else _hash(source.line(i))
        for i in rows.tolist()
    ]
    strata, stratified_by = _strata(rows, options, source, data)
    return _Rows(rows, cluster[rows], names, strata), stratified_by


def _parsed(line: bytes) -> dict[str, object] | None:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return row if isinstance(row, dict) else None


def _column(line: bytes, name: str) -> str | None:
    row = _parsed(line)
    return column_text(row, name) if row else None


def _first_of_same(values: Mapping[int, object], count: int) -> I64:
    """For each of `count` rows, the first that has the same value; itself where it has none."""
    first: dict[object, int] = {}
    firsts = np.arange(count, dtype=np.int64)
    for row, value in values.items():
        firsts[row] = first.setdefault(value, row)
    return firsts


def _components(joins: Sequence[I64]) -> I64:
    """Connected components of "i is joined with joins[k][i]", each named by its smallest member."""
    parents = list(range(len(joins[0])))

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    for join in joins:
        for i, j in enumerate(join.tolist()):
            a, b = root(i), root(j)
            if a != b:
                parents[max(a, b)] = min(a, b)
    return np.array([root(i) for i in range(len(parents))], np.int64)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _strata(
    rows: I64, options: SplitOptions, source: RowSource, data: DataOptions
) -> tuple[list[str], str | None]:
    """A stratum for each row, and what they were made of."""
    if options.stratify == "none":
        return [""] * len(rows), None
    lines = map(source.line, rows.tolist())
    if options.stratify is not None:
        values = [_column(line, options.stratify) for line in lines]
        if all(v is None for v in values):
            raise UserError(f"--stratify {options.stratify}: no row has this column")
        return [v or "" for v in values], options.stratify
    completions = RowTexts("completion", data)
    return infer_labels((completions.text(_parsed(line)) or "" for line in lines), len(rows))


def _places_before(
    rows: _Rows, previous: SplitManifest | None, bridges: Set[int] = frozenset()
) -> list[str | None]:
    """Where an earlier split puts each row; `LEFT` for a new row that would join two splits.

    Raises UserError when rows of two splits are alike although no new row joins them.
    """
    if previous is None:
        return [None] * len(rows.rows)
    where = {digest: name for name in NAMES for digest, _ in previous.rows.get(name, ())}
    places = [where.get(digest) for digest in rows.digests]
    of_cluster: dict[int, set[str]] = defaultdict(set)
    new: set[int] = set()
    for row, cluster, place in zip(rows.rows.tolist(), rows.cluster.tolist(), places, strict=True):
        if place is not None:
            of_cluster[cluster].add(place)
        elif row not in bridges:
            new.add(cluster)
    result: list[str | None] = []
    for row, cluster, place in zip(rows.rows.tolist(), rows.cluster.tolist(), places, strict=True):
        found = of_cluster.get(cluster, set())
        if len(found) > 1 and cluster not in new:
            raise UserError(
                f"rows that the earlier split put into {' and '.join(sorted(found))} now belong "
                "together (their group-by column was changed?); split anew with --fresh"
            )
        if row in bridges or (place is None and len(found) > 1):
            result.append(LEFT)
        else:
            result.append(place if place is not None else next(iter(found), None))
    return result


def _place(rows: _Rows, before: list[str | None], options: SplitOptions) -> list[str]:
    """The split of each row (`LEFT` for none): earlier places first, then shares by stratum."""
    placed = [place or LEFT for place in before]
    members: dict[int, list[int]] = defaultdict(list)
    for i, cluster in enumerate(rows.cluster.tolist()):
        if before[i] is None:
            members[cluster].append(i)
    position = {
        cluster: min(_hash(f"{options.seed}:{rows.digests[i]}".encode()) for i in indices)
        for cluster, indices in members.items()
    }
    stratum = {
        cluster: Counter(rows.strata[i] for i in indices).most_common(1)[0][0]
        for cluster, indices in members.items()
    }
    wanted = _wanted(rows, before, members, stratum, options)
    for name, reverse in ((TEST, False), (VAL, True)):
        room = wanted[name]
        for cluster in sorted(members, key=position.__getitem__, reverse=reverse):
            indices = members[cluster]
            if placed[indices[0]] == LEFT and len(indices) <= room[stratum[cluster]]:
                room[stratum[cluster]] -= len(indices)
                for i in indices:
                    placed[i] = name
    for indices in members.values():
        for i in indices:
            placed[i] = placed[i] or TRAIN
    return placed


def _wanted(
    rows: _Rows,
    before: list[str | None],
    members: dict[int, list[int]],
    stratum: dict[int, str],
    options: SplitOptions,
) -> dict[str, Counter[str]]:
    """How many more rows of each stratum validation and test want (largest remainders)."""
    sizes = Counter(s for s, place in zip(rows.strata, before, strict=True) if place != LEFT)
    total = sum(sizes.values())
    result: dict[str, Counter[str]] = {}
    for name, share in ((TEST, options.test), (VAL, options.val)):
        target = max(round(share * total), 1) if share else 0
        want = Counter({s: int(share * n) for s, n in sizes.items()})
        by_remainder = sorted(sizes, key=lambda s: (-(share * sizes[s] % 1), s))
        for s in by_remainder[: max(target - sum(want.values()), 0)]:
            want[s] += 1
        for s, place in zip(rows.strata, before, strict=True):
            if place == name:
                want[s] -= 1
        # What one stratum has too much of already, the others go without.
        excess = -sum(n for n in want.values() if n < 0)
        for s in sorted(want, key=lambda s: (-want[s], s)):
            taken = min(max(want[s], 0), excess)
            want[s] -= taken
            excess -= taken
        result[name] = Counter({s: max(n, 0) for s, n in want.items()})
    return result


class _Hashed:
    """A stream that knows the SHA-256 of what went through it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def write(self, data: ReadableBuffer, /) -> int:
        """Write and hash."""
        self.sha256.update(data)
        return self._stream.write(data)


def _write(
    file: LineFile,
    rows: _Rows,
    placed: list[str],
    before: list[str | None],
    stratified_by: str | None,
    folder: Path,
    options: SplitOptions,
    notes: list[str],
) -> SplitResult:
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[int, str] = {}
    for cluster, digest in zip(rows.cluster.tolist(), rows.digests, strict=True):
        names[cluster] = min(names.get(cluster, digest), digest)
    written: list[str] = []
    files: dict[str, SplitFile] = {}
    for name in (*NAMES, LEFT):
        wanted = np.zeros(len(file), np.bool_)
        wanted[rows.rows[[i for i, p in enumerate(placed) if p == name]]] = True
        target = folder / (f"{name}.jsonl" if name else LEFT_OUT)
        share = {TRAIN: 1.0, VAL: options.val, TEST: options.test}.get(name, 0.0)
        if not wanted.any() and not share:
            target.unlink(missing_ok=True)
            continue
        with atomic_write(target) as stream:
            hashed = _Hashed(stream)
            copy_lines(file, wanted, hashed)
        written.append(str(target))
        if name:
            files[name] = SplitFile(
                path=target.name, rows=int(wanted.sum()), sha256=hashed.sha256.hexdigest()
            )
    counts = {name: files[name].rows if name in files else 0 for name in NAMES}
    total = sum(counts.values())
    shares = {name: counts[name] / total if total else 0.0 for name in NAMES}
    sizes = Counter(rows.cluster.tolist())
    result = SplitResult(
        folder=str(folder),
        rows=counts,
        shares=shares,
        clusters=len(sizes),
        largest_cluster=max(sizes.values()),
        left_out=placed.count(LEFT),
        kept_in_place=sum(1 for place in before if place),
        stratified_by=stratified_by,
        warnings=(*notes, *_warnings(counts, placed, max(sizes.values()), options)),
        written=(*written, str(folder / MANIFEST)),
    )
    manifest = SplitManifest(
        sources={file.path: hashlib.sha256(file.data).hexdigest()},
        seed=options.seed,
        threshold=options.threshold,
        group_by=options.group_by,
        stratified_by=stratified_by,
        wanted={TRAIN: 1 - options.val - options.test, VAL: options.val, TEST: options.test},
        achieved=shares,
        files=files,
        left_out=result.left_out,
        rows={
            name: tuple(
                (rows.digests[i], names[int(rows.cluster[i])])
                for i, place in enumerate(placed)
                if place == name
            )
            for name in NAMES
        },
    )
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    return result


def _unread(source: RowSource, rows: _Rows) -> list[str]:
    unread = rows.rows[source.unread[rows.rows]]
    if not len(unread):
        return []
    file, i = source.place(int(unread[0]))
    return [
        f"{unread_rows(len(unread))} of a known format (the first at {file.path}:"
        f"{file.numbers[i]}): `curate train` will refuse the file, `curate lint` says why"
    ]


def _warnings(
    counts: dict[str, int], placed: list[str], largest: int, options: SplitOptions
) -> Iterator[str]:
    total = sum(counts.values())
    if options.val and counts[VAL] < options.min_val:
        # Half the width of a 95% interval for a share near one half: 1.96 · 0.5 / √n.
        width = 0.98 / max(counts[VAL], 1) ** 0.5
        yield (
            f"the validation set has {counts[VAL]} rows: a share measured on it is only good to "
            f"± {width:.0%} (95%), and overfitting is seen late; {options.min_val} rows or more "
            "are better (--val)"
        )
    for name, share in ((VAL, options.val), (TEST, options.test)):
        if share and total and abs(counts[name] - share * total) > max(largest, 1):
            yield (
                f"{name} holds {counts[name] / total:.1%} of the rows instead of {share:.1%}: "
                "the earlier split or large clusters leave no other choice"
            )
    if largest > 0.2 * total:
        yield (
            f"one cluster of near duplicates holds {largest:,} rows ({largest / total:.0%}); it "
            "stays in one split. Rows that share a long template count as alike: raise --threshold"
        )
    if left_out := placed.count(LEFT):
        yield f"{left_out} new rows are near rows of two splits; they are in {LEFT_OUT}"
