"""Record rules that look at the last exchange of a row, asked from the columns instead of the record.

Of a row with one question and one answer, the columns `prompt` and `completion` (`curate.columns`) are
the last exchange (`curate.rules.exchanges`); a record, which takes longer to make than many a rule to
ask, is then needed only of the rows that a rule reports. Of large files other processes ask
(`curate.askers`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import polars as pl

from curate.askers import Askers, Question
from curate.asking import Says
from curate.columns import Batch
from curate.evaluating import Hits
from curate.light_dataclass import dataclass
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import RecordRule
from curate.schemas.turns import RecordFormat

_FORMATS = (
    RecordFormat.CHAT,
    RecordFormat.SHAREGPT,
    RecordFormat.INSTRUCTION,
    RecordFormat.PROMPT_COMPLETION,
    RecordFormat.QUESTION_ANSWER,
)
# The roles of a single question and its answer, under a system prompt or not.
_SINGLE = ("ua", "sua")


def exchanges_at(
    batch: Batch, positions: pl.Series
) -> Iterator[tuple[int, tuple[str, str] | None]]:
    """Each of these rows, with the prompt and the completion of its last exchange.

    None in their place where only the record knows them: several turns, parts, tools, broken characters,
    an empty field beside the one that is asked (a record leaves it out, a column keeps the blank line).
    """
    rows = positions.to_list()
    if batch.format not in _FORMATS:
        for row in rows:
            yield row, None
        return
    texts = pl.col("prompt"), pl.col("completion")
    known = (
        pl.col("roles").is_in(_SINGLE)
        & ~pl.col("special")
        & ~pl.any_horizontal(text.str.contains("\ufffd", literal=True) for text in texts)
        & ~pl.col("prompt").str.starts_with("\n\n")
        & ~pl.col("prompt").str.ends_with("\n\n")
    )
    frame = batch.rows.select("prompt", "completion", "roles", "special")[positions].select(
        *texts, known=known.fill_null(False)
    )
    prompts, completions, knowns = (column.to_list() for column in frame)
    for row, prompt, completion, is_known in zip(rows, prompts, completions, knowns, strict=True):
        yield row, (prompt, completion) if is_known else None


# Exchanges in one question: some ten milliseconds of work.
_AT_ONCE = 256
# What is said about a row: itself, its exchange where nobody has asked yet, and the message if there is one.
# With neither, only the row's record knows.
Said = tuple[int, tuple[str, str] | None, str | None]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Rows of which the exchanges that are known, in their order, are in a question."""

    known: Sequence[int]
    unknown: Sequence[int]
    question: Question


class Answers:
    """What record rules say about the exchanges of a batch; those rules that could be asked elsewhere, are."""

    def __init__(self, batch: Batch, askers: Askers | None) -> None:
        self._batch = batch
        self._askers = askers
        self._asked: dict[int, list[_Asked]] = {}

    def ask(self, hits: Hits) -> None:
        """Ask about the rows of a rule elsewhere, if that can be."""
        says = _says_of(hits)
        if self._askers is not None and says is not None and (asked := self._ask(hits, says)):
            self._asked[hits.number] = asked

    def _ask(self, hits: Hits, says: Says) -> list[_Asked]:
        askers = self._askers
        assert askers is not None
        asked: list[_Asked] = []
        rows = exchanges_at(self._batch, hits.positions)
        while some := list(islice(rows, _AT_ONCE)):
            exchanges = [(row, exchange) for row, exchange in some if exchange is not None]
            question = askers.ask(says, [exchange for _, exchange in exchanges])
            if question is None:
                return []
            unknown = [row for row, exchange in some if exchange is None]
            asked.append(_Asked([row for row, _ in exchanges], unknown, question))
        return asked

    def of(self, hits: Hits) -> Iterator[Said]:
        """Each of a rule's rows of which there is something to say, or still something to ask, ascending."""
        asked = self._asked.get(hits.number)
        if asked is not None:
            yield from (said for part in asked for said in self._replies(part))
        elif _says_of(hits) is not None:
            rows = exchanges_at(self._batch, hits.positions)
            yield from ((row, exchange, None) for row, exchange in rows)
        else:
            yield from ((row, None, None) for row in hits.positions.to_list())

    def _replies(self, asked: _Asked) -> Iterator[Said]:
        assert self._askers is not None
        reply = self._askers.reply(asked.question)
        said: dict[int, str | None] = {asked.known[i]: text for i, text in reply["said"]}
        # Only the record knows these, or where a rule failed.
        said |= dict.fromkeys((asked.known[i] for i in reply["failed"]), None)
        said |= dict.fromkeys(asked.unknown, None)
        yield from ((row, None, said[row]) for row in sorted(said))


def _says_of(hits: Hits) -> Says | None:
    rule = hits.rule
    check = rule.check if isinstance(rule, RecordRule) else None
    return check.says if isinstance(check, OnExchange) else None
