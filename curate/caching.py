"""Results kept between runs: the same files, options and code give the same report.

The key is made of the content of every file that a run reads, of its options, and of the source
code of curate itself, so that a changed rule never answers from the past. Entries are reports as
JSON in `.curate_cache`; the oldest go when there are many.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from curate.linting import Source, lint_sources
from curate.patterns import regex
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.report import LintReport
from curate.writing import atomic_write

ENTRIES = 64
LARGEST_ENTRY_BYTES = 32 << 20
# What a run shows and where it writes does not change what it finds.
_NOT_PART_OF_THE_RESULT = frozenset(
    {"output_format", "output", "statistics", "max_per_rule", "fail_on", "exit_zero", "cache"}
    | {"cache_dir", "show_settings", "show_files", "watch", "write_baseline", "add_suppressions"}
    | {"reason", "fix", "unsafe_fixes", "diff", "stdin_filename"}
)
_PYTHON_OBJECT = regex(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def lint_cached(
    sources: Sequence[Source],
    options: LintOptions,
    data: DataOptions,
    *,
    keep_per_rule: int | None = None,
) -> LintReport:
    """As `curate.linting.lint_sources`, from the cache where the same was asked before."""
    started = time.perf_counter()
    key = _key(sources, options, data, keep_per_rule) if options.cache else None
    entry = options.cache_dir / f"{key}.json"
    if key is not None and (known := _load(entry)) is not None:
        return known.model_copy(update={"elapsed_s": time.perf_counter() - started})
    report, _ = lint_sources(sources, options, data, keep_per_rule=keep_per_rule)
    if key is not None:
        _store(entry, report)
    return report


def _load(entry: Path) -> LintReport | None:
    try:
        return LintReport.model_validate_json(entry.read_bytes())
    except (OSError, ValidationError):
        return None


def _store(entry: Path, report: LintReport) -> None:
    content = report.model_dump_json().encode("utf-8")
    if len(content) > LARGEST_ENTRY_BYTES:
        return
    folder = entry.parent
    # A folder that cannot be written only means that nothing is kept.
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        with atomic_write(entry) as stream:
            stream.write(content)
        entries = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for old in entries[:-ENTRIES]:
            old.unlink(missing_ok=True)


def _key(
    sources: Sequence[Source], options: LintOptions, data: DataOptions, keep: int | None
) -> str | None:
    """What the result depends on, as a hash; None when that cannot be told."""
    digest = hashlib.blake2b(digest_size=16)

    def add(*parts: str | bytes) -> None:
        for part in parts:
            piece = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
            digest.update(len(piece).to_bytes(8, "little") + piece)

    add(_code_version(), pl.__version__, repr(keep), data.model_dump_json())
    for name, value in sorted(options.model_dump(exclude=set(_NOT_PART_OF_THE_RESULT)).items()):
        add(name, repr(value))
        for text in _strings(value):
            if _PYTHON_OBJECT.fullmatch(text) or os.path.isdir(text):
                return None  # code or a folder of the user's, which may change unseen
            if os.path.isfile(text):
                add(_content_hash(text))
    for source in sources:
        add(source.shown, source.role, _content_hash(source.path))
    return digest.hexdigest()


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, (str, Path)):
        yield str(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)


def _content_hash(path: str) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    try:
        with open(path, "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError:
        return b"unreadable"  # the run itself will say so
    return digest.digest()


@lru_cache(maxsize=1)
def _code_version() -> bytes:
    """A hash of the source code of curate, without the training part."""
    digest = hashlib.blake2b(digest_size=16)
    package = Path(__file__).parent
    import curate.schemas

    folders = [package, *map(Path, curate.schemas.__path__)]
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            if "train" not in path.relative_to(folder).parts:
                digest.update(path.read_bytes())
    return digest.digest()
