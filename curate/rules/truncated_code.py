"""TXT055: code in braces that stops in the middle of a line."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# Two lines of a language with braces.
_CODE = r"[;{}][ \t]*\r?\n(?s:.*?)[;{}][ \t]*\r?\n"
# A last line that is no prose, and goes on. A line that only names something, "end of main", may be a remark.
_OPEN_LINE = r"(?:^|\n)[ \t]*[^\s/#*][^\n]*[(=\"'.&|+<>,-][^\n]*[A-Za-z0-9_(,=+*<>&|\"'.-]\s*$|(?:^|\n)[ \t]*(?:\}[ \t]*)?(?:else|if|for|while|return|public|private|protected|static|const|let|var|int|void|String|new|function|import)(?: [\w<>\[\]]+)*\s*$"
_PROSE = r"(?:^|\n)[ \t]*[A-Z][a-z]+(?:,? [a-z'’]+){3,}[^\n;{}=]*$"
_END = r"[A-Za-z0-9_(,=+*<>&|\"'.-]\s*$"


def _first(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    opened = text.str.contains("{", literal=True)
    return pl.col("learnt") & opened & text.str.tail(8).str.contains(_END)


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    count = {brace: text.str.count_matches(brace, literal=True) for brace in "{}"}
    # A fence that is not closed is for unclosed-code-fence.
    fenced = text.str.contains("```", literal=True)
    tail = text.str.tail(300)
    going_on = tail.str.contains(_OPEN_LINE) & ~tail.str.contains(_PROSE)
    return (count["{"] > count["}"]) & text.str.contains(_CODE) & going_on & ~fenced


RULE = ColumnRule(
    about=About(
        code="TXT055",
        name="truncated-code",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="code stops in the middle of a line, with braces open",
        reason="Code that was cut at a length limit does not compile, and teaches the model to stop anywhere.",
        example='{"prompt": "Print ten numbers in C.", "completion": "int main() {\\n    int n = 10;\\n    for (int i = 0; '
        'i < n; i++) {\\n        printf(\\"%d"}',
        remedy="Generate the answer again with a higher limit, or drop the row.",
        assumes="languages whose blocks stand in braces",
    ),
    frame="segments",
    condition=_condition,
    message="the code ends in the middle of a line, with braces open",
    first=_first,
)
