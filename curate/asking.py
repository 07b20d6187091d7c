"""A process beside the main one that asks rules in Python about exchanges, so that cores share that work.

It reads requests from its standard input and answers on its standard output, until the input ends:
a rule's function and many exchanges in, what was said about which of them out. Messages are JSON behind
their length; nothing that is read is ever run, and functions are taken from `curate.rules` only. It
imports those rules one by one, and polars, with which they make expressions, not at all
(`curate.askers` is the other end).
"""

from __future__ import annotations

import importlib
import os
import struct
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import IO, Any

import orjson

from curate._version import __version__

Says = Callable[[str, str], str | None]
RULES_PACKAGE = "curate.rules"
_LENGTH = struct.Struct("<Q")
_LONGEST = 1 << 32  # bytes; more is no message of ours


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message. Raises OSError when nobody reads, TypeError for what JSON cannot hold."""
    content = orjson.dumps(message)
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message. Raises EOFError at the end, ValueError for what is no message."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    length = _LENGTH.unpack(head)[0]
    if length > _LONGEST:
        raise ValueError("not a message")
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return orjson.loads(content)


def introduction() -> dict[str, str]:
    """What both ends must have in common: this curate, and no other that is installed beside it."""
    return {"curate": os.path.realpath(os.path.dirname(__file__)), "version": __version__}


def ask(says: Says, exchanges: Sequence[Sequence[str]]) -> dict[str, Any]:
    """What a rule says about exchanges: `said`, by their index, and those on which it `failed`."""
    said: list[tuple[int, str]] = []
    failed: list[int] = []
    for i, (prompt, completion) in enumerate(exchanges):
        try:
            message = says(prompt, completion)
        except Exception:
            failed.append(i)  # whoever asked asks again, and meets the exception
            continue
        if message is not None:
            said.append((i, message))
    return {"said": said, "failed": failed}


def name_of(says: Says) -> str | None:
    """The name under which another process finds this function of a rule; None where it cannot."""
    module = getattr(says, "__module__", None) or ""
    name = getattr(says, "__qualname__", "")
    if not module.startswith(f"{RULES_PACKAGE}.") or "." in name:
        return None
    known = getattr(sys.modules.get(module), name, None)
    return f"{module}:{name}" if known is says else None


def function_of(name: str) -> Says:
    """The function of a rule with this name. Raises ValueError for any other, ImportError."""
    module, _, function = name.partition(":")
    if not module.startswith(f"{RULES_PACKAGE}."):
        raise ValueError(f"{name} is no rule's")
    says: Says = getattr(importlib.import_module(module), function)
    return says


class _Unneeded(ModuleType):
    """Stands for a package until something of it is used, which imports it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def _import_little() -> None:
    """Rules without the table of all rules, and without polars unless one of them uses it here."""
    rules = ModuleType(RULES_PACKAGE)
    rules.__path__ = [os.path.join(os.path.dirname(__file__), "rules")]
    sys.modules[RULES_PACKAGE] = rules
    sys.modules["polars"] = _Unneeded("polars")


def _answer(request: Any, functions: dict[str, Says]) -> dict[str, Any]:
    name, exchanges = request["rule"], request["exchanges"]
    try:
        says = functions.get(name) or functions.setdefault(name, function_of(name))
    except Exception:
        return {"said": [], "failed": list(range(len(exchanges)))}
    return ask(says, exchanges)


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer requests until there are no more of them, or nobody reads the answers."""
    functions: dict[str, Says] = {}
    try:
        send(replies, introduction())
        while True:
            request = receive(requests)
            reply = _answer(request, functions)
            try:
                send(replies, reply)
            except TypeError:  # a message with half a surrogate pair
                send(replies, {"said": [], "failed": list(range(len(request["exchanges"])))})
    except (EOFError, OSError, ValueError):
        return


def main() -> None:
    """The life of such a process; it does not return."""
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever prints does not speak between
    _import_little()
    serve(sys.stdin.buffer, replies)
    os._exit(0)
