"""What `curate fingerprint` does: hash prompts, write them."""

from __future__ import annotations

import os
from pathlib import Path

from curate.benchmark_reading import benchmark_options
from curate.cli.command import Invocation
from curate.errors import EXIT_CLEAN, UserError
from curate.fingerprints import SUFFIX, fingerprint_of, write_fingerprint
from curate.schemas.options.data import DataOptions
from curate.schemas.options.fingerprint import FingerprintOptions
from curate.validating import read_checked
from curate.writing import protect


def run(invocation: Invocation) -> int:
    """Hash, write, say how many."""
    options = invocation.options(FingerprintOptions, "fingerprint")
    data = invocation.options(DataOptions, "data")
    path = invocation.arguments.file
    output = options.output or Path(f"{path}{SUFFIX}")
    if output.suffix != SUFFIX:
        raise UserError(f"{output}: the name has to end in {SUFFIX}, by which lint knows it")
    protect((path,), (output,))
    lines: list[int] = []
    prompts: list[str] = []
    met = 0
    for checked in read_checked(path, benchmark_options(path, data)):
        met += checked.rows_met
        for batch in checked.batches:
            lines += batch.rows["line"].to_list()
            texts = batch.rows["prompt"].fill_null(batch.rows["completion"]).fill_null("")
            prompts += texts.to_list()
    fingerprint = fingerprint_of(os.path.basename(path), lines, prompts)
    if not fingerprint.lines:
        raise UserError(f"{path}: no prompt of eight words or more to make a fingerprint of")
    write_fingerprint(output, fingerprint)
    short = len(prompts) - len(fingerprint.lines)
    left = f" ({short} too short to be recognised were left out)" if short else ""
    print(f"{len(fingerprint.lines)} prompts in {output}{left}")
    if met > len(prompts):
        print(f"{met - len(prompts)} rows cannot be read; curate lint {path} names them")
    print(f"look for them: curate lint DATA --against {output}")
    return EXIT_CLEAN
