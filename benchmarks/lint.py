"""Linting speed and memory: curate beside its peers, on the same file, in the same run.

    python benchmarks/lint.py --rows 20000 --peers ~/peers --runs 3 --output results.json

The rows are public Alpaca rows as chat (`CURATE_PUBLIC_DATA`, or any JSON array with --source). Where
more rows are wanted than there are, further rows are made from them with three words in ten taken
from other rows, so that they are neither duplicates nor near duplicates. `--synthetic` makes all rows
from single words instead, for runs over millions.

`--start-up` times what a pre-commit hook waits for instead: small files, help texts, and beside them what Python
takes to import polars and read the same 100 rows, which is the least that a command like this can take.

Each system runs in a process of its own, curate through its command line, peers in virtual
environments of their own under --peers (NAME/bin/COMMAND); runs are interleaved and medians reported.
Wall and CPU seconds include the interpreter's start; memory is the peak resident size. What each
checks differs (see docs/quality.md): the commands below are each peer's fullest offline check.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("CURATE_PUBLIC_DATA", HERE.parent.parent / "shared" / "data"))
CURATE = [sys.executable, "-m", "curate", "lint", "--isolated", "--no-cache", "--exit-zero"]
NEAR = "near-duplicate,leaked-near-duplicate"
# {file} is the input, {folder} an empty folder for what a peer insists on writing.
CURATE_RUNS: dict[str, list[str]] = {
    "curate, schema only": [*CURATE, "--select", "FMT", "{file}"],
    "curate, without near duplicates": [*CURATE, "--ignore", NEAR, "{file}"],
    "curate, all default rules": [*CURATE, "{file}"],
}
PEERS: dict[str, list[str]] = {
    "dropoutt": ["dropoutt", "scan", "{file}", "--offline", "--quiet", "--no-html", "--no-open", "--out", "{folder}"],
    "parallelogram": ["parallelogram", "check", "{file}", "--json", "--no-color"],
    "finelint": ["finelint", "inspect", "{file}"],
    "cleanllm": ["cleanllm", "scan", "{file}"],
    "dtflow": ["dt", "validate", "{file}", "--preset", "openai_chat"],
}  # fmt: skip


START_UP: dict[str, list[str]] = {
    "curate lint, 100 rows, all default rules": [*CURATE, "{file}"],
    "curate lint --help": [sys.executable, "-m", "curate", "lint", "--help"],
    "curate rules": [sys.executable, "-m", "curate", "rules"],
    "curate --help": [sys.executable, "-m", "curate", "--help"],
    "curate --version": [sys.executable, "-m", "curate", "--version"],
    "python: import polars, read the rows": [sys.executable, "-c", "import polars; polars.read_ndjson('{file}')"],
    "python: nothing": [sys.executable, "-c", "pass"],
}  # fmt: skip


def alpaca(source: Path) -> list[tuple[str, str]]:
    """(prompt, completion) of each row of an Alpaca file."""
    rows = json.loads(source.read_text(encoding="utf-8"))
    return [
        (f"{r['instruction']}\n\n{r['input']}" if r.get("input") else r["instruction"], r["output"])
        for r in rows
    ]


def build(path: Path, count: int, pairs: list[tuple[str, str]], synthetic: bool) -> None:
    """Write `count` chat rows."""
    chance = random.Random(0)
    words = [word for pair in pairs for text in pair for word in text.split(" ")]

    def varied(text: str) -> str:
        return " ".join(
            chance.choice(words) if chance.random() < 0.3 else w for w in text.split(" ")
        )

    with path.open("w", encoding="utf-8") as stream:
        for i in range(count):
            if synthetic:
                prompt = "Write about " + " ".join(chance.choices(words, k=10))
                completion = " ".join(chance.choices(words, k=45)) + "."
            else:
                prompt, completion = pairs[i % len(pairs)]
                if i >= len(pairs):
                    prompt, completion = varied(prompt), varied(completion)
            turns = [
                {"role": "user", "content": prompt},
                {"role": "assistant", "content": completion},
            ]
            stream.write(json.dumps({"messages": turns}, ensure_ascii=False) + "\n")


def measure(command: list[str], limit: float) -> dict[str, float] | None:
    """Wall and CPU seconds and peak MB of one run, or None when it took too long."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while True:
        done, status, usage = os.wait4(process.pid, os.WNOHANG)
        wall = time.perf_counter() - started
        if done:
            break
        if wall > limit:
            process.kill()
            os.wait4(process.pid, 0)
            return None
        time.sleep(0.005)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "wall_s": wall,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
        "exit": float(process.returncode),
    }


