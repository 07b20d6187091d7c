"""`watch.py record`: real runs, with the losses of each example at each evaluation.

Runs are curate's own (`curate.train`), told not to stop. Worker processes, several a GPU, take
the next run that nobody has taken; the parent ends them at the deadline and gathers what is
there. What comes out:

- `runs.json`: one entry a run: what it was, how long it took, its verdicts, its flipped rows;
- `losses.parquet`: validation rows and train probe at each evaluation (run, split, row, step,
  epoch, nll, tokens, hits);
- `learnt.parquet`: the training losses of the flipped runs, as `dynamics.parquet` has them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from watch_tasks import Spec, specs, write_data

_NOTHING_NEW_BEFORE_END = 12.0  # seconds; a run begun later would not end in time


def record(arguments: argparse.Namespace) -> None:
    """Make all runs that fit in the time, and write them into `arguments.output`."""
    begun = time.monotonic()
    from curate.train.models import resolve_base  # a GGUF file is converted once, before all

    model = resolve_base(arguments.model).name
    wanted = [s for s in specs() if not arguments.only or any(o in s.name for o in arguments.only)]
    arguments.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="watch-") as scratch:
        folder = Path(scratch)
        plan = {
            "names": [s.name for s in wanted],
            "model": model,
            "data": str(arguments.data_dir.resolve()),
            "shrink": arguments.shrink,
            "ends": time.time() + arguments.deadline - (time.monotonic() - begun),
        }
        (folder / "plan.json").write_text(json.dumps(plan))
        workers = [
            _worker(folder, gpu, arguments.gpus)
            for gpu in range(arguments.jobs * max(1, arguments.gpus))
        ]
        for worker in workers:
            try:
                worker.wait(timeout=max(1.0, plan["ends"] - time.time()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        _gather(folder, wanted, arguments.output)
        log = "".join(p.read_text(errors="replace")[-3000:] for p in sorted(folder.glob("*.log")))
        (arguments.output / "log.txt").write_text(log[-100_000:])
    print(f"{time.monotonic() - begun:.0f} s")


def _worker(folder: Path, number: int, gpus: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        **({"CUDA_VISIBLE_DEVICES": str(number % gpus)} if gpus else {}),
    }
    with (folder / f"worker-{number}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("watch.py")), "worker", str(folder)],
            env=environment,
            stdout=log,
            stderr=log,
        )


def work(folder: Path) -> None:
    """A worker: take runs until none is left, or no time."""
    import torch

    plan = json.loads((folder / "plan.json").read_text())
    by_name = {s.name: s for s in specs()}
    on_gpu = torch.cuda.is_available()
    for name in plan["names"]:
        if plan["ends"] - time.time() < _NOTHING_NEW_BEFORE_END:
            return
        try:
            (folder / name).mkdir()  # whoever makes it, has it
        except FileExistsError:
            continue
        begun = time.time()
        try:
            result = _run(by_name[name], plan, folder / name, on_gpu)
        except Exception as error:  # one run that fails must not take the others with it
            traceback.print_exc()
            result = {"error": f"{type(error).__name__}: {error}"[:500]}
        result |= {"seconds": time.time() - begun, "began": begun}
        (folder / name / "result.json").write_text(json.dumps(result))


def _run(spec: Spec, plan: dict[str, Any], folder: Path, on_gpu: bool) -> dict[str, Any]:
    import curate

    flipped = write_data(spec, Path(plan["data"]), folder, plan["shrink"])
    steps = max(1, spec.steps // plan["shrink"])
    result = curate.train(
        folder / "train.jsonl",
        model=plan["model"],
        val=folder / "val.jsonl",
        output=folder / "run",
        epochs=float(spec.epochs),
        batch_size=spec.batch_size,
        learning_rate=spec.learning_rate,
        find_learning_rate=spec.find_rate,
        seed=spec.seed,
        stop_early=False,
        watch_rows=10_000,
        eval_every=max(1, steps // spec.evaluations),
        checkpoint_every=1_000_000,
        samples=0,
        compile="off",
        micro_batch_tokens=32_768 if on_gpu else 2_048,
    )
    events = [json.loads(line) for line in (folder / "run" / "history.jsonl").open()]
    return {
        "flipped": flipped,
        "best_step": result.best_step,
        "last_step": result.last_step,
        "stopped": result.stopped,
        "learning_rate": events[0]["learning_rate"],
        "steps_per_epoch": events[0]["steps_per_epoch"],
        "device": events[0]["device"],
        "decisions": [d for d in events[0]["decisions"] if d.startswith("learning rate")],
        "verdicts": [
            {"step": e["step"], "name": e["verdict"]["name"], "stop": e["verdict"]["stop"]}
            for e in events
            if e["event"] == "evaluation"
        ],
        "verdict": result.verdict.evidence,
    }


def _gather(folder: Path, wanted: list[Spec], output: Path) -> None:
    """One file of each kind from the folders of all runs that ended."""
    import polars as pl

    runs, losses, learnt = [], [], []
    for spec in wanted:
        result = folder / spec.name / "result.json"
        if not result.exists():
            runs.append({**spec.__dict__, "name": spec.name, "error": "not finished in time"})
            continue
        found = json.loads(result.read_text())
        runs.append({**spec.__dict__, "name": spec.name, **found})
        if "error" in found:
            continue
        frame = pl.read_parquet(folder / spec.name / "run" / "dynamics.parquet")
        compact = frame.select(
            run=pl.lit(spec.name),
            split="split",
            row=pl.col("line").cast(pl.Int32),
            step=pl.col("step").cast(pl.Int32),
            epoch=pl.col("epoch").cast(pl.Float32),
            nll=(pl.col("loss") * pl.col("tokens")).cast(pl.Float32),
            tokens=pl.col("tokens").cast(pl.Int32),
            hits=(pl.col("accuracy") * pl.col("tokens")).round().cast(pl.Int32),
        )
        losses.append(compact.filter(pl.col("split") != "train"))
        if spec.kind == "flipped":
            learnt.append(compact.filter(pl.col("split") == "train").drop("hits"))
    (output / "runs.json").write_text(json.dumps(runs, indent=1))
    for name, frames in (("losses", losses), ("learnt", learnt)):
        if frames:
            pl.concat(frames).write_parquet(
                output / f"{name}.parquet", compression="zstd", compression_level=19
            )
    done = sum("error" not in r for r in runs)
    print(f"{done} of {len(runs)} runs")
