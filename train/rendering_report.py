"""What rendering did to the examples, and when too many of them are lost to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from curate.errors import UserError
from curate.schemas.turns import Example


@dataclass
class RenderingReport:
    """What rendering did to the examples; places are `path:line`, `unit` what was made of each."""

    examples: int = 0
    samples: int = 0
    tokens: int = 0
    learnt_tokens: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    dropped: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    nothing_to_learn: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    no_preference: list[str] = field(default_factory=list)
    unit: str = "sample"
    template_hash: str = ""
    end_token_added: bool = False

    @property
    def lost(self) -> int:
        """Examples that do not reach training."""
        lost = (self.dropped, self.nothing_to_learn, self.refused, self.no_preference)
        return sum(len(places) for places in lost)


def place_of(example: Example, number: int) -> str:
    """Where an example stands, for people."""
    return f"{example.path}:{example.line}" if example.line is not None else f"example {number}"


def refuse_losses(report: RenderingReport, max_length: int, max_lost_share: float) -> None:
    """Raise UserError when more than `max_lost_share` of the examples do not reach training."""
    if report.samples and report.lost <= max_lost_share * report.examples:
        return
    parts = [f"{report.lost} of {report.examples} examples would not be trained on."]
    if report.refused:
        parts.append(f"The chat template refuses {_by_reason(report.refused)}.")
    if report.nothing_to_learn:
        parts.append(
            f"Nothing to learn (no assistant turn with text and weight) in {_some(report.nothing_to_learn)}."
        )
    if report.no_preference:
        parts.append(
            "Both answers are the same, one is empty, or they answer different prompts: "
            f"{_some(report.no_preference)}."
        )
    if report.dropped:
        parts.append(
            f"Longer than {max_length} tokens: {_some(report.dropped)}; "
            "raise --max-length, or say what to do with --over-length "
            f"{'cut' if report.unit == 'pair' else 'cut|split'}."
        )
    parts.append("Mend them (`curate lint` names each), or allow it with --max-lost-share.")
    raise UserError(" ".join(parts))


def _by_reason(refused: Sequence[str]) -> str:
    """Places of refused examples ("place: reason"), each reason said once."""
    places: dict[str, list[str]] = {}
    for line in refused:
        place, _, reason = line.partition(": ")
        places.setdefault(reason, []).append(place)
    return "; ".join(f"{_some(found)}: {reason}" for reason, found in list(places.items())[:3])


def _some(places: Sequence[str], limit: int = 5) -> str:
    more = f" and {len(places) - limit} more" if len(places) > limit else ""
    return ", ".join(places[:limit]) + more
