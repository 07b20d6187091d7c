"""Some rows of a file that was read before: what a rule has come to need of their text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from curate.faults import BATCH_ROWS, RawBatch
from curate.line_block import LineBlock
from curate.reading import read_pieces


def read_selected(path: str, lines: Sequence[int]) -> Iterator[RawBatch]:
    """The rows with these line or record numbers, ascending, as `curate.reading.read_rows` gives them.

    Of JSON lines only these are parsed. Raises UserError.
    """
    wanted = np.array(sorted(set(lines)), np.int64)
    waiting = RawBatch(path)
    if not len(wanted):
        return
    for piece in read_pieces(path):
        if isinstance(piece, LineBlock):
            after = piece.first_line + len(piece)
            chosen = wanted[(wanted >= piece.first_line) & (wanted < after)]
            if not len(chosen):
                continue
            batch = piece.some_parsed(chosen - piece.first_line)
            kept = list(range(len(batch.lines)))
        else:
            batch, asked = piece, set(lines)
            kept = [i for i, line in enumerate(batch.lines) if line in asked]
        waiting.values += [batch.values[i] for i in kept]
        waiting.lines += [batch.lines[i] for i in kept]
        waiting.raw += [batch.raw[i] for i in kept]
        waiting.rows_met = len(waiting.lines)
        if waiting.rows_met >= BATCH_ROWS:
            yield waiting
            waiting = RawBatch(path)
        if batch.lines and batch.lines[-1] >= wanted[-1]:
            break
    if waiting.rows_met:
        yield waiting
