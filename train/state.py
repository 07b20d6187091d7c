"""The state of a run in memory, to and from plain tensors: weights, optimiser, random generators.

Sharded parameters (FSDP2's DTensors) are gathered whole on every process, and cut again when they
are loaded, so a checkpoint does not depend on how many processes wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import nn
from torch.distributed.tensor import DTensor, distribute_tensor

_WRAPPERS = ("module.", "_orig_mod.")


def trainable(module: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Names and parameters that are learnt; names are free of what DDP and compile add to them."""
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            for wrapper in _WRAPPERS:
                name = name.replace(wrapper, "")
            yield name, parameter


def weights_of(module: nn.Module) -> dict[str, torch.Tensor]:
    """Copies of the learnt weights, on the CPU."""
    return {name: _whole(p.detach()).cpu().clone() for name, p in trainable(module)}


@torch.no_grad()
def set_weights(module: nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Put saved weights into the learnt parameters.

    Raises:
        ValueError: the names are not those of the model's learnt parameters.
    """
    parameters = dict(trainable(module))
    if parameters.keys() != weights.keys():
        odd = sorted(parameters.keys() ^ weights.keys())
        raise ValueError(f"the saved weights do not fit the model: {', '.join(odd[:3])}")
    for name, parameter in parameters.items():
        parameter.copy_(_like(weights[name], parameter))


def optimiser_state_of(
    optimiser: torch.optim.Optimizer, module: nn.Module
) -> dict[str, torch.Tensor]:
    """The optimiser's tensors for each parameter, as `parameter/key`."""
    return {
        f"{name}/{key}": _whole(value).cpu().clone()
        for name, parameter in trainable(module)
        for key, value in optimiser.state.get(parameter, {}).items()
        if isinstance(value, torch.Tensor)
    }


def set_optimiser_state(
    optimiser: torch.optim.Optimizer, module: nn.Module, tensors: Mapping[str, torch.Tensor]
) -> None:
    """The inverse of `optimiser_state_of`."""
    parameters = dict(trainable(module))
    optimiser.state.clear()
    for full_name, value in tensors.items():
        name, _, key = full_name.rpartition("/")
        parameter = parameters[name]
        # Moments are laid out as their parameter is; the step count is a scalar, and only a fused
        # optimiser keeps it on the parameter's device.
        if value.ndim:
            value = _like(value, parameter).clone()
        elif optimiser.defaults.get("fused"):
            value = value.to(parameter.device)
        optimiser.state[parameter][key] = value


def random_state() -> dict[str, torch.Tensor]:
    """The states of torch's generators: the CPU's, and that of each GPU of this process."""
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def set_random_state(states: Mapping[str, torch.Tensor]) -> None:
    """The inverse of `random_state`."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])


def _whole(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def _like(value: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """`value` on the parameter's device, and sharded as it is."""
    value = value.to(parameter.device, parameter.dtype)
    if isinstance(parameter, DTensor):
        return distribute_tensor(value, parameter.device_mesh, parameter.placements)
    return value
