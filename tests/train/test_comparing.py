"""`curate compare`: advice that follows from the numbers, and the whole way with a tiny model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.contract import infer_contract
from curate.errors import UserError
from curate.schemas.comparison import Comparison, ConstantAnswer, MethodResult, MetricValue
from curate.schemas.options.compare import CompareOptions
from curate.schemas.records import ChatRecord
from curate.schemas.turns import Example
from curate.train.advice import Gap, advise_on
from curate.train.comparing import NOT_YET, compare
from curate.train.constant import constant_answer, judge_constant
from curate.train.contest import Contest, Outcome
from curate.train.methods import METHODS, Case, Materials, Method, cases_of, choose_methods
from curate.train.metrics import metrics_for


def result(name: str, value: float, tokens: float = 100.0) -> MethodResult:
    method = METHODS[name]
    return MethodResult(
        name=name,
        title=method.title,
        tuned=method.tuned,
        metrics={"m": MetricValue(value=value)},
        prompt_tokens=tokens,
        output_tokens=10,
        seconds=1,
        latency_s=None,
        weights_bytes=0,
        cache_bytes=0,
        cost_per_1000=0,
        too_long=0,
        cut=0,
    )


def advice(
    values: dict[str, float],
    width: float,
    rows: int = 100,
    constant: tuple[ConstantAnswer, Gap] | None = None,
    **tokens: float,
) -> str:
    methods = {n: result(n, v, tokens.get(n.replace("-", "_"), 100.0)) for n, v in values.items()}
    gaps = {
        (a, b): Gap(
            values[a] - values[b], values[a] - values[b] - width, values[a] - values[b] + width
        )
        for a in values
        for b in values
    }
    return advise_on(
        methods, gaps, primary="m", title="fields right", rows=rows, share=True, constant=constant
    )


def test_fine_tuning_wins_only_when_its_interval_says_so() -> None:
    said = advice({"prompt": 0.4, "few-shot": 0.6, "fine-tuned": 0.83}, 0.08, few_shot=700.0)
    assert said.startswith("Fine-tuning wins by 23 points (95% interval 15 to 31)")
    assert "over few-shot, random" in said
    assert "7.0 times fewer prompt tokens" in said


def test_prompting_that_does_as_well_is_advised() -> None:
    said = advice({"prompt": 0.97, "fine-tuned": 0.98}, 0.02)
    assert said.startswith("Prompt does as well")
    assert "don't fine-tune" in said


def test_retrieval_that_wins_is_advised() -> None:
    said = advice({"prompt": 0.1, "retrieval": 0.9, "fine-tuned": 0.2}, 0.1)
    assert said.startswith("Retrieval does better by 70 points")
    assert "don't fine-tune" in said


def test_fine_tuning_with_retrieval_is_a_tuned_method() -> None:
    said = advice({"retrieval": 0.5, "fine-tuned": 0.2, "fine-tuned-retrieval": 0.9}, 0.1)
    assert said.startswith("Fine-tuning with retrieval wins by 40 points")


def test_a_test_set_too_small_says_how_many_rows_would_do() -> None:
    said = advice({"prompt": 0.5, "fine-tuned": 0.6}, 0.196, rows=40)
    assert "too small to tell" in said
    # An error of 0.1 at 40 rows; a difference of 0.1 is seen at 2.8 standard errors.
    assert "about 314 rows" in said


def test_what_retrieval_brings_is_said_before_what_training_adds() -> None:
    values = {"prompt": 0.02, "retrieval": 0.7, "fine-tuned": 0.05, "fine-tuned-retrieval": 0.9}
    said = advice(values, 0.1)
    assert said.startswith("Retrieve first: retrieval wins by 65 points")
    assert "fine-tuning on top of it adds 20 points" in said


def test_where_training_brings_more_it_is_named_first() -> None:
    values = {"prompt": 0.1, "retrieval": 0.3, "fine-tuned": 0.2, "fine-tuned-retrieval": 0.9}
    assert advice(values, 0.05).startswith("Fine-tuning with retrieval wins by 60 points")


def test_a_handful_of_rows_tells_nothing_apart() -> None:
    for values in ({"prompt": 0.0, "fine-tuned": 1.0}, {"prompt": 1.0, "fine-tuned": 1.0}):
        said = advice(values, 0.0, rows=5)
        assert "too small to tell" in said


def always(value: float) -> ConstantAnswer:
    return ConstantAnswer(
        text="open_qa", value=value, interval=(0, 1), best="fine-tuned", difference_interval=(0, 1)
    )


def test_a_majority_label_is_no_success() -> None:
    values = {"prompt": 0.1, "fine-tuned": 0.28}
    # The same difference to prompting; only what a constant answer reaches is another.
    same, more = (always(0.28), Gap(0.0, -0.02, 0.02)), (always(0.1), Gap(0.18, 0.1, 0.26))
    said = advice(values, 0.08, constant=same)
    assert said.startswith(
        "The same answer to every request, open_qa, does as well in fields right"
    )
    assert "don't fine-tune" in said
    assert advice(values, 0.08, constant=more).startswith("Fine-tuning wins by 18 points")
    # Too wide to say either.
    wide = (always(0.2), Gap(0.08, -0.1, 0.26))
    assert advice(values, 0.08, constant=wide).startswith("Fine-tuning wins by 18 points")


def test_the_constant_answer_is_the_commonest_of_the_training_rows() -> None:
    labels = ["yes", "no", "no "] * 20
    assert constant_answer(infer_contract(labels), labels) == "no"
    records = [json.dumps({"a": i % 2 and 1, "b": i}) for i in range(59)]
    assert constant_answer(infer_contract(records), records) == '{"a": 0, "b": 0}'
    prose = [f"Dear customer {i}, it is on its way, and will be there soon." for i in range(60)]
    assert constant_answer(infer_contract(prose), prose) is None


def test_the_constant_answer_is_measured_as_the_methods_are() -> None:
    metric = metrics_for(infer_contract(["yes", "no"] * 40))[0]
    references = ["no"] * 70 + ["yes"] * 30
    scores = {"prompt": np.zeros(100), "fine-tuned": np.array([1.0] * 60 + [0.0] * 40)}
    found = judge_constant("no", metric, references, scores, 0)
    assert found is not None
    constant, more = found
    assert constant.value == pytest.approx(0.7)
    assert constant.best == "fine-tuned"
    assert constant.interval[0] < 0.7 < constant.interval[1]
    assert more.value == pytest.approx(-0.1)
    assert more.low < -0.1 < more.high
    assert judge_constant(None, metric, references, scores, 0) is None


def test_one_side_alone_says_nothing_about_fine_tuning() -> None:
    assert "cannot say whether fine-tuning pays" in advice({"prompt": 0.5}, 0.1)
    assert "cannot say whether fine-tuning pays" in advice({"fine-tuned": 0.5}, 0.1)


# ------------------------------------------------------------------------------------------------
# Prompts


def example(question: str, answer: str, system: str | None = "Be brief.") -> Example:
    turns = [{"role": "system", "content": system}] if system else []
    turns += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return ChatRecord.model_validate({"messages": turns}).example()


TRAINING = cases_of(
    [example(f"What is the {thing}?", f"It is {thing}.") for thing in ("sun", "red moon", "rain")]
    + [example("When does the shop open?", "At nine.")]
)


def materials(**options: Any) -> Materials:
    chosen = CompareOptions(**options)
    return Materials(chosen, TRAINING, infer_contract([c.reference.text for c in TRAINING]))


def asked(question: str, system: str | None = "Be brief.") -> Case:
    return cases_of([example(question, "?", system)])[0]


def texts(name: str, case: Case, prepared: Materials) -> list[str]:
    return [f"{m.role}: {m.text}" for m in METHODS[name].write(case, prepared)]


def test_a_case_never_shows_its_answer() -> None:
    case = asked("What is the wind?")
    for method in METHODS.values():
        if method.searches:
            pytest.importorskip("bm25s")
        assert all(m.text != "?" for m in method.write(case, materials()))


def test_zero_shot_prompts_are_the_datas_own() -> None:
    plain = ["system: Be brief.", "user: What is the wind?"]
    assert texts("prompt", asked("What is the wind?"), materials()) == plain
    assert texts("fine-tuned", asked("What is the wind?"), materials(prompt="Other.")) == plain
    assert texts("prompt", asked("What is the wind?"), materials(prompt="Other."))[0] == (
        "system: Other."
    )


def test_shots_are_turns_between_system_and_question() -> None:
    said = texts("few-shot", asked("What is the wind?"), materials(shots=2))
    assert [line.split(":")[0] for line in said] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert said[-1] == "user: What is the wind?"
    assert texts("few-shot", asked("x"), materials(shots=2))[1:5] == said[1:5]
    assert len(texts("few-shot", asked("x"), materials(shots=99))) == 2 + 2 * len(TRAINING)


def test_similar_shots_have_the_nearest_last() -> None:
    pytest.importorskip("bm25s")
    said = texts("few-shot-similar", asked("Is the moon red?"), materials(shots=2))
    assert said[-3:-1] == ["user: What is the red moon?", "assistant: It is red moon."]


def test_retrieved_passages_stand_before_the_question(tmp_path: Path) -> None:
    pytest.importorskip("bm25s")
    (tmp_path / "facts.md").write_text(
        "The mill closed in 1931.\n\n" + "word " * 150 + "\n\nA lake."
    )
    prepared = materials(docs=tmp_path, passages=1)
    said = texts("retrieval", asked("When did the mill close?"), prepared)
    assert said[0] == "system: Be brief."
    assert "The mill closed in 1931." in said[1]
    assert said[1].endswith("When did the mill close?")
    assert "lake" not in said[1]
    own = texts("retrieval", asked("When does the shop open?"), materials(passages=1))
    assert "Answer: At nine." in own[1]


def test_without_a_system_prompt_the_contract_is_told() -> None:
    labels = cases_of([example(f"Text {i}", ["yes", "no"][i % 2], None) for i in range(60)])
    prepared = Materials(
        CompareOptions(), labels, infer_contract([c.reference.text for c in labels])
    )
    case = asked("Text", None)
    assert texts("prompt", case, prepared)[0].startswith("system: Answer with one of these labels")
    assert texts("fine-tuned", case, prepared) == ["user: Text"]
    with pytest.raises(UserError, match="no contract"):
        texts("prompt", case, materials(prompt="contract"))


def test_what_cannot_be_run_is_said() -> None:
    settings = {"has_tuned": False, "has_base": True, "has_training": False, "has_passages": False}
    chosen, skipped = choose_methods((), **settings)
    assert [m.name for m in chosen] == ["prompt"]
    assert set(skipped) == set(METHODS) - {"prompt"}
    with pytest.raises(UserError, match="no tuned model"):
        choose_methods(("fine-tuned",), **settings)
    with pytest.raises(UserError, match="Did you mean 'few-shot'"):
        choose_methods(("fewshot",), **settings)


# ------------------------------------------------------------------------------------------------
# The whole way


@pytest.fixture(scope="module")
def adapter(tiny_base: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    peft = pytest.importorskip("peft")
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(3)
    model = transformers.AutoModelForCausalLM.from_pretrained(tiny_base)
    config = peft.LoraConfig(
        task_type="CAUSAL_LM", r=4, target_modules="all-linear", init_lora_weights=False
    )
    folder = tmp_path_factory.mktemp("adapter")
    peft.get_peft_model(model, config).save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(tiny_base).save_pretrained(folder)
    return folder


def small(chat_file: Path, adapter: Path, **changes: Any) -> CompareOptions:
    settings: dict[str, Any] = {
        "data": chat_file,
        "examples": chat_file,
        "adapter": adapter,
        "rows": 6,
        "shots": 2,
        "passages": 1,
        "max_new_tokens": 6,
        "latency_rows": 1,
    }
    return CompareOptions(**{**settings, **changes})


def test_the_whole_way(chat_file: Path, adapter: Path, tmp_path: Path) -> None:
    pytest.importorskip("bm25s")
    made = compare(None, small(chat_file, adapter), output=tmp_path / "out")
    assert [m.name for m in made.methods] == list(METHODS)
    assert made.rows == 6
    rows = [json.loads(line) for line in (tmp_path / "out" / "compare.jsonl").open()]
    assert len(rows) == 6
    for row in rows:
        assert set(row["answers"]) == set(METHODS)
        assert row["line"]
    for method in made.methods:
        scores = [row["answers"][method.name]["scores"][made.primary] for row in rows]
        measured = method.metrics[made.primary]
        assert measured.value == pytest.approx(np.mean(scores))
        assert measured.interval is not None
        assert measured.interval[0] <= measured.value <= measured.interval[1]
        assert measured.against != method.name
        assert method.metrics["reference_nll"].value > 0
    kept = Comparison.model_validate_json((tmp_path / "out" / "compare.json").read_bytes())
    assert kept == made
    assert (tmp_path / "out" / "compare.svg").read_text().startswith("<svg")
    by_name = {m.name: m for m in made.methods}
    assert by_name["few-shot"].prompt_tokens > by_name["prompt"].prompt_tokens
    assert by_name["prompt"].prompt_tokens == by_name["fine-tuned"].prompt_tokens


def test_a_comparison_ended_early_leaves_what_it_measured(
    chat_file: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = small(chat_file, adapter, methods=("prompt", "few-shot", "fine-tuned"))
    whole = compare(None, options, output=tmp_path / "whole")
    run = Contest.run

    def ended(contest: Contest, method: Method) -> Outcome:
        if method.tuned:
            raise KeyboardInterrupt
        return run(contest, method)

    monkeypatch.setattr(Contest, "run", ended)
    with pytest.raises(KeyboardInterrupt):
        compare(None, options, output=tmp_path / "part")
    part = Comparison.model_validate_json((tmp_path / "part" / "compare.json").read_bytes())
    assert [m.name for m in part.methods] == ["prompt", "few-shot"]
    assert [(left.name, left.reason) for left in part.skipped] == [("fine-tuned", NOT_YET)]
    assert "cannot say whether fine-tuning pays" in part.advice
    kept, all_of = answers_of(tmp_path / "part"), answers_of(tmp_path / "whole")
    for some, every in zip(kept, all_of, strict=True):
        assert some == {name: every[name] for name in ("prompt", "few-shot")}
    assert not whole.skipped


def answers_of(folder: Path) -> list[Any]:
    return [json.loads(line)["answers"] for line in (folder / "compare.jsonl").open()]


def test_the_same_twice(chat_file: Path, adapter: Path, tmp_path: Path) -> None:
    options = small(chat_file, adapter, methods=("prompt", "few-shot", "fine-tuned"))
    for name in ("a", "b"):
        compare(None, options, output=tmp_path / name)
    assert answers_of(tmp_path / "a") == answers_of(tmp_path / "b")


def test_prompts_that_do_not_fit_are_counted_and_never_cut(
    chat_file: Path, adapter: Path, tmp_path: Path
) -> None:
    options = small(chat_file, adapter, methods=("prompt", "few-shot"), max_context=115)
    made = compare(None, options, output=tmp_path)
    prompt, few_shot = made.methods
    assert few_shot.too_long == 6
    assert prompt.too_long < 6
    assert few_shot.metrics[made.primary].value == 0.0
    assert any("did not fit" in note for note in made.notes)
    assert all(row["few-shot"]["text"] is None for row in answers_of(tmp_path))


def test_the_likelihood_is_the_models_own(chat_file: Path, adapter: Path, tmp_path: Path) -> None:
    """Against transformers' loss, one row at a time, labels on the answer and its end only."""
    torch = pytest.importorskip("torch")
    peft = pytest.importorskip("peft")
    transformers = pytest.importorskip("transformers")
    options = small(chat_file, adapter, methods=("fine-tuned",))
    made = compare(None, options, output=tmp_path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(adapter)
    base = peft.PeftConfig.from_pretrained(adapter).base_model_name_or_path
    model = peft.PeftModel.from_pretrained(
        transformers.AutoModelForCausalLM.from_pretrained(base), adapter
    ).train(False)
    nll = tokens = 0.0
    numbers = [json.loads(line)["line"] for line in (tmp_path / "compare.jsonl").open()]
    lines = chat_file.read_text().splitlines()
    for number in numbers:
        messages = json.loads(lines[number - 1])["messages"]
        head = tokenizer.apply_chat_template(
            messages[:-1], tokenize=False, add_generation_prompt=True
        )
        prompt = tokenizer(head, add_special_tokens=False)["input_ids"]
        answer = tokenizer(messages[-1]["content"] + "<|im_end|>", add_special_tokens=False)
        ids = torch.tensor([prompt + answer["input_ids"]])
        labels = ids.clone()
        labels[0, : len(prompt)] = -100
        with torch.no_grad():
            loss = model(input_ids=ids, labels=labels).loss.item()
        nll += loss * len(answer["input_ids"])
        tokens += len(answer["input_ids"])
    assert made.methods[0].metrics["reference_nll"].value == pytest.approx(nll / tokens, rel=1e-4)


def test_mistakes(chat_file: Path, adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--data"):
        compare(None, CompareOptions(adapter=adapter))
    with pytest.raises(UserError, match="no such run folder"):
        compare(tmp_path / "nowhere", CompareOptions())
    with pytest.raises(UserError, match="no held-out split"):
        compare(tmp_path, CompareOptions())
    with pytest.raises(UserError, match="which model"):
        compare(None, CompareOptions(data=chat_file))


@pytest.fixture
def judged() -> list[dict[str, str]]:
    words = ["sun", "moon", "rain", "wind"]
    return [
        {"prompt": f"{words[i % 4]} {i}", "chosen": f"{words[i % 4]} shines", "rejected": "no" * 3}
        for i in range(12)
    ]


def test_preferences_are_compared_by_what_the_model_finds_likelier(
    judged: list[dict[str, str]], write_jsonl: Any, adapter: Path, tmp_path: Path
) -> None:
    path = write_jsonl(judged, "judged.jsonl")
    options = small(path, adapter, methods=("prompt", "fine-tuned"))
    made = compare(None, options, output=tmp_path / "a")
    turned = [{**row, "chosen": row["rejected"], "rejected": row["chosen"]} for row in judged]
    other = write_jsonl(turned, "turned.jsonl")
    opposite = compare(
        None, options.model_copy(update={"data": other, "examples": other}), output=tmp_path / "b"
    )
    assert made.primary == opposite.primary == "prefers"
    assert "chosen likelier than rejected" in made.metrics["prefers"].title
    rows, others = answers_of(tmp_path / "a"), answers_of(tmp_path / "b")
    for row, against in zip(rows, others, strict=True):
        for name in ("prompt", "fine-tuned"):
            # The likelier one is the same whichever of them was chosen.
            assert row[name]["scores"]["prefers"] == 1 - against[name]["scores"]["prefers"]
            a, b = (r[name]["scores"]["reference_nll"] for r in (row, against))
            assert row[name]["scores"]["prefers"] == float(a < b)
    with_examples = small(path, adapter, methods=("few-shot",), likelihood=False)
    assert compare(None, with_examples, output=tmp_path / "c").primary != "prefers"


def test_judged_answers_are_compared_in_pairs(
    judged: list[dict[str, str]], write_jsonl: Any, adapter: Path, tmp_path: Path
) -> None:
    pairs = write_jsonl(judged, "judged.jsonl")
    single = write_jsonl(
        [
            {"prompt": row["prompt"], "completion": row[side], "label": side == "chosen"}
            for row in judged
            for side in ("chosen", "rejected")
        ],
        "single.jsonl",
    )
    made = [
        compare(None, small(path, adapter, methods=("prompt",)), output=tmp_path / name)
        for name, path in (("pairs", pairs), ("single", single))
    ]
    assert made[0].methods[0].metrics == made[1].methods[0].metrics
