"""`curate run`: lint, dedupe, split, train, compare, report, each step skipped while it is up to date.

Each step reads what the one before it wrote into the run folder and leaves its summary in the
manifest. The input is never changed: fixes go into the run's own copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from curate.cleaning import Origins, clean, left_out_line
from curate.errors import UserError
from curate.light_dataclass import dataclass
from curate.manifest import file_hash, read_manifest, update_manifest
from curate.schemas.options.base import Options
from curate.schemas.options.data import DataOptions
from curate.schemas.options.dedupe import DedupeOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.options.run import RunOptions
from curate.schemas.options.split import SplitOptions
from curate.schemas.run_artifacts import LeftOutRow, Twin
from curate.sources import expand
from curate.steps import Done, Step, do
from curate.writing import write_lines

if TYPE_CHECKING:
    from rich.console import Console

    from curate.schemas.options.compare import CompareOptions
    from curate.schemas.options.train import TrainOptions

# What differs between two runs without changing a result; it does not make a step run again.
_NO_RESULT = {"output", "resume", "overwrite", "threads", "yes", "show", "output_format", "preview"}


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run is made from: the options of its steps, and where each value came from."""

    run: RunOptions
    data: DataOptions
    lint: LintOptions
    dedupe: DedupeOptions
    split: SplitOptions
    train: TrainOptions | None = None
    compare: CompareOptions | None = None
    origins: dict[str, dict[str, str]] = field(default_factory=dict)


# Methods that learn which of two answers is better: there is no right answer to compare with.
_JUDGED = {"dpo", "reward"}

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunResult:
    """The steps in order, each with its summary, and the folder that holds everything."""

    folder: Path
    files: tuple[Path, ...]
    steps: tuple[Done, ...]

    def __getitem__(self, name: str) -> dict[str, Any]:
        """The summary of a step; empty when it was not part of the run."""
        return next((s.summary for s in self.steps if s.name == name), {})


def run(
    plan: Plan,
    *,
    announce: Announce = lambda name: None,
    finished: Callable[[Done], None] = lambda done: None,
    console: Console | None = None,
) -> RunResult:
    """Go the whole way.

    Args:
        plan: what to do with what.
        announce: called with a step's name before it begins.
        finished: called with what came of it.
        console: where training shows its progress.

    Raises:
        UserError: no data, or a step cannot go on; the message says what to do.
        KeyboardInterrupt: ended by the user; the next run goes on from here.
    """
    files = _files(plan)
    folder = _folder(plan, files)
    folder.mkdir(parents=True, exist_ok=True)
    update_manifest(
        folder,
        data={str(f): file_hash(f) for f in files},
        options={
            name: _settings(options, whole=True)
            for name, options in (
                ("run", plan.run),
                ("data", plan.data),
                ("lint", plan.lint),
                ("dedupe", plan.dedupe),
                ("split", plan.split),
                ("train", plan.train),
                ("compare", plan.compare),
            )
            if options is not None
        },
        origins=plan.origins,
    )
    done: list[Done] = []
    for make in _steps(plan, files, folder, console):
        step = make()
        announce(step.name)
        done.append(do(step, folder, fresh=plan.run.fresh))
        finished(done[-1])
    return RunResult(folder, tuple(files), tuple(done))


def _files(plan: Plan) -> list[Path]:
    if not plan.run.data:
        raise UserError('which data? Give [run] data = ["FILE", …] in curate.toml, or --data FILE')
    return [Path(f) for f in expand(plan.run.data)]


def _folder(plan: Plan, files: list[Path]) -> Path:
    if plan.run.output is not None:
        return plan.run.output
    return Path("runs") / files[0].name.split(".")[0]


def _settings(options: Options, *, whole: bool = False) -> dict[str, Any]:
    """Options as JSON values, without those that cannot change a result unless `whole`."""
    values = options.model_dump(mode="json")
    return values if whole else {k: v for k, v in values.items() if k not in _NO_RESULT}


def _steps(
    plan: Plan, files: list[Path], folder: Path, console: Console | None
) -> Iterator[Callable[[], Step]]:
    """The steps in order; each is made when its inputs exist."""
    yield lambda: _lint_step(plan, files, folder)
    yield lambda: _dedupe_step(plan, folder)
    yield lambda: _split_step(plan, folder)
    if plan.run.train and plan.train is not None:
        yield lambda: _train_step(plan, folder, console)
        if plan.run.compare and plan.compare is not None and plan.train.method not in _JUDGED:
            yield lambda: _compare_step(plan, folder, console)
    yield lambda: _report_step(folder)


def _lint_step(plan: Plan, files: list[Path], folder: Path) -> Step:
    def work() -> dict[str, Any]:
        cleaned = clean(
            files,
            folder,
            plan.lint,
            plan.data,
            fix=plan.run.fix,
            drop=plan.run.drop,
        )
        return cleaned.summary()

    return Step(
        "lint",
        tuple(files),
        {
            "lint": _settings(plan.lint),
            "data": _settings(plan.data),
            "fix": plan.run.fix,
            "drop": plan.run.drop,
        },
        ("lint.json", "work/linted.jsonl", "work/origins.json", "work/left-out.jsonl"),
        work,
    )


