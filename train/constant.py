"""The answer that needs no model: what the training rows say most often, whatever is asked.

Where no method does better, the answers do not follow from the requests, or nothing was learnt of
how they do; a majority label then looks like a success.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from curate.contract import Contract, ContractKind
from curate.schemas.comparison import ConstantAnswer
from curate.train.advice import Gap
from curate.train.intervals import Floats, allow_for_unseen, bootstrap_interval
from curate.train.metrics import Metric, parse_json, scores_of


def constant_answer(contract: Contract, outputs: Sequence[str]) -> str | None:
    """The commonest label or number, or JSON of the commonest value of each key; else None.

    Free text has none: its commonest answer is one of many.
    """
    if contract.kind in (ContractKind.LABEL, ContractKind.NUMBER):
        found = Counter(output.strip() for output in outputs).most_common(1)
        return found[0][0] if found else None
    if contract.kind is not ContractKind.JSON:
        return None
    values: dict[str, Counter[str]] = {}
    for output in outputs:
        parsed = parse_json(output)
        for key, value in parsed.items() if isinstance(parsed, dict) else ():
            values.setdefault(key, Counter())[json.dumps(value)] += 1
    if not values:
        return None
    commonest = {key: json.loads(met.most_common(1)[0][0]) for key, met in values.items()}
    return json.dumps(commonest, ensure_ascii=False)


def judge_constant(
    answer: str | None,
    metric: Metric,
    references: Sequence[str],
    scores: Mapping[str, Floats],
    seed: int,
) -> tuple[ConstantAnswer, Gap] | None:
    """The constant answer by the metric that decides, and what the best method has over it.

    Args:
        answer: what `constant_answer` found.
        metric: what decides; a mean over rows.
        references: the right answers, n of them.
        scores: each method's scores, [n].
        seed: of the bootstrap.
    """
    if answer is None or metric.over_rows is not None:
        return None
    own = scores_of(metric, [answer] * len(references), references)
    best = max(scores, key=lambda name: float(scores[name].mean()))
    more = scores[best] - own
    found, gap = bootstrap_interval(own, seed=seed), bootstrap_interval(more, seed=seed)
    if metric.share:
        found = allow_for_unseen(found, len(own), (0.0, 1.0))
        gap = allow_for_unseen(gap, len(own), (-1.0, 1.0))
    constant = ConstantAnswer(
        text=answer, value=float(own.mean()), interval=found, best=best, difference_interval=gap
    )
    return constant, Gap(float(more.mean()), *gap)
