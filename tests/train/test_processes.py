"""Two processes equal one: replicated and sharded weights, LoRA and full updates, over gloo."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from safetensors.torch import load_file

from curate.train.history import read_history

SCRIPT = """
import sys
import torch
torch.set_num_threads(1)
import curate
data, base, *runs = sys.argv[1:]
for run in runs:
    adapter, sharding, output = run.split(":")
    curate.train(
        data, model=base, output=output, sharding=sharding, adapter=adapter, max_steps=4,
        batch_size=5, eval_every=2, learning_rate=1e-2, lora_rank=2, micro_batch_tokens=130,
    )
"""
KINDS = [(a, s) for a in ("lora", "full") for s in ("replicated", "sharded")]


def launch(processes: int, folder: Path, arguments: Sequence[str]) -> None:
    script = folder / "train_both.py"
    script.write_text(SCRIPT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    workers = [
        subprocess.Popen(
            [sys.executable, str(script), *arguments],
            env={
                **os.environ,
                "ACCELERATE_USE_CPU": "true",
                "OMP_NUM_THREADS": "1",
                **(
                    {
                        "RANK": str(rank),
                        "LOCAL_RANK": str(rank),
                        "WORLD_SIZE": str(processes),
                        "MASTER_ADDR": "127.0.0.1",
                        "MASTER_PORT": str(port),
                    }
                    if processes > 1
                    else {}
                ),
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(processes)
    ]
    try:
        for worker in workers:
            _, errors = worker.communicate(timeout=240)
            assert worker.returncode == 0, errors[-3000:]
    finally:
        for worker in workers:
            worker.kill()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, tiny_base: str) -> Path:
    """All runs, each by one process and by two."""
    import json

    folder = tmp_path_factory.mktemp("processes")
    words = ["sun", "moon", "rain", "wind", "snow"]
    data = folder / "data.jsonl"
    data.write_text(
        "".join(
            json.dumps(
                {"prompt": f"{words[i % 5]} {'!' * (i % 7)} {i}", "completion": words[i % 5]}
            )
            + "\n"
            for i in range(30)
        )
    )
    for processes in (1, 2):
        wanted = [f"{a}:{s}:{folder}/{processes}-{a}-{s}" for a, s in KINDS]
        if processes == 1:
            wanted = [w for w in wanted if "replicated" in w]
        launch(processes, folder, [str(data), tiny_base, *wanted])
    return folder


@pytest.mark.parametrize(("adapter", "sharding"), KINDS)
def test_losses_gradients_and_verdicts_are_the_same(
    runs: Path, adapter: str, sharding: str
) -> None:
    one = read_history(runs / f"1-{adapter}-replicated" / "history.jsonl")
    two = read_history(runs / f"2-{adapter}-{sharding}" / "history.jsonl")
    for kind, fields in (
        ("step", ("loss", "gradient_norm", "learning_rate", "tokens")),
        ("evaluation", ("val_loss", "probe_loss", "epoch")),
    ):
        ours = [e for e in one if e.event == kind]
        theirs = [e for e in two if e.event == kind]
        assert len(ours) == len(theirs) > 0
        for a, b in zip(ours, theirs, strict=True):
            for field in fields:
                assert getattr(a, field) == pytest.approx(getattr(b, field), abs=1e-6), field
    assert [e.verdict.name for e in one if e.event == "evaluation"] == [
        e.verdict.name for e in two if e.event == "evaluation"
    ]


@pytest.mark.parametrize(("adapter", "sharding"), KINDS)
def test_what_is_saved_is_the_same(runs: Path, adapter: str, sharding: str) -> None:
    name = "adapter/adapter_model" if adapter == "lora" else "model/model"
    one = load_file(runs / f"1-{adapter}-replicated" / f"{name}.safetensors")
    two = load_file(runs / f"2-{adapter}-{sharding}" / f"{name}.safetensors")
    assert one.keys() == two.keys()
    for key, value in one.items():
        assert value.numpy() == pytest.approx(two[key].numpy(), abs=1e-4)
