"""Templates render as transformers renders them; tokens are counted as the trainer counts them."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.chat_templates import ChatTemplate, TemplateFailure
from curate.chat_tokenizers import load_chat_tokenizer
from curate.errors import UserError
from curate.linting import lint
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.token_counting import TokenCounter
from curate.validating import load_examples, read_checked

TOKENIZERS = Path(__file__).parent / "tokenizers"
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city <today>.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "the city's name"}},
            "required": ["city"],
        },
    },
}
CALL = {
    "id": "call00001",
    "type": "function",
    "function": {"name": "weather", "arguments": {"city": "Zürich"}},
}
PLAIN: list[dict[str, Any]] = [
    {"role": "user", "content": "Hi & <b>hello</b>"},
    {"role": "assistant", "content": "Grüezi! 日本"},
]
CONVERSATIONS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "plain": (PLAIN, []),
    "system": ([{"role": "system", "content": "Be brief."}, *PLAIN], []),
    "long": (PLAIN * 2, []),
    "tools": (
        [
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call00001", "name": "weather", "content": "Sunny."},
            {"role": "assistant", "content": "It is sunny."},
        ],
        [WEATHER],
    ),
}


def _published_templates() -> list[Path]:
    spec = importlib.util.find_spec("trl")
    if spec is None or not spec.submodule_search_locations:
        return []
    return sorted(Path(spec.submodule_search_locations[0]).glob("chat_templates/*.jinja"))


@pytest.mark.parametrize("path", _published_templates(), ids=lambda p: str(p.stem))
def test_published_templates_render_as_with_transformers(path: Path) -> None:
    utils = pytest.importorskip("transformers.utils.chat_template_utils")
    source = path.read_text(encoding="utf-8")
    ours = ChatTemplate(source, SPECIAL)
    for name, (messages, tools) in CONVERSATIONS.items():
        for prompt in (False, True):
            try:
                [theirs], blocks = utils.render_jinja_template(
                    conversations=[messages],
                    tools=tools or None,
                    chat_template=source,
                    return_assistant_tokens_mask=not prompt,
                    add_generation_prompt=prompt,
                    **SPECIAL,
                )
            except Exception:
                with pytest.raises(TemplateFailure):
                    ours.render(messages, tools, prompt=prompt)
                continue
            text, spans = ours.render_tracked(messages, tools, prompt=prompt)
            assert text == theirs, name
            if not prompt:
                assert spans == [tuple(b) for b in blocks[0]], name


def test_templates_cannot_reach_out_of_the_sandbox() -> None:
    for source in (
        "{{ messages.__class__.__mro__ }}{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{% include '/etc/passwd' %}",
        "{% for i in range(10 ** 9) %}x{% endfor %}",
        "{{ messages[0].missing.more }}",
        "{{ raise_exception('no') }}",
    ):
        with pytest.raises(TemplateFailure):
            ChatTemplate(source, {}).render(PLAIN)
    with pytest.raises(TemplateFailure, match="not valid"):
        ChatTemplate("{% if %}", {})


EXAMPLES: list[dict[str, Any]] = [
    {"messages": PLAIN},
    {"messages": [{"role": "system", "content": "Be brief."}, *PLAIN, *PLAIN]},
    {
        "messages": [
            {"role": "user", "content": "A"},
            {"role": "assistant", "content": "B", "weight": 0},
            {"role": "user", "content": "C"},
            {"role": "assistant", "content": "D\n"},
        ]
    },
    {"messages": [{"role": "user", "content": "A"}, {"role": "assistant", "content": ""}]},
]


@pytest.mark.parametrize("name", ["chatml", "tagged"])
def test_counts_are_the_trainers(name: str, write_jsonl: Callable[..., Path]) -> None:
    transformers = pytest.importorskip("transformers")
    rendering = pytest.importorskip("curate.train.rendering")
    path = write_jsonl(EXAMPLES)
    tokenizer = transformers.AutoTokenizer.from_pretrained(TOKENIZERS / name)
    renderer = rendering.Renderer(tokenizer)
    expected = []
    for example in load_examples([path], DataOptions()):
        samples = renderer.render(example, 0)
        expected.append(
            (len(samples[0]), sum(s.learnt_count for s in samples)) if samples else (None, 0)
        )
    counter = TokenCounter(load_chat_tokenizer(str(TOKENIZERS / name)), None)
    [checked] = counter.counted(read_checked(str(path), DataOptions()), DataOptions())
    rows = pl.concat([batch.rows for batch in checked.batches]).sort("line")
    counted = list(zip(rows["tokens"], rows["learnt_tokens"], strict=True))
    assert [c for c in counted if c[1]] == [e for e in expected if e[1]]
    assert [bool(c[1]) for c in counted] == [bool(e[1]) for e in expected]


def test_every_way_to_name_a_tokenizer() -> None:
    folder = TOKENIZERS / "chatml"
    assert load_chat_tokenizer(str(folder)).template is not None
    assert load_chat_tokenizer(str(folder / "tokenizer.json")).eos is not None
    assert load_chat_tokenizer(str(TOKENIZERS / "base")).template is None
    assert load_chat_tokenizer(str(TOKENIZERS / "tagged")).longest == 100
    assert load_chat_tokenizer(str(folder)).longest is None


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "model.gguf", "package:llm"])
def test_a_tokenizer_that_is_not_there(name: str, write_jsonl: Callable[..., Path]) -> None:
    path = write_jsonl([{"messages": PLAIN}])
    with pytest.raises(UserError, match=r"--tokenizer .*no such file"):
        lint([path], LintOptions(tokenizer=name, select=("TOK",)))


def test_damaged_tokenizers(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no tokenizer\.json"):
        load_chat_tokenizer(str(tmp_path / "empty"))
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match="cannot be read"):
        load_chat_tokenizer(str(broken))
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    (wrong / "tokenizer.json").write_bytes((TOKENIZERS / "base" / "tokenizer.json").read_bytes())
    (wrong / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{% if %}"}))
    with pytest.raises(UserError, match="not valid"):
        load_chat_tokenizer(str(wrong))


def test_rules_without_a_tokenizer_are_not_assessed(write_jsonl: Callable[..., Path]) -> None:
    report = lint([write_jsonl([{"messages": PLAIN}])], LintOptions(select=("TOK",)))
    assert not report.findings
    assert report.not_assessed
    assert all("--tokenizer" in n.reason for n in report.not_assessed)
    limited = lint(
        [write_jsonl([{"messages": PLAIN}])],
        LintOptions(select=("TOK001",), tokenizer=str(TOKENIZERS / "chatml")),
    )
    assert "--max-tokens" in limited.not_assessed[0].reason


def test_without_the_extra_the_user_is_told_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tokenizers" else find(name)
    )
    load_chat_tokenizer.cache_clear()
    with pytest.raises(UserError, match=r"tokenizers not installed: pip install 'curate-ft"):
        load_chat_tokenizer(str(TOKENIZERS / "chatml"))
