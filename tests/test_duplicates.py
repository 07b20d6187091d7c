"""The front door of the near-duplicate pipeline, against brute force."""

from __future__ import annotations

import itertools
import random

import pytest

from curate.duplicates import clusters_of, near_duplicates, near_matches
from curate.engines import EngineName
from curate.shingles import Shingling, jaccard

WORDS = [f"w{i}" for i in range(3000)]
ENGINES: tuple[EngineName, ...] = ("local", "datasketch")


def corpus(rows: int, seed: int) -> list[str]:
    """Random texts, a third of which are edited copies of earlier ones."""
    random_ = random.Random(seed)
    texts: list[str] = []
    for _ in range(rows):
        if texts and random_.random() < 0.35:
            words = random_.choice(texts).split()
            for _ in range(random_.randrange(4)):
                if words:
                    words[random_.randrange(len(words))] = random_.choice(WORDS)
            text = " ".join(words)
            texts.append(random_.choice([text, text.upper(), text.replace(" ", ",  ")]))
        else:
            texts.append(" ".join(random_.choices(WORDS, k=random_.randrange(1, 90))))
    return texts


def true_pairs(texts: list[str], threshold: float) -> set[tuple[int, int]]:
    shingling = Shingling()
    sets = [shingling.shingles(t) for t in texts]
    return {
        (i, j)
        for i, j in itertools.combinations(range(len(texts)), 2)
        if jaccard(sets[i], sets[j]) >= threshold
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_texts_that_are_not_alike_stay(engine: EngineName) -> None:
    texts = ["", "", "!!!", "!!!", "one", "two", "a b c d", "a b c e", "日本", "日本人"]
    verdicts = near_duplicates(texts, engine=engine)
    assert verdicts.removed.tolist() == []
    assert clusters_of(verdicts.keeper, verdicts.similarity) == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9, 1.0])
def test_representatives_against_brute_force(engine: EngineName, threshold: float) -> None:
    texts = corpus(240, seed=int(threshold * 10))
    shingling = Shingling()
    sets = [shingling.shingles(t) for t in texts]
    verdicts = near_duplicates(texts, threshold=threshold, engine=engine)
    gone = set(verdicts.removed.tolist())
    for row in gone:
        keeper = int(verdicts.keeper[row])
        assert keeper not in gone
        assert keeper < row
        assert verdicts.similarity[row] == jaccard(sets[row], sets[keeper]) >= threshold
    assert all(i in gone or j in gone for i, j in true_pairs(texts, threshold))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_single_linkage_is_the_connected_components(engine: EngineName, threshold: float) -> None:
    texts = corpus(240, seed=7)
    component = list(range(len(texts)))
    for i, j in sorted(true_pairs(texts, threshold)):
        low, high = sorted((component[i], component[j]))
        component = [low if c == high else c for c in component]
    verdicts = near_duplicates(texts, threshold=threshold, linkage="single", engine=engine)
    assert verdicts.keeper.tolist() == component
    assert all(verdicts.link_similarity[verdicts.removed] >= threshold)


@pytest.mark.parametrize("engine", ENGINES)
def test_matches_with_references(engine: EngineName) -> None:
    texts, references = corpus(150, seed=1), corpus(150, seed=2)
    texts += references[::10]
    shingling = Shingling()
    theirs = [shingling.shingles(t) for t in references]
    expected = {}
    for i, text in enumerate(texts):
        mine = shingling.shingles(text)
        values = [jaccard(mine, other) for other in theirs]
        if max(values) >= 0.8:
            expected[i] = (values.index(max(values)), max(values))
    found = near_matches(texts, references, engine=engine)
    assert {m.row: (m.reference, m.similarity) for m in found} == expected


def test_priority_says_who_stays() -> None:
    text = " ".join(WORDS[:40])
    verdicts = near_duplicates([text, text + " more", "other", text], priority=[1, 5, 2, 1])
    assert verdicts.keeper.tolist() == [1, 1, 2, 1]
    (cluster,) = clusters_of(verdicts.keeper, verdicts.similarity)
    assert cluster.members == (0, 1, 3)
    assert cluster.keeper == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_the_number_of_threads_changes_nothing(engine: EngineName) -> None:
    texts = corpus(300, seed=3)
    first = near_duplicates(texts, threads=1, engine=engine)
    for threads in (2, 8):
        other = near_duplicates(texts, threads=threads, engine=engine)
        assert other.keeper.tolist() == first.keeper.tolist()
        assert other.similarity.tolist() == first.similarity.tolist()
