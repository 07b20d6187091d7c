"""A comparison as plain lines: a table, what was left out, and the advice."""

from __future__ import annotations

from curate.schemas.comparison import Comparison, MethodResult, MetricDescription, MetricValue

_MOST_METRICS = 4
_MOST_CHARACTERS = 80


def header_of(comparison: Comparison) -> list[str]:
    """The names of the columns of `cells_of`; the first has none."""
    titles = [described.title for _, described in _metrics(comparison)]
    return ["", *titles, "tokens in", "out", "s/request", "cost/1,000"]


def cells_of(comparison: Comparison, method: MethodResult) -> list[str]:
    """One method's line of the table."""
    return [
        method.title,
        *(_measured(method.metrics.get(name), d) for name, d in _metrics(comparison)),
        f"{method.prompt_tokens:,.0f}",
        f"{method.output_tokens:,.0f}",
        _seconds(method),
        f"{method.cost_per_1000:.4f}",
    ]


def _metrics(comparison: Comparison) -> list[tuple[str, MetricDescription]]:
    """What decides first; a file keeps its names in the order of the alphabet."""
    found = sorted(comparison.metrics.items(), key=lambda item: item[0] != comparison.primary)
    return found[: _MOST_METRICS + 1]


def comparison_lines(comparison: Comparison) -> list[str]:
    """The comparison for a terminal; the columns line up, widths are those of the contents."""
    head = header_of(comparison)
    body = [cells_of(comparison, method) for method in comparison.methods]
    lines = _aligned([head, *body])
    lines.append(
        f"{comparison.rows:,} held-out rows; intervals are 95%, by bootstrap over rows; prices per "
        f"million tokens: {comparison.prices.input:g} in, {comparison.prices.output:g} out "
        f"({comparison.prices.source})"
    )
    lines += constant_lines(comparison)
    lines += [f"not run: {skipped.name}: {skipped.reason}" for skipped in comparison.skipped]
    lines += comparison.notes
    return [*lines, comparison.advice]


def constant_lines(comparison: Comparison) -> list[str]:
    """What needs no model, as one line; none where the task has no such answer."""
    constant = comparison.constant
    if constant is None:
        return []
    value = MetricValue(value=constant.value, interval=constant.interval)
    shown = _measured(value, comparison.metrics[comparison.primary])
    return [f"the same answer to every request, {_short(constant.text)}: {shown}"]


def _short(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"


def _measured(value: MetricValue | None, described: MetricDescription) -> str:
    if value is None:
        return "-"
    scale, digits = (100, 0) if described.share else (1, 3)
    shown = f"{scale * value.value:.{1 if described.share else 3}f}{'%' if described.share else ''}"
    if value.interval is None:
        return shown
    low, high = (f"{scale * bound:.{digits}f}" for bound in value.interval)
    return f"{shown} ({low}–{high})"


def _seconds(method: MethodResult) -> str:
    """Seconds of a request among many; alone, where that was measured."""
    alone = f" ({method.latency_s:.2f} alone)" if method.latency_s is not None else ""
    return f"{method.seconds:.2f}{alone}"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
