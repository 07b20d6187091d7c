"""The tables of a few characters say the same of them as those of all code points."""

from __future__ import annotations

import random

import numpy as np

from curate import unicode_tables
from curate.unicode_tables import TableMaker, Tables, all_tables


def _said(tables: Tables, character: str) -> tuple[int, list[int]]:
    """What the tables say of a character: its class, and what it folds to."""
    classes, fold_from, fold_to = tables.arrays
    place = np.flatnonzero(fold_from == ord(character))
    return int(classes[ord(character)]), fold_to[place[0]].tolist() if len(place) else []


def test_a_few_characters_and_what_they_fold_to_are_as_in_the_whole_tables() -> None:
    whole = all_tables()
    chance = random.Random(0)
    points = [*range(0x600), *chance.sample(range(0x600, 0x110000), 3000), 0x1E9E, 0xFB03, 0x3042]
    characters = [chr(p) for p in points]
    part = unicode_tables._of(set(characters))
    for character in characters:
        assert _said(part, character) == _said(whole, character), hex(ord(character))
        for folded in character.casefold():
            assert part.arrays[0][ord(folded)] & 3 == whole.arrays[0][ord(folded)] & 3


def test_much_text_gets_the_whole_tables() -> None:
    maker = TableMaker()
    maker._left = 10
    all_tables.cache_clear()
    little, much = maker.tables_for("é".encode()), maker.tables_for("é".encode() * 20)
    assert len(little.arrays[1]) == 0
    assert len(much.arrays[1]) > 1000
    assert maker.tables_for(b"a") is much


def test_bytes_that_are_no_text_get_the_whole_tables() -> None:
    all_tables.cache_clear()
    assert len(TableMaker().tables_for(b"\xff\xfe").arrays[1]) > 1000
