"""`curate compare`: prompting, few-shot, retrieval and the tuned model on the same held-out rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import orjson

from curate.contract import infer_contract
from curate.errors import UserError
from curate.manifest import read_manifest
from curate.schemas.comparison import ComparedRow, Comparison, MethodAnswer
from curate.schemas.options.compare import CompareOptions
from curate.schemas.options.data import DataOptions
from curate.train.comparison_summary import NLL, summarise
from curate.train.constant import constant_answer
from curate.train.contest import Contest, Outcome
from curate.train.methods import Case, Materials, cases_of, choose_methods
from curate.train.metrics import PREFERS, metrics_for, scores_of, told_as
from curate.train.model_pair import load_pair
from curate.train.pairing import as_pairs
from curate.train.plotting import quality_plot
from curate.validating import load_examples
from curate.writing import atomic_write, write_json, write_lines

# Why a method is missing from the files of a comparison that was ended before its turn.
NOT_YET = "not run: the comparison was ended before"


def compare(
    run: Path | None,
    options: CompareOptions,
    *,
    output: Path | None = None,
    announce: Callable[[str], None] = lambda message: None,
) -> Comparison:
    """Compare the methods; write compare.json, compare.jsonl and compare.svg after each of them.

    Args:
        run: the folder of a run, or None where everything is named by hand.
        options: what is compared on what.
        output: where the files go; the run folder without it, else the current one.
        announce: told what is being done.

    Raises:
        UserError: there is no held-out data, no model, or a method cannot be run.
    """
    test_path, training_path = _data_paths(run, options)
    cases = _drawn(_cases(test_path, options), options)
    if not cases:
        raise UserError(f"{test_path}: no row with an answer to compare with")
    training = _cases(training_path, options) if training_path is not None else []
    contract = infer_contract([c.reference.text for c in training or cases])
    metrics = metrics_for(contract, options.metric)
    if options.likelihood and any(case.rejected is not None for case in cases):
        # Of preferences, what was chosen decides, unless the user's own metric does.
        metrics.insert(1 if options.metric else 0, PREFERS)
    materials = Materials(options, training, contract)
    announce(f"loading the model; {len(cases)} rows of {test_path}, {contract.kind.value} answers")
    pair = load_pair(run, options.model, options.adapter)
    methods, skipped = choose_methods(
        options.methods,
        has_tuned=pair.has_tuned,
        has_base=pair.has_base,
        has_training=bool(training),
        has_passages=bool(training) or options.docs is not None,
        has_embedding=options.embedding is not None,
    )
    if not methods:
        raise UserError("nothing to compare: " + "; ".join(f"{n}: {r}" for n, r in skipped.items()))
    contest = Contest(options, pair, cases, materials, announce)
    references = [case.reference.text for case in cases]
    folder, task = output or run or Path(), contract.kind.value
    # Of preferences, the model's own likelihood decides: there is nothing to score.
    judged = metrics[0] is PREFERS
    constant = None if judged else constant_answer(contract, [c.reference.text for c in training])
    outcomes: list[Outcome] = []
    for number, method in enumerate(methods, 1):
        outcome = contest.run(method)
        for metric in (m for m in metrics if m.name not in outcome.scores):
            outcome.scores[metric.name] = scores_of(metric, outcome.texts, references)
        outcomes.append(outcome)
        # Written after each method: a comparison that is ended early leaves what it has measured.
        told = [told_as(metrics[0], [o.scores[metrics[0].name] for o in outcomes]), *metrics[1:]]
        left = {later.name: NOT_YET for later in methods[number:]}
        comparison = summarise(
            options, contest, told, outcomes, task, {**skipped, **left}, constant
        )
        _write(folder, comparison, cases, outcomes)
    return comparison


def _reading(options: CompareOptions) -> DataOptions:
    return DataOptions(format=options.format, map=options.map)


def _data_paths(run: Path | None, options: CompareOptions) -> tuple[Path, Path | None]:
    """The held-out file, and the training file where one is known."""
    training = options.examples
    if training is None and run is not None:
        noted = read_manifest(run).get("training", {}).get("train", {}).get("path")
        candidates = [run / "splits" / "train.jsonl", *([Path(noted)] if noted else [])]
        training = next((path for path in candidates if path.is_file()), None)
    if options.data is not None:
        return options.data, training
    if run is None:
        raise UserError("compare on what? Give --data FILE, held-out rows")
    if not run.is_dir():
        raise UserError(f"{run}: no such run folder")
    noted = read_manifest(run).get("training", {}).get("val", {}).get("path")
    candidates = [run / "splits" / "test.jsonl", run / "splits" / "val.jsonl"]
    if noted and Path(noted) != training:
        candidates += [Path(noted).with_name("test.jsonl"), Path(noted)]
    for path in candidates:
        if path.is_file():
            return path, training
    raise UserError(f"{run}: no held-out split of its own; give --data FILE, rows it never saw")


def _cases(path: Path, options: CompareOptions) -> list[Case]:
    """The requests of a file; answers that were judged one by one are put into pairs."""
    examples = load_examples([path], _reading(options))
    if any(example.kind == "unpaired" for example in examples):
        examples = as_pairs(examples, str(path)).examples
    return cases_of(examples)


def _drawn(cases: Sequence[Case], options: CompareOptions) -> list[Case]:
    """At most `options.rows` cases, drawn by the seed, in their own order."""
    if len(cases) <= options.rows:
        return list(cases)
    drawn = np.random.default_rng(options.seed).choice(len(cases), options.rows, replace=False)
    return [cases[i] for i in sorted(drawn.tolist())]


def _write(
    folder: Path, comparison: Comparison, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = (
        orjson.dumps(_row(i, case, outcomes).model_dump(mode="json"))
        for i, case in enumerate(cases)
    )
    write_lines(folder / "compare.jsonl", rows)
    write_json(folder / "compare.json", comparison.model_dump(mode="json"))
    with atomic_write(folder / "compare.svg") as file:
        file.write(quality_plot(comparison).encode())


def _row(i: int, case: Case, outcomes: Sequence[Outcome]) -> ComparedRow:
    return ComparedRow(
        path=case.example.path,
        line=case.example.line,
        prompt=case.question,
        reference=case.reference.text,
        answers={o.method.name: _answer(i, o) for o in outcomes},
    )


def _answer(i: int, outcome: Outcome) -> MethodAnswer:
    answer = outcome.answers[i]
    scores: dict[str, float | None] = {n: float(s[i]) for n, s in outcome.scores.items()}
    if outcome.nll is not None and outcome.nll_tokens is not None:
        known = not np.isnan(outcome.nll[i])
        scores[NLL] = float(outcome.nll[i] / outcome.nll_tokens[i]) if known else None
    return MethodAnswer(
        text=answer.text if answer is not None else None,
        scores=scores,
        prompt_tokens=outcome.requests[i].length,
        output_tokens=len(answer.ids) + answer.ended if answer is not None else 0,
        ended=answer.ended if answer is not None else False,
    )
