"""MinHash signatures and band keys: how near duplicates find each other without comparing all pairs.

Signatures are datasketch 2's `affine32` scheme (MurmurHash3's 32-bit finaliser, then a·h + b modulo
2³², minimum over the set) for the same seed and the same 32-bit hashes, bit for bit; the shingle's
32-bit hash is the upper half of its 64-bit one. A signature is cut into bands of `rows` values, and
each band is hashed to a 32-bit key: two texts that share a key are candidates, which are always
verified, so a chance collision (n²/2³³ of them in each band) costs time and never a row.

Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3: two sets of similarity s share
at least one of b bands of r values with probability 1 − (1 − sʳ)ᵇ.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from curate.light_dataclass import dataclass
from curate.shingles import Shingling, Tokenised, digest, shingle_hashes, tokenise

U32 = NDArray[np.uint32]

DEFAULT_SEED = 1  # datasketch's default
# Expected share of the pairs lying exactly at the threshold that become candidates; those above
# the threshold fare better still.
TARGET_RECALL = 0.9995
_MOST_VALUES = 128
_MOST_VALUES_BELOW_06 = 256
_MOST_ROWS = 16

_MT_WORDS, _MT_FILL = 624, 1812433253
_M32A, _M32B = 0x85EBCA6B, 0xC2B2AE35
_BAND = 0x9E3779B97F4A7C15
_BAND_STEP = 0xD6E8FEB86659FD93


@dataclass(frozen=True)
class Banding:
    """How many bands, of how many values each, from which seed."""

    bands: int
    rows: int
    seed: int = DEFAULT_SEED

    @property
    def values(self) -> int:
        """Length of the signature."""
        return self.bands * self.rows

    def recall(self, similarity: float) -> float:
        """The probability that a pair of this Jaccard similarity shares at least one band."""
        return 1.0 - (1.0 - similarity**self.rows) ** self.bands


def choose_banding(threshold: float, seed: int = DEFAULT_SEED) -> Banding:
    """The longest bands (fewest needless candidates) that keep `TARGET_RECALL` at the threshold.

    Verification is cheap, so bands are many and short: 20 bands of 5 at 0.8, 28 of 4 at 0.7,
    14 of 8 at 0.9.
    """
    most = _MOST_VALUES if threshold >= 0.6 else _MOST_VALUES_BELOW_06
    for rows in range(_MOST_ROWS, 0, -1):
        chance = threshold**rows
        bands = (
            1 if chance >= 1.0 else math.ceil(math.log(1.0 - TARGET_RECALL) / math.log1p(-chance))
        )
        if bands * rows <= most or rows == 1:
            return Banding(bands, rows, seed)
    raise AssertionError("unreachable: rows == 1 always returns")


def permutations(banding: Banding) -> tuple[U32, U32]:
    """The multipliers (odd) and addends of the signature, drawn as datasketch 2 draws them."""
    drawn = np.array(_drawn(banding.seed, 2 * banding.values), np.uint32)
    a, b = drawn[: banding.values], drawn[banding.values :]
    return (a & np.uint32(0x7FFFFFFF)) * np.uint32(2) + np.uint32(1), b


def _drawn(seed: int, count: int) -> list[int]:
    """What numpy's RandomState draws as 32-bit numbers: MT19937, its state filled from the seed.

    Python has the same generator with another way to fill it, and numpy.random takes 15 ms to import.
    """
    if not 0 <= seed < 1 << 32:
        raise ValueError(f"the seed is {seed}; expected a number from 0 to 2**32 - 1")
    state = [seed]
    for i in range(1, _MT_WORDS):
        state.append((_MT_FILL * (state[-1] ^ state[-1] >> 30) + i) & 0xFFFFFFFF)
    generator = random.Random()
    generator.setstate((3, (*state, _MT_WORDS), None))
    return [generator.getrandbits(32) for _ in range(count)]


def signature(hashes: U32, banding: Banding) -> U32:
    """The signature of one set of 32-bit shingle hashes, computed by datasketch itself."""
    # SciPy comes along: a second that only this engine has to wait. datasketch has no type hints.
    from datasketch import MinHash  # type: ignore[import-untyped]

    sketch = MinHash(num_perm=banding.values, seed=banding.seed, hashfunc=int, scheme="affine32")
    sketch.update_batch(hashes.tolist())
    values: U32 = np.asarray(sketch.hashvalues, dtype=np.uint32)
    return values


def band_keys(signatures: U32, banding: Banding) -> U32:
    """Band keys, shape (rows of `signatures`, bands)."""
    cut = signatures.reshape(len(signatures), banding.bands, banding.rows).astype(np.uint64)
    value = np.broadcast_to(
        np.arange(1, banding.bands + 1, dtype=np.uint64) * np.uint64(_BAND_STEP), cut.shape[:2]
    )
    for r in range(banding.rows):
        value = (value ^ cut[:, :, r]) * np.uint64(_BAND)
        value = value ^ (value >> np.uint64(32))
    keys: U32 = (value & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    return keys


@dataclass(frozen=True)
class Sketches:
    """What is kept of each text: enough to find candidates and exact duplicates.

    Shapes for n texts: `keys` (n, bands); `digests` (n, 2), equal for equal token sequences;
    `tokens` (n,), 0 for a text that never matches.
    """

    keys: U32
    digests: NDArray[np.uint64]
    tokens: NDArray[np.uint32]

    def replace(self, texts: list[int], others: Sketches) -> None:
        """Put these sketches in the place of those of some texts."""
        self.keys[texts] = others.keys
        self.digests[texts], self.tokens[texts] = others.digests, others.tokens


def sketch(texts: Sequence[str], shingling: Shingling, banding: Banding) -> Sketches:
    """Sketches of `texts` with datasketch as the engine (the C kernel gives the same numbers)."""
    signatures = np.zeros((len(texts), banding.values), np.uint32)
    digests = np.zeros((len(texts), 2), np.uint64)
    counts = np.zeros(len(texts), np.uint32)
    seen: dict[tuple[int, int], int] = {}
    for i, text in enumerate(texts):
        tokens: Tokenised = tokenise(text, shingling)
        counts[i] = len(tokens.hashes)
        if not len(tokens.hashes):
            continue
        shingles = shingle_hashes(tokens, shingling.ngram)
        key = digest(tokens, shingles)
        digests[i] = key
        twin = seen.setdefault(key, i)
        if twin != i:
            signatures[i] = signatures[twin]
            continue
        signatures[i] = signature((shingles >> np.uint64(32)).astype(np.uint32), banding)
    return Sketches(band_keys(signatures, banding), digests, counts)
