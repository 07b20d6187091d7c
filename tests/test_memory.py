"""Memory is let go: few rows do not keep the others, and nothing that linting leaves behind holds rows."""

from __future__ import annotations

import ctypes
import gc
import json
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import polars as pl
import pytest

from curate.columns import Batch
from curate.evaluating import Plan
from curate.linting import lint
from curate.memory import give_back, lean, on_its_own
from curate.rules import RULES
from curate.rules.samples import Sample
from curate.schemas.findings import Related
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.validating import read_checked

CASES = Path(__file__).parent / "rules"
LONG = "A long answer that nobody keeps. " * 40


def held(frame: pl.DataFrame) -> int:
    """The bytes that the columns of a frame keep alive, seen or not."""
    newest = pl.CompatLevel.newest()
    arrays = [frame[name].rechunk().to_arrow(compat_level=newest) for name in frame.columns]
    return sum(buffer.size for array in arrays for buffer in array.buffers() if buffer is not None)


@pytest.fixture
def rows() -> pl.DataFrame:
    """Rows as the engine lays them, of which one in a hundred has a short answer: 3 MB of text."""
    columns: dict[str, list[Any]] = {
        "prompt": [f"Name fruit {i}, please, and say why it is one." for i in range(2000)],
        "completion": [LONG + str(i) if i % 100 else f"The fruit {i} of them" for i in range(2000)],
        "roles": ["ua"] * 2000,
    }
    return pl.DataFrame(columns)


def test_memory_is_given_back_where_that_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    give_back()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    give_back()


def test_a_frame_on_its_own_has_the_same_values() -> None:
    texts = ["", None, "short", "Ünïcödé, longer than a view holds", "\x00", LONG]
    categories = pl.Series(["a", None, "b", "a", "b", "a"], dtype=pl.Categorical)
    frame = pl.DataFrame({"text": texts, "number": range(6), "category": categories})
    assert on_its_own(frame).equals(frame)
    assert on_its_own(frame).schema == frame.schema
    assert on_its_own(frame.clear()).equals(frame.clear())


def test_short_texts_do_not_keep_the_column_that_they_stood_in(rows: pl.DataFrame) -> None:
    short = rows.filter(pl.col("completion").str.len_bytes() < 64).select("completion")
    assert held(short) > 1_000_000  # as polars has it: views
    assert held(on_its_own(short)) < 5_000


def test_a_sample_keeps_the_drawn_rows_alone(rows: pl.DataFrame) -> None:
    sample = Sample(LintOptions())
    sample.add(rows, 0)
    assert held(next(iter(sample._frames.values()))) < 600 * 2 * len(LONG)


def test_features_do_not_keep_the_texts_they_were_made_from(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    turns = [LONG if i % 100 else f"The fruit {i} of them" for i in range(2000)]
    path.write_text(
        "".join(json.dumps({"prompt": "Name it.", "completion": turn}) + "\n" for turn in turns)
    )
    plan = Plan(RULES, LintOptions())
    read = read_checked(str(path), DataOptions())
    frames = [batch.rows for checked in read for batch in checked.batches]
    assert sum(map(held, frames)) > 1000 * len(turns)
    assert sum(held(plan.features_of(frame, 0)) for frame in frames) < 250 * len(turns)


def cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from json.loads(line).get("rows", ())


def test_nothing_that_linting_leaves_behind_holds_rows(tmp_path: Path) -> None:
    """The cyclic collector is off meanwhile: a frame in an exception's traceback would keep whole batches."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in cases()), encoding="utf-8")
    gc.collect()
    before = gc.get_debug()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        assert lint([path]).findings
        gc.collect()
        left = {type(item) for item in gc.garbage}
    finally:
        gc.set_debug(before)
        gc.garbage.clear()
    holds = (FrameType, BaseException, Batch, pl.DataFrame, pl.Series)
    assert not [kind.__name__ for kind in left if issubclass(kind, holds)]


def test_a_lean_model_is_the_same_and_its_copies_are_their_own() -> None:
    given = {"path": "a.jsonl", "line": 3, "score": None}
    plain, one, other = Related(**given), lean(Related(**given)), lean(Related(**given))
    assert one == plain
    assert one.model_fields_set == plain.model_fields_set
    assert one.model_dump_json(exclude_unset=True) == plain.model_dump_json(exclude_unset=True)
    assert one.__pydantic_fields_set__ is other.__pydantic_fields_set__
    assert one.model_copy(update={"line": 4}).__pydantic_fields_set__ is not one.model_fields_set
