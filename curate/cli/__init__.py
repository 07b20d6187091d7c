"""The command line: find the command, parse, call it, and turn every ending into an exit code.

`COMMANDS` is the table of all commands. A command's module is imported only when it is the one
that was asked for, so that `curate --version` starts in no time and linting never sees torch.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from curate.errors import (
    EXIT_BUG,
    EXIT_CLEAN,
    EXIT_INTERRUPTED,
    EXIT_USER_ERROR,
    UserError,
    unknown_name,
)

if TYPE_CHECKING:
    from curate.cli.command import Command

# name → (module under curate.cli, one line of help); the order is that of `curate --help`.
COMMANDS: dict[str, tuple[str, str]] = {
    "lint": ("lint", "check data, print what is wrong; --fix mends what is safe"),
    "rule": ("rule", "explain a rule: what, why, example, remedy, options"),
    "rules": ("rule", "list all rules"),
    "contract": ("contract", "say what the outputs look like, and pin it"),
    "dedupe": ("dedupe", "remove exact and near duplicates, and say which and why"),
    "split": ("split", "train, validation and test, with no near duplicate across them"),
    "fingerprint": (
        "fingerprint",
        "hash a benchmark's prompts, to look for them without their text",
    ),
    "advise": ("advise", "fine-tune, prompt or retrieve? what the data says"),
    "train": ("train", "fine-tune, watching the gap between train and validation loss"),
    "generate": ("generate", "answer prompts with a model or a run"),
    "score": ("score", "score answers with a reward model"),
    "compare": ("compare", "did fine-tuning help? measured on held-out examples"),
    "report": ("report", "one self-contained HTML page of a run"),
    "merge": ("merge", "merge an adapter into its base model"),
    "run": ("run", "the whole way: lint, dedupe, split, train, compare, report"),
    "init": ("init", "write a starting curate.toml and pre-commit configuration"),
}
# Top-level tables of the configuration file that belong to no single command.
TABLES = frozenset(COMMANDS) - {"rule", "rules", "init", "run"} | {"data", "run"}


def main(argv: Sequence[str] | None = None, *, ready: Callable[[], None] = lambda: None) -> int:
    """Run one command line; returns the exit code (see curate.errors).

    `ready` is called when everything is imported and parsed, before the command begins its work.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments, ready)
    except UserError as error:
        print(f"curate: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("curate: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) went away; nothing is wrong, but Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CLEAN
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            return _bug(error, arguments)
        print(
            f"curate: this needs {error.name}, which is not installed: pip install 'curate-ft[{extra}]'",
            file=sys.stderr,
        )
        return EXIT_USER_ERROR
    except OSError as error:
        if error.errno not in _NOT_OUR_FAULT:
            return _bug(error, arguments)
        place = f"{error.filename}: " if error.filename else ""
        print(f"curate: {place}{error.strerror}", file=sys.stderr)
        return EXIT_USER_ERROR
    except Exception as error:
        if _was_interrupted(error):
            print("curate: interrupted", file=sys.stderr)
            return EXIT_INTERRUPTED
        if not _ran_out_of_memory(error):
            return _bug(error, arguments)
        print(
            "curate: out of memory. What helps: a smaller --micro-batch-tokens or --batch-size, a shorter "
            "--max-length, or no other program on the GPU",
            file=sys.stderr,
        )
        return EXIT_USER_ERROR


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C came while polars called a function of ours: it says so in an error of its own."""
    while error is not None:
        if type(error).__module__.startswith("polars") and "KeyboardInterrupt" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _ran_out_of_memory(error: Exception) -> bool:
    """torch's error where a GPU's memory is used up, known by its name: torch is not imported here."""
    kind = type(error)
    return isinstance(error, MemoryError) or (
        kind.__name__ == "OutOfMemoryError" and kind.__module__.startswith("torch")
    )


# Libraries that come with an extra of the installation.
_EXTRAS = {
    "torch": "train",
    "transformers": "train",
    "peft": "train",
    "accelerate": "train",
    "safetensors": "train",
    "gguf": "train",
    "bitsandbytes": "qlora",
    "bm25s": "compare",
    "sacrebleu": "compare",
    "model2vec": "embeddings",
    "sentence_transformers": "embeddings",
    "tokenizers": "tokenizers",
    "jinja2": "tokenizers",
    "redis": "redis",
    "daft": "cluster",
    "ray": "cluster",
    "pyarrow": "cluster",
}
# What the file system refuses: no permission, no space, a file where a folder should be, …
_NOT_OUR_FAULT = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EEXIST,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ENAMETOOLONG,
        errno.EIO,
    }
)


def _bug(error: Exception, arguments: Sequence[str]) -> int:
    from curate.cli.bugs import report

    report(error, arguments)
    return EXIT_BUG


def _run(arguments: list[str], ready: Callable[[], None]) -> int:
    if not arguments or (arguments[0] in ("-h", "--help", "help") and len(arguments) < 2):
        print(_overview())
        return EXIT_CLEAN
    if arguments[0] == "help":
        arguments = [arguments[1], "--help"]
    if arguments[0] in ("-V", "--version"):
        from curate._version import __version__

        print(f"curate {__version__}")
        return EXIT_CLEAN
    name = arguments[0]
    if name not in COMMANDS:
        if name.startswith("-"):
            raise unknown_name(
                "option", name, ("--help", "--version"), "`curate --help` lists the commands."
            )
        raise unknown_name("command", name, COMMANDS)
    command = load_command(name)
    parser = parser_of(command)
    namespace = parser.parse_args(arguments[1:])
    from curate.cli.command import Invocation
    from curate.config import find_config, load_config

    chosen = Path(namespace.config) if namespace.config else None
    path = None if namespace.isolated else chosen or find_config()
    function = command.function()
    ready()
    flagged = frozenset(model for model, _ in command.options)
    return function(Invocation(namespace, load_config(path, TABLES), flagged))


def load_command(name: str) -> Command:
    """The command of this name; imports its module."""
    module = importlib.import_module(f"curate.cli.{COMMANDS[name][0]}")
    command: Command = module.COMMANDS[name]
    return command


def parser_of(command: Command) -> argparse.ArgumentParser:
    """The argument parser of a command, with its options as flags."""
    parser = _Parser(
        prog=f"curate {command.name}",
        description=command.description or command.help[0].upper() + command.help[1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if command.arguments:
        command.arguments(parser)
    if command.options:
        from curate.cli.flags import add_flags, usage

        add_flags(parser, [model for model, _ in command.options])
        parser.usage = usage(parser)
    shared = parser.add_argument_group("configuration")
    if not any("--config" in a.option_strings or a.dest == "config" for a in parser._actions):
        shared.add_argument(
            "--config", metavar="FILE", help="configuration file instead of the closest"
        )
    shared.add_argument("--isolated", action="store_true", help="ignore all configuration files")
    return parser


class _Parser(argparse.ArgumentParser):
    """argparse's usage errors are the user's mistakes: one line, with the nearest flag named."""

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments: -"):
            flag = message.removeprefix("unrecognized arguments: ").split()[0].split("=")[0]
            known = [o for a in self._actions for o in a.option_strings if o.startswith("--")]
            raise unknown_name("option", flag, known, f"`{self.prog} --help` shows them all.")
        raise UserError(f"{message}. See `{self.prog} --help`.")


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [
        "curate: finds what is wrong with fine-tuning data, removes what is there twice, trains, watches.",
        "",
        "usage: curate COMMAND [options]",
        "",
        *(f"  {name:<{width}}  {help}" for name, (_, help) in COMMANDS.items()),
        "",
        "`curate COMMAND --help` shows the options; `curate --version` the version.",
    ]
    return "\n".join(lines)
