"""What two texts are compared by: the set of n-grams of their tokens, and its 64-bit hashes.

This module is the definition; the C kernel (`_minhash.c`) computes the same numbers faster, and a
test holds the two together.

* **Words** (`unit="word"`): `re.findall(r"\\w+", text.casefold())`, so case folding, punctuation and
  spaces are what Python's Unicode tables say they are.
* **Characters** (`unit="char"`): the single `\\w` characters of the casefolded text, in order, for
  scripts that put no spaces between words.
* **auto** chooses for each text: characters when more than half of its word characters belong to
  such a script (`UNSPACED`: Han, kana, Thai, Lao, Khmer, Burmese, …), words otherwise.
* A text with fewer tokens than `ngram` has one shingle, the whole text. A text without tokens has
  none and never matches anything. Shingles of words never equal shingles of characters.

A shingle is kept as a 64-bit hash. Two texts of s shingles each are misjudged only if two different
shingles collide: odds of about s²/2⁶⁴, 10⁻¹³ for a thousand words, and then by one part in s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from curate.light_dataclass import dataclass
from curate.patterns import regex

Unit = Literal["auto", "word", "char"]
U64 = NDArray[np.uint64]

# Scripts written without spaces between words, as ranges of code points (Unicode 16 blocks).
UNSPACED: tuple[tuple[int, int], ...] = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x2E80, 0x2FDF),  # Han radicals
    (0x3005, 0x3007),  # iteration mark, closing mark, zero
    (0x3021, 0x3029),  # Hangzhou numerals
    (0x3041, 0x30FF),  # Hiragana, Katakana
    (0x3100, 0x312F),  # Bopomofo
    (0x31A0, 0x31FF),  # Bopomofo extended, Katakana extensions
    (0x3400, 0x4DBF),  # Han extension A
    (0x4E00, 0x9FFF),  # Han
    (0xA9E0, 0xA9FF),  # Myanmar extended B
    (0xAA60, 0xAA7F),  # Myanmar extended A
    (0xF900, 0xFAFF),  # Han compatibility
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x1AFF0, 0x1B16F),  # kana extensions
    (0x20000, 0x323AF),  # Han extensions B to H
)

_WORD = regex(r"\w+")
_WORD_CHARACTER = regex(r"\w")
_UNSPACED = regex("[" + "".join(f"{chr(a)}-{chr(b)}" for a, b in UNSPACED) + "]")

_MASK = 0xFFFFFFFFFFFFFFFF
_TOKEN_SEED = 0x9AE16A3B2F90404F
_POLYNOMIAL = 0x9E3779B97F4A7C15  # odd, so that multiplying by it loses nothing modulo 2**64
_POSITION = 0xD6E8FEB86659FD93
_CHAR_TAG = 0x5851F42D4C957F2D
_CACHE_LIMIT = 1 << 20


@dataclass(frozen=True)
class Shingling:
    """Which tokens, and how many of them make one shingle."""

    unit: Unit = "auto"
    ngram: int = 5

    def tokens(self, text: str) -> tuple[Literal["word", "char"], list[str]]:
        """The tokens of `text` in order, and the unit that was used."""
        folded = text.casefold()
        if self._by_characters(folded):
            return "char", _WORD_CHARACTER.findall(folded)
        return "word", _WORD.findall(folded)

    def shingles(self, text: str) -> frozenset[tuple[str, ...]]:
        """The set that Jaccard similarity is measured on (characters are tagged as such)."""
        unit, tokens = self.tokens(text)
        tag = () if unit == "word" else ("\0char",)
        if not tokens:
            return frozenset()
        n = min(self.ngram, len(tokens))
        return frozenset(tag + tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))

    def _by_characters(self, folded: str) -> bool:
        if self.unit != "auto":
            return self.unit == "char"
        if folded.isascii():
            return False
        unspaced = len(_WORD_CHARACTER.findall("".join(_UNSPACED.findall(folded))))
        return unspaced > 0 and 2 * unspaced > len(_WORD_CHARACTER.findall(folded))


def jaccard(left: frozenset[tuple[str, ...]], right: frozenset[tuple[str, ...]]) -> float:
    """|left ∩ right| / |left ∪ right|; 0 when either is empty."""
    if not left or not right:
        return 0.0
    common = len(left & right)
    return common / (len(left) + len(right) - common)


@dataclass(frozen=True)
class Tokenised:
    """One text as hashes: a 64-bit hash for each token, and the unit that was used."""

    hashes: U64
    characters: bool


@dataclass(frozen=True)
class ShingleSets:
    """The shingle sets of several texts: row i is `values[offsets[i]:offsets[i + 1]]`.

    Values are distinct within a row, in no particular order.
    """

    values: U64
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, i: int) -> U64:
        """The set of row `i`."""
        return self.values[self.offsets[i] : self.offsets[i + 1]]


def tokenise(text: str, shingling: Shingling) -> Tokenised:
    """The token hashes of one text (the slow, readable way)."""
    unit, tokens = shingling.tokens(text)
    if len(_hashes) > _CACHE_LIMIT:
        _hashes.clear()
    values = np.fromiter(map(_hashes.__getitem__, tokens), dtype=np.uint64, count=len(tokens))
    return Tokenised(values, unit == "char")


def shingle_hashes(tokens: Tokenised, ngram: int) -> U64:
    """One 64-bit hash for each n-gram of tokens in order (not yet a set)."""
    count = len(tokens.hashes)
    if count == 0:
        return np.empty(0, np.uint64)
    n = min(ngram, count)
    total = np.zeros(count - n + 1, np.uint64)
    for k in range(n):
        total = total * np.uint64(_POLYNOMIAL) + tokens.hashes[k : count - n + 1 + k]
    return _mix_array(
        total + np.uint64((n * _POSITION + (_CHAR_TAG if tokens.characters else 0)) & _MASK)
    )


def digest(tokens: Tokenised, shingles: U64) -> tuple[int, int]:
    """128 bits that are equal for texts with the same tokens in the same order; (0, 0) when none.

    Half are of the shingles in whatever order, half of the tokens in order: texts that shared all of
    them by chance would still have the same shingles.
    """
    count = len(tokens.hashes)
    if count == 0:
        return 0, 0
    powers = np.full(count, _POLYNOMIAL, np.uint64)
    powers[0] = 1
    ordered = int((tokens.hashes[::-1] * np.cumprod(powers)).sum(dtype=np.uint64))
    return _mix(int(shingles.sum(dtype=np.uint64))), _mix((ordered + count) & _MASK)


def shingle_sets(texts: Sequence[str], shingling: Shingling) -> ShingleSets:
    """The hashed shingle sets of `texts` (the slow, readable way)."""
    rows = [np.unique(shingle_hashes(tokenise(t, shingling), shingling.ngram)) for t in texts]
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(r) for r in rows], out=offsets[1:])
    values: U64 = np.concatenate(rows) if rows else np.empty(0, np.uint64)
    return ShingleSets(values, offsets)


def _mix(x: int) -> int:
    """MurmurHash3's 64-bit finaliser, a bijection (Appleby, public domain)."""
    x ^= x >> 33
    x = x * 0xFF51AFD7ED558CCD & _MASK
    x ^= x >> 33
    x = x * 0xC4CEB9FE1A85EC53 & _MASK
    return x ^ x >> 33


def _mix_array(x: U64) -> U64:
    x = x ^ (x >> np.uint64(33))
    x = x * np.uint64(0xFF51AFD7ED558CCD)
    x = x ^ (x >> np.uint64(33))
    x = x * np.uint64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> np.uint64(33))


class _TokenHashes(dict[str, int]):
    """The hash of a token: its UTF-8 bytes, zero-ended, mixed in words of eight bytes."""

    def __missing__(self, token: str) -> int:
        data = token.encode("utf-8", "surrogatepass")
        value = _TOKEN_SEED
        for at in range(0, len(data) + 1, 8):
            value = _mix(value ^ int.from_bytes(data[at : at + 8], "little"))
        self[token] = value
        return value


_hashes = _TokenHashes()
