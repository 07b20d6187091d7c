"""The C kernel computes what the Python definition computes, to the last bit."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import kernel
from curate.clusters import Mode
from curate.engines import DatasketchEngine
from curate.kernel import KernelEngine
from curate.shingles import Shingling, Unit, shingle_hashes, tokenise
from curate.signatures import Banding, choose_banding, signature
from curate.texts import TextBatch

KERNEL = kernel.load()
pytestmark = pytest.mark.skipif(KERNEL is None, reason="the C kernel was not built")

AWKWARD = [
    "",
    " ",
    "\0",
    "a\0b",
    "one",
    "ABCDEFGH",  # exactly eight bytes: the ending zero stands in the next word
    "ABCDEFGHIJKLMNOP tail",
    "under_score __x__ 3.14",
    "Straße GROSSE ẞ ŉ ΐ ﬃ İstanbul ıI",
    "ΌΣΟΣ ς Σ",
    "日本語のテキストです",
    "日本 and more English than Chinese here",
    "สวัสดีครับ ไทย",
    "ພາສາລາວ ភាសាខ្មែរ မြန်မာဘာသာ",
    "한국어 문장은 띄어쓰기를 합니다",
    "שלום עולם مرحبا بالعالم",
    "e\u0301 a\u0308 हिन्दी में",
    "😀👍🏽 emoji 🇩🇪",
    "\ud800 lone \udfff surrogates",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠮷野家",
    "x" * 5000,
    "Ω" * 5000,
    "ΐ" * 3000,
    "吉" * 3000,
    "\U0010ffff",
]
texts_strategy = st.lists(
    st.one_of(
        st.sampled_from(AWKWARD),
        st.text(max_size=60),
        st.text(alphabet="aB c_9.ßΣé日本ท\u0301", max_size=80),
    ),
    max_size=8,
)
units = st.sampled_from(["auto", "word", "char"])


@pytest.fixture(name="engine")
def engine_fixture() -> KernelEngine:
    assert KERNEL is not None
    return KERNEL


def check(texts: list[str], unit: Unit, ngram: int) -> None:
    assert KERNEL is not None
    shingling, banding = Shingling(unit, ngram), Banding(6, 3, seed=5)
    batch, python = TextBatch.of(texts), DatasketchEngine()
    ours, theirs = (
        KERNEL.sketch(batch, shingling, banding),
        python.sketch(batch, shingling, banding),
    )
    assert ours.tokens.tolist() == theirs.tokens.tolist()
    assert ours.digests.tolist() == theirs.digests.tolist()
    assert ours.keys.tolist() == theirs.keys.tolist()
    sets, expected = KERNEL.sets(batch, shingling), python.sets(batch, shingling)
    for i in range(len(texts)):
        assert sorted(sets.row(i).tolist()) == expected.row(i).tolist()
    rows, expected_rows = KERNEL.tokens(batch, shingling), python.tokens(batch, shingling)
    assert rows.tokens.values.tolist() == expected_rows.tokens.values.tolist()
    assert rows.tokens.offsets.tolist() == expected_rows.tokens.offsets.tolist()
    counts = np.diff(rows.tokens.offsets)
    assert rows.characters[counts > 0].tolist() == expected_rows.characters[counts > 0].tolist()


@pytest.mark.parametrize("unit", ["auto", "word", "char"])
@pytest.mark.parametrize("ngram", [1, 3, 5])
def test_awkward_texts(unit: Unit, ngram: int) -> None:
    check(AWKWARD, unit, ngram)


@settings(max_examples=60, deadline=None)
@given(texts_strategy, units, st.integers(1, 7))
def test_any_texts(texts: list[str], unit: Unit, ngram: int) -> None:
    check(texts, unit, ngram)


def test_every_code_point_is_classed_and_folded_as_python_does(engine: KernelEngine) -> None:
    texts = [chr(c) for c in range(0x110000) if chr(c).isalnum() or chr(c).casefold() != chr(c)]
    texts += [chr(c) for c in range(0x3000)]
    rows = engine.tokens(TextBatch.of(texts), Shingling("word"))
    for i, text in enumerate(texts):
        assert rows.tokens.row(i).tolist() == tokenise(text, Shingling("word")).hashes.tolist(), (
            text
        )


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.95])
def test_signatures_are_datasketchs(engine: KernelEngine, threshold: float) -> None:
    random = np.random.default_rng(0)
    texts = [
        " ".join(f"w{i}" for i in random.integers(0, 500, size)) for size in (1, 4, 5, 6, 50, 700)
    ]
    banding, shingling = choose_banding(threshold), Shingling()
    _, signed = engine.sketch_and_sign(TextBatch.of(texts), shingling, banding, signatures=True)
    assert signed is not None
    for row, text in zip(signed, texts, strict=True):
        hashes = shingle_hashes(tokenise(text, shingling), 5) >> np.uint64(32)
        assert row.tolist() == signature(hashes.astype(np.uint32), banding).tolist()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_clusters_are_pythons(data: st.DataObject) -> None:
    assert KERNEL is not None
    # Few words and short texts make many collisions, chains and ties.
    words = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=9)
    texts = [" ".join(w) for w in data.draw(st.lists(words, min_size=2, max_size=40))]
    shingling, banding = Shingling("word", 2), Banding(8, 1)
    modes: list[Mode] = ["representative", "single", "match"]
    mode = data.draw(st.sampled_from(modes))
    threshold = data.draw(st.sampled_from([0.2, 0.5, 0.75, 1.0]))
    batch, python = TextBatch.of(texts), DatasketchEngine()
    keys = KERNEL.sketch(batch, shingling, banding).keys
    sets = python.sets(batch, shingling)
    cut = data.draw(st.integers(0, len(texts)))
    offsets = np.array([0, cut, len(texts)] if 0 < cut < len(texts) else [0, len(texts)], np.int64)
    fixed = np.array([data.draw(st.integers(0, int(n))) for n in np.diff(offsets)], np.int64)
    if mode == "single":
        fixed[:] = 0
    ours = KERNEL.cluster(keys, sets, offsets, fixed, threshold, mode)
    theirs = python.cluster(keys, sets, offsets, fixed, threshold, mode)
    assert ours.keeper.tolist() == theirs.keeper.tolist()
    assert ours.similarity.tolist() == theirs.similarity.tolist()
    assert ours.link.tolist() == theirs.link.tolist()
    assert ours.link_similarity.tolist() == theirs.link_similarity.tolist()
    assert ours.compared == theirs.compared


@pytest.mark.parametrize("mode", ["representative", "match"])
@pytest.mark.parametrize("threshold", [0.4, 0.6, 0.8, 1.0])
def test_clusters_of_large_groups_are_pythons(mode: Mode, threshold: float) -> None:
    assert KERNEL is not None
    draw = random.Random(7)
    words = ["river", "stone", "light", "garden", "table", "window"]
    texts = [
        f"Tell me about {' '.join(draw.choices(words, k=draw.randint(1, 3)))} and then say "
        f"{draw.choice(words)} to user{draw.randint(0, 9)} twice"
        for _ in range(700)
    ]
    batch, shingling, banding = TextBatch.of(texts), Shingling("word", 2), Banding(12, 2)
    sets, keys = KERNEL.sets(batch, shingling), KERNEL.sketch(batch, shingling, banding).keys
    offsets, fixed = np.array([0, 20, 700], np.int64), np.array([3, 50], np.int64)
    ours = KERNEL.cluster(keys, sets, offsets, fixed, threshold, mode)
    theirs = DatasketchEngine().cluster(keys, sets, offsets, fixed, threshold, mode)
    assert ours.keeper.tolist() == theirs.keeper.tolist()
    assert ours.similarity.tolist() == theirs.similarity.tolist()
    assert (ours.keeper != np.arange(700)).any()


@pytest.mark.parametrize("threshold", [0.1, 0.6, 0.9])
def test_clusters_of_rows_of_all_sizes_are_pythons(threshold: float) -> None:
    assert KERNEL is not None
    draw = random.Random(11)
    story = [f"word{i}" for i in range(420)]
    texts = []
    for _ in range(530):
        words = story[draw.randint(0, 6) : draw.choice([8, 40, 90, 250, 300, 420])]
        for _ in range(draw.randint(0, 6)):
            words[draw.randrange(len(words))] = draw.choice("abc")
        texts.append(" ".join(words) or "a")
    batch, shingling, banding = TextBatch.of(texts), Shingling("word", 2), Banding(6, 1)
    sets, keys = KERNEL.sets(batch, shingling), KERNEL.sketch(batch, shingling, banding).keys
    offsets, fixed = np.array([0, 530], np.int64), np.array([10], np.int64)
    ours = KERNEL.cluster(keys, sets, offsets, fixed, threshold, "representative")
    theirs = DatasketchEngine().cluster(keys, sets, offsets, fixed, threshold, "representative")
    assert ours.keeper.tolist() == theirs.keeper.tolist()
    assert ours.similarity.tolist() == theirs.similarity.tolist()
    assert 0 < np.count_nonzero(ours.keeper != np.arange(530)) < 520


def test_rows_of_one_template_are_not_all_compared_with_each_other() -> None:
    assert KERNEL is not None
    draw = random.Random(7)
    words = [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "river",
        "stone",
        "light",
        "garden",
        "table",
        "window",
        "market",
    ]
    count = 4000
    texts = [
        f"Tell me about {' '.join(draw.choices(words, k=6))} for user{i} at once. As a model "
        f"that was made with care I can help with {' '.join(draw.choices(words, k=6))} today"
        for i in range(count)
    ]
    batch, shingling, banding = TextBatch.of(texts), Shingling(), Banding(40, 3)
    sets, keys = KERNEL.sets(batch, shingling), KERNEL.sketch(batch, shingling, banding).keys
    offsets, fixed = np.array([0, count], np.int64), np.zeros(1, np.int64)
    found = KERNEL.cluster(keys, sets, offsets, fixed, 0.6, "representative")
    assert found.compared < 10 * count


def test_threads_that_meet_unicode_first_at_the_same_time() -> None:
    code = (
        "import threading\n"
        "from curate import kernel\n"
        "from curate.shingles import Shingling\n"
        "from curate.texts import TextBatch\n"
        "engine, batch, seen = kernel.load(), TextBatch.of(['Ünïcode 日本語 ẞ'] * 200), []\n"
        "def work():\n"
        "    seen.append(engine.tokens(batch, Shingling()).tokens.values.tobytes())\n"
        "threads = [threading.Thread(target=work) for _ in range(8)]\n"
        "[t.start() for t in threads]\n"
        "[t.join() for t in threads]\n"
        "assert len(seen) == 8 and len(set(seen)) == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
