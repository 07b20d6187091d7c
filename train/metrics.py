"""Was the answer right? Metrics chosen from the output contract (`curate.contract`).

A metric scores one output against its reference with a number; over rows it is the mean of these,
except macro-F1, which only exists over rows.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.contract import Contract, ContractKind
from curate.errors import UserError
from curate.train.intervals import Floats
from curate.train.text_overlap import chrf, exact_match, rouge_l, token_f1


def instruction(contract: Contract) -> str | None:
    """A system prompt that asks for outputs that keep the contract; None where any text will do."""
    if contract.kind is ContractKind.LABEL:
        return f"Answer with one of these labels and nothing else: {', '.join(contract.labels)}."
    if contract.kind is ContractKind.NUMBER:
        return "Answer with one number and nothing else."
    if contract.kind is ContractKind.FINAL_ANSWER:
        return f"End with a line that holds {contract.marker} and then the final answer."
    if contract.kind is not ContractKind.JSON:
        return None
    schema = json.dumps(_bare(contract.json_schema or {}), ensure_ascii=False)
    return (
        "Answer with JSON and nothing else, no explanation and no code fence. It has to match "
        f"this JSON Schema: {schema}"
    )


def _bare(schema: Any) -> Any:
    """A JSON Schema without what tells a reader nothing."""
    if isinstance(schema, dict):
        dull = ("$schema", "additionalProperties", "title")
        return {key: _bare(value) for key, value in schema.items() if key not in dull}
    return [_bare(value) for value in schema] if isinstance(schema, list) else schema


@dataclass(frozen=True)
class Metric:
    """One measure: `score(output, reference)`, higher is better."""

    name: str
    title: str
    score: Callable[[str, str], float]
    share: bool = True
    over_rows: Callable[[Sequence[str], Sequence[str]], Resampled] | None = None


class Resampled:
    """A statistic over rows that is no mean of scores; `value(rows)` for any choice of rows."""

    def __init__(self, value: Callable[[NDArray[np.int64]], float], count: int) -> None:
        self.value = value
        self.count = count


def json_type(value: Any) -> str:
    """JSON's name for the type of a parsed value."""
    if value is None:
        return "null"
    kinds = {bool: "boolean", str: "string", dict: "object", list: "array"}
    return kinds.get(type(value), "number")


def parse_json(output: str) -> Any:
    """The output as a JSON object or list, or None when it is anything else (or has more around it)."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def final_answer(output: str, marker: str) -> str | None:
    """What stands after the last `marker`, on its line, without spaces, commas and a final stop."""
    at = output.lower().rfind(marker.lower())
    line = output[at + len(marker) :].strip().splitlines()[:1] if at >= 0 else []
    return line[0].replace(",", "").strip().rstrip(".") if line else None


def _of_the_model(output: str, reference: str) -> float:
    raise TypeError("this is measured on a model, not on what it wrote")


# Which of two judged answers the model itself finds likelier: `Contest` measures it.
PREFERS = Metric("prefers", "chosen likelier than rejected, by token", _of_the_model)


def metrics_for(contract: Contract, own: str | None = None) -> list[Metric]:
    """The metrics of a task, the one that decides first.

    Args:
        contract: what outputs look like.
        own: a metric of the user's, as "module:function"; it then decides.

    Raises:
        UserError: `own` cannot be loaded.
    """
    made = {
        ContractKind.JSON: _json_metrics,
        ContractKind.LABEL: _label_metrics,
        ContractKind.NUMBER: _number_metrics,
        ContractKind.FINAL_ANSWER: _final_answer_metrics,
    }.get(contract.kind, _text_metrics)(contract)
    return [own_metric(own), *made] if own else made


def _keeps(contract: Contract) -> Callable[[str, str], float]:
    return lambda output, reference: float(bool(output.strip()) and not contract.check(output))


def _json_metrics(contract: Contract) -> list[Metric]:
    return [
        Metric("field_accuracy", "fields exactly right", field_accuracy),
        Metric("all_fields", "all fields exactly right", all_fields),
        Metric("contract", "valid by the contract", _keeps(contract)),
        Metric("valid_json", "valid JSON", lambda o, r: float(parse_json(o) is not None)),
    ]


def _same(a: Any, b: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, but neither equals true."""
    if json_type(a) != json_type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    return bool(a == b)


def fields_of(value: Any, path: str = "") -> dict[str, Any]:
    """The values at the leaves of parsed JSON, by path; an empty object or list is a leaf."""
    if isinstance(value, dict) and value:
        below = [fields_of(held, f"{path}.{name}") for name, held in value.items()]
    elif isinstance(value, list) and value:
        below = [fields_of(held, f"{path}[{i}]") for i, held in enumerate(value)]
    else:
        return {path: value}
    return {name: held for fields in below for name, held in fields.items()}


