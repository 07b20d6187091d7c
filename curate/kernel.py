"""The C kernel behind ctypes: loading it, numpy arrays in and out.

`pip install` builds `_minhash.c` into a shared object beside this file when there is a C compiler;
it uses nothing of Python's API, so one binary serves every Python version of a platform. `load()`
returns None where it was not built, and the datasketch engine takes over.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.clusters import Clustering, Mode
from curate.containment import Contained, References, TokenRows
from curate.light_dataclass import dataclass
from curate.shared_library import library
from curate.shingles import ShingleSets, Shingling
from curate.signatures import U32, Banding, Sketches, permutations
from curate.texts import I64, TextBatch
from curate.unicode_tables import TableMaker, all_tables

_LANES = 16  # the kernel works on multiples of so many permutations
_UNITS = {"auto": 0, "word": 1, "char": 2}
_MODES: dict[Mode, int] = {"representative": 0, "single": 1, "match": 2}
_DONE, _NEEDS_TABLES = 1, 2  # what became of a line

P, I32, L, D = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_double
_SIGNATURES: dict[str, list[Any]] = {
    "curate_sketch": [P, P, P, L, P, P, P, P, P],
    "curate_sketch_lines": [P, P, P, P, P, L, P, P, P, P, P],
    "curate_sets": [P, P, P, L, I32, I32, P, P],
    "curate_sets_lines": [P, P, P, P, P, L, I32, I32, P, P, P],
    "curate_tokens": [P, P, P, L, I32, P, P, P],
    "curate_link": [P, L, P],
    "curate_contained": [P, P, P, L, P, P, L, P, P, L, L, P, P, P, D, P, P],
    "curate_extract": [P, P, P, P, L, P, P, P],
    "curate_line_breaks": [P, L, P, P],
    "curate_line_places": [P, L, P, P, P],
    "curate_elements": [P, L, L, P, P, P],
    "curate_cluster": [P, L, P, P, P, P, L, D, I32, P, P, P, P, P],
}


_tables = TableMaker()


@dataclass(frozen=True)
class Lines:
    """Lines of a mapped file: line i is `data[starts[i]:ends[i]]`."""

    data: NDArray[np.uint8]
    starts: I64
    ends: I64

    def arguments(self) -> tuple[int, int, int, int]:
        """As the kernel takes them."""
        return _at(self.data), _at(self.starts), _at(self.ends), len(self.starts)


class _Plan(ctypes.Structure):
    """The kernel's `Plan`: how texts are sketched; holds on to the permutations."""

    _fields_ = (
        ("unit", I32),
        ("ngram", I32),
        ("a", P),
        ("b", P),
        ("width", L),
        ("bands", L),
        ("values", L),
    )

    def __init__(self, shingling: Shingling, banding: Banding) -> None:
        self.permutations = a, b = _padded_permutations(banding)
        unit = _UNITS[shingling.unit]
        super().__init__(unit, shingling.ngram, _at(a), _at(b), len(a), banding.bands, banding.rows)


class LineShapes(ctypes.Structure):
    """The kernel's `Shapes`: for each known sequence of keys, what becomes of each value.

    A key is (name, place in the text or -1, kind: 0 string, 1 messages, 2 either).
    """

    _fields_ = (
        ("shapes", L),
        ("firsts", P),
        ("name_ends", P),
        ("names", ctypes.c_char_p),
        ("slots", P),
        ("kinds", P),
        ("which", I32),
        ("with_system", I32),
    )

    def __init__(
        self, shapes: Sequence[Sequence[tuple[str, int, int]]], which: int, with_system: bool
    ) -> None:
        keys = [key for shape in shapes for key in shape]
        firsts = np.cumsum([0, *map(len, shapes)]).astype(np.int32)
        names = [name.encode() for name, _, _ in keys]
        name_ends = np.cumsum([len(name) for name in names]).astype(np.int32)
        slots = np.array([slot for _, slot, _ in keys], np.int32)
        kinds = np.array([kind for _, _, kind in keys], np.int32)
        self.arrays = (firsts, name_ends, slots, kinds)
        super().__init__(
            len(shapes),
            _at(firsts),
            _at(name_ends),
            b"".join(names),
            _at(slots),
            _at(kinds),
            which,
            int(with_system),
        )


@functools.cache
def load() -> KernelEngine | None:
    """The kernel, or None where it was not built (or does not load on this machine)."""
    shared = library()
    try:
        for name, arguments in _SIGNATURES.items():
            function = getattr(shared, name)
            function.argtypes = arguments
            function.restype = L if name == "curate_elements" else ctypes.c_int
    except AttributeError:
        return None
    return None if shared is None else KernelEngine(shared)


