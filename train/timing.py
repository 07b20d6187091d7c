"""How long a run will take, before it starts: its arithmetic over what the device does, measured."""

from __future__ import annotations

import time

import torch

# Share of the speed of one large matrix product that training reaches as a whole.
_REACHED = 0.5
# Measured products: large enough to fill the device, small enough to take no time.
_SIZE_ON_CPU, _SIZE_ON_GPU = 768, 4096
_REPEATS = 5


def measured_flops(device: torch.device, dtype: torch.dtype) -> float:
    """Floating-point operations a second of a square matrix product, the best of a few."""
    size = _SIZE_ON_GPU if device.type == "cuda" else _SIZE_ON_CPU
    state = torch.get_rng_state()  # the run's own numbers are not to depend on this
    a = torch.randn(size, size).to(device, dtype)
    torch.set_rng_state(state)
    best = float("inf")
    for _ in range(_REPEATS + 1):
        _wait(device)
        begun = time.perf_counter()
        a @ a
        _wait(device)
        best = min(best, time.perf_counter() - begun)
    return 2.0 * size**3 / best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def estimate(flops: float, device: torch.device, dtype: torch.dtype, processes: int) -> str:
    """One line: how much arithmetic there is, how fast the device is, how long it will take."""
    speed = measured_flops(device, dtype)
    seconds = flops / (speed * _REACHED * processes)
    return (
        f"time: about {_duration(seconds)} ({flops / 1e12:,.1f} TFLOP; {device.type} measured at "
        f"{speed / 1e12:,.2f} TFLOP/s, of which training reaches about half)"
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
