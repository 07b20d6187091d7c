"""The ways of getting an answer that `curate compare` compares: one entry of a table each.

A method is a way of writing the prompt, and whether the tuned or the base model answers it. What
several of them need (examples, passages, an index over either) is prepared once, in `Materials`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Protocol

import numpy as np

from curate.contract import Contract
from curate.errors import UserError, unknown_name
from curate.schemas.options.compare import CompareOptions
from curate.schemas.turns import Example, Message
from curate.train.embedding import EmbeddingIndex, load_embedder
from curate.train.metrics import instruction
from curate.train.retrieval import Index, has_bm25, read_passages

_SYSTEM_ROLES = ("system", "developer")


@dataclass(frozen=True)
class Case:
    """One request and the answer it should get: everything before a learnt turn, and that turn.

    Of a preference, the reference is the answer that was chosen; `rejected` is the other one.
    """

    example: Example
    messages: tuple[Message, ...]
    reference: Message
    rejected: Message | None = None

    @property
    def question(self) -> str:
        """The last user turn's text."""
        return next((m.text for m in reversed(self.messages) if m.role == "user"), "")


def cases_of(examples: Sequence[Example]) -> list[Case]:
    """The last learnt turn of each conversation that has text in it, and each judged pair.

    Pairs whose sides are more than one answer each to the same prompt are left out.
    """
    cases = []
    for example in examples:
        if example.chosen is not None and example.rejected is not None:
            if len(example.chosen) == len(example.rejected) == 1 and example.messages:
                case = Case(example, example.messages, example.chosen[0], example.rejected[0])
                cases.append(case)
            continue
        for i in reversed(example.learnt):
            if i > 0 and example.messages[i].text.strip():
                cases.append(Case(example, example.messages[:i], example.messages[i]))
                break
    return cases


class Search(Protocol):
    """An index over texts."""

    def nearest(self, query: str, k: int) -> list[int]:
        """Numbers of the `k` best texts, best first."""


@dataclass
class Materials:
    """What prompts are written from: training cases, passages, and the output contract."""

    options: CompareOptions
    training: Sequence[Case]
    contract: Contract
    shots: list[Case] = field(init=False)
    _search: Callable[[Sequence[str]], Search] = field(init=False, default=Index)

    def __post_init__(self) -> None:
        count = min(self.options.shots, len(self.training))
        drawn = np.random.default_rng(self.options.seed).choice(
            len(self.training), size=count, replace=False
        )
        self.shots = [self.training[i] for i in drawn]
        # Loaded at once, so that a model that cannot be used is refused before any work.
        if self.options.embedding is not None:
            self._search = partial(EmbeddingIndex, load_embedder(self.options.embedding))

    @cached_property
    def _cases(self) -> Search:
        return self._search([case.question for case in self.training])

    @cached_property
    def _passages(self) -> tuple[Search, list[str]]:
        if self.options.docs is not None:
            texts = [passage.text for passage in read_passages(self.options.docs)]
            return self._search(texts), texts
        texts = [f"Request: {c.question}\nAnswer: {c.reference.text}" for c in self.training]
        return self._cases, texts

    def similar(self, case: Case) -> list[Case]:
        """The training cases nearest to this one, the nearest last (next to the question)."""
        return [self.training[i] for i in self._cases.nearest(case.question, self.options.shots)][
            ::-1
        ]

    def passages(self, case: Case) -> list[str]:
        """The passages nearest to this case's question, best first."""
        index, texts = self._passages
        return [texts[i] for i in index.nearest(case.question, self.options.passages)]

    @cached_property
    def _system(self) -> str | None:
        """What replaces the data's system prompt, if anything does."""
        wanted = self.options.prompt
        if wanted == "contract":
            asking = instruction(self.contract)
            if asking is None:
                raise UserError("--prompt contract: the training outputs follow no contract")
            return asking
        if wanted is not None and wanted.startswith("@"):
            try:
                with open(wanted[1:], encoding="utf-8") as file:
                    return file.read().strip()
            except OSError as error:
                raise UserError(f"--prompt {wanted}: {error.strerror}") from None
        return wanted

    def prompted(self, case: Case) -> tuple[Message, ...]:
        """The case's messages with the system prompt of the methods that only prompt."""
        own = [m for m in case.messages if m.role in _SYSTEM_ROLES]
        rest = tuple(m for m in case.messages if m.role not in _SYSTEM_ROLES)
        system = self._system or (None if own else instruction(self.contract))
        if system is None:
            return case.messages
        return (Message(role="system", content=system), *rest)


