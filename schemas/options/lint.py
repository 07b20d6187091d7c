"""Options of `curate lint`: the thresholds of the rules, and how findings are chosen and shown."""

from __future__ import annotations

from typing import Literal

from curate.schemas.findings import Severity
from curate.schemas.options.base import Options, option


class RuleOptions(Options):
    """Thresholds that rules read. Each is named in the rules' documentation."""

    min_examples: int = option(50, "Fewer usable examples than this is an error.", ge=1)
    recommended_examples: int = option(1000, "Fewer usable examples than this is a warning.", ge=1)


class LintOptions(RuleOptions):
    """What `curate lint` checks and how it reports."""

    select: tuple[str, ...] = option(
        (), "Only these rules: codes, prefixes or names.", separator=",", metavar="RULES"
    )
    extend_select: tuple[str, ...] = option(
        (), "Rules to add to those selected.", separator=",", metavar="RULES"
    )
    ignore: tuple[str, ...] = option((), "Rules to leave out.", separator=",", metavar="RULES")
    output_format: Literal["text", "json", "github"] = option("text", "How findings are printed.")
    fail_on: Severity = option(Severity.ERROR, "The lowest severity that makes the exit code 1.")
    exit_zero: bool = option(False, "Exit with 0 whatever is found.")
