"""What the documentation takes from the code is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.documentation import generated
from curate.rules import RULES
from curate.rules.documentation import page
from curate.rules.protocol import Rule
from curate.schemas.options.lint import LintOptions

REPOSITORY = Path(__file__).resolve().parent.parent


def test_generated_files_are_current() -> None:
    stale = [
        str(path)
        for path, text in generated()
        if not (REPOSITORY / path).exists()
        or (REPOSITORY / path).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `make docs`"


def test_no_page_is_left_of_a_rule_that_is_gone() -> None:
    pages = {path for path, _ in generated()}
    kept = {p.relative_to(REPOSITORY) for p in (REPOSITORY / "docs/rules").glob("*.md")}
    assert kept <= pages


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.about.code))
def test_every_rule_says_what_why_and_what_to_do(rule: Rule) -> None:
    about = rule.about
    for said in (about.summary, about.reason, about.example, about.remedy):
        assert said.strip()
    assert not about.summary.endswith(".")
    assert set(about.options) <= set(LintOptions.model_fields)
    assert about.name == about.name.lower()
    assert f"# {about.code}: {about.name}" in page(rule)
