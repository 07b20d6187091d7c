"""TXT012: the completion stops in the middle of a sentence."""

from __future__ import annotations

import re

import polars as pl

from curate.mapping import each
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# Words that cannot end an English sentence ("with" and "on" can, in a relative clause).
_OPEN_WORDS = (
    r"(?:the|a|an|and|or|of|because|although|whereas|their|its|my|our|your|his|every|such as|which|whose|as well as"
    r"|including|between|from the|to the|is a|are the|was the|has been|have been|will be|can be|should be|would be|must be"
    r"|may be|not only|in order to|due to|according to|rather than|more than|depending on|nor|if|than|into|via|unless)"
)
# A sentence that has only begun, a clause that is only announced, the first letters of a word.
_BEGUN = (
    r"[.!?]\s+(?:It|They|He|She|We|There|This|These|That|Those|You) (?:is|are|was|were|has|have|had|will|can|may|would|should|must|also)"
    r"|\b(?:mentioning|noting|means|shows|showing|ensures?|suggests?|indicates?|says|fact) that|\b(?:in order|designed|likely|supposed|tends?|helps?|allows (?:you|us|them|users|people)) to"
    r"|[.!?]\s+(?:Such as|For example|For instance|Namely)\s*:?|\bbetween [0-9]+ and|\bis that (?:they|it|he|she|we|you)"
    r"|[.!?]\s+(?:As a result|However|Therefore|In addition|Moreover|Furthermore|Finally|Additionally|Also), (?:many|some|most|this|these|it|they|there|he|she|we|you)"
    r"|\b(?:a|an|the|is|are|was|were) (?:very|quite|rather|extremely|highly)|[a-z]{3,} (?:th|wh|pr|br|cl|gr|fl|tr|pl|sp|bl|cr|fr|str|thr|sch)"
)
# A bracket or a quotation that is not closed.
_OPENED = (
    r"(?:[a-z] \([a-z][^().!?\n]{3,60}[a-z]|[a-z][:,] [\"“][A-Z][^\"”\n]{0,60}[a-z]|:\n[-*•])\s*$"
)
_END = rf"(?:[a-z][,;:]?\s+[\"“(]?{_OPEN_WORDS}|[a-z]{{2}}(?:,|\s[–—-])|[a-z]\s*\(\s*[a-z ]{{0,20}}|\b(?:to|in|of|by|since|until|from|through|\d(?:st|nd|rd|th),)\s+(?:19|20)|\bas of [A-Z][a-z]{{2,8}} [0-9]{{1,2}}|\b(?:in|since|until|by) (?:January|February|March|April|May|June|July|August|September|October|November|December) (?:19|20))\s*$"
# The mark of a list's next item, with nothing behind it; the row of a table that is not closed.
_BARE_ITEM = (
    r"[^\s\d][^\n]*\n\s*(?:[-*•+]|\d{1,2}[.)])[ \t]+\S[^\n]*\n+\s*(?:[-*•+]|\d{1,2}[.)])\s*$"
)
# The number of a list's next item, without its point.
_BARE_NUMBER = r"\n\s*\d{1,2}[.)][ \t]+\S[^\n]*[a-z][^\n]*\n+\s*\d{1,2}\s*$"
_OPEN_ROW = r"\|\s*\n\s*\|[^\n]*[^|\s]\s*$"
# "… for these reasons:" with no reason behind it.
_ANNOUNCED = r"[a-z]{2}[^\n:]* (?:following|follows|as below|these|reasons|steps|conditions|options|points|examples?|include|includes|including)[^.:\n]{0,30}:\s*$"
_CODE = r"(?m)^\s*(?:def|return|import|from \S+ import|class|#include|var|let|const|function|public|private|SELECT|for|while|if)\b.*[:;(){}=]|[;{}]\s*$|\breturn \w+\s*$|^\s*//"
_SHORTEST = 30


def ends_in_short_row(text: str) -> bool:
    """Whether the last row of a table in Markdown has fewer cells than its first."""
    rows: list[str] = []
    for line in reversed(text.rstrip().split("\n")):
        if not line.lstrip().startswith("|"):
            break
        rows.append(line.replace("\\|", ""))
    ruled = len(rows) > 2 and set(rows[-2]) <= set("|-: \t")
    return ruled and rows[0].count("|") < rows[-1].count("|")


