"""`curate dedupe`: parse, call `curate.deduping.dedupe`, say what went and why."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import json
import sys
from typing import TYPE_CHECKING

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN, EXIT_FINDINGS
from curate.schemas.options.data import DataOptions
from curate.schemas.options.dedupe import DedupeOptions

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from curate.deduping import DedupeResult, ShownCluster

_REASONS = {
    "exact": "the same bytes",
    "normalised": "the same words",
    "near": "near duplicates",
    "against": "near a reference row",
    "contained": "contain a reference prompt",
    "meaning": "the same meaning, says the model",
}
_SHOWN_WORDS = 60


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, folders, globs, or -")


def run(invocation: Invocation) -> int:
    """Run the command; 1 with --check when there are duplicates."""
    options = invocation.options(DedupeOptions, "dedupe")
    data = invocation.options(DataOptions, "data")
    from rich.console import Console

    from curate.cli.progress import stages
    from curate.deduping import dedupe

    # With -o - the kept rows own standard output.
    rows_on_stdout = str(options.output) == "-"
    console = Console(stderr=rows_on_stdout, highlight=False, soft_wrap=True)
    with stages(quiet=options.output_format == "json") as progress:
        result = dedupe(invocation.arguments.files, options, data, progress=progress)
    if options.output_format == "json":
        stream = sys.stderr if rows_on_stdout else sys.stdout
        print(json.dumps(as_json(result), indent=2, ensure_ascii=False), file=stream)
    else:
        _print(result, options, console)
    return EXIT_FINDINGS if options.check and not result.clean else EXIT_CLEAN


def as_json(result: DedupeResult) -> dict[str, object]:
    """The result as the JSON output prints it."""
    value = dataclasses.asdict(result)
    value["largest"] = [
        {**shown, "keeper": shown["keeper"].model_dump(), "member": shown["member"].model_dump()}
        for shown in value["largest"]
    ]
    if result.audit is not None:
        value["audit"] |= {
            "recall": result.audit.recall,
            "settled_share": result.audit.settled_share,
        }
    return {"version": 1, **value}


def _print(result: DedupeResult, options: DedupeOptions, console: Console) -> None:
    for shown in result.largest:
        _print_cluster(shown, console)
    would = "would go" if options.check else "removed"
    share = f" ({result.removed / result.rows:.1%})" if result.rows else ""
    console.print(
        f"[bold]{result.rows:,} rows: {result.kept:,} stay, {result.removed:,} {would}{share}[/bold]"
    )
    for reason, count in result.reasons.items():
        console.print(f"  {count:>9,}  {_REASONS[reason]}")
    console.print(
        f"  {result.clusters:,} clusters; {result.compared:,} pairs verified by exact Jaccard "
        f"similarity; {result.seconds:.2f} s with {_engine(result.engine)}",
        style="dim",
    )
    if result.audit is not None:
        audit = result.audit
        console.print(
            f"  audit: {audit.pairs:,} true pairs by exact join; {audit.recall:.4%} met in a band, "
            f"{audit.settled_share:.4%} settled"
        )
    for warning in result.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False)
    for path in result.written:
        console.print(f"wrote {path}", markup=False)


def _engine(name: str) -> str:
    if name == "datasketch":
        return "datasketch (pure Python: the C kernel was not asked for, or not built)"
    return f"the {name}"


def _print_cluster(shown: ShownCluster, console: Console) -> None:
    from rich.table import Table

    left, right = marked(shown.keeper_text, shown.member_text)
    table = Table(
        title=f"{shown.size:,} alike, down to {shown.similarity:.2f}",
        title_justify="left",
        expand=True,
        show_lines=False,
    )
    table.add_column(f"stays  {shown.keeper.path}:{shown.keeper.line}", ratio=1)
    table.add_column(f"goes  {shown.member.path}:{shown.member.line}", ratio=1)
    table.add_row(left, right)
    console.print(table, soft_wrap=False)


def marked(left: str, right: str) -> tuple[Text, Text]:
    """Both texts with the words that only one of them has in bold red; long equal runs are cut."""
    from rich.text import Text

    words = left.split(), right.split()
    sides = Text(), Text()
    matcher = difflib.SequenceMatcher(a=words[0][:2000], b=words[1][:2000], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        for side, run_ in zip(sides, (words[0][a:b], words[1][c:d]), strict=True):
            if not run_:
                continue
            if tag != "equal":
                side.append(" ".join(run_[:_SHOWN_WORDS]) + " ", style="bold red")
            elif len(run_) > 24:
                side.append(" ".join([*run_[:12], "…", *run_[-10:]]) + " ")
            else:
                side.append(" ".join(run_) + " ")
    return sides


COMMANDS = {
    "dedupe": Command(
        name="dedupe",
        help="remove exact and near duplicates, and say which and why",
        run=run,
        options=((DedupeOptions, "dedupe"), (DataOptions, "data")),
        arguments=_arguments,
    )
}
