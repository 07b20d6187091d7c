"""Signatures against datasketch, and bands against their arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from datasketch import MinHash  # type: ignore[import-untyped]  # has no type hints

from curate.signatures import TARGET_RECALL, Banding, choose_banding, permutations, signature


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99, 1.0])
def test_expected_recall_at_the_threshold(threshold: float) -> None:
    banding = choose_banding(threshold)
    assert banding.recall(threshold) >= TARGET_RECALL
    assert banding.values <= 256 or banding.rows == 1


def test_the_documented_bandings() -> None:
    assert choose_banding(0.8) == Banding(20, 5)
    assert choose_banding(0.7) == Banding(28, 4)
    assert choose_banding(0.9) == Banding(14, 8)


@pytest.mark.parametrize("seed", [0, 1, 7, 2**32 - 1])
def test_permutations_are_datasketchs(seed: int) -> None:
    banding = Banding(20, 5, seed)
    theirs = MinHash(num_perm=100, seed=seed, scheme="affine32").permutations
    assert np.array_equal(np.array(permutations(banding)), np.array(theirs))


def test_affine32_written_out() -> None:
    banding, mask = Banding(4, 2), 0xFFFFFFFF
    hashes = np.array([3, 1 << 31, 12345, mask], np.uint32)
    a, b = (x.tolist() for x in permutations(banding))

    def mixed(h: int) -> int:
        h ^= h >> 16
        h = h * 0x85EBCA6B & mask
        h ^= h >> 13
        h = h * 0xC2B2AE35 & mask
        return h ^ h >> 16

    expected = [
        min((a[k] * mixed(h) + b[k]) & mask for h in hashes.tolist()) for k in range(banding.values)
    ]
    assert signature(hashes, banding).tolist() == expected
