"""How prose ends and which language it is in: the kernel must say what the expressions say."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate import textkernel
from curate.answer_form import _STARTED, _started
from curate.languages import language, language_of
from curate.prose import ends_of, sentence_end
from curate.rules.completion_copies_prompt import RULE, begins_alike
from curate.schemas.options.lint import LintOptions

_LONG = "It began well. And then the rain fell on all the houses of the town for days"
_PIECES = st.sampled_from(
    [
        *("It began well", "And then the rain fell on all the houses of the town", "a", "Zz", "7"),
        *(
            ".",
            "!",
            "?",
            '"',
            ")",
            " ",
            "  ",
            "\n",
            "\t",
            "\r\n",
            "```",
            "`",
            "|",
            "{",
            "<",
            ":",
            ";",
        ),
        *("#", "*", "=", "_", "\\", "@", "é", "”", "\u00a0", "\x00", "\x1c", "\x85", "x" * 200),
        *(". And then the rain fell on all the houses", '." Rain fell on all of the houses here'),
    ]
)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("The rain fell on all the houses of the town.", 1),
        ("The rain fell on all the houses of the town", 2),
        (_LONG + ".", 3),
        (_LONG, 4),
        (_LONG + "  \n", 4),
        (_LONG.replace(". ", ".\n"), None),
        ("def first():\n    return 1", None),
        ("Blue", None),
        (None, None),
    ],
)
def test_how_prose_ends(text: str | None, end: int | None) -> None:
    frame = pl.DataFrame({"completion": [text]}, schema={"completion": pl.String})
    assert frame.select(sentence_end())["completion"].to_list() == [end]


@pytest.mark.skipif(textkernel.load() is None, reason="the kernel is not built")
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.none() | st.lists(_PIECES, max_size=9).map("".join), max_size=20))
@example(texts=["a. B" + "c" * n + "d" for n in range(20, 200)])
@example(texts=["a." + " " * n + "B" + "c" * 170 + "d." for n in range(20, 40)])
def test_the_kernel_and_the_expressions_agree(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"completion": texts}, schema={"completion": pl.String})
    found = frame.select(kernel=sentence_end(), oracle=ends_of(pl.col("completion")))
    for text, ours, theirs in zip(texts, *found.to_dict(as_series=False).values(), strict=True):
        assert ours == theirs, text


_WORDS = st.sampled_from(
    [
        *(
            "the",
            "And",
            "to",
            "with",
            "YOU",
            "are",
            "that",
            "is",
            "of",
            "der",
            "die",
            "und",
            "ist",
            "le",
        ),
        *(
            "les",
            "nicht",
            "thé",
            "Straße",
            "them",
            "a1",
            "_to",
            "日本語のテキスト",
            "–",
            ".",
            "x" * 290,
            "{",
        ),
    ]
)


@pytest.mark.skipif(textkernel.load() is None, reason="the kernel is not built")
@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(st.none() | st.lists(_WORDS, max_size=14).map(" ".join), max_size=20),
    extra=st.text("theandto \n-_é1", max_size=12),
)
def test_the_kernel_and_the_expressions_agree_on_languages(
    texts: list[str | None], extra: str
) -> None:
    frame = pl.DataFrame({"completion": [*texts, extra]}, schema={"completion": pl.String})
    found = frame.select(kernel=language("completion"), oracle=language_of(pl.col("completion")))
    for text, ours, theirs in zip(
        frame["completion"], found["kernel"], found["oracle"], strict=True
    ):
        assert ours == theirs, text


_STARTS = st.sampled_from(
    [
        "Answer",
        "answer",
        "Final answer",
        "MODEL RESPONSE",
        "The",
        "a",
        "B",
        ":",
        ": ",
        "**",
        "] ",
        ">",
        "# ",
        "\n",
        " ",
        ". ",
        *("<answer>", "</output>", "\u3000", "\u00a0", "chatbot", "ans", "!", "?", "é", "to be"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.none() | st.lists(_STARTS, max_size=9).map("".join), max_size=30))
def test_answers_that_begin_oddly_are_those_that_the_expression_finds(
    texts: list[str | None],
) -> None:
    answers = pl.Series("completion", [*texts, "A" * 30, "Ä" * 30], dtype=pl.String)
    found = answers.str.contains(_STARTED).fill_null(False).arg_true()
    assert _started(answers).to_list() == found.to_list()


_OPENINGS = st.lists(
    st.sampled_from([*"abAB \n\t>*#-\"'“”.é—ÀK中", "İ", "ß", "  ", "abc"]), max_size=12
).map("".join)


@pytest.mark.skipif(textkernel.load() is None, reason="the kernel is not built")
@settings(max_examples=200, deadline=None)
@given(pairs=st.lists(st.tuples(_OPENINGS, st.none() | _OPENINGS), min_size=1, max_size=12))
@example(pairs=[("Kelvin", "\u212aelvin"), ("abc", '"ABCdef'), ("ab", "\n ab"), ("", "")])
def test_pairs_that_begin_alike_are_those_of_the_expression(
    pairs: list[tuple[str, str | None]],
) -> None:
    schema = {"prompt": pl.String, "completion": pl.String}
    frame = pl.DataFrame(pairs, schema=schema, orient="row")
    expected = frame.select(begins_alike().fill_null(False).alias("x"))["x"].to_list()
    found = frame.select(RULE.first(LintOptions()).alias("x"))["x"].to_list()  # type: ignore[misc]
    assert found == expected
