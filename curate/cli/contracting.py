"""What `curate contract` does: infer a contract, print it, pin it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import polars as pl

from curate.cli.command import Invocation
from curate.contract import CHECKED, Contract, ContractKind, Violation, from_tally
from curate.errors import EXIT_CLEAN, UserError
from curate.light_dataclass import dataclass
from curate.output_tally import OutputTally
from curate.rules.output_contracts import judged
from curate.schemas.options.contract import ContractOptions
from curate.schemas.options.data import DataOptions
from curate.shared_order import OrderTally
from curate.sources import STDIN, expand
from curate.validating import read_checked
from curate.writing import protect, write_json


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that breaks the contract."""

    path: str
    line: int
    violation: Violation


def run(invocation: Invocation) -> int:
    """Infer, print, pin."""
    options = invocation.options(ContractOptions, "contract")
    data = invocation.options(DataOptions, "data")
    protect(invocation.arguments.files, (options.output,))
    contract, broken = contract_of_files(invocation.arguments.files, data)
    if not contract.outputs:
        files = ", ".join(invocation.arguments.files)
        raise UserError(f"{files}: no row has an output; there is nothing to infer a contract from")
    if options.output is not None:
        write_json(options.output, contract.model_dump(mode="json", exclude_defaults=False))
    if options.output_format == "json":
        print(json.dumps(contract.model_dump(mode="json"), indent=2, ensure_ascii=False))
        return EXIT_CLEAN
    print(f"{contract.describe()}.")
    for line in _details(contract):
        print(line)
    if broken and options.show:
        print()
        for row in broken[: options.show]:
            print(f"  {row.path}:{row.line}: {row.violation.message}")
        if len(broken) > options.show:
            print(
                f"  … {len(broken) - options.show} more; `curate lint --select CON` names them all"
            )
    if options.output is not None:
        print(f"\npinned in {options.output}; enforce it: curate lint --contract {options.output}")
    return EXIT_CLEAN


def contract_of_files(paths: Sequence[str], data: DataOptions) -> tuple[Contract, list[BrokenRow]]:
    """The contract of all files together, and the rows that break it. Raises UserError."""
    names = expand(paths)
    if STDIN in names:
        raise UserError("curate contract reads its files twice; give a file instead of -")
    tally, orders = OutputTally(), OrderTally()
    for _, rows in _rows(names, data):
        tally.add(judged(rows))
        orders.add(rows)
    contract = from_tally(tally, order=orders.order())
    if contract.kind not in CHECKED:
        return contract, []
    broken: list[BrokenRow] = []
    keeping = 0
    for path, rows in _rows(names, data):
        for line, text in zip(rows["line"].to_list(), judged(rows).to_list(), strict=True):
            if text is None or not text.strip():
                continue
            violations = contract.check(text)
            keeping += not violations
            broken += [BrokenRow(path, line, v) for v in violations[:1]]
    return contract.model_copy(update={"keeping": keeping}), broken


def _rows(names: Sequence[str], data: DataOptions) -> Iterator[tuple[str, pl.DataFrame]]:
    for path in names:
        for checked in read_checked(path, data):
            for batch in checked.batches:
                yield path, batch.rows


def _details(contract: Contract) -> Iterator[str]:
    """A line for each key of JSON objects, or for each label."""
    if contract.kind is ContractKind.LABEL:
        for label in contract.labels:
            yield f"  {label}"
    schema = contract.json_schema or {}
    if schema.get("type") == "array":
        schema = schema.get("items", {})
    required = set(schema.get("required", ()))
    for name, below in schema.get("properties", {}).items():
        if "enum" in below:
            said = "one of " + ", ".join(json.dumps(v, ensure_ascii=False) for v in below["enum"])
        else:
            types = below.get("type", "anything")
            said = types if isinstance(types, str) else " or ".join(types)
        yield f"  {name}: {said}{'' if name in required else ' (optional)'}"
