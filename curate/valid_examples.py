"""The rows that can be read, as examples, and how many could not: for looking, not for training."""

from __future__ import annotations

import os
from collections.abc import Sequence

from curate.schemas.options.data import DataOptions
from curate.schemas.turns import Example
from curate.sources import expand
from curate.validating import HARMLESS_FAULTS, read_checked, to_example


def load_valid_examples(
    paths: Sequence[str | os.PathLike[str]], data: DataOptions
) -> tuple[list[Example], list[tuple[str, int | None]]]:
    """The valid records of the files in order, and the places (file, line) of the others.

    Raises:
        UserError: a file cannot be read at all.
    """
    examples: list[Example] = []
    left_out: dict[tuple[str, int | None], None] = {}
    for path in expand(paths):
        for checked in read_checked(path, data):
            placed = [(b, i) for b in checked.batches for i in range(len(b))]
            placed.sort(key=lambda at: int(at[0].rows["line"][at[1]]))
            read = {int(b.rows["line"][i]) for b, i in placed}
            for fault in checked.faults:
                if fault.rule not in HARMLESS_FAULTS and fault.line not in read:
                    left_out[path, fault.line] = None
            examples += [to_example(b, i, data) for b, i in placed]
    return examples, list(left_out)
