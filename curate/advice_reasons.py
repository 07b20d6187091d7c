"""What a set of rows says for prompting, retrieval or fine-tuning: one measurement a function.

Each gives a `Reason` (what was measured, which approach it speaks for, how strongly, and the rows
that show it) or None where there is nothing to say. No function has seen a model.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

import numpy as np

from curate.answer_shape import Shape, frame_of, layout_of
from curate.contract import CHECKED, Contract, infer_contract
from curate.errors import UserError
from curate.grounding import Grounding, ground
from curate.light_dataclass import dataclass
from curate.rules.code_would_do import simple_change
from curate.rules.prompt_would_do import told_by_words
from curate.schemas.advice import Approach, Reason, Row
from curate.schemas.contract import ContractKind
from curate.schemas.options.advise import AdviseOptions
from curate.schemas.turns import Example

# Most outputs rest on facts that their prompts do not hold: the task is to know things.
_KNOWLEDGE_SHARE = 0.5
_SOME_KNOWLEDGE_SHARE = 0.2
_HARDLY_ANY_KNOWLEDGE = 0.05
# A contract kept by this share of the outputs can be learnt to the letter; from the lower share on,
# it is still what the set is about, and the rows that break it are faults.
_KEPT = 0.95
_MEANT = 0.8
# Requests that begin in no more ways than this are of few kinds.
_FEW_OPENINGS = 10
# Answers that stand in their prompts as they are, in this share of the rows, are copied.
_QUOTED = 0.9
_QUOTED_WORDS = 3
# Characters of one token, about, in English text: for a first idea of what prompts cost.
_CHARACTERS_PER_TOKEN = 4
_LONG_PROMPT_TOKENS = 200
# A system prompt so much longer than the rest of the request is what each request pays for.
_VERY_LONG_PROMPT_TOKENS = 500
_SHOWN_CHARACTERS = 140
_SIDE_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Case:
    """One request and its answer, as text; `system` apart from the rest of the prompt."""

    example: Example
    system: str
    prompt: str
    answer: str


def reasons_of_cases(cases: Sequence[Case], distinct: int, options: AdviseOptions) -> list[Reason]:
    if not cases:
        raise UserError("no row has an answer to learn from")
    contract = infer_contract([case.answer for case in cases])
    free = contract.kind not in CHECKED and contract.kind is not ContractKind.CODE
    layout = layout_of([case.answer for case in cases]) if free else None
    found = [
        _simple(contract, cases, options),
        _size(distinct, options),
        _contract(contract, cases, options),
        _layout(layout, cases, options),
        _grounding(_groundings(cases, contract, layout), cases, options),
        _variety(cases, contract, options) if layout is None else None,
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


def _contract(contract: Contract, cases: Sequence[Case], options: AdviseOptions) -> Reason | None:
    """Outputs that all keep one form: a prompt can ask for it, training makes it certain."""
    if contract.kind not in CHECKED or contract.keeping is None or not contract.outputs:
        return None
    kept = contract.keeping / contract.outputs
    breaking = [case for case in cases if contract.check(case.answer)]
    examples = breaking if kept < _KEPT else list(cases)
    return Reason(
        speaks_for=Approach.FINE_TUNE,
        weight="strong" if kept >= _MEANT else "weak",
        text=contract.describe()
        + (
            "; a form this strict is what fine-tuning makes certain."
            if kept >= _KEPT
            else "; mend them first, or a model learns both."
        ),
        rows=_rows(examples, [case.answer for case in examples], options.show),
    )


def _layout(layout: Shape | None, cases: Sequence[Case], options: AdviseOptions) -> Reason | None:
    """Fields between the same marks in all answers."""
    if layout is None:
        return None
    shown = [cases[i] for i in layout.rows]
    return Reason(
        speaks_for=Approach.FINE_TUNE,
        weight="strong",
        text=f"{layout.said}; a form this strict is what fine-tuning makes certain.",
        rows=_rows(shown, [case.answer for case in shown], options.show),
    )


def _groundings(cases: Sequence[Case], contract: Contract, layout: Shape | None) -> list[Grounding]:
    """What each answer knows beyond its prompt; a label out of a fixed set knows nothing."""
    if layout is not None:
        known = " ".join(sorted(layout.codes))
        return [ground(f"{case.system} {case.prompt} {known}", case.answer) for case in cases]
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
    groundings: Sequence[Grounding], cases: Sequence[Case], options: AdviseOptions
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


def _simple(contract: Contract, cases: Sequence[Case], options: AdviseOptions) -> Reason | None:
    """Answers that follow from their prompts without a model, or stand in them word for word."""
    # Rows may alternate between labels, so that half of them has to be any half.
    order = np.random.default_rng(0).permutation(len(cases))
    prompts, answers = [cases[i].prompt for i in order], [cases[i].answer for i in order]
    if (said := simple_change(prompts, answers)) is not None:
        return Reason(
            speaks_for=Approach.PROMPT,
            weight="decisive",
            text=f"{said}: nothing that a model has to be trained for.",
            rows=_rows(cases, [f"{case.answer} ← {case.prompt}" for case in cases], options.show),
        )
    if contract.kind is ContractKind.LABEL:
        if (said := told_by_words(prompts, answers)) is None:
            return None
        return Reason(
            speaks_for=Approach.PROMPT,
            weight="strong",
            text=f"{said}: a prompt that names these words may do.",
            rows=_rows(cases, [f"{case.answer} ← {case.prompt}" for case in cases], options.show),
        )
    quoted = [case for case in cases if _is_quoted(case)]
    if contract.kind in CHECKED or len(quoted) < _QUOTED * len(cases):
        return None
    return Reason(
        speaks_for=Approach.PROMPT,
        weight="strong",
        text=f"{len(quoted):,} of {len(cases):,} answers stand word for word in their prompts: "
        "quoting is what chat models do when asked, a few examples beside it.",
        rows=_rows(quoted, [f"{case.answer} ← {case.prompt}" for case in quoted], options.show),
    )


def _is_quoted(case: Case) -> bool:
    answer = " ".join(case.answer.casefold().split())
    return len(answer.split()) >= _QUOTED_WORDS and answer in " ".join(
        case.prompt.casefold().split()
    )


def _variety(cases: Sequence[Case], contract: Contract, options: AdviseOptions) -> Reason | None:
    """Free answers to ever different requests: what instruction-tuned models are made for."""
    if contract.kind in CHECKED:
        return None
    openings = Counter(" ".join(case.prompt.lower().split()[:2]) for case in cases)
    common = openings.most_common(1)[0][1] / len(cases)
    systems = Counter(case.system for case in cases if case.system)
    one_system = bool(systems) and systems.most_common(1)[0][1] >= _KEPT * len(cases)
    if one_system or common >= 0.5 or len(openings) <= _FEW_OPENINGS:
        if (frame := frame_of([case.answer for case in cases])) is not None:
            framed = [cases[i] for i in frame.rows]
            return Reason(
                speaks_for=Approach.FINE_TUNE,
                weight="strong",
                text=f"{frame.said}: one manner throughout, which training makes a habit.",
                rows=_rows(framed, [case.answer for case in framed], options.show),
            )
        said = "one system prompt" if one_system else "few kinds of request"
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


def _prompt_cost(cases: Sequence[Case], options: AdviseOptions) -> Reason | None:
    """A long prompt that is the same each time need not be said to a model that has learnt it."""
    systems = Counter(case.system for case in cases)
    text, count = systems.most_common(1)[0]
    tokens = len(text) // _CHARACTERS_PER_TOKEN
    if count < 0.5 * len(cases) or tokens < _LONG_PROMPT_TOKENS:
        return None
    same = [case for case in cases if case.system == text]
    rest = sorted(len(case.prompt) + len(case.answer) for case in same)[len(same) // 2]
    rest_tokens = rest // _CHARACTERS_PER_TOKEN
    dominates = tokens >= _VERY_LONG_PROMPT_TOKENS and tokens >= 3 * rest_tokens
    return Reason(
        speaks_for=Approach.FINE_TUNE,
        weight="strong" if dominates else "weak",
        text=f"{count:,} rows repeat one system prompt of about {tokens:,} tokens, "
        f"against {rest_tokens:,} of request and answer; a tuned model could do without most of it.",
        rows=_rows(same, [text], 1),
    )


def reasons_by_kind(
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
    rows = [_row(example, _judged(example)) for example in shown[: options.show]]
    return [
        *reasons,
        Reason(speaks_for=Approach.FINE_TUNE, weight="strong", text=text, rows=tuple(rows)),
    ]


def _judged(example: Example) -> str:
    """A judgement in words: which answer was preferred to which, or how one was judged."""
    if example.chosen is None or example.rejected is None:
        said = " ".join(turn.text for turn in example.completion or ())
        return f"judged {'good' if example.label else 'bad'}: {said}"
    chosen, rejected = (
        textwrap.shorten(" ".join(turn.text for turn in side), _SIDE_CHARACTERS, placeholder="…")
        for side in (example.chosen, example.rejected)
    )
    return f"{chosen!r} rather than {rejected!r}"


def _rows(cases: Sequence[Case], shown: Sequence[str], count: int) -> tuple[Row, ...]:
    """The first rows, each with the text that shows the point."""
    pairs = list(zip(cases, shown, strict=False))[:count]
    return tuple(_row(case.example, text) for case, text in pairs)


def _row(example: Example, text: str) -> Row:
    flat = " ".join(text.split())
    cut = flat if len(flat) <= _SHOWN_CHARACTERS else flat[: _SHOWN_CHARACTERS - 1] + "…"
    return Row(path=example.path, line=example.line, shown=cut)
