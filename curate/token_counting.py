"""How many tokens each record has, how many of them are learnt, and what goes wrong on the way.

The learnt tokens are found as the trainer finds them: by the template's generation tags; else the
conversation rendered up to a turn is a prefix of the whole, and what follows is the turn; else
(templates that rewrite earlier turns) the turn is rendered as the last one.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.chat_templates import Span, TemplateFailure
from curate.chat_tokenizers import ChatTokenizer, load_chat_tokenizer
from curate.columns import Batch
from curate.light_dataclass import dataclass
from curate.patterns import regex
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.preference_records import split_transcript
from curate.schemas.turns import Example, Message, ToolCall
from curate.token_columns import MEDIA, TOKEN_SCHEMA
from curate.validating import Checked, to_example

if TYPE_CHECKING:
    from tokenizers import Encoding

_THOUGHTS = regex(r"<think>.*?</think>", re.DOTALL)


@dataclass(slots=True)
class _Rendered:
    """One text that the model would see, and the character spans of it that are learnt."""

    row: int
    text: str
    spans: list[Span]
    plain: bool = False  # text for language modelling, not a conversation


def counter_for(options: LintOptions) -> TokenCounter:
    """The counter that the options ask for. Raises UserError when there is no such tokenizer."""
    assert options.tokenizer is not None
    tokenizer = load_chat_tokenizer(options.tokenizer)
    return TokenCounter(tokenizer, options.max_tokens or tokenizer.longest)


class TokenCounter:
    """Counts the tokens of batches with one tokenizer; `limit` is the longest input."""

    def __init__(self, tokenizer: ChatTokenizer, limit: int | None) -> None:
        self._tokenizer = tokenizer
        self._limit = limit if limit is not None else 1 << 31
        special = [t for t in tokenizer.special if not t.isspace() and t]
        self._control = re.compile("|".join(map(re.escape, special))) if special else None

    def counted(self, checked: Iterator[Checked], data: DataOptions) -> Iterator[Checked]:
        """What was read, its batches with the columns of TOKEN_SCHEMA."""
        for one in checked:
            one.batches = [self.with_tokens(batch, data) for batch in one.batches]
            yield one

    def with_tokens(self, batch: Batch, data: DataOptions) -> Batch:
        """The batch, its rows with the columns of TOKEN_SCHEMA."""
        columns: dict[str, list[Any]] = {name: [None] * len(batch) for name in TOKEN_SCHEMA}
        rendered: list[_Rendered] = []
        for row in range(len(batch)):
            example = to_example(batch, row, data)
            try:
                rendered += self._rendered(example, row)
            except TemplateFailure as error:
                columns["template_error"][row] = str(error)
        self._count(rendered, columns)
        self._compare(batch, rendered, columns)
        added = [pl.Series(n, columns[n], dtype=t) for n, t in TOKEN_SCHEMA.items()]
        return replace(batch, rows=batch.rows.with_columns(added))

    # --------------------------------------------------------------------------------------------
    # Rendering

    def _rendered(self, example: Example, row: int) -> Iterator[_Rendered]:
        if example.text is not None:
            # Training puts BOS in front where the tokenizer does, and EOS at the end.
            bos = self._tokenizer.bos if self._tokenizer.adds_bos else None
            first = None if bos is None else self._tokenizer.tokenizer.id_to_token(bos)
            text = (first or "") + example.text
            yield _Rendered(row, text, [(0, len(text))], plain=True)
            return
        head = len(example.messages)
        sides = [s for s in (example.chosen, example.rejected, example.completion) if s is not None]
        if not sides:
            yield self._conversation(row, example.messages, example.learnt, example.tools)
        for side in sides:
            messages = (*example.messages, *side)
            learnt = [i for i in range(head, len(messages)) if messages[i].role == "assistant"]
            yield self._conversation(row, messages, learnt, example.tools)

    def _conversation(
        self,
        row: int,
        messages: Sequence[Message],
        learnt: Sequence[int],
        tools: Sequence[dict[str, Any]],
    ) -> _Rendered:
        template = self._tokenizer.template
        if template is None:
            raise TemplateFailure("the tokenizer has no chat template")
        turns = [_plain_message(m, template.source) for m in messages]
        learnt = [i for i in learnt if messages[i].text or messages[i].calls_tools]
        if template.has_generation_tags:
            whole, blocks = template.render_tracked(turns, tools)
            speaking = [i for i, turn in enumerate(turns) if turn["role"] == "assistant"]
            if len(blocks) == len(speaking):
                of_turn = dict(zip(speaking, blocks, strict=True))
                return _Rendered(row, whole, [of_turn[i] for i in learnt])
        whole = template.render(turns, tools)
        spans = [self._span(turns, i, tools, whole) for i in learnt]
        return _Rendered(row, whole, [s for s in spans if s is not None])

    def _span(
        self, turns: list[dict[str, Any]], i: int, tools: Sequence[dict[str, Any]], whole: str
    ) -> Span | None:
        """Where turn `i` stands in the whole rendering."""
        template = self._tokenizer.template
        assert template is not None
        content = str(turns[i].get("content") or "").strip()
        if i > 0:
            before = template.render(turns[:i], tools, prompt=True)
            last = i == len(turns) - 1
            through = whole if last else template.render(turns[: i + 1], tools)
            if whole.startswith(before):
                end = len(through) if whole.startswith(through) else _shared(whole, through)
                if end > len(before):
                    return len(before), end
        # The template rewrites the prompt: the text of the turn itself is the best that is known.
        at = whole.rfind(content) if content else -1
        return (at, at + len(content)) if at >= 0 else None

    # --------------------------------------------------------------------------------------------
    # Counting

    def _count(self, rendered: Sequence[_Rendered], columns: dict[str, list[Any]]) -> None:
        encode = self._tokenizer.tokenizer.encode_batch
        encodings = encode([r.text for r in rendered], add_special_tokens=False)
        for one, encoding in zip(rendered, encodings, strict=True):
            total, learnt, ends = self._spread(one, encoding)
            row = one.row
            columns["tokens"][row] = max(columns["tokens"][row] or 0, total)
            count = sum(b - a for a, b in learnt)
            kept = sum(max(0, min(b, self._limit) - a) for a, b in learnt)
            columns["learnt_tokens"][row] = (columns["learnt_tokens"][row] or 0) + count
            columns["learnt_kept"][row] = (columns["learnt_kept"][row] or 0) + kept
            if learnt and not one.plain:
                columns["ends"][row] = ends and columns["ends"][row] is not False
            unknown = self._tokenizer.unknown
            met = encoding.ids.count(unknown) if unknown is not None else 0
            columns["unknown_tokens"][row] = (columns["unknown_tokens"][row] or 0) + met

    def _spread(self, one: _Rendered, encoding: Encoding) -> tuple[int, list[Span], bool]:
        """(all tokens, learnt spans of tokens, whether the last of them ends the turn)."""
        ids, offsets = encoding.ids, encoding.offsets
        ending = self._tokenizer.ending
        starts, ends = [a for a, _ in offsets], [b for _, b in offsets]
        learnt: list[Span] = []
        for a, b in one.spans:
            first, last = bisect_right(ends, a), bisect_left(starts, b) - 1
            if first > last:
                continue
            last = self._turn_end(ids, first, last, one.text, offsets)
            learnt.append((max(first, 1), last + 1))
        total = len(ids)
        closed = bool(learnt) and ids[learnt[-1][1] - 1] in ending
        if learnt and learnt[-1][1] == total and not closed and self._tokenizer.eos is not None:
            # Training adds EOS where the template closes no turn.
            total += 1
            learnt[-1] = (learnt[-1][0], total)
        return total, learnt, closed

    def _turn_end(
        self, ids: list[int], first: int, last: int, text: str, offsets: list[Span]
    ) -> int:
        ending = self._tokenizer.ending
        if ids[last] not in ending and last + 1 < len(ids) and ids[last + 1] in ending:
            return last + 1
        end = last
        while end > first and ids[end] not in ending and not text[slice(*offsets[end])].strip():
            end -= 1
        return end if ids[end] in ending else last

    # --------------------------------------------------------------------------------------------
    # What the rendering lost, and what the texts smuggle in

    def _compare(
        self, batch: Batch, rendered: Sequence[_Rendered], columns: dict[str, list[Any]]
    ) -> None:
        whole: dict[int, str] = {}
        for one in rendered:
            whole[one.row] = whole.get(one.row, "") + one.text
        segments = batch.segments.select("row", "slot", "text").iter_rows()
        for row, slot, text in segments:
            if row not in whole:
                continue
            if self._control is not None and columns["control_text"][row] is None:
                found = self._control.search(text)
                if found:
                    columns["control_text"][row] = f"{batch.fields[slot]}\x1f{found.group()}"
            turns = split_transcript(text) or ()
            texts = [turn.text for turn in turns] or [text]
            held = all(_holds(whole[row], one) for one in texts)
            if columns["dropped_field"][row] is None and not held:
                columns["dropped_field"][row] = batch.fields[slot]
        for row, text in whole.items():
            if columns["dropped_field"][row] is None:
                columns["dropped_field"][row] = _dropped_tools(batch.records[row], text)


def _shared(a: str, b: str) -> int:
    shorter = min(len(a), len(b))
    return next((i for i in range(shorter) if a[i] != b[i]), shorter)


def _holds(rendered: str, text: str) -> bool:
    """Whether a rendering holds a text, as it is or as a JSON string; thoughts may be left out."""
    text = text.strip()
    if text in rendered:
        return True
    if "</think>" in text:
        # After the last end no thought ends: each <think> there would be looked through to no avail.
        thought, end, said = text.rpartition("</think>")
        text = (_THOUGHTS.sub("", thought + end) + said).rpartition("</think>")[2].strip()
    # Templates strip the lines of a text, or quote it.
    return (
        text in rendered
        or json.dumps(text, ensure_ascii=False)[1:-1] in rendered
        or all(line.strip() in rendered for line in text.splitlines())
    )


def _dropped_tools(record: dict[str, Any], rendered: str) -> str | None:
    """The field of tools or calls that the rendering does not name."""
    tools = record.get("tools")
    if isinstance(tools, list) and tools:
        names = [n for t in tools if (n := _name(t)) is not None]
        if names and not any(n in rendered for n in names):
            return "tools"
    messages = record.get("messages")
    for i, message in enumerate(messages if isinstance(messages, list) else ()):
        for k, call in enumerate(message.get("tool_calls") or ()):
            name = _name(call)
            if name is not None and name not in rendered:
                return f"messages[{i}].tool_calls[{k}]"
    return None


def _name(tool: Any) -> str | None:
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) else None


def _plain_message(message: Message, template: str) -> dict[str, Any]:
    """A message as chat templates expect it: text content, tool arguments as objects.

    Raises TemplateFailure for content that is not text.
    """
    if isinstance(message.content, list) and any(p.type != "text" for p in message.content):
        kinds = sorted({p.type for p in message.content if p.type != "text"})
        raise TemplateFailure(f"{MEDIA} {', '.join(kinds)} cannot be rendered as text")
    role: str = message.role
    if role == "developer" and "developer" not in template:
        role = "system"
    if role == "function":
        role = "tool"
    plain: dict[str, Any] = {"role": role, "content": message.text}
    calls = list(message.tool_calls or ())
    if message.function_call is not None:
        calls.append(ToolCall(function=message.function_call, type="function"))
    if calls:
        plain["tool_calls"] = [_plain_call(call) for call in calls]
    named = {"name": message.name, "tool_call_id": message.tool_call_id}
    plain |= {key: value for key, value in named.items() if value is not None}
    extra = message.model_extra or {}
    plain |= {k: extra[k] for k in ("reasoning_content", "reasoning", "thinking") if k in extra}
    return plain


def _plain_call(call: ToolCall) -> dict[str, Any]:
    arguments = call.function.arguments
    if isinstance(arguments, str):
        try:
            parsed = json.loads(arguments)
        except (ValueError, RecursionError):
            parsed = None
        # Templates write arguments with `tojson`; a string would be quoted twice.
        arguments = parsed if isinstance(parsed, dict) else arguments
    function = {"name": call.function.name, "arguments": arguments or {}}
    plain: dict[str, Any] = {"type": call.type or "function", "function": function}
    return plain if call.id is None else {**plain, "id": call.id}
