"""gaoya, 21 bands of 6, the analyser that comes nearest (word 5-grams, lower case)."""

from __future__ import annotations

import argparse

import orjson
from gaoya.minhash import MinHashStringIndex

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("-o", required=True)
parser.add_argument("--threshold", type=float, required=True)
arguments = parser.parse_args()
with open(arguments.file, "rb") as stream:
    lines = stream.readlines()
texts = ["\n".join(m["content"] for m in orjson.loads(line)["messages"]) for line in lines]
index = MinHashStringIndex(
    hash_size=32,
    jaccard_threshold=arguments.threshold,
    num_bands=21,
    band_size=6,
    analyzer="word",
    lowercase=True,
    ngram_range=(5, 5),
)
index.par_bulk_insert_docs(list(range(len(texts))), texts)
gone: set[int] = set()
for i, matches in enumerate(index.par_bulk_query(texts)):
    if i not in gone:
        gone.update(j for j in matches if j > i)
with open(arguments.o, "wb") as out:
    out.writelines(line for i, line in enumerate(lines) if i not in gone)
