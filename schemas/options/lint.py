"""Options of `curate lint`: the thresholds of the rules, and how findings are chosen and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import field_validator

from curate.schemas.findings import Severity
from curate.schemas.options.base import Options, option


class RuleOptions(Options):
    """Thresholds that rules read. Each is named in the rules' documentation."""

    min_examples: int = option(50, "Fewer usable examples than this is an error.", ge=1)
    recommended_examples: int = option(1000, "Fewer usable examples than this is a warning.", ge=1)

    min_per_label: int = option(10, "Fewer examples of a label than this is a warning.", ge=1)
    max_label_share: float = option(
        0.9,
        "A label that has more than this share of the outputs outweighs the others.",
        gt=0,
        le=1,
    )
    min_distinct_prompts: float = option(
        0.2, "The share of the prompts that have to differ from all others.", ge=0, le=1
    )
    min_validation: int = option(
        100, "Fewer rows for validation or testing than this is a warning.", ge=1
    )
    # CON
    contract: str | None = option(
        None,
        "What outputs must look like: a pinned contract, a JSON schema, or module:Model (a pydantic "
        "model of yours, whose module is imported); without it, it is inferred.",
        metavar="FILE|MODULE:MODEL",
    )
    contract_outputs: int = option(20, "From so many outputs on, a contract is inferred.", ge=2)
    contract_share: float = option(
        0.8, "The share of the outputs that has to be JSON, or a label, to make that the rule.",
        gt=0.5, le=1,
    )  # fmt: skip
    # DUP
    near_duplicate: float = option(
        0.8, "The smallest Jaccard similarity of 5-word shingles that makes a near duplicate.",
        gt=0, le=1,
    )  # fmt: skip
    contained: float = option(
        0.8,
        "The share of a benchmark prompt's words, in order, that a row has to hold to contain it.",
        gt=0,
        le=1,
    )
    # FRM
    knowledge_share: float = option(
        0.5, "From this share of answers with facts from outside their prompts on, the set teaches "
        "knowledge.", gt=0, le=1,
    )  # fmt: skip
    # FMT
    odd_key_share: float = option(
        0.05, "A key that at most this share of the rows has, or lacks, is odd.", ge=0, le=0.5
    )
    # PRF
    near_identical_sides: float = option(
        0.97,
        "Sides of a pair that share at least this part of their text are nearly the same.",
        gt=0,
        le=1,
    )
    length_bias: float = option(
        0.65,
        "The longer side may be the chosen one in at most this share of the pairs.",
        ge=0.5,
        le=1,
    )
    min_label_share: float = option(
        0.2,
        "Each label of unpaired preferences must have at least this share of the rows.",
        ge=0,
        le=0.5,
    )
    # DYN
    run: Path | None = option(
        None,
        "A finished run of `curate train` on this data: what it could not learn, or learnt by heart, "
        "is reported. Without files, the run's own are checked.",
        metavar="RUN",
    )
    max_suspects: float = option(
        0.05,
        "The largest share of a run's rows that is reported as never learnt, or as learnt by heart.",
        gt=0,
        le=1,
    )
    # TOK
    tokenizer: str | None = option(
        None,
        "The tokenizer to count with: a folder with tokenizer.json, that file, or a hub id.",
        metavar="NAME",
    )
    max_tokens: int | None = option(
        None, "The longest example in tokens; without it, what the tokenizer states.", ge=1
    )


class LintOptions(RuleOptions):
    """What `curate lint` checks and how it reports."""

    select: tuple[str, ...] = option(
        (), "Only these rules: codes, prefixes, names or ALL.", separator=",", metavar="RULES"
    )
    extend_select: tuple[str, ...] = option(
        (), "Rules to add to those selected.", separator=",", metavar="RULES"
    )
    ignore: tuple[str, ...] = option((), "Rules to leave out.", separator=",", metavar="RULES")
    per_file_ignores: dict[str, tuple[str, ...]] = option(
        {},
        "Rules to leave out in the files that match a glob, as GLOB=RULES; may be given several "
        "times (--per-file-ignores 'old/*=TXT,DUP').",
        metavar="GLOB=RULES",
    )

    @field_validator("per_file_ignores", mode="before")
    @classmethod
    def _separated(cls, value: Any) -> Any:
        """On the command line the rules of one glob stand in one text, separated by commas."""
        if not isinstance(value, dict):
            return value
        return {k: v.split(",") if isinstance(v, str) else v for k, v in value.items()}

    train: tuple[Path, ...] = option(
        (), "A training split, for the checks across splits.", metavar="FILE"
    )
    val: tuple[Path, ...] = option(
        (), "A validation split, for the checks across splits.", metavar="FILE"
    )
    test: tuple[Path, ...] = option(
        (), "A test split, for the checks across splits.", metavar="FILE"
    )
    against: tuple[Path, ...] = option(
        (),
        "A benchmark that the data must not contain; it is compared with, not checked itself.",
        metavar="FILE",
    )

    fix: bool = option(False, "Make the safe repairs in the files.")
    fix_only: bool = option(
        False, "Make the safe repairs, report only them, and exit with 0; for a hook that mends."
    )
    unsafe_fixes: bool = option(
        False, "Make the unsafe repairs too, which may drop rows; implies --fix."
    )
    diff: bool = option(False, "Show what --fix would change, as a diff; write nothing.")

    output_format: Literal["text", "json", "jsonl", "github", "gitlab", "sarif", "html"] = option(
        "text", "How findings are printed."
    )
    output: Path | None = option(None, "Write the findings to a file.", short="-o", metavar="FILE")
    statistics: bool = option(False, "Show counts per rule instead of single findings.")
    max_per_rule: int = option(
        10, "How many findings of one rule the text output shows; 0 for all.", ge=0
    )
    fail_on: Severity = option(Severity.ERROR, "The lowest severity that makes the exit code 1.")
    exit_zero: bool = option(False, "Exit with 0 whatever is found.")

    baseline: Path | None = option(
        None, "Report only what is not in this file of known findings.", metavar="FILE"
    )
    write_baseline: Path | None = option(
        None, "Write what is found to a file of known findings, and exit with 0.", metavar="FILE"
    )
    suppressions: Path = option(
        Path(".curate-suppressions.jsonl"),
        "The file of findings that were looked at and accepted.",
        metavar="FILE",
    )
    add_suppressions: bool = option(False, "Accept everything that is found; needs --reason.")
    reason: str | None = option(None, "Why the findings are accepted.", metavar="TEXT")

    cache: bool = option(True, "Reuse the result for files, options and rules that did not change.")
    cache_dir: Path = option(Path(".curate_cache"), "Where results are kept.", metavar="FOLDER")
    stdin_filename: str | None = option(
        None,
        "The name that findings in standard input carry; its suffix says the file type.",
        metavar="NAME",
    )
    show_settings: bool = option(False, "Show every option, its value and its origin, and stop.")
    show_files: bool = option(False, "Show the files that would be checked, and stop.")
    watch: bool = option(False, "Check again whenever one of the files changes.")
