"""The three ways a command can end badly, kept apart: the user's mistake, an interrupt, a bug.

`UserError` (exit 2) carries a sentence that says what is wrong, where, and what to do. Anything
else that escapes is a bug (exit 3) and is handled in `curate.cli`.
"""

from __future__ import annotations

from collections.abc import Iterable

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_USER_ERROR = 2
EXIT_BUG = 3
EXIT_INTERRUPTED = 130


_MOST_NAMES = 30
_SHORTEST_PART = 3  # letters by which a longer name is found


class UserError(Exception):
    """The user can mend this. The message names file, line, what was expected and what to do."""


def unknown_name(kind: str, name: str, known: Iterable[str], see: str = "") -> UserError:
    """The error for a name that is not known: suggests the nearest, or else says what there is.

    `see` says where all names stand, for when they are too many to be listed.
    """
    names = sorted(known)
    hint = nearest(name, names)
    if not hint and len(names) <= _MOST_NAMES:
        hint = f"Known: {', '.join(names)}."
    return UserError(" ".join(filter(None, (f"unknown {kind} {name!r}.", hint, see))))


def nearest(name: str, names: Iterable[str]) -> str:
    """Asks whether one of the names most like this one was meant; nothing where none is like it."""
    import difflib  # a mistake has been made: there is time now

    listed = list(names)
    near = difflib.get_close_matches(name, listed, n=1, cutoff=0.7)
    if not near and len(name) >= _SHORTEST_PART:
        near = [one for one in listed if name.casefold() in one.casefold()][:3]
    if not near:
        return ""
    first, last = ", ".join(map(repr, near[:-1])), repr(near[-1])
    return f"Did you mean {first} or {last}?" if first else f"Did you mean {last}?"
