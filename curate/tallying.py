"""Findings as they come in: some of each rule are kept, all are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from typing import Protocol

from curate.light_dataclass import dataclass
from curate.masking import masked
from curate.materialising import Found
from curate.pair_identity import Identity
from curate.rules.protocol import About, Repair, Rule
from curate.schemas.findings import Finding, FixSafety, NotAssessed
from curate.schemas.report import RuleResult

_SAID = 300  # characters of an exception that are told


class Accepted(Protocol):
    """Findings that are known and need not be reported: suppressions, a baseline."""

    def covers(self, finding: Finding, identity: Identity | None = None) -> bool:
        """Whether it is one of them; counts it if so. `identity` is that of one about two rows."""
        ...


@dataclass(slots=True)
class Failure:
    """A rule that raised: what it said first, and in how many places it did."""

    about: About
    first: str
    places: int = 1

    def not_assessed(self) -> NotAssessed:
        """As reports have it."""
        again = self.places - 1
        more = f", and {again:,} times more" if again > 1 else ", and once more" if again else ""
        reason = f"it failed on {self.first}{more}; this is a bug in curate, please report it"
        return NotAssessed(code=self.about.code, name=self.about.name, reason=reason, failed=True)


@dataclass(slots=True)
class Tally:
    """What was found so far: the findings that are kept, and whole counts by code.

    `keep` is how many findings of each rule are kept, None for all. What one of `accepted` covers
    is neither kept nor counted here.
    """

    keep: int | None
    accepted: Sequence[Accepted] = ()
    found: list[Found] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    fixable: Counter[str] = field(default_factory=Counter)
    safely: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    unrepairable: set[str] = field(default_factory=set)
    failures: dict[str, Failure] = field(default_factory=dict)

    def room(self, code: str) -> int | None:
        """How many more findings of this rule are kept; None for no limit."""
        if self.keep is None or self.accepted:
            return None  # each has to be looked at
        return max(0, self.keep - self.counts[code])

    def add(self, found: Found) -> None:
        """Count a finding, and keep it while there is room."""
        if any(accepted.covers(found.finding, found.identity) for accepted in self.accepted):
            return
        code = found.finding.code
        if found.repair is not None and found.finding.path in self.unrepairable:
            found = found.not_offered()
        if self.keep is None or self.counts[code] < self.keep:
            self.found.append(found)
        self._count(code, 1, found.repair if found.finding.fix is not None else None)

    def add_unseen(self, code: str, count: int, repair: Repair | None) -> None:
        """Count findings that nobody will look at one by one."""
        self._count(code, count, repair)

    def failed(self, about: About, where: str, error: Exception) -> None:
        """A rule raised on this place, which it has not assessed; the others go on."""
        known = self.failures.get(about.code)
        if known is not None:
            known.places += 1
            return
        said = f"{where}: {type(error).__name__}: {masked(str(error))}"
        self.failures[about.code] = Failure(about, said[:_SAID])

    def give_up_repairs(self, path: str) -> None:
        """No repair is offered for this file any more, since it cannot be written again in place."""
        if path in self.unrepairable:
            return
        self.unrepairable.add(path)
        for i, found in enumerate(self.found):
            if found.finding.fix is not None and found.repair and found.finding.path == path:
                code = found.finding.code
                self.fixable[code] -= 1
                self.safely[code] -= found.repair.safety is FixSafety.SAFE
                self.found[i] = found.not_offered()

    def result_of(self, rule: Rule) -> RuleResult:
        """A rule, with how often it held."""
        about = rule.about
        return RuleResult(
            code=about.code,
            name=about.name,
            severity=about.severity,
            confidence=about.confidence,
            summary=about.summary,
            reason=about.reason,
            remedy=about.remedy,
            count=self.counts[about.code],
            fixable=self.fixable[about.code],
            safely_fixable=self.safely[about.code],
        )

    def _count(self, code: str, count: int, repair: Repair | None) -> None:
        self.counts[code] += count
        if repair is not None:
            self.fixable[code] += count
            self.safely[code] += count if repair.safety is FixSafety.SAFE else 0
