"""Code in another programming language than nearly all other code of the set, although the prompt does not ask for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from curate.code_languages import CLOSE, has_signs, language_of, languages_of, named_in
from curate.dataset import Dataset
from curate.rules.output_contracts import judged
from curate.rules.protocol import Hit
from curate.rules.texts_again import texts_again

# Of the first outputs so many are looked at to know the set's language, which nearly all with signs of any must have.
_SAMPLED, _TOLD, _NEARLY_ALL = 400, 50, 0.9
_FEW, _MOST_READ = 0.08, 2000


def in_another_language(dataset: Dataset, file: int) -> Iterator[Hit]:
    """The rows of a file of code whose code is surely in another language than that of nearly all others."""
    places = (dataset.frame["file"] == file).arg_true().to_list()
    signs = [languages_of(text) for text in _texts(dataset, places[:_SAMPLED])]
    told = Counter(language for languages in signs for language in languages)
    usual, count = told.most_common(1)[0] if told else ("", 0)
    if count < max(_TOLD, _NEARLY_ALL * sum(map(bool, signs))):
        return
    found: dict[int, str] = {}
    for row, text in zip(places, _texts(dataset, places), strict=True):
        if text and not has_signs(usual, text):
            language = language_of(text)
            if language is not None and not any({language, usual} <= close for close in CLOSE):
                found[row] = language
    if len(found) > min(_FEW * len(places), _MOST_READ):
        return
    for row, (prompt,) in texts_again(dataset, list(found), ("prompt",)).items():
        # What names a language is either answered in it, or told by the prompt alone.
        if not named_in(prompt or ""):
            said = f"the code is {found[row]}; nearly all others are {usual}"
            yield Hit(row, said, column="completion")


def _texts(dataset: Dataset, places: list[int]) -> Iterator[str]:
    """What contracts are about in these rows, in their order; empty where there is nothing."""
    for rows in dataset.read_again(places):
        yield from ((text or "").strip() for text in judged(rows).to_list())
