"""The watch over a policy on scripted evaluations: what it must say, and what it must not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from curate.schemas.options.watch import DecideBy, WatchOptions
from curate.schemas.verdicts import Verdict, VerdictName
from curate.train.policy_evaluations import PolicyEvaluation, hashed
from curate.train.policy_signs import Limits
from curate.train.policy_watch import PolicyWatch

ROWS = 64


def evaluation(step: int, seed: int = 0, **changes: Any) -> PolicyEvaluation:
    """64 prompts: rewards of 0.3, answers of 30 tokens, 0.05 nats a token away, with noise."""
    rng = np.random.default_rng([seed, step])
    level: dict[str, Any] = {
        "reward": 0.3, "kl": 0.05, "entropy": 1.5, "tokens": 30, "ended": 0.95, "quality": None,
        "same": 1,
    }  # fmt: skip
    level |= changes
    tokens = np.maximum(1, rng.normal(level["tokens"], 5.0, ROWS)).astype(np.int64)
    noise = rng.normal(size=(3, ROWS))
    texts = [f"answer {i}" for i in range(ROWS)]
    texts[: level["same"]] = ["the same"] * level["same"]
    return PolicyEvaluation(
        step=step,
        epoch=step / 10,
        ids=tuple(f"prompt {i}" for i in range(ROWS)),
        rewards=level["reward"] + 0.2 * noise[0],
        kl=tokens * (level["kl"] + 0.03 * noise[1]),
        entropy=tokens * level["entropy"] * (1.0 + 0.1 * noise[2]),
        tokens=tokens,
        ended=rng.random(ROWS) < level["ended"],
        texts=hashed(texts),
        quality=None
        if level["quality"] is None
        else level["quality"] + 0.1 * rng.normal(size=ROWS),
        quality_name="field_accuracy" if level["quality"] is not None else "",
    )


def watch(about_length: bool = False, commonest: float = 0.0, **options: Any) -> PolicyWatch:
    return PolicyWatch(Limits(WatchOptions(**options), 0.5, about_length, commonest))


def follow(watching: PolicyWatch, levels: list[dict[str, Any]], seed: int = 0) -> list[Verdict]:
    return [watching.observe(evaluation(i, seed, **level)) for i, level in enumerate(levels)]


def rising(step: int) -> dict[str, Any]:
    return {"reward": 0.3 + 0.1 * step, "kl": 0.05 + 0.02 * step}


def test_a_reward_that_rises_near_the_reference_is_improving() -> None:
    watching = watch()
    verdicts = follow(watching, [rising(i) for i in range(6)])
    assert [v.name for v in verdicts] == [VerdictName.WARMING_UP, *[VerdictName.IMPROVING] * 5]
    assert not any(v.stop for v in verdicts)
    assert watching.best_step == 5
    assert "nats an answer from the reference" in verdicts[-1].evidence
    assert watching.conclude(budget_exhausted=True).name is VerdictName.UNDERFITTING


SIGNS: dict[str, tuple[dict[str, Any], str]] = {
    "reward": ({"reward": 0.1}, "held-out reward fell"),
    "quality": ({"reward": 0.9, "quality": 0.3}, "field_accuracy, which is not rewarded, fell"),
    "distance": ({"reward": 0.9, "kl": 0.9}, "nats a token from the reference"),
    "entropy": ({"reward": 0.9, "entropy": 0.05}, "entropy collapsed"),
    "sameness": ({"reward": 0.9, "same": 50}, "one and the same answer to 78%"),
    "endless": ({"reward": 0.9, "ended": 0.3}, "no longer end by themselves"),
    "length": ({"reward": 0.9, "tokens": 90}, "answers grew to"),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_each_sign_is_named_and_stops_at_the_best_step_once_it_stays(sign: str) -> None:
    change, said = SIGNS[sign]
    quality = {"quality": 0.6} if sign == "quality" else {}
    watching = watch(patience=2)
    steps = [{**rising(i), **quality} for i in range(4)]
    *_, first, second = follow(watching, [*steps, {**rising(4), **change}, {**rising(5), **change}])
    assert first.name is second.name is VerdictName.OVER_OPTIMISING
    assert said in first.evidence.lower()
    assert not first.stop
    assert second.stop
    assert second.best_step == watching.best_step == 3
    assert "Stopped; the weights of step 3 are kept" in second.evidence


@pytest.mark.parametrize("sign", SIGNS)
def test_without_early_stopping_the_verdict_is_given_and_nothing_stops(sign: str) -> None:
    change, _ = SIGNS[sign]
    quality = {"quality": 0.6} if sign == "quality" else {}
    verdicts = follow(
        watch(stop_early=False), [{**rising(0), **quality}, *[{**rising(0), **change}] * 4]
    )
    assert verdicts[-1].name is VerdictName.OVER_OPTIMISING
    assert not any(v.stop for v in verdicts)


def test_a_sign_that_goes_away_does_not_stop() -> None:
    far = {"reward": 0.9, "kl": 0.9}
    verdicts = follow(watch(patience=2), [rising(0), far, rising(2), far, rising(4)])
    assert not any(v.stop for v in verdicts)
    assert verdicts[-1].name is VerdictName.IMPROVING


def test_a_higher_reward_far_away_is_not_the_best_step() -> None:
    watching = watch(stop_early=False)
    follow(watching, [rising(0), rising(1), {"reward": 5.0, "kl": 2.0}])
    assert watching.best_step == 1


def test_a_reward_on_length_may_make_answers_longer_but_not_endless() -> None:
    longer = {"reward": 0.9, "tokens": 90}
    assert follow(watch(about_length=True), [rising(0), longer])[-1].name is VerdictName.IMPROVING
    endless = follow(watch(about_length=True), [rising(0), {**longer, "ended": 0.2}])[-1]
    assert endless.name is VerdictName.OVER_OPTIMISING


def test_few_labels_are_no_sameness_where_the_data_has_as_few() -> None:
    same = {"reward": 0.9, "same": 40}
    assert follow(watch(commonest=0.5), [rising(0), same])[-1].name is VerdictName.IMPROVING
    assert follow(watch(), [rising(0), same])[-1].name is VerdictName.OVER_OPTIMISING


def test_a_reward_that_stands_still_is_a_plateau() -> None:
    watching = watch(plateau_patience=3)
    verdicts = follow(watching, [{}] * 6)
    assert verdicts[1].name is VerdictName.WARMING_UP
    assert verdicts[-1].name is VerdictName.PLATEAU
    assert not verdicts[-1].stop
    assert follow(watch(plateau_patience=3, stop_on_plateau=True), [{}] * 6)[-1].stop


def test_a_run_that_does_not_change_is_hardly_ever_stopped() -> None:
    """100 runs of 15 evaluations without any change: fewer than 5% are stopped."""
    stopped = 0
    for seed in range(100):
        watching = watch()
        verdicts = [
            watching.observe(evaluation(step, seed, quality=0.5, kl=0.3)) for step in range(15)
        ]
        stopped += any(v.stop for v in verdicts)
    assert stopped < 5


def test_the_metric_can_decide_which_step_is_best() -> None:
    levels = [{"reward": 0.3 + 0.1 * i, "quality": q} for i, q in enumerate((0.3, 0.5, 0.48))]
    by_reward, by_metric = watch(), watch(decide_by=DecideBy.METRIC)
    follow(by_reward, levels)
    follow(by_metric, levels)
    assert by_reward.best_step == 2
    assert by_metric.best_step == 1


def test_a_reward_that_is_no_number_stops_at_once() -> None:
    verdicts = follow(watch(), [rising(0), rising(1), {"reward": float("nan")}])
    assert verdicts[-1].name is VerdictName.DIVERGED
    assert verdicts[-1].stop
    assert verdicts[-1].best_step == 1


@pytest.mark.parametrize("at", [0, 1, 3, 5])
def test_state_survives_json_and_later_verdicts_are_the_same(at: int) -> None:
    levels = [*[{**rising(i), "quality": 0.5} for i in range(4)], *[{"reward": 0.9, "kl": 0.9}] * 3]
    whole, first, second = watch(), watch(), watch()
    expected = follow(whole, levels)
    follow(first, levels[:at])
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    found = [second.observe(evaluation(i, **level)) for i, level in list(enumerate(levels))[at:]]
    assert found == expected[at:]
    assert second.state_dict() == whole.state_dict()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: evaluation(0),
        lambda: PolicyEvaluation.from_json({**evaluation(5).to_json(), "ids": ["x"] * ROWS}),
    ],
    ids=["earlier step", "other prompts"],
)
def test_what_cannot_be_compared_is_refused(wrong: Callable[[], PolicyEvaluation]) -> None:
    watching = watch()
    follow(watching, [rising(0), rising(1)])
    with pytest.raises(ValueError, match=r"came after|other prompts"):
        watching.observe(wrong())
