"""Options of `curate dedupe`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import field_validator, model_validator

from curate.schemas.options.base import Options, option

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


def size_in_bytes(text: str) -> int:
    """ "2GB", "512M" or "1.5 GiB" in bytes. Raises ValueError for anything else."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size; expected something like 2GB or 512MB")
    return int(float(match[1]) * _UNITS[match[2].upper()])


class SimilarityOptions(Options):
    """What counts as a near duplicate."""

    threshold: float = option(
        0.8,
        "Smallest Jaccard similarity of a near duplicate; 0.7 also catches reworded rows.",
        gt=0,
        le=1,
    )
    unit: Literal["auto", "word", "char"] = option(
        "auto",
        "What shingles are made of: words, characters (for scripts without spaces), or auto, "
        "which chooses for each row.",
    )
    ngram: int = option(5, "How many words or characters make a shingle.", ge=1, le=64)
    field: str = option(
        "all",
        "What is compared: all (every turn), prompt (all before the last answer), completion "
        "(the last answer), or a column of the file.",
        metavar="all|prompt|completion|COLUMN",
    )
    system: bool = option(False, "Compare system prompts as well.")


class DedupeOptions(SimilarityOptions):
    """What is removed, and what is written."""

    output: Path | None = option(
        None,
        "Write the kept rows here; without it, NAME.dedup.jsonl beside each input.",
        short="-o",
        metavar="FILE",
    )
    in_place: bool = option(False, "Replace the input files (only plain JSONL).")
    check: bool = option(False, "Write nothing; exit 1 when there are duplicates.")
    removed: Path | None = option(
        None, "Write the removed rows here, with reason, similarity and keeper.", metavar="FILE"
    )
    clusters: Path | None = option(
        None, "Write the clusters here, with every member's similarity.", metavar="FILE"
    )
    keep: Literal["first", "last", "longest", "best"] = option(
        "first", "Which row of a cluster stays; best is the highest --keep-by."
    )
    keep_by: str | None = option(
        None, "Column with the score for --keep best (higher is better).", metavar="COLUMN"
    )
    linkage: Literal["representative", "single"] = option(
        "representative",
        "representative: a row goes only if a kept row is within the threshold; single: chains of "
        "near duplicates are one cluster.",
    )
    against: tuple[str, ...] = option(
        (),
        "Also remove rows that are near a row of this file, or contain its prompt (decontamination); "
        "may be given several times.",
        metavar="FILE",
    )
    containment: float = option(
        0.8,
        "With --against: the share of a reference's words, in order, that a row must hold.",
        gt=0,
        le=1,
    )
    max_removed_share: float = option(
        0.5, "Stop when a larger share of the rows would go, unless --yes.", ge=0, le=1
    )
    yes: bool = option(False, "Remove however many it is.")
    index: Path | None = option(
        None,
        "Folder with the rows of earlier runs: rows near one of those go, the kept ones are added.",
        metavar="DIR",
    )
    shared_index: str | None = option(
        None,
        "The same in Redis, shared by several machines: redis://HOST[:PORT]/DATABASE/NAME (extra "
        "`redis`).",
        metavar="URL",
    )
    semantic: str | None = option(
        None,
        "Then also remove rows that say the same in other words, by this embedding model (a folder or "
        "hub name; extra `semantic`).",
        metavar="MODEL",
    )
    semantic_threshold: float = option(
        0.9, "With --semantic: the smallest cosine similarity of such rows.", gt=0, le=1
    )
    memory: str = option("2GB", "Keep scratch data beyond this size on disk.", metavar="SIZE")
    engine: Literal["local", "datasketch", "daft"] = option(
        "local",
        "local: the C kernel where it was built; datasketch: pure Python, same result; daft: the "
        "kernel in a Daft plan, for more rows than one machine holds (extra `cluster`).",
    )
    address: str | None = option(
        None,
        "With --engine daft: the Ray cluster to run on (ray://HOST:10001, auto, or local for a new "
        "one here); without it, Daft runs in this process.",
        metavar="ADDRESS",
    )
    threads: int | None = option(None, "Threads to use; without it, every core.", ge=1)
    audit: bool = option(
        False, "Find all true pairs by an exact join as well, and report the measured recall."
    )
    show: int = option(3, "How many of the largest clusters to show.", ge=0)
    output_format: Literal["text", "json"] = option("text", "How to report.")

    @property
    def memory_bytes(self) -> int:
        """`memory` in bytes."""
        return size_in_bytes(self.memory)

    @field_validator("memory")
    @classmethod
    def _is_size(cls, value: str) -> str:
        if size_in_bytes(value) < 1 << 20:
            raise ValueError("expected at least 1MB")
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> DedupeOptions:
        if self.keep == "best" and not self.keep_by:
            raise ValueError("--keep best needs --keep-by, the column that holds the score")
        if self.keep_by and self.keep != "best":
            raise ValueError("--keep-by is only used with --keep best")
        if self.address and self.engine != "daft":
            raise ValueError("--address is only used with --engine daft")
        if self.engine == "daft":
            alone = ("against", "index", "shared_index", "audit", "semantic")
            if also := [name for name in alone if getattr(self, name)]:
                raise ValueError(f"--{also[0].replace('_', '-')} does not go with --engine daft")
        if self.index and self.shared_index:
            raise ValueError("--index and --shared-index exclude each other")
        if self.in_place and self.output:
            raise ValueError("--in-place and --output exclude each other")
        return self
