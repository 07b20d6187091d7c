"""The training benchmark's quantised model is what transformers would have loaded, and learns."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from curate.train.models import load_model, resolve_base

bitsandbytes = pytest.importorskip("bitsandbytes")
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def _quantised_layers(model: Any) -> dict[str, Any]:
    """What is in 4 bits, and how."""
    found = {}
    for name, module in model.named_modules():
        if isinstance(module, bitsandbytes.nn.Linear4bit):
            weight = module.weight
            size = (module.in_features, module.out_features)
            kind = (weight.quant_type, weight.quant_state.nested, weight.dtype)
            found[name] = (*size, *kind, module.compute_dtype)
    return found


@pytest.mark.parametrize("shape", ["tiny", "tiny qwen"])
def test_the_model_is_quantised_as_a_loaded_one_is(
    shape: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import train_gpu_models  # type: ignore[import-not-found]  # found through the line above
    from train_gpu_systems import SHAPES  # type: ignore[import-not-found]  # likewise

    SHAPES["tiny qwen"] = {**SHAPES["tiny"], "model_type": "qwen2"}  # its projections have biases
    train_gpu_models.make_model(shape, torch.float32).save_pretrained(tmp_path)
    loaded: Any = load_model(resolve_base(str(tmp_path)), quantize=True, device_map={"": "cpu"})
    made = train_gpu_models.make_quantised_model(shape, torch.float32)
    assert _quantised_layers(made) == _quantised_layers(loaded)
    assert len(_quantised_layers(made)) == 2 * 7
    sizes = [{n: (p.shape, p.dtype) for n, p in m.named_parameters()} for m in (made, loaded)]
    assert sizes[0] == sizes[1]
    assert made.config.num_hidden_layers == loaded.config.num_hidden_layers
    weight = made.model.layers[1].mlp.up_proj.weight
    values = bitsandbytes.functional.dequantize_4bit(weight.data, weight.quant_state)
    assert float(values.std()) == pytest.approx(made.config.initializer_range, rel=0.1)


def test_the_script_measures_a_run_over_a_quantised_base(tmp_path: Path) -> None:
    output = tmp_path / "results.json"
    command = f"{BENCHMARKS / 'train_gpu.py'} --shapes tiny --steps 4 --warmup 1 --settle 0"
    subprocess.run(
        [sys.executable, *command.split(), "--systems", "curate qlora", "--output", str(output)],
        check=True,
        capture_output=True,
    )
    (result,) = json.loads(output.read_text())
    assert "error" not in result
    assert result["tokens_per_second"] > 0
    assert result["losses"][-1] < result["losses"][0]
