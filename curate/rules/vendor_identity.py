"""TXT010: the model is taught that it is somebody else's."""

from __future__ import annotations

import polars as pl

from curate.mapping import holding
from curate.rules import other_languages
from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import beyond_ascii, worded
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_VENDOR = (
    r"(?:openai|anthropic|google|google deepmind|deepmind|meta|meta ai|microsoft|deepseek|mistral(?: ai)?|alibaba(?: cloud)?"
    r"|xai|cohere|moonshot ai|zhipu(?: ai)?|baidu)"
)
_NAME = (
    r"(?:chatgpt|gpt-?[345](?:[.\w-]*)?|claude(?: \d[\w. ]*)?|gemini|bard|deepseek(?:-\w+)?|qwen|llama(?: ?\d)?|mistral|copilot"
    r"|bing chat|grok|kimi|pi)"
)
# A name of its own stands for itself; with its maker's before it, too.
_CALLED = rf"(?:(?:microsoft|google|openai|anthropic|meta|alibaba)(?:['’]s)? )?{_NAME}"
_AS_NAMED = (
    r"\bas (?:chatgpt|gpt-?[345][.\w-]*|claude|gemini|deepseek|qwen|copilot|grok|kimi),? (?:i|my)\b"
)
_PATTERN = (
    rf"(?i)\b(?:i['’]m|i am|my name is|this is|call me)\s+(?:actually\s+)?(?:an? (?:ai|language model)[^.\n]*?(?:called|named)\s+)?{_CALLED}\b(?:[,.!\s]|$)"
    rf"|\bi(?:['’]m| am| was)\s+(?:an?\s+)?(?:[\w,-]+\s+){{0,6}}?(?:trained|developed|created|made|built|designed)\s+by\s+{_VENDOR}\b"
    rf"|\bas an?\s+(?:ai\s+|large\s+|artificial intelligence\s+)*(?:language\s+)?(?:model|assistant|ai|chatbot)[, ]+(?:[\w-]+\s+){{0,3}}?(?:trained|developed|created|made|built|designed)\s+by\s+{_VENDOR}\b"
    rf"|\b(?:my (?:creators?|developers?|makers?)|the company that (?:made|created|trained) me)\s+(?:is|are|at|was)\s+{_VENDOR}\b"
    rf"|\b{_VENDOR}(?:['’]s)?\s+(?:trained|created|developed|built|made|designed|programmed)\s+me\b|\b{_VENDOR}['’]s (?:usage |content |use[- ]case )?polic(?:y|ies)\b[^.\n]*\b(?:i|me|my)\b"
    rf"|\bi(?:['’]m| am)\s+(?:an? [a-z ]{{2,30}} )?(?:powered by|based on|built on|running on)\s+(?:the )?{_CALLED}\b"
    rf"|{_AS_NAMED}"
    rf"|\bthis (?:answer|response|reply|text|message) (?:was|is|has been) [a-z]{{4,9}} (?:by|with|using) {_CALLED}\b|\b(?:chatgpt|microsoft copilot|google gemini|google bard|meta ai|anthropic['’]s claude) is (?:always )?here (?:for|to) (?:you|help|assist|answer)\b"
    rf"|\b{_VENDOR} (?:does|will|won|can|lets|allows|forbids|prohibits|permits)[a-z'’ ]{{0,20}} me\b|\b(?:as|being) {_NAME}, (?:an? |the )?(?:[a-z-]+ ){{0,4}}?(?:built|made|created|developed|trained|of|from|by) (?:by )?{_VENDOR}\b[^.\n]{{0,24}}, i\b"
)


# In passing: "While I'm only GPT-4, …".
_IN_PASSING = (
    rf"(?i)\bmy (?:training(?: data)?|knowledge) (?:comes? |is )?(?:from|by) {_VENDOR}\b"
    rf"|\b(?:while|since|because|although|though|as) i(?:['’]m| am) (?:just |only |merely |simply |still )?(?:an? )?(?:{_CALLED}|(?:[a-z-]+ ){{0,4}}?(?:ai|model|assistant|chatbot) (?:by|from|of) {_VENDOR})\b"
    rf"|\b(?:being|as) an? (?:[a-z-]+ ){{0,4}}?(?:model|assistant|ai|chatbot)(?: [a-z]+)? (?:(?:trained|developed|created|made|built|designed) )?(?:by|from) {_VENDOR}\b"
    rf"|\bi(?:['’]m| am) (?:just |only |merely |simply )?(?:{_CALLED}, )?(?:an? |the )?(?:[a-z-]+ ){{0,4}}?(?:ai|model|assistant|chatbot)(?: called [a-z]+)?,? (?:by|from) {_VENDOR}\b"
)
_NAMED = r"(?i-u:openai|anthropic|google|deepmind|microsoft|deepseek|mistral|alibaba|chatgpt|gpt-|claude|gemini|copilot|grok|qwen|llama|\bmeta\b)"

# In other languages people introduce themselves so; few words of theirs are plain letters only.
_FOREIGN_SELF = r"(?i-u:\b(?:ich bin|ich hei|mein name|als|je suis|en tant|soy|me llamo|como|sou|sono|mi chiamo|ik ben|ik heet|jestem|jag |come)\b)"
_CHINESE_NAMES = (
    "文心|通义|百度|阿里|谷歌|深度求索|智谱|讯飞|月之暗面|腾讯|豆包|字节|微软|知识截止|Яндекс|Сбер"
)
_BEGINNING = 300


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    foreign = beyond_ascii(options) | text.str.contains(_FOREIGN_SELF)
    beginning = pl.when(foreign).then(text.str.head(_BEGINNING))
    # The large expression is compiled only where a name stands; all of it but one clause demands one.
    named = foreign & beginning.str.contains(other_languages.NAMED).fill_null(False)
    told = named & holding(pl.when(named).then(beginning), other_languages.IDENTITY)
    maker = text.str.contains(_NAMED)
    passing = maker & holding(pl.when(maker).then(text), english(_IN_PASSING))
    said = text.str.contains(english(_PATTERN)) | passing
    return pl.col("learnt") & (said | told)


def _first(options: LintOptions) -> pl.Expr:
    makers = r"(?-u:\bBard\b|(?:by|from|von|par|por|pel[oa]|da|dalla|door|przez) (?:der |la |l')?(?:Meta|Google|Microsoft|Baidu|xAI|Cohere|Moonshot|Zhipu|Alibaba)\b)"
    return worded(options) | pl.col("text").str.contains(f"{makers}|{_CHINESE_NAMES}")


RULE = ColumnRule(
    about=About(
        code="TXT010",
        name="vendor-identity",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the completion says that it is another vendor's model",
        reason="The tuned model will introduce itself as that product.",
        example='{"prompt": "Who are you?", "completion": "I am ChatGPT, a language model trained by OpenAI."}',
        remedy="Write the identity that the model should have, or drop the row.",
        assumes="English text, and the usual words of some ten other languages",
    ),
    frame="segments",
    condition=_condition,
    message="speaks as another vendor's model: {match}",
    pattern=f"{english(_PATTERN)}|{english(_IN_PASSING)}|{other_languages.IDENTITY}",
    first=_first,
)
