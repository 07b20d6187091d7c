"""Daft's built-in minhash (word 5-grams, 21 bands of 6), buckets in Python: no verification."""

from __future__ import annotations

import argparse
import re

import daft
import numpy as np
import orjson

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("-o", required=True)
parser.add_argument("--threshold", type=float, required=True)
arguments = parser.parse_args()
word = re.compile(r"\w+")
with open(arguments.file, "rb") as stream:
    lines = stream.readlines()
texts = [
    " ".join(
        word.findall("\n".join(m["content"] for m in orjson.loads(line)["messages"]).casefold())
    )
    for line in lines
]
bands, rows = (21, 6) if arguments.threshold >= 0.8 else (25, 5)
frame = daft.from_pydict({"text": texts})
hashed = frame.select(
    daft.functions.minhash(
        daft.col("text"), num_hashes=bands * rows, ngram_size=5, seed=1, hash_function="xxhash"
    ).alias("h")
).to_arrow()
values = np.asarray(hashed["h"].combine_chunks().flatten(), np.uint32).reshape(len(lines), -1)
parents = list(range(len(lines)))


def root(i: int) -> int:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


for band in range(bands):
    first: dict[bytes, int] = {}
    part = np.ascontiguousarray(values[:, band * rows : (band + 1) * rows])
    for i, key in enumerate(part.view(f"V{4 * rows}").ravel().tolist()):
        a, b = root(first.setdefault(key, i)), root(i)
        parents[max(a, b)] = min(a, b)
with open(arguments.o, "wb") as out:
    out.writelines(line for i, line in enumerate(lines) if root(i) == i)