def _dedupe_step(plan: Plan, folder: Path) -> Step:
    linted = folder / "work" / "linted.jsonl"

    def work() -> dict[str, Any]:
        from curate.deduping import dedupe

        options = plan.dedupe.model_copy(
            update={
                "output": folder / "clean.jsonl",
                "removed": folder / "work" / "removed.jsonl",
                "clusters": folder / "work" / "clusters.jsonl",
                "check": False,
                "in_place": False,
            }
        )
        result = dedupe([linted], options, DataOptions(format=plan.data.format, map=plan.data.map))
        origins = Origins.load(folder / "work" / "origins.json")
        left_out = (folder / "work" / "left-out.jsonl").read_bytes().splitlines()
        removed = (folder / "work" / "removed.jsonl").read_bytes().splitlines()
        write_lines(
            folder / "removed.jsonl", [*left_out, *(_at_origin(line, origins) for line in removed)]
        )
        clusters = (folder / "work" / "clusters.jsonl").read_bytes().splitlines()
        write_lines(folder / "clusters.jsonl", (_cluster_at_origin(c, origins) for c in clusters))
        return {
            "rows": result.rows,
            "kept": result.kept,
            "removed": result.removed,
            "reasons": result.reasons,
            "clusters": result.clusters,
            "engine": result.engine,
            "notes": list(result.warnings),
        }

    return Step(
        "dedupe",
        (linted, folder / "work" / "origins.json", folder / "work" / "left-out.jsonl"),
        {"dedupe": _settings(plan.dedupe), "data": _settings(plan.data)},
        ("clean.jsonl", "removed.jsonl", "clusters.jsonl"),
        work,
    )


_ROW = b',"row":'


def _at_origin(line: bytes, origins: Origins) -> bytes:
    """A removed row of the working copy, told by its place in the input."""
    row = orjson.loads(line)
    path, number = origins[row["line"]]
    twin_path, twin_line = origins[row["keeper"]["line"]]
    told = LeftOutRow(
        path=path,
        line=number,
        step="dedupe",
        reason=row["reason"],
        score=row["similarity"],
        twin=Twin(path=twin_path, line=twin_line),
        row=None,
    )
    # The row is the last value of the line; it is taken over as it stands.
    return left_out_line(told, line[line.index(_ROW) + len(_ROW) : -1])


def _cluster_at_origin(line: bytes, origins: Origins) -> bytes:
    cluster = orjson.loads(line)
    for place in (cluster["keeper"], *cluster["members"]):
        place["path"], place["line"] = origins[place["line"]]
    return orjson.dumps(cluster)


def _split_step(plan: Plan, folder: Path) -> Step:
    def work() -> dict[str, Any]:
        from curate.splitting import split

        options = plan.split
        result = split(folder / "clean.jsonl", folder / "splits", options, plan.data)
        return {"rows": dict(result.rows), "notes": list(result.warnings)}

    return Step(
        "split",
        (folder / "clean.jsonl",),
        {"split": _settings(plan.split), "data": _settings(plan.data)},
        ("splits",),
        work,
    )


def _train_step(plan: Plan, folder: Path, console: Console | None) -> Step:
    assert plan.train is not None
    train_options = plan.train
    splits = tuple(sorted((folder / "splits").glob("*.jsonl")))
    settings = {"train": _settings(train_options)}

    def work() -> dict[str, Any]:
        from curate.train.command import train

        # A run that was stopped goes on where it was; one with other data or options begins anew.
        wanted = {"splits": [file_hash(s) for s in splits], **settings}
        begun = read_manifest(folder).get("training_of") == wanted and not plan.run.fresh
        update_manifest(folder, training_of=wanted)
        options = train_options.model_copy(
            update={"output": folder, "resume": begun, "overwrite": not begun}
        )
        result = train(
            folder / "splits", options, origins=plan.origins.get("train", {}), console=console
        )
        return {
            "verdict": result.verdict.model_dump(mode="json"),
            "best_step": result.best_step,
            "last_step": result.last_step,
            "stopped": result.stopped,
            "method": train_options.method.value,
            "closing": list(result.closing),
            "notes": list(_why_not_compared(plan)),
        }

    left = "model" if train_options.adapter == "full" else "adapter"
    return Step("train", splits, settings, (left,), work)


def _why_not_compared(plan: Plan) -> Iterator[str]:
    """A step that was wanted and cannot be done is said, not passed over."""
    if plan.run.compare and plan.train is not None and plan.train.method in _JUDGED:
        yield (
            "not compared with prompting: preferences.json has the accuracy on held-out pairs; "
            "of a run of --method dpo, `curate compare` shows more afterwards"
        )


def _compare_step(plan: Plan, folder: Path, console: Console | None) -> Step:
    assert plan.compare is not None
    compare_options = plan.compare
    adapter = tuple(sorted(p for p in (folder / "adapter").glob("*") if p.is_file()))

    def work() -> dict[str, Any]:
        from curate.train.comparing import compare

        def announce(message: str) -> None:
            if console is not None:
                console.print(message, markup=False, highlight=False)

        result = compare(folder, compare_options, announce=announce)
        return {
            "rows": result.rows,
            "advice": result.advice,
            "notes": list(result.notes),
            "metrics": {name: [m.title, m.share] for name, m in result.metrics.items()},
            "methods": {
                method.title: {
                    name: [value.value, value.interval] for name, value in method.metrics.items()
                }
                for method in result.methods
            },
        }

    return Step(
        "compare",
        (folder / "splits" / "test.jsonl", folder / "splits" / "train.jsonl", *adapter),
        {"compare": _settings(compare_options)},
        ("compare.json", "compare.jsonl"),
        work,
    )


def _report_step(folder: Path) -> Step:
    def work() -> dict[str, Any]:
        from curate.reporting import report

        return {"page": str(report(folder))}

    names = ("lint.json", "removed.jsonl", "splits/*.jsonl", "history.jsonl", "compare.json")
    shown = tuple(sorted(path for name in names for path in folder.glob(name)))
    settings = {"options": read_manifest(folder).get("options", {})}
    return Step("report", shown, settings, ("report.html",), work)
