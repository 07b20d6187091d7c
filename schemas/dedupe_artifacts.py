"""What `curate dedupe` and `curate split` leave behind: removed rows, clusters, the split manifest."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Reason = Literal["exact", "normalised", "near", "contained", "against", "meaning"]


class _Artifact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RowPlace(_Artifact):
    """Where a row stands: the file as the user named it, and its 1-based line or record number."""

    path: str
    line: int


class RemovedRow(_Artifact):
    """One line of `--removed`: a row that went, why, and what stands for it.

    `reason`: exact (the same bytes), normalised (the same words; case, punctuation, spacing or
    other columns differ), near (similarity to the keeper at or above the threshold, or, under
    single linkage, a chain of such), against (near a reference row), contained (a reference's
    prompt stands in it), meaning (`--semantic`). `similarity` is the exact Jaccard similarity to the
    keeper; for `contained`, the share of the reference's words found in order; for `meaning`, the
    cosine of the embeddings. `link` is the row that brought
    this one into its cluster when that is not the keeper. `row` is the original row, or its text
    where it is not JSON.
    """

    path: str
    line: int
    reason: Reason
    similarity: float
    cluster: int | None
    keeper: RowPlace
    link: RowPlace | None = None
    link_similarity: float | None = None
    row: Any


class ClusterMember(_Artifact):
    """A row of a cluster, with its exact Jaccard similarity to the kept row (1 for that itself)."""

    path: str
    line: int
    similarity: float
    reason: Reason | None


class ClusterRecord(_Artifact):
    """One line of `--clusters`: the rows that one kept row stands for, itself included."""

    cluster: int
    size: int
    keeper: RowPlace
    members: tuple[ClusterMember, ...]


class SplitFile(_Artifact):
    """One file of a split: its rows, and the SHA-256 of its bytes."""

    path: str
    rows: int
    sha256: str


class SplitManifest(_Artifact):
    """`split.json`: which row is where, so that a later split of a grown file moves none.

    `rows[name]` lists, for each line of the file in order, the row's digest and its cluster's (16
    hexadecimal digits each): no cluster occurs under two names. A row's digest is of its words, so
    it survives reformatting. `achieved` are the shares of the rows; `left_out` counts rows that are
    near rows of two different splits and therefore belong to neither.
    """

    version: Literal[1] = 1
    sources: dict[str, str]
    seed: int
    threshold: float
    group_by: str | None
    stratified_by: str | None
    wanted: dict[str, float]
    achieved: dict[str, float]
    files: dict[str, SplitFile]
    left_out: int
    rows: dict[str, tuple[tuple[str, str], ...]]
