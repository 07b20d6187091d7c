"""datasketch 2 as its documentation shows: MinHash (SHA-1) and MinHashLSH with defaults."""

from __future__ import annotations

import argparse
import re

import orjson
from datasketch import MinHash, MinHashLSH

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("-o", required=True)
parser.add_argument("--threshold", type=float, required=True)
arguments = parser.parse_args()
word = re.compile(r"\w+")
with open(arguments.file, "rb") as stream:
    lines = stream.readlines()
shingles = []
for line in lines:
    text = "\n".join(m["content"] for m in orjson.loads(line)["messages"])
    words = word.findall(text.casefold())
    shingles.append({" ".join(words[i : i + 5]).encode() for i in range(max(len(words) - 4, 1))})
index = MinHashLSH(threshold=arguments.threshold, num_perm=128)
with open(arguments.o, "wb") as out:
    for i, sketch in enumerate(MinHash.generator(shingles, num_perm=128)):
        if not index.query(sketch):
            index.insert(i, sketch)
            out.write(lines[i])