class KernelEngine:
    """The C kernel as an `Engine` (`curate.engines`)."""

    name = "C kernel"

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def line_breaks(self, block: NDArray[np.uint8]) -> I64:
        """Where the line feeds of a block of bytes are."""
        found, count = np.empty(len(block), np.int64), np.zeros(1, np.int64)
        _check(self._library.curate_line_breaks(_at(block), len(block), _at(found), _at(count)))
        return found[: int(count[0])].copy()

    def line_places(self, block: NDArray[np.uint8]) -> tuple[I64, I64, bool]:
        """Where the lines of a block start and end, and whether carriage returns stand before line feeds."""
        starts, ends = np.empty(len(block), np.int64), np.empty(len(block), np.int64)
        count = np.zeros(1, np.int64)
        returns = self._library.curate_line_places(
            _at(block), len(block), _at(starts), _at(ends), _at(count)
        )
        lines = int(count[0])
        return starts[:lines].copy(), ends[:lines].copy(), bool(returns)

    def elements(self, text: NDArray[np.uint8]) -> tuple[I64, I64, int]:
        """Where the elements of an array's text start and end, up to the first that Python must read.

        Also how many bytes there are before it.
        """
        most = len(text) // 2 + 1
        starts, ends = np.empty(most, np.int64), np.empty(most, np.int64)
        count = np.zeros(1, np.int64)
        after = self._library.curate_elements(
            _at(text), len(text), most, _at(starts), _at(ends), _at(count)
        )
        found = int(count[0])
        return starts[:found].copy(), ends[:found].copy(), int(after)

    def extract(self, shapes: LineShapes, lines: Lines) -> tuple[TextBatch, NDArray[np.bool_]]:
        """The texts of lines of JSON; False for those (empty here) that Python must look at."""
        rows = len(lines.starts)
        room = np.empty(int((lines.ends - lines.starts).sum()) + 16 * rows, np.uint8)
        offsets, done = np.zeros(rows + 1, np.int64), np.zeros(rows, np.bool_)
        status = self._library.curate_extract(
            ctypes.byref(shapes), *lines.arguments(), _at(room), _at(offsets[1:]), _at(done)
        )
        _check(status)
        return TextBatch(room[: offsets[-1]].tobytes(), offsets), done

    def sketch(self, batch: TextBatch, shingling: Shingling, banding: Banding) -> Sketches:
        """See `Engine`."""
        return self.sketch_and_sign(batch, shingling, banding, signatures=False)[0]

    def sketch_and_sign(
        self, batch: TextBatch, shingling: Shingling, banding: Banding, *, signatures: bool
    ) -> tuple[Sketches, U32 | None]:
        """Sketches, and on request the signatures themselves, shape (texts, banding.values)."""
        rows = len(batch)
        plan = _Plan(shingling, banding)
        sketches = _empty_sketches(rows, banding)
        signed = np.empty((rows, plan.width), np.uint32) if signatures else None
        status = self._library.curate_sketch(
            *_texts(batch, shingling)[:-1],
            ctypes.byref(plan),
            _at(sketches.keys),
            _at(sketches.digests),
            _at(sketches.tokens),
            None if signed is None else _at(signed),
        )
        _check(status)
        return sketches, None if signed is None else signed[:, : banding.values]

    def sketch_lines(
        self, shapes: LineShapes, lines: Lines, shingling: Shingling, banding: Banding
    ) -> tuple[Sketches, NDArray[np.bool_]]:
        """The sketches of lines of JSON; False for those (undefined) that Python must look at."""
        plan, rows = _Plan(shingling, banding), len(lines.starts)
        sketches, status = _empty_sketches(rows, banding), np.empty(rows, np.uint8)

        def run(tables: Any) -> int:
            code: int = self._library.curate_sketch_lines(
                tables,
                ctypes.byref(shapes),
                *lines.arguments(),
                ctypes.byref(plan),
                _at(sketches.keys),
                _at(sketches.digests),
                _at(sketches.tokens),
                _at(status),
            )
            return code

        _with_tables(shingling, run, status)
        return sketches, status == _DONE

    def sets_lines(
        self, shapes: LineShapes, lines: Lines, shingling: Shingling, tokens: int
    ) -> tuple[ShingleSets, NDArray[np.bool_]]:
        """The shingle sets of lines with so many tokens together; False (and empty) as above."""
        rows = len(lines.starts)
        values, status = np.empty(tokens, np.uint64), np.empty(rows, np.uint8)
        offsets = np.zeros(rows + 1, np.int64)

        def run(tables: Any) -> int:
            code: int = self._library.curate_sets_lines(
                tables,
                ctypes.byref(shapes),
                *lines.arguments(),
                _UNITS[shingling.unit],
                shingling.ngram,
                _at(values),
                _at(offsets[1:]),
                _at(status),
            )
            return code

        _with_tables(shingling, run, status)
        return ShingleSets(values[: offsets[-1]], offsets), status == _DONE

    def sets(self, batch: TextBatch, shingling: Shingling) -> ShingleSets:
        """See `Engine`."""
        # Pages of this room that are never written to take no memory.
        values = np.empty(2 * len(batch.data) + len(batch) + 1, np.uint64)
        offsets = np.zeros(len(batch) + 1, np.int64)
        status = self._library.curate_sets(
            *_texts(batch, shingling), shingling.ngram, _at(values), _at(offsets[1:])
        )
        _check(status)
        return ShingleSets(values[: offsets[-1]], offsets)

    def tokens(self, batch: TextBatch, shingling: Shingling) -> TokenRows:
        """See `Engine`."""
        values = np.empty(2 * len(batch.data) + len(batch) + 1, np.uint64)
        offsets = np.zeros(len(batch) + 1, np.int64)
        characters = np.zeros(len(batch), np.bool_)
        status = self._library.curate_tokens(
            *_texts(batch, shingling), _at(values), _at(offsets[1:]), _at(characters)
        )
        _check(status)
        return TokenRows(ShingleSets(values[: offsets[-1]], offsets), characters)

    def contained(self, references: References, texts: TokenRows) -> list[Contained]:
        """See `Engine`."""
        best, degree = np.empty(len(texts), np.int32), np.empty(len(texts))
        keys, indices = references.table
        status = self._library.curate_contained(
            _at(texts.tokens.values),
            _at(texts.tokens.offsets),
            _at(texts.characters),
            len(texts),
            _at(references.rows.tokens.values),
            _at(references.rows.tokens.offsets),
            len(references.rows),
            _at(keys),
            _at(indices),
            len(keys),
            len(references.seeds),
            _at(references.starts),
            _at(references.owners),
            _at(references.needed),
            references.containment,
            _at(best),
            _at(degree),
        )
        _check(status)
        return [
            Contained(row, int(best[row]), float(degree[row]))
            for row in np.flatnonzero(best >= 0).tolist()
        ]

    def link(self, column: U32, parents: U32) -> None:
        """See `Engine`."""
        _check(self._library.curate_link(_at(column), len(column), _at(parents)))

    def cluster(
        self,
        keys: U32,
        sets: ShingleSets,
        offsets: I64,
        references: I64,
        threshold: float,
        mode: Mode,
    ) -> Clustering:
        """See `Engine`."""
        size = len(sets)
        keeper = np.arange(size, dtype=np.int32)
        result = Clustering(keeper, np.ones(size), keeper.copy(), np.ones(size), 0)
        compared = np.zeros(1, np.int64)
        status = self._library.curate_cluster(
            _at(keys),
            keys.shape[1],
            _at(sets.values),
            _at(sets.offsets),
            _at(offsets),
            _at(references),
            len(offsets) - 1,
            threshold,
            _MODES[mode],
            _at(result.keeper),
            _at(result.similarity),
            _at(result.link),
            _at(result.link_similarity),
            _at(compared),
        )
        _check(status)
        if mode == "single":
            return Clustering(
                keeper, result.similarity, result.link, result.link_similarity, int(compared[0])
            )
        return Clustering(
            keeper, result.similarity, keeper.copy(), result.similarity.copy(), int(compared[0])
        )


