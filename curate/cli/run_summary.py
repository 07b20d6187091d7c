"""What `curate run` says: a line or a table after each step, and the closing summary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from curate.output.text import visible

if TYPE_CHECKING:
    from rich.console import Console

    from curate.pipeline import RunResult
    from curate.steps import Done

_MOST_RULES = 20
_MOST_METRICS = 4
_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


class Narrator:
    """Tells how the run goes on."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def begin(self, name: str) -> None:
        """A step begins."""
        self._console.rule(f"[bold]{name}", align="left", characters="─")

    def end(self, done: Done) -> None:
        """A step is over: what came of it."""
        if done.skipped:
            self._console.print("[dim]up to date, not done again[/dim]")
        for line in _TOLD[done.name](done.summary):
            self._console.print(line)
        for note in done.summary.get("notes", ()):
            self._console.print(f"[yellow]{escape(note)}[/yellow]")
        if not done.skipped:
            self._console.print(f"[dim]{done.elapsed_s:.1f} s[/dim]")

    def close(self, result: RunResult) -> None:
        """The closing summary."""
        self._console.rule("[bold]summary", align="left", characters="─")
        table = Table(show_header=False, box=None, pad_edge=False)
        table.add_column(style="bold")
        table.add_column()
        for name, text in _closing(result):
            table.add_row(name, text)
        self._console.print(table)


def _lint(summary: Mapping[str, Any]) -> list[Any]:
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("rule", width=6)
    table.add_column("", justify="right", width=5)
    table.add_column("the first of them", no_wrap=True, overflow="ellipsis", ratio=1)
    order = {"error": 0, "warning": 1, "info": 2}
    rules = sorted(
        summary["rules"].items(), key=lambda item: (order[item[1][2]], -item[1][1], item[0])
    )
    for code, (_, count, severity) in rules[:_MOST_RULES]:
        example = visible(summary["examples"].get(code, ""))
        table.add_row(f"[{_COLOURS[severity]}]{code}[/]", f"{count:,}", escape(example))
    lines: list[Any] = [
        f"{summary['rows']:,} rows: {summary['errors']:,} errors, {summary['warnings']:,} warnings, "
        f"{summary['infos']:,} notes",
        table,
    ]
    if len(rules) > _MOST_RULES:
        lines.append(f"… and {len(rules) - _MOST_RULES} more rules; lint.json has every finding")
    lines.append(
        f"mended {summary['repaired']:,} faults in the copy; left out {summary['left_out']:,} rows "
        f"that stay wrong ({_counts(summary['reasons'])}); {summary['kept']:,} go on"
    )
    return lines


def _dedupe(summary: Mapping[str, Any]) -> list[Any]:
    return [
        f"removed {summary['removed']:,} of {summary['rows']:,} rows in {summary['clusters']:,} clusters "
        f"({_counts(summary['reasons'])}), each within the threshold of a kept row; "
        f"engine: {summary['engine']}"
    ]


def _split(summary: Mapping[str, Any]) -> list[Any]:
    return [", ".join(f"{name} {rows:,}" for name, rows in summary["rows"].items())]


def _train(summary: Mapping[str, Any]) -> list[Any]:
    verdict = summary["verdict"]
    return [
        f"[bold]{verdict['name']}[/bold]: {escape(verdict['evidence'])}",
        *(escape(line) for line in summary.get("closing", ())),
    ]


def _compare(summary: Mapping[str, Any]) -> list[Any]:
    metrics = dict(list(summary["metrics"].items())[:_MOST_METRICS])
    table = Table(box=None, pad_edge=False)
    table.add_column(f"{summary['rows']} held-out rows")
    for title, _ in metrics.values():
        table.add_column(title, justify="right")
    for method, values in summary["methods"].items():
        table.add_row(
            method, *(_value(values.get(name), share) for name, (_, share) in metrics.items())
        )
    return [table, escape(summary["advice"])]


def _value(measured: tuple[float, tuple[float, float] | None] | None, share: bool) -> str:
    if measured is None:
        return "–"
    value, interval = measured
    if not share:
        return f"{value:.3f}"
    between = (
        "" if interval is None else f" [dim]({100 * interval[0]:.0f}–{100 * interval[1]:.0f})[/dim]"
    )
    return f"{100 * value:.0f}%{between}"


def _report(summary: Mapping[str, Any]) -> list[Any]:
    return [escape(summary["page"])]


_TOLD = {
    "lint": _lint,
    "dedupe": _dedupe,
    "split": _split,
    "train": _train,
    "compare": _compare,
    "report": _report,
}


def _closing(result: RunResult) -> list[tuple[str, str]]:
    lint, dedupe, split, train, compare = (
        result[name] for name in ("lint", "dedupe", "split", "train", "compare")
    )
    lines = [
        (
            "found",
            f"{lint['errors']:,} errors and {lint['warnings']:,} warnings in {lint['rows']:,} rows",
        ),
        (
            "removed",
            f"{lint['left_out']:,} faulty rows and {dedupe['removed']:,} duplicates; "
            f"{dedupe['kept']:,} rows are left ({_split(split)[0]})",
        ),
    ]
    if train:
        verdict = train["verdict"]
        lines.append(("learnt", f"{verdict['name']}: {escape(verdict['evidence'])}"))
    if compare:
        lines.append(("worth it?", escape(compare["advice"])))
    folder = result.folder
    files = [
        ("lint.json", "findings"),
        ("removed.jsonl", "what went, and why"),
        ("splits/", "the data"),
    ]
    if train:
        files += [("adapter/", "the adapter"), ("history.jsonl", "the run, step by step")]
    if train.get("closing"):
        files.append(("preferences.json", "accuracy on held-out pairs"))
    if compare:
        files.append(("compare.jsonl", "all answers, side by side"))
    files.append(("report.html", "all of it on one page"))
    lines += [
        ("files" if not i else "", f"{folder / name} ({what})")
        for i, (name, what) in enumerate(files)
    ]
    if train.get("method") == "reward":
        lines.append(("try it", escape(f"curate score FILE --model {folder}")))
    elif train:
        lines.append(("try it", escape(f'curate generate {folder} {_system(folder)}--prompt "…"')))
    return lines


def _system(folder: Path) -> str:
    """The flag that puts in the system prompt of the training rows, where they share one."""
    from curate.train.prompts import system_of_run

    return "--system @run " if system_of_run(folder) is not None else ""


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
