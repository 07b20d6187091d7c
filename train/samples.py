"""What the model sees of an example: token ids, and which of them are learnt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Way(StrEnum):
    """How the learnt tokens of a sample were found."""

    GENERATION_TAGS = "generation tags"
    PREFIX = "prefix"
    ONE_PER_TURN = "one sample a turn"
    TEXT = "plain text"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What the model sees of one example (or of one turn of it).

    Attributes:
        ids: token ids, shape [length].
        learnt: which tokens the loss is over, shape [length]; the first token never is, since
            nothing comes before it to predict it from.
        example: number of the example it was made from, in the order they were given.
        way: how `learnt` was found.
    """

    ids: NDArray[np.int32]
    learnt: NDArray[np.bool_]
    example: int
    way: Way

    def __post_init__(self) -> None:
        if self.ids.shape != self.learnt.shape or self.learnt[:1].any():
            raise ValueError("one flag for each token, and the first is never learnt")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def highest_id(self) -> int:
        """The largest token id."""
        return int(self.ids.max())

    @property
    def learnt_count(self) -> int:
        """How many tokens the loss is over."""
        return int(self.learnt.sum())


def preview_segments(
    sample: Sample, tokenizer: PreTrainedTokenizerBase
) -> Iterable[tuple[str, bool]]:
    """The text of `sample` in pieces, each learnt or not, exactly as the model sees it."""
    start = 0
    for end in range(1, len(sample) + 1):
        if end == len(sample) or sample.learnt[end] != sample.learnt[start]:
            yield str(tokenizer.decode(sample.ids[start:end].tolist())), bool(sample.learnt[start])
            start = end
