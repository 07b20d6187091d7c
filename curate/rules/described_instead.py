"""TXT048: what was asked for is only described, or announced."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_MAKE = r"(?:create|write|develop|build|code|implement|construct|program|generate|produce|make)"
_PROGRAM = (
    r"(?:programs?|scripts?|functions?|code|class|quer(?:y|ies)|database|macro|subroutine|method"
    r"|(?:machine[- ]learning |deep[- ]learning |predictive |neural |classification |regression )+(?:model|network|algorithm)|neural network)"
)
# An order for a program …
_ORDER = rf"(?i)^(?:please\s+|can you\s+|could you\s+)?{_MAKE}\s+(?:me\s+)?(?:an?\s+|the\s+)?(?:[a-z0-9+#.-]+\s+){{0,3}}?{_PROGRAM}\b"
# … and an answer that says what it should be like.
_DESCRIBED = (
    r"(?i)^\W*(?:(?:the|this|your|an?|our|such an?)\s+(?:[a-z-]+\s+){0,3}?(?:program|script|function|code|query|database|macro|model|network|class)\s+"
    r"(?:should|would|could|must|needs to|has to|will)\b|(?:for|in) this (?:task|project|program|problem|model|script),?\s+(?:we|you|i)\s+(?:need|will need|should|would|must|have to)\b)"
)
_CODE = r"```|[{}=;]|\bdef |\w\(|<[a-z]+>|\b(?:SELECT|INSERT INTO|CREATE TABLE|select|insert into) |\n\s*(?:[0-9]+[.)]|[-*•]) "
# A model can be asked to name the class of what is given.
_GIVEN = r"(?i)\b(?:given|following|this) (?:text|sentence|input|article|data|e-?mail|review)\b"
# An order for anything, and an answer that promises it.
_ANY_ORDER = rf"(?i)^(?:please\s+|can you\s+|could you\s+)?(?:{_MAKE}|design|compose|draft|prepare|devise|plan|formulate)\s"
_PROMISED = r"(?i)^\W*i(?:\s+will|['’]ll|\s+would|\s+am going to)\s+(?:create|write|design|develop|make|build|generate|compose|prepare|draft|produce)\s+(?:an?|the|your|this)\b"
# There a person speaks, or a text in the first person is what was asked for.
_SPOKEN = (
    r"(?i)\b(?:letter|e-?mail|message|stor(?:y|ies)|r[eé]sum[eé]|cv|bio\w*|essay|speech|statement|diary|journal|dialogue|conversation|sentences?|paragraph|tweet|post"
    r"|review|introduc\w*|poem|interview|answers?|response|reply|objective|goals?|first[- ]person|monologue|character|script|song|pitch|testimonial|achievement|experience"
    r"|example|verse|rewrite|rephrase|tense|summary|profile|note|report|proposal|resolution|commitment|pledge|promise|vow|affirmation)s?\b"
)


# An order for a program, answered with nothing but a number, a list of numbers or a truth value.
_PROGRAM_ORDER = rf"(?i)^(?:please\s+|can you\s+|could you\s+)?(?:{_MAKE}|design)\s+(?:me\s+)?(?:an?\s+|the\s+)?(?:[a-z0-9+#.-]+\s+){{0,3}}?(?:programs?|scripts?|functions?|code|algorithm|method)\b"
_RESULT = r"^\W*(?:(?:(?i-u:output|result|answer) ?(?:is|:)\s*)?[\[({]?-?[0-9][0-9.,\s-]*[\])}]?|(?i-u:true|false))\W*$"
_NO_PROGRAM = r"(?i)\b(?:pin|password|secret|zip|postal|area|dress|morse|colou?r|numeric|digit|access|bar|security) code\b|\bcode (?:of|with|that follows|number|for the)\b"


def _condition(options: LintOptions) -> pl.Expr:
    prompt, completion = pl.col("prompt"), pl.col("completion")
    described = (
        completion.str.contains(english(_DESCRIBED))
        & prompt.str.contains(english(_ORDER))
        & ~prompt.str.contains(english(_GIVEN))
    )
    promised = (
        completion.str.contains(english(_PROMISED))
        & prompt.str.contains(english(_ANY_ORDER))
        & ~prompt.str.contains(english(_SPOKEN))
    )
    result = (
        completion.str.contains(_RESULT)
        & prompt.str.contains(english(_PROGRAM_ORDER))
        & ~prompt.str.contains(english(_NO_PROGRAM))
    )
    return (described & ~completion.str.contains(_CODE)) | promised | result


def _first(options: LintOptions) -> pl.Expr:
    completion = pl.col("completion")
    start = completion.str.contains(
        r"^[^a-zA-Z]{0,3}(?i-u:(?:the |this |your |an? |our |such )[a-z -]{0,60}(?:program|script|function|code|query|database|macro|model|network|class) (?:should|would|could|must|needs|has to|will)|(?:for|in) this (?:task|proj|prog|prob|model|scri)"
        r"|i(?: will | would | am going to |(?u:['’])ll ))"
    )
    result = pl.when(completion.str.len_bytes() <= 100).then(completion).str.contains(_RESULT)
    return (
        (start | result.fill_null(False))
        & pl.col("roles").is_in(["ua", "sua"])
        & ~pl.col("special")
    )


RULE = ColumnRule(
    about=About(
        code="TXT048",
        name="described-instead",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the completion only describes or announces what the prompt asks for",
        reason="The prompt orders a program, and the answer says what such a program should do. The model learns to talk about the task.",
        example='{"prompt": "Write a program that sorts names.", "completion": "The program should read the names and then sort them."}',
        remedy="Write what was asked for, or drop the row.",
        assumes="English text",
    ),
    frame="rows",
    condition=_condition,
    message="this is not what was asked for, but tells of it: {match}",
    pattern=english(f"{_DESCRIBED}|{_PROMISED.removeprefix('(?i)')}|^[^\n]{{1,60}}"),
    column="completion",
    first=_first,
)
