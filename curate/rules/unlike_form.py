"""CON016: an output of another form, in a set whose outputs are all lists, all code, all one sentence or all plain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from statistics import median

import polars as pl

from curate.contract import ContractKind
from curate.dataset import Dataset
from curate.markdown_forms import is_full_of_markdown, kinds_of, markdown_of
from curate.output_tally import holds_code, is_list, is_sentence
from curate.patterns import regex
from curate.rules.language_of_set import in_another_language
from curate.rules.output_contracts import OutputContracts, judged
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.samples import Sample
from curate.rules.texts_again import texts_again
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 100
# What at least this share of the outputs has is the set's form; what is left are exceptions.
_FORM = 0.95
_FENCE = regex(r"^```", re.MULTILINE)
_MARKED_UP = regex(r"\*\*|__\w|^#{1,4} |^[-*•] ", re.MULTILINE)
_FIRST_ITEM = regex(r"\s*([-*•]|\d+[.)])\s")
_ENDS = ".!?…。！？"
_SENTENCE_END = regex(r"(?<![.!?…。！？])[.!?…。！？]++(?=\s|\Z|[\"'”»」)])")
_LETTERS = 12  # of fewer, capitals may be a name
_PROSE = (ContractKind.TEXT, ContractKind.SENTENCE)
# In sets of prose: so few may be otherwise; so many times longer than the usual one, and than the longest of the others.
_OUTSIZED = ((0.06, 8, 2), (0.1, 10, 3))
_LEAST_LONG = 1000
# So few may be so many times shorter than the shortest of the others, which has so many characters.
_FEW_SHORT, _SHORT_GAP, _LEAST_OTHERS = 0.05, 5, 100
_FEW = 0.08
# A second style: up to so many outputs are named one by one; the two make up nearly all; and short outputs have it about as
# often as long ones.
_MINORITY, _TWO_STYLES, _AS_OFTEN, _LEAST_PLAIN = 0.4, 0.8, 0.6, 0.3
_SHOWN = 20
_MOST_READ = 2000
_FORM_ASKED = regex(
    r"\b(?:markdown|lists?|bullet\w*|outline|headings?|format\w*|bold|readme|documentation|blog|article|essay|report|plan|code|program|function|html|template|resume|recipe|steps|summary|schedule|menu|log|invoice|forms?)\b",
    re.IGNORECASE,
)
_TABLE_ASKED = regex(
    r"\b(?:tables?|charts?|columns?|spreadsheet|grid|matrix|database|data|compar\w*|visuali\w*|record)\b",
    re.IGNORECASE,
)
_WORDS: dict[ContractKind, tuple[Callable[[str], bool], str]] = {
    ContractKind.SENTENCE: (is_sentence, "one sentence"),
    ContractKind.LIST: (is_list, "a list"),
    ContractKind.CODE: (holds_code, "code"),
}


def traits_of(kind: ContractKind, text: str) -> tuple[str, ...]:
    """What an output is, in words that a message can use: its form first, then how the form is written."""
    has, form = _WORDS[kind]
    traits = [form if has(text) else f"not {form}"]
    if kind is ContractKind.SENTENCE:
        traits.append("with markup" if _MARKED_UP.search(text) else "without markup")
        traits.append(_casing(text))
        traits.append(f"ending with {text[-1]!r}" if text[-1] in _ENDS else "ending without a mark")
    elif kind is ContractKind.LIST:
        mark = _FIRST_ITEM.match(text)
        kind_of = "numbers" if mark and mark[1][0].isdigit() else mark[1] if mark else None
        traits.append(
            f"beginning with an item after {kind_of!r}" if kind_of else "beginning with a preface"
        )
    else:
        traits.append("in a fence" if _FENCE.search(text) else "without a fence")
        traits.append(
            "beginning with code"
            if holds_code(text.strip().split("\n", 1)[0])
            else "beginning with prose"
        )
    return tuple(traits)


def _casing(text: str) -> str:
    letters = [c for c in text if c.isalpha()]
    if len(letters) >= _LETTERS and "".join(letters).isupper():
        return "in capitals"
    return "beginning small" if letters and letters[0].islower() else "written as usual"


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    for file in range(len(dataset.files)):
        contract = collector.contract_of(dataset, file)
        if contract is None or contract.outputs < _LEAST_ROWS:
            continue
        if contract.kind in _PROSE:
            lengths = _lengths(dataset, file)
            yield from _outsized(lengths)
            yield from _undersized(lengths)
            yield from _marked_up(dataset, file)
        if contract.kind not in _WORDS:
            continue
        if (contract.keeping or 0) >= _FORM * contract.outputs:
            yield from _odd(dataset, file, contract.kind)
        if contract.kind is ContractKind.CODE:
            yield from in_another_language(dataset, file)


def _lengths(dataset: Dataset, file: int) -> pl.DataFrame:
    """The rows of a file that have an output, and how long it is, the shortest first."""
    rows = (
        dataset.frame.lazy()
        .select("file", "has_output", "completion_length")
        .with_row_index("index")
    )
    of_file = rows.filter((pl.col("file") == file) & pl.col("has_output"))
    return of_file.select("index", "completion_length").sort("completion_length").collect()


def _outsized(lengths: pl.DataFrame) -> Iterator[Hit]:
    """The few outputs that are many times longer than all others, with nothing in between."""
    sizes = lengths["completion_length"].to_numpy()
    usual = float(sizes[len(sizes) // 2])
    for share, times, gap in _OUTSIZED:
        few = int(share * len(sizes))
        tail = sizes[-few - 1 :]
        gaps = [i for i in range(1, len(tail)) if tail[i] >= gap * tail[i - 1]]
        if gaps and tail[gaps[-1]] >= max(times * usual, _LEAST_LONG):
            longest = tail[gaps[-1] - 1]
            for row, size in lengths[-(len(tail) - gaps[-1]) :].iter_rows():
                said = f"the output has {size:,} characters; no other has more than {longest:,}"
                yield Hit(row, said, column="completion")
            return


def _undersized(lengths: pl.DataFrame) -> Iterator[Hit]:
    """The few outputs that are a fraction of the shortest of all others."""
    sizes = lengths["completion_length"].to_numpy()
    head = sizes[: int(_FEW_SHORT * len(sizes)) + 1]
    for i in range(len(head) - 1, 0, -1):
        if head[i] >= max(_SHORT_GAP * head[i - 1], _LEAST_OTHERS):
            for row, size in lengths[:i].iter_rows():
                said = f"the output has {size:,} characters; no other has fewer than {head[i]:,}"
                yield Hit(row, said, column="completion")
            return


def _marked_up(dataset: Dataset, file: int) -> Iterator[Hit]:
    """The few outputs that are full of markdown, where nearly all others have none."""
    needed = ("file", "has_output", "marked_up", "itemised")
    rows = dataset.frame.lazy().select(*needed).with_row_index("index")
    of_file = rows.filter((pl.col("file") == file) & pl.col("has_output")).collect()
    marked = of_file.filter(pl.col("marked_up"))["index"].to_list()
    if len(marked) > _FEW * of_file.height:
        said = second_style(dataset.collector(Sample).of(dataset, file))
        if said is None:
            return
        if len(marked) > min(_MINORITY * of_file.height, _MOST_READ):
            yield Hit(None, said, related=tuple((row, None) for row in marked[:_SHOWN]), file=file)
            return
    # Lists come with the questions; where there are many, only other markup is looked at.
    itemised = of_file.filter(pl.col("marked_up") | pl.col("itemised"))["index"].to_list()
    if len(itemised) <= min(_FEW * of_file.height, _MOST_READ):
        marked = itemised
    share = 1 - len(marked) / of_file.height
    for row, (prompt, text) in texts_again(dataset, marked, ("prompt", "completion")).items():
        said = markdown_of(text or "")
        tabular = "|" in (text or "") and _TABLE_ASKED.search(prompt or "")
        if said is not None and not tabular and not _FORM_ASKED.search(prompt or ""):
            said = f"the output {said}; {share:.1%} of the others are plain"
            yield Hit(row, said, column="completion")


def second_style(sample: pl.DataFrame) -> str | None:
    """What a sample shows of two styles, one full of markdown and one without any; None where it shows none.

    Where form follows content, long answers are marked up and short ones are not, and prompts ask for a form. Where two
    sources were mixed, short ones are marked up as often.
    """
    free = sample.sort(pl.col("completion").str.len_bytes()).select("prompt", "completion")
    texts = [text for prompt, text in free.iter_rows() if not _FORM_ASKED.search(prompt)]
    if len(texts) < _LEAST_ROWS:
        return None
    marked = [is_full_of_markdown(text) for text in texts]
    plain = [kinds_of(text) == 0 for text in texts]
    half, share = len(texts) // 2, sum(marked) / len(texts)
    without = sum(plain) / len(texts)
    if share + without < _TWO_STYLES or share < _FEW:
        return None
    if share <= without:
        short = sum(marked[:half]) / half
        mixed = short >= _AS_OFTEN * share
    else:  # letters and stories are plain in any set
        long = sum(plain[half:]) / (len(plain) - half)
        mixed = without >= _LEAST_PLAIN and long >= _AS_OFTEN * without
    if not mixed:
        return None
    return (
        f"about {share:.0%} of the outputs are full of markdown, {without:.0%} have none, and neither their length nor "
        "their prompts tell which"
    )


def _odd(dataset: Dataset, file: int, kind: ContractKind) -> Iterator[Hit]:
    places = (dataset.frame["file"] == file).arg_true().to_list()
    found: list[tuple[int, tuple[str, ...], int]] = []
    at = iter(places)
    for rows in dataset.read_again(places):
        for prompt, text in zip(rows["prompt"], judged(rows), strict=True):
            row = next(at)
            if text is not None and text.strip():
                asked = len(_SENTENCE_END.findall(prompt or ""))
                found.append((row, traits_of(kind, text.strip()), asked))
    usual = [
        Counter(traits).most_common(1)[0]
        for traits in zip(*(traits for _, traits, _ in found), strict=False)
    ]
    # What is rewritten has as many sentences as what it was made of.
    most = median(asked for _, _, asked in found)
    for row, traits, asked in found:
        if kind is ContractKind.SENTENCE and traits[0] != usual[0][0] and asked > most:
            continue
        for trait, (common, count) in zip(traits, usual, strict=True):
            if trait != common and count >= _FORM * len(found):
                yield Hit(
                    row,
                    f"the output is {trait}; {count:,} of {len(found):,} are {common}",
                    column="completion",
                )
                break


RULE = DatasetRule(
    about=About(
        code="CON016",
        name="unlike-form",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the output has another form than nearly all others: no list, no code, no single sentence",
        reason="What reads the answers, or shows them, counts on their form: a query that runs, a list with one "
        "item a line, one sentence. Exceptions are often leftovers of another source.",
        example='"Sure! Here is the query: …" in a set whose outputs are SQL and nothing else',
        remedy="Write the output in the form of the others, or drop the row.",
    ),
    features=("has_output", "marked_up", "itemised", "completion_length"),
    check=_check,
    collectors=(OutputContracts, Sample),
)
