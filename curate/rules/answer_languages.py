"""In which languages the answers of a file are, and whether they are those of their prompts."""

from __future__ import annotations

import polars as pl

from curate.dataset import Dataset
from curate.languages import language_of
from curate.light_dataclass import dataclass
from curate.rules.samples import Sample
from curate.rules.texts_again import texts_again

_FEWEST_ROWS = 20
# Other languages than the main one make up to this share by mistake.
MOST_OTHERS = 0.08
# Where most of the others answer prompts in the main language, they are in the wrong one.
_LEAST_KNOWN, _STRAY = 5, 0.6
_MOST_READ = 5000


@dataclass(frozen=True, slots=True)
class AnswerLanguages:
    """The languages of the answers that could be told, of rows that speak of no language.

    `rows` has `index` (in `Dataset.frame`) and `completion_language`; `counts` is the most frequent first.
    """

    rows: pl.DataFrame
    counts: tuple[tuple[str, int], ...]

    @property
    def main(self) -> str:
        """The language of most answers."""
        return self.counts[0][0]

    @property
    def share(self) -> float:
        """The part of the answers that are in it."""
        return self.counts[0][1] / self.rows.height

    @property
    def one_language(self) -> bool:
        """Whether the others are so few that they are mistakes."""
        return 1 - self.share <= MOST_OTHERS

    @property
    def least(self) -> float:
        """So many answers make a language of the set."""
        return MOST_OTHERS / 2 * self.rows.height

    def first(self, name: str) -> int:
        """The first row whose answer is in a language."""
        return int(self.rows.filter(pl.col("completion_language") == name)["index"][0])

    def strays(self, dataset: Dataset, file: int) -> list[tuple[int, str, str]] | None:
        """(row, language of the answer, that of the prompt) where they differ though most answers follow their prompts.

        None where the languages of the set are not mixed in this way.
        """
        sample = dataset.collector(Sample).of(dataset, file).join(self.rows, on="index")
        asked = sample.with_columns(language_of(pl.col("prompt")).alias("asked")).filter(
            pl.col("asked").is_not_null()
        )
        main: list[str] = asked["asked"].mode().sort().to_list()
        if (
            not main
            or asked.filter(pl.col("asked") == main[0]).height < (1 - MOST_OTHERS) * asked.height
        ):
            return None  # prompts in several languages
        usual = main[0]
        others = self.rows.filter(pl.col("completion_language") != usual)
        told = asked.filter(pl.col("completion_language") != usual)
        stray = told.filter(pl.col("asked") == usual).height
        # Where most answers are in another language than all prompts, that is the task.
        if (
            others.height > 0.5 * self.rows.height
            or told.height < _LEAST_KNOWN
            or stray < _STRAY * told.height
        ):
            return None
        named = dict(others.select("index", "completion_language").iter_rows())
        texts = texts_again(dataset, list(named)[:_MOST_READ], ("prompt",))
        prompts = pl.Series("prompt", [text for (text,) in texts.values()], dtype=pl.String)
        languages = prompts.to_frame().select(language_of(pl.col("prompt"))).to_series()
        return [
            (row, str(named[row]), usual)
            for row, spoken in zip(texts, languages, strict=True)
            if spoken == usual
        ]


def languages_of(dataset: Dataset, file: int) -> AnswerLanguages | None:
    """The languages of a file's answers; None where too few can be told."""
    frame = dataset.frame.lazy().select("file", "completion_language", "names_language")
    rows = (
        frame.with_row_index("index")
        # Translations and the like say nothing of the language that the set speaks.
        .filter(
            (pl.col("file") == file)
            & pl.col("completion_language").is_not_null()
            & ~pl.col("names_language")
        )
        .select("index", "completion_language")
        .collect()
    )
    if rows.height < _FEWEST_ROWS:
        return None
    counts = rows["completion_language"].value_counts(sort=True).rows()
    return AnswerLanguages(rows, tuple((str(name), int(n)) for name, n in counts))
