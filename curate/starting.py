"""`curate init`: a curate.toml and a pre-commit configuration that fit the data in this folder."""

from __future__ import annotations

from pathlib import Path

from curate._version import __version__
from curate.errors import UserError
from curate.light_dataclass import dataclass
from curate.schemas.options.data import DataOptions
from curate.schemas.options.init import InitOptions
from curate.sources import expand
from curate.validating import read_checked
from curate.writing import write_lines

_TOML = """\
# Settings of curate. Every option of `curate COMMAND --help` is a key in the table [COMMAND].

[run]                          # the whole way: curate run
data = [{data}]
output = "runs/{name}"

[data]{format}

[lint]
# ignore = ["SIZ002"]          # rules by code, prefix or name; `curate rules` lists them
# fail-on = "warning"

[dedupe]
threshold = 0.8                # 0.7 also removes reworded rows

[split]
val = 0.1
test = 0.1
seed = 0

[train]
model = "{model}"
# epochs = 3
"""

_HOOKS = """\
repos:
  - repo: https://github.com/curate-ft/curate
    rev: v{version}
    hooks:
      - id: curate-lint
      - id: curate-fix
      - id: curate-dedupe
"""


@dataclass(frozen=True, slots=True)
class Started:
    """What was written, and what was left because it was there already."""

    written: tuple[Path, ...]
    left: tuple[Path, ...]
    hooks: str


def init(paths: list[str], folder: Path, options: InitOptions) -> Started:
    """Write curate.toml and .pre-commit-config.yaml into `folder`.

    Args:
        paths: data files or folders; without any, those found below `folder`.
        folder: where the files go.
        options: which model, and whether to replace.

    Raises UserError when curate.toml is there and `force` is not set, or no data is found.
    """
    target, hooks = folder / "curate.toml", folder / ".pre-commit-config.yaml"
    if target.exists() and not options.force:
        raise UserError(f"{target} is already there; use --force to replace it")
    files = expand(paths or [str(folder)])
    text = _TOML.format(
        data=", ".join(f'"{_relative(f, folder)}"' for f in files),
        name=Path(files[0]).name.split(".")[0],
        format=_format_line(files[0]),
        model=options.model.replace("\\", "\\\\").replace('"', '\\"'),
    )
    write_lines(target, [line.encode() for line in text.splitlines()])
    content = _HOOKS.format(version=__version__)
    if hooks.exists():
        return Started((target,), (hooks,), content)
    write_lines(hooks, [line.encode() for line in content.splitlines()])
    return Started((target, hooks), (), content)


def _relative(file: str, folder: Path) -> str:
    path = Path(file)
    return (
        path.resolve().relative_to(folder.resolve())
        if path.resolve().is_relative_to(folder.resolve())
        else path
    ).as_posix()


def _format_line(file: str) -> str:
    for checked in read_checked(file, DataOptions()):
        if checked.batches:
            biggest = max(checked.batches, key=len)
            return f'\nformat = "{biggest.format}"        # found in {Path(file).name}'
    return '\n# format = "chat"'
