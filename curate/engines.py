"""The two engines of the near-duplicate pipeline, which give the same answer to the last bit.

`kernel` is the C kernel, when `pip install` could build it; `datasketch` needs no compiler: Python
tokenises, datasketch makes the signatures, Python verifies.
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from curate import kernel
from curate.candidates import link_python
from curate.clusters import Clustering, Mode, cluster
from curate.containment import Contained, References, TokenRows, find_contained
from curate.shingles import ShingleSets, Shingling, shingle_sets, tokenise
from curate.signatures import U32, Banding, Sketches, sketch
from curate.texts import TextBatch

EngineName = Literal["local", "datasketch"]


class Engine(Protocol):
    """What the pipeline needs of an engine; every method may be called from several threads."""

    name: str

    def sketch(self, batch: TextBatch, shingling: Shingling, banding: Banding) -> Sketches:
        """Band keys, digests and token counts of the texts (`curate.signatures.sketch`)."""
        ...

    def sets(self, batch: TextBatch, shingling: Shingling) -> ShingleSets:
        """Hashed shingle sets of the texts (`curate.shingles.shingle_sets`)."""
        ...

    def tokens(self, batch: TextBatch, shingling: Shingling) -> TokenRows:
        """Token hashes of the texts in order."""
        ...

    def contained(self, references: References, texts: TokenRows) -> list[Contained]:
        """Texts that contain a reference (`curate.containment.find_contained`)."""
        ...

    def link(self, column: U32, parents: U32) -> None:
        """Join the ranks that share a key (`curate.candidates.Link`)."""
        ...

    def cluster(
        self,
        keys: U32,
        sets: ShingleSets,
        offsets: NDArray[np.int64],
        references: NDArray[np.int64],
        threshold: float,
        mode: Mode,
    ) -> Clustering:
        """Decide groups of candidates (`curate.clusters.cluster`)."""
        ...


class DatasketchEngine:
    """Pure Python around datasketch."""

    name = "datasketch"

    def sketch(self, batch: TextBatch, shingling: Shingling, banding: Banding) -> Sketches:
        """See `Engine`."""
        return sketch(batch.texts(), shingling, banding)

    def sets(self, batch: TextBatch, shingling: Shingling) -> ShingleSets:
        """See `Engine`."""
        return shingle_sets(batch.texts(), shingling)

    def tokens(self, batch: TextBatch, shingling: Shingling) -> TokenRows:
        """See `Engine`."""
        rows = [tokenise(text, shingling) for text in batch.texts()]
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row.hashes) for row in rows], out=offsets[1:])
        values = np.concatenate([np.zeros(0, np.uint64), *(row.hashes for row in rows)])
        characters = np.array([row.characters for row in rows], np.bool_)
        return TokenRows(ShingleSets(values, offsets), characters)

    def contained(self, references: References, texts: TokenRows) -> list[Contained]:
        """See `Engine`."""
        return find_contained(references, texts)

    def link(self, column: U32, parents: U32) -> None:
        """See `Engine`."""
        link_python(column, parents)

    def cluster(
        self,
        keys: U32,
        sets: ShingleSets,
        offsets: NDArray[np.int64],
        references: NDArray[np.int64],
        threshold: float,
        mode: Mode,
    ) -> Clustering:
        """See `Engine`."""
        return cluster(keys, sets, offsets, references, threshold, mode)


def choose_engine(name: EngineName = "local") -> Engine:
    """The engine asked for: `local` is the kernel where it was built, datasketch elsewhere."""
    if name == "datasketch":
        return DatasketchEngine()
    return kernel.load() or DatasketchEngine()
