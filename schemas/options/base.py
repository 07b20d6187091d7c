"""How an option is declared: one pydantic field is its default, help text, config key and flag.

The command line (`curate.cli.flags`), the configuration file (`curate.config`), the reference
documentation and the JSON schema are all made from these fields; nothing is written twice.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """Base of every group of options: immutable, and an unknown key is an error."""

    # Built when first used: a command imports more options than it takes.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def option(
    default: Any = ...,
    help: str = "",
    *,
    short: str | None = None,
    metavar: str | None = None,
    flag: str | None = None,
    on_command_line: bool = True,
    separator: str | None = None,
    **constraints: Any,
) -> Any:
    """Declare one option.

    Args:
        default: its default value (immutable, or a tuple).
        help: one sentence, shown by `--help`, in the documentation and in the JSON schema.
        short: a one-letter flag such as "-o".
        metavar: what stands for the value in the help text.
        flag: the long flag, when it is not the field's name with dashes.
        on_command_line: False for options that only a configuration file can hold.
        separator: for lists, the character at which one value is cut into several.
        constraints: passed on to `pydantic.Field` (ge, le, gt, lt, pattern, ...).
    """
    extra: dict[str, Any] = {}
    if short:
        extra["short"] = short
    if metavar:
        extra["metavar"] = metavar
    if flag:
        extra["flag"] = flag
    if not on_command_line:
        extra["on_command_line"] = False
    if separator:
        extra["separator"] = separator
    return Field(default, description=help, json_schema_extra={"cli": extra}, **constraints)
