"""Was it worth it? The whole comparison on public, sample and planted tasks, one command for all.

    python benchmarks/compare_evidence.py --model MODEL --data-dir FOLDER --output results --gpus 2

Each task goes the user's own way: `curate split`, `curate advise`, `curate train` (LoRA) and
`curate compare`, in a process of its own; several share a GPU. The planted tasks are those of
`compare_tasks.py`: for them it is known beforehand what should be advised. Tasks that end in
`-shuffled` are trained on the same prompts with their answers dealt out to other rows: advice that
comes from the numbers has to change with them.

OUTPUT/TASK/ holds compare.json, compare.jsonl, compare.svg, advice.json and result.json (the commands
as they were run, seconds, the training verdict); OUTPUT/report.md the tables, written anew whenever a
task has ended. What is not done by the deadline is ended; what it had measured is in its table, and
what is missing is said.

The seconds beside the commands are those of processes that share a GPU: no measure of speed, and the
latency of single requests is left out for that reason.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from compare_tasks import Row, Sets, chat, shuffled, write_rows, write_tasks

HERE = Path(__file__).resolve().parent
SEED = 0
PLANTED = ("facts", "format", "known")


@dataclass(frozen=True)
class Task:
    """Where a task's rows come from, how many are trained on, and what of the way differs."""

    rows: Callable[[Path], list[Row]] | None = None
    train_rows: int = 10_000
    test_share: float = 0.2
    train: tuple[str, ...] = ("--epochs", "3", "--eval-every", "40")
    compare: tuple[str, ...] = ()
    expected: str = ""
    seconds: int = 60  # about, eight at a time on two H100s: the longest begin first
    # Of the public sets: "train" and "test" are read as they are, others by `rows`.
    files: dict[str, str] = field(default_factory=dict)