def systems(peers: Path | None) -> dict[str, list[str]]:
    """The commands to run, by name."""
    commands = dict(CURATE_RUNS)
    for name, command in PEERS.items():
        program = peers / name / "bin" / command[0] if peers else None
        if program is not None and program.exists():
            commands[name] = [str(program), *command[1:]]
    return commands


def chosen(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """The commands that are asked for, by name."""
    if arguments.start_up:
        return START_UP
    wanted = arguments.only
    every = systems(arguments.peers)
    return {n: c for n, c in every.items() if not wanted or n.split(",")[0] in wanted}


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """All runs of all systems, as medians."""
    results: dict[str, list[dict[str, float]]] = {}
    given_up: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data" / "chat.jsonl"
        path.parent.mkdir()
        build(path, arguments.rows, alpaca(arguments.source), arguments.synthetic)
        size = path.stat().st_size / 1e6
        for number in range(arguments.runs):
            for name, command in chosen(arguments).items():
                if name in given_up:
                    continue
                out = Path(folder) / f"out-{number}-{name.replace(' ', '-')}"
                out.mkdir()
                filled = [part.format(file=path, folder=out) for part in command]
                if arguments.start_up and not number:
                    measure(filled, arguments.limit)  # compiles what Python has not compiled yet
                measured = measure(filled, arguments.limit)
                if measured is None:
                    given_up.add(name)
                else:
                    results.setdefault(name, []).append(measured)
    medians = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for name, runs in results.items()
    }
    for told in medians.values():
        told["rows_per_s"] = arguments.rows / told["wall_s"]
    return {
        "rows": arguments.rows,
        "megabytes": round(size, 1),
        "runs": arguments.runs,
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "systems": medians,
        "longer than the limit": sorted(given_up),
    }


def table(results: dict[str, Any]) -> str:
    """The results for people."""
    lines = [
        f"{results['rows']:,} rows, {results['megabytes']} MB, {results['cores']} cores, "
        f"median of {results['runs']}, load average at the end {results['load']:.1f}",
        f"{'':40} {'rows/s':>9} {'wall s':>8} {'CPU s':>8} {'peak MB':>8} {'exit':>5}",
    ]
    lines += [
        f"{name:40} {told['rows_per_s']:>9,.0f} {told['wall_s']:>8.3f} {told['cpu_s']:>8.3f} "
        f"{told['peak_mb']:>8.0f} {told['exit']:>5.0f}"
        for name, told in results["systems"].items()
    ]
    lines += [
        f"{name:40} did not end within the limit" for name in results["longer than the limit"]
    ]
    return "\n".join(lines)


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--source", type=Path, default=DATA / "alpaca_4800.json")
    parser.add_argument("--start-up", action="store_true", help="time small files and help texts")
    parser.add_argument("--synthetic", action="store_true", help="rows of single words")
    parser.add_argument("--peers", type=Path, help="folder of the peers' virtual environments")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="curate and peers, by name")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds for one run")
    parser.add_argument("--output", type=Path, help="write the results as JSON")
    arguments = parser.parse_args()
    if not arguments.source.exists():
        parser.error(f"{arguments.source}: no such file; name an Alpaca file with --source")
    if arguments.start_up:
        arguments.rows, arguments.runs = 100, max(arguments.runs, 11)
        # An installed curate is compiled once, whatever this shell says.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    results = run(arguments)
    print(table(results))
    if arguments.output:
        arguments.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
