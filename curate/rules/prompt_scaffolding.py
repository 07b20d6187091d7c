"""TXT020: the scaffolding of a prompt stands in what the model learns to write."""

from __future__ import annotations

import polars as pl

from curate.mapping import holding
from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import last_question
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat

_PATTERN = (
    r"(?i)(?:^|\n)\s*(?:#{3,4}\s*(?:input|output|end)|#{2,4}\s*(?:instruction|response|human|user|assistant|system))s?\s*:"
    r"|\bBelow is an instruction that describes a task\b"
    r"|\n\n(?:Human|Assistant)\s*:|^\s*(?:Assistant|Response|Completion|GPT|ChatGPT|Chatbot|AI|Bot)\s*:\s|^\s*\[ASSISTANT\]|^\s*Output\s*:\s|^\s*#{3}\s*(?:Response|Output)\s*\n|\n#{3}\s*End\s*$|\nHuman\s*:[^\n]*$|\n\nUser\s*:[^\n]*$"
    r"|\n\s*#{3,}\s*(?:\n|$)|\n\s*(?:\[END\]|END OF (?:RESPONSE|ANSWER|OUTPUT))\W*$|\n\s*Instruction\s*:\s*$|^\s*\*\*(?:Assistant|AI|Bot|Chatbot)\s*:?\s*\*\*|^\s*(?:assistant|model)\s*\n"
    r"|\n(?:Human|User)\s*:[^\n]*(?:\n[^\n]+){0,3}?\n\s*(?:Assistant|AI|Response)\s*:"
    r"|\n\s*(?:Human|User)\s*:\s*$|^\s*user\s*:[^\n]*?\bassistant\s*:"
)
# What a generator of answers says to whoever runs it: "Here is a response to the given instruction:".
_OPENING = r"\A\W*(?:(?:sure|certainly|of course|absolutely|okay|ok|great|yes|no problem)(?: thing)?\b[,.! ]*)?(?:(?:here(?:['’]s| is| are)|below (?:is|are)|the following (?:is|are)|this is) )?"
_DATA = r"(?:the|your|this|given|above|provided|following) (?:instructions?|prompts?|data ?set|fine-?tuning|training (?:data|set|example)s?)"
_DONE = r"(?:possible|potential|sample|suggested|improved|rewritten|revised|polished|better|detailed|ideal|refined|corrected|generated|expected|high-quality)"
_SAID = r"(?:response|answer|completion|output|reply)"
_CHATTER = (
    rf"(?i){_OPENING}[^:.\n]{{0,60}}\b{_SAID}s?\b[^:.\n]{{0,30}}\b{_DATA}\b[^:.\n]{{0,40}}:"
    rf"|{_OPENING}(?:an?|one|the|another|some|my) {_DONE} {_SAID}s?\b[^:.\n]{{0,50}}:\s|\A\W*{_DONE} {_SAID}\W{{0,3}}:"
    rf"|\bi hope (?:this|the|that) (?:{_SAID}|example) (?:meets|fits|satisfies|follows|matches)\b[^.\n]{{3,60}}\.?\s*\z"
)
# The label of a field in front of the answer.
_LABEL = (
    r"^\s*\"(?:output|completion|response|answer|target|assistant|reply|chosen|rejected)\"\s*:\s|^\s*(?:ANSWER|RESPONSE|OUTPUT)\s+[-–—]\s"
    r"|^\s*(?:Gold|Reference|Expected|Target|Assistant) (?i:answer|response|output|completion|reply|text)\s*:\s"
    r"|\n(?:Q|Question)\s*:[^\n]*\n+(?:A|Answer)\s*:\s*\z"
)
_LABEL_HINT = r"^\s*(?-u:\"(?:outp|comp|resp|answ|targ|assi|repl|chos|reje)|(?:ANSWER|RESPONSE|OUTPUT) |(?:Gold|Reference|Expected|Target|Assistant) (?:answ|resp|outp|comp|repl|text))|(?-u:\nA ?:|\nAnswer ?:)\s*\z"
_CHATTER_HINT = r"(?i-u:instruction|prompt|data ?set|fine-?tun|training (?:data|set|exa)|(?:ed|sible|tial|ple|ten|ideal|better|ity) (?:resp|answ|comp|outp|repl)|i hope (?:this|the|that) [rae])"
_CHATTER_WANTED = r"(?i-u:response|answer|completion|complete|output|reply|respond|instruction|prompt|data ?set|training|fine-?tun|improve|rewrite|revise|example|sample)"
# A dialogue was asked for.
_DIALOGUE = (
    r"(?i)\b(?:dialog(?:ue)?|conversation|chat|chatbot|script|transcript|interview|play|scene|role-?play"
    r"|skit|assistant|simulate|exchange (?:between|of)|user stor|acronym|abbreviat|stands? for|ai\b)"
)
# Behind the answer, somebody asks and somebody answers: names of speakers, each at the start of a line.
_ASKER = r"(?:you|user|human|me|customer|client|student|pupil|patient|caller|person|visitor|guest|buyer|q|question|player|employee|interviewer)"
_ANSWERER = r"(?:bot|ai|assistant|agent|support|tutor|teacher|doctor|chatbot|advis[eo]r|answer|a|gpt|chatgpt|model|operator|representative|rep|expert|helper|system|coach|clerk|seller|professor|librarian|nurse)"
_GOES_ON = (
    rf"(?i)\S[ \t]*\n\s*(?:\*\*)?{_ASKER} ?:(?:\*\*)?[ \t]*\S[^\n]*\n+\s*(?:\*\*)?{_ANSWERER} ?:"
    rf"|\S[ \t]*\n\s*[\[<({{](?:{_ASKER}|inst)[\])>}}] ?:?[ \t]*\S[^\n]*\n+\s*[\[<({{]/?(?:{_ANSWERER}|inst)[\])>}}]"
    r"|\S[ \t]*\n\s*(?:user|human)[ \t]*\n[^\n]+\n+\s*(?:assistant|model|bot|ai|gpt)[ \t]*\n"
    r"|\n\s*#{2,4} ?(?:human|user|question|instruction|prompt|input|customer)s?\b ?:?[^\n]*\n+\s*#{2,4} ?(?:assistant|response|answer|ai|bot|output|completion|gpt|agent)\b"
    r"|\n\s*<(?:user|human|question|prompt|instruction)>[^\n]*\n+\s*<(?:assistant|bot|ai|answer|response)>|\n\s*\[INST\][^\n]*"
)
_GOES_ON_HINT = r"\n\s*(?:\*\*|[\[<({]|##)?(?i-u:[# /]*(?:bot|ai\b|assi|agen|supp|tuto|teac|doct|chat|advi|answ|a ?:|gpt|mode|oper|rep|expe|help|syst|coac|cler|sell|prof|libr|nurs|resp|outp|comp|inst)[a-z]*)(?-u:[\])>}]| ?:|[ \t]*\n|\b ?:?)"
# Two speakers were asked for, or are what it is about.
_SPEAKERS = rf"(?i)\b(?:{_ASKER[3:-1].replace('you|', '').replace('me|', '').replace('q|', '').replace('person|', '').replace('question|', '')}|tutor|agent|doctor|teacher|jokes?|stor(?:y|ies)|sketch|samples?|examples?|e-?mails?|calls?|lessons?|riddles?|movie|film|screenplay|comic|meme|quiz|faqs?|q ?& ?a|q and a|questions|trivia|flash ?cards?|template|prompts?|training data|dataset|speech|debate|talk|few-shot|negotiat\w*|practice|socratic)s?\b"


