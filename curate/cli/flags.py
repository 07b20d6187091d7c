"""Flags from options: one pydantic field becomes one argument of argparse.

A field `max_length: int` becomes `--max-length N`; a boolean `--fix/--no-fix`; a list takes
several values, or one with separators; a dict takes KEY=VALUE several times.
"""

from __future__ import annotations

import argparse
import types
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from curate.schemas.options.base import Options


def add_flags(parser: argparse.ArgumentParser, models: Iterable[type[Options]]) -> None:
    """Add one argument for each field of the models; a field of a base class once, in its group."""
    seen: set[str] = set()
    for model in models:
        for owner in model.__mro__:
            if not issubclass(owner, Options) or owner is Options:
                continue
            own = [n for n in model.model_fields if n in owner.__annotations__ and n not in seen]
            sentence = (owner.__doc__ or owner.__name__).splitlines()[0].partition(". ")[0]
            title = sentence.rstrip(".").lower()
            group = parser.add_argument_group(title) if own else parser
            for name in own:
                seen.add(name)
                _add(group, name, model.model_fields[name])


def usage(parser: argparse.ArgumentParser) -> str:
    """One line: argparse would name sixty options before it says what the command is for."""
    shown = {None: "{}", "?": "[{}]", "*": "[{} ...]", "+": "{} [{} ...]"}
    names = [
        shown[action.nargs].replace("{}", str(action.metavar or action.dest))
        for action in parser._actions
        if not action.option_strings and action.nargs in shown
    ]
    return " ".join((parser.prog, "[options]", *names))


def given(namespace: argparse.Namespace, model: type[Options]) -> dict[str, Any]:
    """The values of the flags that the user gave, by field name."""
    return {n: v for n in model.model_fields if (v := getattr(namespace, n, None)) is not None}


def _add(group: Any, name: str, field: FieldInfo) -> None:
    cli = _cli(field)
    if cli.get("on_command_line") is False:
        return
    flags = [cli.get("flag") or "--" + name.replace("_", "-")]
    if "short" in cli:
        flags.insert(0, cli["short"])
    kind = _inner(field.annotation)
    settings: dict[str, Any] = {"dest": name, "default": None, "help": help_text(field)}
    if kind is bool:
        settings["action"] = argparse.BooleanOptionalAction
    elif get_origin(kind) in (tuple, list):
        settings["action"] = _Append
        settings["separator"] = cli.get("separator")
        settings["metavar"] = cli.get("metavar", name.upper())
    elif get_origin(kind) is dict:
        settings["action"] = _Pairs
        settings["metavar"] = cli.get("metavar", "KEY=VALUE")
    else:
        choices = _choices(kind)
        settings["metavar"] = cli.get("metavar") or (
            "|".join(choices) if choices else _metavar(kind, name)
        )
    group.add_argument(*flags, **settings)


def help_text(field: FieldInfo) -> str:
    """The help sentence, with the default."""
    text = (field.description or "").replace("%", "%%")
    default = field.get_default()
    if field.is_required() or default in (None, False, (), [], {}):
        return text
    shown = default.value if isinstance(default, Enum) else default
    if isinstance(shown, tuple):
        shown = ",".join(map(str, shown))
    return f"{text} [default: {'yes' if shown is True else shown}]".replace("%%%", "%%")


def _cli(field: FieldInfo) -> Mapping[str, Any]:
    extra = field.json_schema_extra
    cli = extra.get("cli", {}) if isinstance(extra, dict) else {}
    return cli if isinstance(cli, dict) else {}


def _inner(annotation: Any) -> Any:
    """The type without `| None` and without Annotated."""
    if hasattr(annotation, "__metadata__"):
        return _inner(annotation.__origin__)
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [a for a in get_args(annotation) if a is not type(None)]
        return _inner(kinds[0]) if len(kinds) == 1 else str
    return annotation


def _choices(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return [str(a) for a in get_args(kind)]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(m.value) for m in kind]
    return []


def _metavar(kind: Any, name: str) -> str:
    if kind in (int, float):
        return "N"
    return "PATH" if kind is Path else name.upper()


class _Append(argparse.Action):
    """Collects values; with a separator, one value may hold several."""

    def __init__(self, *args: Any, separator: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._separator = separator

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option: Any = None,
    ) -> None:
        parts = values.split(self._separator) if self._separator else [values]
        so_far = getattr(namespace, self.dest) or ()
        setattr(namespace, self.dest, (*so_far, *(p.strip() for p in parts if p.strip())))


class _Pairs(argparse.Action):
    """Collects KEY=VALUE."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option: Any = None,
    ) -> None:
        key, equals, value = values.partition("=")
        if not equals or not key or not value:
            raise argparse.ArgumentError(self, f"expected {self.metavar}, got {values!r}")
        setattr(namespace, self.dest, {**(getattr(namespace, self.dest) or {}), key: value})
