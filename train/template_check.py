"""Whether a run's tokenizer still renders as it did in training."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import UserError
from curate.manifest import read_manifest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def template_hash(tokenizer: PreTrainedTokenizerBase) -> str:
    """SHA-256 of the chat template; that of no text where there is none."""
    template = tokenizer.chat_template
    return hashlib.sha256((template if isinstance(template, str) else "").encode()).hexdigest()


def require_trained_template(folder: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    """Refuse a tokenizer of a run whose chat template is not the one that the run learnt with.

    Args:
        folder: where the tokenizer comes from; nothing is asked of one that is not in a run folder.
        tokenizer: as it was loaded from there.

    Raises:
        UserError: the template has changed since training.
    """
    training = read_manifest(folder.parent).get("training")
    if folder.name not in ("adapter", "model") or not isinstance(training, dict):
        return
    trained = training.get("rendering", {}).get("template_sha256")
    if trained is not None and trained != template_hash(tokenizer):
        raise UserError(
            f"{folder}: its chat template is not the one that the model was trained with (SHA-256 "
            f"{trained[:16]}… in {folder.parent / 'manifest.json'}): prompts would look otherwise than "
            "in training. Put the template back, or train again"
        )
