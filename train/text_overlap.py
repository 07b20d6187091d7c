"""How much of a reference an output shares: exact match, words, longest common subsequence, chrF.

Each is a function of (output, reference) that gives a number from 0 to 1. The standard library
only; chrF comes from sacrebleu where it is installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_LATIN = re.compile(r"[a-z0-9]+")
_ANY_WORD = re.compile(r"\w+")


def exact_match(output: str, reference: str) -> float:
    """1 where both are the same after stripping white space at the ends."""
    return float(output.strip() == reference.strip())


def token_f1(output: str, reference: str) -> float:
    """F1 of the words of both, as SQuAD's evaluation does it (Rajpurkar et al. 2016).

    Lower case, without punctuation and English articles.
    """
    given, wanted = _words(output), _words(reference)
    if not given or not wanted:
        return float(given == wanted)
    shared = sum((Counter(given) & Counter(wanted)).values())
    return 2.0 * shared / (len(given) + len(wanted))


def _words(text: str) -> list[str]:
    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    return _ARTICLES.sub(" ", kept).split()


def rouge_l(output: str, reference: str) -> float:
    """F1 of the longest common subsequence of words (Lin 2004), as the rouge-score package does it.

    Its words are runs of a to z and digits, without stemming. A reference in another script, where
    that package finds nothing to compare, is compared by whole words.
    """
    wanted = _LATIN.findall(reference.lower())
    words = _LATIN if wanted else _ANY_WORD
    wanted, given = wanted or words.findall(reference.lower()), words.findall(output.lower())
    if not given or not wanted:
        return 0.0
    return 2.0 * common_subsequence(wanted, given) / (len(given) + len(wanted))


def common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence, by bits of one integer (Hyyrö 2004).

    Bit i stands for a[i]; a bit is cleared where a longer subsequence ends.
    """
    places: dict[str, int] = {}
    for i, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << i
    everything = (1 << len(a)) - 1
    open_ = everything
    for word in b:
        met = open_ & places.get(word, 0)
        open_ = (open_ + met | open_ - met) & everything
    return len(a) - open_.bit_count()


def chrf() -> Callable[[str, str], float] | None:
    """sacrebleu's sentence chrF2 (Popović 2015); None where sacrebleu is not installed."""
    if importlib.util.find_spec("sacrebleu") is None:
        return None
    sentence_chrf = importlib.import_module("sacrebleu").sentence_chrf

    def score(output: str, reference: str) -> float:
        return float(sentence_chrf(output, [reference]).score) / 100.0

    return score
