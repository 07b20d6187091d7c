"""The overfitting watch on recorded real runs.

    python benchmarks/watch.py record --model MODEL --data-dir DATA --output RECORDED --gpus 2
    python benchmarks/watch.py score [RECORDED]

`record` trains the runs of `watch_tasks.py` and keeps the loss of each validation row at each
evaluation; `score` says how well each policy of stopping does on them. Without
RECORDED, those of `watch_runs/` are scored (SmolLM2-135M on an H100). DATA holds gsm8k_train.jsonl, code_alpaca_2k.json, dolly_3k.json and alpaca_4800.json.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser("record", help="train, and keep what was measured")
    record.add_argument("--model", required=True, help="a folder or a .gguf file")
    record.add_argument("--data-dir", type=Path, required=True)
    record.add_argument("--output", type=Path, required=True, help="folder for the results")
    record.add_argument("--gpus", type=int, default=0, help="0: on the CPU")
    record.add_argument("--jobs", type=int, default=1, help="runs at once on each GPU")
    record.add_argument("--deadline", type=float, default=240.0, help="seconds for everything")
    record.add_argument("--only", nargs="+", help="runs whose name contains one of these")
    record.add_argument("--shrink", type=int, default=1, help="rows and steps divided by this")
    score = commands.add_parser("score", help="compare policies on recorded runs")
    score.add_argument(
        "recorded", type=Path, nargs="?", default=Path(__file__).with_name("watch_runs")
    )
    score.add_argument("--rows", type=int, nargs="+", default=[32, 128], help="watched rows")
    score.add_argument(
        "--every", type=int, nargs="+", default=[1, 3], help="evaluations seen: one in N"
    )
    score.add_argument("--draws", type=int, default=40)
    score.add_argument("--only", help="runs whose name contains this")
    score.add_argument("--curves", action="store_true", help="print the loss curves as well")
    worker = commands.add_parser("worker")
    worker.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "record":
        from watch_record import record as run

        run(arguments)
    elif arguments.command == "score":
        from watch_score import score as run

        run(arguments)
    else:
        from watch_record import work

        work(arguments.folder)


if __name__ == "__main__":
    main()
