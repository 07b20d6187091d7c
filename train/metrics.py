"""Was the answer right? Metrics chosen from what the training outputs look like.

A metric scores one output against its reference with a number; over rows it is the mean of these,
except macro-F1, which only exists over rows. numpy and the standard library only; chrF comes from
sacrebleu where it is installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import re
import string
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from curate.train.intervals import Floats

# A kind is taken for the task's when it holds for this share of the training outputs.
_MOST = 0.95
# Outputs are labels when they are short, and each is seen this often on average.
_LABEL_WORDS = 5
_LABEL_REPEATS = 5
# A field's strings are a closed set when no more than so many differ, with as many repeats.
_CLOSED_VALUES = 12

_ARTICLES = re.compile(r"\b(a|an|the)\b")


class TaskKind(StrEnum):
    """What outputs look like."""

    JSON = "json"
    LABEL = "label"
    FINAL_ANSWER = "final-answer"
    TEXT = "text"


@dataclass(frozen=True)
class FieldRule:
    """What a JSON field may hold: its types, and its values where they are a closed set."""

    types: frozenset[str]
    required: bool
    values: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Task:
    """What the training outputs have in common."""

    kind: TaskKind
    fields: dict[str, FieldRule] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    marker: str | None = None

    def instruction(self) -> str | None:
        """A system prompt that asks for outputs of this kind; None where any text will do."""
        if self.kind is TaskKind.LABEL:
            return f"Answer with one of these labels and nothing else: {', '.join(self.labels)}."
        if self.kind is TaskKind.FINAL_ANSWER:
            return f"End with a line that holds {self.marker} and then the final answer."
        if self.kind is not TaskKind.JSON:
            return None
        keys = []
        for name, rule in self.fields.items():
            said = " or ".join(sorted(rule.types))
            if rule.values is not None:
                null = " or null" if "null" in rule.types else ""
                said = f"one of {', '.join(map(json.dumps, rule.values))}{null}"
            keys.append(f"{json.dumps(name)} ({said}{'' if rule.required else ', optional'})")
        return f"Answer with one JSON object and nothing else. Its keys: {', '.join(keys)}."


@dataclass(frozen=True)
class Metric:
    """One measure: `score(output, reference)`, higher is better unless it says otherwise."""

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


def infer_task(outputs: Sequence[str]) -> Task:
    """What kind of task the training outputs belong to."""
    if not outputs:
        return Task(TaskKind.TEXT)
    parsed = [parse_object(output) for output in outputs]
    objects = [value for value in parsed if value is not None]
    if len(objects) >= _MOST * len(outputs):
        return Task(TaskKind.JSON, fields=_field_rules(objects))
    stripped = Counter(output.strip() for output in outputs)
    short = all(0 < len(text.split()) <= _LABEL_WORDS for text in stripped)
    if short and len(stripped) > 1 and len(outputs) >= _LABEL_REPEATS * len(stripped):
        return Task(TaskKind.LABEL, labels=tuple(sorted(stripped)))
    for marker in ("####", "Answer:", "The answer is"):
        if sum(final_answer(o, marker) is not None for o in outputs) >= _MOST * len(outputs):
            return Task(TaskKind.FINAL_ANSWER, marker=marker)
    return Task(TaskKind.TEXT)


def _field_rules(objects: Sequence[dict[str, Any]]) -> dict[str, FieldRule]:
    names = dict.fromkeys(name for value in objects for name in value)
    rules = {}
    for name in names:
        values = [value[name] for value in objects if name in value]
        texts = Counter(v for v in values if isinstance(v, str))
        closed = (
            0 < len(texts) <= _CLOSED_VALUES
            and sum(texts.values()) >= _LABEL_REPEATS * len(texts)
            and {json_type(v) for v in values} <= {"string", "null"}
        )
        rules[name] = FieldRule(
            types=frozenset(json_type(v) for v in values),
            required=len(values) >= _MOST * len(objects),
            values=tuple(sorted(texts)) if closed else None,
        )
    return rules


def json_type(value: Any) -> str:
    """JSON's name for the type of a parsed value."""
    if value is None:
        return "null"
    kinds = {bool: "boolean", str: "string", dict: "object", list: "array"}
    return kinds.get(type(value), "number")


