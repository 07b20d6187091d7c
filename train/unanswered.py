"""Rows without an answer to imitate: prompts alone, and solutions whose steps were judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from curate.errors import UserError
from curate.schemas.turns import Example


def refuse_unanswered(path: Path, examples: Sequence[Example]) -> None:
    """Refuse rows without an answer to imitate, and say which method they are for.

    Raises:
        UserError: most rows are prompts alone, or solutions whose steps were judged.
    """
    kinds = Counter(e.kind for e in examples)
    if 2 * kinds["prompt"] > len(examples):
        raise UserError(
            f"{path}: {kinds['prompt']:,} of {len(examples):,} rows are prompts without an answer, "
            "which methods use that let the model answer (--method grpo or ppo); for --method sft "
            "each needs its completion"
        )
    if 2 * kinds["stepwise"] > len(examples):
        raise UserError(
            f"{path}: {kinds['stepwise']:,} of {len(examples):,} rows are solutions whose steps were "
            "judged, for models that judge steps; no method here trains those. To imitate the right "
            "solutions, write them as prompt and completion"
        )
