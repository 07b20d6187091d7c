"""The three ways a command can end badly, kept apart: the user's mistake, an interrupt, a bug.

`UserError` (exit 2) carries a sentence that says what is wrong, where, and what to do. Anything
else that escapes is a bug (exit 3) and is handled in `curate.cli`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_USER_ERROR = 2
EXIT_BUG = 3
EXIT_INTERRUPTED = 130


class UserError(Exception):
    """The user can mend this. The message names file, line, what was expected and what to do."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a name that is not known: suggests the nearest, then lists all."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    listed = (
        ", ".join(names)
        if len(names) <= 30
        else f"{', '.join(names[:30])}, … ({len(names)} in all)"
    )
    return UserError(f"unknown {kind} {name!r}.{hint} Known: {listed}.")
