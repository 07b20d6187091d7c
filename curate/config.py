"""Settings: defaults < curate.toml or [tool.curate] in pyproject.toml < flags, with their origins.

The closest file wins (from the working folder upwards; `curate.toml` before a pyproject.toml that
has the table) and nothing is merged between files. A table is named after its command:

    [data]                      [lint]                     [train]
    format = "chat"             ignore = ["SIZ002"]        model = "Qwen/Qwen2.5-0.5B"

Keys are the options' names, with dashes or underscores.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from curate.errors import UserError, nearest, unknown_name
from curate.light_dataclass import dataclass

if TYPE_CHECKING:
    from curate.schemas.options.base import Options

FILE_NAME = "curate.toml"
AnyOptions = TypeVar("AnyOptions", bound="Options")


@dataclass(frozen=True, slots=True)
class Config:
    """One configuration file. `path` is None when there is none; `folder` is where paths start."""

    tables: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder of the file, or the working folder."""
        return self.path.parent if self.path else Path()

    def table(self, name: str) -> dict[str, Any]:
        """The settings of one command, keys with underscores; empty when there is no such table.

        Raises UserError when it is not a table.
        """
        table = self.tables.get(name, {})
        if not isinstance(table, dict):
            raise UserError(f"{self.path}: [{name}] should be a table of settings")
        return {k.replace("-", "_"): v for k, v in table.items()}


def find_config(start: Path | None = None) -> Path | None:
    """The closest curate.toml, or pyproject.toml with a [tool.curate] table, upwards from `start`."""
    folder = (start or Path()).resolve()
    for where in (folder, *folder.parents):
        own, project = where / FILE_NAME, where / "pyproject.toml"
        if own.is_file():
            return own
        if project.is_file() and "curate" in _parse(project).get("tool", {}):
            return project
    return None


def load_config(path: Path | None, tables: frozenset[str]) -> Config:
    """Read a configuration file; `tables` are the known names at its top level.

    Raises UserError for a missing file, broken TOML, or an unknown table.
    """
    if path is None:
        return Config()
    parsed = _parse(path)
    content = parsed.get("tool", {}).get("curate", {}) if path.name == "pyproject.toml" else parsed
    for name in content:
        if name not in tables:
            raise UserError(f"{path}: {unknown_name('table', name, tables)}")
    return Config(content, path)


def _parse(path: Path) -> dict[str, Any]:
    import tomllib  # most runs have no configuration file

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such configuration file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid TOML: {error}") from None


def resolve(
    model: type[AnyOptions],
    config: Config,
    table: str,
    flags: Mapping[str, Any],
    shared: Mapping[str, Any] | None = None,
) -> tuple[AnyOptions, dict[str, str]]:
    """Options from all three places, and where each value came from.

    Args:
        model: the options class.
        config: the configuration file.
        table: the name of its table.
        flags: only those that were given.
        shared: values of a more general table, which this one goes before.

    Returns:
        The options, and for each field "default", "flag", or the file's name.

    Raises UserError for an unknown key or a value that the option does not take.
    """
    from pydantic import ValidationError  # slow to import, and some commands have no options

    from_file = {**(shared or {}), **config.table(table)}
    known = set(model.model_fields)
    for name in from_file:
        if name not in known:
            dashed = [n.replace("_", "-") for n in known]
            unknown = unknown_name("option", name.replace("_", "-"), dashed)
            raise UserError(f"{config.path}: [{table}]: {unknown}")
    values = {**from_file, **flags}
    origins = {
        name: "flag" if name in flags else str(config.path) if name in from_file else "default"
        for name in model.model_fields
    }
    try:
        return model.model_validate(values), origins
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        if not detail["loc"]:  # options that do not go together, which the message names
            raise UserError(detail["msg"].removeprefix("Value error, ")) from None
        name = str(detail["loc"][0])
        where = "--" + name.replace("_", "-")
        if origins.get(name) not in ("flag", None):
            where = f"{config.path}: [{table}] {where[2:]}"
        raise UserError(f"{where}: {_wrong(detail)}") from None


# What was expected, in our words, for what pydantic says of numbers and choices.
_EXPECTED = {
    "literal_error": "{expected}",
    "enum": "{expected}",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table",
}


def _wrong(detail: Any) -> str:
    """What is wrong with a value, from what pydantic says of it."""
    expected = _EXPECTED.get(detail["type"])
    if expected is None:
        message: str = detail["msg"].removeprefix("Value error, ")
        return message[0].lower() + message[1:]
    choices = {k: f"{v:g}" if isinstance(v, float) else v for k, v in detail.get("ctx", {}).items()}
    said = f"expected {expected.format(**choices)}, got {detail['input']!r}"
    if "expected" not in choices:
        return said
    hint = nearest(str(detail["input"]), re.findall(r"'([^']+)'", choices["expected"]))
    return f"{said}. {hint}" if hint else said
