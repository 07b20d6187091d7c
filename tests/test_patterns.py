"""Regular expressions are compiled at their first use, and then are what `re.compile` gives."""

from __future__ import annotations

import copy
import re
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate import patterns, word_marks
from curate.patterns import _OFTEN, Topic, regex, words_of
from curate.shared_library import short_calls
from curate.word_marks import ALL, Known, word_table


def test_nothing_is_compiled_before_the_first_use() -> None:
    broken = regex(r"(unclosed")
    with pytest.raises(re.error):
        broken.search("text")


def test_it_answers_as_re_does() -> None:
    ours, theirs = regex(r"(\w)(\d+)", re.IGNORECASE), re.compile(r"(\w)(\d+)", re.IGNORECASE)
    text = "a12 B3 c 45"
    for _ in range(2):
        assert ours.findall(text) == theirs.findall(text)
        assert ours.sub("x", text) == theirs.sub("x", text)
        assert [m.span(2) for m in ours.finditer(text)] == [
            m.span(2) for m in theirs.finditer(text)
        ]
        assert ours.fullmatch(text) is None
    assert (ours.pattern, ours.flags, ours.groups) == (theirs.pattern, theirs.flags, theirs.groups)


def test_it_can_be_copied_before_and_after_its_first_use() -> None:
    one = regex("a")
    assert copy.deepcopy(one).findall("banana") == ["a"] * 3
    assert one.findall("banana") == copy.copy(one).findall("banana")


def test_importing_the_rules_compiles_next_to_nothing() -> None:
    code = (
        "import re, pydantic, polars, numpy\n"
        "from re import _compiler\n"
        "seen, compile_ = [], _compiler.compile\n"
        "def counted(pattern, flags=0):\n"
        "    seen.append(pattern)\n"
        "    return compile_(pattern, flags)\n"
        "_compiler.compile = counted\n"
        "import curate.linting\n"
        "assert len(seen) < 20, seen\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\b(?:area|volume) of\b", ("area of", "volume of")),
        (r"(?<!\w)sum(?= of)", ("sum",)),
        (r"(?<=the )mean|(?!x)median", ("mean", "median")),
        (r"(a)\1", ()),
        (r"(?P<one>x)(?P=one)", ()),
        (r"[a-z]+", ()),
        (r"caf\u00e9|tea", ("tea", "\x80")),
        (r"no|none|no one", ("no",)),
        (r"binary [01]{6,16}", ("binary 0", "binary 1")),  # not that there is a long number
        (r"how many [a-z][ab]", ("how many",)),  # of very many, the beginnings
    ],
)
def test_the_words_of_an_expression(pattern: str, words: tuple[str, ...]) -> None:
    assert words_of(re.compile(pattern)) == words


def test_the_table_says_what_the_expressions_say() -> None:
    table = word_table()
    assert len(table) > 200
    for pattern in sorted(table)[::10]:
        assert tuple(table[pattern]) == patterns._words_in(pattern), pattern


def test_an_expression_beyond_the_table_is_read() -> None:
    assert r"(?:zebras|gnus) of" not in word_table()
    assert words_of(re.compile(r"(?:zebras|gnus) of")) == ("gnus of", "zebras of")


def test_texts_looked_at_in_turns_are_kept_apart() -> None:
    area, prime = regex("area|volume", re.I), regex("prime|composite", re.I)
    for _ in range(_OFTEN + 5):
        assert area.search("The AREA.")
        assert not area.search("A Prime.")
        assert prime.search("A Prime.")
        assert not prime.search("The AREA.")
        assert not prime.search("Neither.")


