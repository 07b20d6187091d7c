"""Models of the training benchmark: a shape with random weights, in 16 or in 4 bits."""

from __future__ import annotations

from typing import Any

from train_gpu_systems import configuration


def make_model(shape: str, dtype: Any) -> Any:
    """A model of this shape with small random weights, made on this process's device."""
    import torch
    from transformers import AutoModelForCausalLM

    with place():
        torch.manual_seed(0)
        return AutoModelForCausalLM.from_config(configuration(shape), dtype=dtype)


def make_quantised_model(shape: str, dtype: Any) -> Any:
    """The same with its decoder's linear layers in 4 bits (NF4, double quantisation).

    This is what transformers loads with a `BitsAndBytesConfig`: embeddings, norms and head keep
    `dtype`. Layers are made one after another, so that only one is ever there in 16 bits.
    """
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    from curate.train.models import keep_differentiable

    config = configuration(shape)
    layers = config.num_hidden_layers
    config.num_hidden_layers = 1
    with place():
        torch.manual_seed(0)
        model: Any = AutoModelForCausalLM.from_config(config, dtype=dtype)
        decoder = model.base_model
        kind = type(decoder.layers[0])
        decoder.layers = torch.nn.ModuleList(
            _quantised_layer(kind(model.config, number).to(dtype), model.config.initializer_range)
            for number in range(layers)
        )
    model.config.num_hidden_layers = layers
    model.config.quantization_config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    model.is_loaded_in_4bit = True  # what PEFT and TRL ask for
    keep_differentiable(model)
    return model.eval()


def _quantised_layer(layer: Any, spread: float) -> Any:
    """`layer` with fresh weights of that standard deviation, its linear layers in 4 bits."""
    from torch import nn

    for name, linear in [(n, m) for n, m in layer.named_modules() if isinstance(m, nn.Linear)]:
        nn.init.normal_(linear.weight, std=spread)
        if linear.bias is not None:
            nn.init.zeros_(linear.bias)
        parent, _, child = name.rpartition(".")
        setattr(layer.get_submodule(parent), child, _quantised(linear))
    return layer


def _quantised(linear: Any) -> Any:
    import bitsandbytes

    weight = linear.weight.data
    module = bitsandbytes.nn.Linear4bit(
        linear.in_features,
        linear.out_features,
        bias=linear.bias is not None,
        compute_dtype=weight.dtype,
        compress_statistics=True,
        quant_type="nf4",
        device="meta",
    )
    # A Params4bit is quantised when it is sent to a device.
    module.weight = bitsandbytes.nn.Params4bit(
        weight, requires_grad=False, compress_statistics=True, quant_type="nf4"
    ).to(weight.device)
    module.bias = linear.bias
    return module


def place() -> Any:
    """This process's device: its GPU, or the CPU where there is none."""
    import torch

    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device())
