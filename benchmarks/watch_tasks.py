"""Which runs `watch.py record` makes, and from which data.

Five kinds: "watch" runs go far past overfitting, for policies to be scored on; "flipped" runs
learn a classification of which some training labels were changed; "curve" runs are one recipe on
nested parts of a set; "rate" runs compare learning rates with the one that is found; the "leak" run learns
rows of which three stand in its validation set as well, in other words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np

VAL_ROWS = 256
FLIPPED_SHARE = 0.05
# Categories of Dolly that a reader can tell apart; open_qa and general_qa differ by who asked.
_DOLLY_KINDS = (
    "classification",
    "brainstorming",
    "information_extraction",
    "closed_qa",
    "summarization",
    "creative_writing",
)
_SAMPLES = Path(__file__).resolve().parent.parent / "sample_data"
_TICKETS, _LEAK = _SAMPLES / "clean" / "tickets.jsonl", _SAMPLES / "leak"


@dataclass(frozen=True)
class Spec:
    """One run.

    Attributes:
        kind: "watch", "flipped" or "curve".
        task: which rows; a key of `TASKS`.
        rows: training rows.
        learning_rate: None for curate's own choice.
        find_rate: with `--find-learning-rate`.
    """

    kind: str
    task: str
    rows: int
    epochs: int
    batch_size: int
    learning_rate: float | None
    seed: int
    evaluations: int = 26
    find_rate: bool = False

    @property
    def name(self) -> str:
        """A name that is unique among all runs."""
        rate = "auto" if self.learning_rate is None else f"{self.learning_rate:g}"
        rate = "found" if self.find_rate else rate
        return f"{self.kind}-{self.task}-{self.rows}x{self.epochs}-{rate}-s{self.seed}"

    @property
    def steps(self) -> int:
        """Optimiser steps."""
        return -(-self.rows // self.batch_size) * self.epochs


def specs() -> list[Spec]:
    """All runs, in the order of their worth; those that take longest come first within a kind."""
    watch = []
    for task, first_seed in (("gsm8k", 0), ("code", 2)):
        for rows, epochs, batch, rates in (
            (1024, 5, 16, (3e-4, 1.3e-3)),
            (256, 8, 8, (5e-4, 1.3e-3)),
            (64, 16, 8, (1e-3, 3e-4)),
        ):
            for i, rate in enumerate(rates):
                watch.append(Spec("watch", task, rows, epochs, batch, rate, first_seed + i))
    watch += [
        Spec("watch", "dolly", 1024, 5, 16, None, 4),
        Spec("watch", "dolly", 256, 8, 8, None, 5),
        Spec("watch", "dolly", 64, 16, 8, 3e-3, 6),
        Spec("watch", "tickets", 256, 8, 8, 5e-4, 7),
        Spec("watch", "tickets", 64, 16, 8, 1e-3, 8),
    ]
    flipped = [
        Spec("flipped", "dolly-kind", 1376, 3, 8, None, 0, evaluations=6),
        Spec("flipped", "tickets", 440, 6, 8, None, 2, evaluations=6),
        Spec("flipped", "tickets", 440, 3, 8, None, 0, evaluations=6),
        Spec("flipped", "tickets", 440, 3, 8, None, 1, evaluations=6),
        Spec("flipped", "ticket-category", 440, 3, 8, None, 0, evaluations=6),
    ]
    curve = [
        Spec("curve", task, rows, 3, 16, None, 0, evaluations=8)
        for rows in (2048, 1024, 512, 256, 128)
        for task in ("gsm8k", "alpaca")
    ]
    rates = [
        Spec("rate", task, 512, 3, 8, rate, 0, evaluations=8, find_rate=rate is None)
        for rate in (None, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
        for task in ("gsm8k", "dolly")
    ]
    leak = [Spec("leak", "leak", 64, 8, 8, None, 0, evaluations=16)]
    return watch + flipped + curve + rates + leak


def pool(task: str, data: Path) -> list[dict[str, Any]]:
    """All rows of a task as prompt and completion, short ones only, always in the same order."""
    if task == "gsm8k":
        lines = (data / "gsm8k_train.jsonl").read_text().splitlines()
        rows = [(r["question"], r["answer"]) for r in map(json.loads, lines)]
        found = [_row(q, a) for q, a in rows if len(q) + len(a) <= 500]
    elif task in ("code", "alpaca", "dolly"):
        name = {"code": "code_alpaca_2k", "alpaca": "alpaca_4800", "dolly": "dolly_3k"}[task]
        loaded = json.loads((data / f"{name}.json").read_text())
        rows = [
            ("\n\n".join(filter(None, (r["instruction"], r["input"]))), r["output"]) for r in loaded
        ]
        found = [_row(q, a) for q, a in rows if q and a and 20 <= len(q) + len(a) <= 700]
    elif task == "dolly-kind":
        loaded = json.loads((data / "dolly_3k.json").read_text())
        found = [
            _row(
                "Which kind of request is this: "
                + ", ".join(_DOLLY_KINDS)
                + "?\n\n"
                + "\n\n".join(filter(None, (r["instruction"][:400], r["input"][:400]))),
                r["category"],
            )
            for r in loaded
            if r["category"] in _DOLLY_KINDS
        ]
    elif task in ("tickets", "ticket-category"):
        found = [_ticket(json.loads(line), task) for line in _TICKETS.read_text().splitlines()]
    else:
        raise ValueError(task)
    unique = list({r["prompt"]: r for r in found}.values())
    order = np.random.default_rng(20).permutation(len(unique))
    return [unique[i] for i in order]


def _row(prompt: str, completion: str) -> dict[str, Any]:
    return {"prompt": prompt.strip(), "completion": completion.strip()}


def _ticket(record: dict[str, Any], task: str) -> dict[str, Any]:
    system, user, assistant = (m["content"] for m in record["messages"])
    if task == "tickets":
        return _row(f"{system}\n\n{user}", assistant)
    names = "billing, delivery, damaged, returns, account or product_question"
    return _row(
        f"Answer with the ticket's category ({names}).\n\n{user}", json.loads(assistant)["category"]
    )


def write_data(spec: Spec, data: Path, folder: Path, shrink: int = 1) -> list[int]:
    """Write `train.jsonl` and `val.jsonl` of a run into `folder`.

    The validation rows are the same for every run of a task. With `shrink`, only that part of
    the rows is used.

    Returns:
        The 1-based lines of the training rows whose label was flipped.
    """
    if spec.kind == "leak":
        for name, source in (("train", "train"), ("val", "test")):
            copyfile(_LEAK / f"{source}.jsonl", folder / f"{name}.jsonl")
        return []
    rows = pool(spec.task, data)
    count = min(VAL_ROWS, len(rows) - spec.rows) // shrink
    val, rest = rows[:count], rows[count:]
    if spec.kind == "curve":  # parts of one another
        train = rest[: spec.rows // shrink]
    else:
        chosen = np.random.default_rng([21, spec.seed]).permutation(len(rest))
        train = [rest[i] for i in chosen[: spec.rows // shrink]]
    flipped = _flip(train, spec) if spec.kind == "flipped" else []
    for name, part in (("train", train), ("val", val)):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return flipped


def _flip(train: list[dict[str, Any]], spec: Spec) -> list[int]:
    """Give some rows another label, drawn from the others with equal chance."""
    rng = np.random.default_rng([22, spec.seed])
    labels = sorted({_label(row) for row in train})
    chosen = rng.choice(len(train), size=round(FLIPPED_SHARE * len(train)), replace=False)
    for i in chosen.tolist():
        row = train[i]
        other = str(rng.choice([label for label in labels if label != _label(row)]))
        if spec.task == "tickets":
            answer = {**json.loads(row["completion"]), "category": other}
            train[i] = {**row, "completion": json.dumps(answer)}
        else:
            train[i] = {**row, "completion": other}
    return sorted(i + 1 for i in chosen.tolist())


def _label(row: dict[str, Any]) -> str:
    completion: str = row["completion"]
    return json.loads(completion)["category"] if completion.startswith("{") else completion
