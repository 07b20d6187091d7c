"""Whether tokens can be counted, and up to which number of them an example is used."""

from __future__ import annotations

from curate.chat_tokenizers import load_chat_tokenizer
from curate.schemas.options.lint import LintOptions

NEEDS_TOKENIZER = "no tokenizer given; name the one that you train with: --tokenizer FOLDER"


def no_tokenizer(options: LintOptions) -> str | None:
    """Why tokens cannot be counted, or None. Raises UserError for a tokenizer that is not there."""
    if options.tokenizer is None:
        return NEEDS_TOKENIZER
    load_chat_tokenizer(options.tokenizer)
    return None


def no_template(options: LintOptions) -> str | None:
    """As `no_tokenizer`, for rules about the chat template."""
    if reason := no_tokenizer(options):
        return reason
    assert options.tokenizer is not None
    if load_chat_tokenizer(options.tokenizer).template is None:
        return f"the tokenizer {options.tokenizer} has no chat template"
    return None


def no_limit(options: LintOptions) -> str | None:
    """As `no_tokenizer`, for rules that need to know the longest input."""
    if reason := no_tokenizer(options):
        return reason
    if limit_of(options) is None:
        return "neither --max-tokens nor the tokenizer says how long an example may be"
    return None


def limit_of(options: LintOptions) -> int | None:
    """The longest input in tokens, where it is known; call only with a tokenizer."""
    assert options.tokenizer is not None
    return options.max_tokens or load_chat_tokenizer(options.tokenizer).longest
