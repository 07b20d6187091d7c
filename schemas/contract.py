"""The output contract as it is pinned in a file: what every output has to look like."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class ContractKind(StrEnum):
    """What outputs are. The first four are checked row by row, the others only named."""

    JSON = "json"
    LABEL = "label"
    NUMBER = "number"
    FINAL_ANSWER = "final-answer"
    CODE = "code"
    LIST = "list"
    SENTENCE = "sentence"
    TEXT = "text"


class PinnedContract(BaseModel):
    """What outputs look like, and on how many outputs that rests.

    Attributes:
        version: of this file format.
        kind: see `ContractKind`.
        json_schema: for json, a JSON Schema (draft 2020-12) of the parsed output. Its strings with
            an `enum` are labels.
        labels: for label, the allowed outputs.
        padded: for label, outputs have white space around the label, and may have it.
        with_unit: for number, whether outputs have a sign of a currency, of degrees or of per cent with their
            digits (True), have none (False), or both.
        marker: for final-answer, what stands before the answer in the last line ("####").
        language: for code, the language that most code fences name.
        one_line: for json, whether outputs stand on one line (True), on several (False), or both.
        key_order: for json, the usual order of the keys of an object.
        outputs: how many outputs were looked at (blank ones are not).
        keeping: how many of them keep the contract; None when it was given, not inferred.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    version: Literal[1] = 1
    kind: ContractKind
    json_schema: dict[str, Any] | None = None
    labels: tuple[str, ...] = ()
    padded: bool = False
    with_unit: bool | None = None
    marker: str | None = None
    language: str | None = None
    one_line: bool | None = None
    key_order: tuple[str, ...] = ()
    outputs: int = 0
    keeping: int | None = None
