"""DYN002: an answer that nothing else foretold, and that the run knows now."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.run_evidence import NEEDED, most_suspects, no_run, placed, run_of
from curate.run_dynamics import SUSPECT, UNEXPECTED
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# The last loss as a share of the first, below which the answer counts as known.
_KNOWN = 0.5
# The task counts as known once the typical loss is at most this multiple of where the epoch ends.
_TASK_KNOWN = 1.5


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    run = run_of(options)
    known = run.train.filter(
        (pl.col("passes") > 1)
        & (pl.col("first_excess") >= SUSPECT)
        & (pl.col("last_excess") < UNEXPECTED)
        & (pl.col("last") < _KNOWN * pl.col("first"))
        # Early in the first epoch, a row is hard because the task is new.
        & (pl.col("typical_first") <= _TASK_KNOWN * run.first_epoch)
    )
    known = known.top_k(min(known.height, most_suspects(run, options)), by="first_excess")
    known = placed(dataset, known)
    columns = ("row", "passes", "first", "last", "typical_first")
    for row, passes, first, last, typical_first in known.select(columns).iter_rows():
        yield Hit(
            row,
            f"learnt by heart: {first:.2f} nats a {run.unit} when met first, where {typical_first:.2f} were to be "
            f"expected, and {last:.2f} the last of {passes} times",
            column="completion",
        )


RULE = DatasetRule(
    about=About(
        code="DYN002",
        name="learnt-by-heart",
        severity=Severity.INFO,
        confidence=Confidence.LOW,
        summary="the run has memorised this example: no other foretold its answer",
        reason="The loss was far above that of other examples until the row had been seen, and is not any more: what was "
        "learnt is this row, not the task. Rare cases look like this, and so do wrong labels and personal data.",
        example="the only row that answers with an account number, after five epochs",
        remedy="Check that the answer is right, and that the model may repeat it. Fewer epochs memorise less; more "
        "examples like this one turn it into something that can be learnt.",
        options=("run", "max_suspects"),
    ),
    features=NEEDED,
    check=_check,
    unavailable=no_run,
)
