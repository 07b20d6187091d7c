"""PPO and GRPO with checkable rewards: the reward rises, the policy stays near, the watch fires.

    python benchmarks/ppo.py --model SmolLM2-135M-Instruct.gguf --output results --gpus 2

Two tasks, on the prompts of `sample_data/clean`. *contract*: a model that has seen the tickets for a
few supervised steps is rewarded for JSON that keeps their contract; how many fields are right is
watched, not rewarded. *length*: the untouched model is rewarded for answers of 10 to 25 words.
Each is run as `curate train` comes (`held`, and `grpo`), and pushed with no price on distance and a
higher learning rate (`free`), which is to end with the watch's verdict.

Every run is a process of its own; what is there at the deadline is kept. `--output` receives for
each run its history, curve and samples, and `summary.json` with the figures; no weights.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TICKETS = HERE.parent / "sample_data" / "clean" / "tickets.jsonl"
HELD_OUT = 64
# Seconds that a run gets to write its last checkpoint once it is told to end.
GRACE = 12.0

COMMON: dict[str, Any] = {
    "batch_size": 16,
    "answers_per_prompt": 8,
    "max_new_tokens": 48,
    "max_length": 320,
    "eval_every": 4,
    "watch_rows": HELD_OUT,
    "samples": 8,
    "schedule": "constant",
    "overwrite": True,
}
FREE: dict[str, Any] = {"kl_coef": 0.0, "learning_rate": 1e-3, "rollout_epochs": 4}
RUNS: dict[str, dict[str, Any]] = {
    "contract-held": {"method": "ppo", "reward": "contract"},
    "length-held": {"method": "ppo", "reward": "length:10-25"},
    "contract-free": {"method": "ppo", "reward": "contract", **FREE},
    "length-free": {"method": "ppo", "reward": "length:10-25", **FREE},
    "contract-grpo": {"method": "grpo", "reward": "contract"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--runs", nargs="+", default=list(RUNS), choices=RUNS)
    parser.add_argument("--gpus", type=int, default=1)
    parser.add_argument("--steps", type=int, default=60, help="of each run")
    parser.add_argument("--start-steps", type=int, default=8, help="supervised, before contract")
    parser.add_argument("--deadline", type=float, default=170.0, help="seconds for everything")
    parser.add_argument("--set", nargs="*", default=[], metavar="OPTION=VALUE", help="for all runs")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "MODEL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.one:
        run_one(*arguments.one, arguments)
        return
    begun = time.monotonic()
    write_data(arguments.output)
    with tempfile.TemporaryDirectory() as work:
        run_all(arguments, Path(work), begun)
    summaries = {name: summary(arguments.output / name) for name in arguments.runs}
    (arguments.output / "summary.json").write_text(json.dumps(summaries, indent=1))
    for name, found in summaries.items():
        print(name, json.dumps({k: v for k, v in found.items() if k != "samples"}))


def write_data(output: Path) -> None:
    """Prompts of both tasks, 64 of them held out; those of *length* have no answers."""
    rows = [json.loads(line) for line in TICKETS.read_bytes().splitlines()]
    asked = {"role": "system", "content": "Write a short, friendly reply to the customer."}
    for task in ("contract", "length"):
        folder = output / f"data-{task}"
        folder.mkdir(exist_ok=True)
        made = rows if task == "contract" else [
            {"messages": [asked, row["messages"][1]]} for row in rows
        ]  # fmt: skip
        for name, part in (("val", made[:HELD_OUT]), ("train", made[HELD_OUT:])):
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part)
            (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def run_all(arguments: argparse.Namespace, work: Path, begun: float) -> None:
    """All runs at once, dealt out to the GPUs; those of *contract* once their start is there."""

    def left() -> float:
        return arguments.deadline - (time.monotonic() - begun)

    def start(name: str, model: str, number: int) -> subprocess.Popen[bytes]:
        log = (arguments.output / f"{name}.log").open("wb")
        command = [sys.executable, __file__, *sys.argv[1:], "--one", name, model]
        environment = {
            **os.environ,
            "CUDA_VISIBLE_DEVICES": str(number % arguments.gpus),
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")]),
        }
        environment.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // len(RUNS))))
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    wanted = sorted(arguments.runs, key=lambda name: name.startswith("contract"))
    jobs = {n: start(n, arguments.model, i) for i, n in enumerate(wanted) if n[:6] == "length"}
    if len(jobs) < len(wanted):
        base = work / "start"
        first = start("start", str(base), len(wanted))
        first.wait(max(1.0, left()))
        for i, name in enumerate(wanted):
            if name not in jobs:
                jobs[name] = start(name, str(base), i)
    while left() > GRACE and any(job.poll() is None for job in jobs.values()):
        time.sleep(0.2)
    for job in jobs.values():
        if job.poll() is None:
            job.send_signal(signal.SIGTERM)
    for job in jobs.values():
        try:
            job.wait(max(0.5, left()))
        except subprocess.TimeoutExpired:
            job.kill()


def run_one(name: str, model: str, arguments: argparse.Namespace) -> None:
    """One run, in this process; `start` makes the model that *contract* begins with."""
    from rich.console import Console

    import curate

    output: Path = arguments.output / name
    console = Console(width=160)
    # Why answers are drawn without CUDA graphs, should it come to that.
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("curate").setLevel(logging.DEBUG)
    if name == "start":
        result = curate.train(
            arguments.output / "data-contract",
            model=arguments.model,
            output=output,
            max_steps=arguments.start_steps,
            eval_every=arguments.start_steps,
            samples=0,
            watch_rows=16,
            overwrite=True,
            compile="off",
            console=console,
        )
        # In a process of its own: kernels that training has put into the model's classes need a GPU.
        subprocess.run(
            [sys.executable, "-m", "curate", "merge", str(result.run), "-o", model], check=True
        )
        shutil.rmtree(output)
        return
    options = {**COMMON, **RUNS[name], "max_steps": arguments.steps}
    for setting in arguments.set:
        key, _, value = setting.partition("=")
        options[key] = json.loads(value)
    data = arguments.output / f"data-{name.split('-')[0]}"
    begun = time.monotonic()
    result = curate.train(data, model=model, output=output, console=console, **options)
    print(result.summary(), f"\n{time.monotonic() - begun:.1f} s")
    for folder in ("checkpoints", "adapter"):
        shutil.rmtree(output / folder, ignore_errors=True)


def summary(run: Path) -> dict[str, Any]:
    """Held-out figures before training, at the best step and at the end; verdicts; samples."""
    for folder in ("checkpoints", "adapter"):
        shutil.rmtree(run / folder, ignore_errors=True)
    history = run / "history.jsonl"
    if not history.exists():
        return {"error": "no history"}
    events = [
        json.loads(line) for line in history.read_bytes().splitlines(True) if line[-1:] == b"\n"
    ]
    measured = [e for e in events if e["event"] == "evaluation"]
    steps = [e for e in events if e["event"] == "step"]
    if not measured:
        return {"error": "no evaluation"}
    best = measured[-1]["verdict"]["best_step"]
    at = {"before": 0, "best": best, "last": measured[-1]["step"]}
    return {
        "finished": events[-1]["event"] == "end",
        "steps": len(steps),
        "seconds_of_steps": sum(e["seconds"] for e in events if e["event"] == "speed"),
        "best_step": best,
        "verdicts": [(e["step"], e["verdict"]["name"]) for e in measured],
        "evidence": measured[-1]["verdict"]["evidence"],
        "held_out": {
            name: next(e["metrics"] for e in measured if e["step"] == step)
            for name, step in at.items()
        },
        "largest_kl": max((e["metrics"]["kl"] for e in measured), default=None),
        "kl_coef": [e["metrics"]["kl_coef"] for e in steps][-1:],
        "samples": {
            name: [
                {"prompt": e["prompt"], "answer": e["answer"]}
                for e in events
                if e["event"] == "sample" and e["step"] == step
            ]
            for name, step in at.items()
        },
    }


if __name__ == "__main__":
    main()
