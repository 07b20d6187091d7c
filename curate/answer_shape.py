"""What free answers share in their shape: words at their ends, or marks between their parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from curate.light_dataclass import dataclass
from curate.patterns import regex

# Answers of one shape in this share of the rows.
_SHARED = 0.8
_FRAME_WORDS = 3
# A sentence has a comma and a full stop anywhere; what is left are marks that part fields.
_CONTENT = regex(r"[\w\s.,'’\"“”%$€£!?&]+")
_LINE_END = regex(r"(?<!\s)\s*\n\s*")
_FEWEST_MARKS = 2
_MOST_MARKS = 40
_WORD = regex(r"\w+")
# Words met in this share of the answers are codes of the form, and no knowledge.
_CODE_SHARE = 0.03
_FEWEST_CODES = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """What most answers share: said in words, and the numbers of the answers that have it.

    `codes` are the words that come up again and again in a form of fields.
    """

    said: str
    rows: tuple[int, ...]
    codes: frozenset[str] = frozenset()


def frame_of(answers: Sequence[str]) -> Shape | None:
    """Words that (nearly) all answers begin or end with; None where there are none."""
    for name, cut in (("begin", slice(_FRAME_WORDS)), ("end", slice(-_FRAME_WORDS, None))):
        ends = [" ".join(answer.split()[cut]) for answer in answers]
        found = _commonest(ends)
        if found is not None:
            words, rows = found
            return Shape(f"{len(rows):,} of {len(answers):,} answers {name} with {words!r}", rows)
    return None


def layout_of(answers: Sequence[str]) -> Shape | None:
    """The marks that part the fields of (nearly) all answers, as in `CODE | DAY | 1630`."""
    found = _commonest([_layout(answer) for answer in answers])
    if found is None:
        return None
    marks, rows = found
    met = Counter(word for i in rows for word in set(_WORD.findall(answers[i])))
    least = max(_FEWEST_CODES, _CODE_SHARE * len(rows))
    return Shape(
        f"{len(rows):,} of {len(answers):,} answers have the form {marks!r}",
        rows,
        frozenset(word for word, count in met.items() if count >= least),
    )


def _layout(answer: str) -> str:
    """The answer's marks, with … for what stands between them; empty where there are few."""
    # Lines are fields, too; a mark that no text holds stands for their ends.
    marks = _CONTENT.sub("…", _LINE_END.sub("¶", answer.strip()))
    count = len(marks) - marks.count("…")
    return marks if _FEWEST_MARKS <= count <= _MOST_MARKS else ""


def _commonest(shapes: Sequence[str]) -> tuple[str, tuple[int, ...]] | None:
    """The commonest shape and its rows, where most rows have it."""
    shape, count = Counter(shapes).most_common(1)[0]
    if not shape or count < _SHARED * len(shapes):
        return None
    return shape, tuple(i for i, other in enumerate(shapes) if other == shape)