def field_accuracy(output: str, reference: str) -> float:
    """The share of the reference's fields that the output has, with exactly their values."""
    expected, value = parse_json(reference), parse_json(output)
    if expected is None or value is None:
        return 0.0
    wanted, given = fields_of(expected), fields_of(value)
    right = sum(name in given and _same(given[name], held) for name, held in wanted.items())
    return right / len(wanted)


def all_fields(output: str, reference: str) -> float:
    """1 where the output is the reference's JSON, key for key; the order of keys is free."""
    value, expected = parse_json(output), parse_json(reference)
    return float(value is not None and expected is not None and _same(value, expected))


def _number_metrics(contract: Contract) -> list[Metric]:
    return [
        Metric("number", "number exactly right", same_number),
        Metric("contract", "one number", _keeps(contract)),
    ]


def same_number(output: str, reference: str) -> float:
    """1 where both are the same number, however it is written."""
    given, wanted = (text.strip().replace(",", "") for text in (output, reference))
    try:
        return float(float(given) == float(wanted))
    except ValueError:
        return float(given == wanted)


def _label_metrics(contract: Contract) -> list[Metric]:
    def accuracy(output: str, reference: str) -> float:
        return float(output.strip() == reference.strip())

    known = frozenset(contract.labels)
    return [
        Metric("accuracy", "label exactly right", accuracy),
        Metric("macro_f1", "macro-F1 of the labels", accuracy, over_rows=macro_f1),
        Metric("known_label", "one of the labels", lambda o, r: float(o.strip() in known)),
    ]


def macro_f1(outputs: Sequence[str], references: Sequence[str]) -> Resampled:
    """F1 of each label that occurs in a reference, averaged without weights.

    An output that is no such label is wrong for its reference's label and counts for none.
    """
    labels = {label: i for i, label in enumerate(sorted({r.strip() for r in references}))}
    wanted = np.array([labels[r.strip()] for r in references], dtype=np.int64)
    given = np.array([labels.get(o.strip(), len(labels)) for o in outputs], dtype=np.int64)
    size = len(labels) + 1

    def value(rows: NDArray[np.int64]) -> float:
        w, g = wanted[rows], given[rows]
        right = np.bincount(w[w == g], minlength=size)[:-1]
        asked = np.bincount(w, minlength=size)[:-1]
        total = asked + np.bincount(g, minlength=size)[:-1]
        present = asked > 0
        return float((2.0 * right[present] / total[present]).mean())

    return Resampled(value, len(references))


def _final_answer_metrics(contract: Contract) -> list[Metric]:
    marker = contract.marker or ""

    def right(output: str, reference: str) -> float:
        wanted, given = final_answer(reference, marker), final_answer(output, marker)
        return float(given is not None and given == wanted)

    return [
        Metric("final_answer", f"right after {marker}", right),
        Metric(
            "has_answer",
            f"has an answer after {marker}",
            lambda o, r: float(final_answer(o, marker) is not None),
        ),
    ]


def _text_metrics(contract: Contract) -> list[Metric]:
    metrics = [
        Metric("rouge_l", "ROUGE-L", rouge_l),
        Metric("token_f1", "words shared (F1)", token_f1),
        Metric("exact_match", "exactly the reference", exact_match),
    ]
    score = chrf()
    return metrics if score is None else [Metric("chrf", "chrF2", score), *metrics]


def own_metric(spelling: str) -> Metric:
    """The user's function, found in the current folder or among installed modules.

    Raises:
        UserError: no such module or function.
    """
    module_name, colon, function_name = spelling.partition(":")
    if not colon or not module_name or not function_name:
        raise UserError(f"--metric {spelling}: expected MODULE:FUNCTION, as in my_metrics:score")
    here = str(Path.cwd())
    added = here not in sys.path
    if added:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise UserError(f"--metric {spelling}: cannot import {module_name}: {error}") from error
    finally:
        if added:
            sys.path.remove(here)
    function = getattr(module, function_name, None)
    if not callable(function):
        raise UserError(f"--metric {spelling}: {module_name} has no function {function_name}")

    def score(output: str, reference: str) -> float:
        value = function(output, reference)
        if not isinstance(value, bool | int | float) or not math.isfinite(value):
            raise UserError(f"--metric {spelling}: returned {value!r}; expected a finite number")
        return float(value)

    return Metric(function_name, f"your {function_name}", score, share=False)


def told_as(metric: Metric, scores: Sequence[Floats]) -> Metric:
    """The metric, told as a share where it is the user's and all its scores lie from 0 to 1."""
    within = all(len(s) == 0 or (s.min() >= 0.0 and s.max() <= 1.0) for s in scores)
    return metric if metric.share or not within else replace(metric, share=True)


def scores_of(metric: Metric, outputs: Sequence[str | None], references: Sequence[str]) -> Floats:
    """Scores row by row, float64; a missing output scores 0 (it was no answer)."""
    pairs = zip(outputs, references, strict=True)
    return np.array(
        [0.0 if output is None else metric.score(output, reference) for output, reference in pairs],
        dtype=np.float64,
    )
