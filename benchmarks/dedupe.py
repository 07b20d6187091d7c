"""Near-duplicate removal, file in and file out: curate beside its peers, against exact truth.

    python benchmarks/dedupe.py --rows 100000 --peers ~/peers --runs 3 --record runs.jsonl
    python benchmarks/dedupe.py --table runs.jsonl

The corpus is made from public text (`CURATE_PUBLIC_DATA`, or any JSONL with --source): rows of about
1.5 kB, a quarter of them copies of earlier rows with known edits (exact, 0.3 to 5 % of the words
changed, cut short, another case). The truth is the exact set of all pairs with Jaccard similarity at
or above the threshold, by a prefix join that knows nothing of MinHash.

Each system runs in a process of its own, `curate` through its command line, peers (benchmarks/peers)
in virtual environments of their own under --peers (NAME/bin/python); runs are interleaved and medians
reported. Wall and CPU seconds include the interpreter's start; memory is the peak resident size.

Recall and precision are by true cluster (connected pairs): of a cluster of k rows, k − 1 can go; what
goes beyond that, or is in no cluster, costs precision. For curate's representative mode, which keeps
rows that a chain of duplicates would lose, the share of true pairs that lost a side is given as well.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("CURATE_PUBLIC_DATA", HERE.parent.parent / "shared" / "data"))
CURATE = [sys.executable, "-m", "curate", "dedupe", "--isolated", "--yes", "--show", "0"]
SYSTEMS: dict[str, list[str]] = {
    "curate": CURATE,
    "curate, single linkage": [*CURATE, "--linkage", "single"],
    "curate, 1 thread": [*CURATE, "--threads", "1"],
    "curate, datasketch engine": [*CURATE, "--engine", "datasketch"],
    "curate, Daft engine": [*CURATE, "--engine", "daft"],
}
# name → (environment, script, arguments)
PEERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "rensa, word 5-grams": ("rensa", "rensa", ()),
    "rensa, words (as in its README)": ("rensa", "rensa", ("--words",)),
    "gaoya, 21 bands of 6": ("gaoya", "gaoya", ()),
    "datasketch, defaults": ("datasketch", "datasketch", ()),
    "Daft minhash and our bands": ("daft", "daft", ()),
    "text-dedup": ("text-dedup", "textdedup", ()),
    "semhash, toy model": ("semhash", "semhash", ()),
}


def source_words(folder: Path) -> list[str]:
    """All words of the public datasets, in order."""
    words: list[str] = []
    for path in sorted(folder.glob("*.json")) + sorted(folder.glob("*.jsonl")):
        text = path.read_text(encoding="utf-8")
        rows = json.loads(text) if path.suffix == ".json" else map(json.loads, text.splitlines())
        for row in rows:
            words += " ".join(v for v in row.values() if isinstance(v, str)).split(" ")
    return words


def build(path: Path, rows: int, words: list[str], seed: int = 0) -> None:
    """Write the corpus: chat rows of about 240 words."""
    random_ = random.Random(seed)
    originals: list[list[str]] = []
    with path.open("w", encoding="utf-8") as stream:
        for _ in range(rows):
            if originals and random_.random() < 0.25:
                text = edited(random_.choice(originals), words, random_)
            else:
                text = []
                for _ in range(12):
                    start = random_.randrange(len(words) - 20)
                    text += words[start : start + 20]
                if len(originals) < rows // 2:
                    originals.append(text)
            cut = len(text) // 4
            sides = " ".join(text[:cut]), " ".join(text[cut:])
            turns = [
                {"role": r, "content": c} for r, c in zip(("user", "assistant"), sides, strict=True)
            ]
            stream.write(json.dumps({"messages": turns}, ensure_ascii=False) + "\n")


def edited(text: list[str], words: list[str], random_: random.Random) -> list[str]:
    """A copy of a row with a known edit."""
    text, kind = list(text), random_.random()
    if kind < 0.3:
        return text
    if kind < 0.8:
        share = random_.choice([0.003, 0.01, 0.02, 0.03, 0.05])
        for _ in range(max(1, int(len(text) * share))):
            text[random_.randrange(len(text))] = random_.choice(words)
        return text
    if kind < 0.9:
        return text[: int(len(text) * random_.uniform(0.8, 1.0))]
    return [word.upper() for word in text]


def truth(path: Path, threshold: float) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(all true pairs, shape (p, 2); for each row, the smallest row of its cluster)."""
    from curate.audit import exact_pairs
    from curate.engines import choose_engine
    from curate.shingles import ShingleSets, Shingling
    from curate.texts import TextBatch

    texts = texts_of(path)
    engine, digest = choose_engine(), {}
    batch = TextBatch.of(texts)
    shingling = Shingling()
    sets = engine.sets(batch, shingling)
    tokens = engine.tokens(batch, shingling).tokens
    twin = np.array([digest.setdefault(tokens.row(i).tobytes(), i) for i in range(len(texts))])
    rows = np.flatnonzero(twin == np.arange(len(texts)))
    lengths = np.diff(sets.offsets)[rows]
    distinct = ShingleSets(
        np.concatenate([sets.row(i) for i in rows.tolist()]),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )
    near = [np.stack([rows[a], rows[b]], axis=1) for a, b in exact_pairs(distinct, threshold)]
    copies = np.flatnonzero(twin != np.arange(len(texts)))
    pairs = np.concatenate([*near, np.stack([twin[copies], copies], axis=1)])
    parents = list(range(len(texts)))

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    for a, b in pairs.tolist():
        low, high = sorted((root(a), root(b)))
        parents[high] = low
    return pairs, np.array([root(i) for i in range(len(texts))])


