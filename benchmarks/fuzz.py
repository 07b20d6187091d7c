"""Mutated inputs through the command line: no traceback, no bug, no hang, no input changed.

    python benchmarks/fuzz.py --count 2000

Each input is a small file of one of the record formats, as JSON lines, a JSON array, CSV, TSV or parquet,
plain or compressed; values are replaced by others of the wrong kind, and bytes are flipped, cut,
repeated, moved into another encoding, or joined by pieces that parsers dislike. Each goes through
`curate lint`, and every fourth through another command too. An input is told by its number (and the
seed), and `--only NUMBER` makes it again.
"""

from __future__ import annotations

import argparse
import bz2
import contextlib
import gzip
import hashlib
import io
import json
import lzma
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import zstandard

from curate.cli import main as curate

LONGEST_S = 60

CHAT = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is 2 + 2?\n- [x] é 日本"},
        {"role": "assistant", "content": '{"answer": 4}', "weight": 1},
    ]
}
TOOLS = {
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Time?"}], "name": "ann"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "t", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": "12:00"},
        {"role": "assistant", "content": "Noon."},
    ],
    "tools": [{"type": "function", "function": {"name": "t", "parameters": {"type": "object"}}}],
}
RECORDS: list[dict[str, Any]] = [
    CHAT,
    TOOLS,
    {"instruction": "Add", "input": "1 2", "output": "3", "history": [["a", "b"]]},
    {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
    {"prompt": "Say hi", "completion": "Hi.", "score": 1.5},
    {"question": "Where?", "answer": "There, at jane@example.com.", "context": "Here"},
    {"text": "Some text. " * 5},
    {"prompt": "Q", "chosen": "Good answer", "rejected": "Bad answer"},
    {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"},
    {"prompt": "Q", "completion": "A", "label": True},
    {"messages": CHAT["messages"], "label": False},
    {
        "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}],
        "kto_tag": True,
    },
    {"instruction": "Add", "input": "1 2", "output": "4", "kto_tag": False},
    {"prompt": [{"role": "user", "content": "Hi"}], "reward": 1},
    {"prompt": "Q", "completions": ["A", "B"], "labels": [True, False]},
    {"question": "Q", "choices": ["A", "B"], "answer": 1},
]
WRONG: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    2**70,
    "",
    "\u0000",
    "\u202e\ufeff\u200b",
    "﷽" * 50,
    "a" * 5000,
    [],
    {},
    [[]],
    [None],
    {"": ""},
    [{"role": 1}],
    {"a": {"b": {"c": []}}},
]
PIECES: list[bytes] = [
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b"\\", b"{", b"}", b"[", b"]"),
    *(b",", b"\\ud800", b"\\u0000", b"NaN", b"Infinity", b"1e999", b"\xc3", b"\xed\xa0\x80"),
    *(b"[" * 3000, b'{"a":' * 3000, b"9" * 5000, b"\xf0\x9f\x98\x80", b"'", b"\x1b[31m"),
]


def rows(chance: random.Random) -> list[dict[str, Any]]:
    """Some valid records, mostly of one format."""
    kind = chance.choice(RECORDS)
    mixed = chance.random() < 0.2
    return [dict(chance.choice(RECORDS) if mixed else kind) for _ in range(chance.randint(1, 8))]


def with_wrong_value(value: Any, chance: random.Random) -> Any:
    """A copy with one value, somewhere inside, replaced by one of another kind."""
    if not value or not isinstance(value, (dict, list)) or chance.random() < 0.2:
        return chance.choice(WRONG)
    if isinstance(value, list):
        at = chance.randrange(len(value))
        return [with_wrong_value(v, chance) if i == at else v for i, v in enumerate(value)]
    name = chance.choice(list(value))
    return {k: with_wrong_value(v, chance) if k == name else v for k, v in value.items()}


def content_of(records: list[Any], suffix: str, chance: random.Random) -> bytes:
    """A file of this kind that holds the records."""
    if suffix == ".parquet":
        return _parquet(records)
    if suffix == ".json":
        text = json.dumps(records, ensure_ascii=False, indent=chance.choice([None, 1]))
        return text.encode("utf-8", "surrogatepass")
    if suffix in (".csv", ".tsv"):
        names = list(records[0]) if isinstance(records[0], dict) else ["prompt", "completion"]
        table = io.StringIO()
        table.write(("," if suffix == ".csv" else "\t").join(names) + "\n")
        for record in records:
            cells = [
                json.dumps(record.get(n) if isinstance(record, dict) else record) for n in names
            ]
            table.write(",".join(cells) + "\n")
        return table.getvalue().encode("utf-8", "surrogatepass")
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    return "\n".join(lines).encode("utf-8", "surrogatepass") + b"\n"


