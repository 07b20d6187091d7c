"""`curate advise`: should this be fine-tuned at all, or prompted, or retrieved?

The measurements are in `curate.advice_reasons`; here their sum becomes an approach: a decisive one
settles it, else the strong ones are weighed. Fine-tuning costs most to try, so it takes at least a
strong reason. Nothing here has seen a model, so nothing is claimed about how well one would do;
`curate compare` measures that.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from curate.advice_reasons import Case, reasons_by_kind, reasons_of_cases
from curate.errors import UserError
from curate.schemas.advice import Advice, Approach, Reason
from curate.schemas.options.advise import AdviseOptions
from curate.schemas.options.data import DataOptions
from curate.schemas.turns import Example
from curate.valid_examples import load_valid_examples

_WEIGHTS = {"decisive": 100, "strong": 3, "weak": 1}
_OPENINGS = {
    Approach.PROMPT: "Prompt first",
    Approach.RETRIEVE: "Retrieve, don't fine-tune",
    Approach.FINE_TUNE: "Fine-tuning ({method}) suits this",
}


def advise(
    paths: Sequence[str | Path],
    options: AdviseOptions | None = None,
    data: DataOptions | None = None,
) -> Advice:
    """Read the data and say which approach suits it, with evidence.

    Rows that cannot be read are left out and counted.

    Raises:
        UserError: a file cannot be read, or holds no valid row at all.
    """
    options, data = options or AdviseOptions(), data or DataOptions()
    examples, left_out = load_valid_examples([str(path) for path in paths], data)
    if not examples:
        malformed = f"; {len(left_out):,} cannot be read" if left_out else ""
        raise UserError(f"{', '.join(map(str, paths))}: no rows{malformed}")
    kinds = Counter(example.kind for example in examples)
    kind = kinds.most_common(1)[0][0]
    if kind in ("prompt", "stepwise"):
        what = "prompts without an answer" if kind == "prompt" else "solutions with judged steps"
        raise UserError(
            f"{', '.join(map(str, paths))}: most rows are {what}; what a model should be taught can "
            "only be told from answers (`curate lint` checks such files, too)"
        )
    distinct = len({_identity(example) for example in examples})
    if kind == "conversation":
        cases = [case for example in examples if (case := _case(example)) is not None]
        reasons = reasons_of_cases(cases, distinct, options)
    else:
        reasons = reasons_by_kind(kind, kinds[kind], distinct, examples, options)
    approach, main = _weigh(reasons)
    method = None
    if approach is Approach.FINE_TUNE:
        method = "dpo" if kind in ("preference", "unpaired") else "sft"
    opening = _OPENINGS[approach].format(method=(method or "").upper())
    return Advice(
        approach=approach,
        method="dpo" if method == "dpo" else ("sft" if method else None),
        sentence=f"{opening}: {main}",
        rows=len(examples),
        distinct=distinct,
        left_out=len(left_out),
        reasons=tuple(
            sorted(reasons, key=lambda r: (r.speaks_for is not approach, -_WEIGHTS[r.weight]))
        ),
        settle=_settle(paths, data, approach, kind) if kind != "text" else None,
    )


def _case(example: Example) -> Case | None:
    """The last learnt turn that has text, and what stands before it; None where there is none."""
    for i in reversed(example.learnt):
        answer = example.messages[i].text.strip()
        if answer:
            before = example.messages[:i]
            system = "\n".join(m.text for m in before if m.role in ("system", "developer"))
            prompt = "\n".join(m.text for m in before if m.role not in ("system", "developer"))
            return Case(example, system, prompt, answer)
    return None


def _identity(example: Example) -> str:
    """What makes two examples the same here: their words, whatever the case and the spaces."""
    turns = [
        *example.messages,
        *(example.chosen or ()),
        *(example.rejected or ()),
        *(example.completion or ()),
    ]
    return " ".join([*(turn.text for turn in turns), example.text or ""]).casefold().strip()


def _weigh(reasons: Sequence[Reason]) -> tuple[Approach, str]:
    """The approach with the most weight behind it, and why; a draw goes to the cheapest to try."""
    ranked = list(Approach)
    weight = {a: sum(_WEIGHTS[r.weight] for r in reasons if r.speaks_for is a) for a in ranked}
    approach = max(ranked, key=lambda a: (weight[a], -ranked.index(a)))
    main = max((r for r in reasons if r.speaks_for is approach), key=lambda r: _WEIGHTS[r.weight])
    if approach is Approach.FINE_TUNE and main.weight == "weak":
        return (
            Approach.PROMPT,
            "the data gives no strong reason to train (no form, no manner, no long prompt to save), "
            "and a prompt with a few examples costs least to try.",
        )
    return approach, main.text


def _settle(paths: Sequence[str | Path], data: DataOptions, approach: Approach, kind: str) -> str:
    """The commands that would measure it: split, train, compare."""
    names = shlex.join(map(str, paths))
    read = ["--format", data.format.value] if data.format is not None else []
    for field, column in data.map.items():
        read += ["--map", f"{field}={column}"]
    reading = f" {shlex.join(read)}" if read else ""
    # Only one file can be split; several are put together first.
    whole = f"curate dedupe {names} -o all.jsonl{reading} && " if len(paths) > 1 else ""
    source = "all.jsonl" if len(paths) > 1 else names
    method = "" if kind == "conversation" else " --method dpo"
    docs = " --docs FOLDER" if approach is Approach.RETRIEVE else ""
    return (
        f"{whole}curate split {source} -o splits{reading} && "
        f"curate train splits{method} --model MODEL -o RUN{reading} && "
        f"curate compare RUN --data splits/test.jsonl{docs}{reading}"
    )
