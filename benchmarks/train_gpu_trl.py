"""TRL's trainer in the benchmark."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from typing import Any

from train_gpu_loops import Stopwatch, on_gpu, peak_gib
from train_gpu_models import make_model, make_quantised_model
from train_gpu_systems import LEARNING_RATE, LORA_RANK, QUANTISED, TRL, tokenizer


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
    from trl import SFTConfig, SFTTrainer

    from curate.train.flops import token_cost

    settings = dict(TRL[system])
    micro = settings.pop("micro_batch", 8)
    clock = Stopwatch(arguments.warmup)
    make = make_quantised_model if system in QUANTISED else make_model
    with tempfile.TemporaryDirectory() as folder:
        trainer = SFTTrainer(
            model=make(shape, torch.bfloat16),
            args=SFTConfig(
                **same_steps(folder, micro, size, arguments),
                **{"bf16": True, "use_cpu": not on_gpu(), **settings},
            ),
            train_dataset=Dataset.from_list(
                [
                    {"input_ids": ids, "labels": [-100] * prompt + ids[prompt:]}
                    for ids, prompt in examples
                ]
            ),
            processing_class=tokenizer(),
            peft_config=lora(),
            callbacks=[timed_by(clock)],
        )
        building = peak_gib()
        trainer.train()
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        cost = token_cost(trainer.accelerator.unwrap_model(trainer.model))
    notes = [f"micro batch {micro}", str(settings), f"until training: at most {building:.1f} GiB"]
    return clock.times, losses, notes, cost.total


def same_steps(folder: str, micro: int, size: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """What makes any of TRL's trainers take the steps that curate takes: `size` examples, in order."""
    return {
        "output_dir": folder,
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": size // micro,
        "max_steps": arguments.warmup + arguments.steps,
        "learning_rate": LEARNING_RATE,
        "lr_scheduler_type": "constant",
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": [],
        "train_sampling_strategy": "sequential",
        "disable_tqdm": True,
    }


def lora() -> Any:
    """The adapter that all systems train."""
    from peft import LoraConfig

    return LoraConfig(
        r=LORA_RANK, lora_alpha=2 * LORA_RANK, target_modules="all-linear", task_type="CAUSAL_LM"
    )


def timed_by(clock: Stopwatch) -> Any:
    """A callback of transformers' trainer that starts and stops the clock."""
    from transformers import TrainerCallback

    class Clock(TrainerCallback):  # type: ignore[misc]  # transformers has no types for it here
        def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
            clock.begin()

        def on_train_end(self, *args: Any, **kwargs: Any) -> None:
            clock.end()

    return Clock()
