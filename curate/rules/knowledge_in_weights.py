"""FRM001: the set teaches facts, which belong in retrieval."""

from __future__ import annotations

from collections.abc import Iterator

from curate.contract import ContractKind
from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts
from curate.rules.outside_facts import asks, outside_facts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.samples import Sample
from curate.rules.splits import roles_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 20
_EVIDENCE = 10
# Sets that share a form teach that form, whatever they mention.
_FORMS = {ContractKind.JSON, ContractKind.LABEL, ContractKind.FINAL_ANSWER, ContractKind.CODE}


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    contracts = dataset.collector(OutputContracts)
    for file, role in enumerate(roles_of(dataset)):
        contract = contracts.contract_of(dataset, file)
        if role not in ("data", "train") or contract is None or contract.kind in _FORMS:
            continue
        sample = dataset.collector(Sample).of(dataset, file)
        if sample.height < _LEAST_ROWS:
            continue
        evidence: list[tuple[int, set[str]]] = []
        for row, prompt, answer in sample.select("index", "prompt", "completion").iter_rows():
            facts = outside_facts(prompt, answer)
            if facts and asks(prompt):
                evidence.append((row, facts))
        share = len(evidence) / sample.height
        if share >= options.knowledge_share:
            told = sorted({fact for _, facts in evidence[:_EVIDENCE] for fact in sorted(facts)[:1]})
            yield Hit(
                None,
                f"{share:.0%} of the answers state names, dates or numbers that their questions do "
                f"not contain ({', '.join(told[:4])}, …): facts belong in retrieval, not in weights",
                related=tuple((row, None) for row, _ in evidence[:_EVIDENCE]),
                file=file,
            )


RULE = DatasetRule(
    about=About(
        code="FRM001",
        name="knowledge-in-weights",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the set teaches facts; retrieval would serve them better",
        reason="Fine-tuning teaches how to answer, and facts only badly: the model learns to sound sure "
        "about things that it half remembers, and each changed fact takes another training run. "
        "Gekhman et al. 2024 (arXiv 2405.05904) find that unknown facts are learnt slowly and raise "
        "hallucination.",
        example='200 rows like "When was Zorbla founded?" answered "In 1987, by Elena Marsh."',
        remedy="Put the facts into documents and retrieve them; fine-tune on answering from a given "
        "context. `curate compare --docs` measures both.",
        options=("knowledge_share",),
        assumes="Names are told by capital letters, so in scripts without them only numbers count; "
        "questions are told by English words or a question mark.",
    ),
    features=(),
    check=_check,
    collectors=(Sample, OutputContracts),
)
