"""TXT055: code in braces that stops before they are closed."""

from __future__ import annotations

import polars as pl

from curate.mapping import each
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# Two lines of a language with braces.
_CODE = r"[;{}][ \t]*\r?\n(?s:.*?)[;{}][ \t]*\r?\n"
# A last line that is no prose, and goes on. A line that only names something, "end of main", may be a remark.
_OPEN_LINE = r"(?:^|\n)[ \t]*[^\s/#*][^\n]*[(=\"'.&|+<>,-][^\n]*[A-Za-z0-9_(,=+*<>&|\"'.-]\s*$|(?:^|\n)[ \t]*(?:\}[ \t]*)?(?:else|if|for|while|return|public|private|protected|static|const|let|var|int|void|String|new|function|import)(?: [\w<>\[\]]+)*\s*$"
_PROSE = r"(?:^|\n)[ \t]*[A-Z][a-z]+(?:,? [a-z'’]+){3,}[^\n;{}=]*$"
# "} else" goes on, whatever is open.
_GOES_ON = r"\}\s*(?:else|catch|finally|else if)\s*$"
# Comments and texts, whose brackets do not count, and brackets.
_TOKEN = regex(
    r"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|[{}()\[\]]"
)
_CLOSING = {"}": "{", ")": "(", "]": "["}


def is_open(code: str) -> bool:
    """Whether blocks of the code are never closed. One that opens at the very end may be all that was asked for."""
    opened: list[str] = []
    for token in _TOKEN.finditer(code):
        if token[0] in _CLOSING.values():
            opened.append(token[0])
        elif token[0] in _CLOSING and (not opened or opened.pop() != _CLOSING[token[0]]):
            return False
    return opened.count("{") > code.rstrip().endswith("{")


def _first(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    opened = text.str.contains("{", literal=True)
    return pl.col("learnt") & opened & text.str.contains(r"[;{}][ \t]*\r?\n")


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    count = {brace: text.str.count_matches(brace, literal=True) for brace in "{}"}
    # A fence that is not closed is for unclosed-code-fence.
    fenced = text.str.contains("```", literal=True)
    tail = text.str.tail(300)
    prose = tail.str.contains(_PROSE)
    going_on = tail.str.contains(_OPEN_LINE) & ~prose
    more = count["{"] > count["}"]
    code = text.str.contains(_CODE) & ~fenced
    unclosed = each(pl.when(more & code & ~going_on & ~prose).then(text), is_open, pl.Boolean)
    cut = (more & going_on) | (more & unclosed.fill_null(False)) | tail.str.contains(_GOES_ON)
    return code & cut


RULE = ColumnRule(
    about=About(
        code="TXT055",
        name="truncated-code",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="code stops with braces open",
        reason="Code that was cut at a length limit does not compile, and teaches the model to stop anywhere.",
        example='{"prompt": "Print ten numbers in C.", "completion": "int main() {\\n    int n = 10;\\n    for (int i = 0; '
        'i < n; i++) {\\n        printf(\\"%d"}',
        remedy="Generate the answer again with a higher limit, or drop the row.",
        assumes="languages whose blocks stand in braces",
    ),
    frame="segments",
    condition=_condition,
    message="the code ends with braces open",
    first=_first,
)
