"""The rows of earlier runs, kept so that a later run compares its new rows with them cheaply.

An index is a folder: `index.json` (format, parameters, segments) and one folder for each run that
added rows. A segment holds the kept rows' band keys (as they are, and sorted within each band), their
digests, texts and places. Looking up n new rows costs n · bands binary searches in mapped files,
whatever the size of the index; only rows that share a key are read. A segment counts once `index.json`
names it, so a run that is killed leaves the index as it was.

Texts are compared as they were then: rows that came from files since deleted still count.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from curate.errors import UserError
from curate.matching import Settings, Sketched
from curate.schemas.dedupe_artifacts import RowPlace
from curate.texts import I64, JoinedSource, TextBatch, TextSource
from curate.writing import write_json

FORMAT = 1
_PIECE = 4096  # rows of texts written at a time


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IndexParameters(_Model):
    """What must be the same for two runs to be comparable."""

    scheme: Literal["affine32/murmur-polynomial"] = "affine32/murmur-polynomial"
    bands: int
    rows: int
    seed: int
    unit: str
    ngram: int
    field: str
    system: bool

    @classmethod
    def of(cls, settings: Settings, field: str, system: bool) -> IndexParameters:
        """The parameters of a run."""
        banding = settings.bands
        return cls(
            bands=banding.bands,
            rows=banding.rows,
            seed=banding.seed,
            unit=settings.shingling.unit,
            ngram=settings.shingling.ngram,
            field=field,
            system=system,
        )


def differences(theirs: dict[str, Any], parameters: IndexParameters) -> str:
    """How the parameters of an index differ from those of this run, in words; empty: not at all."""
    mine = parameters.model_dump()
    return ", ".join(
        f"{k} {theirs.get(k)} (now {mine.get(k)})"
        for k in theirs | mine
        if theirs.get(k) != mine.get(k)
    )


class _Manifest(_Model):
    version: int
    parameters: IndexParameters
    segments: tuple[str, ...]


class RowIndex(Protocol):
    """The rows of earlier runs, wherever they are kept."""

    def __len__(self) -> int: ...

    def candidates(
        self, columns: NDArray[np.uint32]
    ) -> tuple[TextSource, Sketched, list[RowPlace]]:
        """The indexed rows that share a key with the new rows: texts, sketches, places."""
        ...

    def add(
        self, source: TextSource, sketched: Sketched, rows: I64, places: list[RowPlace]
    ) -> None:
        """Add these rows of a source."""
        ...


class _Segment:
    """One run's rows, in mapped files."""

    def __init__(self, folder: Path) -> None:
        def load(name: str) -> NDArray[np.generic]:
            array: NDArray[np.generic] = np.load(folder / f"{name}.npy", mmap_mode="r")
            return array

        self.columns, self.ordered, self.order = load("columns"), load("ordered"), load("order")
        self.digests, self.tokens = load("digests"), load("tokens")
        self.offsets, self.lines, self.files = load("offsets"), load("lines"), load("files")
        self.paths: list[str] = (folder / "paths.txt").read_text(encoding="utf-8").split("\n")
        self._texts = folder / "texts"

    def __len__(self) -> int:
        return len(self.tokens)

    def sharing(self, columns: NDArray[np.uint32]) -> I64:
        """The rows of this segment that share a band key with one of the new rows."""
        hits: list[I64] = []
        for band, keys in enumerate(columns):
            ordered = self.ordered[band]
            wanted = np.unique(keys)
            low = np.searchsorted(ordered, wanted, side="left")
            high = np.searchsorted(ordered, wanted, side="right")
            for a, b in zip(low[high > low].tolist(), high[high > low].tolist(), strict=True):
                hits.append(np.asarray(self.order[band, a:b], np.int64))
        return np.unique(np.concatenate(hits)) if hits else np.zeros(0, np.int64)

    def sketched(self, rows: I64) -> Sketched:
        """The sketches of these rows."""
        return Sketched(
            np.ascontiguousarray(self.columns[:, rows], np.uint32),
            np.asarray(self.digests[rows], np.uint64),
            np.asarray(self.tokens[rows], np.uint32),
        )

    def place(self, row: int) -> RowPlace:
        return RowPlace(path=self.paths[int(self.files[row])], line=int(self.lines[row]))

    def text(self, rows: I64) -> TextBatch:
        """The texts of these rows."""
        parts: list[bytes] = []
        with self._texts.open("rb") as stream:
            for row in rows.tolist():
                start, stop = int(self.offsets[row]), int(self.offsets[row + 1])
                stream.seek(start)
                parts.append(stream.read(stop - start))
        offsets = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        return TextBatch(b"".join(parts), offsets)