def tickets(data: Path) -> list[Row]:
    """The sample task's rows."""
    text = (HERE.parent / "sample_data" / "clean" / "tickets.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def dolly_categories(data: Path) -> list[Row]:
    """Dolly's instructions and their categories: eight labels."""
    rows = json.loads((data / "dolly_3k.json").read_text(encoding="utf-8"))
    return [chat(row["instruction"], row["category"]) for row in rows]


def code(data: Path) -> list[Row]:
    """Code Alpaca, as it was published."""
    found: list[Row] = json.loads((data / "code_alpaca_2k.json").read_text(encoding="utf-8"))
    return found


# Base models ramble up to the limit: it holds 19 of 20 reference answers, and bounds the time.
LONG_ANSWERS = ("--rows", "100", "--max-new-tokens", "224", "--max-context", "4096")
DOLLY = Task(
    rows=dolly_categories,
    files={"rows": "dolly_3k.json"},
    train_rows=1600,
    test_share=0.1,
    seconds=100,
)
TASKS: dict[str, Task] = {
    "gsm8k": Task(
        files={"train": "gsm8k_train.jsonl", "test": "gsm8k_test.jsonl"},
        train_rows=1600,
        train=("--epochs", "2", "--eval-every", "80"),
        compare=LONG_ANSWERS,
        seconds=170,
    ),
    "code": Task(
        rows=code,
        files={"rows": "code_alpaca_2k.json"},
        test_share=0.1,
        train=("--epochs", "2", "--eval-every", "80"),
        compare=LONG_ANSWERS,
        seconds=150,
    ),
    "dolly": DOLLY,
    "dolly-shuffled": DOLLY,
    "tickets": Task(rows=tickets, seconds=125),
    "tickets-shuffled": Task(rows=tickets, seconds=125),
    "facts": Task(
        train=("--epochs", "6", "--eval-every", "40"),
        compare=("--docs", "{data}/docs", "--metric", "compare_tasks:says_the_fact"),
        expected="retrieve",
        seconds=80,
    ),
    "format": Task(expected="fine-tune", seconds=120),
    "format-shuffled": Task(seconds=120),
    "known": Task(expected="prompt", seconds=75),
}


def main() -> int:
    """Run the tasks, or (with `--one`) one of them in this process."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", required=True, help="base model, as `curate train` takes it")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS, metavar="TASK")
    parser.add_argument("--gpus", type=int, default=0, help="0: on the CPU, one after the other")
    parser.add_argument("--per-gpu", type=int, default=4, help="most processes on one GPU")
    parser.add_argument("--deadline", type=float, default=240.0, help="seconds for everything")
    parser.add_argument("--rows", type=int, default=150, help="most test rows")
    parser.add_argument("--train-rows", type=int, help="fewer training rows than a task's own")
    parser.add_argument("--max-steps", type=int, help="end training here")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--one", choices=TASKS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.output = arguments.output.resolve()
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.one:
        return run_task(arguments.one, arguments)
    if missing := missing_files(arguments):
        parser.error(f"not there: {', '.join(map(str, missing))}")
    run_all(arguments)
    print(write_report(arguments))
    return 0


def missing_files(arguments: argparse.Namespace) -> list[Path]:
    """What the tasks need and is not there, so that nothing is started in vain."""
    model = Path(arguments.model)
    # A relative name that is no path may be one of the hub.
    needed = [model] if model.is_absolute() or model.suffix == ".gguf" else []
    for name in arguments.tasks:
        needed += [arguments.data_dir / file for file in TASKS[name].files.values()]
    return [path for path in dict.fromkeys(needed) if not path.exists()]


# ------------------------------------------------------------------------------------------------
# All tasks


def run_all(arguments: argparse.Namespace) -> None:
    """Start the tasks in processes, longest first, and end what is left at the deadline."""
    begun = time.monotonic()
    waiting = sorted(arguments.tasks, key=lambda name: -TASKS[name].seconds)
    places = max(1, arguments.gpus)
    each = arguments.per_gpu if arguments.gpus else 1
    running: dict[str, tuple[subprocess.Popen[bytes], int]] = {}
    while waiting or running:
        busy = [gpu for _, gpu in running.values()]
        free = [gpu for gpu in range(places) if busy.count(gpu) < each]
        if waiting and free:
            name = waiting.pop(0)
            gpu = min(free, key=busy.count)
            running[name] = (start(name, gpu, arguments), gpu)
            continue
        if time.monotonic() - begun > arguments.deadline:
            for process, _ in running.values():
                # The process and what it started form a group of their own.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            print(f"deadline: not done: {', '.join([*running, *waiting])}", flush=True)
            return
        for name, (process, _) in list(running.items()):
            if process.poll() is not None:
                del running[name]
                print(
                    f"{time.monotonic() - begun:6.1f} s  {name}: exit {process.returncode}",
                    flush=True,
                )
                write_report(arguments)
        time.sleep(0.2)


def start(name: str, gpu: int, arguments: argparse.Namespace) -> subprocess.Popen[bytes]:
    """One task in its own process, on one GPU."""
    folder = arguments.output / name
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    )
    if arguments.gpus:
        environment["CUDA_VISIBLE_DEVICES"] = str(gpu)
        environment.setdefault("OMP_NUM_THREADS", "2")
        # Answers of growing length leave the allocator with pieces of every size; several
        # processes share the memory, so each gives back what it does not use.
        environment.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
    with (folder / "log.txt").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, str(HERE / "compare_evidence.py"), *sys.argv[1:], "--one", name],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


# ------------------------------------------------------------------------------------------------
# One task


def run_task(name: str, arguments: argparse.Namespace) -> int:
    """Split, advise, train, compare; the commands and their times are kept as they go."""
    if arguments.gpus:
        import torch

        # What is left is for what each process takes outside of torch's sight.
        torch.cuda.set_per_process_memory_fraction(0.88 / arguments.per_gpu)
    task, kept = TASKS[name], arguments.output / name
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        way = Way(work, kept / "result.json")
        data = prepare(name, task, arguments, work, way)
        said = way.do("advise", data / "train.jsonl", "--output-format", "json")
        (kept / "advice.json").write_text(said, encoding="utf-8")
        limit = ("--max-steps", arguments.max_steps) if arguments.max_steps else ()
        way.do(
            *("train", data, "--model", arguments.model, "-o", work / "run", *task.train, *limit),
            *("--batch-size", arguments.batch_size, "--compile", "off", "--samples", 0),
        )
        shutil.copy(work / "run" / "history.jsonl", kept / "history.jsonl")
        changes = [part.format(data=data) for part in task.compare]
        rows = () if "--rows" in changes and arguments.rows >= 100 else ("--rows", arguments.rows)
        way.do(
            *("compare", work / "run", "--data", data / "test.jsonl"),
            *("--examples", data / "train.jsonl", "-o", kept, "--latency-rows", 0),
            *changes,
            *rows,
        )
    return 0


class Way:
    """Runs commands of `curate` in this process, and keeps what was run and how long it took."""

    def __init__(self, work: Path, result: Path) -> None:
        self.work = work
        self.result = result
        self.steps: list[dict[str, Any]] = []

    def do(self, *words: object) -> str:
        """One command; what it prints. Ends the process where the command fails."""
        from curate.cli import main as curate

        argv = [str(word) for word in words]
        printed, begun = io.StringIO(), time.monotonic()
        with contextlib.redirect_stdout(printed):
            code = curate(argv)
        seconds = round(time.monotonic() - begun, 1)
        shown = shlex.join(["curate", *argv]).replace(f"{self.work}/", "")
        self.steps.append({"command": shown, "seconds": seconds, "printed": printed.getvalue()})
        self.result.write_text(json.dumps(self.steps, indent=1), encoding="utf-8")
        print(printed.getvalue(), flush=True)
        if code:
            raise SystemExit(f"{shown}: exit code {code}")
        return printed.getvalue()


def prepare(name: str, task: Task, arguments: argparse.Namespace, work: Path, way: Way) -> Path:
    """The folder of a task's three sets."""
    plain = name.removesuffix("-shuffled")
    if plain in PLANTED:
        write_tasks(work / "tasks", SEED)
        folder = work / "tasks" / name
    else:
        folder = work / "splits"
        source = work / f"{plain}.jsonl"
        path = task.files.get("train")
        rows = task.rows(arguments.data_dir) if task.rows else read(arguments.data_dir / str(path))
        random.Random(SEED).shuffle(rows)
        write_rows(source, rows[: round(task.train_rows / 0.75)] if task.rows else rows)
        share = 0.0 if "test" in task.files else task.test_share
        way.do("split", source, "-o", folder, "--val", 0.06, "--test", share)
        if "test" in task.files:
            write_rows(folder / "test.jsonl", read(arguments.data_dir / task.files["test"]))
    sets: Sets = {part: read(folder / f"{part}.jsonl") for part in ("train", "val", "test")}
    most = min(task.train_rows, arguments.train_rows or task.train_rows)
    sets["train"] = sets["train"][:most]
    if name.endswith("-shuffled") and plain not in PLANTED:
        sets = shuffled(sets, random.Random(SEED))
    for part, rows in sets.items():
        write_rows(folder / f"{part}.jsonl", rows)
    return folder


def read(path: Path) -> list[Row]:
    """Rows of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# ------------------------------------------------------------------------------------------------
# The report


def write_report(arguments: argparse.Namespace) -> str:
    """What there is by now, into report.md."""
    report = report_on(arguments.output, arguments.tasks)
    (arguments.output / "report.md").write_text(report, encoding="utf-8")
    return report


def report_on(output: Path, names: list[str]) -> str:
    """All tables, as Markdown: first the advice of every task, then its numbers."""
    parts = [
        "| task | expected | before any training: `curate advise` | measured: `curate compare` |\n"
        "|---|---|---|---|"
    ]
    tables = []
    for name in names:
        folder = output / name
        said = load(folder / "advice.json").get("sentence", "not done")
        comparison = load(folder / "compare.json")
        measured = comparison.get("advice", "not done")
        if late := [left["name"] for left in comparison.get("skipped", ())]:
            measured = f"(missing: {', '.join(late)}) {measured}"
        parts.append(f"| {name} | {TASKS[name].expected or '–'} | {said} | {measured} |")
        if comparison:
            tables.append(f"## {name}\n\n{table(comparison)}\n\n{commands(folder)}")
    return "\n".join(parts) + "\n\n" + "\n\n".join(tables) + "\n"


def load(path: Path) -> dict[str, Any]:
    """A JSON object, or nothing where it was not written."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def commands(folder: Path) -> str:
    """What was run, with seconds."""
    steps = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    lines = [f"{step['command']}    # {step['seconds']} s" for step in steps]
    return "```\n" + "\n".join(lines) + "\n```"


def table(comparison: dict[str, Any]) -> str:
    """One comparison: a row for each method."""
    primary = comparison["primary"]
    # What decides stands first; the file has its keys in the order of the alphabet.
    metrics = dict(sorted(comparison["metrics"].items(), key=lambda item: item[0] != primary))
    head = [
        f"{comparison['rows']} rows",
        *(m["title"] for m in metrics.values()),
        "tokens in",
        "out",
        "per 1,000",
        "did not fit",
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for method in comparison["methods"]:
        cells = [method["title"]]
        for name, described in metrics.items():
            value = method["metrics"].get(name)
            cells.append(shown(value, described["share"]) if value else "–")
        cells += [f"{method['prompt_tokens']:.0f}", f"{method['output_tokens']:.0f}"]
        cells += [f"{method['cost_per_1000']:.4f}", str(method["too_long"])]
        lines.append("| " + " | ".join(cells) + " |")
    if constant := comparison.get("constant"):
        value = shown(constant, metrics[primary]["share"])
        lines.append(f"\nThe same answer to every request, `{constant['text']}`: {value}")
    return "\n".join(lines)


def shown(value: dict[str, Any], share: bool) -> str:
    """A metric with its interval."""
    low, high = value["interval"]
    if share:
        return f"{100 * value['value']:.1f}% ({100 * low:.0f}–{100 * high:.0f})"
    return f"{value['value']:.3f} ({low:.3f}–{high:.3f})"


if __name__ == "__main__":
    sys.exit(main())
