"""Numbers with their nouns, for messages."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """`1 row`, `2 rows`, `12,000 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def unread_rows(count: int) -> str:
    """The beginning of what is said about rows that are in no known format."""
    return "1 row is no record" if count == 1 else f"{count:,} rows are no records"
