"""Options of `curate generate`."""

from __future__ import annotations

from pathlib import Path

from curate.schemas.options.base import Options, option


class GenerateOptions(Options):
    """What answers, and how long."""

    model: str | None = option(
        None, "Base model; the run's or the adapter's own without it.", metavar="MODEL"
    )
    adapter: Path | None = option(None, "Adapter to put on the model.", metavar="FOLDER")
    prompt: str | None = option(
        None, "Answer this one prompt, print the answer, and end.", metavar="TEXT"
    )
    system: str | None = option(
        None,
        "System prompt put before each prompt that has none; @run for the one that the run's "
        "training rows share.",
        metavar="TEXT",
    )
    input: Path | None = option(
        None,
        "File of prompts: chat rows (a last assistant turn is left out), rows with a `prompt`, "
        "`question` or `instruction`, or plain lines in a .txt file.",
        short="-i",
        metavar="FILE",
    )
    output: Path | None = option(
        None,
        "Write one JSON object a prompt here; to standard output without it.",
        short="-o",
        metavar="FILE",
    )
    max_new_tokens: int = option(256, "Cut answers here.", ge=1)
