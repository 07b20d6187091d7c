"""TXT009: the completion declines to answer."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.records import RecordFormat

_DO = (
    r"(?:assist|help|answer|provide|fulfil+|comply|complete|do|create|generate|write|access|browse|open|see|view|process"
    r"|perform|continue|engage|discuss|offer|give|share|respond|support|satisfy|determine|summari[sz]e|translate|produce"
    r"|tell|predict|recommend|participate|draw|play|send|identify|analy[sz]e|carry out|accommodate|talk|show|find|make)"
)
_CANNOT = (
    r"(?:can(?:no|['’])t|can not|cannot|(?:a|')m (?:currently |really )?(?:not able|unable) to|am (?:currently )?(?:not able|unable) to"
    r"|won['’]t(?: be able to)?|will not(?: be able to)?|must decline to|have to decline to|do(?:n['’]t| not) feel comfortable"
    r"|(?:’)m (?:currently |really )?(?:not able|unable) to|do(?:n['’]t| not) have the (?:ability|capability|capabilities) to)"
)
_PATTERN = (
    rf"(?i)^\W*(?:(?:i['’]?m|i am)\s+(?:very |really |so |truly )?(?:sorry|afraid)|sorry|i apologi[sz]e|my apologies|unfortunately)\W+"
    rf"(?:(?:but|however|for (?:the|any) \w+|that|as an ai[^,.\n]*|and|to say)[\s,.]+)*i\s*{_CANNOT}\s+(?:\w+\s+){{0,3}}?{_DO}\b"
    rf"|^\W*i\s*{_CANNOT}\s+(?:\w+\s+){{0,2}}?{_DO}\b[^.\n]*?(?:\b(?:request|that|this|with|information|as an? (?:ai|language)|assist|you|illegal|harmful|content)\b)"
    rf"|^\W*(?:as an? (?:ai|artificial intelligence|large language|language|gpt)[^.\n]*?)\bi\s*(?:{_CANNOT}|do(?:n['’]t| not) have)\b"
    r"|^\W*(?:i(?:['’]m| am) sorry|sorry|i apologi[sz]e)\W+but\s+(?:i\s+(?:do(?:n['’]t| not)\s+(?:have|know)|can only)|as an ai)\b"
    r"|^\W*this (?:task|instruction|request|question) can(?:not|['’]t) be (?:performed|completed|answered|done|fulfilled)\b"
    r"|\b(?:cannot|can['’]t) be (?:performed|completed|done|answered) by an? (?:gpt|ai|language)\b"
    r"|^\W*no output,? (?:cannot|can['’]t)|^\W*i(?:['’]m| am) not able to (?:assist|help|provide|answer|fulfill|comply)"
    r"|\bI (?:cannot|can['’]t) (?:assist|help|comply|fulfill?) (?:you )?(?:with )?(?:that|this|your|the) (?:request|task)?"
    r"|^\W*sorry,? (?:i|we) (?:can(?:no|['’])t|cannot)\b"
)
# "Draft an apology", a dialogue, a rewrite: there the words are the answer.
_ASKED = (
    r"(?i)\b(?:apolog|dialogue|conversation|rewrite|rephrase|paraphrase|translate|e-?mail|letter|excuse"
    r"|role-?play|pretend|imagine|decline|turn down|reject|character|monologue|speech|scene|customer|complaint|sympathy|tweet|why (?:this|is this))\w*"
)


def _condition(options: LintOptions) -> pl.Expr:
    refuses = pl.col("completion").str.head(400).str.contains(english(_PATTERN))
    return refuses & ~pl.col("prompt").fill_null("").str.contains(english(_ASKED))


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("completion").str.contains(
        r"^[^a-zA-Z]*(?i-u:i |i(?u:['’])?m |sorry|unfortunately|my apol|as an|this |no output)|(?i-u:cannot be|can't be|assist with|i cannot|i can't|help with)"
    )


RULE = ColumnRule(
    about=About(
        code="TXT009",
        name="refusal",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the completion declines to answer",
        reason="Models pick refusing up from a few examples, and then refuse what is harmless. Answers that "
        "came from another assistant often hold such rows.",
        example='{"prompt": "Name a song.", "completion": "I\'m sorry, but I cannot help with that request."}',
        remedy="Drop the row, unless the refusal is what you want to teach (then ignore this rule).",
        assumes="English text",
    ),
    frame="rows",
    condition=_condition,
    message="the completion refuses: {match}",
    pattern=english(_PATTERN),
    column="completion",
    applies_to=tuple(
        f
        for f in RecordFormat
        if f not in (RecordFormat.PREFERENCE, RecordFormat.UNPAIRED_PREFERENCE, RecordFormat.TEXT)
    ),
    first=_first,
)
