"""The C kernel's passes over texts: lines of JSON to columns, marks of words, keys up to spelling.

Columns of text go to the kernel and come from it through Arrow's C interface (the PyCapsule protocol
that polars speaks), so that nothing is copied and Python's lock is free meanwhile. `load()` returns
None where the kernel was not built; everything here has another way, in Python or polars.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.light_dataclass import dataclass
from curate.shared_library import library
from curate.texts import I64

P, L = ctypes.c_void_p, ctypes.c_int64
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
_SIGNATURES: dict[str, tuple[list[Any], Any]] = {
    "curate_columns": ([P, P, P, P, L, L, P, P, P, P, P, P, P], ctypes.c_int),
    "curate_release": ([P], None),
    "curate_automaton": ([P, P, P, L], P),
    "curate_automaton_free": ([P], None),
    "curate_marks": ([P, P, L, P, L, L], ctypes.c_int),
    "curate_candidates": ([P, P, P, P, L, P, L, P, P], None),
    "curate_places": ([P, L, P, L, P], L),
    "curate_sentence_ends": ([P, L, P], ctypes.c_int),
    "curate_repeats": ([P, L, P], ctypes.c_int),
    "curate_same_starts": ([P, P, L, P], ctypes.c_int),
    "curate_odd_starts": ([P, L, P], ctypes.c_int),
    "curate_surely_english": ([P, L, P], ctypes.c_int),
    "curate_keys": ([P, L, ctypes.c_uint64, P, P], ctypes.c_int),
}
# Bytes of Arrow's two structures, and where in the second its function `release` stands.
_SCHEMA_BYTES, _ARRAY_BYTES, _RELEASE = 72, 80, 64
# A text's marks: so many words of 64 bits.
WORDS = 12
# The shortest text with all that belongs to it, `"a":"",`.
_BYTES_A_TEXT = 6


class Formats(ctypes.Structure):
    """The kernel's `Formats`: the keys of rows, in order, each with the field that it holds or -1.

    `needed` are the fields that must not be null, a bit each. With `turns` (role key, text key, {speaker: letter}, whether to fold its case), field 0 holds a
    conversation. Where the texts are `unread`, lines are checked as ever, but no text is kept.
    """

    _fields_ = (
        ("shapes", L),
        ("firsts", P),
        ("name_ends", P),
        ("names", ctypes.c_char_p),
        ("slots", P),
        ("needed", ctypes.c_int32),
        ("turns", ctypes.c_int32),
        ("fold", ctypes.c_int32),
        ("role_key", ctypes.c_char_p),
        ("text_key", ctypes.c_char_p),
        ("speakers", L),
        ("speaker_ends", P),
        ("speaker_names", ctypes.c_char_p),
        ("letters", ctypes.c_char_p),
        ("unread", ctypes.c_int32),
    )

    def __init__(
        self,
        shapes: Sequence[Sequence[tuple[str, int]]],
        needed: int,
        turns: tuple[str, str, dict[str, str], bool] | None,
        unread: bool = False,
    ) -> None:
        keys = [key for shape in shapes for key in shape]
        firsts = np.cumsum([0, *map(len, shapes)]).astype(np.int32)
        names, name_ends = _packed([name.encode() for name, _ in keys])
        slots = np.array([slot for _, slot in keys], np.int32)
        role, text, speakers, fold = turns or ("", "", {}, False)
        spoken, spoken_ends = _packed([name.encode() for name in speakers])
        letters = "".join(speakers.values()).encode()
        self.arrays = (firsts, name_ends, slots, spoken_ends)
        super().__init__(
            len(shapes),
            firsts.ctypes.data,
            name_ends.ctypes.data,
            names,
            slots.ctypes.data,
            needed,
            int(turns is not None),
            int(fold),
            role.encode(),
            text.encode(),
            len(speakers),
            spoken_ends.ctypes.data,
            spoken,
            letters,
            int(unread),
        )


def _packed(words: Sequence[bytes]) -> tuple[bytes, NDArray[np.int32]]:
    return b"".join(words), np.cumsum([len(word) for word in words], dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Columns:
    """What became of some lines.

    `text` holds the texts of all of them; `letters[j]` says who speaks text j, or which field of a
    flat record it is. `sizes[i]` is how many texts line i has, `shapes[i]` which shape, `types[i]` the
    types of its values, three bits each; `done[i]` is False where Python must read the line.
    """

    text: pl.Series
    letters: NDArray[np.uint8]
    sizes: NDArray[np.int32]
    shapes: NDArray[np.int32]
    types: U64
    done: NDArray[np.bool_]


def joined(several: Sequence[Columns]) -> Columns:
    """What became of several texts' lines, as if they were one text's."""
    if len(several) == 1:
        return several[0]
    return Columns(
        pl.concat([columns.text for columns in several], rechunk=True),
        *(
            np.concatenate([getattr(columns, name) for columns in several])
            for name in ("letters", "sizes", "shapes", "types", "done")
        ),
    )


class _Exported:
    """An Arrow array of the kernel's, until polars takes it."""

    def __init__(self) -> None:
        self.schema = ctypes.create_string_buffer(_SCHEMA_BYTES)
        self.array = ctypes.create_string_buffer(_ARRAY_BYTES)

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [P, ctypes.c_char_p, P]
        return (
            new(ctypes.addressof(self.schema), b"arrow_schema", None),
            new(ctypes.addressof(self.array), b"arrow_array", None),
        )


