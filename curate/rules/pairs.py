"""The two sides of a preference, as turns and as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curate.schemas.preference_records import PreferenceRecord, split_transcript
from curate.schemas.turns import Message, assistant


def answers_of(record: dict[str, Any]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """What follows the shared prompt: the turns of the chosen and of the rejected side."""
    example = PreferenceRecord.model_validate(record).example()
    return example.chosen or (), example.rejected or ()


def whole_sides(record: dict[str, Any]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Both sides as they stand in the record, as turns."""
    preference = PreferenceRecord.model_validate(record)
    return _turns(preference.chosen), _turns(preference.rejected)


def text_of(turns: Sequence[Message]) -> str:
    """The text of the turns, a blank line between them."""
    return "\n\n".join(turn.text for turn in turns)


def shared_part(a: str, b: str) -> float:
    """How much of the longer text stands in both, at the start or at the end; from 0 to 1.

    One edit in the middle of a text leaves what is before and after it; it is what this measures,
    in linear time.
    """
    longer = max(len(a), len(b))
    if longer == 0:
        return 1.0
    start = shared_start(a, b)
    room = min(len(a), len(b)) - start
    end = min(shared_start(a[::-1], b[::-1]), room)
    return (start + end) / longer


def shared_start(a: str, b: str) -> int:
    """How many characters both texts have in common at the start."""
    shorter = min(len(a), len(b))
    return next((i for i in range(shorter) if a[i] != b[i]), shorter)


def _turns(side: str | list[Message]) -> tuple[Message, ...]:
    if isinstance(side, str):
        return split_transcript(side) or (assistant(side),)
    return tuple(side)
