"""Pairs: one prompt for both sides, budgets apart, and nothing learnt from pairs that say nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.errors import UserError
from curate.schemas.options.data import DataOptions
from curate.schemas.options.train import TrainOptions
from curate.schemas.preference_records import PreferenceRecord
from curate.schemas.turns import Example, assistant, user
from curate.train.datasets import TrainingData
from curate.train.pairing import as_pairs
from curate.train.pairs import render_pairs
from curate.train.supervised_runs import prepare_samples
from curate.validating import load_examples
from tests.test_judged_bad import LAYOUTS
from tests.train.conftest import make_tokenizer


def example(prompt: str, chosen: str, rejected: str, **more: Any) -> Example:
    return Example(
        messages=(user(prompt),),
        chosen=(assistant(chosen),),
        rejected=(assistant(rejected),),
        **more,
    )


def test_answers_are_learnt_and_their_prompt_is_the_same() -> None:
    tokenizer = make_tokenizer()
    [pair], report = render_pairs(
        [example("hello", "good day", "go away", margin=2.0)], tokenizer, TrainOptions()
    )
    at = int(np.argmax(pair.chosen.learnt))
    assert tokenizer.decode(pair.chosen.ids[:at]).endswith(
        "hello<|im_end|>\n<|im_start|>assistant\n"
    )
    assert np.array_equal(pair.chosen.ids[:at], pair.rejected.ids[:at])
    assert tokenizer.decode(pair.chosen.ids[pair.chosen.learnt]) == "good day<|im_end|>"
    assert tokenizer.decode(pair.rejected.ids[pair.rejected.learnt]) == "go away<|im_end|>"
    assert pair.margin == 2.0
    assert len(pair) == at + (len(pair.chosen) - at) + (len(pair.rejected) - at)
    assert (report.samples, report.unit) == (1, "pair")


def test_transcripts_with_implicit_prompts() -> None:
    head = "\n\nHuman: hi\n\nAssistant: hello\n\nHuman: help me\n\nAssistant:"
    record = PreferenceRecord(chosen=f"{head} gladly", rejected=f"{head} no")
    tokenizer = make_tokenizer()
    [pair], _ = render_pairs([record.example()], tokenizer, TrainOptions())
    assert tokenizer.decode(pair.chosen.ids[pair.chosen.learnt]) == "gladly<|im_end|>"
    text = tokenizer.decode(pair.rejected.ids)
    assert "hello<|im_end|>" in text
    assert "Human:" not in text


@pytest.mark.parametrize(("chosen", "rejected"), [("a", "a"), ("", "a"), ("a", "  ")])
def test_pairs_that_prefer_nothing_are_refused(chosen: str, rejected: str) -> None:
    bad = example("hello", chosen, rejected, path="pairs.jsonl", line=7)
    with pytest.raises(UserError, match=r"same, one is empty, .*: pairs\.jsonl:7"):
        render_pairs([bad], make_tokenizer(), TrainOptions())
    kept, report = render_pairs(
        [bad, example("hello", "a", "b")], make_tokenizer(), TrainOptions(max_lost_share=0.5)
    )
    assert len(kept) == 1
    assert report.no_preference == ["pairs.jsonl:7"]


def test_two_prompts_are_no_pair() -> None:
    record = PreferenceRecord(
        chosen="\n\nHuman: Hi\n\nAssistant: Hello", rejected="\n\nHuman: Bye\n\nAssistant: Ciao"
    )
    kept, report = render_pairs(
        [record.example(), example("hello", "a", "b")],
        make_tokenizer(),
        TrainOptions(max_lost_share=0.5),
    )
    assert len(kept) == 1
    assert len(report.no_preference) == 1
    assert not report.refused


def test_a_long_prompt_is_cut_the_same_way_for_both_and_never_takes_the_answer() -> None:
    long = example("x" * 300, "good day", "go away")
    options = TrainOptions(max_length=120, over_length="cut", max_prompt_length=60)
    [pair], report = render_pairs([long], make_tokenizer(), options)
    whole, _ = render_pairs([long], make_tokenizer(), TrainOptions())
    at = int(np.argmax(pair.chosen.learnt))
    assert at == 60
    assert np.array_equal(pair.chosen.ids[:at], pair.rejected.ids[:at])
    for cut, full in ((pair.chosen, whole[0].chosen), (pair.rejected, whole[0].rejected)):
        assert np.array_equal(cut.ids[cut.learnt], full.ids[full.learnt])
    assert len(report.cut) == 1


def test_answers_have_a_budget_of_their_own() -> None:
    long = example("hello", "a" * 80, "b" * 20)
    options = TrainOptions(over_length="cut", max_completion_length=30)
    [pair], _ = render_pairs([long], make_tokenizer(), options)
    assert pair.chosen.learnt_count == 30
    assert pair.rejected.learnt_count == 21  # and the end of the turn
    with pytest.raises(UserError, match="would not be trained on"):
        render_pairs([long], make_tokenizer(), TrainOptions(max_completion_length=30))
    raising = TrainOptions(max_completion_length=30, over_length="raise")
    with pytest.raises(UserError, match="--max-completion-length"):
        render_pairs([long], make_tokenizer(), raising)
    # Cut to the same beginning, there is no preference left.
    alike = example("hello", "a" * 80 + "b", "a" * 80 + "c")
    with pytest.raises(UserError, match="would not be trained on"):
        render_pairs([alike], make_tokenizer(), options)


def test_splitting_a_pair_has_no_meaning() -> None:
    with pytest.raises(UserError, match="dropped or cut"):
        render_pairs([example("a", "b", "c")], make_tokenizer(), TrainOptions(over_length="split"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_was_judged_is_compared_and_not_imitated(tmp_path: Path, layout: str) -> None:
    judged = [LAYOUTS[layout](f"Why {i // 2}?", f"So {i}.", i % 2 == 0) for i in range(4)]
    path = tmp_path / "judged.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in judged))
    examples = load_examples([path], DataOptions())
    data = TrainingData(examples, examples, path, path)
    with pytest.raises(UserError, match=r"rows are preferences.*--method dpo"):
        prepare_samples(data, make_tokenizer(), TrainOptions())
    paired = as_pairs(examples, str(path))
    assert (paired.made, paired.alone) == (2, 0)
    sides = [(e.messages[-1].text.strip(), e.chosen, e.rejected) for e in paired.examples]
    assert [(asked, [m.text for m in chosen or ()]) for asked, chosen, _ in sides] == [
        ("Why 0?", ["So 0."]),
        ("Why 1?", ["So 2."]),
    ]
    assert [m.text for _, _, rejected in sides for m in rejected or ()] == ["So 1.", "So 3."]
