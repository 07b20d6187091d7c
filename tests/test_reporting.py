"""`curate report`: one page, self-contained, on which data can do nothing but be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from curate.cli import main
from curate.errors import UserError
from curate.pipeline import Plan, run
from curate.reporting import report
from curate.schemas.comparison import ComparedRow, Comparison
from curate.schemas.options.data import DataOptions
from curate.schemas.options.dedupe import DedupeOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.options.run import RunOptions
from curate.schemas.options.split import SplitOptions

Write = Callable[..., Path]
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp\x1b[2J"


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def check(path: Path) -> Page:
    """What holds for every page."""
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    text_tags = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div"}
    folded = {"details", "summary", "table", "tr", "th", "td"}
    drawn = {"svg", "rect", "line", "text", "polyline", "circle"}
    assert {tag for tag, _ in page.tags} <= text_tags | folded | drawn
    for tag, attributes in page.tags:
        loading = {"src", "href", "xlink:href", "action", "background", "style"}
        assert not loading & attributes.keys(), tag
        assert not [name for name in attributes if name.startswith("on")]
    assert "\u202e" not in text
    assert "\x1b" not in text
    return page


def chat(question: str, answer: str) -> dict[str, Any]:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": turns}


@pytest.fixture
def folder(write_jsonl: Write, tmp_path: Path) -> Path:
    """The data side of a run, over rows that would like to be more than data."""
    rows = [
        chat(
            f"{EVIL} {' '.join(f'w{(i * 7 + j * 13) % 97}x{i}' for j in range(9))}?", f"It is {i}."
        )
        for i in range(60)
    ]
    rows += [chat(EVIL, ""), rows[3]]
    plan = Plan(
        RunOptions(data=(str(write_jsonl(rows)),), output=tmp_path / "run", train=False),
        DataOptions(),
        LintOptions(ignore=("SIZ",)),
        DedupeOptions(),
        SplitOptions(),
    )
    result = run(plan)
    assert result["report"]["page"] == str(tmp_path / "run" / "report.html")
    return result.folder


def test_the_data_side(folder: Path) -> None:
    page = check(folder / "report.html")
    removed = [json.loads(line) for line in (folder / "removed.jsonl").open()]
    assert f"{len(removed)} rows, each with its reason" in page.words
    assert "exact" in page.words
    assert "<script>alert(1)</script>" in page.words  # as words, not as a script
    rows = sum(1 for _ in (folder / "splits" / "train.jsonl").open())
    assert f"train{rows}" in page.words.replace("\n", "")
    assert "Training" not in page.words
    assert "worth it" not in page.words


def values(value: float) -> dict[str, Any]:
    return {"accuracy": {"value": value, "interval": [value - 0.1, value + 0.1]}}


def method(name: str, value: float, tuned: bool) -> dict[str, Any]:
    return {
        "name": name,
        "title": f"{name} {EVIL}",
        "tuned": tuned,
        "metrics": values(value),
        "prompt_tokens": 100 * value,
        "output_tokens": 5,
        "seconds": 0.1,
        "latency_s": None,
        "weights_bytes": 1,
        "cache_bytes": 1,
        "cost_per_1000": 0.01,
        "too_long": 0,
        "cut": 0,
    }


@pytest.fixture
def whole(folder: Path) -> Path:
    comparison = Comparison.model_validate(
        {
            "model": EVIL,
            "task": "label",
            "rows": 40,
            "seed": 0,
            "max_new_tokens": 8,
            "primary": "accuracy",
            "metrics": {"accuracy": {"title": f"label {EVIL}"}},
            "methods": [method("prompt", 0.4, False), method("fine-tuned", 0.8, True)],
            "skipped": [{"name": "retrieval", "reason": EVIL}],
            "prices": {"input": 0.1, "output": 0.1, "source": EVIL},
            "advice": f"Fine-tuning wins {EVIL}",
            "notes": [EVIL],
        }
    )
    answer = {"text": EVIL, "scores": {"accuracy": 1.0}, "prompt_tokens": 1, "output_tokens": 1}
    row = ComparedRow.model_validate(
        {
            "path": EVIL,
            "line": 3,
            "prompt": EVIL,
            "reference": EVIL,
            "answers": {
                "prompt": {**answer, "ended": True},
                "fine-tuned": {**answer, "text": None, "ended": False},
            },
        }
    )
    (folder / "compare.json").write_text(comparison.model_dump_json())
    (folder / "compare.jsonl").write_text(row.model_dump_json() + "\n")
    verdict = {
        "name": "improving",
        "step": 4,
        "epoch": 0.5,
        "evidence": f"Going down {EVIL}",
        "best_step": 4,
    }
    events = [
        {"event": "step", "step": 1, "epoch": 0.1, "loss": 2.0, "learning_rate": 0.1}
        | {"gradient_norm": 1.0, "tokens": 10, "learnt_tokens": 5},
        {"event": "evaluation", "step": 4, "epoch": 0.5, "val_loss": 1.5, "probe_loss": 1.25}
        | {"verdict": verdict},
        {"event": "sample", "step": 4, "prompt": EVIL, "expected": EVIL, "answer": EVIL},
        {"event": "end", "step": 8, "best_step": 4, "verdict": verdict},
    ]
    (folder / "history.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events))
    return folder


def test_training_and_comparison(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(whole)]) == 0
    assert "report.html" in capsys.readouterr().out
    page = check(whole / "report.html")
    assert [tag for tag, _ in page.tags].count("svg") == 2
    for said in ("improving: Going down", "Best step: 4", "80.0% (70–90)", "1.5000", "1.2500"):
        assert said in page.words
    assert "(the prompt did not fit)" in page.words
    assert page.words.count("Fine-tuning wins") == 2


def test_the_same_page_from_the_same_run(whole: Path, tmp_path: Path) -> None:
    pages = [report(whole, tmp_path / name).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]


def test_what_is_no_run(tmp_path: Path, whole: Path) -> None:
    with pytest.raises(UserError, match="no such run folder"):
        report(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="nothing of a run"):
        report(tmp_path / "empty")
    assert not (tmp_path / "empty" / "report.html").exists()
    (whole / "compare.json").write_text('{"version": 1}')
    with pytest.raises(UserError, match=r"compare\.json: not as curate wrote it"):
        report(whole)