def _empty_sketches(rows: int, banding: Banding) -> Sketches:
    return Sketches(
        np.empty((rows, banding.bands), np.uint32),
        np.empty((rows, 2), np.uint64),
        np.empty(rows, np.uint32),
    )


def _with_tables(
    shingling: Shingling, run: Callable[[Any], int], status: NDArray[np.uint8]
) -> None:
    """Run with Unicode's tables, which take a moment to make, only if some line needs them."""
    if shingling.unit != "char" and not all_tables.cache_info().currsize:
        _check(run(None))
        if not np.any(status == _NEEDS_TABLES):
            return
    _check(run(ctypes.byref(all_tables())))


def _at(array: NDArray[Any]) -> int:
    """The address of an array's first element; the layout must be the plain one."""
    assert array.flags.c_contiguous
    # `array.ctypes` makes an object of its own for each.
    return int(array.__array_interface__["data"][0])


def _texts(batch: TextBatch, shingling: Shingling) -> tuple[Any, ...]:
    """The first five arguments of the functions that take texts."""
    needs_tables = shingling.unit == "char" or not batch.data.isascii()
    tables = ctypes.byref(_tables.tables_for(batch.data)) if needs_tables else None
    return tables, batch.data, _at(batch.offsets), len(batch), _UNITS[shingling.unit]


def _check(status: int) -> None:
    if status:
        raise MemoryError


@functools.cache
def _padded_permutations(banding: Banding) -> tuple[U32, U32]:
    """The permutations, repeated from the start up to a multiple of the kernel's lanes."""
    width = -(-banding.values // _LANES) * _LANES
    a, b = permutations(banding)
    return np.resize(a, width), np.resize(b, width)
