"""TXT036: the prompt orders an image, a sound or a video, which text cannot be."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import about_code, stands_alone
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = (
    r"(?i)^(?:please\s+|can you\s+|could you\s+)?(?:generate|create|draw|paint|sketch|make|produce"
    r"|render|design|compose|build|construct|show me|post|send me|play|record|animate|take)\s+"
    r"(?:me\s+)?(?:an?\s+|the\s+|some\s+)?(?:example of an?\s+)?(?:[a-z0-9-]+\s+){0,2}?(?:image|picture|photo|photo album|photograph"
    r"|painting|drawing|gif|meme|animation|3d (?:model|visuali[sz]ation|rendering)|visual|visuali[sz]ation"
    r"|audio clip|audio file|sound clip|sound effect|melody|piano (?:piece|tune)|tune|infographic|word cloud|flow ?chart"
    r"|screenshot|snapshot|heat ?map|voice recording|podcast episode recording|collage"
    r"|video clip|qr code)s?\b(?:\s+(?:of|that|with|which|for|to|about|from|using|showing|in|displaying"
    r"|representing|summari[sz]ing|illustrating|based|comparing)\b|\s*[.!]?\s*$)"
    # Charts with bars and lines: a table or a drawing in characters would do, and is left alone.
    r"|^(?:please\s+)?(?:generate|create|make|produce|plot|construct|design|build)\s+(?:me\s+)?(?:an?\s+|the\s+)?(?:[a-z-]+\s+){0,2}?"
    r"(?:(?:bar|pie|line|scatter|bubble|venn|radar|gantt|tree|network|circuit|uml|er|class|sequence) ?(?:chart|graph|plot|diagram)|histogram|diagram|illustration|cartoon|video|slideshow)s?\b"
    r"(?:\s+(?:of|that|with|which|for|to|about|from|using|showing|in|displaying|representing|illustrating|based|comparing|depicting)\b|\s*[.!]?\s*$)"
    r"|^(?:please\s+)?(?:draw|paint|sketch|photograph|animate)\s+(?:me\s+)?(?:an?|the|your|my)\s+[a-z]"
    r"|^(?:please\s+)?(?:embody|express|capture|depict|illustrate|represent|show)\b[^.\n]*\b(?:in|as|with|using) (?:an?|the) (?:meme|gif|drawing|image|picture|photo|painting|infographic|emoji art)\s*[.!]?\s*$"
)
_OTHERWISE = (
    r"(?i)\b(?:(?:with|in|using) words|prompt|caption|title|name|idea|description|descriptions|describe|story|lyrics|conclusions?"
    r"|comparison|parallels?|distinction|line between|attention|tweet|headline|slogan|ascii|svg|css|game|script|storyboard|channel|course|plan|outline|ideas?|topics?|text-based|concept"
    r"|html|latex|mermaid|matplotlib|python|javascript|code|plan|script)\b"
)
_DRAWN = r"\|[^\n]*\|[ \t]*\n\s*\||\+--|--+>|<svg|[\u2500-\u259f]|```|\n\s*[*#x=]{2,}|\A\s*(?:[/\\_|()*.'` -]{2,}\n){2}|\A\s*[-=*#_.~+|/\\ o]{5,}\s*\z"
_TELLABLE = r"(?i)\b(?:comic|cartoon strip|storyboard|scale|chords?|notes|key of)\b"
_TOLD_IN_WORDS = (
    r"(?i)\b(?:panel|frame|scene) ?(?:1|one)\b|(?-i:\b[A-G][#b]?(?:[ ,-]+(?:and |to |then )*[A-G][#b]?){2,}\b)"
    r"|\b(?:starts|begins)\b[^.\n]{0,40}(?-i:\b[A-G]\b)"
)


def _condition(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    # A comic told panel by panel and a tune written down in notes are answers.
    in_words = pl.col("completion").str.contains(english(_TOLD_IN_WORDS)) & prompt.str.contains(
        english(_TELLABLE)
    )
    drawn = pl.col("completion").str.contains(_DRAWN)
    return (
        ~drawn
        & prompt.str.contains(english(_PATTERN))
        & ~prompt.str.contains(english(_OTHERWISE))
        & ~in_words
        & ~about_code()
    )


def _first(options: LintOptions) -> pl.Expr:
    hint = pl.col("prompt").str.contains(
        r"(?i)^(?:please |can you |could you )?(?:generate|create|draw|paint|sketch|make|produce|render|plot"
        r"|design|compose|build|construct|show me|post|send me|play|record|animate|take|photograph|embody|express|capture|depict|illustrate|represent|show)\b"
    )
    return hint & stands_alone()


RULE = ColumnRule(
    about=About(
        code="TXT036",
        name="asks-for-media",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the prompt orders an image, a sound or a video",
        reason="Text cannot answer it; such rows end in placeholders, made-up links or descriptions that "
        "pretend to be the thing.",
        example='{"prompt": "Generate an animated gif of an astronaut.", "completion": "An animated gif '
        'of an astronaut."}',
        remedy="Drop the row, or ask for a description instead.",
        assumes="English prompts",
    ),
    frame="rows",
    condition=_condition,
    message="the prompt orders what text cannot be: {match}",
    pattern=english(_PATTERN),
    column="prompt",
    first=_first,
)
