"""Example → token ids and loss mask, through the model's own chat template.

Which tokens are learnt is found in one of three ways, tried in this order and recorded:

1. *generation tags*: the template marks what the assistant writes with `{% generation %}`;
2. *prefix*: the conversation rendered up to a turn (with the generation prompt) is a prefix of
   the whole rendering, so the turn is what follows. Many templates rewrite earlier turns, so the
   property is checked on every example, never assumed;
3. *one sample a turn*: where the whole rendering rewrites earlier turns, each learnt turn becomes
   a sample of its own, rendered as the model would have seen it when writing that turn.

When none holds, the example is refused with the reason. What ends a turn (the EOS or turn-end
token) is learnt with it; white space that the template puts after it is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.schemas.options.train import OverLength
from curate.schemas.turns import Example, Message
from curate.train.over_length import within
from curate.train.rendering_report import RenderingReport, place_of, refuse_losses
from curate.train.samples import Sample, Way
from curate.train.template_check import template_hash
from curate.train.turns import Unrenderable, in_parts, plain_message, require_calls

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_GENERATION_TAG = re.compile(r"\{%-?\s*generation\s*-?%\}")

_PROBE = "curate?"

Span = tuple[int, int]


def render_examples(
    examples: Sequence[Example],
    tokenizer: PreTrainedTokenizerBase,
    *,
    max_length: int,
    over_length: OverLength = OverLength.DROP,
    max_lost_share: float = 0.01,
) -> tuple[list[Sample], RenderingReport]:
    """All samples of `examples`, none longer than `max_length` tokens, each with something to learn.

    Raises:
        UserError: more than `max_lost_share` of the examples are lost (too long, nothing to learn,
            or refused by the template); one is too long and `over_length` is "raise".
    """
    renderer = Renderer(tokenizer)
    report = RenderingReport(examples=len(examples), template_hash=renderer.template_hash)
    samples: list[Sample] = []
    for number, example in enumerate(examples):
        place = place_of(example, number)
        try:
            made = renderer.render(example, number)
        except Unrenderable as error:
            report.refused.append(f"{place}: {error}")
            continue
        kept = [s for one in made for s in within(one, max_length, over_length, place, report)]
        if any(s.learnt_count for s in kept):
            samples += [s for s in kept if s.learnt_count]
        elif kept or not made:
            report.nothing_to_learn.append(place)
    report.end_token_added = renderer.end_token_added
    report.samples = len(samples)
    report.tokens = sum(len(s) for s in samples)
    report.learnt_tokens = sum(s.learnt_count for s in samples)
    report.ways.update(s.way.value for s in samples)
    refuse_losses(report, max_length, max_lost_share)
    return samples, report


class Renderer:
    """Renders examples with one tokenizer's chat template."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        template = tokenizer.chat_template
        self.tokenizer = tokenizer
        self.template: str | None = template if isinstance(template, str) else None
        self.template_hash = template_hash(tokenizer)
        self.has_tags = bool(self.template and _GENERATION_TAG.search(self.template))
        self.end_token_added = False
        self._ending = _ending_ids(tokenizer)
        bare = tokenizer("a")["input_ids"]
        self._adds_bos = bool(bare) and bare[0] == tokenizer.bos_token_id
        self._takes_parts = self.template is not None and self._wants_parts()

    def render(self, example: Example, number: int) -> list[Sample]:
        """The samples of a conversation or of a plain text.

        Raises:
            Unrenderable: the template cannot render it, or no learnt span can be found.
        """
        if example.text is not None:
            return [self._text(example.text, number)]
        return self.conversation(example.messages, example.learnt, example.tools, number)

    def conversation(
        self,
        messages: Sequence[Message],
        learnt: Sequence[int],
        tools: Sequence[dict[str, Any]] = (),
        number: int = 0,
    ) -> list[Sample]:
        """The samples of one conversation, of whose turns those in `learnt` are trained on."""
        learnt = [i for i in learnt if messages[i].text or messages[i].calls_tools]
        if not learnt:
            return []
        turns = self._turns(messages)
        if self.has_tags and (tagged := self._tagged(turns, learnt, tools)):
            require_calls([turns[i] for i in learnt], *tagged)
            return [self._sample(*tagged, number, Way.GENERATION_TAGS)]
        whole = self.text(turns, tools)
        spans = [self._turn_span(turns, i, tools, whole) for i in learnt]
        found = [s for s in spans if s is not None]
        if len(found) == len(spans):
            require_calls([turns[i] for i in learnt], whole, found)
            return [self._sample(whole, found, number, Way.PREFIX)]
        samples = []
        for i in learnt:
            through = self.text(turns[: i + 1], tools)
            span = self._turn_span(turns, i, tools, through)
            if span is None:
                raise Unrenderable(
                    f"the chat template rewrites the prompt once messages[{i}] is answered, "
                    "so which tokens the model would write cannot be told"
                )
            require_calls([turns[i]], through, [span])
            samples.append(self._sample(through, [span], number, Way.ONE_PER_TURN))
        return samples

    def prompt_ids(
        self, messages: Sequence[Message], tools: Sequence[dict[str, Any]] = ()
    ) -> list[int]:
        """Token ids of a conversation that the model is to continue."""
        turns = self._turns(messages)
        return self._encode(self.text(turns, tools, prompt=True))[0]

    def text(
        self,
        turns: list[dict[str, Any]],
        tools: Sequence[dict[str, Any]] = (),
        *,
        prompt: bool = False,
    ) -> str:
        """The rendered conversation; with `prompt`, up to where the assistant begins to write."""
        if self.template is None:
            raise Unrenderable(
                "the model has no chat template; take an instruction-tuned model, or give plain text"
            )
        rendered: str = self._render(
            lambda: self.tokenizer.apply_chat_template(
                turns, tools=list(tools) or None, tokenize=False, add_generation_prompt=prompt
            )
        )
        return rendered

    def _turns(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        """The messages as this template reads them."""
        turns = [plain_message(m, self.template or "") for m in messages]
        return [in_parts(t) for t in turns] if self._takes_parts else turns

    def _wants_parts(self) -> bool:
        """Whether the template shows content only as a list of parts, and no plain text.

        Templates of vision models loop over the content; over a string they show nothing.
        """
        plain = [{"role": "user", "content": _PROBE}]
        for turns, parted in ((plain, False), ([in_parts(t) for t in plain], True)):
            try:
                if _PROBE in self.text(turns):
                    return parted
            except Unrenderable:
                continue
        return False

    def _render(self, render: Callable[[], Any]) -> Any:
        import jinja2

        try:
            return render()
        except (jinja2.TemplateError, TypeError, ValueError, KeyError) as error:
            raise Unrenderable(f"the chat template fails: {error}") from error

    def _tagged(
        self, turns: list[dict[str, Any]], learnt: Sequence[int], tools: Sequence[dict[str, Any]]
    ) -> tuple[str, list[Span]] | None:
        """The rendering and learnt spans by generation tags, or None when they do not match the turns."""
        from transformers.utils.chat_template_utils import render_jinja_template

        special: dict[str, Any] = dict(self.tokenizer.special_tokens_map)
        rendered, blocks = self._render(
            lambda: render_jinja_template(
                conversations=[turns],
                tools=list(tools) or None,
                chat_template=self.template,
                return_assistant_tokens_mask=True,
                **special,
            )
        )
        speaking = [i for i, turn in enumerate(turns) if turn["role"] == "assistant"]
        if len(blocks[0]) != len(speaking):
            return None
        of_turn = dict(zip(speaking, blocks[0], strict=True))
        return rendered[0], [tuple(of_turn[i]) for i in learnt]

    def _turn_span(
        self, turns: list[dict[str, Any]], i: int, tools: Sequence[dict[str, Any]], whole: str
    ) -> Span | None:
        """Where turn `i` stands in `whole`, if what the model saw before it is a prefix of `whole`."""
        before = self.text(turns[:i], tools, prompt=True) if i else ""
        through = whole if i == len(turns) - 1 else self.text(turns[: i + 1], tools)
        if i == 0:  # nothing comes before: some templates render no empty conversation
            before = self._opening(through, turns[0])
        if not whole.startswith(before):
            return None
        # What follows the last turn may differ in white space or a final EOS.
        end = len(through) if whole.startswith(through) else len(_common_prefix(whole, through))
        if i < len(turns) - 1 and end < len(through.rstrip()):
            return None
        return (len(before), end) if end > len(before) else None

    @staticmethod
    def _opening(through: str, turn: dict[str, Any]) -> str:
        """What the template writes before the content of a first turn."""
        content = (
            turn["content"] if isinstance(turn["content"], str) else turn["content"][0]["text"]
        )
        at = through.find(content) if content else -1
        return through[:at] if at > 0 else ""

    # --------------------------------------------------------------------------------------------
    # Text → ids

    def _encode(self, text: str) -> tuple[list[int], list[Span]]:
        """Ids and character offsets, no special tokens added: the template has written them."""
        encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return encoded["input_ids"], encoded["offset_mapping"]

    def _sample(self, text: str, spans: Sequence[Span], number: int, way: Way) -> Sample:
        ids, offsets = self._encode(text)
        starts = np.array([a for a, _ in offsets], dtype=np.int64)
        ends = np.array([b for _, b in offsets], dtype=np.int64)
        learnt = np.zeros(len(ids), dtype=np.bool_)
        for a, b in spans:
            inside = np.flatnonzero((ends > a) & (starts < b) & (ends > starts))
            if not len(inside) or not text[a:b].strip():
                raise Unrenderable("the chat template leaves out what an assistant turn says")
            first, last = int(inside[0]), int(inside[-1])
            learnt[first : self._turn_end(ids, first, last, text, offsets) + 1] = True
        if (
            spans
            and learnt[-1]
            and ids[-1] not in self._ending
            and self.tokenizer.eos_token_id is not None
        ):
            # The template closes no turn: without this the model would never learn to stop.
            ids = [*ids, self.tokenizer.eos_token_id]
            learnt = np.append(learnt, True)
            self.end_token_added = True
        learnt[:1] = False
        return Sample(np.array(ids, dtype=np.int32), learnt, number, way)

    def _turn_end(
        self, ids: list[int], first: int, last: int, text: str, offsets: list[Span]
    ) -> int:
        """The last token to learn of a turn whose span covers tokens `first` to `last`."""
        end = last
        while (
            end > first and ids[end] not in self._ending and not text[slice(*offsets[end])].strip()
        ):
            end -= 1
        if ids[end] in self._ending:
            return end  # without the white space that the template puts after it
        # Tags that close before the turn's end token leave it out: it has to be learnt too.
        if last + 1 < len(ids) and ids[last + 1] in self._ending:
            return last + 1
        return last

    def _text(self, text: str, number: int) -> Sample:
        """Plain text: BOS where the tokenizer adds one, every token learnt, EOS at the end."""
        ids = list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        if self._adds_bos and ids[:1] != [self.tokenizer.bos_token_id]:
            ids.insert(0, self.tokenizer.bos_token_id)
        if self.tokenizer.eos_token_id is not None and ids[-1:] != [self.tokenizer.eos_token_id]:
            ids.append(self.tokenizer.eos_token_id)
        learnt = np.ones(len(ids), dtype=np.bool_)
        learnt[:1] = False
        return Sample(np.array(ids, dtype=np.int32), learnt, number, Way.TEXT)


def _ending_ids(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Ids that can end a turn: EOS, and the tokenizer's other special tokens except BOS.

    BOS is left out only where it is not EOS as well: it opens turns in ChatML-like templates.
    """
    special = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
    special.discard(tokenizer.bos_token_id if tokenizer.bos_token_id is not None else -1)
    if tokenizer.eos_token_id is not None:
        special.add(tokenizer.eos_token_id)
    return frozenset(special)


def _common_prefix(a: str, b: str) -> str:
    n = min(len(a), len(b))
    return a[: next((i for i in range(n) if a[i] != b[i]), n)]