def texts_of(path: Path) -> list[str]:
    """The texts that every system compares."""
    with path.open(encoding="utf-8") as stream:
        return ["\n".join(m["content"] for m in json.loads(line)["messages"]) for line in stream]


def measure(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Run once: wall and CPU seconds, peak memory in MB."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return {
        "wall_s": time.perf_counter() - began,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / (1 << 10 if sys.platform != "darwin" else 1 << 20),
    }


def removed_rows(before: Path, after: Path) -> set[int]:
    """Which lines are missing; of equal lines, the later ones."""
    left = Counter(after.read_bytes().splitlines())
    gone = set()
    for i, line in enumerate(before.read_bytes().splitlines()):
        if left[line]:
            left[line] -= 1
        else:
            gone.add(i)
    return gone


def score(
    gone: set[int], pairs: np.ndarray[Any, Any], clusters: np.ndarray[Any, Any]
) -> dict[str, float]:
    """Recall and precision by true cluster, and the share of true pairs that lost a side."""
    sizes = Counter(clusters.tolist())
    removed = Counter(clusters[sorted(gone)].tolist()) if gone else Counter()
    right = sum(min(n, sizes[c] - 1) for c, n in removed.items())
    flag = np.zeros(len(clusters), np.bool_)
    flag[sorted(gone)] = True
    return {
        "recall": right / max(sum(n - 1 for n in sizes.values()), 1),
        "precision": right / max(len(gone), 1),
        "pairs_settled": float(np.mean(flag[pairs].any(axis=1))) if len(pairs) else 1.0,
    }


