"""How a report is shown. Each module turns a `LintReport` into text, and knows nothing else.

`FORMATS` is the table of all formats; a module is imported only when its format is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator

from curate.schemas.report import LintReport

Render = Callable[[LintReport], Iterator[str]]

# format → module under curate.output; each has `render(report) -> Iterator[str]`, pieces of text.
FORMATS: dict[str, str] = {
    "text": "text",
    "json": "json",
    "jsonl": "jsonl",
    "github": "github",
    "gitlab": "gitlab",
    "sarif": "sarif",
    "html": "html",
}


def renderer(name: str) -> Render:
    """The function that renders this format."""
    render: Render = importlib.import_module(f"curate.output.{FORMATS[name]}").render
    return render
