"""Plants each kind of defect into clean rows, and says which kinds lint finds.

The clean rows are those labelled rows in which a person saw no defect (`labels.jsonl`), as chat
records. Each kind is planted into rows of its own and linted together with the others that stay
clean, one file a kind, so that rules which compare rows with the rest see what they would see.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from curate.schemas.findings import Finding

Record = dict[str, Any]
PLANTED = 5
CLEAN = 300
FENCE = "```"


@dataclass(frozen=True, slots=True)
class KindResult:
    """How many of the planted rows of one kind were found, and by which rules."""

    name: str
    planted: int
    found: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """All kinds, and the clean rows flagged by anything above info."""

    kinds: tuple[KindResult, ...]
    clean_rows: int
    clean_flagged: int


def chat(prompt: str, completion: str) -> Record:
    """A chat record of one question and one answer."""
    return {
        "messages": [
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": completion},
        ]
    }


def _prompt(record: Record) -> str:
    return str(record["messages"][0]["content"])


def _completion(record: Record) -> str:
    return str(record["messages"][1]["content"])


def _answer(change: Callable[[str], str]) -> Callable[[Record], Record]:
    return lambda record: chat(_prompt(record), change(_completion(record)))


def _ask(change: Callable[[str], str]) -> Callable[[Record], Record]:
    return lambda record: chat(change(_prompt(record)), _completion(record))


def _both(prompt: str, completion: str) -> Callable[[Record], Record]:
    return lambda record: chat(prompt, completion)


def _turns(*turns: tuple[str, Any]) -> Callable[[Record], Record]:
    return lambda record: {"messages": [{"role": r, "content": c} for r, c in turns]}


def _cut(text: str) -> str:
    """The text up to a word that cannot end a sentence."""
    return text.rstrip(". ") + ", which is the reason for the"


def _half(text: str) -> str:
    words = f"{text} {_FILLER}".split()
    return " ".join(words[:-4]).rstrip(".,;:!?")


_FILLER = (
    "It takes some time to see this clearly. Most people learn it in their first years at work. Others read "
    "about it in the books that their teachers gave them when they were still young and eager."
)


def _garbled(text: str) -> str:
    return (text + " It’s a café – naïve, isn’t it?").encode().decode("cp1252", "replace")


_FRENCH = (
    "La réponse est simple : il faut que les gens de la ville soient nombreux, et que le temps qui passe "
    "ne change pas les choses dans cette rue."
)
_RUSSIAN = "Ответ на этот вопрос довольно прост: нужно подождать, пока погода изменится."

KINDS: dict[str, Callable[[Record], Any]] = {
    # the text
    "empty completion": _answer(lambda t: ""),
    "blank completion": _answer(lambda t: " \n "),
    "empty prompt": _ask(lambda t: ""),
    "placeholder input": _ask(lambda t: f"{t.splitlines()[0]}\n\nNoinput"),
    "placeholder input in brackets": _ask(lambda t: f"{t.splitlines()[0]}\n\n<no input>"),
    "placeholder completion": _answer(lambda t: "<nooutput>"),
    "N/A completion": _answer(lambda t: "N/A"),
    "slot": _answer(lambda t: f"{t} It was first described by [Insert Name Here]."),
    "lorem ipsum": _answer(lambda t: "Lorem ipsum dolor sit amet, consectetur adipiscing elit."),
    "todo": _answer(lambda t: "TODO: write the answer"),
    "unfilled prompt": _ask(lambda t: "Summarize this text:\n\n{text}"),
    "refusal": _answer(lambda t: "I'm sorry, but I can't assist with that request."),
    "refusal as an AI": _answer(lambda t: "As an AI language model, I cannot provide an answer to this."),
    "vendor identity": _answer(lambda t: f"I am ChatGPT, a model trained by OpenAI. {t}"),
    "another vendor": _answer(lambda t: f"I'm Claude, an AI assistant made by Anthropic. {t}"),
    "AI disclaimer": _answer(lambda t: f"As an AI language model, I do not have opinions. {t}"),
    "cut at a function word": _answer(_cut),
    "cut in the last sentence": _answer(_half),
    "unclosed fence": _answer(lambda t: f"{t}\n\n{FENCE}python\nprint(1)"),
    "mojibake": _answer(_garbled),
    "replacement character": _answer(lambda t: f"{t} The caf\ufffd is open."),
    "control character": _answer(lambda t: f"{t}\u0007"),
    "terminal colours": _answer(lambda t: f"\u001b[31m{t}\u001b[0m"),
    "zero-width space": _answer(lambda t: t[:3] + "\u200b" + t[3:] + "\u200b"),
    "bidirectional override": _answer(lambda t: f"{t} \u202egnp.exe"),
    "chat template token": _answer(lambda t: f"{t}<|im_end|>"),
    "instruction token": _ask(lambda t: f"[INST] {t} [/INST]"),
    "end token": _answer(lambda t: f"{t}</s>"),
    "response heading": _answer(lambda t: f"### Response:\n{t}"),
    "human turn": _answer(lambda t: f"{t}\n\nHuman: And then?\n\nAssistant: Nothing."),
    "merged examples": _answer(lambda t: f"{t}\n8. Instruction: Name a fruit.\n8. Input:\n8. Output:\nApple"),
    "copied prompt": lambda r: chat(_prompt(r), _prompt(r)),
    "loop of a sentence": _answer(lambda t: f"{t} " + "It is what it is and so it goes. " * 9),
    "loop of a phrase": _answer(lambda t: f"{t} " + "again and again " * 25),
    "HTML tags": _answer(lambda t: f"<p>{t}</p><br><br>"),
    "HTML entities": _answer(lambda t: f"{t}&nbsp;It&#39;s here &amp; there."),
    "French answer": _answer(lambda t: _FRENCH),
    "Russian answer": _answer(lambda t: _RUSSIAN),
    "URL only": _ask(lambda t: "Summarize the following article.\n\nhttps://www.bbc.com/news/world-1234"),
    "missing photo": _ask(lambda t: "Describe what you see in this photo."),
    "stand-in for a picture": _ask(lambda t: "Name the parts.\n\n[Image of a flower]"),
    "live price": _both("What is the current price of Bitcoin?", "It is $41,230."),
    "today's date": _both("What is today's date?", "It is March 3rd, 2021."),
    "missing article": _ask(lambda t: "Summarize the following article in two sentences."),
    "missing sentence": _ask(lambda t: "Correct the grammar of the given sentence."),
    "impossible action": _both("Send an email to my boss that I am ill.", "I have sent the email to your boss."),
    "picture drawn": _both("Draw a picture of a house.", "I drew a picture of a house with a red roof."),
    "made-up picture": _both("Post a funny meme.", "![Meme](https://i.imgur.com/abc.jpg)"),
    "wrong product": _both("Calculate 8 * (25 + 7).", "8 * (25 + 7) = 216"),
    "wrong mean": _both("Find the average of 2, 5, 7, 8, 10.", "The average is 6.8."),
    "wrong percentage": _both("What is 15% of 240?", "15% of 240 is 38."),
    "wrong annotation": _answer(lambda t: "She sold 48/2 = <<48/2=26>>26 clips.\n#### 26"),
    "wrong number of items": _both("List five fruits.", "1. Apple\n2. Pear\n3. Plum"),
    "wrong order": _both("Sort these from smallest to largest: 4, 9, 2, 7", "2, 7, 4, 9"),
    "escaped line ends": _answer(lambda t: "First, wash them.\\n\\nThen, peel them.\\nEat."),
    # personal data and secrets
    "email address": _answer(lambda t: f"{t} Write to margaret.hollis@gmail.com."),
    "telephone number": _answer(lambda t: f"{t} Call (415) 867-5309."),
    "payment card": _answer(lambda t: f"{t} Card 4012 8888 8888 1881."),
    "IBAN": _answer(lambda t: f"{t} Pay to GB29 NWBK 6016 1331 9268 19."),
    "social security number": _answer(lambda t: f"{t} SSN 536-22-8471."),
    "IP address": _answer(lambda t: f"{t} Login from 84.17.53.155."),
    "AWS key": _answer(lambda t: f"{t} AKIAQ3EGR7HTXZ5WJ2NP"),
    "GitHub token": _answer(lambda t: f"{t} ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"),
    "OpenAI key": _answer(lambda t: f"{t} sk-proj-" + "a8Kd92LmQx7ZrT5vWb3NcYp1"),
    "Slack token": _answer(lambda t: f"{t} xoxb-" + "2417391827-aB3dE5fG7hJ9kL1m"),
    "private key": _answer(lambda t: f"{t}\n-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7x"),
    "JSON web token": _answer(
        lambda t: f"{t} eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
    ),
    "assigned secret": _answer(lambda t: f'{t} api_key = "9fK2xQ7LmZ4tVbR8sWc1"'),
    "password in a URL": _answer(lambda t: f"{t} postgres://app:t7Yw2kQz@db.acme.io/prod"),
    # structure
    "unknown role": _turns(("user", "Hi"), ("robot", "Hello")),
    "no assistant turn": _turns(("user", "Hi")),
    "assistant first": _turns(("assistant", "Hello"), ("user", "Hi"), ("assistant", "How are you?")),
    "last turn is the user's": _turns(("user", "Hi"), ("assistant", "Hello"), ("user", "Bye")),
    "same role twice": _turns(("user", "Hi"), ("user", "Hello?"), ("assistant", "Hello")),
    "system not first": _turns(("user", "Hi"), ("system", "Be nice"), ("assistant", "Hello")),
    "content is a number": _turns(("user", "Count"), ("assistant", 3)),
    "no messages": lambda r: {"messages": []},
    "missing key": lambda r: {"message": r["messages"]},
    "not an object": lambda r: json.dumps([_prompt(r), _completion(r)]),
    "broken JSON": lambda r: json.dumps(r)[:-2],
    "duplicate keys": lambda r: '{"messages": [], ' + json.dumps(r)[1:],
}  # fmt: skip


def measure(
    findings_by_line: Callable[[Iterable[Any]], dict[int, list[Finding]]],
    counts: Callable[[Finding], bool],
    clean: Sequence[Record],
) -> Result:
    """Plant every kind, lint, and count. `clean` are chat records without a defect."""
    kinds = []
    for name, planting in KINDS.items():
        dirty = [planting(clean[i]) for i in range(PLANTED)]
        by_line = findings_by_line([*dirty, *clean[PLANTED : PLANTED + CLEAN]])
        # Kinds with a fixed text stand five times in the file: being a duplicate is not being found.
        named = [
            [f for f in by_line.get(line, ()) if counts(f) and not f.code.startswith("DUP")]
            for line in range(1, PLANTED + 1)
        ]
        rules = sorted({f.code for found in named for f in found})
        kinds.append(KindResult(name, PLANTED, sum(map(bool, named)), tuple(rules)))
    by_line = findings_by_line(clean)
    flagged = sum(any(map(counts, found)) for found in by_line.values())
    return Result(tuple(kinds), len(clean), flagged)
