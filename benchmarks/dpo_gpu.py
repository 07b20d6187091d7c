"""DPO speed on one GPU: curate and TRL's DPOTrainer on the same pairs, step by step the same.

    python benchmarks/dpo_gpu.py --shape 1.5B --output results/dpo

A model of the shape of Qwen2.5-1.5B with random weights, LoRA of rank 16 on all linear layers,
bfloat16, the sigmoid loss. Lengths of prompts and answers are real (`lengths.json`); a pair's
rejected answer is as long as the next example's. Token ids are drawn, the same for every system.
No pair is longer than TRL's default limit, so nothing is cut. All systems see the same pairs in
the same order, 32 a step, and compute the same loss.

`live`: the reference is the model without its adapter, at every step (TRL's default as well).
`precomputed`: its log-probabilities are computed before the first step; the seconds that this takes
for the timed pairs are counted in, as in a run of one epoch.

Each system runs in a process of its own; one that fails leaves its error in the table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from train_gpu_loops import Prepared, Stopwatch, curate_steps
from train_gpu_systems import (
    HERE,
    LEARNING_RATE,
    LORA_RANK,
    SHAPES,
    configuration,
    tokenizer,
)
from train_gpu_trl import lora, same_steps, timed_by

STEP_PAIRS = 32
BETA = 0.1
MOST = 1024  # tokens of a side: TRL's default limit
# For trying the script where there is no GPU.
SHAPES["tiny"] = {
    "model_type": "qwen2",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 500,
    "tie_word_embeddings": True,
}

SYSTEMS: dict[str, dict[str, Any]] = {
    "curate live": {"reference": "live"},
    "curate precomputed": {"reference": "precomputed"},
    # TRL's own defaults but for the batch; then without recomputing, in two sizes.
    "trl defaults": {},
    "trl no-recompute": {"gradient_checkpointing": False},
    "trl no-recompute large": {"gradient_checkpointing": False, "micro_batch": 16},
    "trl liger": {"gradient_checkpointing": False, "use_liger_kernel": True, "micro_batch": 16},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", default="1.5B", choices=SHAPES)
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--steps", type=int, default=8, help="timed steps")
    parser.add_argument("--warmup", type=int, default=4, help="steps before them")
    parser.add_argument("--deadline", type=float, default=240.0, help="seconds for everything")
    parser.add_argument("--output", type=Path, required=True, help="folder for dpo_gpu.json")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print("RESULT " + json.dumps(measure(arguments.one, arguments)))
        return
    arguments.output.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    results: list[dict[str, Any]] = []
    for system in arguments.systems:
        left = arguments.deadline - (time.monotonic() - begun)
        found = in_own_process(system, left) if left > 25 else {"error": "no time left"}
        results.append({"system": system, "shape": arguments.shape, **found})
        (arguments.output / "dpo_gpu.json").write_text(json.dumps(results, indent=1))
        print(line(results[-1]), flush=True)


def in_own_process(system: str, seconds: float) -> dict[str, Any]:
    """Run one system; its figures, or how it failed."""
    command = [sys.executable, __file__, *sys.argv[1:], "--one", system]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    environment["PYTORCH_CUDA_ALLOC_CONF"] = "expandable_segments:True"
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return {"error": "timed out"}
    for text in reversed(done.stdout.splitlines()):
        if text.startswith("RESULT "):
            found: dict[str, Any] = json.loads(text.removeprefix("RESULT "))
            return found
    tail = (done.stderr.strip().splitlines() or ["no output"])[-1]
    return {"error": tail[:300], "log": done.stderr[-3000:]}


def measure(system: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Build the system and time its steps."""
    import torch

    if not torch.cuda.is_available():
        without_gpu()
    torch.manual_seed(0)
    rows = make_pairs(arguments)
    run = run_trl if system.startswith("trl") else run_curate
    times, losses, notes, before = run(SYSTEMS[system], rows, arguments)
    timed = times[arguments.warmup :]
    used = rows[arguments.warmup * STEP_PAIRS :]
    seconds = sum(timed) + before
    return {
        "pairs_per_second": len(used) / seconds,
        "tokens_per_second": sum(2 * len(p) + len(c) + len(r) for p, c, r in used) / seconds,
        "peak_gib": torch.cuda.max_memory_allocated() / 2**30,
        "step_seconds": timed,
        "reference_seconds": before,
        "losses": losses,
        "notes": notes,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
        "torch": torch.__version__,
    }


def without_gpu() -> None:
    """Let the script be tried on a CPU: there is nothing to wait for, and no memory to measure."""
    import torch

    torch.cuda.synchronize = lambda *args: None
    torch.cuda.max_memory_allocated = lambda *args: 0
    torch.cuda.reset_peak_memory_stats = lambda *args: None


def make_pairs(arguments: argparse.Namespace) -> list[tuple[list[int], list[int], list[int]]]:
    """Prompt, chosen and rejected answer of each pair, as token ids."""
    vocabulary = SHAPES[arguments.shape]["vocab_size"]
    rng = np.random.default_rng(0)
    lengths = json.loads((HERE / "lengths.json").read_text())
    count = (arguments.warmup + arguments.steps) * STEP_PAIRS
    pairs = []
    for i in range(count):
        total, prompt = lengths[i % len(lengths)]
        following, before = lengths[(i + 1) % len(lengths)]
        sizes = (max(1, prompt), total - prompt, min(following - before, MOST - max(1, prompt)))
        ids = [(rng.zipf(1.3, size=max(1, n)) % vocabulary).tolist() for n in sizes]
        pairs.append((ids[0], ids[1], ids[2]))
    return pairs


