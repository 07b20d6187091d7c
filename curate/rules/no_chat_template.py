"""TOK009: conversations, and a tokenizer without a chat template."""

from __future__ import annotations

from collections.abc import Iterator

from curate.chat_tokenizers import load_chat_tokenizer
from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.token_limits import no_tokenizer
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    assert options.tokenizer is not None
    talks = dataset.frame["roles"].str.len_chars() > 0
    if load_chat_tokenizer(options.tokenizer).template is None and talks.any():
        yield Hit(
            None,
            f"{options.tokenizer} has no chat template, and {int(talks.sum())} examples need one",
        )


RULE = DatasetRule(
    about=About(
        code="TOK009",
        name="no-chat-template",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the tokenizer has no chat template",
        reason="Base models know no turns. Without a template each tool joins the turns in its own way, and the tuned model only understands the one it was trained with.",
        example="a base model's tokenizer",
        remedy="Take the tokenizer of the instruction-tuned model, or add a chat_template.jinja to the folder.",
        options=("tokenizer",),
    ),
    features=("roles",),
    check=_check,
    unavailable=no_tokenizer,
)