def commands(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Each system's command, without the files."""
    chosen = {n: [*c, "--threshold", str(arguments.threshold)] for n, c in SYSTEMS.items()}
    for name, (environment, script, extra) in PEERS.items() if arguments.peers else ():
        python = arguments.peers / environment / "bin" / "python"
        if python.exists():
            path = str(HERE / "peers" / f"{script}_dedupe.py")
            chosen[name] = [str(python), path, "--threshold", str(arguments.threshold), *extra]
    if arguments.only:
        chosen = {n: c for n, c in chosen.items() if n in arguments.only}
    return chosen


def known_truth(
    corpus: Path, threshold: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """`truth`, computed once for a corpus and kept beside it."""
    kept = corpus.with_suffix(f".{threshold}.npz")
    if not kept.exists():
        pairs, clusters = truth(corpus, threshold)
        np.savez(kept, pairs=pairs, clusters=clusters)
    with np.load(kept) as arrays:
        return arrays["pairs"], arrays["clusters"]


def table(path: Path) -> None:
    """Print what was recorded as Markdown: medians of all runs, best wall time first."""
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    for rows, threshold in sorted({(e["rows"], e["threshold"]) for e in entries}):
        mine = [e for e in entries if (e["rows"], e["threshold"]) == (rows, threshold)]
        print(f"\n{rows:,} rows, threshold {threshold}\n")
        print("| system | runs | wall s | CPU s | peak MB | recall | precision | pairs settled |")
        print("|---|---|---|---|---|---|---|---|")
        lines = []
        for name in dict.fromkeys(e["system"] for e in mine):
            runs = [e for e in mine if e["system"] == name]
            middle = {
                k: statistics.median(e[k] for e in runs) for k in ("wall_s", "cpu_s", "peak_mb")
            }
            quality = [
                f"{runs[-1][k]:.4f}" if k in runs[-1] else "–"
                for k in ("recall", "precision", "pairs_settled")
            ]
            lines.append(
                (
                    middle["wall_s"],
                    f"| {name} | {len(runs)} | {middle['wall_s']:.2f} | {middle['cpu_s']:.2f} | "
                    f"{middle['peak_mb']:,.0f} | {' | '.join(quality)} |",
                )
            )
        print("\n".join(line for _, line in sorted(lines)))


def main() -> None:
    """Build, run, score, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--source", type=Path, default=DATA, help="folder of JSON and JSONL files")
    parser.add_argument("--peers", type=Path, help="folder of virtual environments, one a peer")
    parser.add_argument("--only", nargs="*", help="names of systems")
    parser.add_argument("--folder", type=Path, default=Path("bench-dedupe"))
    parser.add_argument("--no-truth", action="store_true", help="time only")
    parser.add_argument("--record", type=Path, help="add each run to this file of JSON lines")
    parser.add_argument("--table", type=Path, help="only print what was recorded there")
    parser.add_argument(
        "--build-only", action="store_true", help="make corpus and truth, run nothing"
    )
    arguments = parser.parse_args()
    if arguments.table:
        table(arguments.table)
        return
    arguments.folder.mkdir(parents=True, exist_ok=True)
    corpus = arguments.folder / f"corpus-{arguments.rows}.jsonl"
    if arguments.build_only:
        if not corpus.exists():
            build(corpus, arguments.rows, source_words(arguments.source))
        if not arguments.no_truth:
            known_truth(corpus, arguments.threshold)
        return
    # In a process of its own: a child's peak memory starts at what its parent once held.
    subprocess.run([sys.executable, *sys.argv, "--build-only"], check=True)
    chosen = commands(arguments)
    environment = {**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    runs: list[tuple[str, dict[str, float]]] = []
    for _ in range(arguments.runs):
        for number, (name, command) in enumerate(chosen.items()):
            out = arguments.folder / f"out-{number}.jsonl"
            runs.append((name, measure([*command, str(corpus), "-o", str(out)], environment)))
    known = None if arguments.no_truth else known_truth(corpus, arguments.threshold)
    scores: dict[str, dict[str, float]] = {}
    for number, name in enumerate(chosen):
        gone = removed_rows(corpus, arguments.folder / f"out-{number}.jsonl")
        scores[name] = {"removed": len(gone), **(score(gone, *known) if known else {})}
    for name, run in runs:
        entry = {"rows": arguments.rows, "threshold": arguments.threshold, "system": name}
        entry |= {"bytes": corpus.stat().st_size, **run, **scores[name]}
        print(f"{name:<28}", "  ".join(f"{k} {v:,.4g}" for k, v in (run | scores[name]).items()))
        if arguments.record:
            with arguments.record.open("a") as stream:
                stream.write(json.dumps(entry) + "\n")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
