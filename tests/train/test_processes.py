"""Two processes equal one: replicated and sharded weights, LoRA and full updates, over gloo."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from curate.schemas.training_artifacts import StopEvent
from curate.train.checkpoints import CheckpointStore
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


def command(data: Path, base: str, run: Path, *more: str) -> list[str]:
    """`curate train` in two processes that take their time."""
    return [
        *(sys.executable, "-m", "curate", "train", str(data), "--model", base, "-o", str(run)),
        *("--num-processes", "2", "--batch-size", "4", "--lora-rank", "2", "--samples", "0"),
        *("--learning-rate", "0.02", "--threads", "1", *more),
    ]


# Where there is nothing but a CPU, the trainer has to see that by itself.
_FORCED = {"ACCELERATE_USE_CPU": "true"} if torch.accelerator.is_available() else {}
ON_CPU = {**os.environ, **_FORCED, "OMP_NUM_THREADS": "1"}


def rank_of(pid: str) -> int | None:
    """Which rank the process has, if it is one of a run."""
    for variable in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
        if variable.startswith(b"RANK="):
            return int(variable.removeprefix(b"RANK="))
    return None


def children_of(process: subprocess.Popen[str]) -> dict[int, int]:
    """Its processes, by rank."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == process.pid and (rank := rank_of(folder.name)) is not None:
                found[rank] = int(folder.name)
    return found


def finished(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        arguments, env=ON_CPU, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_a_killed_rank_ends_the_run_and_resume_gives_the_run_that_was_never_touched(
    chat_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    steps = (
        "--max-steps",
        "120",
        "--eval-every",
        "40",
        "--checkpoint-every",
        "2",
        "--no-stop-early",
    )
    finished(command(chat_file, tiny_base, whole, *steps))
    process = subprocess.Popen(
        command(chat_file, tiny_base, killed, *steps), env=ON_CPU, stderr=subprocess.PIPE, text=True
    )
    checkpoints = killed / "checkpoints"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        # (The store makes its folder, and a run does not begin where there is one.)
        if checkpoints.is_dir() and CheckpointStore(checkpoints).latest() is not None:
            break
        time.sleep(0.01)
    ranks = children_of(process)
    os.kill(ranks[1], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2, errors[-2000:]
    assert "process 1 of 2 was killed (SIGKILL)" in errors
    latest = CheckpointStore(checkpoints).latest()
    assert latest is not None
    assert latest.step < 24
    finished(command(chat_file, tiny_base, killed, *steps, "--resume"))
    ours, theirs = (load_file(r / "adapter" / "adapter_model.safetensors") for r in (whole, killed))
    assert all(ours[k].equal(theirs[k]) for k in ours)
    kept = [
        [e for e in read_history(r / "history.jsonl") if e.event not in ("speed", "start")]
        for r in (whole, killed)
    ]
    assert kept[0] == kept[1]


def test_an_early_stop_is_taken_by_all_processes_at_the_step_of_one(
    write_jsonl: Callable[..., Path], tiny_base: str, tmp_path: Path
) -> None:
    """Answers that are noise can only be memorised: validation gets worse while training gets better."""
    rng = random.Random(0)

    def rows(count: int) -> list[dict[str, str]]:
        return [
            {"prompt": f"q{rng.random()}", "completion": "".join(rng.choices("abcdefgh", k=12))}
            for _ in range(count)
        ]

    data, val = write_jsonl(rows(12), "train.jsonl"), write_jsonl(rows(40), "val.jsonl")
    stopped = []
    for processes in ("1", "2"):
        run = tmp_path / processes
        arguments = command(data, tiny_base, run, "--val", str(val), "--eval-every", "10")
        arguments[arguments.index("--num-processes") + 1] = processes
        arguments[arguments.index("--learning-rate") + 1] = "0.01"
        finished([*arguments, "--adapter", "full", "--epochs", "100", "--max-steps", "80"])
        events = read_history(run / "history.jsonl")
        stopped.append([(e.step, e.reason) for e in events if isinstance(e, StopEvent)])
    assert stopped[0] == stopped[1]
    assert len(stopped[0]) == 1
    assert stopped[0][0][1] == "overfitting"
    assert stopped[0][0][0] < 80
