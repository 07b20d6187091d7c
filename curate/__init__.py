"""Finds what is wrong with fine-tuning data, removes what is there twice, trains, and watches.

The four verbs of the Python API, each the function that the command of the same name calls:

    curate.lint(paths, ...)      curate.dedupe(paths, ...)
    curate.split(path, ...)      curate.train(data, ...)

They are loaded on first use: `import curate` costs nothing, and only `curate.train(...)` imports
torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from curate._version import __version__

if TYPE_CHECKING:
    from curate.deduping import dedupe
    from curate.linting import lint
    from curate.splitting import split
    from curate.train.command import train

__all__ = ["__version__", "dedupe", "lint", "split", "train"]

_HOMES = {"lint": "curate.linting", "dedupe": "curate.deduping", "split": "curate.splitting"}


def __getattr__(name: str) -> Any:
    if name == "train":
        # The folder and the verb share a name: the package itself can be called (see its module).
        return importlib.import_module("curate.train")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'curate' has no attribute {name!r}")
