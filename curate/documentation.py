"""What is made from the code: help texts, pages of rules, JSON schemas, and what rules look for.

`python -m curate.documentation` writes the files; with `--check` it writes nothing and fails when
one of them is not current, which is how `make check` keeps them true.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from curate.cli import COMMANDS, load_command, parser_of
from curate.schemas.preference_records import JudgedConversationRecord, UnpairedPreferenceRecord
from curate.schemas.records import RECORD_MODELS
from curate.schemas.report import JsonReport

ROOT = Path(__file__).resolve().parent.parent


def generated() -> Iterator[tuple[Path, str]]:
    """(path below the repository, content) of every generated file."""
    yield Path("docs/commands.md"), _commands()
    for path, text in _rules():
        yield Path("docs/rules") / path, text
    for format_, model in RECORD_MODELS.items():
        name = f"schemas/{format_.value.replace('-', '_')}.schema.json"
        forms: Any = model
        if model is UnpairedPreferenceRecord:
            forms = UnpairedPreferenceRecord | JudgedConversationRecord
        yield Path(name), _json(TypeAdapter(forms).json_schema())
    yield Path("curate/rules.json"), _catalogue()
    yield Path("curate/demanded_words.json"), _demanded_words()
    yield Path("curate/pattern_words.json"), _pattern_words()
    yield Path("curate/wordings.json"), _wordings()
    yield Path("curate/default_screen.json"), _default_screen()
    yield Path("schemas/lint_report.schema.json"), _json(TypeAdapter(JsonReport).json_schema())
    yield Path("schemas/curate_toml.schema.json"), _json(_configuration_schema())


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _commands() -> str:
    parts = [
        "# Commands\n",
        "Generated from the options; `curate COMMAND --help` prints the same. Each option is also a key\n"
        "in `curate.toml`, in the table named after its command.\n",
        "Exit codes: 0 clean; 1 findings (or duplicates with `--check`); 2 a mistake in the command, the\n"
        "configuration or the files; 3 a bug in curate; 130 interrupted.\n",
    ]
    for name in COMMANDS:
        parser = parser_of(load_command(name))
        # argparse wraps at the width of the terminal; here it must not depend on one.
        parser.formatter_class = _Wide
        parts.append(f"## curate {name}\n\n```\n{parser.format_help().rstrip()}\n```\n")
    return "\n".join(parts)


def _Wide(prog: str) -> Any:
    import argparse

    return argparse.RawDescriptionHelpFormatter(prog, width=100, max_help_position=32)


def _rules() -> Iterator[tuple[str, str]]:
    from curate.rules.documentation import pages

    yield from pages()


def _catalogue() -> str:
    """The rules as data and as pages, for `curate rule`, which need not import them."""
    from curate.rules import RULES
    from curate.rules.documentation import described, page

    rules = [described(rule) | {"page": page(rule)} for rule in RULES]
    return json.dumps(rules, indent=1, ensure_ascii=False) + "\n"


def _demanded_words() -> str:
    from curate.demands import patterns_in
    from curate.evaluating import conditions_of
    from curate.known_literals import written
    from curate.rules import RULES
    from curate.schemas.options.lint import LintOptions

    tests = [
        test
        for condition in conditions_of(RULES, LintOptions())
        for test in (condition.test, condition.then)
        if test is not None
    ]
    return written(set().union(*map(patterns_in, tests)))


def _pattern_words() -> str:
    from curate import rules
    from curate.patterns import patterns_in, written

    names = [module.name for module in pkgutil.iter_modules(rules.__path__, "curate.rules.")]
    return written(patterns_in(*map(importlib.import_module, names)))


def _wordings() -> str:
    from curate.demands import patterns_in
    from curate.evaluating import conditions_of, expressions_of
    from curate.mapping import HELD
    from curate.rules import RULES
    from curate.rules.protocol import ColumnRule
    from curate.schemas.options.lint import LintOptions
    from curate.wordings import written

    shown = {rule.pattern for rule in RULES if isinstance(rule, ColumnRule) and rule.pattern}
    for test in expressions_of(conditions_of(RULES, LintOptions())):
        if test is not None:
            shown |= {pattern for pattern, _, _ in patterns_in(test, parts=False)}
    return written(shown | HELD)


def _default_screen() -> str:
    from curate import known_literals
    from curate.evaluating import conditions_of, expressions_of
    from curate.known_screen import written
    from curate.rules import RULES
    from curate.schemas.options.lint import LintOptions
    from curate.screening import numbering
    from curate.selecting import select_rules

    known_literals.forget()  # the file may just have been written
    options = LintOptions()
    conditions = list(conditions_of(select_rules(options, RULES), options))
    return written(
        expressions_of(conditions), *numbering([condition.demands for condition in conditions])
    )


def _configuration_schema() -> dict[str, Any]:
    """The JSON schema of curate.toml: one table for each command that has options."""
    tables: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for name in COMMANDS:
        for model, table in load_command(name).options:
            schema = model.model_json_schema()
            definitions |= schema.pop("$defs", {})
            known = tables.setdefault(
                table, {"type": "object", "additionalProperties": False, "properties": {}}
            )
            known["properties"] |= schema.get("properties", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "curate.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": tables,
        "$defs": definitions,
    }


def main(arguments: list[str]) -> int:
    """Write the generated files, or check that they are current."""
    check = "--check" in arguments
    stale = []
    expected = set()
    for path, text in generated():
        target = ROOT / path
        expected.add(target)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            stale.append(path)
            if not check:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
    for path in sorted((ROOT / "docs/rules").glob("*.md")):
        if path not in expected:
            stale.append(path.relative_to(ROOT))
            if not check:
                path.unlink()
    if check and stale:
        sys.stderr.write("not current (run `make docs`):\n" + "".join(f"  {p}\n" for p in stale))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
