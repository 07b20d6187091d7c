"""What to stratify a split by when the user does not say: the label, where completions are labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import orjson

_MOST_LABELS = 50
_LONGEST_LABEL = 60  # characters
_ROWS_FOR_A_LABEL = 5  # on average; fewer is no label but a text that happens to repeat
_JSON_SHARE = 0.9


def infer_labels(completions: Sequence[str]) -> tuple[list[str], str | None]:
    """A stratum for each completion, and what it is: "completion", "completion.KEY", or None.

    Completions are labels when they are short and few are different. For JSON objects, the first
    key whose values are such is taken. Without labels every row is in one stratum.
    """
    labels = [c.strip() for c in completions]
    if _are_labels(labels):
        return labels, "completion"
    objects = [_object(c) for c in completions]
    whole = [o for o in objects if o is not None]
    if len(whole) < _JSON_SHARE * len(objects):
        return [""] * len(completions), None
    for key in dict.fromkeys(k for o in whole for k in o):
        values = [o.get(key) if o is not None else None for o in objects]
        strings = [v if isinstance(v, str) else "" for v in values]
        if sum(map(bool, strings)) >= _JSON_SHARE * len(strings) and _are_labels(strings):
            return strings, f"completion.{key}"
    return [""] * len(completions), None


def _are_labels(values: Sequence[str]) -> bool:
    counts = Counter(v for v in values if v)
    return (
        2 <= len(counts) <= _MOST_LABELS
        and len(values) >= _ROWS_FOR_A_LABEL * len(counts)
        and max(map(len, counts)) <= _LONGEST_LABEL
    )


def _object(text: str) -> dict[str, object] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
