"""TXT019: control tokens of a chat template stand in the text."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import marked
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = (
    r"<\|(?:im_start|im_end|im_sep|endoftext|startoftext|begin_of_text|end_of_text|eot_id|eom_id|start_header_id"
    r"|end_header_id|system|user|assistant|end|endofprompt|fim_prefix|fim_middle|fim_suffix|message|start|channel"
    r"|return|call|python_tag|finetune_right_pad_id|prompter|end_of_turn|end_of_role|start_of_role|pad)\|>"
    r"|<\|[A-Za-z][A-Za-z0-9_]{1,40}\|>|<(?:reserved_|unused)[0-9]+>|\[/?ASST\]|</think>\s*$|<unk>\s*$"
    r"|<｜[^｜\n]+｜>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>|<(?:start|end)_of_turn>"
    r"|\[(?:BOS|EOS)\]|<(?:bos|eos|pad)>|<extra_id_[0-9]{1,2}>|^\s*\[CLS\]\s|\[(?:SEP|PAD|UNK)\]\s*$|</s>\s*$|</s>\s*<s>|^\s*<s>(?:\s|[A-Z\[])|(?:^|\s)<unk>(?:\s|$)|\[gMASK\]|\[/?(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
)


# A token that a text explains, or that is all that was asked for.
_SPOKEN_OF = (
    r"(?i-u:\b(?:special|control|end[- ]of[- ](?:text|turn|sequence)|(?:be)?ginning[- ]of[- ](?:text|sequence)|padding|separator|unknown|mask|stop|eos|bos|reserved) tokens?\b|\btokeni[sz]ers?\b|\bchat templates?\b|\btokens? (?:is|are|called|named|marks?|means?|stands?|such as|like)\b)"
    r"|`[^`\n]{0,20}<[|/]?[a-z_]{1,30}\|?>[^`\n]{0,20}`|^\s*[\"'`]*<\|?[A-Za-z_]{1,30}\|?>[\"'`.]*\s*$|^(?i-u:what (?:is|are|does)\b)[^\n<]{0,40}<"
)


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    # The end of a struck-out piece of HTML has a beginning.
    ended = text.str.contains("</s>", literal=True) & ~text.str.contains(r"<s[> ]")
    return (text.str.contains(_PATTERN) | ended) & ~text.str.contains(_SPOKEN_OF)


RULE = ColumnRule(
    about=About(
        code="TXT019",
        name="leaked-template-token",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="control tokens of a chat template stand in the text",
        reason="The tokenizer turns them into real control tokens: turns begin and end in the middle of a "
        "text, and the template then adds its own.",
        example='{"prompt": "Hi", "completion": "Hello!<|im_end|>"}',
        remedy="Remove the tokens, or parse the transcript into messages; the template adds what it needs.",
    ),
    frame="segments",
    condition=_condition,
    message="a control token of a chat template stands in the text: {match}",
    pattern=_PATTERN,
    first=marked,
)
