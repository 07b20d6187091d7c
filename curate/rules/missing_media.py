"""TXT027: the prompt speaks of an image, a sound, a video or a file that is not there."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import MEDIA, about_code, one_line, stands_alone
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_STAND_IN = (
    r"(?i)(?:^|[\s(:])\[(?:(?:an?|the|insert|link to|attached|attach|your|see)\s+)*(?:image|picture|photo|photograph"
    r"|figure|video|audio|sound|recording|screenshot|diagram|drawing|painting|gif|pdf|attachment)"
    r"\b[^\]\n(=]*\](?:$|[^(])"
    r"|<(?:(?:an?|the|insert|link to|attached|attach|your|see)\s+)*(?:image|picture|photo|photograph"
    r"|figure|flag|video|audio|sound|recording|screenshot|diagram|drawing|painting|gif|pdf|file)"
    r"\s+[^>\n=/]+>|<(?:link to|insert|attached)\s+[^>\n=/]+>"
    r"|\((?:link to|insert|see|attached)\s+(?:an? |the |your )?(?:attached )?(?:image|picture|photo"
    r"|photograph|figure|video|audio|recording|screenshot|diagram|drawing|painting|pdf|file)[^)\n]*\)"
)
_MARKDOWN_IMAGE = r"!\[[^\]\n]*\]\([^)\n]+\)"
_MEDIA_LINK = (
    r"(?i)(?:^|\n)\s*(?:https?://|www\.)\S+\.(?:png|jpe?g|gif|webp|bmp|tiff?|svg|mp3|wav|ogg|flac"
    r"|mp4|mov|avi|webm|pdf|docx?|xlsx?|pptx?|zip)\s*$"
)
_IMAGE_TAG = r"(?i)<img\s+src=\S+[^>\n]*>\s*$"
_REFERRED = (
    rf"(?i)\b(?:this|these|(?:the|this|these)\s+(?:following|given|attached|provided|below|above)"
    rf"|in the|from the)\s+(?:(?:[a-z-]+)\s+){{0,2}}?{MEDIA}s?\b"
    r"(?:\s+(?:below|above|into|so|using|to|in (?:a|one|two|three|at|fewer|less|\d)|with (?:the|a"
    r"|appropriate)|and|that|by)\b[^:\"“”]*)?\s*[.!?]?\s*$"
    rf"|^(?:please\s+)?(?:watch|look at|listen to|see|view|transcribe|examine)\s+(?:the|this)\s+(?:[a-z-]+\s+)?{MEDIA}s?\b[^:\"“”]*$"
    rf"|\b{MEDIA}\s+(?:above|below)\b[^:\"“”]*$"
    rf"|\b(?:attached|accompanying|enclosed)\s+(?:[a-z-]+\s+)?(?:{MEDIA}|file|document|pdf|spreadsheet)s?\b"
)
_HTML = r"(?i)\bpython\b|\bjavascript\b|\bscript\b|\bfunction\b|\bdownloads?\b.*\bfrom a url\b|\bhtml\b|\bmarkdown\b|\bcss\b|\btags?\b|\bweb ?page\b|</|\bregex\b|\balt[ -]text (?:for|of|attribute)\b"
_PATTERN = (
    f"(?:{_STAND_IN})|(?:{_MARKDOWN_IMAGE})|(?:{_MEDIA_LINK})|(?:{_IMAGE_TAG})|(?:{_REFERRED})"
)


def _condition(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    linked = prompt.str.contains(
        english(f"{_STAND_IN}|{_MARKDOWN_IMAGE}|{_MEDIA_LINK}|{_IMAGE_TAG}")
    )
    referred = (
        (prompt.str.len_bytes() <= 200) & one_line() & prompt.str.contains(english(_REFERRED))
    )
    return (linked | referred) & ~about_code() & ~prompt.str.contains(english(_HTML))


def _first(options: LintOptions) -> pl.Expr:
    words = [
        "image", "picture", "photo", "figure", "video", "audio", "sound", "recording", "screenshot",
        "diagram", "drawing", "painting", "cartoon", "logo", "graph", "chart", "sketch", "map",
        "illustration", "clip", "artwork", "art piece", "works of art", "sculpture", "comic",
        "attached", "link to", "![", "<img", "<insert", ".png", ".jp", ".gif", ".mp", ".wav", ".pdf",
        ".doc", ".xls", ".zip", ".svg", ".webp", "x-ray", "scan", "accompanying", "enclosed",
    ]  # fmt: skip
    hint = pl.col("prompt").str.contains_any(words, ascii_case_insensitive=True)
    return stands_alone() & hint


RULE = ColumnRule(
    about=About(
        code="TXT027",
        name="missing-media",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the prompt needs an image, a sound, a video or a file that is not there",
        reason="A text model cannot see it; such a row teaches it to describe what it has never seen.",
        example='{"instruction": "Describe this photo.", "input": "", "output": "A girl smiles …"}',
        remedy="Drop the row, or describe the medium in words in the prompt.",
        assumes="English prompts",
    ),
    frame="rows",
    condition=_condition,
    message="the prompt needs a medium that is not there: {match}",
    pattern=english(_PATTERN),
    column="prompt",
    first=_first,
)
