"""`curate advise`: should this be fine-tuned at all, or prompted, or retrieved?

Each `_reason…` function measures one thing and says what it speaks for; the approach follows from
the reasons: a decisive one settles it, else the strong ones are weighed. Nothing here has seen a
model, so nothing is claimed about how well one would do; `curate compare` measures that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.contract import CHECKED, Contract, infer_contract
from curate.errors import UserError
from curate.grounding import Grounding, ground
from curate.schemas.advice import Advice, Approach, Reason, Row
from curate.schemas.contract import ContractKind
from curate.schemas.options.advise import AdviseOptions
from curate.schemas.options.data import DataOptions
from curate.schemas.records import Example
from curate.validating import load_examples

# Most outputs rest on facts that their prompts do not hold: the task is to know things.
_KNOWLEDGE_SHARE = 0.5
_SOME_KNOWLEDGE_SHARE = 0.2
_HARDLY_ANY_KNOWLEDGE = 0.05
# A contract kept by this share of the outputs can be learnt to the letter.
_KEPT = 0.95
# Characters of one token, about, in English text: for a first idea of what prompts cost.
_CHARACTERS_PER_TOKEN = 4
_LONG_PROMPT_TOKENS = 200
_SHOWN_CHARACTERS = 140
_WEIGHTS = {"decisive": 100, "strong": 3, "weak": 1}


@dataclass(frozen=True, slots=True)
class _Case:
    """One request and its answer, as text; `system` apart from the rest of the prompt."""

    example: Example
    system: str
    prompt: str
    answer: str


def advise(
    paths: Sequence[str | Path],
    options: AdviseOptions | None = None,
    data: DataOptions | None = None,
) -> Advice:
    """Read the data and say which approach suits it, with evidence.

    Raises:
        UserError: a file cannot be read, holds a malformed row, or holds no row at all.
    """
    options = options or AdviseOptions()
    examples = load_examples([str(path) for path in paths], data or DataOptions())
    if not examples:
        raise UserError(f"{', '.join(map(str, paths))}: no rows")
    kinds = Counter(example.kind for example in examples)
    kind = kinds.most_common(1)[0][0]
    distinct = len({_identity(example) for example in examples})
    if kind == "conversation":
        cases = [case for example in examples if (case := _case(example)) is not None]
        reasons = _reasons(cases, distinct, options)
    else:
        reasons = _reasons_by_kind(kind, kinds[kind], distinct, examples, options)
    return _weigh(reasons, kind, len(examples), distinct, paths)


def _case(example: Example) -> _Case | None:
    """The last learnt turn that has text, and what stands before it; None where there is none."""
    for i in reversed(example.learnt):
        answer = example.messages[i].text.strip()
        if answer:
            before = example.messages[:i]
            system = "\n".join(m.text for m in before if m.role in ("system", "developer"))
            prompt = "\n".join(m.text for m in before if m.role not in ("system", "developer"))
            return _Case(example, system, prompt, answer)
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


# ------------------------------------------------------------------------------------------------
# Evidence


def _reasons(cases: Sequence[_Case], distinct: int, options: AdviseOptions) -> list[Reason]:
    if not cases:
        raise UserError("no row has an answer to learn from")
    contract = infer_contract([case.answer for case in cases])
    groundings = _groundings(cases, contract)
    found = [
        _size(distinct, options),
        _contract(contract, cases, options),
        _grounding(groundings, cases, options),
        _variety(cases, contract, options),
        _prompt_cost(cases, options),
    ]
    return [reason for reason in found if reason is not None]


def _size(distinct: int, options: AdviseOptions) -> Reason | None:
    if distinct < options.min_examples:
        return Reason(
            speaks_for=Approach.PROMPT,
            weight="decisive",
            text=f"There are {distinct:,} distinct examples; below {options.min_examples:,} a model "
            "learns them by heart. They make good examples in a prompt.",
        )
    if distinct < options.recommended_examples:
        return Reason(
            speaks_for=Approach.PROMPT,
            weight="weak",
            text=f"There are {distinct:,} distinct examples; {options.recommended_examples:,} or more "
            "are recommended for fine-tuning.",
        )
    return Reason(
        speaks_for=Approach.FINE_TUNE,
        weight="weak",
        text=f"There are {distinct:,} distinct examples, enough to fine-tune on.",
    )


def _contract(contract: Contract, cases: Sequence[_Case], options: AdviseOptions) -> Reason | None:
    """Outputs that all keep one form: a prompt can ask for it, training makes it certain."""
    if contract.kind not in CHECKED or contract.keeping is None or not contract.outputs:
        return None
    kept = contract.keeping / contract.outputs
    breaking = [case for case in cases if contract.check(case.answer)]
    examples = breaking if kept < _KEPT else list(cases)
    return Reason(
        speaks_for=Approach.FINE_TUNE,
        weight="strong" if kept >= _KEPT else "weak",
        text=contract.describe()
        + (
            "; a form this strict is what fine-tuning makes certain."
            if kept >= _KEPT
            else "; mend them first, or a model learns both."
        ),
        rows=_rows(examples, [case.answer for case in examples], options.show),
    )


def _groundings(cases: Sequence[_Case], contract: Contract) -> list[Grounding]:
    """What each answer knows beyond its prompt; a label out of a fixed set knows nothing."""
    if contract.kind in (ContractKind.LABEL, ContractKind.CODE):
        return [Grounding((), len(case.answer.split())) for case in cases]
    if contract.kind is ContractKind.JSON:
        known = " ".join(_constants(contract.json_schema or {}))
        return [ground(f"{case.system} {case.prompt} {known}", case.answer) for case in cases]
    return [ground(f"{case.system} {case.prompt}", case.answer) for case in cases]


def _constants(schema: object) -> list[str]:
    """The strings that a JSON Schema names: keys and labels."""
    if isinstance(schema, dict):
        below = [text for value in schema.values() for text in _constants(value)]
        return [*map(str, schema), *below]
    if isinstance(schema, list | tuple):
        return [text for value in schema for text in _constants(value)]
    return [schema] if isinstance(schema, str) else []


def _grounding(
    groundings: Sequence[Grounding], cases: Sequence[_Case], options: AdviseOptions
) -> Reason | None:
    knowing = [(c, g) for c, g in zip(cases, groundings, strict=True) if g.needs_knowledge]
    share = len(knowing) / len(cases)
    rows = _rows(
        [case for case, _ in knowing],
        [f"{', '.join(g.from_nowhere[:4])}: {c.answer}" for c, g in knowing],
        options.show,
    )
    count = f"{len(knowing):,} of {len(cases):,} answers ({share:.0%})"
    if share >= _KNOWLEDGE_SHARE:
        return Reason(
            speaks_for=Approach.RETRIEVE,
            weight="decisive",
            text=f"{count} hold names or numbers that their prompts do not: the task is to know "
            "things; what is retrieved can be checked and kept up to date, what is learnt by heart "
            "cannot.",
            rows=rows,
        )
    if share >= _SOME_KNOWLEDGE_SHARE:
        return Reason(
            speaks_for=Approach.RETRIEVE,
            weight="weak",
            text=f"{count} hold names or numbers that their prompts do not.",
            rows=rows,
        )
    if share <= _HARDLY_ANY_KNOWLEDGE:
        return Reason(
            speaks_for=Approach.FINE_TUNE,
            weight="weak",
            text=f"Only {count} hold names or numbers that their prompts do not: what is to be "
            "learnt is how to answer, not facts.",
        )
    return None


def _variety(cases: Sequence[_Case], contract: Contract, options: AdviseOptions) -> Reason | None:
    """Free answers to ever different requests: what instruction-tuned models are made for."""
    if contract.kind in CHECKED:
        return None
    openings = Counter(" ".join(case.prompt.lower().split()[:2]) for case in cases)
    common = openings.most_common(1)[0][1] / len(cases)
    systems = Counter(case.system for case in cases if case.system)
    one_system = bool(systems) and systems.most_common(1)[0][1] >= _KEPT * len(cases)
    if one_system or common >= 0.5:
        said = "one system prompt" if one_system else "one kind of request"
        return Reason(
            speaks_for=Approach.FINE_TUNE,
            weight="weak",
            text=f"All rows belong to {said}, but the answers keep no form that could be checked: "
            "whether style is worth training for, only a comparison can tell.",
        )
    shown = [case for case in cases if len(case.answer.split()) >= 3]
    return Reason(
        speaks_for=Approach.PROMPT,
        weight="strong",
        text=f"The requests are of many kinds ({len(openings):,} ways to begin in {len(cases):,} "
        "rows) and the answers keep no common form: general instructions, which is what "
        "instruction-tuned models are made for.",
        rows=_rows(shown, [case.prompt for case in shown], options.show),
    )


def _prompt_cost(cases: Sequence[_Case], options: AdviseOptions) -> Reason | None:
    """A long prompt that is the same each time need not be said to a model that has learnt it."""
    systems = Counter(case.system for case in cases)
    text, count = systems.most_common(1)[0]
    tokens = len(text) // _CHARACTERS_PER_TOKEN
    if count < 0.5 * len(cases) or tokens < _LONG_PROMPT_TOKENS:
        return None
    same = [case for case in cases if case.system == text]
    return Reason(
        speaks_for=Approach.FINE_TUNE,
        weight="weak",
        text=f"{count:,} rows repeat one system prompt of about {tokens:,} tokens; a tuned model "
        "could do without most of it.",
        rows=_rows(same, [text], 1),
    )


def _reasons_by_kind(
    kind: str, count: int, distinct: int, examples: Sequence[Example], options: AdviseOptions
) -> list[Reason]:
    size = _size(distinct, options)
    reasons = [size] if size is not None else []
    shown = [example for example in examples if example.kind == kind]
    if kind == "text":
        rows = [_row(example, example.text or "") for example in shown[: options.show]]
        text = (
            f"{count:,} rows are plain text without questions: documents. To answer from them, let "
            "a model look them up; training on them teaches their style."
        )
        return [
            *reasons,
            Reason(speaks_for=Approach.RETRIEVE, weight="strong", text=text, rows=tuple(rows)),
        ]
    text = (
        f"{count:,} rows judge answers, and say which one is better: that cannot be put into a "
        "prompt, and is what preference training learns from."
    )
    sides = [example.chosen or example.completion or () for example in shown[: options.show]]
    rows = [
        _row(example, " ".join(turn.text for turn in side))
        for example, side in zip(shown, sides, strict=False)
    ]
    return [
        *reasons,
        Reason(speaks_for=Approach.FINE_TUNE, weight="strong", text=text, rows=tuple(rows)),
    ]


def _rows(cases: Sequence[_Case], shown: Sequence[str], count: int) -> tuple[Row, ...]:
    """The first rows, each with the text that shows the point."""
    pairs = list(zip(cases, shown, strict=False))[:count]
    return tuple(_row(case.example, text) for case, text in pairs)


def _row(example: Example, text: str) -> Row:
    flat = " ".join(text.split())
    cut = flat if len(flat) <= _SHOWN_CHARACTERS else flat[: _SHOWN_CHARACTERS - 1] + "…"
    return Row(path=example.path, line=example.line, shown=cut)


# ------------------------------------------------------------------------------------------------
# The verdict


def _weigh(
    reasons: Sequence[Reason], kind: str, rows: int, distinct: int, paths: Sequence[str | Path]
) -> Advice:
    """The approach with the most weight behind it; in a draw, the one that costs least to try."""
    ranked = list(Approach)
    weight = {a: sum(_WEIGHTS[r.weight] for r in reasons if r.speaks_for is a) for a in ranked}
    approach = max(ranked, key=lambda a: (weight[a], -ranked.index(a)))
    main = max(
        (r for r in reasons if r.speaks_for is approach),
        key=lambda r: _WEIGHTS[r.weight],
    )
    preference = kind in ("preference", "unpaired")
    method = None
    if approach is Approach.FINE_TUNE:
        method = "dpo" if preference else "sft"
    opening = {
        Approach.PROMPT: "Prompt first: ",
        Approach.RETRIEVE: "Retrieve, don't fine-tune: ",
        Approach.FINE_TUNE: f"Fine-tuning ({(method or 'sft').upper()}) suits this: ",
    }[approach]
    settle = None
    if kind == "conversation":
        names = " ".join(map(str, paths))
        docs = " --docs FOLDER" if approach is Approach.RETRIEVE else ""
        settle = (
            f"curate split {names} -o splits && curate train splits --model MODEL -o RUN && "
            f"curate compare RUN --data splits/test.jsonl{docs}"
        )
    return Advice(
        approach=approach,
        method="dpo" if method == "dpo" else ("sft" if method else None),
        sentence=opening + main.text,
        rows=rows,
        distinct=distinct,
        reasons=tuple(
            sorted(reasons, key=lambda r: (r.speaks_for is not approach, -_WEIGHTS[r.weight]))
        ),
        settle=settle,
    )
