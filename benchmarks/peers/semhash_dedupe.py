"""semhash with a toy static model (random vectors for hashed words): what it costs, not what it finds.

No model is downloaded; semhash looks for rows of like meaning, so its recall and precision by words
are only indicative.
"""

from __future__ import annotations

import argparse
import re

import numpy as np
import orjson
from semhash import SemHash

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("-o", required=True)
parser.add_argument("--threshold", type=float, required=True)
arguments = parser.parse_args()
word = re.compile(r"\w+")
table = np.random.default_rng(0).standard_normal((1 << 16, 256), np.float32)


class Toy:
    """Mean of random word vectors, with the one method that semhash asks for."""

    def encode(self, inputs: list[str], **_: object) -> np.ndarray:
        """One row a text."""
        return np.stack(
            [
                table[[hash(w) & 0xFFFF for w in word.findall(t.casefold()) or [""]]].mean(0)
                for t in inputs
            ]
        )


with open(arguments.file, "rb") as stream:
    lines = stream.readlines()
records = [
    {"text": "\n".join(m["content"] for m in orjson.loads(line)["messages"]), "row": str(i)}
    for i, line in enumerate(lines)
]
index = SemHash.from_records(records=records, columns=["text"], model=Toy())
kept = sorted(int(r["row"]) for r in index.self_deduplicate(threshold=0.95).selected)
with open(arguments.o, "wb") as out:
    out.writelines(lines[i] for i in kept)
