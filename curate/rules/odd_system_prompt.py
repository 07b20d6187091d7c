"""CON011: a system prompt that differs from the usual one by accident."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit, Repair
from curate.rules.system_prompts import Slip, SystemPrompts
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    slips = dataset.collector(SystemPrompts).slips()
    if not slips:
        return
    hashes = pl.DataFrame({"system": list(slips)}).select(pl.col("system").hash(3)).to_series()
    by_hash = dict(zip(hashes.to_list(), slips.values(), strict=True))
    systems = dataset.frame["system_hash"]
    for row in systems.is_in(list(by_hash)).arg_true().to_list():
        slip = by_hash[systems[row]]
        message = f"the system prompt differs from the usual one by {slip.what}"
        yield Hit(row, message, column="system", repair=_repair(slip))


def _repair(slip: Slip) -> Repair:
    safety = FixSafety.SAFE if slip.only_layout else FixSafety.UNSAFE
    return Repair(safety, "write the usual system prompt", text=lambda _: slip.usual)


RULE = DatasetRule(
    about=About(
        code="CON011",
        name="odd-system-prompt",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the system prompt differs from the usual one by accident",
        reason="The model learns the task for the exact words that it will be given; rows with a slip "
        "in them train it for a prompt that nobody will send.",
        example='"Turn the custmer\'s message into JSON." in one row, "customer\'s" in 400 others',
        remedy="Use the usual system prompt (--fix does where only case, spaces or marks differ).",
    ),
    features=("system_hash",),
    check=_check,
    collectors=(SystemPrompts,),
)
