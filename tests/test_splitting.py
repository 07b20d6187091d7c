"""`curate split`: no near duplicate across splits, exact shares, and rows that never move."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from curate.errors import UserError
from curate.schemas.options.split import SplitOptions
from curate.splitting import SplitResult, split, verify_split
from curate.strata import infer_labels

WORDS = [f"word{i}" for i in range(3000)]
NAMES = ("train", "val", "test")


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + 5]) for i in range(max(len(words) - 5, 0) + 1)} if words else set()


def similarity(left: str, right: str) -> float:
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b) if a and b else 0.0


def corpus(rows: int, seed: int, *, copies: float = 0.3) -> list[dict[str, Any]]:
    random_ = random.Random(seed)
    made: list[tuple[list[str], list[str]]] = []
    for _ in range(rows):
        prompt, answer = ([random_.choice(WORDS) for _ in range(n)] for n in (15, 25))
        if made and random_.random() < copies:
            prompt, answer = (list(side) for side in random_.choice(made))
            if random_.random() < 0.5:  # the same prompt with another answer, or an edited row
                answer = random_.choices(WORDS, k=25)
            else:
                answer[random_.randrange(25)] = random_.choice(WORDS)
        made.append((prompt, answer))
    return [
        {"prompt": " ".join(p), "completion": " ".join(a), "id": i} for i, (p, a) in enumerate(made)
    ]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


def run(path: Path, folder: Path, **options: Any) -> SplitResult:
    return split(path, folder, SplitOptions(**options))


def places(folder: Path) -> dict[int, str]:
    return {
        json.loads(line)["id"]: name
        for name in NAMES
        if (folder / f"{name}.jsonl").exists()
        for line in (folder / f"{name}.jsonl").read_text().splitlines()
    }


def test_no_near_duplicate_across_splits_and_every_line_is_kept(tmp_path: Path) -> None:
    rows = corpus(300, seed=1)
    path = write(tmp_path / "rows.jsonl", rows)
    result = run(path, tmp_path / "out")
    where = places(tmp_path / "out")
    lines = path.read_text().splitlines()
    for name in NAMES:  # byte-identical, in order
        mine = [line for i, line in enumerate(lines) if where[i] == name]
        assert (tmp_path / "out" / f"{name}.jsonl").read_text().splitlines() == mine
    for a, b in itertools.combinations(rows, 2):
        if where[a["id"]] != where[b["id"]]:
            assert similarity(a["prompt"], b["prompt"]) < 0.8
            whole = [r["prompt"] + "\n" + r["completion"] for r in (a, b)]
            assert similarity(*whole) < 0.8
    for name in ("val", "test"):
        assert abs(result.rows[name] - 30) <= result.largest_cluster
    manifest = verify_split(tmp_path / "out")
    assert manifest is not None
    assert manifest.achieved == result.shares


def test_the_order_of_the_file_plays_no_part(tmp_path: Path) -> None:
    rows = corpus(200, seed=2)
    run(write(tmp_path / "a.jsonl", rows), tmp_path / "a")
    random.Random(0).shuffle(rows)
    run(write(tmp_path / "b.jsonl", rows), tmp_path / "b")
    assert places(tmp_path / "a") == places(tmp_path / "b")
    run(tmp_path / "b.jsonl", tmp_path / "c", seed=1)
    assert places(tmp_path / "a") != places(tmp_path / "c")


def test_growing_moves_no_row(tmp_path: Path) -> None:
    rows = corpus(360, seed=3)
    old, grown = rows[:300], rows
    random.Random(1).shuffle(grown)
    folder = tmp_path / "out"
    run(write(tmp_path / "old.jsonl", old), folder)
    before = places(folder)
    result = run(write(tmp_path / "grown.jsonl", grown), folder)
    after = places(folder)
    assert {i: after[i] for i in before} == before
    assert result.kept_in_place >= 300
    assert abs(result.rows["val"] - 36) <= result.largest_cluster
    # The same from an earlier folder into a new one.
    run(tmp_path / "old.jsonl", tmp_path / "first")
    run(tmp_path / "grown.jsonl", tmp_path / "second", previous=tmp_path / "first")
    second = places(tmp_path / "second")
    assert {i: second[i] for i in before} == before


def test_a_new_row_near_two_splits_is_left_out(tmp_path: Path) -> None:
    rows = corpus(60, seed=4, copies=0)
    folder = tmp_path / "out"
    run(write(tmp_path / "old.jsonl", rows), folder)
    where = places(folder)
    train, val = (next(r for r in rows if where[r["id"]] == name) for name in ("train", "val"))
    # 25 shingles of the one and 5 of the other's prompt are not enough; a shared prompt is.
    bridge = {"prompt": train["prompt"], "completion": "x", "id": 1000, "user": "u"}
    for row in (val, bridge):
        row["user"] = "u"
    run(write(tmp_path / "old.jsonl", rows), tmp_path / "grouped", group_by="user")
    result = run(
        write(tmp_path / "new.jsonl", [*rows, bridge]), tmp_path / "grouped", group_by="user"
    )
    after = places(tmp_path / "grouped")
    if after[train["id"]] != after[val["id"]]:
        assert result.left_out == 1
        assert 1000 not in after
        assert json.loads((tmp_path / "grouped" / "left_out.jsonl").read_text())["id"] == 1000
    else:
        assert after[1000] == after[train["id"]]
    verify_split(tmp_path / "grouped")


def test_groups_stay_together(tmp_path: Path) -> None:
    rows = corpus(200, seed=5, copies=0)
    for row in rows:
        row["user"] = row["id"] % 40
    run(write(tmp_path / "rows.jsonl", rows), tmp_path / "out", group_by="user")
    of_user: dict[int, set[str]] = {}
    for i, name in places(tmp_path / "out").items():
        of_user.setdefault(i % 40, set()).add(name)
    assert all(len(names) == 1 for names in of_user.values())
    with pytest.raises(UserError, match="no row has this column"):
        run(tmp_path / "rows.jsonl", tmp_path / "other", group_by="account")


@pytest.mark.parametrize("stratify", [None, "kind"])
def test_labels_are_in_the_same_shares(tmp_path: Path, stratify: str | None) -> None:
    rows = corpus(400, seed=6, copies=0)
    for i, row in enumerate(rows):
        label = "rare" if i % 20 == 0 else "common"
        row |= {"kind": label} if stratify else {"completion": label}
    result = run(write(tmp_path / "rows.jsonl", rows), tmp_path / "out", stratify=stratify)
    assert result.stratified_by == (stratify or "completion")
    where = places(tmp_path / "out")
    rare = Counter(name for i, name in where.items() if i % 20 == 0)
    assert rare == {"train": 16, "val": 2, "test": 2}
    assert result.rows == {"train": 320, "val": 40, "test": 40}


def inferred(completions: list[str]) -> tuple[list[str], str | None]:
    return infer_labels(iter(completions), len(completions))


def test_labels_are_inferred_with_care() -> None:
    assert inferred([f"a long text number {i}" for i in range(60)]) == ([""] * 60, None)
    assert inferred(["yes"] * 50)[1] is None
    assert inferred(["yes", " no\n", ""] * 5) == (["yes", "no", ""] * 5, "completion")
    assert inferred(["x" * 61, "y"] * 20)[1] is None
    answers = [json.dumps({"id": str(i), "kind": "ab"[i % 2]}) for i in range(100)]
    strata, by = inferred(answers)
    assert by == "completion.kind"
    assert strata[:2] == ["a", "b"]
    assert inferred(answers[:90] + ["Neither this nor that."] * 10)[1] == "completion.kind"
    assert inferred(answers[:89] + ["Neither this nor that."] * 11)[1] is None
    assert inferred([]) == ([], None)


def test_once_there_can_be_no_labels_no_more_rows_are_asked_for() -> None:
    asked = iter(
        [f"A sentence that is not the label of anything, number {i}." for i in range(1000)]
    )
    assert infer_labels(asked, 1000) == ([""] * 1000, None)
    assert len(list(asked)) > 800


def test_rows_without_words_stay_together_when_their_bytes_are_the_same(tmp_path: Path) -> None:
    rows = [{"prompt": f"Question {i} about {i * 7}?", "completion": f"{i}"} for i in range(60)]
    bare = [{"prompt": "?", "completion": "!" * (i % 3 + 1)} for i in range(30)]
    path = write(tmp_path / "rows.jsonl", rows + bare)
    result = run(path, tmp_path / "out", stratify="none")
    assert result.clusters == 63
    held = [
        set((tmp_path / "out" / f"{name}.jsonl").read_text().splitlines())
        & {json.dumps(row) for row in bare}
        for name in NAMES
    ]
    assert sum(map(len, held)) == 3  # none of them in two splits


def test_small_validation_sets_are_pointed_out_and_nothing_is_too_small_to_say(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "rows.jsonl", corpus(40, seed=7, copies=0))
    result = run(path, tmp_path / "out")
    assert result.rows == {"train": 32, "val": 4, "test": 4}
    assert any("± 49%" in w for w in result.warnings)
    assert run(path, tmp_path / "no-test", test=0.0).rows["test"] == 0
    assert not (tmp_path / "no-test" / "test.jsonl").exists()
    with pytest.raises(UserError, match="too few"):
        run(write(tmp_path / "two.jsonl", corpus(2, seed=0)), tmp_path / "two")


def test_a_changed_split_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    run(write(tmp_path / "rows.jsonl", corpus(40, seed=8)), folder)
    assert verify_split(tmp_path) is None
    with (folder / "val.jsonl").open("a") as stream:
        stream.write((folder / "train.jsonl").read_text().splitlines()[0] + "\n")
    with pytest.raises(UserError, match=r"val.jsonl: was changed after the split"):
        verify_split(folder)
    manifest = json.loads((folder / "split.json").read_text())
    (folder / "val.jsonl").unlink()
    with pytest.raises(UserError, match="is missing"):
        verify_split(folder)
    manifest["files"] = {}
    manifest["rows"]["val"].append(manifest["rows"]["train"][0])
    (folder / "split.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="share near duplicates"):
        verify_split(folder)


def test_an_earlier_split_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    path = write(tmp_path / "rows.jsonl", corpus(40, seed=9))
    run(path, folder)
    with pytest.raises(UserError, match=r"threshold 0.8.*--fresh"):
        run(path, folder, threshold=0.7)
    run(path, folder, threshold=0.7, fresh=True)
    with pytest.raises(UserError, match="no such split manifest"):
        run(path, tmp_path / "other", previous=tmp_path)
