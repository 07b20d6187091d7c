"""Answers that were judged one by one, turned into pairs: a good and a bad answer to one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from curate.errors import UserError
from curate.schemas.turns import Example


@dataclass(frozen=True)
class Paired:
    """Preference examples; `made` of them from unpaired rows, of which `alone` found no partner."""

    examples: list[Example]
    made: int = 0
    alone: int = 0

    def describe(self) -> str | None:
        """What pairing did, in one line; None where there was nothing to pair."""
        if not self.made:
            return None
        line = f"unpaired preferences: {self.made:,} pairs of a good and a bad answer to one prompt"
        if self.alone:
            line += f"; {self.alone:,} answers have no counterpart and are not used"
        return line


def as_pairs(examples: Sequence[Example], path: str) -> Paired:
    """Preference examples as they are, and unpaired ones as pairs.

    Good and bad answers to the same prompt are matched in the order they stand in; the shorter
    list is gone through again until each answer has been used once.

    Raises:
        UserError: rows that are no preferences, or unpaired ones without a single pair in them.
    """
    strangers = [e for e in examples if e.kind not in ("preference", "unpaired")]
    if strangers:
        place = f"{strangers[0].path}:{strangers[0].line}"
        raise UserError(
            f"{path}: {len(strangers):,} of {len(examples):,} rows are no preferences (the first: "
            f"{place}); this method needs prompt, chosen and rejected in each, or prompt, "
            "completion and label. For answers alone, use --method sft"
        )
    pairs = [e for e in examples if e.kind == "preference"]
    unpaired = [e for e in examples if e.kind == "unpaired"]
    made, alone = _match(unpaired)
    if unpaired and not made:
        raise UserError(
            f"{path}: {len(unpaired):,} judged answers, and no prompt has both a good and a bad one "
            "(label true and false), so there are no pairs to learn from. Keep the good answers and "
            "use --method sft, or add a rejected answer to the same prompts"
        )
    return Paired(pairs + made, len(made), alone)


def _match(unpaired: Sequence[Example]) -> tuple[list[Example], int]:
    """Pairs, and how many answers are in none."""
    prompts: dict[str, tuple[list[Example], list[Example]]] = {}
    for e in unpaired:
        key = repr((e.messages, e.tools))
        prompts.setdefault(key, ([], []))[0 if e.label else 1].append(e)
    pairs: list[Example] = []
    alone = 0
    for good, bad in prompts.values():
        if not (good and bad):
            alone += len(good) + len(bad)
            continue
        for i in range(max(len(good), len(bad))):
            chosen, rejected = good[i % len(good)], bad[i % len(bad)]
            pairs.append(
                chosen.model_copy(
                    update={
                        "completion": None,
                        "label": None,
                        "chosen": chosen.completion,
                        "rejected": rejected.completion,
                    }
                )
            )
    return pairs, alone
