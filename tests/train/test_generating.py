"""Batched greedy answers are those of transformers' own `generate`, one prompt at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from curate.train.generating import (  # noqa: E402
    Sampler,
    _Decoder,
    _shared_start,
    answer_prompts,
    stop_ids,
)

VOCABULARY = 96
STOP = 3
STOPS = [STOP, *range(10, 90, 10)]


class Tokenizer:
    """As much of a tokenizer as answering needs: ids to text, and what ends an answer."""

    eos_token_id = STOP
    chat_template = None

    def decode(self, ids: list[int], **_: Any) -> str:
        return " ".join(map(str, ids))


TOKENIZER: Any = Tokenizer()


def tiny_model(**changes: Any) -> Any:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        initializer_range=0.6,
        eos_token_id=STOPS,
        bos_token_id=1,
        pad_token_id=0,
        **changes,
    )
    model: Any = transformers.LlamaForCausalLM(config)
    return model.train(False)


def prompts_of(count: int, seed: int = 0, shared: int = 0) -> list[list[int]]:
    generator = torch.Generator().manual_seed(seed)
    lengths = [shared, *(1 + (7 * i) % 23 for i in range(count))]
    drawn = [torch.randint(4, VOCABULARY, (n,), generator=generator).tolist() for n in lengths]
    return [drawn[0] + own for own in drawn[1:]]


def plain_answers(model: Any, prompts: list[list[int]], limit: int) -> list[list[int]]:
    answers = []
    for prompt in prompts:
        out = model.generate(
            torch.tensor([prompt]), max_new_tokens=limit, do_sample=False, pad_token_id=0
        )
        new = out[0, len(prompt) :].tolist()
        stop = next((i for i, token in enumerate(new) if token in STOPS), len(new))
        answers.append(new[:stop])
    return answers


def with_lora(model: Any) -> Any:
    peft = pytest.importorskip("peft")
    torch.manual_seed(1)
    config = peft.LoraConfig(
        task_type="CAUSAL_LM", r=4, target_modules="all-linear", init_lora_weights=False
    )
    return peft.get_peft_model(model, config).train(False)


@pytest.mark.parametrize("adapter", [False, True], ids=["base", "adapter"])
@pytest.mark.parametrize("shared", [0, 40], ids=["nothing shared", "shared start"])
def test_a_batch_answers_as_plain_generate_does(adapter: bool, shared: int) -> None:
    model = with_lora(tiny_model()) if adapter else tiny_model()
    prompts = prompts_of(13, shared=shared)
    expected = plain_answers(model, prompts, 24)
    for rows in (None, 1, 4):
        answers = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=24, batch_rows=rows)
        assert [list(a.ids) for a in answers] == expected
    assert len({len(ids) for ids in expected}) > 2, "some rows must end before others"
    assert [a.ended for a in answers] == [len(ids) < 24 for ids in expected]
    assert [a.prompt_tokens for a in answers] == [len(p) for p in prompts]


def test_a_disabled_adapter_answers_as_the_base_does() -> None:
    prompts = prompts_of(6)
    expected = plain_answers(tiny_model(), prompts, 12)
    model = with_lora(tiny_model())
    tuned = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=12)
    with model.disable_adapter():
        base = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=12)
    assert [list(a.ids) for a in base] == expected
    assert [a.ids for a in tuned] != [a.ids for a in base]


def test_the_models_own_repetition_penalty_is_kept() -> None:
    model = tiny_model()
    model.generation_config.repetition_penalty = 1.7
    prompts = prompts_of(5, seed=3)
    answers = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=16)
    assert [list(a.ids) for a in answers] == plain_answers(model, prompts, 16)


def test_sliding_windows() -> None:
    torch.manual_seed(0)
    config = transformers.MistralConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        sliding_window=8,
        initializer_range=0.6,
        eos_token_id=STOPS,
        pad_token_id=0,
    )
    model: Any = transformers.MistralForCausalLM(config)
    model.train(False)
    prompts = prompts_of(8, shared=30)
    answers = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=12)
    one_by_one = [
        answer_prompts(model, TOKENIZER, [prompt], max_new_tokens=12)[0] for prompt in prompts
    ]
    assert [a.ids for a in one_by_one] == [tuple(i) for i in plain_answers(model, prompts, 12)]
    assert answers == one_by_one


def test_what_ends_an_answer() -> None:
    model = tiny_model()
    model.generation_config.eos_token_id = 7
    assert stop_ids(model, TOKENIZER) == {STOP, 7}
    model.generation_config.eos_token_id = None
    assert stop_ids(model, TOKENIZER) == {STOP}


def test_no_prompts_and_no_room() -> None:
    model = tiny_model()
    assert answer_prompts(model, TOKENIZER, [], max_new_tokens=4) == []
    [answer] = answer_prompts(model, TOKENIZER, [[5, 6]], max_new_tokens=1)
    assert len(answer.ids) <= 1


@pytest.mark.parametrize("room", [2, 0])
def test_a_batch_that_does_not_fit_is_answered_in_parts(
    monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    model, prompts = tiny_model(), prompts_of(7)
    whole = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=8)
    run, sizes = _Decoder.run, []

    def full(decoder: _Decoder, batch: Sequence[Sequence[int]], shared: Any) -> list[list[int]]:
        sizes.append(len(batch))
        if len(batch) > room:
            raise torch.OutOfMemoryError("full")
        return run(decoder, batch, shared)

    monkeypatch.setattr(_Decoder, "run", full)
    if room:
        assert answer_prompts(model, TOKENIZER, prompts, max_new_tokens=8) == whole
    else:
        with pytest.raises(torch.OutOfMemoryError):
            answer_prompts(model, TOKENIZER, prompts, max_new_tokens=8)
    assert sizes[0] == 7


def test_progress_is_told_and_training_mode_restored() -> None:
    model = tiny_model().train(True)
    told: list[int] = []
    answer_prompts(
        model, TOKENIZER, prompts_of(5), max_new_tokens=2, batch_rows=2, on_answers=told.append
    )
    assert told == [2, 4, 5]
    assert model.training


def test_the_shared_start_leaves_each_prompt_a_token() -> None:
    start = list(range(20))
    assert _shared_start([start, [*start, 5]]) == start[:-1]
    assert _shared_start([[*start, 5], [*start, 6], [*start, 5, 5]]) == start
    assert _shared_start([start]) == []
    assert _shared_start([[1, 2, 3], [1, 2, 4]]) == []


def test_drawn_answers_have_the_models_own_frequencies() -> None:
    from curate.train.generating import Sampler

    model = tiny_model()
    [prompt] = prompts_of(1)
    draws, temperature = 4000, 0.8
    sampler = Sampler(torch.Generator().manual_seed(5), temperature)
    answers = answer_prompts(
        model, TOKENIZER, [prompt], max_new_tokens=2, sampler=sampler, draws=draws
    )
    assert len(answers) == draws
    drawn = [a.ids + ((a.end_id,) if a.end_id is not None else ()) for a in answers]

    def compare(start: list[int], tokens: list[int]) -> None:
        with torch.no_grad():
            logits = model(torch.tensor([start])).logits[0, -1]
        expected = (logits / temperature).softmax(-1)
        found = torch.bincount(torch.tensor(tokens), minlength=VOCABULARY) / len(tokens)
        error = (expected * (1 - expected) / len(tokens)).sqrt()
        assert ((found - expected).abs() <= 4.5 * error + 2e-3).all()

    firsts = [int(ids[0]) for ids in drawn]
    compare(prompt, firsts)
    usual = max(set(firsts) - set(STOPS), key=firsts.count)
    compare([*prompt, usual], [int(ids[1]) for ids in drawn if ids[0] == usual])


@pytest.mark.parametrize("adapter", [False, True], ids=["base", "adapter"])
def test_nearly_greedy_draws_are_the_greedy_answers(adapter: bool) -> None:
    from curate.train.generating import Sampler

    model = with_lora(tiny_model()) if adapter else tiny_model()
    prompts = prompts_of(7, shared=20)
    greedy = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=12)
    sampler = Sampler(torch.Generator().manual_seed(0), 1e-4)
    drawn = answer_prompts(
        model, TOKENIZER, prompts, max_new_tokens=12, sampler=sampler, draws=3, batch_rows=9
    )
    assert [a.ids for a in drawn] == [a.ids for a in greedy for _ in range(3)]
    assert [a.end_id for a in drawn] == [a.end_id for a in greedy for _ in range(3)]


def test_the_same_generator_draws_the_same_answers() -> None:
    from curate.train.generating import Sampler

    model, prompts = tiny_model(), prompts_of(5)
    runs = [
        answer_prompts(
            model,
            TOKENIZER,
            prompts,
            max_new_tokens=8,
            sampler=Sampler(torch.Generator().manual_seed(seed)),
            draws=2,
        )
        for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


class Again:
    """Runs the pass once more, as a recording that is right would."""

    def __init__(self, refusal: str = "", factor: float = 1.0) -> None:
        self.given_up: str | None = None
        self.made = self.replayed = 0
        self._refusal, self._factor = refusal, factor

    def __call__(self, one_pass: Any) -> Any:
        if self._refusal:
            raise RuntimeError(self._refusal)
        self.made += 1

        def replay() -> Any:
            self.replayed += 1
            return one_pass() * self._factor

        return replay


@pytest.mark.parametrize("adapter", [False, True], ids=["base", "adapter"])
@pytest.mark.parametrize("shared", [0, 20])
def test_replayed_answers_are_those_of_growing_caches(adapter: bool, shared: int) -> None:
    model = with_lora(tiny_model()) if adapter else tiny_model()
    prompts = prompts_of(9, seed=4, shared=shared)
    plain = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=24)
    record = Again()
    replayed = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=24, record=record)
    assert [a.ids for a in replayed] == [a.ids for a in plain]
    assert record.given_up is None
    # The rows that are left are recorded anew when half of them have ended.
    assert record.made > 1
    assert record.replayed > record.made


def test_replayed_draws_share_their_prompt() -> None:
    model, prompts = tiny_model(), prompts_of(3, seed=5)
    lots, record = [], Again()
    for chosen in (None, record):
        sampler = Sampler(torch.Generator().manual_seed(3))
        lots.append(
            answer_prompts(
                model,
                TOKENIZER,
                prompts,
                max_new_tokens=16,
                sampler=sampler,
                draws=4,
                record=chosen,
            )
        )
    assert record.replayed
    # Until a row ends, the draws are the same ones; its place is kept where passes are replayed.
    for plain, replayed in zip(*lots, strict=True):
        assert plain.ids[:1] == replayed.ids[:1]
        assert plain.prompt_tokens == replayed.prompt_tokens


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (Again(refusal="operation not permitted when stream is capturing"), "not permitted"),
        (Again(factor=-1.0), "other logits"),
    ],
)
def test_a_recording_that_fails_is_not_used(record: Again, reason: str) -> None:
    model, prompts = tiny_model(), prompts_of(9, seed=4)
    plain = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=24)
    answers = answer_prompts(model, TOKENIZER, prompts, max_new_tokens=24, record=record)
    assert [a.ids for a in answers] == [a.ids for a in plain]
    assert record.given_up is not None
    assert reason in record.given_up


def test_short_answers_and_windows_are_not_recorded() -> None:
    record = Again()
    answer_prompts(tiny_model(), TOKENIZER, prompts_of(3), max_new_tokens=4, record=record)
    torch.manual_seed(0)
    config = transformers.MistralConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        sliding_window=8,
        eos_token_id=STOP,
    )
    model = transformers.MistralForCausalLM(config).train(False)
    answer_prompts(model, TOKENIZER, prompts_of(3), max_new_tokens=24, record=record)
    assert record.made == 0
    assert record.given_up is None
