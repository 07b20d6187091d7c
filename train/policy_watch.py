"""The watch over a policy: from its answers to held-out prompts to a verdict with its evidence.

The same rules as for losses (`curate.train.watch`): a fixed set of prompts, each compared with
itself; tests whose level falls with their number; `patience` evaluations in a row before anything
is stopped. The best step is the one with the highest held-out reward (or task metric, where that
decides) among those that show no sign of over-optimisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curate.schemas.options.watch import DecideBy
from curate.schemas.verdicts import Verdict, VerdictName
from curate.train.intervals import Estimate
from curate.train.policy_evaluations import PolicyEvaluation
from curate.train.policy_signs import Compared, Limits, signs
from curate.train.progress import GAIN_ALPHA

_EVALUATIONS = ("start", "best", "gained", "finest")


@dataclass
class _Memory:
    """Evaluations that later ones are compared with, and counts.

    `best` is what is kept, `gained` the last one significantly better than the one before it,
    `finest` the one with the best quality.
    """

    start: PolicyEvaluation
    best: PolicyEvaluation
    gained: PolicyEvaluation
    finest: PolicyEvaluation
    seen: int = 0
    since_gain: int = 0
    signs_in_a_row: int = 0


class PolicyWatch:
    """Follows one run. `observe` each evaluation in order, the first one before any training."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._memory: _Memory | None = None
        self._last: Verdict | None = None

    @property
    def best_step(self) -> int:
        """The step whose weights should be kept."""
        return self._memory.best.step if self._memory is not None else 0

    @property
    def last(self) -> Verdict | None:
        """The verdict at the last evaluation."""
        return self._last

    def observe(self, now: PolicyEvaluation) -> Verdict:
        """Take in the next evaluation, and say how the run stands.

        Raises:
            ValueError: it asked other prompts than the first, or goes back in steps.
        """
        begun, memory = self._memory is not None, self._memory or _Memory(now, now, now, now)
        self._memory = memory
        if now.ids != memory.start.ids:
            raise ValueError("an evaluation asked other prompts than the first one did")
        if self._last is not None and now.step <= self._last.step:
            raise ValueError(f"step {now.step} came after step {self._last.step}")
        if not now.finite:
            evidence = f"A reward or a probability is not a finite number at step {now.step}."
            verdict = self._verdict(VerdictName.DIVERGED, evidence, now, memory, stop=True)
        elif begun:
            verdict = self._follow(now, memory)
        else:
            evidence = (
                f"The held-out reward is {now.reward:.3g} before training, with answers of "
                f"{now.length:.0f} tokens."
            )
            verdict = self._verdict(VerdictName.WARMING_UP, evidence, now, memory)
        self._last = verdict
        return verdict

    def _follow(self, now: PolicyEvaluation, memory: _Memory) -> Verdict:
        memory.seen += 1
        compared = Compared(
            now, memory.start, memory.best, memory.finest, memory.seen, self._limits
        )
        shown = signs(compared)
        change = -memory.best.reward_change(now)
        memory.signs_in_a_row = memory.signs_in_a_row + 1 if shown else 0
        if shown:
            return self._over_optimising(shown, now, memory, change)
        _remember(now, memory, by_quality=self._limits.options.decide_by is DecideBy.METRIC)
        name, evidence, stop = self._calm(now, memory)
        return self._verdict(name, evidence, now, memory, stop=stop, change=change)

    def _over_optimising(
        self, shown: list[str], now: PolicyEvaluation, memory: _Memory, change: Estimate
    ) -> Verdict:
        options, best = self._limits.options, memory.best
        stop = options.stop_early and memory.signs_in_a_row >= options.patience
        times = memory.signs_in_a_row
        often = "" if times == 1 else f", {times} evaluations in a row with such signs"
        outcome = (
            f"Stopped; the weights of step {best.step} are kept."
            if stop
            else f"Step {best.step} is still the one to keep."
        )
        said = "; ".join(shown)
        evidence = (
            f"{said[0].upper()}{said[1:]}{often} (held-out reward {now.reward:.3g}, at step "
            f"{best.step} {best.reward:.3g}). {outcome}"
        )
        name = VerdictName.OVER_OPTIMISING
        return self._verdict(name, evidence, now, memory, stop=stop, change=change)

    def _calm(self, now: PolicyEvaluation, memory: _Memory) -> tuple[VerdictName, str, bool]:
        """A verdict without signs: name, evidence, and whether to stop."""
        options = self._limits.options
        # The estimate from these few answers can fall below zero, which no distance does.
        distance = f"{max(float(now.kl.mean()), 0.0):.2g} nats an answer from the reference"
        rise = memory.start.reward_change(now)
        low, high = rise.interval()
        so_far = (
            f"The held-out reward is {now.reward:.3g}, {rise.value:+.3g} (95%: {low:+.2g} to "
            f"{high:+.2g}) since the start; the policy is {distance}"
        )
        if memory.since_gain == 0:
            return VerdictName.IMPROVING, f"{so_far}.", False
        last = f"the last clear gain was at step {memory.gained.step}"
        if memory.since_gain >= options.plateau_patience:
            return VerdictName.PLATEAU, f"{so_far}; {last}.", options.stop_on_plateau
        if memory.gained.step > memory.start.step:
            return VerdictName.IMPROVING, f"{so_far}; {last}.", False
        return VerdictName.WARMING_UP, f"{so_far}: too early to say.", False

    def conclude(self, budget_exhausted: bool) -> Verdict:
        """The verdict on the whole run, once no evaluation follows.

        Args:
            budget_exhausted: the run ended because its steps were used up.

        Raises:
            ValueError: nothing was observed.
        """
        last, memory = self._last, self._memory
        if last is None or memory is None:
            raise ValueError("nothing was observed")
        if budget_exhausted and last.name is VerdictName.IMPROVING:
            best, start = memory.best, memory.start
            rose = f"the held-out reward rose from {start.reward:.3g} to {best.reward:.3g}"
            if memory.since_gain == 0:
                evidence = (
                    f"The steps were used up while it was still getting better: {rose}. More steps "
                    "would help."
                )
                self._last = last.model_copy(
                    update={"name": VerdictName.UNDERFITTING, "evidence": evidence}
                )
            else:
                evidence = f"The run ended at step {last.step} without harm: {rose}."
                self._last = last.model_copy(update={"evidence": evidence})
        return self._last or last

    def _verdict(
        self,
        name: VerdictName,
        evidence: str,
        now: PolicyEvaluation,
        memory: _Memory,
        *,
        stop: bool = False,
        change: Estimate | None = None,
    ) -> Verdict:
        return Verdict(
            name=name,
            step=now.step,
            epoch=now.epoch,
            evidence=evidence,
            stop=stop,
            best_step=memory.best.step,
            metric=now.reward if now.finite else None,
            change=change.value if change is not None else None,
            change_interval=change.interval() if change is not None and change.rows > 1 else None,
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything that later verdicts depend on, as JSON; floats survive exactly."""
        memory = self._memory
        if memory is None or self._last is None:
            return {"memory": None, "last": None}
        kept: dict[str, Any] = {name: getattr(memory, name).to_json() for name in _EVALUATIONS}
        for name in ("seen", "since_gain", "signs_in_a_row"):
            kept[name] = getattr(memory, name)
        return {"memory": kept, "last": self._last.model_dump(mode="json")}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`, with the limits this watch was made with."""
        kept = state["memory"]
        if kept is None:
            self._memory = self._last = None
            return
        evaluations = {name: PolicyEvaluation.from_json(kept[name]) for name in _EVALUATIONS}
        counts = {name: int(kept[name]) for name in ("seen", "since_gain", "signs_in_a_row")}
        self._memory = _Memory(**evaluations, **counts)  # type: ignore[arg-type]  # mixed kinds
        self._last = Verdict.model_validate(state["last"])


def _remember(now: PolicyEvaluation, memory: _Memory, *, by_quality: bool) -> None:
    """Keep what later evaluations are compared with; `now` shows no sign."""

    def gain(before: PolicyEvaluation) -> Estimate:
        quality = before.quality_change(now) if by_quality else None
        return quality if quality is not None else before.reward_change(now)

    if gain(memory.gained).exceeds_zero(GAIN_ALPHA):
        memory.gained, memory.since_gain = now, 0
    else:
        memory.since_gain += 1
    if gain(memory.best).value > 0.0:
        memory.best = now
    quality = memory.finest.quality_change(now)
    if quality is not None and quality.value > 0.0:
        memory.finest = now
