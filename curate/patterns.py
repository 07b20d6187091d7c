"""Regular expressions that are compiled when they are first used.

Compiling takes Python 0.3 ms each; the rules have two hundred of them, and a small file needs a few.
What stands at the top of a module is therefore written `_ITEM = regex(r"...")`, not `re.compile`.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, AnyStr, Generic, cast


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, which is called at the first use; an error in the pattern shows then."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(pattern, flags))


class _Uncompiled(Generic[AnyStr]):
    """Takes over each attribute of the compiled expression that is asked for, so that from the second
    time on it is found without a detour."""

    def __init__(self, pattern: AnyStr, flags: int) -> None:
        self._arguments: tuple[AnyStr, int] = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(
            "__"
        ):  # what copying and pickling ask for: they make do with the arguments
            raise AttributeError(name)
        value = getattr(self._compiled, name)
        setattr(self, name, value)
        return value

    @cached_property
    def _compiled(self) -> re.Pattern[AnyStr]:
        return re.compile(*self._arguments)
