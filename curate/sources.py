"""From what the user names (files, folders, globs, `-`) to open binary streams, decompressed.

Compression is told by the last suffix and checked against the first bytes, so that a file with
the wrong name gets a sentence instead of a page of broken lines.
"""

from __future__ import annotations

import bz2
import contextlib
import glob
import gzip
import io
import lzma
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from curate.errors import UserError

STDIN = "-"
COMPRESSIONS = (".gz", ".zst", ".bz2", ".xz")
KINDS: dict[str, str] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", ".gz", "gzip-compressed"),
    (b"\x28\xb5\x2f\xfd", ".zst", "zstandard-compressed"),
    (b"BZh", ".bz2", "bzip2-compressed"),
    (b"\xfd7zXZ\x00", ".xz", "xz-compressed"),
    (b"PAR1", ".parquet", "a parquet file"),
    (b"PK\x03\x04", ".zip", "a zip archive; unpack it first"),
    (b"\x89PNG", ".png", "a PNG image"),
    (b"\x7fELF", "", "a program"),
    (b"SQLite format 3", ".db", "an SQLite database"),
    (b"%PDF", ".pdf", "a PDF document"),
    (b"\xff\xfe", "", "UTF-16 text; convert it to UTF-8: iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "", "UTF-16 text; convert it to UTF-8: iconv -f UTF-16 -t UTF-8"),
)


