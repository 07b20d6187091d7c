"""TXT043: the last sentence has no end, in a set whose authors end their sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.patterns import regex
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.texts_again import texts_again
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# Where more sentences than this share have no final mark, leaving it out is a habit. Measured of single ones: 31% in
# answers that people wrote (Dolly), 1% in generated ones (Alpaca).
_HABIT = 0.05
_MOST_OPEN = 0.08  # of all sentences at the end of a text
_LEAST_SENTENCES = 20
# A file nearly all of whose outputs end with a mark, whatever they are and in whatever language.
_LEAST_ROWS, _MARKED = 50, 0.9
_MOST_READ = 2000
_SAID = "the completion ends without the end of its last sentence, which is rare in this file"

_WORD = regex(r"[^\W\d_]+")
_EAST_ASIAN = regex(r"[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_NO_PROSE = regex(r"[|{}<>=#@\\_`]|https?:|\w\(\w*\)")
_MARK = regex(r"[.!?。！？…؟।]")
_LEAST_LETTERS, _LEAST_WORDS, _LEAST_EAST_ASIAN = 25, 5, 8
_NAMES = 0.6  # of the words, with a capital: a title


def looks_cut(text: str) -> bool:
    """Whether a text without a final mark is prose that stops in a sentence, rather than a title, a list or a name."""
    text = text.strip()
    if (
        not text
        or text[0].islower()
        or not (text[-1].isalpha() or text[-1] in ",、，;；-–—")
        or _NO_PROSE.search(text)
    ):
        return False
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[-1]
    # Lines of a poem, of a list or below a letter have no marks either.
    if (
        len(lines) > 1
        and sum(_MARK.search(line[-2:]) is not None for line in lines[:-1]) * 2 < len(lines) - 1
    ):
        return False
    if re.match(r"(?:[-*•]|\d+[.)])\s", last) or (len(lines) > 1 and len(last.split()) <= 4):
        return False
    if _EAST_ASIAN.search(last):
        return len(_EAST_ASIAN.findall(last)) >= _LEAST_EAST_ASIAN
    words = _WORD.findall(last)
    if len(last) < _LEAST_LETTERS or len(words) < _LEAST_WORDS:
        return False
    named = sum(word[0].isupper() for word in words)
    letter = re.search(r"[.!?] [^\W\d_]$", last)  # the first letter of the next sentence
    return named < _NAMES * len(words) and (not words[-1][-1].isupper() or letter is not None)


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    features = ("file", "sentence_end", "has_output", "ends_a_sentence")
    rows = dataset.frame.lazy().select(*features).with_row_index("index").collect()
    for (_,), part in rows.group_by("file", maintain_order=True):
        found = {*_open_among_ended(part), *_cut(dataset, part)}
        for row in sorted(found):
            yield Hit(row, _SAID, column="completion")


def _open_among_ended(part: pl.DataFrame) -> list[int]:
    """English prose of several sentences, the last of which is open, where single sentences are ended too."""
    told = part.filter(pl.col("sentence_end").is_not_null())
    kinds = dict(told["sentence_end"].value_counts().iter_rows())
    open_ended = kinds.get(2, 0) + kinds.get(4, 0)
    singles = kinds.get(1, 0) + kinds.get(2, 0)
    by_habit = singles >= _LEAST_SENTENCES and kinds.get(2, 0) > _HABIT * singles
    if by_habit or open_ended > _MOST_OPEN * sum(kinds.values()):
        return []
    return told.filter(pl.col("sentence_end") == 4)["index"].to_list()


def _cut(dataset: Dataset, part: pl.DataFrame) -> list[int]:
    """Outputs in any language that stop in a sentence, where nearly all outputs end with a mark."""
    outputs = part.filter(pl.col("has_output"))
    unmarked = outputs.filter(~pl.col("ends_a_sentence"))["index"].to_list()
    if outputs.height < _LEAST_ROWS or len(unmarked) > min(
        _MOST_READ, (1 - _MARKED) * outputs.height
    ):
        return []
    texts = texts_again(dataset, unmarked, ("completion",))
    found = [row for row, (text,) in texts.items() if looks_cut(text or "")]
    return found if len(found) <= _MOST_OPEN * outputs.height else []


RULE = DatasetRule(
    about=About(
        code="TXT043",
        name="unfinished-sentence",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the last sentence has no end, where the file's sentences have one",
        reason="In a file whose sentences end with a mark, one that does not was probably cut at a length "
        "limit; the model learns to stop anywhere. Files whose authors leave the mark out are not reported.",
        example="Rain falls from clouds. It feeds the rivers and the lakes that people in the valley",
        remedy="Generate the answer again with a higher limit, or drop the row.",
        assumes="scripts with marks at the ends of sentences",
    ),
    features=("sentence_end", "has_output", "ends_a_sentence"),
    check=_check,
)
