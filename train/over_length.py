"""Samples that are longer than a run allows: dropped, cut, split or refused, and counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from curate.schemas.options.train import OverLength
from curate.train.rendering_report import RenderingReport
from curate.train.samples import Sample, Way


def within(
    sample: Sample, max_length: int, policy: OverLength, place: str, report: RenderingReport
) -> list[Sample]:
    """What is left of `sample` under `policy`; what was done is counted in `report`."""
    if len(sample) <= max_length:
        return [sample]
    if policy is OverLength.RAISE:
        raise UserError(
            f"{place}: {len(sample)} tokens, and --max-length is {max_length}; shorten it, raise "
            "--max-length, or choose --over-length drop, cut or split"
        )
    if policy is OverLength.CUT and (cut := _cut_prompt(sample, max_length)) is not None:
        report.cut.append(place)
        return [cut]
    if policy is OverLength.SPLIT and (pieces := _split(sample, max_length)):
        report.split.append(place)
        return pieces
    report.dropped.append(place)
    return []


def _cut_prompt(sample: Sample, max_length: int) -> Sample | None:
    """`sample` without the middle of its prompt, or None when that is not enough.

    The prompt is what stands before the first learnt token. Its first quarter stays (instructions
    stand there), and so does its end (the question stands there).
    """
    prompt = int(np.argmax(sample.learnt))
    surplus = len(sample) - max_length
    if not sample.learnt.any() or prompt - surplus < 2:
        return None
    head = max(1, (prompt - surplus) // 4)
    keep = np.r_[0:head, head + surplus : len(sample)]
    return Sample(sample.ids[keep], sample.learnt[keep], sample.example, sample.way)


def _split(sample: Sample, max_length: int) -> list[Sample]:
    """Plain text in consecutive pieces; a conversation in one sample a learnt turn, prompts cut."""
    if sample.way is Way.TEXT:
        return [
            _piece(sample, start, start + max_length)
            for start in range(0, len(sample), max_length)
            if len(sample) - start > 1
        ]
    pieces = []
    for start, end in _runs(sample.learnt):
        learnt = np.zeros(end, dtype=np.bool_)
        learnt[start:end] = True
        one = Sample(sample.ids[:end], learnt, sample.example, sample.way)
        fitting = one if end <= max_length else _cut_prompt(one, max_length)
        if fitting is not None:
            pieces.append(fitting)
    return pieces


def _piece(sample: Sample, start: int, end: int) -> Sample:
    learnt = sample.learnt[start:end].copy()
    learnt[0] = False  # what it would be predicted from is in the piece before
    return Sample(sample.ids[start:end], learnt, sample.example, sample.way)


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The runs of True in `mask`, as half-open spans."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
