"""TXT013: a code block is opened and never closed."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import marked
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FENCE = r"(?m)^[ \t>]*(?:[-*+]\s+|\d+[.)]\s+)?```"

_TILDES = r"(?m)^~~~(?:[a-z0-9+#-]*[ \t]*)$"


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    odd = text.str.count_matches(_FENCE) % 2 == 1
    # A longer fence may hold shorter ones; there counting says nothing.
    backticks = odd & ~text.str.contains("````", literal=True)
    tildes = text.str.count_matches(_TILDES) % 2 == 1
    return pl.col("learnt") & (backticks | tildes)


def _first(options: LintOptions) -> pl.Expr:
    return marked(options) | pl.col("text").str.contains("~~~", literal=True)


RULE = ColumnRule(
    about=About(
        code="TXT013",
        name="unclosed-code-fence",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="a ``` or ~~~ code fence is opened and never closed",
        reason="Usually the answer was cut off; where it was not, the model learns to leave blocks open, and "
        "every page that shows its answers is broken.",
        example='{"prompt": "Print hello.", "completion": "```python\\nprint(\\"hello\\")"}',
        remedy="Close the fence, and check that the code is whole.",
    ),
    frame="segments",
    condition=_condition,
    message="a code fence is not closed",
    pattern=r"```[A-Za-z0-9+#-]*|~~~[a-z0-9+#-]*",
    first=_first,
)