class Automaton:
    """Words to look for, each with the marks (numbers below 64 times `WORDS`) that it sets.

    ASCII letters match in both cases; bytes beyond ASCII match each other. The bytes FE and FF stand
    before a text's first letter and after its last character that is no white space; FD before or after a
    word asks that it begins or ends there.
    """

    def __init__(self, kernel: ctypes.CDLL, words: dict[bytes, int]) -> None:
        self._kernel = kernel
        self.address: int | None = None
        packed, ends = _packed(list(words))
        written = b"".join([mark.to_bytes(8 * WORDS, "little") for mark in words.values()])
        marks = np.frombuffer(written, "<u8").astype(np.uint64)
        self.address = kernel.curate_automaton(
            packed, ends.ctypes.data, marks.ctypes.data, len(words)
        )

    def __del__(self) -> None:
        self._kernel.curate_automaton_free(self.address)


_TERM = np.dtype([("want", np.uint64), ("column", np.int32), ("word", np.int32)])


@dataclass(frozen=True, slots=True)
class Terms:
    """Some masks (`curate.screening`) as the kernel reads them.

    A term is all of `want` in one word of a column's marks. Way w is the terms up to `term_ends[w]`, mask m
    the ways up to `way_ends[m]`.
    """

    terms: NDArray[np.void]
    term_ends: NDArray[np.int32]
    way_ends: NDArray[np.int32]

    @classmethod
    def of(cls, masks: Iterable[Iterable[Iterable[tuple[int, int]]]]) -> Terms:
        """Of masks, ways and (number of a column, marks in it)."""
        terms: list[tuple[int, int, int]] = []
        term_ends: list[int] = []
        way_ends: list[int] = []
        for mask in masks:
            for way in mask:
                for column, wanted in way:
                    for word in range(WORDS):
                        bits = wanted >> 64 * word & 0xFFFF_FFFF_FFFF_FFFF
                        if bits:
                            terms.append((bits, column, word))
                term_ends.append(len(terms))
            way_ends.append(len(term_ends))
        return cls(
            np.array(terms, _TERM), np.array(term_ends, np.int32), np.array(way_ends, np.int32)
        )


