"""`curate rule CODE` explains one rule; `curate rules` lists them all."""

from __future__ import annotations

import argparse
import json

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN, unknown_name
from curate.rules import RULES
from curate.rules.documentation import described, page
from curate.rules.protocol import Rule


def explain(invocation: Invocation) -> int:
    """Print one rule, or all of them when none is named."""
    name = invocation.arguments.code
    if name is None:
        return list_all(invocation)
    rule = find(name)
    if invocation.arguments.output_format == "json":
        print(json.dumps(described(rule), indent=2, ensure_ascii=False))
    else:
        print(page(rule).rstrip())
    return EXIT_CLEAN


def find(name: str) -> Rule:
    """The rule of this code or name. Raises UserError, naming the nearest."""
    for rule in RULES:
        if name.upper() == rule.about.code or name.lower() == rule.about.name:
            return rule
    raise unknown_name("rule", name, [n for r in RULES for n in (r.about.code, r.about.name)])


def list_all(invocation: Invocation) -> int:
    """Print one line a rule, or a JSON array."""
    if invocation.arguments.output_format == "json":
        print(json.dumps([described(rule) for rule in RULES], indent=2, ensure_ascii=False))
        return EXIT_CLEAN
    width = max(len(rule.about.name) for rule in RULES)
    for rule in RULES:
        about = rule.about
        grade = f"{about.severity.value:<8}{about.confidence.value:<7}"
        print(f"{about.code}  {about.name:<{width}}  {grade} {about.summary}")
    print(f"\n{len(RULES)} rules; `curate rule CODE` explains one")
    return EXIT_CLEAN


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
