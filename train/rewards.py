"""What an answer is worth: by a contract, by its length, by a function of the user's, or by a model.

`--reward` names one of them; `make_reward` says which. A reward sees whole answers as text, and
gives one number each; it is never differentiated.
"""

from __future__ import annotations

import importlib
import inspect
import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from curate.contract import CHECKED, Contract, infer_contract
from curate.contract_loading import load_contract
from curate.errors import UserError
from curate.schemas.contract import ContractKind
from curate.train.intervals import Floats
from curate.train.metrics import parse_json

if TYPE_CHECKING:
    from curate.train.policy_prompts import PolicyPrompt

_LENGTH = re.compile(r"length:(\d+)-(\d+)")
# What valid JSON is worth that breaks the contract in every way: a first step towards keeping it.
_JSON_SHARE = 0.2
_USES = (
    "a run of `curate train --method reward`, contract, contract:FILE, length:MIN-MAX, or a "
    "function as MODULE:FUNCTION"
)


class Reward(Protocol):
    """What answers are worth."""

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        ...

    @property
    def about_length(self) -> bool:
        """Whether it asks for a length by itself, so that growing longer is no bad sign."""
        ...

    @property
    def has_scale(self) -> bool:
        """Whether its numbers mean something as they are; others are scaled to a deviation of 1."""
        ...

    def __call__(self, prompts: Sequence[PolicyPrompt], answers: Sequence[str]) -> Floats:
        """One number for each answer, [N] float64; `prompts[i]` is what `answers[i]` answers."""
        ...


@dataclass(frozen=True)
class ContractReward:
    """From 0 (no such thing) to 1 (keeps the contract); each violation costs."""

    contract: Contract
    title: str = "contract"
    about_length: bool = False
    has_scale: bool = True

    def __call__(self, prompts: Sequence[PolicyPrompt], answers: Sequence[str]) -> Floats:
        """The answers' validity, [N]."""
        return np.array([self._one(answer) for answer in answers], dtype=np.float64)

    def _one(self, answer: str) -> float:
        if not answer.strip():
            return 0.0
        broken = len(self.contract.check(answer))
        if not broken:
            return 1.0
        if self.contract.kind is not ContractKind.JSON or parse_json(answer) is None:
            return 0.0
        return _JSON_SHARE + (1.0 - _JSON_SHARE) / (1.0 + broken) / 2.0


@dataclass(frozen=True)
class LengthReward:
    """1 within so many words; outside, less by the share of the bound that is missing or too much."""

    least: int
    most: int
    about_length: bool = True
    has_scale: bool = True

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return f"{self.least} to {self.most} words"

    def __call__(self, prompts: Sequence[PolicyPrompt], answers: Sequence[str]) -> Floats:
        """How near each answer's length is to the range, [N]."""
        return np.array([self._one(len(answer.split())) for answer in answers], dtype=np.float64)

    def _one(self, words: int) -> float:
        if words < self.least:
            return words / self.least
        return max(0.0, 1.0 - max(0, words - self.most) / self.most)


@dataclass(frozen=True)
class FunctionReward:
    """A function of the user's: of (prompt, answer), or of (prompt, answer, reference).

    The prompt is the last user turn's text; the reference is the data's own answer, or None.
    """

    spelling: str
    function: Callable[..., Any]
    takes_reference: bool
    about_length: bool = False
    has_scale: bool = True

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return f"your {self.spelling.partition(':')[2]}"

    def __call__(self, prompts: Sequence[PolicyPrompt], answers: Sequence[str]) -> Floats:
        """What the function says of each answer, [N].

        Raises:
            UserError: it fails, or says something else than a finite number.
        """
        rows = zip(prompts, answers, strict=True)
        return np.array([self._one(prompt, answer) for prompt, answer in rows], dtype=np.float64)

    def _one(self, prompt: PolicyPrompt, answer: str) -> float:
        given = (prompt.question, answer, *((prompt.reference,) if self.takes_reference else ()))
        try:
            value = self.function(*given)
        except Exception as error:
            raise UserError(
                f"--reward {self.spelling}: failed on the answer {answer[:60]!r}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if not isinstance(value, bool | int | float) or not math.isfinite(value):
            raise UserError(
                f"--reward {self.spelling}: returned {value!r}; expected a finite number"
            )
        return float(value)


def make_reward(spelling: str | None, references: Sequence[str]) -> Reward:
    """The reward that `spelling` names, except a model's (`is_reward_run`).

    Args:
        spelling: as `--reward` takes it.
        references: the training rows' own answers, from which a contract is inferred.

    Raises:
        UserError: it names nothing, or a contract that cannot be checked.
    """
    if spelling is None:
        raise UserError(f"which reward? Give --reward: {_USES}")
    if spelling == "contract" or spelling.startswith("contract:"):
        return _contract_reward(spelling, references)
    if spelling.startswith("length:"):
        return _length_reward(spelling)
    return _function_reward(spelling)


def is_reward_run(spelling: str | None) -> bool:
    """Whether `spelling` names a folder: a trained reward model."""
    return spelling is not None and Path(spelling).is_dir()


def _contract_reward(spelling: str, references: Sequence[str]) -> ContractReward:
    source = spelling.partition(":")[2]
    if not source and not references:
        raise UserError(
            "--reward contract: the data has no answers to infer a contract from; name one with "
            "--reward contract:FILE"
        )
    contract = load_contract(source) if source else infer_contract(references)
    if contract.kind not in CHECKED:
        raise UserError(
            f"--reward {spelling}: nothing to check in this contract ({contract.describe()}); it "
            "takes JSON, labels, numbers or a marked final answer"
        )
    return ContractReward(contract)


def _length_reward(spelling: str) -> LengthReward:
    match = _LENGTH.fullmatch(spelling)
    least, most = (int(n) for n in match.groups()) if match else (0, 0)
    if not 0 < least <= most:
        raise UserError(
            f"--reward {spelling}: expected length:MIN-MAX in words, as in length:20-60"
        )
    return LengthReward(least, most)


def _function_reward(spelling: str) -> FunctionReward:
    module_name, colon, function_name = spelling.partition(":")
    if not (colon and module_name and function_name):
        raise UserError(f"--reward {spelling}: no such folder; expected {_USES}")
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise UserError(f"--reward {spelling}: cannot import {module_name}: {error}") from error
    finally:
        sys.path.remove(here)
    function = getattr(module, function_name, None)
    if not callable(function):
        raise UserError(f"--reward {spelling}: {module_name} has no function {function_name}")
    return FunctionReward(spelling, function, _takes_reference(spelling, function))


def _takes_reference(spelling: str, function: Callable[..., Any]) -> bool:
    signature = inspect.signature(function)
    for given, answer in ((("", "", ""), True), (("", ""), False)):
        try:
            signature.bind(*given)
        except TypeError:
            continue
        return answer
    raise UserError(
        f"--reward {spelling}: takes {signature}; expected (prompt, answer) or "
        "(prompt, answer, reference)"
    )
