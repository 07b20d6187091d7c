"""Training speed on one GPU: curate and TRL on the same examples, step by step the same.

    python benchmarks/train_gpu.py --shapes 1.5B 8B --output results.json

Models have the shapes of Qwen2.5-0.5B, Qwen2.5-1.5B and Llama-3.1-8B, with random weights; LoRA of
rank 16 on all linear layers, bfloat16. Example and prompt lengths are real (`lengths.json`: 2,048
examples of GSM8K and Dolly through SmolLM2's chat template, 202 tokens on average); token ids are
drawn, the same for every system, and so are labels (the answer's tokens), batches and their order.
No example is longer than TRL's default limit of 1,024 tokens, so nothing is cut.

A "useful token" is one that belongs to an example: padding does not count. FLOP use is 4 operations
a frozen weight and token (6 for an adapter's), over 790 TFLOP/s, whatever a system recomputes.

Each system runs in a process of its own; one that fails leaves its error in the table. Needs trl,
datasets and liger-kernel beside curate[train]; `PYTHONPATH` may point to the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
PEAK_FLOPS = 790e12
LORA_RANK = 16
LEARNING_RATE = 2e-4

SHAPES: dict[str, dict[str, Any]] = {
    "0.5B": {
        "model_type": "qwen2",
        "hidden_size": 896,
        "intermediate_size": 4864,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
    },
    "1.5B": {
        "model_type": "qwen2",
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
    },
    "8B": {
        "model_type": "llama",
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 128256,
        "tie_word_embeddings": False,
    },
}
# Examples in one optimiser step, the same for all systems of a shape.
STEP_EXAMPLES = {"0.5B": 80, "1.5B": 80, "8B": 40}

# What of curate's choices is forced, by system name.
CURATE: dict[str, dict[str, Any]] = {
    "curate": {},
    "curate eager": {"compile": "off", "cuda_graphs": "off"},
    "curate compile": {"compile": "on", "liger": "off", "cuda_graphs": "off"},
    "curate compile unfused": {
        "compile": "on",
        "liger": "off",
        "cuda_graphs": "off",
        "fused_lora": "off",
    },
    "curate plain": {"liger": "off"},
    "curate unfused": {"fused_lora": "off"},
    "curate recompute": {"gradient_checkpointing": "on"},
    "curate sharded": {"sharding": "sharded"},
    "curate full": {"adapter": "full"},
    "curate full sharded": {"adapter": "full", "sharding": "sharded"},
}
# TRL's own defaults but for the batch; then what is known to speed it up, in several mixtures.
TRL: dict[str, dict[str, Any]] = {
    "trl defaults": {},
    "trl no-recompute": {"gradient_checkpointing": False},
    "trl liger": {"gradient_checkpointing": False, "use_liger_kernel": True},
    "trl liger large": {
        "gradient_checkpointing": False,
        "use_liger_kernel": True,
        "micro_batch": 40,
    },
    "trl padding-free": {
        "gradient_checkpointing": False,
        "use_liger_kernel": True,
        "padding_free": True,
        "max_length": None,
        "micro_batch": 40,
    },
    "trl liger recompute": {"use_liger_kernel": True, "micro_batch": 40},
}
# Measured in one process only.
ALONE = {*TRL, "bare"}
DEFAULT_SYSTEMS = [
    "curate",
    "curate eager",
    "curate compile",
    "trl defaults",
    "trl liger",
    "trl liger large",
    "trl padding-free",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shapes", nargs="+", default=["1.5B", "8B"], choices=SHAPES)
    parser.add_argument(
        "--systems", nargs="+", default=DEFAULT_SYSTEMS, choices=[*CURATE, *TRL, "bare"]
    )
    parser.add_argument("--steps", type=int, default=10, help="timed steps")
    parser.add_argument("--warmup", type=int, default=4, help="steps before them")
    parser.add_argument(
        "--settle",
        type=int,
        default=30,
        help="further steps before curate's: CUDA graphs of the usual pack sizes are recorded in them",
    )
    parser.add_argument(
        "--num-processes", type=int, nargs="+", default=[1], help="GPUs, one after another"
    )
    parser.add_argument(
        "--batch-factor", type=int, default=1, help="times the usual examples in a step"
    )
    parser.add_argument("--budget", type=int, help="tokens in a pack; curate's own choice without")
    parser.add_argument("--deadline", type=float, default=570.0, help="seconds for everything")
    parser.add_argument("--output", type=Path, help="write all figures here, as JSON")
    parser.add_argument("--one", nargs=2, metavar=("SYSTEM", "SHAPE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print("RESULT " + json.dumps(measure(*arguments.one, arguments)))
        return
    results: list[dict[str, Any]] = []
    begun = time.monotonic()
    for shape, system, processes in product(
        arguments.shapes, arguments.systems, arguments.num_processes
    ):
        left = arguments.deadline - (time.monotonic() - begun)
        if system in ALONE and processes > 1:
            continue
        result = (
            in_own_process(system, shape, left, processes)
            if left > 25
            else {"error": "no time left"}
        )
        results.append({"system": system, "shape": shape, "processes": processes, **result})
        print(line(results[-1]), flush=True)
        if arguments.output:
            arguments.output.write_text(json.dumps(results, indent=1))
    print_table(results)


def in_own_process(system: str, shape: str, seconds: float, processes: int = 1) -> dict[str, Any]:
    """Run one system on one shape, in as many processes as it takes; its figures, or how it failed."""
    command = [sys.executable, __file__, *sys.argv[1:], "--one", system, shape]
    workers = [
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
                "HF_HUB_OFFLINE": "1",
                "TOKENIZERS_PARALLELISM": "false",
                **(rendezvous(rank, processes) if processes > 1 else {}),
            },
        )
        for rank in range(processes)
    ]
    ended = time.monotonic() + seconds
    try:
        said = [w.communicate(timeout=max(1.0, ended - time.monotonic())) for w in workers]
    except subprocess.TimeoutExpired:
        return {"error": "timed out"}
    finally:
        for worker in workers:
            worker.kill()
    found = [
        json.loads(text.removeprefix("RESULT "))
        for out, _ in said
        for text in out.splitlines()
        if text.startswith("RESULT ")
    ]
    if len(found) == processes:
        result: dict[str, Any] = found[0]
        result["peak_gib"] = max(r["peak_gib"] for r in found)
        return result
    errors = "\n".join(error for _, error in said)
    tail = next((t for t in reversed(errors.splitlines()) if "Error" in t), "no output")
    return {"error": tail[:300], "log": errors[-3000:]}


def rendezvous(rank: int, processes: int) -> dict[str, str]:
    """What torch.distributed wants to know."""
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "29531",
    }


def measure(system: str, shape: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Build the system and time its steps."""
    import torch

    torch.manual_seed(0)
    examples = make_examples(SHAPES[shape]["vocab_size"])
    size = STEP_EXAMPLES[shape] * arguments.batch_factor
    if system not in TRL:
        arguments.warmup += arguments.settle
    count = (arguments.warmup + arguments.steps) * size
    examples = (examples * (1 + count // len(examples)))[:count]
    run = run_trl if system in TRL else run_curate
    times, losses, notes, cost = run(system, shape, examples, size, arguments)
    timed = times[arguments.warmup :]
    used = examples[arguments.warmup * size :]
    tokens = sum(len(ids) for ids, _ in used)
    learnt = sum(len(ids) - prompt for ids, prompt in used)
    seconds = sum(timed)
    return {
        "tokens_per_second": tokens / seconds,
        "flops_share": cost(tokens, learnt) / seconds / PEAK_FLOPS,
        "peak_gib": torch.cuda.max_memory_allocated() / 2**30,
        "step_seconds": timed,
        "losses": losses,
        "notes": notes,
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
    }


def make_examples(vocabulary: int) -> list[tuple[list[int], int]]:
    """(token ids, prompt length) of each example; ids are Zipf-like, so that there is something to learn."""
    rng = np.random.default_rng(0)
    lengths = json.loads((HERE / "lengths.json").read_text())
    drawn = rng.zipf(1.3, size=sum(total for total, _ in lengths)) % vocabulary
    examples, start = [], 0
    for total, prompt in lengths:
        examples.append((drawn[start : start + total].tolist(), max(1, prompt)))
        start += total
    return examples


def make_model(shape: str, dtype: Any) -> Any:
    """A model of this shape with small random weights, made on the GPU of this process."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("cuda", torch.cuda.current_device()):
        torch.manual_seed(0)
        return AutoModelForCausalLM.from_config(configuration(shape), dtype=dtype)


def configuration(shape: str) -> Any:
    from transformers import AutoConfig

    settings = dict(SHAPES[shape])
    return AutoConfig.for_model(
        settings.pop("model_type"), max_position_embeddings=4096, use_cache=False, **settings
    )


def run_curate(
    system: str,
    shape: str,
    examples: list[tuple[list[int], int]],
    size: int,
    arguments: argparse.Namespace,
) -> tuple[list[float], list[float], list[str], Callable[[int, int], float]]:
    """curate's own loop, step by step; `bare` is the same forward and backward without it."""
    import torch

    from curate.schemas.options.train import TrainOptions
    from curate.train import kernels, setup
    from curate.train.decisions import Decisions
    from curate.train.flops import token_cost
    from curate.train.models import Base
    from curate.train.processes import spread
    from curate.train.rendering import Sample, Way
    from curate.train.sft import SupervisedObjective

    options = TrainOptions(
        model=shape,
        batch_size=size,
        micro_batch_tokens=arguments.budget,
        lora_rank=LORA_RANK,
        learning_rate=LEARNING_RATE,
        schedule="constant",
        warmup_share=0.0,
        **CURATE.get(system, {}),
    )
    samples = [
        Sample(np.array(ids, np.int32), np.arange(len(ids)) >= prompt, i, Way.TEXT)
        for i, (ids, prompt) in enumerate(examples)
    ]
    objective = SupervisedObjective(samples)
    accelerator = setup.make_accelerator(options)
    decisions = Decisions()
    numerics = setup.choose_numerics(options, accelerator.device, decisions)
    with tempfile.TemporaryDirectory() as folder:
        configuration(shape).save_pretrained(folder)
        base = Base(shape, folder, local=True)
        memory = setup.plan_run(base, options, samples, accelerator, numerics, decisions)
        model = make_model(shape, numerics.weights)
        losses = setup.prepare_model(
            model, base, options, accelerator.device, numerics, memory, decisions
        )
    spread(losses, accelerator, numerics.compute, sharded=memory.sharded)
    torch.cuda.empty_cache()
    kernels.use_graphs(losses, options, memory.budget, decisions, decisions.note)
    optimiser = setup.make_optimiser(losses, options, accelerator.device)
    cost = token_cost(losses.model)
    torch.cuda.reset_peak_memory_stats()
    steps = arguments.warmup + arguments.steps
    settings = (
        *(losses, objective, optimiser, options, numerics, memory.budget),
        *(steps, arguments.warmup),
    )
    if system == "bare":
        times, found = bare_steps(accelerator, *settings)
    else:
        times, found = curate_steps(accelerator, *settings, cost)
    return times, found, decisions.lines, cost.total


def curate_steps(
    accelerator: Any,
    losses: Any,
    objective: Any,
    optimiser: Any,
    options: Any,
    numerics: Any,
    budget: int,
    steps: int,
    warmup: int,
    cost: Any,
) -> tuple[list[float], list[float]]:
    """`curate.train.stepping.take_step` on consecutive examples."""

    from curate.schemas.training_artifacts import StepEvent
    from curate.train import setup
    from curate.train.checkpoints import CheckpointStore
    from curate.train.dashboard import Silence
    from curate.train.graphs import own_stream
    from curate.train.history import History, read_history
    from curate.train.interrupts import Interrupts
    from curate.train.run import Run
    from curate.train.schedule import timetable
    from curate.train.stepping import read_losses, take_step
    from curate.train.watch import Watch

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.jsonl"
        run = Run(
            accelerator=accelerator,
            model=losses,
            optimiser=optimiser,
            train=objective,
            val=objective,
            val_items=[0],
            probe_items=[0],
            order=InOrder(options.batch_size),  # type: ignore[arg-type]  # the same two members
            times=timetable(
                options.model_copy(update={"eval_every": 10**6}),
                items=len(objective.lengths),
                measured_items=2,
                width=1024,
            ),
            budget=budget,
            autocast=setup.autocasting(numerics, accelerator.device),
            max_grad_norm=options.max_grad_norm,
            watch=Watch(options),
            store=CheckpointStore(Path(folder) / "checkpoints"),
            history=History(path),
            reporter=Silence(),
            cost=cost,
            evaluate=lambda run, interrupts: None,
            step=take_step,
        )
        clock = Stopwatch(warmup)
        with Interrupts() as interrupts, own_stream(accelerator.device):
            for _ in range(steps):
                clock.begin()
                take_step(run, interrupts)
            clock.end()
        read_losses(run)
        run.history.close()
        return clock.times, [e.loss for e in read_history(path) if isinstance(e, StepEvent)]


class Stopwatch:
    """Seconds of each step. The GPU is waited for where timing begins and ends, not in between."""

    def __init__(self, warmup: int) -> None:
        self.warmup = warmup
        self.begun: list[float] = []
        self.times: list[float] = []

    def begin(self) -> None:
        """A step begins."""
        self._read(wait=len(self.begun) <= self.warmup)

    def end(self) -> None:
        """The last step has ended."""
        self._read(wait=True)
        self.times = np.diff(self.begun).tolist()

    def _read(self, *, wait: bool) -> None:
        import torch

        if wait:
            torch.cuda.synchronize()
        self.begun.append(time.perf_counter())


class InOrder:
    """Examples in the order they stand in, as every system here takes them."""

    def __init__(self, size: int) -> None:
        self.size = size

    def batch(self, step: int) -> list[int]:
        return list(range(step * self.size, (step + 1) * self.size))


def bare_steps(
    accelerator: Any,
    losses: Any,
    objective: Any,
    optimiser: Any,
    options: Any,
    numerics: Any,
    budget: int,
    steps: int,
    warmup: int,
) -> tuple[list[float], list[float]]:
    """Forward, backward, clip and update on packs that are laid out beforehand."""
    import torch

    from curate.train.gradients import Gradients
    from curate.train.graphs import own_stream
    from curate.train.packing import plan_step

    device = accelerator.device
    gradients = Gradients(losses.parameters())
    for group in optimiser.param_groups:
        group["lr"] = LEARNING_RATE
    order = InOrder(options.batch_size)
    totals: list[Any] = []
    losses.train()
    laid_out = []
    for step in range(steps):
        items = order.batch(step)
        packs = [
            objective.batch(p).to(device) for p in plan_step(objective.lengths, items, budget)[0]
        ]
        laid_out.append((packs, sum(objective.units[i] for i in items)))
    clock = Stopwatch(warmup)
    with own_stream(device):
        for packs, units in laid_out:
            clock.begin()
            total = torch.zeros((), device=device)
            for pack in packs:
                with numerics.autocast(device):
                    nll, _ = losses(pack)
                loss = nll.sum() / units
                loss.backward()
                total += loss.detach()
            gradients.clip(options.max_grad_norm)
            optimiser.step()
            gradients.clear()
            totals.append(total)
        clock.end()
    return clock.times, [float(t) for t in totals]


def run_trl(
    system: str,
    shape: str,
    examples: list[tuple[list[int], int]],
    size: int,
    arguments: argparse.Namespace,
) -> tuple[list[float], list[float], list[str], Callable[[int, int], float]]:
    """TRL's SFTTrainer on the same examples in the same order."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from curate.train.flops import token_cost

    settings = dict(TRL[system])
    micro = settings.pop("micro_batch", 8)
    clock = Stopwatch(arguments.warmup)

    class Clock(TrainerCallback):  # type: ignore[misc]  # transformers has no types for it here
        def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
            clock.begin()

        def on_train_end(self, *args: Any, **kwargs: Any) -> None:
            clock.end()

    with tempfile.TemporaryDirectory() as folder:
        trainer = SFTTrainer(
            model=make_model(shape, torch.bfloat16),
            args=SFTConfig(
                output_dir=folder,
                per_device_train_batch_size=micro,
                gradient_accumulation_steps=size // micro,
                max_steps=arguments.warmup + arguments.steps,
                learning_rate=LEARNING_RATE,
                lr_scheduler_type="constant",
                logging_steps=1,
                save_strategy="no",
                report_to=[],
                train_sampling_strategy="sequential",
                disable_tqdm=True,
                **{"bf16": True, **settings},
            ),
            train_dataset=Dataset.from_list(
                [
                    {"input_ids": ids, "labels": [-100] * prompt + ids[prompt:]}
                    for ids, prompt in examples
                ]
            ),
            processing_class=tokenizer(),
            peft_config=LoraConfig(
                r=LORA_RANK,
                lora_alpha=2 * LORA_RANK,
                target_modules="all-linear",
                task_type="CAUSAL_LM",
            ),
            callbacks=[Clock()],
        )
        torch.cuda.reset_peak_memory_stats()
        trainer.train()
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        cost = token_cost(trainer.accelerator.unwrap_model(trainer.model))
    return clock.times, losses, [f"micro batch {micro}", str(settings)], cost.total


def tokenizer() -> Any:
    """Some tokenizer: TRL wants one, also for data that is tokenised already."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.WordLevel({"<pad>": 0, "<eos>": 1}, unk_token="<pad>"))
    return PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", eos_token="<eos>")


def line(result: dict[str, Any]) -> str:
    name = f"{result['shape']:>5}  {result['system']:<22}{result['processes']} GPU"
    if "error" in result:
        return f"{name}  {result['error']}"
    return (
        f"{name}{result['tokens_per_second']:>9,.0f} tok/s{result['flops_share']:>7.1%}"
        f"{result['peak_gib']:>7.1f} GiB   loss {result['losses'][0]:.3f} → {result['losses'][-1]:.3f}"
    )


def print_table(results: list[dict[str, Any]]) -> None:
    print(
        "\n| shape | system | GPUs | useful tokens/s | FLOP use a GPU | peak GiB a GPU | last loss "
        "| to one GPU | to TRL's defaults |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for r in results:
        named = f"| {r['shape']} | {r['system']} | {r['processes']} |"
        if "error" in r:
            print(f"{named} {r['error'][:60]} | | | | | |")
            continue
        alone = {**r, "processes": 1}
        print(
            f"{named} {r['tokens_per_second']:,.0f} | {r['flops_share'] / r['processes']:.1%} | "
            f"{r['peak_gib']:.1f} | {r['losses'][-1]:.3f} | {ratio(r, alone, results)} | "
            f"{ratio(r, {**alone, 'system': 'trl defaults'}, results)} |"
        )


def ratio(result: dict[str, Any], wanted: dict[str, Any], results: list[dict[str, Any]]) -> str:
    """How many times as fast as the result of the wanted shape, system and number of processes."""
    keys = ("shape", "system", "processes")
    for other in results:
        if "error" not in other and all(other[k] == wanted[k] for k in keys):
            return f"{result['tokens_per_second'] / other['tokens_per_second']:.2f}×"
    return "-"


if __name__ == "__main__":
    main()
