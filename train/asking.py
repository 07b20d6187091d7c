"""Answers while training: a few to look at, and a task metric for the watch.

The loss alone misjudges style and reasoning runs, whose answers go on improving after it has
turned. The metric is the one that `curate compare` would decide by (from the output contract), or
the user's own function.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from torch import nn

from curate.contract import infer_contract
from curate.errors import UserError
from curate.schemas.options.train import TrainOptions
from curate.schemas.options.watch import DecideBy
from curate.schemas.turns import Example, Message
from curate.train.attention import usual_attention
from curate.train.evaluations import TaskScores
from curate.train.forward import unwrapped
from curate.train.generating import answer_prompts
from curate.train.metrics import Metric, metrics_for
from curate.train.rendering import Renderer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Rows that are answered at each evaluation where the metric decides and no number is given.
_METRIC_ROWS = 32


@dataclass(frozen=True)
class Question:
    """A validation example as a prompt, and what its last learnt turn says."""

    name: str
    prompt: str
    ids: tuple[int, ...]
    reference: str


@dataclass(frozen=True)
class Answered:
    """One answer, for people to read."""

    question: Question
    text: str


@dataclass(frozen=True)
class Asker:
    """Asks the model the same questions at every evaluation; called, it gives scores and samples.

    Attributes:
        questions: asked each time; the first `scored` of them are scored, the first `shown` shown.
        metric: how; None where nothing is scored.
    """

    tokenizer: PreTrainedTokenizerBase
    questions: tuple[Question, ...]
    scored: int
    shown: int
    metric: Metric | None
    max_new_tokens: int

    def __call__(self, model: nn.Module) -> tuple[TaskScores | None, list[Answered]]:
        """Scores (None without a metric) and the answers to show."""
        language_model = unwrapped(model)
        with usual_attention(language_model):
            answers = answer_prompts(
                cast("PreTrainedModel", model),
                self.tokenizer,
                [q.ids for q in self.questions],
                max_new_tokens=self.max_new_tokens,
            )
        shown = [Answered(q, a.text) for q, a in zip(self.questions, answers, strict=True)]
        return self._score(shown), shown[: self.shown]

    def _score(self, answered: Sequence[Answered]) -> TaskScores | None:
        if self.metric is None:
            return None
        rows = answered[: self.scored]
        scores = [self.metric.score(a.text, a.question.reference) for a in rows]
        names = tuple(a.question.name for a in rows)
        return TaskScores(self.metric.name, names, np.array(scores, dtype=np.float64))


def make_asker(
    answerable: Sequence[Example],
    tokenizer: PreTrainedTokenizerBase,
    options: TrainOptions,
    *,
    has_metric: bool = False,
) -> Asker | None:
    """The questions of a run, drawn once from the validation examples; None where none are wanted.

    Args:
        answerable: validation examples, as conversations with a learnt last answer.
        tokenizer: with the chat template.
        options: how many are asked, and how they are scored.
        has_metric: the method measures a metric by itself, so answers need not be scored for one.

    Raises:
        UserError: the metric is to decide, but no validation example is a conversation; or the
            user's metric cannot be loaded.
    """
    decides = options.decide_by is DecideBy.METRIC and not has_metric
    scored = options.metric_rows or (_METRIC_ROWS if decides or options.metric else 0)
    wanted = max(scored, options.samples)
    if not wanted:
        return None
    renderer = Renderer(tokenizer)
    if not answerable:
        if scored:
            raise UserError("a task metric needs conversations to validate on, and there are none")
        return None
    order = np.random.default_rng([options.seed, 3]).permutation(len(answerable))[:wanted]
    questions = tuple(_question(answerable[i], renderer) for i in order)
    metric = None
    if scored:
        contract = infer_contract([e.messages[e.learnt[-1]].text for e in answerable])
        metric = metrics_for(contract, options.metric)[0]
    return Asker(tokenizer, questions, scored, options.samples, metric, options.max_new_tokens)


def _question(example: Example, renderer: Renderer) -> Question:
    turn = example.learnt[-1]
    ids = tuple(renderer.prompt_ids(example.messages[:turn], example.tools))
    asked: Sequence[Message] = [m for m in example.messages[:turn] if m.role == "user"]
    return Question(
        name=hashlib.sha256(np.array(ids, dtype=np.int32).tobytes()).hexdigest()[:16],
        prompt=asked[-1].text if asked else "",
        ids=ids,
        reference=example.messages[turn].text,
    )
