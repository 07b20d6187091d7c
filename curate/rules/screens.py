"""First tests that many text rules share: one pass over the text instead of one for each rule.

A rule about something rare names one of these functions as its `first`. The engine evaluates each
function once, and the rules' own conditions only on the few texts that it lets through. A rule
that needs a literal of its own adds it here; its golden cases fail if it forgets.
"""

from __future__ import annotations

import polars as pl

from curate.schemas.options.lint import LintOptions

# Lower case; ASCII case does not matter.
RARE: tuple[str, ...] = (
    # placeholders and slots
    "noinput", "no input", "no-input", "no_input", "nooutput", "no output", "no-output", "no_output",
    "ninput>", "noput", "n/a", "lorem ipsum", "todo:", "todo]", "[insert", "<insert", "(insert",
    "{{", "[your", "[name", "[company", "[date", "[recipient", "[customer", "[client", "[product",
    "[todo", "[tbd", "[placeholder", "<your", "<name", "your_", "xxxx", "[add ", "[enter", "placeholder",
    # refusals and identity
    "i cannot", "i can't", "i can’t", "i'm sorry", "i’m sorry", "i am sorry", "i apologize", "i apologise",
    "unable to", "not able to", "language model", "an ai", "openai", "chatgpt", "gpt-", "anthropic", "claude",
    "gemini", "bard", "deepmind", "deepseek", "mistral", "qwen", "alibaba", "llama", "meta ai", "copilot",
    "grok", "i won't", "i must decline", "i don't have access", "cannot be performed", "cannot be completed",
    "i don’t have", "i do not have", "i don't have", "against my",
    # tokens and scaffolding
    "<|", "[inst]", "[/inst]", "<<sys>>", "<</sys>>", "<start_of_turn>", "<end_of_turn>", "</s>", "<s>",
    "[bos]", "[eos]", "<bos>", "<eos>", "<pad>", "[pad]", "<unk>", "<｜", "### ", "human:", "assistant:", "user:",
    "instruction:", "below is an instruction", "endoftext",
    # markup
    "<br", "<p>", "</p>", "<div", "</div", "<span", "</span", "<a href", "&nbsp;", "&amp;", "&lt;", "&gt;",
    "&quot;", "&#", "<b>", "<i>", "<strong>", "<em>", "<li>", "<ul>", "<td", "<font", "<table", "<html",
    "<script", "```", "\\n", "\\t", "\\\"", "\\u00",
    # media that are not there
    "![", "<img", "<audio", "<video", "[image", "[picture", "[photo", "[screenshot", "[video", "[audio",
    "[gif", "[flow", "[chart", "[graph", "[diagram", "[heat", "[jigsaw", "[illustration", "[drawing",
    "<image", "<output", "<cropped", "<screenshot", "<photo", "<picture", "[an image", "[a picture",
    "[generated", "(image", "[insert", "[attached", "<attached", "[edited", "[map", "[animation",
)  # fmt: skip


def rare(options: LintOptions) -> pl.Expr:
    """The text holds one of the rare literals."""
    return pl.col("text").str.contains_any(list(RARE), ascii_case_insensitive=True)


def beyond_ascii(options: LintOptions) -> pl.Expr:
    """The text holds a character outside ASCII."""
    text = pl.col("text")
    return text.str.len_bytes() != text.str.len_chars()


CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
