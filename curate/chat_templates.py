"""Chat templates, rendered as transformers renders them, with jinja2 alone.

Templates come with tokenizers from anywhere, so they run in jinja2's immutable sandbox. What they
may use beside jinja2 itself is what transformers gives them: `tojson` without HTML escapes,
`raise_exception`, `strftime_now`, loop controls and `{% generation %}` blocks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import CallBlock, EvalContext, Node
from jinja2.parser import Parser
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

Span = tuple[int, int]
# What rendering can raise: jinja2's own errors, and those of the expressions in a template.
_FAILURES = (
    jinja2.TemplateError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
)


class TemplateFailure(Exception):
    """The template cannot render this conversation; the message is its reason."""


class ChatTemplate:
    """One compiled template, with the special tokens that it may write.

    Raises TemplateFailure when `source` is no valid template.
    """

    def __init__(self, source: str, special_tokens: Mapping[str, Any]) -> None:
        self.source = source
        self._special_tokens = dict(special_tokens)
        environment = _environment()
        tracker = environment.extensions[_GenerationTags.identifier]
        assert isinstance(tracker, _GenerationTags)
        self._tracker = tracker
        try:
            self._template = environment.from_string(source)
        except jinja2.TemplateError as error:
            raise TemplateFailure(f"the chat template is not valid: {error}") from error
        self.has_generation_tags = tracker.met

    def render(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        prompt: bool = False,
    ) -> str:
        """The conversation as text; with `prompt`, up to where the assistant begins to write.

        Raises TemplateFailure.
        """
        return self.render_tracked(messages, tools, prompt=prompt)[0]

    def render_tracked(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        prompt: bool = False,
    ) -> tuple[str, list[Span]]:
        """As `render`, and the half-open character spans of the `{% generation %}` blocks."""
        pieces: list[str] = []
        try:
            with self._tracker.following(pieces) as spans:
                for piece in self._template.generate(
                    messages=messages,
                    tools=list(tools) or None,
                    documents=None,
                    add_generation_prompt=prompt,
                    **self._special_tokens,
                ):
                    pieces.append(piece)  # noqa: PERF402  # the tracker reads what is there so far
        except _FAILURES as error:
            raise TemplateFailure(f"the chat template fails: {error}") from error
        except RecursionError as error:
            raise TemplateFailure("the chat template fails: it calls itself without end") from error
        return "".join(pieces), spans


class _GenerationTags(Extension):
    """`{% generation %} … {% endgeneration %}`: what stands between is what the assistant writes."""

    tags = {"generation"}  # noqa: RUF012  # as jinja2's base class declares it

    def __init__(self, environment: jinja2.Environment) -> None:
        super().__init__(environment)
        self.met = False
        self._pieces: list[str] | None = None
        self._spans: list[Span] = []

    def parse(self, parser: Parser) -> Node:
        self.met = True
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return CallBlock(self.call_method("_note"), [], [], body).set_lineno(line)

    @jinja2.pass_eval_context
    def _note(self, context: EvalContext, caller: Macro) -> str:
        text = str(caller())
        if self._pieces is not None:
            start = sum(map(len, self._pieces))
            self._spans.append((start, start + len(text)))
        return text

    @contextmanager
    def following(self, pieces: list[str]) -> Iterator[list[Span]]:
        """Note the blocks of one rendering, whose pieces so far are in `pieces`."""
        self._pieces, self._spans = pieces, []
        try:
            yield self._spans
        finally:
            self._pieces = None


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_GenerationTags, loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _strftime_now
    return environment


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _raise_exception(message: str) -> str:
    raise jinja2.TemplateError(message)


def _strftime_now(form: str) -> str:
    return datetime.now().strftime(form)
