"""SIGKILL at random moments, resumed each time: the same bits as a run that was never touched."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from curate.train.checkpoints import CheckpointStore
from curate.train.history import read_history

# `CURATE_KILLS=20` for the long version.
KILLS = int(os.environ.get("CURATE_KILLS", "3"))

SCRIPT = """
import sys
import torch
torch.set_num_threads(1)
import curate
data, base, output, method = sys.argv[1:]
settings = dict(max_steps=60, batch_size=4, eval_every=3, lora_dropout=0.2)
if method in ("ppo", "grpo"):
    settings = dict(
        max_steps=16, batch_size=2, eval_every=2, answers_per_prompt=2, max_new_tokens=6,
        watch_rows=4, reward="length:1-3",
    )
curate.train(
    data, model=base, output=output, resume=True, checkpoint_every=2, learning_rate=1e-2,
    lora_rank=2, stop_early=False, method=method, **settings,
)
"""


def start(folder: Path, data: Path, base: str, run: Path, method: str) -> subprocess.Popen[str]:
    script = folder / "train_it.py"
    script.write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(script), str(data), base, str(run), method],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors[-3000:]


def events(run: Path) -> list[Any]:
    return [e for e in read_history(run / "history.jsonl") if e.event not in ("speed", "start")]


# All in the long version; what differs between them is interrupted in test_preferences.py and
# test_policy_runs.py, too.
OTHERS = ["dpo", "reward", "ppo", "grpo"] if "CURATE_KILLS" in os.environ else ["dpo"]


@pytest.mark.parametrize(("method", "kills"), [("sft", KILLS), *((m, 1) for m in OTHERS)])
def test_killed_at_random_moments_and_resumed(
    method: str, kills: int, chat_file: Path, pair_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    data = chat_file if method == "sft" else pair_file
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finish(start(tmp_path, data, tiny_base, whole, method))
    steps = 0
    for _ in range(kills):
        process = start(tmp_path, data, tiny_base, killed, method)
        history = killed / "history.jsonl"
        size = history.stat().st_size if history.exists() else 0
        # Wait until this life has written something of its own, then kill it at any moment.
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if history.exists() and history.stat().st_size > size:
                break
            time.sleep(0.005)
        time.sleep(rng.random() * 0.3)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        latest = CheckpointStore(killed / "checkpoints").latest()
        assert latest is None or latest.step >= steps
        steps = latest.step if latest else 0
    finish(start(tmp_path, data, tiny_base, killed, method))
    ours, theirs = (load_file(r / "adapter" / "adapter_model.safetensors") for r in (whole, killed))
    assert all(ours[k].equal(theirs[k]) for k in ours), seed
    assert events(whole) == events(killed), seed
    results = [
        json.loads((r / "manifest.json").read_text())["training"]["result"] for r in (whole, killed)
    ]
    assert results[0] == results[1]


def test_ctrl_c_ends_the_command_with_130_and_resume_goes_on(
    chat_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "curate", "train", str(chat_file), "--model", tiny_base]
    command += ["-o", str(run), "--max-steps", "2000", "--eval-every", "500", "--lora-rank", "2"]
    process = subprocess.Popen(
        command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE, text=True
    )
    history = run / "history.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if history.exists() and history.read_bytes().count(b'"event":"step"') > 5:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors[-2000:]
    assert "--resume goes on" in errors
    latest = CheckpointStore(run / "checkpoints").latest()
    assert latest is not None
    assert latest.step == len([e for e in read_history(history) if e.event == "step"])


@pytest.mark.parametrize("damage", ["truncated", "changed", "no state", "leftover"])
def test_a_half_written_checkpoint_is_never_loaded(damage: str, tmp_path: Path) -> None:
    import torch

    store = CheckpointStore(tmp_path / "checkpoints", keep=2)
    for step in (2, 4):
        store.save_best(step, {"w": torch.ones(3)})
        store.save(step, {"weights": {"w": torch.full((3,), float(step))}}, {"n": step}, step)
    newest = tmp_path / "checkpoints" / "step-00000004"
    file = newest / "weights.safetensors"
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:-4])
    elif damage == "changed":
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
    elif damage == "no state":
        (newest / "state.json").unlink()
    else:
        newest.rename(newest.with_name(".writing-step-00000004"))
        store.clear_unfinished()
        assert not newest.with_name(".writing-step-00000004").exists()
    latest = store.latest()
    assert latest is not None
    assert (latest.step, latest.state) == (2, {"n": 2})
    assert latest.tensors["weights"]["w"].tolist() == [2.0, 2.0, 2.0]


def test_best_weights_stay_until_a_checkpoint_no_longer_needs_them(tmp_path: Path) -> None:
    import torch

    store = CheckpointStore(tmp_path / "checkpoints", keep=1)
    weights = {"w": torch.ones(1)}
    store.save_best(2, weights)
    store.save(4, {"weights": weights}, {}, best_step=2)
    store.save_best(6, weights)
    # Killed here, the run goes on from step 4, whose best step is 2.
    assert store.load_best(2)["w"].tolist() == [1.0]
    store.save(6, {"weights": weights}, {}, best_step=6)
    with pytest.raises(FileNotFoundError):
        store.load_best(2)


def test_a_full_disk_is_named_and_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from safetensors import SafetensorError

    from curate.train import checkpoints

    store = CheckpointStore(tmp_path / "checkpoints")
    weights = {"w": torch.ones(3)}
    store.save_best(2, weights)
    store.save(2, {"weights": weights}, {"n": 2}, 2)

    def full(tensors: object, file: Path) -> None:
        file.write_bytes(b"half")
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        store.save(4, {"weights": weights}, {"n": 4}, 2)
    assert caught.value.errno == 28
    latest = store.latest()
    assert latest is not None
    assert latest.step == 2
