"""TXT046: the completion is code that cannot run."""

from __future__ import annotations

import re

import polars as pl

from curate.patterns import regex
from curate.rules.code_checks import (
    PYTHON_LINE,
    PYTHON_START,
    broken_python,
    broken_sql,
    python_in,
)
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# There the code may be meant to be broken, or is another language's.
_OTHERWISE = regex(
    r"\b(?:debug|bugs?|fix|errors?|correct|mistakes?|wrong|broken|syntax|signature|header|pseudo-?code|explain|describe|complete|fill|c\+\+|java|javascript|c#|ruby|php"
    r"|golang|rust|scala|haskell|kotlin|swift|elixir|julia|lua|perl|matlab|groovy|cython|doctest|comment|jinja)\b|\bPython 2\b",
    re.I,
)


def _applies(options: LintOptions) -> pl.Expr:
    completion = pl.col("completion")
    # What is looked for at the beginning and what is looked for anywhere are each found fast, but not together.
    python = completion.str.contains(PYTHON_START) & completion.str.contains(PYTHON_LINE)
    sql = completion.str.contains(r"\A\s*(?i-u:select)\b")
    return python | sql | completion.str.contains("```(?i-u:py)")


def _says(prompt: str, completion: str) -> str | None:
    code = python_in(completion)
    said = broken_python(code, prompt) if code else broken_sql(completion)
    # What speaks against it is looked for last: few prompts hold it.
    return None if said and _OTHERWISE.search(prompt) else said


RULE = RecordRule(
    about=About(
        code="TXT046",
        name="broken-code",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the completion is code that cannot run",
        reason="Python that does not compile, uses a module that it never imports, or SQL whose clauses stand in an "
        "order that no database takes: the model learns to write the same. Nothing is executed to find out.",
        example='{"prompt": "Write a Python function that finds words.", "completion": "def words(text):\\n    '
        'return re.findall(r\\"\\\\w+\\", text)"}',
        remedy="Mend the code, or drop the row.",
        assumes="Python 3; code that stands alone or between fences that say python",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
