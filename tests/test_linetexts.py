"""Texts read by the kernel straight from lines are those that parsing in Python gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate import kernel
from curate.linefiles import open_lines
from curate.rowsource import RowSource
from curate.rowtexts import RowTexts
from curate.schemas.options.data import DataOptions
from curate.shingles import Shingling

text = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", 'a\\b"c/\n\t\b\f\r', "\0", "é日本😀", "\n\nHuman: hi\n\nAssistant: yo", "null"]
    ),
)
odd = st.one_of(st.none(), st.integers(), st.floats(allow_nan=False), st.booleans(), text)
roles = st.sampled_from(
    [
        "user",
        "assistant",
        "system",
        "developer",
        "tool",
        "GPT",
        "human",
        "Bot",
        "nobody",
        "",
        "ſystem",
    ]
)
message = st.fixed_dictionaries(
    {
        "role": roles,
        "content": st.one_of(text, st.none(), st.just([{"type": "text", "text": "part"}])),
    },
    optional={
        "name": text,
        "weight": st.integers(0, 1),
        "tool_calls": st.one_of(
            st.none(), st.just([{"function": {"name": "f", "arguments": "{}"}}])
        ),
        "refusal": st.one_of(st.none(), text),
    },
)
turn = st.fixed_dictionaries({"from": roles, "value": text})
extra = {"id": odd, "meta": st.dictionaries(text, odd, max_size=2)}
rows = st.one_of(
    st.fixed_dictionaries({"messages": st.lists(message, max_size=4)}, optional=extra),
    st.fixed_dictionaries({"conversations": st.lists(turn, max_size=4)}, optional={"system": text}),
    st.fixed_dictionaries(
        {"instruction": odd, "output": text},
        optional={"input": odd, "system": text, "history": st.just([["q", "a"]])},
    ),
    st.fixed_dictionaries(
        {"prompt": st.one_of(text, st.lists(message, max_size=2)), "completion": text},
        optional=extra,
    ),
    st.fixed_dictionaries(
        {"messages": st.lists(message, max_size=3), "label": st.booleans()},
        optional={"system": text},
    ),
    st.fixed_dictionaries({"conversations": st.lists(turn, max_size=3), "kto_tag": odd}),
    st.fixed_dictionaries(
        {"instruction": text, "output": text, "kto_tag": odd}, optional={"input": odd}
    ),
    st.fixed_dictionaries({"question": text, "answer": odd}, optional={"context": text}),
    st.fixed_dictionaries({"text": odd}, optional=extra),
    st.fixed_dictionaries({"chosen": text, "rejected": text}),
    st.fixed_dictionaries({"a\\b": text, "text": text}),
    odd,
)
lines = st.one_of(
    rows.map(lambda row: json.dumps(row, ensure_ascii=False)),
    rows.map(lambda row: json.dumps(row, indent=None, separators=(" , ", " :  "))),
    st.sampled_from(
        [
            "",
            "  ",
            "{",
            '{"text": "x"} x',
            '{"text": "x", "text": "y"}',
            '{"text": "\\ud83d\\ude00 \\u00e9"}',
            '{"text": "\\ud800"}',
            '{"text": "\\x"}',
            '{"text": "tab\there"}',
            '{"text": 01}',
            '{"text": 1e999}',
            '{"text": NaN}',
            '{"text": "x",}',
            '{"messages": [{"role": "user", "content": "a", "content": "b"}]}',
            '{"messages": [{"role": "user", "content": null, "value": "v"}]}',
            "[1]",
            "null",
        ]
    ),
)


def sources(
    path: Path, field: str, system: bool, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Any], list[Any]]:
    """What the kernel and what Python read: tokens of every row, and which rows were unread."""
    results = []
    for without in (False, True):
        with monkeypatch.context() as patch, open_lines([str(path)]) as files:
            if without:
                patch.setattr("curate.linetexts.kernel.load", lambda: None)
            source = RowSource(files, RowTexts(field, DataOptions(), system=system))
            texts = [t for read in source.batches() for t in read().texts()]
            again = [t for read in source.batches() for t in read().texts()]
            tokens = [Shingling("word").tokens(t)[1] for t in texts]
            assert [Shingling("word").tokens(t)[1] for t in again] == tokens
            results.append([tokens, source.unread.tolist()])
    return results[0], results[1]


@pytest.mark.skipif(kernel.load() is None, reason="the C kernel was not built")
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(lines, max_size=12),
    st.sampled_from(["all", "prompt", "completion", "text", "id"]),
    st.booleans(),
    st.sampled_from([b"\n", b"\r\n"]),
)
def test_the_kernel_reads_what_python_reads(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[str],
    field: str,
    system: bool,
    line_end: bytes,
) -> None:
    path = tmp_path_factory.mktemp("lines") / "rows.jsonl"
    # Every line twice: the second time its keys are known, and the kernel may take it.
    data = line_end.join(row.encode("utf-8", "surrogatepass") for row in [*rows, *rows])
    path.write_bytes(b'{"text": "first"}\n' + data)
    ours, pythons = sources(path, field, system, monkeypatch)
    assert ours == pythons


@pytest.mark.skipif(kernel.load() is None, reason="the C kernel was not built")
def test_invalid_utf8_is_left_to_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = [
        b"\xff",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf5\x80\x80\x80",
        b"\xe2\x82",
        b"\xf4\x90\x80\x80",
    ]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(
        b"".join(b'{"text": "a ' + b + b' z"}\n' for b in [b"", *bad, "é€😀".encode()])
    )
    ours, pythons = sources(path, "all", False, monkeypatch)
    assert ours == pythons
    assert ours[1] == [False, *[True] * len(bad), False]
