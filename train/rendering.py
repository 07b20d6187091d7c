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
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from curate.schemas.options.train import OverLength
from curate.schemas.records import Example, Message
from curate.train.template_check import template_hash
from curate.train.turns import Unrenderable, in_parts, plain_message, require_calls

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_GENERATION_TAG = re.compile(r"\{%-?\s*generation\s*-?%\}")

_PROBE = "curate?"

Span = tuple[int, int]


class Way(StrEnum):
    """How the learnt tokens of a sample were found."""

    GENERATION_TAGS = "generation tags"
    PREFIX = "prefix"
    ONE_PER_TURN = "one sample a turn"
    TEXT = "plain text"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What the model sees of one example (or of one turn of it).

    Attributes:
        ids: token ids, shape [length].
        learnt: which tokens the loss is over, shape [length]; the first token never is, since
            nothing comes before it to predict it from.
        example: number of the example it was made from, in the order they were given.
        way: how `learnt` was found.
    """

    ids: NDArray[np.int32]
    learnt: NDArray[np.bool_]
    example: int
    way: Way

    def __post_init__(self) -> None:
        if self.ids.shape != self.learnt.shape or self.learnt[:1].any():
            raise ValueError("one flag for each token, and the first is never learnt")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def highest_id(self) -> int:
        """The largest token id."""
        return int(self.ids.max())

    @property
    def learnt_count(self) -> int:
        """How many tokens the loss is over."""
        return int(self.learnt.sum())


@dataclass
class RenderingReport:
    """What rendering did to the examples; places are `path:line`, `unit` what was made of each."""

    examples: int = 0
    samples: int = 0
    tokens: int = 0
    learnt_tokens: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    dropped: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    nothing_to_learn: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    no_preference: list[str] = field(default_factory=list)
    unit: str = "sample"
    template_hash: str = ""
    end_token_added: bool = False

    @property
    def lost(self) -> int:
        """Examples that do not reach training."""
        lost = (self.dropped, self.nothing_to_learn, self.refused, self.no_preference)
        return sum(len(places) for places in lost)


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
        kept = [s for one in made for s in _within(one, max_length, over_length, place, report)]
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


def place_of(example: Example, number: int) -> str:
    """Where an example stands, for people."""
    return f"{example.path}:{example.line}" if example.line is not None else f"example {number}"


def refuse_losses(report: RenderingReport, max_length: int, max_lost_share: float) -> None:
    """Raise UserError when more than `max_lost_share` of the examples do not reach training."""
    if report.samples and report.lost <= max_lost_share * report.examples:
        return
    parts = [f"{report.lost} of {report.examples} examples would not be trained on."]
    if report.refused:
        parts.append(f"The chat template refuses {_by_reason(report.refused)}.")
    if report.nothing_to_learn:
        parts.append(
            f"Nothing to learn (no assistant turn with text and weight) in {_some(report.nothing_to_learn)}."
        )
    if report.no_preference:
        parts.append(
            "Both answers are the same, one is empty, or they answer different prompts: "
            f"{_some(report.no_preference)}."
        )
    if report.dropped:
        parts.append(
            f"Longer than {max_length} tokens: {_some(report.dropped)}; "
            "raise --max-length, or say what to do with --over-length "
            f"{'cut' if report.unit == 'pair' else 'cut|split'}."
        )
    parts.append("Mend them (`curate lint` names each), or allow it with --max-lost-share.")
    raise UserError(" ".join(parts))


def _by_reason(refused: Sequence[str]) -> str:
    """Places of refused examples ("place: reason"), each reason said once."""
    places: dict[str, list[str]] = {}
    for line in refused:
        place, _, reason = line.partition(": ")
        places.setdefault(reason, []).append(place)
    return "; ".join(f"{_some(found)}: {reason}" for reason, found in list(places.items())[:3])


def _some(places: Sequence[str], limit: int = 5) -> str:
    more = f" and {len(places) - limit} more" if len(places) > limit else ""
    return ", ".join(places[:limit]) + more


# ------------------------------------------------------------------------------------------------
# Over-length policy


def _within(
    sample: Sample, max_length: int, policy: OverLength, place: str, report: RenderingReport
) -> list[Sample]:
    if len(sample) <= max_length:
        return [sample]
    if policy is OverLength.RAISE:
        raise UserError(
            f"{place}: {len(sample)} tokens, and --max-length is {max_length}; shorten it, raise "
            "--max-length, or choose --over-length drop, cut or split"
        )
    if policy is OverLength.CUT and (cut := _cut_prompt(sample, max_length)) is not None:
        report.cut.append(place)
        return [cut]
    if policy is OverLength.SPLIT and (pieces := _split(sample, max_length)):
        report.split.append(place)
        return pieces
    report.dropped.append(place)
    return []


def _cut_prompt(sample: Sample, max_length: int) -> Sample | None:
    """`sample` without the middle of its prompt, or None when that is not enough.

    The prompt is what stands before the first learnt token. Its first quarter stays (instructions
    stand there), and so does its end (the question stands there).
    """
    prompt = int(np.argmax(sample.learnt))
    surplus = len(sample) - max_length
    if not sample.learnt.any() or prompt - surplus < 2:
        return None
    head = max(1, (prompt - surplus) // 4)
    keep = np.r_[0:head, head + surplus : len(sample)]
    return Sample(sample.ids[keep], sample.learnt[keep], sample.example, sample.way)


def _split(sample: Sample, max_length: int) -> list[Sample]:
    """Plain text in consecutive pieces; a conversation in one sample a learnt turn, prompts cut."""
    if sample.way is Way.TEXT:
        return [
            _piece(sample, start, start + max_length)
            for start in range(0, len(sample), max_length)
            if len(sample) - start > 1
        ]
    pieces = []
    for start, end in _runs(sample.learnt):
        learnt = np.zeros(end, dtype=np.bool_)
        learnt[start:end] = True
        one = Sample(sample.ids[:end], learnt, sample.example, sample.way)
        fitting = one if end <= max_length else _cut_prompt(one, max_length)
        if fitting is not None:
            pieces.append(fitting)
    return pieces


def _piece(sample: Sample, start: int, end: int) -> Sample:
    learnt = sample.learnt[start:end].copy()
    learnt[0] = False  # what it would be predicted from is in the piece before
    return Sample(sample.ids[start:end], learnt, sample.example, sample.way)


def _runs(mask: NDArray[np.bool_]) -> list[Span]:
    """The runs of True in `mask`, as half-open spans."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


# ------------------------------------------------------------------------------------------------
# The template


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


def preview_segments(
    sample: Sample, tokenizer: PreTrainedTokenizerBase
) -> Iterable[tuple[str, bool]]:
    """The text of `sample` in pieces, each learnt or not, exactly as the model sees it."""
    start = 0
    for end in range(1, len(sample) + 1):
        if end == len(sample) or sample.learnt[end] != sample.learnt[start]:
            yield str(tokenizer.decode(sample.ids[start:end].tolist())), bool(sample.learnt[start])
            start = end
