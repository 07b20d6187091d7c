"""The report as one JSON object, one finding a line inside it."""

from __future__ import annotations

from collections.abc import Iterator

from curate.schemas.report import LintReport


def render(report: LintReport) -> Iterator[str]:
    """Pieces of one JSON object, as `curate.schemas.report.JsonReport` describes it."""
    yield f'{{"version": 1,\n "summary": {report.summary.model_dump_json()},\n "findings": ['
    for i, finding in enumerate(report.findings):
        yield f"{',' if i else ''}\n  {finding.model_dump_json()}"
    yield '],\n "not_assessed": ['
    yield ",".join(f"\n  {item.model_dump_json()}" for item in report.not_assessed)
    yield "]}\n"
