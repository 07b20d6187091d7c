"""`curate train --preview N`: what is trained on, exactly, before any weight moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from curate.train.pairs import Pair
from curate.train.policy_prompts import PolicyPrompt
from curate.train.samples import Sample, preview_segments

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Around learnt text where there is no colour to show it.
_OPEN, _CLOSE = "⟦", "⟧"


def show_items(
    items: Sequence[Any], tokenizer: PreTrainedTokenizerBase, count: int, console: Console
) -> None:
    """Print the first `count` items: learnt text green, or in ⟦ ⟧ where there is no colour."""
    for number, item in enumerate(items[:count], start=1):
        if isinstance(item, Pair):
            _show(f"pair {number}, chosen", item.chosen, tokenizer, console)
            _show(f"pair {number}, rejected", item.rejected, tokenizer, console)
        elif isinstance(item, PolicyPrompt):
            console.rule(f"prompt {number}: {len(item.ids)} tokens")
            console.print(Text(str(tokenizer.decode(list(item.ids))), style="dim"), soft_wrap=True)
        else:
            _show(f"sample {number}", item, tokenizer, console)


def _show(title: str, sample: Sample, tokenizer: PreTrainedTokenizerBase, console: Console) -> None:
    console.rule(
        f"{title}: {len(sample)} tokens, {sample.learnt_count} learnt, by {sample.way.value}"
    )
    text = Text()
    for piece, learnt in preview_segments(sample, tokenizer):
        if not learnt:
            text.append(piece, style="dim")
        elif console.is_terminal and console.color_system:
            text.append(piece, style="bold green")
        else:
            text.append(f"{_OPEN}{piece}{_CLOSE}")
    console.print(text, soft_wrap=True)
