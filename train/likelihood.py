"""How likely a model finds given answers: negative log likelihoods, token by token summed."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from curate.train.intervals import Floats
from curate.train.samples import Sample

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Rows times tokens of one batch; logits are only made for the answers.
_BATCH_TOKENS = 4_096


@torch.inference_mode()
def answer_nll(
    model: PreTrainedModel, samples: Sequence[Sample]
) -> tuple[Floats, NDArray[np.int64]]:
    """Nats of the learnt tokens of each sample, float64 [n], and how many there are, int64 [n].

    Samples are padded on the left, so that the answers, which stand last, line up.
    """
    inner = getattr(model, "get_base_model", lambda: model)()
    slices = "logits_to_keep" in inspect.signature(inner.forward).parameters
    nll = np.zeros(len(samples), dtype=np.float64)
    tokens = np.array([sample.learnt_count for sample in samples], dtype=np.int64)
    order = sorted(range(len(samples)), key=lambda i: len(samples[i]))
    training = model.training
    model.train(False)
    try:
        start = 0
        while start < len(order):
            end = start + 1
            while (
                end < len(order) and (end + 1 - start) * len(samples[order[end]]) <= _BATCH_TOKENS
            ):
                end += 1
            rows = order[start:end]
            nll[rows] = _batch_nll(model, [samples[i] for i in rows], slices=slices)
            start = end
    finally:
        model.train(training)
    return nll, tokens


def _batch_nll(model: PreTrainedModel, samples: Sequence[Sample], *, slices: bool) -> list[float]:
    width = max(map(len, samples))
    ids = torch.zeros((len(samples), width), dtype=torch.long)
    mask = torch.zeros((len(samples), width), dtype=torch.long)
    learnt = torch.zeros((len(samples), width), dtype=torch.bool)
    for row, sample in enumerate(samples):
        ids[row, width - len(sample) :] = torch.from_numpy(sample.ids.astype(np.int64))
        mask[row, width - len(sample) :] = 1
        learnt[row, width - len(sample) :] = torch.from_numpy(sample.learnt)
    # Logits from just before the first learnt token of any row to the end.
    kept = width - int(learnt.any(dim=0).nonzero()[0]) + 1
    device = model.device
    extra: dict[str, Any] = {"logits_to_keep": kept} if slices else {}
    logits = model(
        input_ids=ids.to(device),
        attention_mask=mask.to(device),
        position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0).to(device),
        use_cache=False,
        **extra,
    ).logits[:, -kept:-1]
    targets, counted = ids[:, -kept + 1 :].to(device), learnt[:, -kept + 1 :].to(device)
    log_probabilities = torch.log_softmax(logits.float(), dim=-1)
    picked = log_probabilities.gather(2, targets[..., None])[..., 0]
    return [float(x) for x in -(picked.double() * counted).sum(dim=1)]
