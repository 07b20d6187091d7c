"""Reward model and DPO on human preferences: accuracy on pairs that nothing was chosen by.

    python benchmarks/preferences.py --data-dir DATA --model MODEL.gguf --output results/preferences

DATA holds `hh_harmless_test.jsonl` (Anthropic's hh-rlhf, harmless, 2,312 pairs of transcripts with
implicit prompts). `curate split` parts it by prompt: no near duplicate of a prompt or conversation
stands in two parts. Training sees the training part, the watch picks the best step on the validation
part, and what is reported comes from the test part alone, measured afterwards.

Writes `preferences.json` (accuracies with Wilson's 95% intervals, calibration, length bias, seconds)
and `curves.jsonl` (the validation figures of each evaluation). Methods for which no time is left
before the deadline are left out, and said to be.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
FILE = "hh_harmless_test.jsonl"
# Long dialogues keep the end of their prompt; a handful of pairs have two equal answers.
COMMON = ["--max-length", "1024", "--over-length", "cut", "--max-lost-share", "0.05"]
COMMON += ["--batch-size", "16", "--samples", "0", "--plateau-patience", "4"]
METHODS: dict[str, list[str]] = {
    "reward": ["--method", "reward", "--epochs", "2", "--reward-centring", "0.01"],
    "dpo": ["--method", "dpo", "--epochs", "2", "--beta", "0.1"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True, help=f"holds {FILE}")
    parser.add_argument("--model", required=True, help="as `curate train --model` takes it")
    parser.add_argument("--output", type=Path, required=True, help="folder for the results")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--rows", type=int, help="take this many pairs only")
    parser.add_argument("--evaluations", type=int, default=10, help="about how many in a run")
    parser.add_argument("--deadline", type=float, default=240.0, help="seconds for everything")
    parser.add_argument(
        "--train",
        default="",
        metavar="OPTIONS",
        help="more options of `curate train`, in one string",
    )
    arguments = parser.parse_args()
    begun = time.monotonic()
    arguments.output.mkdir(parents=True, exist_ok=True)
    rows = (arguments.data_dir / FILE).read_text(encoding="utf-8").splitlines()
    data = arguments.output / "work" / "pairs.jsonl"
    data.parent.mkdir(exist_ok=True)
    data.write_text("\n".join(rows[: arguments.rows]) + "\n", encoding="utf-8")
    splits = data.parent / "splits"
    curate("split", str(data), "-o", str(splits), "--val", "0.1", "--test", "0.2", "--fresh")
    results: dict[str, Any] = {"data": parts(splits), "model": Path(arguments.model).name}
    curves: list[dict[str, Any]] = []
    for method in arguments.methods:
        left = arguments.deadline - (time.monotonic() - begun)
        run = arguments.output / "work" / method
        results[method] = one(method, run, splits, arguments, left)
        curves += [{"method": method, **e} for e in evaluations(run)]
        (arguments.output / "preferences.json").write_text(json.dumps(results, indent=1))
        (arguments.output / "curves.jsonl").write_text(
            "".join(json.dumps(line) + "\n" for line in curves)
        )
        print(method, json.dumps(results[method].get("test", results[method]))[:600], flush=True)


def one(
    method: str, run: Path, splits: Path, arguments: argparse.Namespace, seconds: float
) -> dict[str, Any]:
    """Train with one method and measure the test part; or why not."""
    if seconds < 20:
        return {"error": "no time left"}
    trained = sum(1 for _ in (splits / "train.jsonl").open(encoding="utf-8"))
    steps = 2 * trained // 16
    command = ["train", str(splits), "--model", arguments.model, "-o", str(run), "--overwrite"]
    command += ["--eval-every", str(max(1, steps // arguments.evaluations))]
    command += ["--watch-rows", "256", *COMMON, *METHODS[method]]
    command += shlex.split(arguments.train)
    begun = time.monotonic()
    try:
        done = curate(*command, seconds=seconds - 10)
    except subprocess.TimeoutExpired:
        return {"error": f"training took longer than the {seconds:.0f} s that were left"}
    if done.returncode:
        return {"error": done.stderr[-1500:]}
    took = time.monotonic() - begun
    manifest = json.loads((run / "manifest.json").read_text())["training"]
    return {
        "seconds": round(took, 1),
        "options": " ".join(METHODS[method] + COMMON),
        "result": manifest["result"],
        "validation": json.loads((run / "preferences.json").read_text()),
        "test": on_test(method, run, splits / "test.jsonl", arguments),
    }


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

    options = TrainOptions(
        model=arguments.model, max_length=1024, over_length="cut", max_lost_share=0.05, beta=0.1
    )
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    examples = as_pairs(load_examples([test], DataOptions()), str(test)).examples
    if method == "reward":
        reward = load_reward(run, device)
        pairs, _ = render_pairs(examples, reward.tokenizer, options)
        found = np.array(
            reward.score_ids([s.ids.tolist() for p in pairs for s in (p.chosen, p.rejected)])
        ).reshape(-1, 2)
        metrics = {"chosen_reward": found[:, 0], "rejected_reward": found[:, 1]}
    else:
        adapted, tokenizer = load_adapter(run)
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