def _with_shots(messages: tuple[Message, ...], shots: Sequence[Case]) -> tuple[Message, ...]:
    """Examples as turns of their own, between the system prompt and the conversation."""
    system = tuple(m for m in messages if m.role in _SYSTEM_ROLES)
    rest = tuple(m for m in messages if m.role not in _SYSTEM_ROLES)
    turns: list[Message] = []
    for shot in shots:
        turns += [m for m in shot.messages if m.role not in _SYSTEM_ROLES]
        turns.append(Message(role="assistant", content=shot.reference.text))
    return (*system, *turns, *rest)


def _with_passages(messages: tuple[Message, ...], passages: Sequence[str]) -> tuple[Message, ...]:
    """Passages in front of the last user turn's text."""
    if not passages:
        return messages
    numbered = "\n\n".join(f"[{i}] {text}" for i, text in enumerate(passages, 1))
    last = max((i for i, m in enumerate(messages) if m.role == "user"), default=None)
    if last is None:
        return (Message(role="system", content=f"Use what helps of this:\n\n{numbered}"), *messages)
    asked = Message(
        role="user", content=f"Use what helps of this:\n\n{numbered}\n\n{messages[last].text}"
    )
    return (*messages[:last], asked, *messages[last + 1 :])


Write = Callable[[Case, Materials], tuple[Message, ...]]


@dataclass(frozen=True)
class Method:
    """One way of getting an answer; `tuned` says which model, `searches` whether it needs an index."""

    name: str
    title: str
    tuned: bool
    write: Write
    searches: bool = False


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("prompt", "prompt", False, lambda case, m: m.prompted(case)),
        Method(
            "few-shot",
            "few-shot, random",
            False,
            lambda case, m: _with_shots(m.prompted(case), m.shots),
        ),
        Method(
            "few-shot-similar",
            "few-shot, similar",
            False,
            lambda case, m: _with_shots(m.prompted(case), m.similar(case)),
            searches=True,
        ),
        Method(
            "retrieval",
            "retrieval",
            False,
            lambda case, m: _with_passages(m.prompted(case), m.passages(case)),
            searches=True,
        ),
        Method("fine-tuned", "fine-tuned", True, lambda case, m: case.messages),
        Method(
            "fine-tuned-retrieval",
            "fine-tuned, retrieval",
            True,
            lambda case, m: _with_passages(case.messages, m.passages(case)),
            searches=True,
        ),
    )
}


def choose_methods(
    names: Sequence[str],
    *,
    has_tuned: bool,
    has_base: bool,
    has_training: bool,
    has_passages: bool,
    has_embedding: bool = False,
) -> tuple[list[Method], dict[str, str]]:
    """The methods to run, in the table's order, and why each of the others is left out.

    Raises:
        UserError: a method that was asked for by name is unknown or cannot be run.
    """
    for name in names:
        if name not in METHODS:
            raise unknown_name("method", name, METHODS)
    chosen, skipped = [], {}
    for method in METHODS.values():
        if names and method.name not in names:
            continue
        lacking = {
            "there is no tuned model": method.tuned and not has_tuned,
            "there is no base model (--model)": not method.tuned and not has_base,
            "it needs bm25s: pip install 'curate-ft[compare]'": (
                method.searches and not has_embedding and not has_bm25()
            ),
            "there are no training rows to take examples from (--examples FILE)": (
                method.name.startswith("few-shot") and not has_training
            ),
            "there is nothing to retrieve from (--docs FOLDER or --examples FILE)": (
                "retrieval" in method.name and not has_passages
            ),
        }
        reason = next((said for said, holds in lacking.items() if holds), None)
        if reason is None:
            chosen.append(method)
        elif names:
            raise UserError(f"--methods {method.name}: {reason}")
        else:
            skipped[method.name] = reason
    return chosen, skipped
