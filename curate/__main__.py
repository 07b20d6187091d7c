"""Where `curate` and `python -m curate` begin.

Importing takes a moment, and Ctrl-C in that moment should end as it does later: one line, exit
code 130, no traceback. So the handler stands before anything else is imported.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from functools import partial
from types import FrameType, ModuleType
from typing import Any

_ALLOCATOR = "dirty_decay_ms:2000,muzzy_decay_ms:0,background_thread:true"


def _leave(number: int, frame: FrameType | None) -> None:
    # Nothing has been read or written yet: there is nothing to put in order.
    os.write(2, b"curate: interrupted\n")
    os._exit(130)


def start() -> int:
    """Run the command line of this process."""
    ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN  # in the background of a shell
    if not ignored:
        signal.signal(signal.SIGINT, _leave)
    # What is imported stays until the end: nothing of it is worth a search for garbage. pydantic's
    # plugins, which nothing here uses, would be looked for in every installed package.
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    lints = sys.argv[1:2] == ["lint"]
    if lints:
        # No matrices are multiplied: numpy's OpenBLAS need not start a thread for each core.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # polars' allocator keeps what is free for two seconds, not for half of one: expressions over batch
        # after batch ask for the same pages, which the system would have to clear each time. Then it gives them
        # back at once (muzzy pages would count as this process's, 0.3 GB of a million rows).
        os.environ.setdefault("_RJEM_MALLOC_CONF", _ALLOCATOR)
        _import_metadata_when_used()
    if sys.argv[1:] and not sys.argv[1].startswith("-"):
        _compile_methods_when_called()
    from curate.cli import main

    code = main(ready=_imported if ignored else _interruptible)
    if lints and sys.getprofile() is None and sys.gettrace() is None:
        _end(code)
    return code


def _end(code: int) -> None:
    """End the process without taking apart all that was imported and read, which takes 20 ms and more.

    Files are closed and temporary folders gone by now. Returns where the output cannot be flushed.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    os._exit(code)


class _Later(ModuleType):
    """Stands for a package until something of it is asked for, which imports it."""

    def __init__(self, name: str, path: list[str], functions: tuple[str, ...]) -> None:
        """`functions` can be imported by name, as that alone does not say that they are used."""
        super().__init__(name)
        self.__path__ = path
        for function in functions:
            setattr(self, function, partial(self._call, function))

    def _call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._real(), function)(*args, **kwargs)

    def _real(self) -> ModuleType:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return importlib.import_module(self.__name__)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)


def _import_metadata_when_used() -> None:
    """polars imports `importlib.metadata` for tables in data lakes, pydantic for its plugins.

    It brings mail, sockets and archives along: 20 ms.
    """
    name = "importlib.metadata"
    if name not in sys.modules:
        path = [os.path.join(folder, "metadata") for folder in importlib.__path__]
        sys.modules[name] = later = _Later(name, path, ("entry_points",))
        vars(importlib)["metadata"] = later


_SELDOM_CALLED = frozenset(
    [
        "__repr__",
        "__eq__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__hash__",
        "__setattr__",
        "__delattr__",
    ]
)


def _compile_methods_when_called() -> None:
    """pydantic and polars bring eighty data classes along, for each of which Python compiles six functions.

    Of these nearly none but `__init__` is ever called: 30 ms. (From Python 3.13 on, a class takes one step.)
    """
    import dataclasses

    create: Any = getattr(dataclasses, "_create_fn", None)
    if create is None:
        return

    def created(name: str, *args: Any, **options: Any) -> Any:
        if name not in _SELDOM_CALLED:
            return create(name, *args, **options)
        compiled: list[Any] = []

        def method(*given: Any) -> Any:
            if not compiled:
                compiled.append(create(name, *args, **options))
            return compiled[0](*given)

        method.__name__ = name
        return method

    vars(dataclasses)["_create_fn"] = created


def _imported() -> None:
    gc.freeze()
    gc.enable()


def _interruptible() -> None:
    _imported()
    # From here on an interrupt is an exception, so that what is half done can be put in order.
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(start())
