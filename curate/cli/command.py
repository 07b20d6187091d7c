"""What a command module provides, and how its options are resolved."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from curate.config import Config, resolve
from curate.light_dataclass import dataclass

if TYPE_CHECKING:  # pydantic is slow to import, and some commands have no options
    from curate.schemas.options.base import Options

AnyOptions = TypeVar("AnyOptions", bound="Options")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, help, option groups, extra arguments, and the function that runs it.

    Attributes:
        options: option classes that become flags, each with the configuration table it reads.
        arguments: adds positional arguments and flags that are no options (rarely needed).
        run: called with an `Invocation`; returns the exit code. Where importing what it needs takes long, it
            is given as "module:function": help texts and usage errors need not wait for it.
    """

    name: str
    help: str
    run: Callable[[Invocation], int] | str
    options: tuple[tuple[type[Options], str], ...] = ()
    arguments: Callable[[argparse.ArgumentParser], None] | None = None
    description: str = ""

    def function(self) -> Callable[[Invocation], int]:
        """What runs it, imported by now."""
        if not isinstance(self.run, str):
            return self.run
        module, _, name = self.run.partition(":")
        function: Callable[[Invocation], int] = getattr(importlib.import_module(module), name)
        return function


@dataclass(slots=True)
class Invocation:
    """A parsed command line together with the configuration file."""

    arguments: argparse.Namespace
    config: Config
    flagged: frozenset[type[Options]] = frozenset()
    origins: dict[str, dict[str, str]] = field(default_factory=dict)

    def options(self, model: type[AnyOptions], table: str) -> AnyOptions:
        """The options of one class: defaults < configuration < flags. Raises UserError.

        Only classes whose fields are flags of this command look at the flags: `curate run` reads
        the options of all its steps, and a flag of its own may be named like one of theirs.
        """
        from curate.cli.flags import given
        from curate.schemas.options.data import DataOptions

        flags = given(self.arguments, model) if model in self.flagged else {}
        # What [data] says of format and columns holds for every command that reads data.
        shared = self.config.table("data") if issubclass(model, DataOptions) else {}
        options, self.origins[table] = resolve(model, self.config, table, flags, shared)
        return options

    def path(self, name: str) -> Path | None:
        """A path argument, or None when it was not given."""
        value = getattr(self.arguments, name, None)
        return Path(value) if value is not None else None
