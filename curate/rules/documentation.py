"""What a rule says about itself, as a page and as data; docs/rules is made from this."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from itertools import groupby
from typing import Any

from curate.rules import RULES
from curate.rules.protocol import (
    ColumnRule,
    DatasetRule,
    FaultRule,
    RecordRule,
    Repair,
    Rule,
)
from curate.schemas.options.lint import LintOptions

FAMILIES: dict[str, str] = {
    "FMT": "Encoding, JSON, schema",
    "ROL": "Conversation structure, tools",
    "TXT": "What the text says",
    "CON": "Consistency",
    "DUP": "Duplicates, leakage, contamination",
    "DYN": "What a training run saw (`--run`)",
    "SIZ": "Size and balance",
    "TOK": "Tokens",
    "PII": "Personal data and secrets",
    "FRM": "Task framing",
    "PRF": "Preference pairs",
}


def pages() -> Iterator[tuple[str, str]]:
    """(file name, Markdown) of every page below docs/rules: one a rule, and the index."""
    yield "index.md", index()
    for rule in RULES:
        yield f"{rule.about.name}.md", page(rule)


def index() -> str:
    """All rules in one table for each family."""
    parts = [
        "# Rules\n",
        f"{len(RULES)} rules. `curate rule CODE` prints a rule's page. [*] marks rules with a safe "
        "repair (`--fix`), [u] those with an unsafe one (`--unsafe-fixes`).\n",
    ]
    for family, rules in groupby(sorted(RULES, key=_place), key=lambda rule: rule.about.family):
        parts.append(f"## {family}: {FAMILIES.get(family, family)}\n")
        parts.append("| code | name | severity | confidence | what | |\n|---|---|---|---|---|---|")
        parts += [_index_row(rule) for rule in rules]
        parts.append("")
    return "\n".join(parts)


def _place(rule: Rule) -> tuple[int, str]:
    families = list(FAMILIES)
    family = rule.about.family
    return (families.index(family) if family in families else len(families), rule.about.code)


def _index_row(rule: Rule) -> str:
    about = rule.about
    mark = "" if rule.repair is None else "[*]" if rule.repair.safety.value == "safe" else "[u]"
    return (
        f"| {about.code} | [{about.name}]({about.name}.md) | {about.severity.value} "
        f"| {about.confidence.value} | {_cell(about.summary)} | {mark} |"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def page(rule: Rule) -> str:
    """One rule: what, why, example, what to do, options."""
    about = rule.about
    parts = [
        f"# {about.code}: {about.name}\n",
        f"{_sentence(about.summary)}\n",
        f"Severity: {about.severity.value}. Confidence: {about.confidence.value}. {_kind(rule)}\n",
        f"## Why\n\n{about.reason}\n",
        f"## Example\n\n```\n{about.example}\n```\n",
        f"## What to do\n\n{about.remedy}\n",
    ]
    if rule.repair is not None:
        parts.append(f"## Repair\n\n{_repair(rule.repair)}\n")
    if about.options:
        lines = [_option(name) for name in about.options]
        parts.append("## Options\n\n" + "\n".join(lines) + "\n")
    if about.assumes:
        parts.append(f"## Assumes\n\n{_sentence(about.assumes)}\n")
    return "\n".join(parts)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _kind(rule: Rule) -> str:
    formats = getattr(rule, "applies_to", None)
    where = f" in {', '.join(f.value for f in formats)} records" if formats else ""
    if isinstance(rule, FaultRule):
        return "Reported while the file is read."
    if isinstance(rule, ColumnRule):
        return f"Looks at each {'text' if rule.frame == 'segments' else 'record'}{where}."
    if isinstance(rule, RecordRule):
        return f"Looks at each record{where}."
    return f"Looks at {'each file as a whole' if rule.scope == 'file' else 'all files together'}."


def _repair(repair: Repair) -> str:
    if repair.safety.value == "safe":
        return f"Safe (`--fix`): {repair.summary}."
    return f"Unsafe (`--unsafe-fixes`): {repair.summary}."


def _option(name: str) -> str:
    field = LintOptions.model_fields[name]
    default = field.get_default()
    shown = default.value if isinstance(default, Enum) else default
    told = "" if shown is None or shown == () else f" Default: `{shown}`."
    return f"- `{name}` (`--{name.replace('_', '-')}`): {field.description}{told}"


def described(rule: Rule) -> dict[str, Any]:
    """The rule as data, for `--output-format json`."""
    about = rule.about
    repair = rule.repair
    return {
        "code": about.code,
        "name": about.name,
        "family": about.family,
        "severity": about.severity.value,
        "confidence": about.confidence.value,
        "summary": about.summary,
        "reason": about.reason,
        "example": about.example,
        "remedy": about.remedy,
        "fix": None
        if repair is None
        else {"safety": repair.safety.value, "summary": repair.summary},
        "options": list(about.options),
        "assumes": about.assumes or None,
        "whole_dataset": isinstance(rule, DatasetRule),
    }
