"""`curate rule CODE` explains one rule; `curate rules` lists them all."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN, unknown_name

CATALOGUE = Path(__file__).parents[1] / "rules.json"


def explain(invocation: Invocation) -> int:
    """Print one rule, or all of them when none is named."""
    name = invocation.arguments.code
    if name is None:
        return list_all(invocation)
    rule = find(name)
    page = rule.pop("page")
    if invocation.arguments.output_format == "json":
        print(json.dumps(rule, indent=2, ensure_ascii=False))
    else:
        print(page.rstrip())
    return EXIT_CLEAN


def find(name: str) -> dict[str, Any]:
    """The rule of this code or name. Raises UserError, naming the nearest."""
    rules = _rules()
    for rule in rules:
        if name.upper() == rule["code"] or name.lower() == rule["name"]:
            return rule
    names = [n for rule in rules for n in (rule["code"], rule["name"])]
    raise unknown_name("rule", name, names, "`curate rules` lists them all.")


def list_all(invocation: Invocation) -> int:
    """Print one line a rule, or a JSON array."""
    rules = _rules()
    if invocation.arguments.output_format == "json":
        shown = [{k: v for k, v in rule.items() if k != "page"} for rule in rules]
        print(json.dumps(shown, indent=2, ensure_ascii=False))
        return EXIT_CLEAN
    width = max(len(rule["name"]) for rule in rules)
    for rule in rules:
        grade = f"{rule['severity']:<8}{rule['confidence']:<7}"
        print(f"{rule['code']}  {rule['name']:<{width}}  {grade} {rule['summary']}")
    print(f"\n{len(rules)} rules; `curate rule CODE` explains one")
    return EXIT_CLEAN


def _rules() -> list[dict[str, Any]]:
    """The rules as they were written down beforehand (`curate.documentation`): importing them takes
    half a second, for polars and pydantic."""
    rules: list[dict[str, Any]] = json.loads(CATALOGUE.read_bytes())
    return rules


def _format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output-format", choices=("text", "json"), default="text", help="how it is printed"
    )


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", metavar="CODE", help="a rule's code or name")
    _format(parser)


COMMANDS = {
    "rule": Command(
        name="rule",
        help="explain a rule: what, why, example, remedy, options",
        run=explain,
        arguments=_arguments,
    ),
    "rules": Command(name="rules", help="list all rules", run=list_all, arguments=_format),
}
