"""Where the output of `curate dedupe` goes, and writing it: reports first, kept rows last."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from curate.duplicates import Cluster
from curate.errors import UserError
from curate.ledger import Ledger, records, removals, write_clusters, write_removed
from curate.linefiles import LineFile, copy_lines
from curate.rowsource import RowSource
from curate.schemas.options.dedupe import DedupeOptions
from curate.sources import STDIN
from curate.writing import atomic_write, protect


def default_output(path: str) -> Path:
    """`NAME.dedup.jsonl` beside an input."""
    name = Path(path).name
    while Path(name).suffix.lower() in (
        ".gz", ".zst", ".bz2", ".xz", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".pq"
    ):  # fmt: skip
        name = Path(name).stem
    return Path(path).with_name(f"{name}.dedup.jsonl")


def outputs_of(files: list[LineFile], options: DedupeOptions) -> list[Path]:
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
    # In place, the files are replaced on purpose; the reports must still go elsewhere.
    protect((*(f.path for f in files), *options.against), (options.removed, options.clusters))
    protect(options.against, dict.fromkeys(outputs))
    protect((), (*dict.fromkeys(outputs), options.removed, options.clusters))
    for path in {*outputs, *filter(None, (options.removed, options.clusters))}:
        if str(path) != STDIN and not path.parent.is_dir():
            raise UserError(f"{path}: the folder {path.parent} does not exist")
    return outputs


def write_outputs(
    source: RowSource,
    ledger: Ledger,
    clusters: list[Cluster],
    outputs: list[Path],
    options: DedupeOptions,
) -> list[str]:
    """Write the reports first and the kept rows last, so that no row is ever in neither."""
    written: list[str] = []
    if options.removed:
        number = {row: n for n, cluster in enumerate(clusters, 1) for row in cluster.members}
        write_removed(options.removed, removals(source, ledger, number))
        written.append(str(options.removed))
    if options.clusters:
        write_clusters(options.clusters, records(source, ledger, clusters))
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
