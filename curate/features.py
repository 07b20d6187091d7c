"""Compact per-row features that dataset rules work on, each defined once.

A feature is an expression over `Batch.rows`. The engine evaluates those that the selected rules
ask for, batch by batch, and keeps only them: hashes and lengths, not text, so that memory stays
small over millions of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

from curate import empty_answers, textkernel
from curate.answer_form import chosen_refuses, framed_prompt, letter_slot, odd_form
from curate.arrays import series_of
from curate.languages import NAMES_A_LANGUAGE, language
from curate.prose import sentence_end
from curate.textkernel import TextKernel
from curate.token_columns import TOKEN_SCHEMA

# Labels and short answers are kept as text; anything longer is represented by its hash.
SHORT_TEXT = 64


def _normalised(column: str) -> pl.Expr:
    """Text as equality of meaning sees it: lower-case, runs of white space as one space."""
    # As r"\s+" would, but single spaces, which are nearly all there is, are not matched at all.
    runs = r"\s*[^\S ]\s*|  +"
    return pl.col(column).str.to_lowercase().str.replace_all(runs, " ").str.strip_chars()


def _key(column: str, seed: int) -> pl.Expr:
    """A hash of the normalised text; of null, always the same."""
    kernel = textkernel.load()
    if kernel is None:
        return _normalised(column).hash(seed)
    return pl.col(column).map_batches(partial(_keys, kernel, seed), return_dtype=pl.UInt64)


def _keys(kernel: TextKernel, seed: int, texts: pl.Series) -> pl.Series:
    """The kernel knows the lower case of ASCII and Latin-1; polars normalises the other texts first."""
    keys, as_is = kernel.keys(texts, seed)
    places = np.flatnonzero(as_is)
    if len(places):
        others = (
            texts.gather(series_of(places)).alias("text").to_frame().select(_normalised("text"))
        )
        keys[places] = kernel.keys(others["text"], seed)[0]
    return series_of(keys, texts.name)


def _short(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.len_bytes() <= SHORT_TEXT).then(pl.col(column))


def _opening(column: str) -> pl.Expr:
    """The first two words, as they stand."""
    return pl.col(column).str.extract(r"^\s*(\S+(?:\s+\S+)?)", 1).str.slice(0, 40)


_NOTHING = (
    r"(?i)^[\s<(\[\"']*(?:n\.?/?a\.?|none|null|nil|nan|undefined|empty|not applicable|tbd|tba|tbc|todo)[\s>)\]\"'.]*$"
    r"|^\s*[-–—._…?!]{1,10}\s*$"
    r"|^\W*(?:coming soon|(?:answer |response )?not (?:available|provided|given)|no (?:answer|response|completion)(?: available)?|placeholder|to do|no data|#n/?a|(?:the )?same as (?:above|before|previous(?: (?:answer|response|one))?|(?:the )?(?:previous|last) (?:answer|response|one|row))|(?:see|as|refer to|cf\.?) (?:the )?(?:above|previous|attached|attachment|template|notes?|below|prior|earlier|previous (?:answer|response|row)|answer above)|ditto|idem"
    r"|(?:to follow|to come|will follow|(?:will|to) be (?:added|provided|updated|completed|filled in|answered)(?: later| soon| shortly)?|(?:answer|response|content|details?) (?:to follow|will follow|coming soon|pending|unavailable|missing)|work in progress|wip|under construction|intentionally left blank|left blank|nothing here|no content|pending review"
    r"|#(?:ref|value|name|div/0|error|null|num)[!?]|\[?object object|nat|(?:response )?generation failed|failed to generate(?: an? (?:answer|response))?|(?:request|response) timed out|internal server error|rate limit exceeded|empty response|no (?:answer|response|output) (?:received|generated|found)))\W*$"
    r"|^\s*[<(\[{]+\s*(?:tba|pending|removed|deleted|missing|insert|redacted|todo|unknown|coming soon|no data)\s*[>)\]}]+\s*$"
)
# The same in other languages.
_NOTHING += rf"|(?i)^{empty_answers.WRAP}(?:{empty_answers.MAYBE}){empty_answers.WRAP}$"
_OFFERED = r"(?i)\b(?:python|javascript|sql|rust|keyword|what does .* return|none|null|nil|n/a|nan|empty|undefined|not applicable|punctuation|not (?:available|provided|given)|no answer|placeholder|coming soon|pending)\b"
# Words that people type to try a form; as answers they are rare, and asked for by such words.
_TRIED = (
    r"^\W*(?i-u:test(?:ing|er)?(?:[ ,._-]+(?:test(?:ing)?|[0-9]+|entry|row|data|only|please ignore|ignore(?: this)?))*|(?:test|sample|dummy|example|my) (?:answer|response|output|completion|text|entry|row|data|value)"
    r"|asdf\w*(?:[ ,.-]+asdf\w*)*|qwert[yz]\w*|foo(?:[ ,]*bar(?:[ ,]*baz)?)?|bar|abc(?: abc| 123)*|xx+(?:[ .,:;_-]+(?:to ?do|tbd|fixme|fill in|fill me in|here)[ .,:;_-]+x+)?|blah(?:[ ,]+blah)*|aaa+|dummy|answer|response|missing|string|str|value|sample|lorem|insert|fill|text"
    r"|placeholder(?: text| answer| only)?[ .,:;_-]+(?:to be |please )?(?:replace|fill|change|edit|remove|delete|update)[a-z]*(?: [a-z]+){0,3}|(?:delete|ignore|replace|remove|fill in) (?:this|me|later)(?: [a-z]+)?|(?:i will |will )?(?:write|add|fill in|do|finish) (?:this|it|the answer) later)\W*$"
)
_WORDED = r"(?i-u:\b(?:words?|synonym|antonym|term|called|code|program|output|prints?|python|abbreviat|acronym|letters?|class|label|names?|translate|rhym|spell|command|guess|password|categor|title|tag|tests?|exam|verb|noun|string|value|bar|foo|abc|variable|alphabet|repeat|say|reply|respond|return|answer with|missing|blank|option|choose|which|type))"
# A shrug, where something was asked that neither yes nor no answers.
_SHRUGGED = r"^\W*(?:(?i-u:ok(?:ay)?|idk|dunno|h+m+|uh+|um+|lol|meh|no idea|no clue|not sure|whatever|yep|nope|i (?:don(?u:['’])?t|do not) (?:know|care))|[a-z]|[!?]+)\W*$"
_SHRUG_WANTED = rf"^[^?]*$|^\W*(?i-u:is|are|was|were|do|does|did|can|could|will|would|should|has|have|may|shall|am|any|if)\b|(?i-u:\bor\b|\bok\b|yes|are you|do you|agree|feel|symbol|unit|letter|grade|type|vitamin|\bkey\b|note|element|size|initial|slang|text|mean|stand)|{_WORDED}"
_TRIED_ABROAD = rf"(?i)^{empty_answers.WRAP}{empty_answers.TRIED}{empty_answers.WRAP}$"
_WORDED_ABROAD = f"{_WORDED}|{empty_answers.WORDS_WANTED}"
_SHORTEST_ANSWERS = 60  # bytes, at most


def _not_applicable() -> pl.Expr:
    """A short answer that says there is none, to a prompt that does not speak of that."""
    return pl.struct("prompt", "completion").map_batches(_says_none, return_dtype=pl.Boolean)


def _says_none(rows: pl.Series) -> pl.Series:
    """Each question is asked only of the few rows that the one before leaves."""
    prompts, completions = (rows.struct.field(name) for name in ("prompt", "completion"))
    said = np.zeros(len(rows), np.bool_)
    short = (completions.str.len_bytes() <= _SHORTEST_ANSWERS).fill_null(False).arg_true()
    answers = completions.gather(short)
    for answer, asked_for, unknown in (
        (_NOTHING, _OFFERED, False),
        (_TRIED, _WORDED, True),
        (_TRIED_ABROAD, _WORDED_ABROAD, True),
        (_SHRUGGED, _SHRUG_WANTED, True),
    ):
        places = short.gather(answers.str.contains(answer).arg_true())
        if places.is_empty():
            continue
        asked = prompts.gather(places).str.contains(asked_for).fill_null(unknown)
        said[places.filter(~asked).to_numpy()] = True
    return series_of(said, rows.name)


_CONVERSATION = r"(?:^|\x1e)(?:messages|conversations?|completion|response)\x1f"

# So many characters tell what a conversation begins with.
OPENING = 96
SEVERAL_TURNS = pl.col("roles").str.len_bytes() >= 4

FEATURES: dict[str, Callable[[], pl.Expr]] = {
    # exact text, as 64-bit hashes
    "prompt_hash": lambda: pl.col("prompt").hash(1),
    "completion_hash": lambda: pl.col("completion").hash(2),
    "system_hash": lambda: pl.col("system").hash(3),
    # the same up to case and white space
    "prompt_key": lambda: _key("prompt", 4),
    "completion_key": lambda: _key("completion", 5),
    # how conversations of several turns begin
    "opening_hash": lambda: pl.when(SEVERAL_TURNS).then(pl.col("prompt").str.head(OPENING)).hash(6),
    # sizes, in characters
    "prompt_length": lambda: pl.col("prompt").str.len_chars(),
    "completion_length": lambda: pl.col("completion").str.len_chars(),
    # whether there is an output that is not blank
    "has_output": lambda: pl.col("completion").str.contains(r"\S").fill_null(False),
    # whether it is a prompt that is to be answered, and no conversation without its answer
    "awaits_answer": lambda: (
        pl.when(pl.col("completion").is_null() & (pl.col("roles") != ""))
        .then("prompt")
        .str.contains(r"\S")
        .fill_null(False)
        & ~pl.col("layout").str.contains(_CONVERSATION)
    ),
    # how it is written: whether it ends as sentences end, and whether it is marked up
    "ends_a_sentence": lambda: (
        pl.col("completion").str.strip_chars_end().str.tail(1).is_in(list('.!?…。！？؟।"”)]}`'))
    ),
    "sentence_end": sentence_end,
    "odd_form": odd_form,
    "chosen_refuses": chosen_refuses,
    "letter_slot": letter_slot,
    "framed_prompt": framed_prompt,
    "marked_up": lambda: pl.col("completion").str.contains(r"\*\*|```|^[#|>]|\n#"),
    "itemised": lambda: pl.col("completion").str.contains(r"(?m)^(?:[-*+•] |1[.)] |__\w)"),
    # texts, where short enough to be a label
    "short_completion": lambda: _short("completion"),
    "not_applicable": _not_applicable,
    # the language of the answer, and whether the prompt itself is about languages
    "completion_language": lambda: language("completion").cast(pl.Categorical),
    "names_language": lambda: (
        pl.col("prompt").str.head(400).str.contains(NAMES_A_LANGUAGE).fill_null(False)
        | pl.col("system").str.contains(NAMES_A_LANGUAGE).fill_null(False)
    ),
    "roles": lambda: pl.col("roles"),
    "label": lambda: pl.col("label"),
    "layout": lambda: pl.col("layout").cast(pl.Categorical),
    # preferences: the rejected side, with the same hash as the chosen one
    "rejected_key": lambda: _key("rejected", 5),
    "rejected_length": lambda: pl.col("rejected").str.len_chars(),
    # the first words of both sides, for preferences only
    "completion_opening": lambda: pl.when(pl.col("rejected").is_not_null()).then(
        _opening("completion")
    ),
    "rejected_opening": lambda: _opening("rejected"),
    # counted with --tokenizer
    **{name: partial(pl.col, name) for name in TOKEN_SCHEMA},
}
