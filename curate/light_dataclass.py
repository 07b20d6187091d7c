"""`dataclass` as in the standard library, made in a quarter of the time.

The standard library writes and compiles the source of six functions for each class, 0.4 ms; curate has a hundred
classes, and each start makes them all. Here only `__init__` is compiled, and the others are shared. What
`frozen` forbids is left to the type checker, which takes this decorator for the standard library's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from operator import attrgetter

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True):
        """See the standard library's."""
        if cls is None:
            return lambda cls: _made(cls, frozen, slots, eq)
        return _made(cls, frozen, slots, eq)

    def _made(cls, frozen, slots, eq):
        own = vars(cls)
        cls.__doc__ = cls.__doc__ or cls.__name__  # the signature would be worked out for it
        made = dataclasses.dataclass(cls, repr=False, eq=False, slots=slots)
        if "__repr__" not in own:
            made.__repr__ = _repr
        if eq and "__eq__" not in own:
            _make_comparable(made, frozen and "__hash__" not in own)
        return made

    def _make_comparable(cls, hashable):
        names = [field.name for field in dataclasses.fields(cls) if field.compare]
        values = attrgetter(*names) if names else lambda one: ()

        def equal(self, other):
            if other.__class__ is not self.__class__:
                return NotImplemented
            return values(self) == values(other)

        cls.__eq__ = equal
        if hashable:
            cls.__hash__ = lambda self: hash(values(self))
        elif "__hash__" not in vars(cls):
            cls.__hash__ = None

    def _repr(self):
        shown = [f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr]
        return f"{type(self).__qualname__}({', '.join(shown)})"
