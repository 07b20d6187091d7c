"""A model that answers: what `curate generate` puts its prompts to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from curate.errors import UserError
from curate.schemas.options.generate import GenerateOptions
from curate.schemas.turns import Message
from curate.train.generating import Answer, answer_prompts
from curate.train.model_pair import load_pair
from curate.train.prompts import Asked, system_of_run
from curate.train.rendering import Renderer
from curate.train.turns import Unrenderable

# Stands for the system prompt that the run was trained with.
OF_THE_RUN = "@run"


class Answerer:
    """A run's tuned model, or a model named by hand; a base where nothing is tuned.

    Raises:
        UserError: there is no such model.
    """

    def __init__(self, run: Path | None, options: GenerateOptions) -> None:
        self._options = options
        self._system = _system(run, options.system)
        self._pair = load_pair(run, options.model, options.adapter, needs_base=False)
        self._renderer = Renderer(self._pair.tokenizer)

    def answer(
        self, asked: Sequence[Asked], on_answers: Callable[[int], None] = lambda count: None
    ) -> list[Answer]:
        """The greedy answers, in order; `on_answers` hears how many there are after each batch.

        Raises:
            UserError: the chat template refuses a prompt.
        """
        prompts = [self._prompt_ids(one) for one in asked]
        with self._pair.use(tuned=self._pair.has_tuned) as model:
            return answer_prompts(
                model,
                self._pair.tokenizer,
                prompts,
                max_new_tokens=self._options.max_new_tokens,
                on_answers=on_answers,
            )

    def _prompt_ids(self, asked: Asked) -> list[int]:
        messages, system = asked.messages, self._system
        if system is not None and messages[0].role not in ("system", "developer"):
            messages = (Message(role="system", content=system), *messages)
        try:
            return self._renderer.prompt_ids(messages, asked.tools)
        except Unrenderable as error:
            raise UserError(f"{asked.place}: {error}") from None


def _system(run: Path | None, given: str | None) -> str | None:
    """The system prompt to put before prompts that have none; `@run` is the training rows' own."""
    if given != OF_THE_RUN:
        return given
    found = system_of_run(run) if run is not None else None
    if found is None:
        raise UserError(
            f"--system {OF_THE_RUN}: the training rows of this run share no system prompt"
        )
    return found
