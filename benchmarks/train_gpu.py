"""Training speed on one GPU: curate and TRL on the same examples, step by step the same.

    python benchmarks/train_gpu.py --shapes 1.5B 8B --output results.json
    python benchmarks/train_gpu.py --shapes 8B --systems "curate qlora" "trl qlora" --memory-gib 16

Models have the shapes of Qwen2.5-0.5B, Qwen2.5-1.5B and Llama-3.1-8B, with random weights; LoRA of
rank 16 on all linear layers, bfloat16. `qlora`: the same over a base in 4 bits. Examples have real
lengths and drawn token ids, the same for every system, and so are labels (the answer's tokens),
batches and their order.

A "useful token" is one that belongs to an example: padding does not count. FLOP use is 4 operations
a frozen weight and token (6 for an adapter's), over 790 TFLOP/s, whatever a system recomputes.

Each system runs in a process of its own; one that fails leaves its error in the table. Needs trl,
datasets, liger-kernel and bitsandbytes beside curate[train]; `PYTHONPATH` may point to the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

from train_gpu_systems import (
    ALONE,
    CURATE,
    DEFAULT_SYSTEMS,
    SHAPES,
    STEP_EXAMPLES,
    TRL,
    make_examples,
)

PEAK_FLOPS = 790e12


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
    parser.add_argument(
        "--memory-gib",
        type=float,
        help="allow no more GPU memory than this, as a smaller card would",
    )
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
    from train_gpu_loops import on_gpu, peak_gib, run_curate
    from train_gpu_trl import run_trl

    torch.manual_seed(0)
    if arguments.memory_gib and on_gpu():
        whole = torch.cuda.get_device_properties().total_memory
        torch.cuda.set_per_process_memory_fraction(arguments.memory_gib * 2**30 / whole)
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
        "peak_gib": peak_gib(),
        "step_seconds": timed,
        "losses": losses,
        "notes": notes,
        "device": torch.cuda.get_device_name() if on_gpu() else "cpu",
        "torch": torch.__version__,
    }


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
