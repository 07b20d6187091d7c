"""text-dedup's minhash command (word 5-grams, 128 permutations), on the rows as a JSON dataset."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson
from datasets import load_from_disk

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("-o", required=True)
parser.add_argument("--threshold", type=float, required=True)
arguments = parser.parse_args()
with open(arguments.file, "rb") as stream:
    lines = stream.readlines()
with tempfile.TemporaryDirectory() as folder:
    rows = Path(folder) / "rows.jsonl"
    with rows.open("wb") as out:
        for i, line in enumerate(lines):
            text = "\n".join(m["content"] for m in orjson.loads(line)["messages"])
            out.write(orjson.dumps({"row": i, "text": text.casefold()}) + b"\n")
    command = [
        sys.executable,
        "-m",
        "text_dedup.minhash",
        "--path",
        "json",
        "--data_files",
        str(rows),
    ]
    command += ["--split", "train", "--cache_dir", f"{folder}/cache", "--output", f"{folder}/out"]
    command += ["--column", "text", "--idx_column", "row", "--batch_size", "10000", "--ngram", "5"]
    command += ["--num_perm", "128", "--hash_func", "xxh3", "--threshold", str(arguments.threshold)]
    subprocess.run(command, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    kept = load_from_disk(f"{folder}/out")["row"]
with open(arguments.o, "wb") as out:
    out.writelines(lines[i] for i in sorted(kept))
