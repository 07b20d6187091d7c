"""Each kind of option becomes the flag that users expect."""

from __future__ import annotations

import argparse
from enum import StrEnum
from typing import Literal

import pytest

from curate.cli.flags import add_flags, given
from curate.schemas.options.base import Options, option


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Base(Options):
    """Base options."""

    rate: float = option(0.5, "A rate.", gt=0)


class Sample(Base):
    """Sample options."""

    max_length: int | None = option(None, "A length.", short="-m")
    fix: bool = option(False, "Fix it.")
    select: tuple[str, ...] = option((), "Which.", separator=",")
    map: dict[str, str] = option({}, "Pairs.", metavar="FIELD=COLUMN")
    colour: Colour = option(Colour.RED, "Which colour.")
    size: Literal["s", "m"] = option("s", "100% of it.")
    secret: int = option(1, "Not a flag.", on_command_line=False)


def parse(*arguments: str) -> dict[str, object]:
    parser = argparse.ArgumentParser()
    add_flags(parser, [Sample])
    return given(parser.parse_args(arguments), Sample)


def test_only_what_was_given_counts() -> None:
    assert parse() == {}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--max-length", "5"], {"max_length": 5}),
        (["-m", "5"], {"max_length": 5}),
        (["--fix"], {"fix": True}),
        (["--no-fix"], {"fix": False}),
        (["--select", "A, B", "--select=C"], {"select": ("A", "B", "C")}),
        (["--map", "a=b=c", "--map", "d=e"], {"map": {"a": "b=c", "d": "e"}}),
        (["--colour", "blue", "--rate", "1e-3"], {"colour": Colour.BLUE, "rate": 1e-3}),
    ],
)
def test_flags_become_values(arguments: list[str], expected: dict[str, object]) -> None:
    options = Sample.model_validate(parse(*arguments))
    assert {k: getattr(options, k) for k in expected} == expected


def test_an_option_that_is_no_flag_is_refused() -> None:
    with pytest.raises(SystemExit):
        parse("--secret", "2")


def test_a_pair_without_an_equals_sign_is_refused() -> None:
    with pytest.raises(SystemExit):
        parse("--map", "ab")


def test_help_names_defaults_and_choices(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser(prog="x")
    add_flags(parser, [Sample])
    text = parser.format_help()
    assert "red|blue" in text
    assert "[default: red]" in text
    assert "100% of it." in text
