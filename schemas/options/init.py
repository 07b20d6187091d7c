"""Options of `curate init`."""

from __future__ import annotations

from curate.schemas.options.base import Options, option


class InitOptions(Options):
    """What `curate init` writes."""

    model: str = option(
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "The base model to put into curate.toml: a hub id, a folder, or a .gguf file.",
        metavar="MODEL",
    )
    force: bool = option(False, "Replace a curate.toml that is already there.")
