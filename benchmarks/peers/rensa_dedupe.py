"""rensa with the same shingles (word 5-grams), as its README uses the deduplicator; --words: its own."""

from __future__ import annotations

import argparse
import re

import orjson
from rensa import RMinHash, RMinHashDeduplicator

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("-o", required=True)
parser.add_argument("--threshold", type=float, required=True)
parser.add_argument("--words", action="store_true", help="split at spaces, as the README does")
arguments = parser.parse_args()
word = re.compile(r"\w+")
with open(arguments.file, "rb") as stream:
    lines = stream.readlines()
tokens = []
for line in lines:
    text = "\n".join(m["content"] for m in orjson.loads(line)["messages"])
    if arguments.words:
        tokens.append(text.split())
        continue
    words = word.findall(text.casefold())
    tokens.append([" ".join(words[i : i + 5]) for i in range(max(len(words) - 4, 1))])
deduplicator = RMinHashDeduplicator(
    threshold=arguments.threshold, num_perm=128, use_lsh=True, num_bands=32
)
entries = zip(map(str, range(len(lines))), RMinHash.from_token_sets(tokens, 128, 42), strict=True)
with open(arguments.o, "wb") as out:
    out.writelines(
        line for line, added in zip(lines, deduplicator.add_pairs(entries), strict=True) if added
    )
