"""`curate dedupe` on files: what stays is byte-identical, what goes has a keeper and a reason."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.deduping import DedupeResult, dedupe
from curate.errors import UserError
from curate.ledger import read_removed, rows_below
from curate.schemas.options.dedupe import DedupeOptions

WORDS = [f"word{i}" for i in range(2000)]


def shingles(text: str) -> set[tuple[str, ...]]:
    """An independent reading of the definition, for spaced scripts."""
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + 5]) for i in range(max(len(words) - 5, 0) + 1)} if words else set()


def similarity(left: str, right: str) -> float:
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b) if a and b else 0.0


def chat(prompt: str, answer: str, **extra: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    return {"messages": turns, **extra}


def corpus(rows: int, seed: int) -> list[dict[str, Any]]:
    random_ = random.Random(seed)
    texts: list[list[str]] = []
    for _ in range(rows):
        if texts and random_.random() < 0.3:
            words = list(random_.choice(texts))
            for _ in range(random_.randrange(4)):
                words[random_.randrange(len(words))] = random_.choice(WORDS)
        else:
            words = random_.choices(WORDS, k=random_.randrange(8, 60))
        texts.append(words)
    return [chat(" ".join(t[: len(t) // 3]), " ".join(t[len(t) // 3 :])) for t in texts]


def text_of(row: dict[str, Any]) -> str:
    return "\n".join(m["content"] for m in row["messages"])


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text(
        "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8"
    )
    return path


def run(*paths: Path, **options: Any) -> DedupeResult:
    return dedupe(list(paths), DedupeOptions(**options))


def test_rows_that_are_not_alike_all_stay(tmp_path: Path) -> None:
    rows = [
        {"prompt": "", "completion": ""},
        {"prompt": "", "completion": ""},
        {"prompt": "hello", "completion": "there"},
        {"prompt": "hello", "completion": "you"},
        {"prompt": "Translate to French: cat", "completion": "chat"},
        {"prompt": "Translate to French: dog", "completion": "chien"},
        {"prompt": "😀", "completion": "👍", "id": 1},
        {"prompt": "😀", "completion": "👍", "id": 2},
    ]
    path = write(tmp_path / "rows.jsonl", rows)
    result = run(path)
    assert (result.removed, result.kept, result.clean) == (0, 8, True)
    assert (tmp_path / "rows.dedup.jsonl").read_bytes() == path.read_bytes()


def test_tool_calls_that_differ_are_different_rows(tmp_path: Path) -> None:
    def call(city: str) -> dict[str, Any]:
        function = {"name": "weather", "arguments": json.dumps({"city": city})}
        return {
            "messages": [
                {
                    "role": "system",
                    "content": "You can call weather(city). " + " ".join(WORDS[:80]),
                },
                {"role": "user", "content": "weather please"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "1", "type": "function", "function": function}],
                },
            ]
        }

    result = run(
        write(tmp_path / "rows.jsonl", [call(c) for c in ("Paris", "Rome", "Oslo", "Rome")])
    )
    assert result.reasons == {"exact": 1}


def test_shared_system_prompts_do_not_count(tmp_path: Path) -> None:
    system = {"role": "system", "content": " ".join(WORDS[:300])}
    rows = [chat(f"question {w} about nothing", f"answer {w}") for w in WORDS[:4]]
    for row in rows:
        row["messages"].insert(0, system)
    path = write(tmp_path / "rows.jsonl", rows)
    assert run(path, check=True).removed == 0
    assert run(path, check=True, system=True).removed == 3


@pytest.mark.parametrize("engine", ["local", "datasketch"])
@pytest.mark.parametrize("linkage", ["representative", "single"])
def test_removed_plus_kept_is_the_input_and_every_removed_row_has_a_keeper(
    tmp_path: Path, engine: str, linkage: str
) -> None:
    rows = corpus(400, seed=5)
    path = write(tmp_path / "rows.jsonl", rows)
    out, removed, clusters = (
        tmp_path / n for n in ("out.jsonl", "removed.jsonl", "clusters.jsonl")
    )
    result = run(
        path, output=out, removed=removed, clusters=clusters, engine=engine, linkage=linkage
    )
    lines = path.read_bytes().splitlines(keepends=True)
    gone = {r.line: r for r in read_removed(removed)}
    kept = [line for n, line in enumerate(lines, 1) if n not in gone]
    assert out.read_bytes() == b"".join(kept)
    assert result.removed == len(gone) > 20
    for n, row in gone.items():
        assert row.row == rows[n - 1]
        assert row.keeper.line not in gone
        exact = similarity(text_of(rows[n - 1]), text_of(rows[row.keeper.line - 1]))
        assert row.similarity == exact
        assert linkage == "single" or exact >= 0.8
        assert (row.reason == "exact") == (lines[n - 1] == lines[row.keeper.line - 1])
    members = [json.loads(line) for line in clusters.read_bytes().splitlines()]
    assert sum(c["size"] - 1 for c in members) == len(gone)
    assert all(c["keeper"]["line"] not in gone for c in members)
    if linkage == "representative":
        texts = [text_of(r) for r in rows]
        for i, j in itertools.combinations(range(len(rows)), 2):
            assert i + 1 in gone or j + 1 in gone or similarity(texts[i], texts[j]) < 0.8


def test_threads_and_engines_give_the_same_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", corpus(500, seed=9))
    seen = set()
    for threads, engine in ((1, "local"), (2, "local"), (8, "local"), (2, "datasketch")):
        out, removed = tmp_path / "out.jsonl", tmp_path / "removed.jsonl"
        run(path, output=out, removed=removed, threads=threads, engine=engine)
        seen.add((out.read_bytes(), removed.read_bytes()))
    assert len(seen) == 1


def test_a_small_memory_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", corpus(3000, seed=2))
    outputs = []
    for memory in ("2GB", "1MB"):
        out = tmp_path / f"{memory}.jsonl"
        run(path, output=out, memory=memory)
        outputs.append(out.read_bytes())
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"keep": "first"}, "a"),
        ({"keep": "last"}, "c"),
        ({"keep": "longest"}, "b"),
        ({"keep": "best", "keep_by": "scores.quality"}, "c"),
    ],
)
def test_who_is_kept(tmp_path: Path, options: dict[str, str], kept: str) -> None:
    text = " ".join(WORDS[:50])
    rows = [
        chat("q", text, id="a", scores={"quality": 1}),
        chat("q", text + " extra", id="b"),
        chat("q", text, id="c", scores={"quality": 2.5}),
    ]
    out = tmp_path / "out.jsonl"
    run(write(tmp_path / "rows.jsonl", rows), output=out, yes=True, **options)
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == [kept]


def test_line_ends_blank_lines_and_a_missing_last_line_break(tmp_path: Path) -> None:
    a, b = (json.dumps({"text": " ".join(WORDS[i : i + 9])}).encode() for i in (0, 20))
    path, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + a + b"\r\n\n" + a + b"\n" + b + b"\r\n  \n" + b)
    result = run(path, output=out)
    assert out.read_bytes() == b"\xef\xbb\xbf" + a + b"\r\n\n" + b + b"\r\n  \n"
    assert (result.rows, result.reasons) == (4, {"exact": 2})


def test_rows_that_cannot_be_read_stay_unless_the_bytes_repeat(tmp_path: Path) -> None:
    good = json.dumps({"text": "good " * 3}).encode()
    path, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    path.write_bytes(
        b"\n".join([good, b"{broken", b"\xff\xfe", b"{broken", b"[1]", b'{"x": 1}', b""])
    )
    result = run(path, output=out, removed=tmp_path / "removed.jsonl")
    assert out.read_bytes() == b"\n".join([good, b"{broken", b"\xff\xfe", b"[1]", b'{"x": 1}', b""])
    assert (result.unread, result.reasons) == (5, {"exact": 1})
    assert next(iter(read_removed(tmp_path / "removed.jsonl"))).row == "{broken"


def test_every_kind_of_file(tmp_path: Path) -> None:
    rows = [{"prompt": " ".join(WORDS[i * 9 : i * 9 + 9]), "completion": "yes"} for i in range(4)]
    rows.append(rows[1])
    lines = "".join(json.dumps(r) + "\n" for r in rows).encode()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1))
    (tmp_path / "a.csv").write_text(
        "prompt,completion\n" + "".join(f"{r['prompt']},{r['completion']}\n" for r in rows)
    )
    for name in ("a.jsonl.gz", "a.json", "a.csv"):
        out = tmp_path / "out.jsonl"
        run(tmp_path / name, output=out, removed=tmp_path / "removed.jsonl")
        assert [json.loads(line) for line in out.read_bytes().splitlines()] == rows[:4], name
        (gone,) = read_removed(tmp_path / "removed.jsonl")
        assert gone.keeper.line == gone.line - 3
        with pytest.raises(UserError, match="in-place"):
            run(tmp_path / name, in_place=True)


def test_several_files_in_order(tmp_path: Path) -> None:
    rows = corpus(60, seed=1)
    one, two = write(tmp_path / "one.jsonl", rows[:30]), write(tmp_path / "two.jsonl", rows)
    removed = tmp_path / "removed.jsonl"
    result = run(one, two, yes=True, removed=removed)
    assert len(result.written) == 3
    both = (tmp_path / "one.dedup.jsonl").read_text() + (tmp_path / "two.dedup.jsonl").read_text()
    run(two, output=tmp_path / "alone.jsonl")
    assert both == (tmp_path / "alone.jsonl").read_text()
    assert {r.path for r in read_removed(removed)} <= {str(one), str(two)}
    run(one, two, output=tmp_path / "joined.jsonl", yes=True)
    assert (tmp_path / "joined.jsonl").read_text() == both


def test_in_place_check_and_the_guard(tmp_path: Path) -> None:
    row = json.dumps({"text": " ".join(WORDS[:20])})
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{row}\n{row}\n{row}\n")
    before = path.read_bytes()
    assert run(path, check=True).removed == 2
    with pytest.raises(UserError, match=r"67%.*--yes"):
        run(path, in_place=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    run(path, in_place=True, yes=True)
    assert path.read_text() == f"{row}\n"
    stamp = path.stat().st_mtime_ns
    assert run(path, in_place=True).written == ()
    assert path.stat().st_mtime_ns == stamp


def test_mistakes(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [{"foo": "bar"}])
    with pytest.raises(UserError, match=r"no known record format.*'foo'"):
        run(path)
    assert run(path, field="foo").rows == 1
    with pytest.raises(UserError, match="is an input as well"):
        run(path, field="foo", output=path)
    with pytest.raises(UserError, match="does not exist"):
        run(path, field="foo", output=tmp_path / "no" / "out.jsonl")
    with pytest.raises(UserError, match="no row has a number"):
        run(path, field="foo", keep="best", keep_by="score")
    broken = tmp_path / "broken.jsonl"
    broken.write_text("nothing\n")
    with pytest.raises(UserError, match=r"broken.jsonl:1: not valid JSON"):
        run(broken)
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert run(empty).rows == 0


def test_fields(tmp_path: Path) -> None:
    same = " ".join(WORDS[:30])
    rows = [chat(same, "yes it is"), chat(same, " ".join(WORDS[100:200])), chat("why", "yes it is")]
    path = write(tmp_path / "rows.jsonl", rows)
    assert run(path, check=True).removed == 0
    assert run(path, check=True, field="prompt").removed == 1
    assert run(path, check=True, field="completion").removed == 1


def test_against_removes_near_and_containing_rows_and_never_writes_references(
    tmp_path: Path,
) -> None:
    question = "If Tom has 12 apples and gives a third of them to Ann how many are left"
    edited = question.replace("Tom", "TIM").replace("apples", "pears") + "?!"
    rows = [
        chat("something else", " ".join(WORDS[:60])),
        chat(" ".join(WORDS[:100]) + " " + edited, " ".join(WORDS[200:300])),
        chat(question, "He keeps 8 apples, since a third of 12 is 4 and 12 - 4 = 8."),
    ]
    tests = [chat(question, "He keeps 8 apples, since a third of 12 is 4 and 12 - 4 = 8")]
    reference = write(tmp_path / "test.jsonl", tests)
    out, removed = tmp_path / "out.jsonl", tmp_path / "removed.jsonl"
    path = write(tmp_path / "rows.jsonl", rows)
    result = run(path, output=out, removed=removed, against=(str(reference),), yes=True)
    assert result.reasons == {"against": 1, "contained": 1}
    assert [json.loads(line) for line in out.read_text().splitlines()] == rows[:1]
    gone = list(read_removed(removed))
    assert [(r.line, r.reason, r.keeper.path, r.cluster) for r in gone] == [
        (2, "contained", str(reference), None),
        (3, "against", str(reference), None),
    ]


def test_an_index_carries_rows_from_run_to_run(tmp_path: Path) -> None:
    rows = corpus(300, seed=4)
    index = tmp_path / "index"
    one, two = write(tmp_path / "one.jsonl", rows[:200]), write(tmp_path / "two.jsonl", rows[200:])
    run(one, two, output=tmp_path / "both.jsonl")
    run(one, output=tmp_path / "1.jsonl", index=index)
    assert run(two, check=True, index=index).removed > 0
    run(two, output=tmp_path / "2.jsonl", index=index, removed=tmp_path / "removed.jsonl")
    parts = (tmp_path / "1.jsonl").read_bytes() + (tmp_path / "2.jsonl").read_bytes()
    assert parts == (tmp_path / "both.jsonl").read_bytes()
    assert str(one) in {r.keeper.path for r in read_removed(tmp_path / "removed.jsonl")}
    assert run(two, check=True, index=index).kept == 0
    with pytest.raises(UserError, match=r"ngram 5 .now 4."):
        run(two, check=True, index=index, ngram=4)
    with pytest.raises(UserError, match="is no index"):
        run(two, check=True, index=tmp_path)


def test_the_audit_counts_true_pairs(tmp_path: Path) -> None:
    rows = corpus(250, seed=8)
    texts = list(dict.fromkeys(text_of(r) for r in rows))
    pairs = sum(similarity(a, b) >= 0.8 for a, b in itertools.combinations(texts, 2))
    measured = run(write(tmp_path / "rows.jsonl", rows), check=True, audit=True).audit
    assert measured is not None
    assert (measured.pairs, measured.met, measured.settled) == (pairs, pairs, pairs)


def test_the_threshold_can_be_raised_from_the_removed_rows(tmp_path: Path) -> None:
    removed = tmp_path / "removed.jsonl"
    run(
        write(tmp_path / "rows.jsonl", corpus(300, seed=6)),
        output=tmp_path / "o.jsonl",
        removed=removed,
    )
    back = rows_below(removed, 0.95)
    assert back
    assert all(0.8 <= row.similarity < 0.95 for row in back)


def test_a_large_cluster_is_pointed_out(tmp_path: Path) -> None:
    text = " ".join(WORDS[:100])
    rows = [chat(text, f"number {i}") for i in range(150)]
    result = run(write(tmp_path / "rows.jsonl", rows), check=True)
    assert "one cluster holds 150 rows" in result.warnings[0]
    assert result.largest[0].size == 150


def test_killed_while_writing_the_input_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", corpus(2000, seed=3))
    before = path.read_bytes()
    code = (
        "import sys, time, curate.deduping as d, curate.dedupe_output as output\n"
        "from curate.schemas.options.dedupe import DedupeOptions\n"
        "def slow(file, wanted, stream):\n"
        "    stream.write(b'half'); stream.flush(); print('writing', flush=True); time.sleep(60)\n"
        "output.copy_lines = slow\n"
        "d.dedupe([sys.argv[1]], DedupeOptions(in_place=True))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert path.read_bytes() == before


@pytest.mark.parametrize("in_place", [True, False])
def test_killed_at_any_moment_nothing_is_lost_or_half_written(
    tmp_path: Path, in_place: bool
) -> None:
    path = write(tmp_path / "rows.jsonl", corpus(1500, seed=4))
    before, out = path.read_bytes(), tmp_path / "rows.dedup.jsonl"
    run(path, output=tmp_path / "whole.jsonl")
    after = (tmp_path / "whole.jsonl").read_bytes()
    command = [sys.executable, "-m", "curate", "dedupe", str(path), "--isolated", "--yes"]
    command += ["--in-place"] if in_place else []
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - began
    random_ = random.Random(0)
    for _ in range(6):
        path.write_bytes(before)
        out.unlink(missing_ok=True)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        time.sleep(random_.uniform(0.6, 1.05) * took)
        process.kill()
        process.wait()
        assert path.read_bytes() in ((before, after) if in_place else (before,))
        assert not out.exists() or out.read_bytes() == after


texts_of_rows = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.text(alphabet="ab cd日本ท\u0301שלום😀", max_size=40),
        st.text(alphabet="ab 日😀", min_size=1, max_size=3).map(lambda t: t * 3000),  # huge
        st.lists(st.text(max_size=5), max_size=3),
        st.dictionaries(st.text(max_size=3), st.floats(allow_nan=False), max_size=2),
        st.sampled_from(
            [
                "",
                " ",
                "one",
                "same words here again and again",
                "SAME words, here; again and again!",
            ]
        ),
        st.integers(),
        st.none(),
    ),
    max_size=12,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts_of_rows)
def test_any_rows(tmp_path_factory: pytest.TempPathFactory, texts: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = write(folder / "rows.jsonl", [{"text": t, "id": i} for i, t in enumerate(texts)])
    out, removed = folder / "out.jsonl", folder / "removed.jsonl"
    result = run(path, output=out, removed=removed, yes=True, threshold=0.5)
    lines = path.read_bytes().splitlines(keepends=True)
    gone = {r.line for r in read_removed(removed)}
    assert out.read_bytes() == b"".join(x for n, x in enumerate(lines, 1) if n not in gone)
    assert result.kept + result.removed == len(texts)
    again = run(out, check=True, threshold=0.5) if out.stat().st_size else None
    assert again is None or again.clean
