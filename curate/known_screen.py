"""What the default rules look for in texts, as it was worked out beforehand.

To read the expressions of all rules and to number what they demand takes Python 50 ms, at each start. So
`python -m curate.documentation` writes what comes of it to `default_screen.json`, with a digest of the
expressions; for others, which come with other rules or settings, it is worked out when it is needed.
"""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from curate.wanted_words import Clause

FILE = Path(__file__).with_name("default_screen.json")

_CUT_SHORT = "…"
# A function of Python's, pickled, which is written differently by each version and demands nothing.
_PICKLED = re.compile(r'"function":\[[0-9,]+\]')

Numbered = tuple[list[Clause], list[list[dict[str, list[int]]]]]
"""The clauses in the order of their marks, and of each rule the alternatives: marks by column."""


def known_screen(expressions: Sequence[pl.Expr | None]) -> Numbered | None:
    """The clauses and marks for these expressions, or None where they are not known beforehand."""
    try:
        known: dict[str, Any] = orjson.loads(FILE.read_bytes())
        if known["expressions"] != digest(expressions):
            return None
        clauses = [frozenset(word.encode("latin-1") for word in one) for one in known["clauses"]]
        return clauses, known["rules"]
    except (OSError, ValueError, KeyError, pl.exceptions.PolarsError):
        return None


def written(
    expressions: Sequence[pl.Expr | None],
    clauses: Sequence[Clause],
    rules: Sequence[Sequence[Mapping[str, Sequence[int]]]],
) -> str:
    """The content of the file."""
    content = {
        "expressions": digest(expressions),
        "clauses": [sorted(word.decode("latin-1") for word in clause) for clause in clauses],
        "rules": rules,
    }
    return json.dumps(content, indent=0, ensure_ascii=True) + "\n"


def digest(expressions: Sequence[pl.Expr | None]) -> str:
    """What expressions go by, in their order: as polars shows them, in full where it cuts lists short.

    Showing takes 1 ms, writing down 10. What is not shown (flags, functions) is no user's setting, and
    whoever changes it makes this package's files again.
    """
    said = hashlib.blake2b(digest_size=16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for one in expressions:
            shown = "" if one is None else str(one)
            if one is not None and _CUT_SHORT in shown:
                shown = _PICKLED.sub("", one.meta.serialize(format="json"))
            said.update(shown.encode() + b"\0")
    return said.hexdigest()
