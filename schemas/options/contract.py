"""Options of `curate contract`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from curate.schemas.options.base import Options, option


class ContractOptions(Options):
    """Where the contract is pinned, and how it is shown."""

    output: Path | None = option(
        None,
        "Pin the contract in this file; `curate lint --contract FILE` then enforces it.",
        short="-o",
        metavar="FILE",
    )
    output_format: Literal["text", "json"] = option("text", "How to show it.")
    show: int = option(5, "How many of the rows that break it to show.", ge=0)
