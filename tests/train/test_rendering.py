"""Which tokens are learnt: through generation tags, prefixes, one sample a turn, or not at all."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import UserError
from curate.schemas.options.train import OverLength
from curate.schemas.records import ChatRecord
from curate.schemas.turns import Example, FunctionCall, Message, ToolCall, assistant, user
from curate.train.rendering import Renderer, render_examples
from curate.train.samples import Sample, Way, preview_segments
from curate.train.turns import Unrenderable
from tests.train.conftest import CHATML, make_tokenizer

TAGGED = CHATML.replace(
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}",
    "{{ '<|im_start|>' + message['role'] + '\n' }}{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] }}{% endgeneration %}{% else %}"
    "{{ message['content'] }}{% endif %}{{ '<|im_end|>\n' }}",
)
# Like Qwen3: reasoning is shown for the last turn only, so earlier turns are rewritten.
REWRITING = CHATML.replace(
    "message['content'] +",
    "('<think></think>' if loop.last and message['role'] == 'assistant' else '') + message['content'] +",
)
# The generation prompt opens a thought that finished turns do not have.
DIVERGING = CHATML.replace("<|im_start|>assistant\n", "<|im_start|>assistant\n<think>")
BARE = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"

TWO_TURNS = (user("hi"), assistant("hello"), user("more"), assistant("no"))


def learnt_text(sample: Sample, tokenizer: Any) -> list[str]:
    return [text for text, learnt in preview_segments(sample, tokenizer) if learnt]


def whole_text(sample: Sample, tokenizer: Any) -> str:
    return "".join(text for text, _ in preview_segments(sample, tokenizer))


@pytest.mark.parametrize(("template", "way"), [(CHATML, Way.PREFIX), (TAGGED, Way.GENERATION_TAGS)])
def test_assistant_turns_and_their_end_are_learnt_and_nothing_else(template: str, way: Way) -> None:
    tokenizer = make_tokenizer(template)
    [sample] = Renderer(tokenizer).render(Example(messages=TWO_TURNS, learnt=(1, 3)), 0)
    assert sample.way is way
    # The end of turn is learnt, although it is the padding token as well; the newline after it not.
    assert learnt_text(sample, tokenizer) == ["hello<|im_end|>", "no<|im_end|>"]


def test_the_tokens_are_those_of_the_template_itself() -> None:
    tokenizer = make_tokenizer()
    [sample] = Renderer(tokenizer).render(Example(messages=TWO_TURNS, learnt=(1, 3)), 0)
    rows = [m.model_dump(include={"role", "content"}) for m in TWO_TURNS]
    expected = tokenizer.apply_chat_template(rows, tokenize=True, return_dict=True)["input_ids"]
    assert sample.ids.tolist() == expected


def test_a_turn_of_weight_zero_is_context_only() -> None:
    tokenizer = make_tokenizer(TAGGED)
    record = ChatRecord.model_validate(
        {
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "wrong", "weight": 0},
                {"role": "user", "content": "b"},
                {"role": "assistant", "content": "right", "weight": 1},
            ]
        }
    )
    for template in (TAGGED, CHATML):
        tokenizer.chat_template = template
        [sample] = Renderer(tokenizer).render(record.example(), 0)
        assert learnt_text(sample, tokenizer) == ["right<|im_end|>"]
        assert "wrong" in whole_text(sample, tokenizer)


def test_rewriting_templates_give_one_sample_a_turn_as_the_model_would_see_it() -> None:
    tokenizer = make_tokenizer(REWRITING)
    samples = Renderer(tokenizer).render(Example(messages=TWO_TURNS, learnt=(1, 3)), 7)
    assert [s.way for s in samples] == [Way.ONE_PER_TURN] * 2
    assert [s.example for s in samples] == [7, 7]
    assert [learnt_text(s, tokenizer) for s in samples] == [
        ["<think></think>hello<|im_end|>"],
        ["<think></think>no<|im_end|>"],
    ]
    assert "<think></think>hello" not in whole_text(samples[1], tokenizer)
    [single] = Renderer(tokenizer).render(Example(messages=TWO_TURNS[:2], learnt=(1,)), 0)
    assert single.way is Way.PREFIX


def test_a_template_whose_prompt_is_no_prefix_is_refused_with_the_reason() -> None:
    with pytest.raises(Unrenderable, match="rewrites the prompt"):
        Renderer(make_tokenizer(DIVERGING)).render(Example(messages=TWO_TURNS, learnt=(1, 3)), 0)
    examples = [Example(messages=TWO_TURNS, learnt=(1, 3), path="a.jsonl", line=3)]
    with pytest.raises(UserError, match=r"a\.jsonl:3"):
        render_examples(examples, make_tokenizer(DIVERGING), max_length=100)


def test_where_the_template_ends_no_turn_eos_is_added_and_learnt() -> None:
    tokenizer = make_tokenizer(BARE, eos_token="</s>")
    renderer = Renderer(tokenizer)
    [sample] = renderer.render(Example(messages=TWO_TURNS[:2], learnt=(1,)), 0)
    assert whole_text(sample, tokenizer).endswith("hello\n</s>")
    assert sample.learnt[-1]
    assert renderer.end_token_added


def test_one_bos() -> None:
    """The template writes BOS itself; a tokenizer that adds one must not make it two."""
    from tokenizers.processors import TemplateProcessing

    tokenizer = make_tokenizer("{{ bos_token }}" + CHATML, bos_token="<s>")
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.bos_token_id)]
    )
    assert tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id
    renderer = Renderer(tokenizer)
    [chat] = renderer.render(Example(messages=TWO_TURNS, learnt=(1, 3)), 0)
    [text] = renderer.render(Example(text="Once upon a time"), 0)
    for sample in (chat, text):
        assert sample.ids[0] == tokenizer.bos_token_id
        assert (sample.ids == tokenizer.bos_token_id).sum() == 1
        assert not sample.learnt[0]


def test_plain_text_learns_everything_up_to_eos() -> None:
    tokenizer = make_tokenizer()
    [sample] = Renderer(tokenizer).render(Example(text="Once"), 0)
    assert tokenizer.decode(sample.ids) == "Once<|im_end|>"
    assert sample.learnt.tolist() == [False, True, True, True, True]


def test_tool_calls_are_learnt_and_their_results_are_not() -> None:
    template = (
        "{% for t in tools or [] %}[{{ t.function.name }}]{% endfor %}"
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
        "{% for c in m.tool_calls or [] %}<call>{{ c.function.name }} {{ c.function.arguments | tojson }}"
        "</call>{% endfor %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    call = ToolCall(id="1", function=FunctionCall(name="weather", arguments='{"city": "Oslo"}'))
    example = Example(
        messages=(
            Message(role="developer", content="be brief"),
            user("weather?"),
            Message(role="assistant", content=None, tool_calls=[call]),
            Message(role="tool", content="sunny", tool_call_id="1"),
            assistant("Sunny."),
        ),
        learnt=(2, 4),
        tools=({"type": "function", "function": {"name": "weather"}},),
    )
    tokenizer = make_tokenizer(template)
    [sample] = Renderer(tokenizer).render(example, 0)
    assert learnt_text(sample, tokenizer) == [
        '<call>weather {"city": "Oslo"}</call><|im_end|>',
        "Sunny.<|im_end|>",
    ]
    text = whole_text(sample, tokenizer)
    assert text.startswith("[weather]<|im_start|>system\nbe brief")


@pytest.mark.parametrize("template", [CHATML, TAGGED, REWRITING])
def test_a_template_that_leaves_out_tool_calls_is_refused(template: str) -> None:
    """The model would learn to say nothing where it should have called."""
    call = ToolCall(id="1", function=FunctionCall(name="weather", arguments="{}"))
    example = Example(
        messages=(
            user("weather?"),
            Message(role="assistant", content="Let me look.", tool_calls=[call]),
            Message(role="tool", content="sunny", tool_call_id="1"),
            assistant("Sunny."),
        ),
        learnt=(1, 3),
    )
    renderer = Renderer(make_tokenizer(template))
    with pytest.raises(Unrenderable, match="leaves out the call of weather"):
        renderer.render(example, 0)
    # Where the call is not learnt, it is the user's business what the prompt shows.
    assert renderer.render(example.model_copy(update={"learnt": (3,)}), 0)


def test_a_reason_to_refuse_is_said_once() -> None:
    examples = [Example(messages=(user(f"hi {i}"), assistant("no")), learnt=(1,)) for i in range(9)]
    with pytest.raises(UserError, match="has no chat template") as caught:
        render_examples(examples, make_tokenizer(None), max_length=64)
    assert str(caught.value).count("no chat template") == 1
    assert "example 4 and 4 more: the model" in str(caught.value)


def test_images_are_refused_with_the_reason() -> None:
    parts = [{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": "what?"}]
    record = ChatRecord.model_validate(
        {"messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": "a"}]}
    )
    with pytest.raises(Unrenderable, match="image_url"):
        Renderer(make_tokenizer()).render(record.example(), 0)


def long_example(prompt: int, answer: int, line: int = 1) -> Example:
    messages = (user("p" * prompt), assistant("a" * answer))
    return Example(messages=messages, learnt=(1,), path="data.jsonl", line=line)


def rendered(policy: OverLength, *examples: Example, share: float = 1.0) -> Any:
    return render_examples(
        examples, make_tokenizer(), max_length=80, over_length=policy, max_lost_share=share
    )


def test_over_length_drop_counts_and_refuses_above_the_share() -> None:
    samples, report = rendered(OverLength.DROP, long_example(200, 5), long_example(5, 5, line=2))
    assert (len(samples), report.dropped) == (1, ["data.jsonl:1"])
    with pytest.raises(UserError, match=r"data\.jsonl:1.*--over-length"):
        rendered(OverLength.DROP, long_example(200, 5), long_example(5, 5), share=0.01)


def test_over_length_cut_takes_the_middle_of_the_prompt_and_keeps_the_answer() -> None:
    tokenizer = make_tokenizer()
    [sample], report = rendered(OverLength.CUT, long_example(200, 5))
    assert len(sample) == 80
    assert report.cut == ["data.jsonl:1"]
    assert learnt_text(sample, tokenizer) == ["aaaaa<|im_end|>"]
    text = whole_text(sample, tokenizer)
    assert text.startswith("<|im_start|>user\n")
    assert "<|im_start|>assistant\naaaaa" in text
    # An answer that is too long by itself cannot be saved by cutting the prompt.
    samples, report = rendered(OverLength.CUT, long_example(5, 200), long_example(5, 5))
    assert (len(samples), report.dropped) == (1, ["data.jsonl:1"])


def test_over_length_split_makes_a_sample_of_each_turn_and_pieces_of_text() -> None:
    turns = (user("p" * 60), assistant("b" * 20), user("q" * 5), assistant("c" * 5))
    samples, report = rendered(OverLength.SPLIT, Example(messages=turns, learnt=(1, 3), line=4))
    tokenizer = make_tokenizer()
    assert [learnt_text(s, tokenizer) for s in samples] == [
        ["b" * 20 + "<|im_end|>"],
        ["ccccc<|im_end|>"],
    ]
    assert all(len(s) <= 80 for s in samples)
    assert report.split == [":4"]
    pieces, _ = rendered(OverLength.SPLIT, Example(text="x" * 200))
    assert sum(len(p) for p in pieces) == 201
    assert [bool(p.learnt[0]) for p in pieces] == [False, False, False]


def test_over_length_raise_names_the_row() -> None:
    with pytest.raises(UserError, match=r"data\.jsonl:9: .*--max-length is 80"):
        rendered(OverLength.RAISE, long_example(200, 5, line=9))


def test_rows_with_nothing_to_learn_are_named_and_above_the_share_refused() -> None:
    empty = Example(messages=(user("a"), assistant("")), learnt=(1,), path="d.jsonl", line=5)
    samples, report = rendered(OverLength.DROP, empty, long_example(5, 5))
    assert (len(samples), report.nothing_to_learn) == (1, ["d.jsonl:5"])
    with pytest.raises(UserError, match=r"d\.jsonl:5"):
        rendered(OverLength.DROP, empty, long_example(5, 5), share=0.01)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20)),
        min_size=1,
        max_size=4,
    )
)
def test_every_character_of_every_answer_is_learnt_and_of_no_question(
    turns: list[tuple[str, str]],
) -> None:
    messages = tuple(m for q, a in turns for m in (user(q), assistant(a)))
    learnt = tuple(range(1, len(messages), 2))
    tokenizer = make_tokenizer()
    [sample] = Renderer(tokenizer).render(Example(messages=messages, learnt=learnt), 0)
    expected = [
        tokenizer(a + "<|im_end|>", add_special_tokens=False)["input_ids"] for _, a in turns
    ]
    assert sample.ids[sample.learnt].tolist() == [i for ids in expected for i in ids]


def shipped_templates() -> list[Any]:
    spec = importlib.util.find_spec("trl")
    if spec is None or not spec.submodule_search_locations:
        return []
    folder = Path(next(iter(spec.submodule_search_locations))) / "chat_templates"
    return sorted(folder.glob("*.jinja"))


@pytest.mark.parametrize("path", shipped_templates(), ids=lambda p: p.stem)
def test_on_real_templates_answers_are_learnt_whole_or_the_example_is_refused(path: Path) -> None:
    """Never a silent zero mask, never a learnt question: over the templates that TRL ships."""
    tokenizer = make_tokenizer(path.read_text(encoding="utf-8"))
    renderer = Renderer(tokenizer)
    messages = (
        user("QUESTION one"),
        assistant("ANSWER one"),
        user("QUESTION two"),
        assistant("ANSWER two"),
    )
    try:
        samples = renderer.render(Example(messages=messages, learnt=(1, 3)), 0)
    except Unrenderable:
        return
    learnt = "".join(text for s in samples for text in learnt_text(s, tokenizer))
    assert learnt.count("ANSWER one") == 1
    assert learnt.count("ANSWER two") == 1
    assert "QUESTION" not in learnt
    assert all(np.flatnonzero(s.learnt).min() > 0 for s in samples)
