"""Reward model and DPO on human preferences: accuracy on pairs that nothing was chosen by.

    python benchmarks/preferences.py --data-dir DATA --model MODEL.gguf --output results/preferences

DATA holds `hh_harmless_test.jsonl` (Anthropic's hh-rlhf, harmless, 2,312 pairs of transcripts with
implicit prompts). `curate split` parts it by prompt: no near duplicate of a prompt or conversation
stands in two parts. Training sees the training part. Of each method a few learning rates are tried,
each a process of its own, all at once; the one with the lowest loss on the validation part, at the
step that the watch chose there, is the method's result. What is reported comes from the test part
alone, measured afterwards; the other rates' figures on it are listed, and nothing is chosen by them.

Writes, as soon as a run has ended, `preferences.json` (accuracies with Wilson's 95% intervals,
calibration, length bias, seconds), `curves.jsonl` (the validation figures of each evaluation) and
`METHOD.svg`; each run's history and model card lie in `runs/`. Runs that have not ended at the
deadline are told to stop, and are said to be missing.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
FILE = "hh_harmless_test.jsonl"
BATCH = 16
# Long dialogues keep the end of their prompt; a handful of pairs have two equal answers.
LIMITS: dict[str, Any] = {"max_length": 1024, "over_length": "cut", "max_lost_share": 0.05}
BETA = 0.1
METHODS: dict[str, list[str]] = {
    "reward": ["--method", "reward", "--reward-centring", "0.01"],
    "dpo": ["--method", "dpo", "--beta", str(BETA)],
}
RATES: dict[str, tuple[float, ...]] = {
    "reward": (5e-5, 1.5e-4, 4e-4),
    "dpo": (5e-5, 1.5e-4, 4e-4),
}
# Seconds that a run gets to end by itself once it is told to.
GRACE = 6.0


@dataclass(frozen=True)
class Trial:
    """One method at one learning rate."""

    method: str
    rate: float

    @property
    def name(self) -> str:
        return f"{self.method}-{self.rate:g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True, help=f"holds {FILE}")
    parser.add_argument("--model", required=True, help="as `curate train --model` takes it")
    parser.add_argument("--output", type=Path, required=True, help="folder for the results")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--rates", nargs="+", type=float, help="instead of each method's own")
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--gpus", type=int, default=1, help="that the runs are dealt out to")
    parser.add_argument("--rows", type=int, help="take this many pairs only")
    parser.add_argument("--evaluations", type=int, default=8, help="about how many in a run")
    parser.add_argument("--deadline", type=float, default=150.0, help="seconds for everything")
    parser.add_argument(
        "--train",
        default="",
        metavar="OPTIONS",
        help="more options of `curate train`, in one string",
    )
    parser.add_argument("--one", nargs=2, metavar=("METHOD", "RATE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        method, rate = arguments.one
        train_and_test(Trial(method, float(rate)), arguments)
        return
    begun = time.monotonic()
    arguments.output.mkdir(parents=True, exist_ok=True)
    data = part_by_prompt(arguments)
    trials = [Trial(m, r) for m in arguments.methods for r in arguments.rates or RATES[m]]
    jobs = {
        trial: start(trial, number, len(trials), arguments) for number, trial in enumerate(trials)
    }
    waiting = dict(jobs)
    while waiting and time.monotonic() - begun < arguments.deadline - GRACE:
        time.sleep(0.2)
        for trial in [t for t, job in waiting.items() if job.poll() is not None]:
            del waiting[trial]
            report(trials, data, arguments)
            print(f"{trial.name}: ended after {time.monotonic() - begun:.0f} s", flush=True)
    for job in waiting.values():
        job.send_signal(signal.SIGTERM)
    for job in waiting.values():
        try:
            job.wait(max(0.5, arguments.deadline - (time.monotonic() - begun)))
        except subprocess.TimeoutExpired:
            job.kill()
    results = report(trials, data, arguments)
    for method in arguments.methods:
        print(method, json.dumps(results[method].get("test", results[method]))[:700], flush=True)


def part_by_prompt(arguments: argparse.Namespace) -> dict[str, Any]:
    """Write `splits/`; pairs in each part, and prompts that stand in two of them (must be none)."""
    rows = (arguments.data_dir / FILE).read_text(encoding="utf-8").splitlines()
    splits = splits_of(arguments)
    splits.parent.mkdir(exist_ok=True)
    data = splits.parent / "pairs.jsonl"
    data.write_text("\n".join(rows[: arguments.rows]) + "\n", encoding="utf-8")
    done = curate(
        "split", str(data), "-o", str(splits), "--val", "0.15", "--test", "0.2", "--fresh"
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return parts(splits)


def splits_of(arguments: argparse.Namespace) -> Path:
    """Where the three parts lie."""
    folder: Path = arguments.output / "work" / "splits"
    return folder


def run_of(trial: Trial, arguments: argparse.Namespace) -> Path:
    """The run's folder."""
    folder: Path = arguments.output / "runs" / trial.name
    return folder