def _parquet(records: list[Any]) -> bytes:
    """The records as a parquet file; a column whose values have no common type as text."""
    names = dict.fromkeys(name for r in records if isinstance(r, dict) for name in r)
    columns = []
    for name in names:
        values = [r.get(name) if isinstance(r, dict) else None for r in records]
        try:
            columns.append(pl.Series(name, values))
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            texts = [json.dumps(v).encode("ascii", "replace").decode() for v in values]
            columns.append(pl.Series(name, texts))
    stream = io.BytesIO()
    try:
        pl.DataFrame(columns).write_parquet(stream)
    except (ValueError, pl.exceptions.PolarsError):  # duplicate or empty names, empty structs
        stream = io.BytesIO()
        pl.DataFrame(
            {"text": [json.dumps(records).encode("ascii", "replace").decode()]}
        ).write_parquet(stream)
    return stream.getvalue()


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The bytes with pieces cut, repeated, replaced, put in or written in another encoding."""
    for _ in range(chance.choice([0, 1, 1, 2, 5])):
        at = chance.randrange(len(content) + 1)
        to = min(len(content), at + chance.choice([1, 3, 40, 4000]))
        match chance.randrange(6):
            case 0:
                content = content[:at]
            case 1:
                content = content[:at] + chance.randbytes(to - at) + content[to:]
            case 2:
                content = content[:to] + content[at:to] * 3 + content[to:]
            case 3:
                content = content[:at] + chance.choice(PIECES) + content[at:]
            case 4:
                content = content[:at] + content[to:]
            case _:
                content = content.decode("utf-8", "replace").encode(
                    chance.choice(["latin-1", "utf-16", "cp1252", "shift_jis"]), "replace"
                )
    return content


PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: zstandard.ZstdCompressor().compress(content),
}


SUFFIXES = (".jsonl", ".jsonl", ".jsonl", ".json", ".csv", ".tsv", ".parquet")
FORMS = ("text", "json", "jsonl", "sarif", "github", "gitlab", "html")


def written(number: int, folder: Path, seed: str = "") -> Path:
    """Write the input of this number."""
    chance = random.Random(f"{seed}{number}")
    suffix, packing = chance.choice(SUFFIXES), chance.choice(["", "", "", "", *PACKED])
    records: list[Any] = rows(chance)
    if chance.random() < 0.6:
        records = [with_wrong_value(r, chance) if chance.random() < 0.5 else r for r in records]
    content = mutated(content_of(records, suffix, chance), chance)
    if packing:
        content = PACKED[packing](content)
        content = mutated(content, chance) if chance.random() < 0.4 else content
    path = folder / f"{number}{suffix}{packing}"
    path.write_bytes(content)
    return path


def commands(number: int, path: Path, folder: Path) -> Iterator[list[str]]:
    """What is done with the input; `{copy}` stands for a copy that may be changed."""
    chance = random.Random(f"commands {number}")
    flags = chance.choice([[], [], ["--diff"], ["--diff", "--unsafe-fixes"], ["--statistics"]])
    yield ["lint", "--no-cache", "--output-format", chance.choice(FORMS), *flags, str(path)]
    out = str(folder / "out")
    match number % 24:
        case 0 | 12:
            yield ["lint", "--no-cache", "--fix", "{copy}"]
        case 4:
            yield ["lint", "--no-cache", "--unsafe-fixes", "{copy}"]
        case 8:
            yield ["dedupe", str(path), "-o", f"{out}.jsonl", "--yes"]
        case 16:
            yield ["split", str(path), "-o", out]
        case 20:
            yield chance.choice([["contract", str(path)], ["advise", str(path)]])


def _too_long(number: int, frame: Any) -> None:
    raise TimeoutError(f"did not end within {LONGEST_S} s")


def answer(command: list[str]) -> tuple[int | str, str]:
    """(exit code, or what was raised; standard error)."""
    said, wrong = io.StringIO(), io.StringIO()
    signal.alarm(LONGEST_S)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(wrong):
            code: int | str = curate([*command, "--isolated"])
    except BaseException as error:
        code = f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return code, wrong.getvalue()


def faults_of(number: int, folder: Path, seed: str = "") -> Iterator[str]:
    """What went wrong with the input of this number."""
    path = written(number, folder, seed)
    before = hashlib.sha256(path.read_bytes()).digest()
    for command in commands(number, path, folder):
        copy = path.with_name(f"copy-{path.name}")
        copy.write_bytes(path.read_bytes())
        told = [part.format(copy=copy) if part == "{copy}" else part for part in command]
        code, said = answer(told)
        ANSWERS[code] += 1
        if code not in (0, 1, 2) or "Traceback" in said:
            yield f"{number} {' '.join(told)}: {code} {said[-600:]}"
        if hashlib.sha256(path.read_bytes()).digest() != before:
            yield f"{number} {' '.join(told)}: the input was changed"
        if "{copy}" in command and code in (0, 1):
            once = copy.read_bytes()
            answer(told)
            if copy.read_bytes() != once:
                yield f"{number} {' '.join(told)}: a second repair changed more"


ANSWERS: Counter[int | str] = Counter()


def main() -> int:
    """Make the inputs, and say what went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--seed", default="", help="makes other inputs of the same numbers")
    parser.add_argument("--only", type=int, help="one input, by its number")
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, _too_long)
    numbers = range(arguments.first, arguments.first + arguments.count)
    if arguments.only is not None:
        numbers = range(arguments.only, arguments.only + 1)
    started, faults, slowest = time.perf_counter(), 0, 0.0
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            for fault in faults_of(number, Path(folder), arguments.seed):
                faults += 1
                print(fault, flush=True)
            slowest = max(slowest, time.perf_counter() - began)
    answers = ", ".join(
        f"{count:,} with {code}" for code, count in sorted(ANSWERS.items(), key=str)
    )
    print(
        f"{len(numbers):,} inputs, {sum(ANSWERS.values()):,} commands ({answers}), {faults} faults, "
        f"{time.perf_counter() - started:.0f} s, the slowest input {slowest:.1f} s"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    os.environ.setdefault("COLUMNS", "100")
    sys.exit(main())
