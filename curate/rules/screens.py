"""First tests that many text rules share: one pass over the text instead of one for each rule.

A rule about something rare names one of these functions as its `first`. The engine evaluates each
function once, and the rules' own conditions only on the few texts that it lets through. A rule
that needs a wording of its own adds it here; its golden cases fail if it forgets.

Measured: a character class is found with vector instructions (0.03 µs a row); a regular expression
of many ASCII words without Unicode case folding runs as one automaton (0.5 µs a row), four times
faster than Aho-Corasick over the same words.
"""

from __future__ import annotations

import re

import polars as pl

from curate.schemas.options.lint import LintOptions

WORDS: tuple[str, ...] = (
    # placeholders
    "no input", "noinput", "no-input", "no_input", "no output", "nooutput", "no-output", "no_output",
    "ninput", "noput", "n/a", "lorem ipsum", "todo", "tbd", "placeholder", "(insert", "xxx", "____",
    # refusals
    "i cannot", "i can't", "i'm sorry", "i am sorry", "i apologi", "unable to", "not able to", "i won't",
    "i will not", "i must decline", "i don't have", "i do not have", "cannot be ", "can't help",
    "can't assist", "i'm not able", "not possible for me",
    # who the model says it is
    "language model", "artificial intelligence, ", "an ai", "as chatgpt", "as claude", "as grok", "of my last", "of my knowledge", "my knowledge", "my training", "of my training", "of my latest", "of my most", "openai", "chatgpt", "gpt-", "anthropic", "claude", "gemini", "deepmind",
    "deepseek", "mistral", "qwen", "alibaba", "llama", "meta ai", "copilot", "grok", "kimi",
    # scaffolding
    "human:", "assistant:", "user:", "instruction:", "task:", "below is an instruction",
    "response:", "prompt:",
)  # fmt: skip
_CURLY = ("can’t", "I’m sorry", "I’m not able", "won’t", "don’t have")
# Control characters are looked for in the same pass.
_CONTROL = r"(?-u:[\x00-\x08\x0b\x0c\x0e-\x1f\x7f])"
_WORDS = f"(?i-u:{'|'.join(map(re.escape, WORDS))})|{'|'.join(_CURLY)}|{_CONTROL}"
_MARKS = r"[<\[{`&\\]|###|\|\|"


def worded(options: LintOptions) -> pl.Expr:
    """The text holds one of the rare wordings."""
    return pl.col("text").str.contains(_WORDS)


def marked(options: LintOptions) -> pl.Expr:
    """The text holds a bracket, a brace, a backtick, an ampersand, a backslash or a hash heading."""
    return pl.col("text").str.contains(_MARKS)


def beyond_ascii(options: LintOptions) -> pl.Expr:
    """The text holds a character outside ASCII."""
    text = pl.col("text")
    return text.str.len_bytes() != text.str.len_chars()


def worded_or_beyond_ascii(options: LintOptions) -> pl.Expr:
    """The text holds a rare wording, a control character, or a character outside ASCII."""
    return worded(options) | beyond_ascii(options)


def at_signs(options: LintOptions) -> pl.Expr:
    """The text holds an @."""
    return pl.col("text").str.contains("@", literal=True)


def long_numbers(options: LintOptions) -> pl.Expr:
    """The text holds six digits or more in a row, separators aside, or the like of them."""
    return pl.col("text").str.contains(r"[0-9][0-9 ().:-]{5}")


def contacts(options: LintOptions) -> pl.Expr:
    """Either of the two."""
    return at_signs(options) | long_numbers(options)