def start(
    trial: Trial, number: int, trials: int, arguments: argparse.Namespace
) -> subprocess.Popen[bytes]:
    """This script again, for one trial, with its share of the GPUs and of the cores."""
    run_of(trial, arguments).parent.mkdir(exist_ok=True)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    environment.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // trials)))
    if arguments.gpus > 1:
        environment["CUDA_VISIBLE_DEVICES"] = str(number % arguments.gpus)
    command = [sys.executable, __file__, *sys.argv[1:], "--one", trial.method, str(trial.rate)]
    with (arguments.output / "runs" / f"{trial.name}.log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def train_and_test(trial: Trial, arguments: argparse.Namespace) -> None:
    """Train, measure the test part, and write `result.json`; the weights go."""
    from curate.cli import main as curate_main

    splits, run = splits_of(arguments), run_of(trial, arguments)
    trained = sum(1 for _ in (splits / "train.jsonl").open(encoding="utf-8"))
    steps = arguments.epochs * trained / BATCH
    command = ["train", str(splits), "--model", arguments.model, "-o", str(run), "--overwrite"]
    command += ["--batch-size", str(BATCH), "--epochs", str(arguments.epochs), "--samples", "0"]
    command += ["--learning-rate", str(trial.rate), "--plateau-patience", "4", "--isolated"]
    command += ["--eval-every", str(max(1, round(steps / arguments.evaluations)))]
    command += ["--watch-rows", "512", *METHODS[trial.method], *shlex.split(arguments.train)]
    for name, value in LIMITS.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    begun = time.monotonic()
    code = curate_main(command)
    if code:
        raise SystemExit(code)
    took = time.monotonic() - begun
    ending = json.loads((run / "manifest.json").read_text())["training"]["result"]
    [best] = [e for e in evaluations(run) if e["step"] == ending["best_step"]]
    result = {
        "seconds": round(took, 1),
        "options": " ".join(command[5:]),
        "result": ending,
        "validation_loss": best["val_loss"],
        "validation": json.loads((run / "preferences.json").read_text()),
        "test": on_test(trial.method, run, splits / "test.jsonl", arguments),
    }
    (run / "result.json").write_text(json.dumps(result, indent=1))
    for folder in ("checkpoints", "adapter"):
        shutil.rmtree(run / folder, ignore_errors=True)


def report(
    trials: Sequence[Trial], data: dict[str, Any], arguments: argparse.Namespace
) -> dict[str, Any]:
    """Write what there is by now."""
    results: dict[str, Any] = {"data": data, "model": Path(arguments.model).name}
    curves: list[dict[str, Any]] = []
    for method in arguments.methods:
        found, missing = {}, []
        for trial in (t for t in trials if t.method == method):
            run = run_of(trial, arguments)
            curves += [{"method": method, "rate": trial.rate, **e} for e in evaluations(run)]
            if (run / "result.json").is_file():
                found[trial.rate] = json.loads((run / "result.json").read_text())
            else:
                missing.append(trial.rate)
        results[method] = chosen(found, missing)
        of_method = [e for e in curves if e["method"] == method]
        if of_method:
            picture = curve(method, of_method, results[method].get("rate"))
            (arguments.output / f"{method}.svg").write_text(picture)
    (arguments.output / "preferences.json").write_text(json.dumps(results, indent=1))
    lines = "".join(json.dumps(line) + "\n" for line in curves)
    (arguments.output / "curves.jsonl").write_text(lines)
    return results


def chosen(found: dict[float, dict[str, Any]], missing: list[float]) -> dict[str, Any]:
    """The result of the rate with the lowest validation loss at its best step; all rates beside it."""
    if not found:
        return {"error": "no run has ended", "missing": missing}

    def loss(rate: float) -> float:
        return float(found[rate]["validation_loss"])

    rate = min(found, key=loss)
    rates = {
        f"{r:g}": {
            "validation_loss": loss(r),
            "best_step": found[r]["result"]["best_step"],
            "validation_accuracy": found[r]["validation"]["accuracy"],
            "test_accuracy": found[r]["test"]["accuracy"],
        }
        for r in sorted(found)
    }
    return {"rate": rate, **found[rate], "rates": rates, "missing": missing}


def curve(method: str, events: list[dict[str, Any]], rate: float | None) -> str:
    """Accuracy on the validation part over the steps, a line for each rate (SVG)."""
    from curate.train.plotting import BLUE, GREEN, GREY, ORANGE, RED, Axes

    accuracies = [e["accuracy"] for e in events]
    axes = Axes(
        title=f"{method}: share of validation pairs ranked rightly",
        x_label="step",
        y_label="",
        x_range=(0.0, max(float(e["step"]) for e in events)),
        y_range=(min(0.45, *accuracies), max(0.7, *accuracies)),
    )
    legend = []
    rates = sorted({e["rate"] for e in events})
    for colour, of_rate in zip((BLUE, ORANGE, GREEN, RED, GREY), rates, strict=False):
        points = [(float(e["step"]), e["accuracy"]) for e in events if e["rate"] == of_rate]
        name = f"{of_rate:g}" + (" (chosen)" if of_rate == rate else "")
        axes.line(points, colour, name)
        legend.append((colour, name))
    axes.legend(legend)
    return axes.svg()


def on_test(method: str, run: Path, test: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """The report on the test part's pairs, which neither training nor the watch has seen."""
    import numpy as np
    import torch

    from curate.schemas.options.data import DataOptions
    from curate.schemas.options.train import TrainOptions
    from curate.train.models import load_adapter
    from curate.train.pairing import as_pairs
    from curate.train.pairs import render_pairs
    from curate.train.preference_report import report_on_dpo, report_on_rewards
    from curate.train.scoring import load_reward
    from curate.validating import load_examples

    options = TrainOptions(model=arguments.model, beta=BETA, **LIMITS)
    on_gpu = torch.cuda.is_available()
    device = torch.device("cuda" if on_gpu else "cpu")
    # As while training: packed attention on a GPU asks for bfloat16.
    dtype = torch.bfloat16 if on_gpu else torch.float32
    examples = as_pairs(load_examples([test], DataOptions()), str(test)).examples
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=on_gpu):
        if method == "reward":
            reward = load_reward(run, device, dtype)
            pairs, _ = render_pairs(examples, reward.tokenizer, options)
            found = np.array(
                reward.score_ids([s.ids.tolist() for p in pairs for s in (p.chosen, p.rejected)])
            ).reshape(-1, 2)
            metrics = {"chosen_reward": found[:, 0], "rejected_reward": found[:, 1]}
        else:
            adapted, tokenizer = load_adapter(run, dtype=dtype)
            pairs, _ = render_pairs(examples, tokenizer, options)
            metrics = dpo_metrics(adapted.to(device), pairs, options, device)
    lengths = np.array([(p.chosen.learnt_count, p.rejected.learnt_count) for p in pairs])
    if method == "reward":
        return report_on_rewards(metrics, lengths, 0).model_dump(mode="json")
    return report_on_dpo(metrics, lengths, 0, options.beta).model_dump(mode="json")


def dpo_metrics(adapted: Any, pairs: Any, options: Any, device: Any) -> dict[str, Any]:
    """Log-probabilities and implicit rewards of both sides, the adapter's against the base's."""
    import torch

    from curate.train.dpo import PreferenceObjective
    from curate.train.forward import TokenLosses, suited

    losses = TokenLosses(adapted, suited(adapted)).eval()
    objective = PreferenceObjective(pairs, options, packed=losses.plan.packed)
    metrics: dict[str, list[float]] = {}
    with torch.no_grad():
        for start in range(0, len(pairs), 8):
            batch = objective.batch(range(start, min(start + 8, len(pairs)))).to(device)
            for name, values in objective.measure(losses, batch).metrics.items():
                metrics.setdefault(name, []).extend(values.double().tolist())
    import numpy as np

    return {name: np.array(values) for name, values in metrics.items()}


def parts(splits: Path) -> dict[str, Any]:
    """Pairs in each part, and prompts that stand in two of them (which must be none)."""
    from curate.schemas.options.data import DataOptions
    from curate.validating import load_examples

    prompts = {
        name: [repr(e.messages) for e in load_examples([splits / f"{name}.jsonl"], DataOptions())]
        for name in ("train", "val", "test")
    }
    sets = {name: set(found) for name, found in prompts.items()}
    shared = (
        (sets["train"] & sets["test"])
        | (sets["train"] & sets["val"])
        | (sets["val"] & sets["test"])
    )
    return {
        "file": FILE,
        "pairs": {name: len(found) for name, found in prompts.items()},
        "prompts_in_two_parts": len(shared),
    }


def evaluations(run: Path) -> list[dict[str, Any]]:
    """What each evaluation of a run measured."""
    path = run / "history.jsonl"
    if not path.is_file():
        return []
    events = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        {
            "step": e["step"],
            "val_loss": e["val_loss"],
            "probe_loss": e["probe_loss"],
            "verdict": e["verdict"]["name"],
            **{name: round(value, 4) for name, value in e["metrics"].items()},
        }
        for e in events
        if e["event"] == "evaluation"
    ]


def curate(*command: str, seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of curate's, as a user would."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")]),
        "HF_HUB_OFFLINE": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "curate", *command, "--isolated"],
        capture_output=True,
        text=True,
        timeout=seconds,
        env=environment,
        check=False,
    )


if __name__ == "__main__":
    main()
