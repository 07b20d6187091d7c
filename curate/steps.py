"""Steps of a longer job, each done once: what is up to date is not done again.

A step's fingerprint covers what its result depends on: the content of its input files, its
options, and the version of curate. A step is up to date when its fingerprint is the one noted in
the manifest and its outputs are there, unchanged.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from curate._version import __version__
from curate.light_dataclass import dataclass
from curate.manifest import file_hash, read_manifest, update_manifest


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        name: its name in the manifest.
        inputs: files whose content the result depends on.
        settings: everything else it depends on, as JSON values.
        outputs: paths below the run folder that the step leaves; a folder stands for all its files.
        run: does the work, and returns a summary that can be written as JSON.
    """

    name: str
    inputs: tuple[Path, ...]
    settings: Mapping[str, Any]
    outputs: tuple[str, ...]
    run: Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a step: its summary, and whether the work had been done before."""

    name: str
    summary: dict[str, Any]
    skipped: bool
    elapsed_s: float


def do(step: Step, run_folder: Path, *, fresh: bool = False) -> Done:
    """Do a step unless it is up to date, and note it in the manifest.

    Later steps' notes stay: their own fingerprints say whether they still hold.
    """
    fingerprint = _fingerprint(step)
    noted = read_manifest(run_folder).get("steps", {})
    before = noted.get(step.name, {})
    if not fresh and before.get("fingerprint") == fingerprint and _intact(before, run_folder):
        return Done(step.name, before["summary"], True, before["elapsed_s"])
    started = time.perf_counter()
    summary = step.run()
    elapsed = round(time.perf_counter() - started, 2)
    note = {
        "fingerprint": fingerprint,
        "inputs": {str(path): file_hash(path) for path in step.inputs},
        "outputs": _hashes(step.outputs, run_folder),
        "summary": summary,
        "elapsed_s": elapsed,
    }
    noted = read_manifest(run_folder).get("steps", {})
    update_manifest(run_folder, steps={**noted, step.name: note})
    return Done(step.name, summary, False, elapsed)


def _fingerprint(step: Step) -> str:
    content = {
        "curate": __version__,
        "name": step.name,
        "inputs": [file_hash(path) for path in step.inputs],
        "settings": step.settings,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _hashes(outputs: tuple[str, ...], folder: Path) -> dict[str, str]:
    files: dict[str, str] = {}
    for output in outputs:
        path = folder / output
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                files[file.relative_to(folder).as_posix()] = file_hash(file)
    return files


def _intact(note: Mapping[str, Any], folder: Path) -> bool:
    return all(
        (folder / name).is_file() and file_hash(folder / name) == digest
        for name, digest in note["outputs"].items()
    )