class TextKernel:
    """The kernel's functions on columns of text."""

    def __init__(self, kernel: ctypes.CDLL) -> None:
        self._kernel = kernel

    def columns(self, formats: Formats, data: bytes, starts: I64, ends: I64) -> Columns:
        """The plain records among lines `data[starts[i]:ends[i]]` as columns."""
        rows, exported = len(starts), _Exported()
        most = 0 if formats.unread else int((ends - starts).sum()) // _BYTES_A_TEXT + 1
        letters = np.empty(most, np.uint8)
        sizes, shapes = np.empty(rows, np.int32), np.empty(rows, np.int32)
        types, done = np.empty(rows, np.uint64), np.empty(rows, np.bool_)
        status = self._kernel.curate_columns(
            ctypes.byref(formats),
            data,
            starts.ctypes.data,
            ends.ctypes.data,
            rows,
            most,
            exported.schema,
            exported.array,
            letters.ctypes.data,
            sizes.ctypes.data,
            shapes.ctypes.data,
            types.ctypes.data,
            done.ctypes.data,
        )
        if status:
            raise MemoryError
        try:
            text = pl.Series(exported, dtype=pl.String).alias("text")
        finally:
            if exported.array.raw[_RELEASE : _RELEASE + 8] != bytes(8):
                self._kernel.curate_release(exported.array)
        return Columns(text, letters[: len(text)].copy(), sizes, shapes, types, done)

    def automaton(self, words: dict[bytes, int]) -> Automaton | None:
        """See `Automaton`; None for more words than one can hold."""
        automaton = Automaton(self._kernel, words)
        return automaton if automaton.address else None

    def marks(self, automaton: Automaton, texts: pl.Series) -> U64:
        """The marks of each text, shape (WORDS, texts): mark m is bit m % 64 of word m // 64."""
        marks = np.empty((WORDS, len(texts)), np.uint64)
        self.put_marks(automaton, texts, marks)
        return marks

    def put_marks(self, automaton: Automaton, texts: pl.Series, marks: U64) -> None:
        """Write the marks of each text into `marks`, shape (WORDS, texts), however it lies in memory."""
        step, stride = (bytes_ // 8 for bytes_ in marks.strides)
        with _stream(texts) as stream:
            status = self._kernel.curate_marks(
                automaton.address, stream, len(texts), marks.ctypes.data, step, stride
            )
        if status:
            raise TypeError(f"{texts.dtype} is not a column of strings")

    def candidates(self, terms: Terms, marks: Sequence[U64], at: U32 | None) -> list[U32]:
        """Where each mask is fulfilled, ascending; `marks` of the columns that the terms number, of as many texts each.

        With `at` only these texts are looked at, and what is found are places in it.
        """
        columns = np.array(
            [(m.ctypes.data, m.strides[0] // 8, m.strides[1] // 8) for m in marks], np.int64
        )
        count = len(terms.way_ends)
        rows = marks[0].shape[1] if at is None else len(at)
        # Of what is not written to, the system makes no memory.
        found, counts = np.empty((count, rows + 1), np.uint32), np.empty(count, np.int64)
        self._kernel.curate_candidates(
            columns.ctypes.data,
            terms.terms.ctypes.data,
            terms.term_ends.ctypes.data,
            terms.way_ends.ctypes.data,
            count,
            None if at is None else at.ctypes.data,
            rows,
            found.ctypes.data,
            counts.ctypes.data,
        )
        return [found[i, :many] for i, many in enumerate(counts.tolist())]

    def places(self, known: U32, rows: U32) -> U32 | None:
        """Where each of the rows stands among the known ones, both ascending; None where one does not."""
        at = np.empty(len(rows), np.uint32)
        missing = self._kernel.curate_places(
            known.ctypes.data, len(known), rows.ctypes.data, len(rows), at.ctypes.data
        )
        return None if missing else at

    def keys(self, texts: pl.Series, seed: int) -> tuple[U64, NDArray[np.bool_]]:
        """Hashes of the texts in lower case with their white space evened out.

        Texts with characters whose lower case the kernel does not know are hashed as they are; the second
        array says which.
        """
        keys, as_is = np.empty(len(texts), np.uint64), np.empty(len(texts), np.bool_)
        with _stream(texts) as stream:
            status = self._kernel.curate_keys(
                stream, len(texts), seed, keys.ctypes.data, as_is.ctypes.data
            )
        if status:
            raise MemoryError
        return keys, as_is

    def sentence_ends(self, texts: pl.Series) -> NDArray[np.uint8]:
        """How each text ends, as `curate.prose` numbers it; 0 for none of these, 255 for unknown."""
        return self._bytes_of("curate_sentence_ends", texts)

    def odd_starts(self, texts: pl.Series) -> NDArray[np.uint8]:
        """0 for texts that surely begin as prose does (`curate.answer_form`), and for null; else 1."""
        return self._bytes_of("curate_odd_starts", texts)

    def surely_english(self, texts: pl.Series) -> NDArray[np.uint8]:
        """1 for texts whose beginning is ASCII and surely English; 2 where it is ASCII and tells
        no language; else 0."""
        return self._bytes_of("curate_surely_english", texts)

    def repeats(self, texts: pl.Series) -> NDArray[np.uint8]:
        """1 for texts that may repeat themselves (`curate.repeats`); else, and for null, 0."""
        return self._bytes_of("curate_repeats", texts)

    def same_starts(self, prompts: pl.Series, completions: pl.Series) -> NDArray[np.uint8]:
        """0 for pairs that surely do not begin alike (`curate.rules.completion_copies_prompt`), else 1."""
        found = np.empty(len(prompts), np.uint8)
        with _stream(prompts) as left, _stream(completions) as right:
            status = self._kernel.curate_same_starts(left, right, len(prompts), found.ctypes.data)
        if status:
            raise TypeError(f"{prompts.dtype}, {completions.dtype}: not columns of strings")
        return found

    def _bytes_of(self, function: str, texts: pl.Series) -> NDArray[np.uint8]:
        found = np.empty(len(texts), np.uint8)
        with _stream(texts) as stream:
            status = getattr(self._kernel, function)(stream, len(texts), found.ctypes.data)
        if status:
            raise TypeError(f"{texts.dtype} is not a column of strings")
        return found


class _stream:
    """The address of a column's Arrow stream, for as long as it is in use."""

    def __init__(self, texts: pl.Series) -> None:
        self._capsule = texts.__arrow_c_stream__()

    def __enter__(self) -> int:
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype, pointer.argtypes = P, [ctypes.py_object, ctypes.c_char_p]
        return int(pointer(self._capsule, b"arrow_array_stream"))

    def __exit__(self, *error: object) -> None:
        del self._capsule


@functools.cache
def load() -> TextKernel | None:
    """The kernel, or None where it was not built, or is older than this file."""
    kernel = library()
    try:
        for name, (arguments, result) in _SIGNATURES.items():
            function = getattr(kernel, name)
            function.argtypes, function.restype = arguments, result
    except AttributeError:
        return None
    return None if kernel is None else TextKernel(kernel)
