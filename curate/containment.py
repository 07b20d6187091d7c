"""Which texts contain a reference: a test question inside a longer row, possibly edited a little.

Jaccard similarity misses a short text within a long one, and n-gram overlap misses an edited one (two
changed words of fifteen can leave one 5-gram in eleven). So containment is measured by words in order:

    containment(reference, text) = 1 − d / |reference|

where d is the least number of words to insert, delete or replace that turns the reference into some
stretch of the text (Sellers 1980, approximate string matching, on tokens). That decides, exactly.
Candidates are the texts that share enough 3-grams with the reference: e edits spoil at most 3·e of
them, so nothing with fewer edits than allowed is missed.

Punctuation within a word (`bake-off`, `3/5`, `$4.20`) may separate two words or have been deleted from
one, so callers look twice: at the text as it is, and `squeezed`.

References of fewer than `MIN_TOKENS` tokens are too short to be evidence and are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from curate.light_dataclass import dataclass
from curate.patterns import regex
from curate.shingles import U64, ShingleSets, Tokenised, shingle_hashes
from curate.texts import I64, TextBatch

MIN_TOKENS = 8
DEFAULT_CONTAINMENT = 0.8
_SEED = 3
_PUNCTUATION = regex(r"[^\w\s]+")
_ASCII_PUNCTUATION = bytes(b for b in range(128) if _PUNCTUATION.match(chr(b)))


@dataclass(frozen=True)
class TokenRows:
    """Token hashes of several texts in order, and which texts were cut into characters."""

    tokens: ShingleSets
    characters: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class References:
    """Reference texts, prepared to be looked for.

    `seeds` are the distinct 3-gram hashes of all references, ascending; seed s stands in the
    references `owners[starts[s]:starts[s + 1]]`. `needed[r]` is how many of them a text must share
    with reference r to be a candidate; references too short, and repeated ones, own no seed.
    """

    rows: TokenRows
    containment: float
    seeds: U64
    starts: I64
    owners: NDArray[np.int32]
    needed: NDArray[np.int32]

    @cached_property
    def table(self) -> tuple[U64, NDArray[np.int32]]:
        """An open-addressed table from seed to its index, for the kernel: keys, and indices or -1."""
        slots = 16
        while slots < 2 * len(self.seeds):
            slots *= 2
        keys, indices = np.zeros(slots, np.uint64), np.full(slots, -1, np.int32)
        at = (self.seeds & np.uint64(slots - 1)).astype(np.int64)
        left = np.arange(len(self.seeds))
        while len(left):
            # Of the seeds that want the same free slot, the first gets it; the others move on.
            free = indices[at[left]] < 0
            slot, first = np.unique(at[left[free]], return_index=True)
            taken = left[free][first]
            keys[slot], indices[slot] = self.seeds[taken], taken
            left = left[indices[at[left]] != left]
            at[left] = (at[left] + 1) % slots
        return keys, indices


@dataclass(frozen=True)
class Contained:
    """Text `row` contains reference `reference` to this degree (1.0: word for word)."""

    row: int
    reference: int
    containment: float


def prepare(rows: TokenRows, containment: float = DEFAULT_CONTAINMENT) -> References:
    """Prepare the references whose token hashes are given."""
    seeds: list[U64] = []
    owners: list[NDArray[np.int32]] = []
    needed = np.ones(len(rows), np.int32)
    seen: set[bytes] = set()
    for i in range(len(rows)):
        tokens = rows.tokens.row(i)
        key = tokens.tobytes()
        if len(tokens) < MIN_TOKENS or key in seen:
            continue
        seen.add(key)
        grams = _distinct_seeds(tokens, bool(rows.characters[i]))
        # Rounded up a little: 0.2 * 10 must allow two edits.
        edits = int((1.0 - containment) * len(tokens) + 1e-9)
        needed[i] = max(len(grams) - _SEED * edits, 1)
        seeds.append(grams)
        owners.append(np.full(len(grams), i, np.int32))
    flat = np.concatenate([np.zeros(0, np.uint64), *seeds])
    owner = np.concatenate([np.zeros(0, np.int32), *owners])
    order = np.argsort(flat, kind="stable")
    distinct, starts = np.unique(flat[order], return_index=True)
    return References(
        rows,
        containment,
        distinct,
        np.append(starts, len(flat)).astype(np.int64),
        owner[order],
        needed,
    )


def find_contained(references: References, texts: TokenRows) -> list[Contained]:
    """For each text that contains a reference, the one contained most (the first on a tie)."""
    found: list[Contained] = []
    for i in range(len(texts)):
        tokens = texts.tokens.row(i)
        best, most = -1, 0.0
        for reference in _candidates(references, tokens, bool(texts.characters[i])):
            wanted = references.rows.tokens.row(reference)
            value = 1.0 - least_edits(wanted, tokens) / len(wanted)
            if value >= references.containment and value > most:
                best, most = reference, value
        if best >= 0:
            found.append(Contained(i, best, most))
    return found


def squeezed(batch: TextBatch) -> TextBatch:
    """The texts without punctuation and symbols: `bake-off` becomes `bakeoff`, `3/5` becomes `35`."""
    bounds = batch.offsets.tolist()
    parts: list[bytes] = []
    for start, stop in pairwise(bounds):
        text = batch.data[start:stop]
        if text.isascii():
            parts.append(text.translate(None, _ASCII_PUNCTUATION))
        else:
            clean = _PUNCTUATION.sub("", text.decode("utf-8", "surrogatepass"))
            parts.append(clean.encode("utf-8", "surrogatepass"))
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return TextBatch(b"".join(parts), offsets)


def least_edits(reference: U64 | Sequence[int], text: U64 | Sequence[int]) -> int:
    """The least edits (insert, delete, replace a token) from `reference` to a stretch of `text`.

    Sellers' dynamic programme, a column a token of the text: column[j] is the cost of the first j
    tokens of the reference ending here; a match may begin anywhere, so column[0] is 0.
    """
    wanted = np.asarray(reference)
    size = len(wanted)
    steps = np.arange(size + 1)
    column, best = steps.copy(), size
    for token in text:
        through = np.zeros(size + 1, np.int64)
        np.minimum(column[:-1] + (wanted != token), column[1:] + 1, out=through[1:])
        # Leaving out tokens of the reference: column[j] = min over k <= j of through[k] + (j - k).
        column = np.minimum.accumulate(through - steps) + steps
        best = min(best, int(column[-1]))
    return best


def _candidates(references: References, tokens: U64, characters: bool) -> list[int]:
    """References of which enough seeds stand in the text, ascending."""
    seeds = references.seeds
    if len(tokens) < _SEED or not len(seeds):
        return []
    grams = _distinct_seeds(tokens, characters)
    at = np.minimum(np.searchsorted(seeds, grams), len(seeds) - 1)
    hits = at[seeds[at] == grams]
    if not len(hits):
        return []
    met = np.concatenate(
        [references.owners[references.starts[s] : references.starts[s + 1]] for s in hits]
    )
    owners, counts = np.unique(met, return_counts=True)
    return [int(owner) for owner in owners[counts >= references.needed[owners]]]


def _distinct_seeds(tokens: U64, characters: bool) -> U64:
    return np.unique(shingle_hashes(Tokenised(tokens, characters), _SEED))
