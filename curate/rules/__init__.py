"""The ordered table of all rules. Nothing is discovered: what is not listed here does not exist."""

from __future__ import annotations

from curate.rules import empty_completion, invalid_json, too_few_examples
from curate.rules.protocol import Rule

RULES: tuple[Rule, ...] = (
    invalid_json.RULE,
    empty_completion.RULE,
    too_few_examples.RULE,
)