_ATOMS = st.sampled_from(
    [
        *(
            "a",
            "B",
            "k",
            " ",
            "ab",
            "_",
            r"\d",
            r"\w",
            r"\s",
            ".",
            "[abc]",
            "[^a]",
            r"\.",
            "\u00e9",
        ),
        *(r"\b", "^", "$", "(?<!a)", "(?=b)", "(?!b)", "(?<=k)", "\u017f", "-"),
    ]
)
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda p: f"(?:{'|'.join(p)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,3}?"])).map(
            lambda p: f"(?:{p[0]}){p[1]}"
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(
    pattern=_PATTERNS,
    flags=st.sampled_from([0, re.I, re.I | re.A, re.M]),
    texts=st.lists(st.text("aAbBkK\u212as\u017f 1\u00e9.-\u0130i\n_", max_size=12), max_size=20),
)
def test_looking_for_words_first_hides_no_match(pattern: str, flags: int, texts: list[str]) -> None:
    ours, theirs = regex(pattern, flags), re.compile(pattern, flags)
    for _ in range(_OFTEN + 2):
        assert (ours.search("") is None) == (theirs.search("") is None)
    for text in texts:
        found, expected = ours.search(text), theirs.search(text)
        assert (found and found.span()) == (expected and expected.span()), text
        every = [match.span() for match in ours.finditer(text)]
        assert every == [match.span() for match in theirs.finditer(text)], text


# A few expressions of the rules, with texts made of their words: most of them nearly match.
_RULES = [pattern for pattern, words in sorted(word_table().items()) if words][::9]
_PIECES = sorted({word for pattern in _RULES for word in word_table()[pattern]})
_NEAR = st.lists(
    st.sampled_from([*_PIECES, " ", "12", " is ", "\n", "K", "\u212a", "\u00e9"]), max_size=9
)


@pytest.fixture(params=["marked by the kernel", "asked word by word"])
def marking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "asked word by word":
        monkeypatch.setattr(word_marks, "_marker", lambda: None)
    monkeypatch.setattr(word_marks, "_WORTH_PREPARING", 0)
    monkeypatch.setattr(word_marks, "latest", [Known(""), Known("")])
    monkeypatch.setattr(patterns, "latest", word_marks.latest)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pieces=_NEAR, upper=st.booleans())
def test_a_topic_hides_no_match(marking: None, pieces: list[str], upper: bool) -> None:
    text = "".join(pieces).upper() if upper else "".join(pieces)
    topic = Topic(*_OURS)
    which = set(topic.which(text))
    assert topic.may_match(text) == bool(which)
    for place, pattern in enumerate(_RULES):
        expected = re.search(pattern, text, re.I)
        if expected:
            assert place in which, pattern
        found = _OURS[place].search(text)  # the text has marks now, where there is a kernel
        assert (found and found.span()) == (expected and expected.span()), pattern
        assert _OURS[place].findall(text) == re.findall(pattern, text, re.I)


_OURS = [regex(pattern, re.I) for pattern in _RULES]


def test_the_marks_of_a_text_are_those_of_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    if short_calls() is None:
        pytest.skip("the kernel was not built")
    monkeypatch.setattr(word_marks, "_WORTH_PREPARING", 0)
    for text in ("What is the SUM of 3 and 4?", "Prime numbers", "a\0sum of 3 plus 4 is 7"):
        marks = word_marks.marked(text).marks
        assert marks is not None
        for words in map(tuple, word_table().values()):
            if words and word_marks.mark_of(words) != ALL:
                assert bool(marks & word_marks.mark_of(words)) == any(
                    w in text.lower() for w in words
                )
    assert word_marks.marked("\u212aelvin").marks == ALL


def test_expressions_beyond_the_last_mark_ask_word_by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    known = next(pattern for pattern, words in word_table().items() if words == ["determinant"])
    monkeypatch.setattr(word_marks, "_MOST_MARKS", 0)
    one = regex(known)
    for text in ("the determinant of it", "the volume of it", "determ\u0131nant"):
        word_marks.marked(text)
        assert bool(one.search(text)) == bool(re.search(known, text))
    assert Topic(one).may_match("the determinant of it")


def test_no_text_keeps_the_marks_of_another() -> None:
    topic = Topic(regex(r"\bdeterminant\b"))
    for _ in range(3):
        assert topic.may_match("the determinant of it")
        assert not topic.may_match("the volume of it")
        assert topic.may_match("a determinant of mine")


def test_an_expression_whose_words_stand_nowhere_is_not_compiled() -> None:
    known = next(pattern for pattern, words in word_table().items() if words == ["determinant"])
    one = regex(known)
    assert one.search("no such word") is None
    assert "_compiled" not in vars(one)