def _condition(options: LintOptions) -> pl.Expr:
    written = pl.col("completion").str.contains(english(_PATTERN))
    labelled = pl.col("completion").str.contains(r"^\s*Output\s*:") & pl.col("prompt").str.contains(
        r"(?i-u:\b(?:outputs?|inputs?|code|examples?|function|program|test cases?)\b)"
    )
    prompt = last_question().fill_null("")
    completion = pl.col("completion")
    hinted = completion.str.contains(_GOES_ON_HINT)
    goes_on = hinted & holding(pl.when(hinted).then(completion), english(_GOES_ON))
    # A whole dialogue begins with a speaker.
    begun = completion.str.contains(english(rf"(?i)^\W*(?:{_ASKER}|{_ANSWERER}) ?[:\])>]"))
    goes_on = goes_on & ~begun & ~prompt.str.contains(english(_SPEAKERS))
    framed = (written & ~labelled.fill_null(False)) | goes_on
    talked = completion.str.contains(_CHATTER_HINT)
    chatter = talked & holding(pl.when(talked).then(completion), english(_CHATTER))
    opening = completion.str.contains(_LABEL_HINT)
    label = opening & holding(pl.when(opening).then(completion), english(_LABEL))
    framed = framed & ~prompt.str.contains(english(_DIALOGUE))
    return framed | label | (chatter & ~prompt.str.contains(_CHATTER_WANTED))


def _first(options: LintOptions) -> pl.Expr:
    hinted = pl.col("completion").str.contains(_CHATTER_HINT) | pl.col("completion").str.contains(
        _LABEL_HINT
    )
    hinted |= pl.col("completion").str.contains(_GOES_ON_HINT)
    return hinted | pl.col("completion").str.contains(
        r"(?-u:uman ?:|UMAN ?:|ser ?:|SER ?:|ssistant ?:|SSISTANT ?:|esponse ?:|ompletion ?:|##|^\s*(?:Chat)?GPT ?:|^\s*(?:AI|ai|Chatbot|Bot) ?:|^\s*\[ASSISTANT|^\s*\*\*(?:Assistant|AI|Bot|Chatbot)|^\s*(?:assistant|model|Assistant)\s*\n|\[END\]|END OF|nstruction ?:\s*$|^\s*Output ?:|Below is an ins)"
    )


RULE = ColumnRule(
    about=About(
        code="TXT020",
        name="prompt-scaffolding",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary='headings such as "### Response:", or talk of "the given instruction", stand in the completion',
        reason="The model learns to write the frame of the prompt itself, and to play the user's part.",
        example='{"prompt": "Hi", "completion": "### Response:\\nHello!"}',
        remedy="Remove the headings; make turns into messages.",
        assumes="English headings",
    ),
    frame="rows",
    condition=_condition,
    message="the scaffolding of a prompt stands in the completion: {match}",
    pattern=f"{english(_PATTERN)}|{english(_GOES_ON)}|{english(_CHATTER)}|{english(_LABEL)}",
    column="completion",
    applies_to=tuple(f for f in RecordFormat if f is not RecordFormat.TEXT),
    first=_first,
)
