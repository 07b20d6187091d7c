"""From prepared prompts and options to a `PolicyRun` that is ready to go."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from curate.errors import UserError
from curate.schemas.options.rollouts import KlControl
from curate.schemas.options.train import Method, Switch, TrainOptions
from curate.schemas.options.watch import DecideBy
from curate.train import setup
from curate.train.assembling import open_records, start_or_resume
from curate.train.dashboard import Reporter
from curate.train.decisions import Decisions
from curate.train.decoding import CudaRecorder, Recorder
from curate.train.flops import token_cost
from curate.train.forward import unwrapped
from curate.train.kernels import use_graphs
from curate.train.kl_control import KlController
from curate.train.packing import BatchOrder
from curate.train.policy import PolicyModel, ReferencePolicy, without_dropout
from curate.train.policy_evaluating import evaluate_policy
from curate.train.policy_evaluations import hashed
from curate.train.policy_prompts import PolicyPrompt
from curate.train.policy_quality import make_quality
from curate.train.policy_run import PolicyRun
from curate.train.policy_signs import Limits
from curate.train.policy_step import policy_step
from curate.train.policy_watch import PolicyWatch
from curate.train.preparing import Prepared
from curate.train.rewards import Reward, is_reward_run, make_reward
from curate.train.rollouts import Roller
from curate.train.schedule import Timetable, timetable

if TYPE_CHECKING:
    from accelerate import Accelerator

# An evaluation costs its answers: at most about this share of those of the steps between two.
_EVALUATION_SHARE = 0.25
_FEWEST_EVALUATIONS = 10


def assemble_policy(
    folder: Path,
    prepared: Prepared,
    options: TrainOptions,
    accelerator: Accelerator,
    reporter: Reporter,
    decisions: Decisions,
) -> PolicyRun:
    """The run, at its beginning or where `options.resume` finds its last checkpoint."""
    _refuse(options, accelerator)
    device = accelerator.device
    reward = _reward(prepared, options, device)
    decisions.note(f"reward: {reward.title}")
    policy, budget, autocast = _policy(prepared, options, accelerator, decisions)
    use_graphs(policy, options, budget, decisions, reporter.say)
    reference = ReferencePolicy(policy)
    decisions.note(_described(reference, options))
    val_prompts = _held_out(prepared.val_items, options)
    times = _times(prepared, policy, len(val_prompts), options, decisions)
    store, checkpoint, history = open_records(folder, options, accelerator)
    run = PolicyRun(
        accelerator=accelerator,
        model=policy,
        optimiser=setup.make_optimiser(policy, options, device),
        times=times,
        budget=budget,
        autocast=autocast,
        max_grad_norm=options.max_grad_norm,
        watch=PolicyWatch(_limits(val_prompts, reward, options)),
        store=store,
        history=history,
        reporter=reporter,
        cost=token_cost(policy.model),
        evaluate=evaluate_policy,
        step=policy_step,
        options=options,
        prompts=prepared.items,
        val_prompts=val_prompts,
        order=BatchOrder(len(prepared.items), options.batch_size, options.seed),
        roll=Roller(
            policy,
            reference,
            prepared.tokenizer,
            reward,
            options.max_new_tokens,
            options.missing_eos_penalty,
            autocast,
            device,
            _recorder(options, device),
        ),
        controller=KlController.of(options),
        quality=make_quality(prepared, val_prompts, options, decisions),
    )
    if run.quality is None and options.decide_by is DecideBy.METRIC:
        raise UserError(
            "--decide-by metric: nothing to compare the held-out answers with; they need right answers "
            "(JSON, labels, numbers), preferences, or --metric"
        )
    start_or_resume(run, checkpoint, prepared, decisions)
    return run


def _refuse(options: TrainOptions, accelerator: Accelerator) -> None:
    """Options that do not go together with learning from a reward."""
    method = options.method.value
    if accelerator.num_processes > 1:
        raise UserError(f"--method {method} runs in one process; leave --num-processes at 1")
    if options.lora_dropout:
        raise UserError(
            f"--method {method} learns from what the policy itself has written, which dropout would "
            "make another policy; leave --lora-dropout at 0"
        )
    if options.find_learning_rate:
        raise UserError(
            f"--find-learning-rate compares losses on the validation set, which --method {method} has "
            "not; leave it out, or give --learning-rate"
        )
    if options.method is Method.GRPO and options.answers_per_prompt < 2:
        raise UserError("--method grpo compares answers to the same prompt: --answers-per-prompt 2")


def _reward(prepared: Prepared, options: TrainOptions, device: torch.device) -> Reward:
    if is_reward_run(options.reward):
        from curate.train.model_reward import load_model_reward

        return load_model_reward(Path(str(options.reward)), device)
    references = [p.reference for p in prepared.items if p.reference]
    return make_reward(options.reward, references)


def _policy(
    prepared: Prepared, options: TrainOptions, accelerator: Accelerator, decisions: Decisions
) -> tuple[PolicyModel, int, Callable[[], AbstractContextManager[Any]]]:
    """The policy on its device, the size of its packs, and the context of its forward pass."""
    device = accelerator.device
    numerics = setup.choose_numerics(options, device, decisions)
    everything = [*prepared.items, *prepared.val_items]
    # A minibatch may stand in one pack.
    answers = math.ceil(options.batch_size * options.answers_per_prompt / options.minibatches)
    settled = options.model_copy(update={"batch_size": answers})
    memory = setup.plan_run(prepared.base, settled, everything, accelerator, numerics, decisions)
    policy = setup.build_model(prepared.base, settled, device, numerics, memory, decisions)
    assert isinstance(policy, PolicyModel)
    policy.temperature = options.temperature
    without_dropout(policy)
    budget = memory.budget if policy.plan.packed else 1
    return policy, budget, setup.autocasting(numerics, device)


def _recorder(options: TrainOptions, device: torch.device) -> Recorder | None:
    """One for the whole run, so that all recordings are made in the same memory."""
    if device.type != "cuda":
        return None
    recorder = CudaRecorder()
    if options.cuda_graphs is Switch.OFF:
        recorder.given_up = "--cuda-graphs off"
    return recorder


def _described(reference: ReferencePolicy, options: TrainOptions) -> str:
    what = (
        "a frozen copy of the model"
        if reference.is_copy
        else "the model with its adapter turned off"
    )
    if not options.kl_coef:
        return f"reference: {what}; nothing holds the policy to it (--kl-coef 0)"
    if options.kl_control is KlControl.FIXED:
        return f"reference: {what}; a nat costs {options.kl_coef:g}"
    return (
        f"reference: {what}; a nat costs {options.kl_coef:g} at first, then what holds the policy "
        f"{options.kl_target:g} nats an answer away"
    )


def _held_out(prompts: Sequence[PolicyPrompt], options: TrainOptions) -> list[PolicyPrompt]:
    """The validation prompts that evaluations answer, drawn once for a run; each only once."""
    distinct = list({p.name: p for p in prompts}.values())
    if len(distinct) <= options.watch_rows:
        return distinct
    order = np.random.default_rng([options.seed, 1]).permutation(len(distinct))
    return [distinct[i] for i in sorted(order[: options.watch_rows].tolist())]


def _times(
    prepared: Prepared,
    policy: PolicyModel,
    held_out: int,
    options: TrainOptions,
    decisions: Decisions,
) -> Timetable:
    width = unwrapped(policy.model).config.get_text_config().hidden_size
    times = timetable(
        options,
        items=len(prepared.items),
        measured_items=held_out,
        width=width,
        rate_factor=prepared.recipe.rate_factor,
    )
    if options.learning_rate is None:
        decisions.note(f"learning rate: {times.peak:.2e}, from the model's width of {width:,}")
    answers = options.batch_size * options.answers_per_prompt
    decisions.note(
        f"steps: {times.total:,} of {answers} answers ({options.batch_size} prompts, "
        f"{options.answers_per_prompt} answers each)"
    )
    if options.eval_every is not None:
        return times
    cheap = math.ceil(held_out / (answers * _EVALUATION_SHARE))
    every = max(1, min(cheap, times.total // _FEWEST_EVALUATIONS))
    return replace(times, evaluate_every=every, checkpoint_every=options.checkpoint_every or every)


def _limits(prompts: Sequence[PolicyPrompt], reward: Reward, options: TrainOptions) -> Limits:
    texts = hashed([p.reference or "" for p in prompts if p.reference])
    commonest = Counter(texts).most_common(1)[0][1] / len(texts) if texts else 0.0
    return Limits(options, options.max_kl, reward.about_length, commonest)
