"""TXT030: the completion claims to have done what a text model cannot do."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_DEED = (
    r"(?:sent|e-?mailed|texted|called|phoned|booked|reserved|ordered|purchased|bought|paid|transferred"
    r"|scheduled|set|added|created|saved|stored|uploaded|downloaded|posted|published|shared|submitted|placed"
    r"|clicked|opened|closed|turned|switched|played|recorded|printed|deleted|removed|drawn|drew|painted|sketched"
    r"|attached|edited|updated|installed|searched|cancel+ed|registered|signed|dimmed|locked|unlocked|started"
    r"|taken|took|cropped|colori[sz]ed|recreated|repainted|authenticated|logged in)"
)
_CLAIM = (
    rf"(?i)^\W*(?:sure|done|ok|okay|certainly|of course|alright|great|yes|no problem|absolutely)?\W*"
    rf"(?:i(?:['’]ve|\s+have)?\s+(?:just\s+|now\s+|already\s+|successfully\s+|also\s+|went ahead and\s+)*{_DEED}\b"
    rf"|(?:the|your|an?)\s+[^.\n]+?\s+(?:has|have)\s+(?:now\s+|been\s+|successfully\s+)*been\s+(?:successfully\s+)?{_DEED}\b"
    rf"|authenticated\b|access granted\b|(?:you are |you're )?(?:now )?logged in\b|(?:i )?(?:have )?(?:successfully )?(?:created|trained|built) (?:an? |the )(?:machine[- ]learning |deep[- ]learning |predictive |neural |network )+(?:model|network)\b"
    rf"|(?:reminder )?(?:has been )?(?:successfully )?(?:set|created|compiled|executed|installed|sent|booked|scheduled)\b|i (?:place|bet) \$)"
)
# The prompt gives an order that needs hands, a network or a device …
_ORDER = (
    r"(?i)^(?:please\s+|can you\s+|could you\s+|hey[, ]+|now\s+)?(?:ask the assistant|remind|book|send|e-?mail|text|set"
    r"|schedule|order|call|phone|dial|play|buy|purchase|pay|transfer|place an? (?:order|bet|call)|click|post|publish|open"
    r"|close|turn|switch|store|save|upload|download|draw|paint|sketch|edit this (?:photo|picture|image|video)"
    r"|access|(?:create|make|add)\s+(?:an?\s+)?(?:new\s+)?(?:reminder|calendar|appointment|contact|event|meeting|reservation|alarm)"
    r"|delete|reserve|print|record|take an?\s+(?:photo|picture|screenshot|selfie)|start|stop|lock|unlock|dim|install|cancel"
    r"|register|sign me up|submit|share|attach|crop|colori[sz]e|wake|check in|transfer|put|compile|execute|run|authenticate|log ?in|recreate|repaint|(?:create|train|build) an? (?:machine[- ]learning|deep[- ]learning|predictive|neural))\b"
)
# … and is no writing task about such an order.
_WRITING = (
    r"(?i)\b(?:rewrite|rephrase|paraphrase|translate|tense|voice|story|sentence|poem|dialogue|conversation"
    r"|imagine|pretend|role|roleplay|draft|essay|person|grammar|script|function|program|sql|python|code|list|diary|journal)\b"
)


# Deeds for the user and on the user's things need no order to be impossible.
_FOR_YOU = (
    rf"(?i)\bi(?:['’]ve|\s+have)?\s+(?:just\s+|now\s+|already\s+|successfully\s+)*{_DEED}\s+[^.\n]+?\b(?:for you|(?:to|on|in|into) your"
    r" (?:desktop|calendar|inbox|e-?mail|phone|computer|account|list|cart|folder|drive|documents|home))\b"
    r"|\bsaved (?:it|them) (?:to|on|in) your (?:desktop|computer|drive|folder|phone)\b|\bi(?:['’]ve|\s+have)? attached (?:the|a|your) (?:file|document|image|picture|report|spreadsheet|photo)\b"
)

# A program that is said to have been run, where the order is to run it.
_SUCCESS = r"(?i)^\W*(?:(?:the|your) [a-z ]{3,40} (?:was|has been) )?successfully (?:compiled|executed|installed|uploaded|downloaded|deployed)\b"
_RUN = r"(?i)^(?:please\s+|can you\s+)?(?:compile|execute|run|install|upload|download|deploy)\b"

# An order to go and meet people or see places, answered as if it had been done.
_ERRAND = (
    r"(?i)^(?:please\s+)?(?:meet (?:with|up with)|interview|conduct (?:an? )?(?:interview|survey|experiment|poll|focus group)|visit|attend|go (?:to|and)|talk (?:to|with)|speak (?:to|with)"
    r"|observe|watch|listen to|walk|taste|tour|take a (?:walk|trip|tour|survey)|survey)\b"
)
_DONE = (
    r"(?i)^\W*(?:recently,? |yesterday,? |today,? |last \w+,? )?(?:i|we) (?:recently |just |have |had |also )*(?:had the (?:pleasure|opportunity|chance|honou?r|privilege) (?:of|to)|met|visited|attended|interviewed"
    r"|conducted|surveyed|spoke|talked|observed|watched|listened|went|walked|tasted|toured|took)\b"
)


def _condition(options: LintOptions) -> pl.Expr:
    prompt, completion = pl.col("prompt"), pl.col("completion")
    ordered = completion.str.contains(english(_CLAIM)) & prompt.str.contains(english(_ORDER))
    for_you = completion.str.head(300).str.contains(english(_FOR_YOU))
    done = completion.str.contains(english(_SUCCESS)) & prompt.str.contains(english(_RUN))
    errand = completion.str.contains(english(_DONE)) & prompt.str.contains(english(_ERRAND))
    return done | errand | (ordered | for_you) & ~prompt.str.contains(english(_WRITING))


def _first(options: LintOptions) -> pl.Expr:
    completion = pl.col("completion")
    for_you = completion.str.contains(r"(?-u:for you\b|(?:to|on|in|into) your |attached )")
    order = pl.col("prompt").str.contains(english(f"{_ORDER}|{_ERRAND.removeprefix('(?i)')}"))
    return (order | for_you) & pl.col("roles").is_in(["ua", "sua"]) & ~pl.col("special")


RULE = ColumnRule(
    about=About(
        code="TXT030",
        name="impossible-action",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the completion claims to have done what text cannot do",
        reason="Nothing was sent, booked or drawn. The model learns to say that it did what it did not.",
        example='{"prompt": "Remind me to buy eggs tomorrow.", "completion": "I have set a reminder."}',
        remedy="Answer with a tool call if the assistant has tools, or drop the row.",
        assumes="English text",
    ),
    frame="rows",
    condition=_condition,
    message="claims an action that a text model cannot take: {match}",
    pattern=english(f"{_CLAIM}|{_FOR_YOU}|{_DONE}"),
    column="completion",
    first=_first,
)
