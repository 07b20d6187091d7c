"""A contract from the user: a pinned file, a JSON schema, or a pydantic model of theirs."""

from __future__ import annotations

import difflib
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from curate.contract import Contract, ContractKind
from curate.errors import UserError
from curate.json_schema import TYPE_NAMES, unknown_types

_SCHEMA_WORDS = (
    "$schema",
    "type",
    "properties",
    "items",
    "anyOf",
    "oneOf",
    "allOf",
    "enum",
    "$ref",
)


def load_contract(source: str) -> Contract:
    """The contract in a file, or of a pydantic model named as `module:Model`.

    The module is looked for in the current folder first, and is imported: it runs.
    Raises UserError.
    """
    path = Path(source)
    module, colon, name = source.partition(":")
    if colon and not path.exists() and name.isidentifier():
        return _of_schema(_schema_of_model(module, name), source)
    return _of_file(path)


def _of_file(path: Path) -> Contract:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such file; expected a contract, a JSON schema, or module:Model"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UserError(
            f"{path}: not JSON ({error}); expected a contract or a JSON schema"
        ) from None
    if not isinstance(value, dict):
        raise UserError(f"{path}: expected an object: a contract or a JSON schema")
    if "kind" in value and "version" in value:
        try:
            return Contract.model_validate({**value, "keeping": None})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise UserError(
                f"{path}: {where}: {first['msg']}; write it with curate contract"
            ) from None
    if not any(word in value for word in _SCHEMA_WORDS):
        raise UserError(
            f"{path}: neither a contract (kind, version) nor a JSON schema (type, properties); "
            f"write one with curate contract FILE -o {path}"
        )
    return _of_schema(value, str(path))


def _of_schema(schema: dict[str, Any], source: str) -> Contract:
    for place, name in unknown_types(schema):
        known = difflib.get_close_matches(name, TYPE_NAMES, 1)
        meant = f"; did you mean {known[0]}?" if known else f"; known are {', '.join(TYPE_NAMES)}"
        raise UserError(f"{source}: {place or 'the schema'} has the unknown type {name!r}{meant}")
    return Contract(kind=ContractKind.JSON, json_schema=schema)


def _schema_of_model(module: str, name: str) -> dict[str, Any]:
    # A user's own module stands in the folder that they work in.
    folder = os.getcwd()
    sys.path.insert(0, folder)
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise UserError(f"--contract {module}:{name}: cannot import {module}: {error}") from None
    finally:
        sys.path.remove(folder)
    model = getattr(found, name, None)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise UserError(f"--contract {module}:{name}: {name} is not a pydantic model in {module}")
    schema: dict[str, Any] = model.model_json_schema()
    return schema
