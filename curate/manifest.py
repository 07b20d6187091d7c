"""`manifest.json`: what a run was made from, part by part, enough to make it again.

Each command writes its own part ("steps" by `curate run`, "training" by `curate train`, "split" by
`curate split`); the others are left as they are.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from pathlib import Path
from typing import Any

from curate._version import __version__
from curate.errors import UserError
from curate.writing import write_json

FILE_NAME = "manifest.json"
_LIBRARIES = (
    "polars",
    "pydantic",
    "datasketch",
    "numpy",
    "orjson",
    "torch",
    "transformers",
    "peft",
    "accelerate",
    "safetensors",
    "tokenizers",
)


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Versions of curate, Python and the libraries that decide results; nothing is imported."""
    found = {"curate": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def read_manifest(run: Path) -> dict[str, Any]:
    """All parts; empty when there is no manifest yet. Raises UserError when it is damaged."""
    path = run / FILE_NAME
    if not path.exists():
        return {}
    try:
        parts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path}: cannot be read ({error}); remove the run folder to begin anew"
        ) from None
    if not isinstance(parts, dict):
        raise UserError(f"{path}: expected an object; remove the run folder to begin anew")
    return parts


def update_manifest(run: Path, **parts: Any) -> None:
    """Replace these parts of the run's manifest, atomically, and note the versions in use."""
    manifest = read_manifest(run)
    manifest.update(parts)
    manifest["version"] = 1
    manifest["versions"] = versions()
    write_json(run / FILE_NAME, manifest)
