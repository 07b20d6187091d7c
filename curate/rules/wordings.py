"""Regular expressions for English wordings."""

from __future__ import annotations


def english(pattern: str) -> str:
    r"""The pattern with ASCII word boundaries and word characters.

    Rust's matcher leaves its fast path for Unicode `\b` as soon as a text holds one character
    beyond ASCII, such as a curly quote; between English words both mean the same.
    """
    return (
        pattern.replace(r"\b", r"(?-u:\b)")
        .replace(r"[\w", "[0-9A-Za-z_")
        .replace(r"\w", "[0-9A-Za-z_]")
    )