def parse_object(output: str) -> dict[str, Any] | None:
    """The output as a JSON object, or None when it is anything else (or has more around it)."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def final_answer(output: str, marker: str) -> str | None:
    """What stands after the last `marker`, on its line, without spaces, commas and a final stop."""
    _, found, rest = output.rpartition(marker)
    if not found:
        return None
    line = rest.strip().splitlines()[:1]
    return line[0].replace(",", "").strip().rstrip(".") if line else None


def metrics_for(task: Task, own: str | None = None) -> list[Metric]:
    """The metrics of a task, the one that decides first.

    Args:
        task: what outputs look like.
        own: a metric of the user's, as "module:function"; it then decides.

    Raises:
        UserError: `own` cannot be loaded.
    """
    metrics = {
        TaskKind.JSON: _json_metrics,
        TaskKind.LABEL: _label_metrics,
        TaskKind.FINAL_ANSWER: _final_answer_metrics,
        TaskKind.TEXT: _text_metrics,
    }[task.kind](task)
    return [own_metric(own), *metrics] if own else metrics


def _json_metrics(task: Task) -> list[Metric]:
    def contract(output: str, reference: str) -> float:
        value = parse_object(output)
        return float(value is not None and matches(value, task.fields))

    return [
        Metric("field_accuracy", "fields exactly right", field_accuracy),
        Metric("all_fields", "all fields exactly right", all_fields),
        Metric("contract", "valid by the contract", contract),
        Metric("valid_json", "one JSON object", lambda o, r: float(parse_object(o) is not None)),
    ]


def matches(value: dict[str, Any], fields: dict[str, FieldRule]) -> bool:
    """Whether an object has the required fields, no unknown ones, and values they may hold."""
    if any(rule.required and name not in value for name, rule in fields.items()):
        return False
    for name, held in value.items():
        rule = fields.get(name)
        if rule is None or json_type(held) not in rule.types:
            return False
        if rule.values is not None and isinstance(held, str) and held not in rule.values:
            return False
    return True


def _same(a: Any, b: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, but neither equals true."""
    if json_type(a) != json_type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    return bool(a == b)


def field_accuracy(output: str, reference: str) -> float:
    """The share of the reference's fields that the output has, with exactly their values."""
    expected, value = parse_object(reference), parse_object(output)
    if not expected:
        return float(expected is not None and value == expected)
    if value is None:
        return 0.0
    right = sum(name in value and _same(value[name], held) for name, held in expected.items())
    return right / len(expected)


def all_fields(output: str, reference: str) -> float:
    """1 where the output is the reference's object, key for key."""
    value, expected = parse_object(output), parse_object(reference)
    return float(value is not None and expected is not None and _same(value, expected))


def _label_metrics(task: Task) -> list[Metric]:
    def accuracy(output: str, reference: str) -> float:
        return float(output.strip() == reference.strip())

    known = frozenset(task.labels)
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


def _final_answer_metrics(task: Task) -> list[Metric]:
    marker = task.marker or ""

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


def _text_metrics(task: Task) -> list[Metric]:
    metrics = [
        Metric("token_f1", "words shared (F1)", token_f1),
        Metric("exact_match", "exactly the reference", exact_match),
    ]
    if importlib.util.find_spec("sacrebleu") is not None:
        metrics.insert(0, Metric("chrf", "chrF2", _chrf()))
    return metrics


def exact_match(output: str, reference: str) -> float:
    """1 where both are the same after stripping white space at the ends."""
    return float(output.strip() == reference.strip())


def token_f1(output: str, reference: str) -> float:
    """F1 of the words of both, as SQuAD's evaluation does it (Rajpurkar et al. 2016).

    Lower case, without punctuation and English articles.
    """
    given, wanted = _words(output), _words(reference)
    if not given or not wanted:
        return float(given == wanted)
    shared = sum((Counter(given) & Counter(wanted)).values())
    return 2.0 * shared / (len(given) + len(wanted))


def _words(text: str) -> list[str]:
    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    return _ARTICLES.sub(" ", kept).split()


def _chrf() -> Callable[[str, str], float]:
    """sacrebleu's sentence chrF2 (Popović 2015), from 0 to 1."""
    sentence_chrf = importlib.import_module("sacrebleu").sentence_chrf

    def score(output: str, reference: str) -> float:
        return float(sentence_chrf(output, [reference]).score) / 100.0

    return score


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


def scores_of(metric: Metric, outputs: Sequence[str | None], references: Sequence[str]) -> Floats:
    """Scores row by row, float64; a missing output scores 0 (it was no answer)."""
    pairs = zip(outputs, references, strict=True)
    return np.array(
        [0.0 if output is None else metric.score(output, reference) for output, reference in pairs],
        dtype=np.float64,
    )