class _SegmentRows:
    """Some rows of a segment as a `TextSource`."""

    def __init__(self, segment: _Segment, rows: I64) -> None:
        self._segment, self._rows = segment, rows

    def __len__(self) -> int:
        return len(self._rows)

    def batches(self) -> Sequence[Callable[[], TextBatch]]:
        return [lambda: self._segment.text(self._rows)]

    def take(self, rows: I64) -> TextBatch:
        return self._segment.text(self._rows[rows])


class Index:
    """An opened index folder; it need not exist yet."""

    def __init__(self, folder: Path, parameters: IndexParameters) -> None:
        """Open. Raises UserError when the folder holds something else, or other parameters."""
        self._folder = folder
        self._parameters = parameters
        self._manifest = self._read()
        self._segments = [_Segment(folder / name) for name in self._manifest.segments]

    def __len__(self) -> int:
        return sum(map(len, self._segments))

    def candidates(
        self, columns: NDArray[np.uint32]
    ) -> tuple[TextSource, Sketched, list[RowPlace]]:
        """The indexed rows that share a key with the new rows: texts, sketches, places."""
        sources: list[TextSource] = []
        sketches: list[Sketched] = []
        places: list[RowPlace] = []
        for segment in self._segments:
            rows = segment.sharing(columns)
            sources.append(_SegmentRows(segment, rows))
            sketches.append(segment.sketched(rows))
            places += [segment.place(row) for row in rows.tolist()]
        none = np.zeros((len(columns), 0), np.uint32)
        return (
            JoinedSource(sources),
            Sketched(
                np.concatenate([none, *(s.columns for s in sketches)], axis=1),
                np.concatenate([np.zeros((0, 2), np.uint64), *(s.digests for s in sketches)]),
                np.concatenate([np.zeros(0, np.uint32), *(s.tokens for s in sketches)]),
            ),
            places,
        )

    def add(
        self, source: TextSource, sketched: Sketched, rows: I64, places: list[RowPlace]
    ) -> None:
        """Add these rows of a source as a new segment."""
        rows_, places_ = [], []
        for row, place in zip(rows.tolist(), places, strict=True):
            if sketched.tokens[row]:
                rows_.append(row)
                places_.append(place)
        if not rows_:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{len(self._manifest.segments) + 1:06d}"
        scratch = Path(tempfile.mkdtemp(prefix=".segment-", dir=self._folder))
        try:
            _write_segment(scratch, source, sketched, np.array(rows_, np.int64), places_)
            target = self._folder / name
            if target.exists():  # left by a run that was killed before it was listed
                shutil.rmtree(target)
            scratch.rename(target)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        segments = (*self._manifest.segments, name)
        self._manifest = _Manifest(version=FORMAT, parameters=self._parameters, segments=segments)
        write_json(self._folder / "index.json", self._manifest.model_dump(mode="json"))

    def _read(self) -> _Manifest:
        path = self._folder / "index.json"
        try:
            manifest = _Manifest.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            if self._folder.exists() and any(self._folder.glob("[!.]*")):
                known = [p for p in self._folder.iterdir() if not p.name.isdigit()]
                if known:
                    raise UserError(
                        f"{self._folder}: is no index of `curate dedupe` (no index.json); "
                        "give an empty or new folder"
                    ) from None
            return _Manifest(version=FORMAT, parameters=self._parameters, segments=())
        except (ValidationError, NotADirectoryError):
            raise UserError(f"{path}: not an index that this version of curate can read") from None
        if manifest.version != FORMAT:
            raise UserError(f"{path}: has format {manifest.version}; this version reads {FORMAT}")
        if differ := differences(manifest.parameters.model_dump(), self._parameters):
            raise UserError(
                f"{path}: was made with {differ}; bands and rows follow from --threshold. Use the same "
                "options, or another folder"
            )
        return manifest


def _write_segment(
    folder: Path, source: TextSource, sketched: Sketched, rows: I64, places: list[RowPlace]
) -> None:
    columns = np.ascontiguousarray(sketched.columns[:, rows])
    order = np.argsort(columns, axis=1, kind="stable").astype(np.uint32)
    paths = list(dict.fromkeys(place.path for place in places))
    number = {path: i for i, path in enumerate(paths)}
    lengths: list[I64] = [np.zeros(1, np.int64)]
    with (folder / "texts").open("wb") as stream:
        for at in range(0, len(rows), _PIECE):
            batch = source.take(rows[at : at + _PIECE])
            stream.write(batch.data)
            lengths.append(np.diff(batch.offsets))
    arrays: dict[str, NDArray[Any]] = {
        "columns": columns,
        "ordered": np.take_along_axis(columns, order.astype(np.int64), axis=1),
        "order": order,
        "digests": sketched.digests[rows],
        "tokens": sketched.tokens[rows],
        "offsets": np.cumsum(np.concatenate(lengths)),
        "lines": np.array([place.line for place in places], np.int64),
        "files": np.array([number[place.path] for place in places], np.int32),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    (folder / "paths.txt").write_text("\n".join(paths), encoding="utf-8")