# No header of a table looks like an object with a key, nor like an array of such.
_JSON_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(\[\s*)?\{\s*\"")


def suffixes(path: str) -> tuple[str, str]:
    """(kind suffix, compression suffix), lower-case; either may be empty."""
    name = Path(path).name.lower()
    compression = next((c for c in COMPRESSIONS if name.endswith(c)), "")
    stem = name[: len(name) - len(compression)] if compression else name
    return Path(stem).suffix, compression


def kind_of(path: str) -> str:
    """jsonl, json, csv, tsv or parquet; standard input is taken for JSON lines (or an array).

    Raises UserError when the suffix is none of ours.
    """
    if path == STDIN:
        return "jsonl"
    suffix, _ = suffixes(path)
    if suffix not in KINDS:
        raise UserError(
            f"{path}: cannot tell the file type from its name; expected one of "
            f"{', '.join(KINDS)} (each also with {', '.join(COMPRESSIONS)})"
        )
    return KINDS[suffix]


def expand(names: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Files for the given files, folders and globs, in order, each once.

    Folders are walked in sorted order; hidden files and folders, and folders of finished runs
    (those with a manifest.json), and rows that were taken out (*.removed.jsonl), are passed over.

    Raises UserError for a name that matches nothing.
    """
    found: dict[str, None] = {}
    for given in names:
        name = os.fspath(given)
        if name == STDIN:
            found[name] = None
        elif os.path.isdir(name):
            files = list(_data_files(name))
            if not files:
                raise UserError(f"{name}: no data file in this folder; expected {', '.join(KINDS)}")
            found.update(dict.fromkeys(files))
        elif os.path.exists(name):
            found[name] = None
        elif glob.has_magic(name):
            matches = [m for m in sorted(glob.glob(name, recursive=True)) if os.path.isfile(m)]
            if not matches:
                raise UserError(f"{name}: no file matches this pattern")
            found.update(dict.fromkeys(matches))
        else:
            raise UserError(_missing(name))
    return list(found)


def _missing(name: str) -> str:
    import difflib  # a mistake has been made: there is time now

    said = f"{name}: no such file or folder"
    folder, base = os.path.split(name)
    try:
        beside = [entry.name for entry in os.scandir(folder or ".")]
    except OSError:
        return f"{said}; there is no folder {folder}" if folder else said
    # By their stems: the same suffix makes any two names alike.
    stems = {_stem(entry): entry for entry in sorted(beside) if suffixes(entry)[0] in KINDS}
    near = difflib.get_close_matches(_stem(base), stems, n=1, cutoff=0.7)
    return f"{said}. Did you mean {stems[near[0]]!r}?" if near else said


def _stem(name: str) -> str:
    return name.partition(".")[0]


def _data_files(folder: str) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        if "manifest.json" in files:
            folders.clear()
            continue
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for file in sorted(files):
            if file.endswith(".removed.jsonl"):
                continue  # what a command took out is not data
            if (
                not file.startswith(".")
                and suffixes(file)[0] in KINDS
                and suffixes(file)[0] != ".json"
            ) or (
                not file.startswith(".") and suffixes(file)[0] == ".json" and _is_array(where, file)
            ):
                yield os.path.join(where, file)


def _is_array(folder: str, file: str) -> bool:
    # A folder of data also holds settings and manifests in .json; only arrays are data there.
    try:
        with open_binary(os.path.join(folder, file)) as stream:
            return stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    except (UserError, OSError):
        return False


@contextlib.contextmanager
def open_binary(path: str) -> Iterator[IO[bytes]]:
    """Open for reading, decompressed.

    Raises UserError for a missing or unreadable file, a folder, a damaged stream, or a file
    whose first bytes belong to something else than its name says.
    """
    with contextlib.ExitStack() as stack:
        try:
            if path == STDIN:
                yield sys.stdin.buffer
                return
            plain: IO[bytes] = stack.enter_context(open(path, "rb"))
            compression = suffixes(path)[1]
            _check_magic(path, plain, compression)
            yield _decompressed(plain, compression, stack)
        except IsADirectoryError:
            raise UserError(f"{path}: is a folder; expected a file") from None
        except FileNotFoundError:
            raise UserError(f"{path}: no such file") from None
        except PermissionError:
            raise UserError(f"{path}: no permission to read this file") from None
        except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
            raise UserError(
                f"{path}: the compressed file is damaged or cut short ({error})"
            ) from None
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None


def content_of(head: bytes) -> tuple[str, str] | None:
    """(suffix, description) of what begins with these bytes; None for what may be plain text."""
    return next(((s, name) for magic, s, name in _MAGIC if head.startswith(magic)), None)


def _check_magic(path: str, stream: IO[bytes], compression: str) -> None:
    head = stream.read(16)
    stream.seek(0)
    expected = compression or suffixes(path)[0]
    content = content_of(head)
    if content is not None:
        suffix, name = content
        if suffix == expected or (suffix == ".parquet" and expected == ".pq"):
            return
        raise UserError(f"{path}: the name does not fit the content, which is {name}")
    if expected in (".csv", ".tsv") and (found := _JSON_BEGINS.match(head)):
        suffix = ".json" if found[1] else ".jsonl"
        raise UserError(
            f"{path}: the name does not fit the content, which is JSON; name it {suffix}"
        )
    if compression and head:
        raise UserError(
            f"{path}: the name ends in {compression}, but the content is not so compressed"
        )


def _decompressed(plain: IO[bytes], compression: str, stack: contextlib.ExitStack) -> IO[bytes]:
    if not compression:
        return plain
    openers: dict[str, Callable[[IO[bytes]], Any]] = {
        ".gz": gzip.open,
        ".bz2": bz2.open,
        ".xz": lzma.open,
        ".zst": _zstandard,
    }
    stream: IO[bytes] = openers[compression](plain)
    stack.callback(stream.close)
    return stream


def _zstandard(plain: IO[bytes]) -> IO[bytes]:
    return cast(IO[bytes], io.BufferedReader(_ZstandardStream(plain), buffer_size=1 << 20))


class _ZstandardStream(io.RawIOBase):
    """Frames one after another, decompressed.

    The library's own stream reader takes a file that is cut short for one that has ended, which
    would silently lose rows; this one raises EOFError, as gzip, bzip2 and xz do.
    """

    def __init__(self, plain: IO[bytes]) -> None:
        self._plain = plain
        self._frame: Any = None
        self._input = b""
        self._output = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._output:
            if not self._input:
                self._input = self._plain.read(1 << 18)
            if not self._input:
                if self._frame is not None:
                    raise EOFError("the last zstandard frame is not complete")
                return 0
            self._decompress()
        size = min(len(buffer), len(self._output))
        buffer[:size] = self._output[:size]
        self._output = self._output[size:]
        return size

    def _decompress(self) -> None:
        import zstandard

        if self._frame is None:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            self._output = self._frame.decompress(self._input)
        except zstandard.ZstdError as error:
            raise EOFError(str(error)) from None
        self._input = b""
        if self._frame.eof:
            self._input = self._frame.unused_data
            self._frame = None
