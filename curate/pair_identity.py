"""What a finding about two rows is known by, whichever of the two it names.

A rule that compares each row with the first of its group (a copy, the same prompt) names another row once
the file is in another order. So the fingerprint is made of the contents of both. Of three and
more rows another pair may be named then, hence a finding answers to the pairs with all others of
its group, too; and to the row alone, as suppressions and baselines had it before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from curate.light_dataclass import dataclass
from curate.schemas.findings import Finding

# Of large groups with many contents, so many other rows are thought of.
_MOST_OTHERS = 50

# (file, line) of a row.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Identity:
    """The content by which a finding is known, and others under which it may have been accepted.

    `formerly` names the row alone: what it was known by before fingerprints stood for pairs.
    """

    content: str
    others: tuple[str, ...] = ()
    formerly: str | None = None


def pair_content(one: str, other: str) -> str:
    """16 hexadecimal digits for two contents, in either order."""
    both = "|".join(sorted((one, other)))
    return hashlib.blake2b(both.encode("ascii"), digest_size=8).hexdigest()


def known_as(finding: Finding, identity: Identity | None) -> Iterator[str]:
    """The fingerprint of a finding, and that of the same finding in former files."""
    if finding.fingerprint is not None:
        yield finding.fingerprint
    if identity is not None and identity.formerly is not None:
        yield f"{finding.code}:{identity.formerly}"


def known_alike(finding: Finding, identity: Identity | None) -> Iterator[str]:
    """The fingerprints that it would have in another order of the rows."""
    for content in identity.others if identity is not None else ():
        yield f"{finding.code}:{content}"


class Pairs:
    """The pairs that the findings of one rule are about, and the groups that these make."""

    def __init__(self, contents: Mapping[Place, str]) -> None:
        """`contents` are the hashes of all rows that will be added."""
        self._contents = contents
        self._groups: dict[Place, dict[str, None]] = {}

    def add(self, row: Place, first: Place) -> None:
        """A finding names `row` because of `first`, the first row of its group."""
        group = self._groups.setdefault(first, {})
        for place in (first, row):
            if place in self._contents and len(group) <= _MOST_OTHERS:
                group[self._contents[place]] = None

    def identity(self, row: Place, first: Place) -> Identity | None:
        """What such a finding is known by; None if one of the rows is gone."""
        mine, other = self._contents.get(row), self._contents.get(first)
        if mine is None or other is None:
            return None
        content = pair_content(mine, other)
        members = self._groups.get(first, {})
        others = (pair_content(mine, member) for member in members if member != mine)
        return Identity(content, tuple(c for c in others if c != content), mine)
