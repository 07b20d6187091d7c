"""The contracts of the files being linted, and every row that breaks one: shared by the CON rules.

While the files are read, outputs are only counted. Where a contract comes out that rows can break,
the files are read once more and each output is checked; free text costs no second reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import lru_cache

import polars as pl

from curate.contract import CHECKED, Contract, Violation, from_tally
from curate.contract_inference import Shares
from curate.contract_loading import load_contract
from curate.dataset import Dataset
from curate.label_variants import is_closed
from curate.light_dataclass import dataclass
from curate.loose_json import strict_json
from curate.output_tally import LABEL_BYTES, OutputTally
from curate.rules.protocol import Hit, Repair
from curate.rules.splits import roles_of
from curate.schemas.contract import ContractKind
from curate.schemas.findings import FixSafety
from curate.schemas.options.lint import LintOptions
from curate.shared_order import OrderTally

# Labels that the system prompt names make up so much of the outputs, where it names them all.
_OFFERED = 0.85
_TRAINED_ON = 50


def judged(rows: pl.DataFrame) -> pl.Series:
    """The outputs that a contract is about, null where a row has none.

    Turns that call tools keep their tools' contract, and the answers of unpaired preferences that
    were judged bad keep none.
    """
    kept = ~pl.col("roles").str.ends_with("c") & pl.col("label").fill_null(True)
    return rows.lazy().select(pl.when(kept).then("completion")).collect()["completion"]


@dataclass(frozen=True, slots=True)
class Breach:
    """Row `row` of the dataset breaks the contract of its group of files."""

    row: int
    group: Hashable
    violation: Violation


class OutputContracts:
    """Collects what outputs look like, file by file; afterwards knows contracts and breaches."""

    def __init__(self, options: LintOptions) -> None:
        self.given = load_contract(options.contract) if options.contract else None
        self._shares = Shares(least=options.contract_outputs, structured=options.contract_share)
        self._tallies: dict[int, OutputTally] = {}
        self._orders: dict[int, OrderTally] = {}
        self._merged: dict[Hashable, OutputTally] | None = None
        self._contracts: dict[Hashable, Contract] | None = None
        self._breaches: list[Breach] | None = None
        self._unknown: Counter[Hashable] | None = None
        # The system prompt of the last rows that had one, and the groups whose labels leave no doubt.
        self._system = ""
        self._strong: set[Hashable] = set()
        self.odd_styles: list[tuple[int, str]] = []

    def add(self, rows: pl.DataFrame, file: int) -> None:
        """Count the outputs of a batch."""
        self._tallies.setdefault(file, OutputTally()).add(judged(rows))
        self._orders.setdefault(file, OrderTally()).add(rows)
        systems = rows["system"].drop_nulls()
        if len(systems):
            self._system = systems.mode().sort()[0]

    def add_reference(self, rows: pl.DataFrame, file: int) -> None:
        """Benchmarks have no contract to keep."""

    def tallies(self, dataset: Dataset) -> dict[Hashable, OutputTally]:
        """What the outputs of each file, or of all splits, look like."""
        if self._merged is None:
            self._merged = {}
            for file, tally in sorted(self._tallies.items()):
                self._merged.setdefault(_group(dataset, file), OutputTally()).merge(tally)
        return self._merged

    def tally_of(self, files: Sequence[int]) -> OutputTally:
        """What the outputs of some files together look like."""
        merged = OutputTally()
        for file in files:
            merged.merge(self._tallies.get(file, OutputTally()))
        return merged

    def contracts(self, dataset: Dataset) -> dict[Hashable, Contract]:
        """The contract of each file; files given as splits share one."""
        if self._contracts is None:
            tallies = self.tallies(dataset)
            self._contracts = {
                group: self.given.model_copy(update={"outputs": tally.outputs})
                if self.given
                else self._offered(dataset, group, self._inferred(dataset, group, tally), tally)
                for group, tally in tallies.items()
            }
        return self._contracts

    def _inferred(self, dataset: Dataset, group: Hashable, tally: OutputTally) -> Contract:
        """The contract of a group; what its prompts ask for, and what its labels mean, leaves no doubt of the others."""
        orders = OrderTally()
        for file, said in sorted(self._orders.items()):
            if _group(dataset, file) == group:
                orders.merge(said)
        order = orders.order()
        contract = from_tally(tally, self._shares, order)
        if contract.kind is ContractKind.LABEL and set(order.lists(contract.labels) or ()) == set(
            contract.labels
        ):
            self._strong.add(group)
        return contract

    def _offered(
        self, dataset: Dataset, group: Hashable, contract: Contract, tally: OutputTally
    ) -> Contract:
        """A contract without the labels that the system prompt does not offer, or that are never trained on."""
        if contract.kind is not ContractKind.LABEL or tally.labels is None:
            return contract
        labels, counts = contract.labels, tally.labels
        kept = labels
        offered = tuple(
            label
            for label in labels
            if re.search(rf"(?<!\w){re.escape(label)}(?!\w)", self._system)
        )
        covered = sum(counts[label] for label in offered)
        if len(offered) >= 2 and covered >= _OFFERED * sum(counts[label] for label in labels):
            kept = offered
            self._strong.add(group)
        trained = [
            tally.labels
            for file, tally in self._tallies.items()
            if roles_of(dataset)[file] == "train" and tally.labels is not None
        ]
        if group == "splits" and sum(t.total() for t in trained) >= _TRAINED_ON:
            met = tuple(label for label in kept if any(t[label] for t in trained))
            if 0 < len(met) < len(kept):
                self._strong.add(group)
                kept = met
        return contract.model_copy(update={"labels": kept}) if kept != labels else contract

    def contract_of(self, dataset: Dataset, file: int) -> Contract | None:
        """The contract of a file, if it has rows."""
        return self.contracts(dataset).get(_group(dataset, file))

    def breaches(self, dataset: Dataset) -> list[Breach]:
        """Every way in which a row breaks its contract, in order of the rows."""
        if self._breaches is None:
            self._breaches = []
            contracts = self.contracts(dataset)
            if any(c.kind in CHECKED for c in contracts.values()):
                self._check_all(dataset, self._breaches)
                broken: dict[Hashable, set[int]] = {}
                for breach in self._breaches:
                    broken.setdefault(breach.group, set()).add(breach.row)
                for group, contract in contracts.items():
                    if contract.kind in CHECKED:
                        keeping = contract.outputs - len(broken.get(group, ()))
                        contracts[group] = contract.model_copy(update={"keeping": keeping})
        return self._breaches

    def is_offered(self, group: Hashable) -> bool:
        """Whether the labels are given: by a contract, by the system prompt, or by what is trained on."""
        return self.given is not None or group in self._strong

    def is_strong(self, group: Hashable) -> bool:
        """Whether the outputs are many and regular enough to call a rare label wrong."""
        if self.given is not None or group in self._strong:
            return True
        assert self._contracts is not None
        assert self._breaches is not None
        if self._unknown is None:
            self._unknown = Counter(
                b.group for b in self._breaches if b.violation.kind == "unknown-value"
            )
        contract, tally = self._contracts[group], (self._merged or {}).get(group)
        labels = tally.labels if tally is not None and contract.labels else None
        if labels is not None and not is_closed(contract.labels, labels):
            return False
        outputs = contract.outputs
        return outputs >= 100 and self._unknown[group] <= max(1.0, 0.06 * outputs)

    def _check_all(self, dataset: Dataset, breaches: list[Breach]) -> None:
        files, start = dataset.frame["file"], 0
        for rows in dataset.read_again(range(len(dataset))):
            group = _group(dataset, int(files[start])) if rows.height else None
            contract = self.contracts(dataset).get(group)
            if contract is not None and contract.kind in CHECKED:
                check = _remembering(contract)
                for row, text in enumerate(judged(rows).to_list(), start):
                    if text is None or not text.strip():
                        continue
                    found = check(text)
                    breaches += [Breach(row, group, v) for v in found]
                    if not found and contract.kind is ContractKind.JSON:
                        self._note_style(row, contract, text.strip())
            start += rows.height

    def _note_style(self, row: int, contract: Contract, text: str) -> None:
        if contract.one_line is not None and contract.one_line == ("\n" in text):
            here, elsewhere = "on one line", "over several lines"
            if contract.one_line:
                here, elsewhere = elsewhere, here
            self.odd_styles.append((row, f"the JSON is spread {here}, elsewhere {elsewhere}"))
        elif contract.key_order:
            keys = _keys(text)
            usual = [k for k in contract.key_order if k in keys]
            if [k for k in keys if k in contract.key_order] != usual:
                said = ", ".join(usual)
                self.odd_styles.append((row, f"the keys stand in another order; elsewhere {said}"))


def _keys(text: str) -> list[str]:
    value = strict_json(text)[1]
    return list(value) if isinstance(value, dict) else []


def _remembering(contract: Contract) -> Callable[[str], list[Violation]]:
    """`contract.check`, which does not judge the same label a million times."""
    remembered = lru_cache(maxsize=4096)(contract.check)
    return lambda text: remembered(text) if len(text) <= LABEL_BYTES else contract.check(text)


def _group(dataset: Dataset, file: int) -> Hashable:
    return file if roles_of(dataset)[file] == "data" else "splits"


def hits_of(dataset: Dataset, *kinds: str) -> Iterator[tuple[Breach, Hit]]:
    """A hit for each breach of these kinds, with the repair that mends the whole output."""
    collector = dataset.collector(OutputContracts)
    contracts = collector.contracts(dataset)
    for breach in collector.breaches(dataset):
        violation = breach.violation
        if violation.kind in kinds:
            hit = Hit(
                breach.row,
                violation.message,
                column="completion",
                repair=_repair(violation, contracts[breach.group]),
            )
            yield breach, hit


def _repair(violation: Violation, contract: Contract) -> Repair | None:
    if violation.mended is None:
        return None
    what = {
        "unparseable": "write the output as JSON",
        "variant": f"write {violation.proposal!r}",
        "extra-key": f"name the key {violation.proposal!r}",
    }.get(violation.kind, "write the output as the others")

    def mend(text: str) -> str:
        # Judged anew: another repair of the same output may have come before.
        for found in contract.check(text):
            same = (found.kind, found.path, found.found) == (
                violation.kind,
                violation.path,
                violation.found,
            )
            if same and found.mended is not None:
                return found.mended
        return text

    safety = FixSafety.SAFE if violation.certain else FixSafety.UNSAFE
    return Repair(safety, what, text=mend)
