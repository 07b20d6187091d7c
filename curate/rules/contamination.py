"""Looks for the prompts of benchmarks in the rows, while they are read."""

from __future__ import annotations

from collections import Counter

import polars as pl

from curate.containment import References, prepare, squeezed
from curate.engines import choose_engine
from curate.fingerprints import SUFFIX, FingerprintIndex, read_fingerprint
from curate.light_dataclass import dataclass
from curate.patterns import regex
from curate.rules.candidate_texts import as_batch, whole_text
from curate.schemas.options.lint import LintOptions
from curate.shingles import Shingling
from curate.texts import TextBatch

_NUMBER = regex(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Met:
    """Row `row` of the dataset contains this share of a benchmark's prompt.

    `reference` is the prompt's row in `Dataset.reference`; for a fingerprint it is None, and `place`
    says where the prompt stood.
    """

    row: int
    reference: int | None
    place: str | None
    share: float


class Contamination:
    """Collects the prompts of the --against files, and then the rows that contain them."""

    def __init__(self, options: LintOptions) -> None:
        self._containment = options.contained
        self._engine = choose_engine()
        self._prompts: list[str] = []
        self._references: list[References] | None = None
        prints = [read_fingerprint(str(p)) for p in options.against if p.suffix == SUFFIX]
        self._fingerprints = [(f, FingerprintIndex(f)) for f in prints]
        self._row = 0
        self.met: list[Met] = []

    def add_reference(self, rows: pl.DataFrame, file: int) -> None:
        """Keep the prompts of a benchmark; of plain text, the text."""
        prompts = rows.select(pl.coalesce("prompt", "completion").fill_null(""))
        self._prompts += prompts.to_series().to_list()

    def add(self, rows: pl.DataFrame, file: int) -> None:
        """Look for them in a batch."""
        batch = as_batch(whole_text(rows))
        if self._prompts:
            self._look_for_prompts(batch)
        for fingerprint, index in self._fingerprints:
            for shared in index.find(batch):
                place = f"{fingerprint.name}:{fingerprint.lines[shared.reference]}"
                self.met.append(Met(self._row + shared.row, None, place, shared.share))
        self._row += rows.height

    def _look_for_prompts(self, batch: TextBatch) -> None:
        shingling = Shingling()
        if self._references is None:
            prompts = TextBatch.of(self._prompts)
            self._references = [
                prepare(self._engine.tokens(view, shingling), self._containment)
                for view in (prompts, squeezed(prompts))
            ]
        best: dict[int, Met] = {}
        for references, view in zip(self._references, (batch, squeezed(batch)), strict=True):
            for found in self._engine.contained(references, self._engine.tokens(view, shingling)):
                known = best.get(found.row)
                if known is None or found.containment > known.share:
                    row = self._row + found.row
                    best[found.row] = Met(row, found.reference, None, found.containment)
        for i in sorted(best):
            reference = best[i].reference
            text = batch.data[batch.offsets[i] : batch.offsets[i + 1]].decode("utf-8", "replace")
            if reference is not None and _same_numbers(self._prompts[reference], text):
                self.met.append(best[i])


def _same_numbers(prompt: str, text: str) -> bool:
    """Whether most of the prompt's numbers stand in the text.

    Sums are told in set phrases: with other numbers it is another sum, not this one edited.
    """
    wanted = Counter(_NUMBER.findall(prompt))
    common = wanted & Counter(_NUMBER.findall(text))
    return 2 * common.total() >= wanted.total()
