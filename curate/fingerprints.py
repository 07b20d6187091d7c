"""A benchmark as hashes of its prompts' word 4-grams: enough to find it, not enough to read it.

A team can ship `bench.fingerprint` with its benchmark's page or in its CI, and others can look for
leaks (`curate lint --against bench.fingerprint`) without ever holding the text. Hashes hide text
only from those who cannot guess it: whoever suspects a sentence can test whether it is in there.

The file is JSON lines: a header, then a line for each prompt with the 64-bit hashes of its distinct
4-grams, little-endian and ascending, in base64. A row is held to contain a prompt when it holds
`SHARE` of them: about one word in twenty may have been changed, never the numbers of a whole sum.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.engines import choose_engine
from curate.errors import UserError
from curate.light_dataclass import dataclass
from curate.shingles import U64, ShingleSets, Shingling
from curate.texts import TextBatch
from curate.writing import write_lines

SUFFIX = ".fingerprint"
KIND = "curate-fingerprint"
NGRAM = 4
# Of GSM8K's training rows, those nearest to a test prompt share 0.73 of it (other numbers in the
# same sentences); of its test prompts with 5% of the words changed, 97% still share 0.75.
SHARE = 0.75
# Prompts of fewer 4-grams (8 words make five) are too short to be evidence.
LEAST = 5


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The 4-grams of some prompts. `lines[i]` is where prompt i stood in the file named `name`."""

    name: str
    lines: tuple[int, ...]
    grams: tuple[U64, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """Text `row` holds this share of the 4-grams of prompt `reference`."""

    row: int
    reference: int
    share: float


def fingerprint_of(name: str, lines: Sequence[int], prompts: Sequence[str]) -> Fingerprint:
    """The fingerprint of prompts; those that are too short are left out."""
    sets = choose_engine().sets(TextBatch.of(prompts), Shingling(ngram=NGRAM))
    kept = [i for i in range(len(prompts)) if len(sets.row(i)) >= LEAST]
    return Fingerprint(
        name, tuple(lines[i] for i in kept), tuple(np.sort(sets.row(i)) for i in kept)
    )


def write_fingerprint(path: Path, fingerprint: Fingerprint) -> None:
    """Write the file whole, or not at all."""
    header = {
        "kind": KIND,
        "version": 1,
        "name": fingerprint.name,
        "ngram": NGRAM,
        "prompts": len(fingerprint.lines),
    }
    rows = (
        {"line": line, "grams": base64.b64encode(grams.astype("<u8").tobytes()).decode()}
        for line, grams in zip(fingerprint.lines, fingerprint.grams, strict=True)
    )
    write_lines(path, (json.dumps(row).encode() for row in (header, *rows)))


def read_fingerprint(path: str) -> Fingerprint:
    """Read what `write_fingerprint` wrote. Raises UserError."""
    try:
        with open(path, encoding="utf-8") as stream:
            header, *rows = [json.loads(line) for line in stream]
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a fingerprint: {error}") from None
    if not isinstance(header, dict) or header.get("kind") != KIND:
        raise UserError(f"{path}: not a fingerprint; write one with curate fingerprint FILE")
    if header.get("version") != 1 or header.get("ngram") != NGRAM:
        raise UserError(f"{path}: a fingerprint of another version; write it anew")
    try:
        lines = tuple(int(row["line"]) for row in rows)
        grams = tuple(
            np.frombuffer(base64.b64decode(row["grams"], validate=True), "<u8").astype(np.uint64)
            for row in rows
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: a broken fingerprint: {error}") from None
    return Fingerprint(str(header.get("name", path)), lines, grams)


class FingerprintIndex:
    """Finds the prompts of a fingerprint in texts."""

    def __init__(self, fingerprint: Fingerprint) -> None:
        self._engine = choose_engine()
        self._sizes = np.array([len(g) for g in fingerprint.grams], np.int64)
        flat = np.concatenate([np.zeros(0, np.uint64), *fingerprint.grams])
        owners = np.repeat(np.arange(len(self._sizes)), self._sizes)
        order = np.argsort(flat, kind="stable")
        self._grams, self._owners = flat[order], owners[order]

    def find(self, texts: TextBatch) -> list[Shared]:
        """For each text that holds a prompt, the one it holds most of."""
        if not len(self._grams):
            return []
        sets: ShingleSets = self._engine.sets(texts, Shingling(ngram=NGRAM))
        rows = np.repeat(np.arange(len(texts)), np.diff(sets.offsets))
        low = np.searchsorted(self._grams, sets.values, side="left")
        high = np.searchsorted(self._grams, sets.values, side="right")
        met = high > low
        rows, low, counts = rows[met], low[met], (high - low)[met]
        if not len(rows):
            return []
        ends = np.cumsum(counts)
        where = np.arange(ends[-1]) - np.repeat(ends - counts, counts) + np.repeat(low, counts)
        return self._best(np.repeat(rows, counts), self._owners[where])

    def _best(self, rows: NDArray[np.int64], owners: NDArray[np.int64]) -> list[Shared]:
        pairs, counts = np.unique(rows * len(self._sizes) + owners, return_counts=True)
        row, owner = np.divmod(pairs, len(self._sizes))
        shares = counts / self._sizes[owner]
        best: dict[int, Shared] = {}
        for i in np.flatnonzero(shares >= SHARE).tolist():
            found = Shared(int(row[i]), int(owner[i]), float(shares[i]))
            if found.row not in best or found.share > best[found.row].share:
                best[found.row] = found
        return [best[r] for r in sorted(best)]
