"""`curate generate [RUN]`: answer a prompt, a file of prompts, or whatever is typed."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN
from curate.schemas.options.generate import GenerateOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from curate.train.answering import Answerer
    from curate.train.generating import Answer
    from curate.train.prompts import Asked


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", nargs="?", metavar="RUN", help="a run folder; or give --model, --adapter"
    )


def run(invocation: Invocation) -> int:
    """Run the command."""
    from curate.schemas.turns import user
    from curate.train.answering import Answerer
    from curate.train.prompts import Asked, read_prompts
    from curate.writing import protect

    options = invocation.options(GenerateOptions, "generate")
    folder = invocation.path("run")
    if folder is not None and options.system is None and options.input is None:
        _hint_at_system(folder)
    if options.prompt is not None:
        [answer] = Answerer(folder, options).answer([Asked("--prompt", (user(options.prompt),))])
        print(answer.text)
        return EXIT_CLEAN
    if options.input is not None:
        protect((options.input,), (options.output,))
        asked = list(read_prompts(str(options.input)))
        answers = Answerer(folder, options).answer(asked, _Progress(len(asked)))
        _write(options.output, asked, answers)
        return EXIT_CLEAN
    answerer = Answerer(folder, options)
    return _converse(answerer) if sys.stdin.isatty() else _answer_lines(answerer)


def _hint_at_system(folder: Path) -> None:
    """A model tuned with a system prompt answers otherwise without it, and worse."""
    from curate.train.answering import OF_THE_RUN
    from curate.train.prompts import system_of_run

    if system_of_run(folder) is not None:
        print(
            f"curate: this run was trained with a system prompt; --system {OF_THE_RUN} puts it in",
            file=sys.stderr,
        )


class _Progress:
    """Counts answers on standard error, where that is a terminal."""

    def __init__(self, total: int) -> None:
        self._total = total

    def __call__(self, count: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if count == self._total else "\r"
            print(f"{count:,} of {self._total:,} answered", end=end, file=sys.stderr)


def _write(output: Path | None, asked: Sequence[Asked], answers: Sequence[Answer]) -> None:
    from curate.writing import write_lines

    lines = list(_lines(asked, answers))
    if output is None:
        print("\n".join(lines))
    else:
        write_lines(output, (line.encode() for line in lines))


def _lines(asked: Sequence[Asked], answers: Sequence[Answer]) -> Iterator[str]:
    """One JSON object a prompt: the conversation with its answer, readable by curate again."""
    for one, answer in zip(asked, answers, strict=True):
        turns = [m.model_dump(mode="json", exclude_none=True) for m in one.messages]
        turns.append({"role": "assistant", "content": answer.text})
        row = {
            "messages": turns,
            "ended": answer.ended,
            "prompt_tokens": answer.prompt_tokens,
            "output_tokens": len(answer.ids) + answer.ended,
        }
        yield json.dumps(row, ensure_ascii=False)


def _converse(answerer: Answerer) -> int:
    """A conversation at the terminal; an empty line begins a new one, Ctrl-D ends."""
    from curate.schemas.turns import Message, assistant, user
    from curate.train.prompts import Asked

    print("An empty line begins a new conversation; Ctrl-D ends.", file=sys.stderr)
    turns: tuple[Message, ...] = ()
    while True:
        try:
            text = input("> ").strip()
        except EOFError:
            print(file=sys.stderr)
            return EXIT_CLEAN
        if not text:
            turns = ()
            continue
        turns = (*turns, user(text))
        [answer] = answerer.answer([Asked("this conversation", turns)])
        print(answer.text)
        turns = (*turns, assistant(answer.text))


def _answer_lines(answerer: Answerer) -> int:
    """One prompt a line of standard input; one JSON object a prompt on standard output."""
    from curate.schemas.turns import user
    from curate.train.prompts import Asked

    asked = [
        Asked(f"-:{number}", (user(line.strip()),))
        for number, line in enumerate(sys.stdin, 1)
        if line.strip()
    ]
    _write(None, asked, answerer.answer(asked))
    return EXIT_CLEAN


COMMANDS = {
    "generate": Command(
        name="generate",
        help="answer prompts with a model or a run",
        run=run,
        options=((GenerateOptions, "generate"),),
        arguments=_arguments,
        description="Greedy answers through the model's chat template: one prompt (--prompt), a file of "
        "them (-i FILE, JSON lines out), or a conversation at the terminal.",
    )
}