# A list's last item, which does not end as the others do; or a letter that is left of its last word.
_ITEM = r"[ \t]*(?:\d{1,2}[.)]|[-*•+])[ \t]+(\S.*)"
_MARKED = regex(rf"^{_ITEM}$", re.M)
_LAST_ITEM = r"\n[ \t]*(?:[0-9]{1,2}[.)]|[-*•+])[ \t]+[^\n]*[A-Za-z,][ \t]*\n*$"
_LETTER = regex(r"[a-z] [b-hj-wz]$")
_BEFORE_A_LETTER = regex(
    r"\b(?:vitamin|plan|type|option|hepatitis|grade|class|group|part|section|size|point|note|key|letter|variable|of|and|or|to|by|is|for|drive|step|column|row|case|item|omega|influenza|appendix) [a-z]$"
)
_FEWEST_BEFORE, _LEAST_WORDS, _MOST_LINES = 2, 3, 60


def ends_in_open_item(text: str) -> bool:
    """Whether a list in which each item ends with a mark stops in the middle of its last item.

    Which is then shorter by half than the others are: that the last mark alone is missing is a habit of many.
    """
    lines = [line for line in text.rstrip().split("\n") if line.strip()][-_MOST_LINES:]
    items = [match[1].rstrip() for line in lines if (match := _MARKED.match(line))]
    if not items or not _MARKED.match(lines[-1]) or len(items) <= _FEWEST_BEFORE:
        return False
    last = items[-1]
    if _LETTER.search(last) and not _BEFORE_A_LETTER.search(last.lower()):
        return True
    before = [len(item.split()) for item in items[:-1]]
    ended = all(item[-1] in ".!?" for item in items[:-1]) and min(before) >= _LEAST_WORDS
    return ended and last[-1].islower() and 2 * len(last.split()) * len(before) <= sum(before)


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    tail = text.str.tail(200)
    open_ended = tail.str.contains(
        f"{english(_END)}|{english(_BARE_ITEM)}|{english(_OPEN_ROW)}|{english(_ANNOUNCED)}"
    )
    # On its own: of one large pattern, a screen would keep only the commonest word.
    opened = tail.str.contains(english(_OPENED))
    begun = tail.str.contains(english(rf"(?:{_BEGUN})\s*$"))
    numbered = pl.when(tail.str.contains(r"\n\s*[0-9]{1,2}\s*$")).then(tail)
    item = numbered.str.contains(english(_BARE_NUMBER)).fill_null(False)
    cut = (text.str.len_bytes() >= _SHORTEST) & (open_ended | begun | opened | item)
    row = text.str.contains("|\n|", literal=True) & tail.str.contains(r"\|\s*$")
    short = row & each(pl.when(row).then(text), ends_in_short_row, pl.Boolean).fill_null(False)
    listed = tail.str.contains(_LAST_ITEM)
    open_item = listed & each(pl.when(listed).then(text), ends_in_open_item, pl.Boolean).fill_null(
        False
    )
    cut = cut | short | open_item
    # The rest is computed only for the few that are cut.
    code = pl.when(cut).then(text).str.contains(_CODE)
    closed = (
        pl.when(cut).then(tail).str.contains(r"[{};=]\s*$|^\s*(?:#|//)|\n[A-Z][A-Za-z ]{2,30},\s*$")
    )
    return cut & ~closed & ~code


def _first(options: LintOptions) -> pl.Expr:
    end = pl.col("text").str.strip_chars_end().str.tail(1)
    return pl.col("learnt") & end.str.contains(r"[0-9A-Za-z,(–—.):*•+|-]")


RULE = ColumnRule(
    about=About(
        code="TXT012",
        name="truncated-completion",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the completion stops in the middle of a sentence",
        reason="Answers cut at a length limit teach the model to stop anywhere.",
        example='{"prompt": "Why is the sky blue?", "completion": "Sunlight is scattered by the molecules of '
        'the air, and blue light is scattered more than red because of the"}',
        remedy="Generate the answer again with a higher limit, or drop the row.",
        assumes="English prose",
    ),
    frame="segments",
    condition=_condition,
    message="the completion ends in the middle of a sentence",
    pattern=f"{english(_END)}|{english(_BARE_ITEM)}|{english(_OPEN_ROW)}|{english(_ANNOUNCED)}",
    first=_first,
)
