"""CON018: code in another programming language than the prompt asks for."""

from __future__ import annotations

import polars as pl

from curate.code_languages import written_otherwise
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# In the ways that people write them: found four times as soon as in any case.
_NAMED = (
    r"(?-u:[Pp]ython|PYTHON|[Dd]jango|[Pp]andas|[Nn]um[Pp]y|[Jj]ava|JAVA|[Nn]ode\.?[Jj][Ss]|[Tt]ype[Ss]cript|j[Qq]uery|[cC]#|C [Ss]harp"
    r"|\.NET|[cC]\+\+|[Cc]pp|[Rr]uby|PHP|php|[Ll]aravel|[Gg]olang|[Kk]otlin|[Pp]erl|[Ss]cala\b|[Hh]askell|[Ss]wift|[Rr]ust\b|SQL|sql"
    r"|in C\b|C program|C function|C code|in Go\b|Go program|Go function)"
)
_LONGEST_PROMPT = 4000


def _applies(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    return (prompt.str.len_bytes() <= _LONGEST_PROMPT) & prompt.str.contains(_NAMED)


def _says(prompt: str, completion: str) -> str | None:
    languages = written_otherwise(prompt, completion)
    if languages is None:
        return None
    asked, found = languages
    return f"the prompt asks for {asked}, the code is {found}"


RULE = RecordRule(
    about=About(
        code="CON018",
        name="other-programming-language",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the code is in another programming language than the one the prompt asks for",
        reason="The model learns that the language that is asked for does not matter. Prompts that name several "
        "languages, and orders to translate code, are left alone; so is code that could be the language asked for.",
        example='{"prompt": "Write a Python function that squares a number.", "completion": "function square(x) '
        '{\\n  return x * x;\\n}"}',
        remedy="Write the code in the language that is asked for, or drop the row.",
        assumes="Some twenty programming languages",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