def make_model(shape: str, dtype: Any) -> Any:
    """A model of this shape with small random weights, on the GPU if there is one."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        torch.manual_seed(0)
        return AutoModelForCausalLM.from_config(configuration(shape), dtype=dtype)


def run_curate(
    settings: dict[str, Any],
    rows: list[tuple[list[int], list[int], list[int]]],
    arguments: argparse.Namespace,
) -> tuple[list[float], list[float], list[str], float]:
    """curate's own loop; the last figure is what computing the reference beforehand took."""
    import torch

    from curate.schemas.options.train import TrainOptions
    from curate.train import kernels, setup
    from curate.train.decisions import Decisions
    from curate.train.dpo import PreferenceObjective
    from curate.train.flops import token_cost
    from curate.train.models import Base
    from curate.train.pairs import Pair
    from curate.train.reference import precompute
    from curate.train.samples import Sample, Way

    options = TrainOptions(
        model=arguments.shape,
        method="dpo",
        batch_size=STEP_PAIRS,
        beta=BETA,
        lora_rank=LORA_RANK,
        learning_rate=LEARNING_RATE,
        schedule="constant",
        warmup_share=0.0,
        **settings,
    )

    def side(prompt: list[int], answer: list[int], number: int) -> Sample:
        ids = np.array(prompt + answer, np.int32)
        return Sample(ids, np.arange(len(ids)) >= len(prompt), number, Way.TEXT)

    pairs = [
        Pair(side(prompt, chosen, i), side(prompt, rejected, i), i)
        for i, (prompt, chosen, rejected) in enumerate(rows)
    ]
    accelerator = setup.make_accelerator(options)
    decisions = Decisions()
    numerics = setup.choose_numerics(options, accelerator.device, decisions)
    with tempfile.TemporaryDirectory() as folder:
        configuration(arguments.shape).save_pretrained(folder)
        base = Base(arguments.shape, folder, local=True)
        memory = setup.plan_run(base, options, pairs, accelerator, numerics, decisions)
        model = make_model(arguments.shape, numerics.weights)
        losses = setup.prepare_model(
            model, base, options, accelerator.device, numerics, memory, decisions
        )
    kernels.use_graphs(losses, options, memory.budget, decisions, decisions.note)
    objective = PreferenceObjective(pairs, options, packed=losses.plan.packed)
    optimiser = setup.make_optimiser(losses, options, accelerator.device)
    steps = arguments.warmup + arguments.steps
    torch.cuda.reset_peak_memory_stats()
    before = 0.0
    if settings["reference"] == "precomputed":
        begun = time.perf_counter()
        objective.reference = precompute(
            losses,
            objective,
            range(len(pairs)),
            budget=memory.budget,
            accelerator=accelerator,
            autocast=setup.autocasting(numerics, accelerator.device),
        )
        torch.cuda.synchronize()
        before = (time.perf_counter() - begun) * arguments.steps / steps
    prepared = Prepared(accelerator, losses, objective, optimiser, options, numerics, memory.budget)
    times, found = curate_steps(prepared, steps, arguments.warmup, token_cost(losses.model))
    return times, found, decisions.lines, before


def run_trl(
    settings: dict[str, Any],
    rows: list[tuple[list[int], list[int], list[int]]],
    arguments: argparse.Namespace,
) -> tuple[list[float], list[float], list[str], float]:
    """TRL's DPOTrainer on the same pairs in the same order, with the same token ids."""
    import torch
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    settings = dict(settings)
    micro = settings.pop("micro_batch", 8)
    clock = Stopwatch(arguments.warmup)
    on_gpu = torch.cuda.is_available()

    class Given(DPOTrainer):  # type: ignore[misc]  # trl has no types
        """With pairs that are token ids already."""

        def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
            return dataset

    with tempfile.TemporaryDirectory() as folder:
        trainer = Given(
            model=make_model(arguments.shape, torch.bfloat16 if on_gpu else torch.float32),
            args=DPOConfig(
                beta=BETA,
                **same_steps(folder, micro, STEP_PAIRS, arguments),
                **{"bf16": on_gpu, "use_cpu": not on_gpu, **settings},
            ),
            train_dataset=Dataset.from_list(
                [{"prompt_ids": p, "chosen_ids": c, "rejected_ids": r} for p, c, r in rows]
            ),
            processing_class=tokenizer(),
            peft_config=lora(),
            callbacks=[timed_by(clock)],
        )
        torch.cuda.reset_peak_memory_stats()
        trainer.train()
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return clock.times, losses, [f"micro batch {micro}", str(settings)], 0.0


def line(result: dict[str, Any]) -> str:
    name = f"{result['shape']:>5}  {result['system']:<24}"
    if "error" in result:
        return f"{name}  {result['error']}"
    return (
        f"{name}{result['pairs_per_second']:>8.1f} pairs/s{result['peak_gib']:>7.1f} GiB   "
        f"loss {result['losses'][0]:.4f} → {result['losses'][-1]:.4f}"
    )


if __name__ == "__main__":
    main()
