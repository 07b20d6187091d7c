"""The trainer: the only part of curate that imports torch, and only in its modules, not here.

`curate.train` is both this package and the verb of the Python API: calling it,
`curate.train(data, ...)`, runs `curate.train.command.train`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    """A package that can be called like the function it is named after."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from curate.train.command import train

        return train(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
