"""ROL020: a file that has ShareGPT's names of the speakers where roles should be."""

from __future__ import annotations

from curate.rules.protocol import About, FaultRule, Repair
from curate.rules.unknown_role import renamed
from curate.schemas.findings import Confidence, FixSafety, Severity

RULE = FaultRule(
    About(
        code="ROL020",
        name="sharegpt-role-names",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        summary="the roles of the file have ShareGPT's names",
        reason="`curate` reads human as user and gpt as assistant where a file has them throughout. "
        "Chat templates and other trainers fail on them, or write them into the prompt as they are.",
        example='{"messages": [{"role": "human", "content": "Hi"}, {"role": "gpt", "content": "Hello"}]} in every row',
        remedy="Nothing, for `curate` alone. For other tools: `--fix` renames the roles.",
    ),
    Repair(FixSafety.SAFE, "rename the roles", raw=renamed),
)
