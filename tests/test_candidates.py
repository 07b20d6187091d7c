"""Groups of candidates against a plain graph search, on both engines, in memory and on disk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import kernel
from curate.candidates import Link, band_columns, group, link_python

LINKS: list[Link] = [link_python]
if (engine := kernel.load()) is not None:
    LINKS.append(engine.link)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14),
    st.randoms(use_true_random=False),
    st.sampled_from(LINKS),
)
def test_groups_are_connected_components(
    keys: list[tuple[int, int]], random: object, link: Link
) -> None:
    columns = np.array(keys, np.uint32).reshape(-1, 2).T.copy()
    order = np.random.default_rng(len(keys)).permutation(len(keys)).astype(np.int64)
    left, expected = set(range(len(keys))), []
    while left:
        group_, frontier = set(), {min(left)}
        while frontier:
            rank = frontier.pop()
            group_.add(rank)
            mine = columns[:, order[rank]]
            frontier |= {r for r in left - group_ if (columns[:, order[r]] == mine).any()}
        left -= group_
        if len(group_) > 1:
            expected.append(sorted(group_))
    groups = group(columns, order, link)
    found = [
        groups.ranks[groups.offsets[g] : groups.offsets[g + 1]].tolist() for g in range(len(groups))
    ]
    assert found == expected


@pytest.mark.parametrize("memory", [None, 1 << 20])
def test_columns_beyond_the_memory_are_on_disk(memory: int | None) -> None:
    with band_columns(20, 10_000, memory) as columns:
        assert isinstance(columns, np.memmap) == (memory is not None)
        columns[:, 5] = 7
        assert columns.shape == (20, 10_000)
        assert columns.sum() == 140
