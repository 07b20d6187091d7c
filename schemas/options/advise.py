"""Options of `curate advise`."""

from __future__ import annotations

from typing import Literal

from curate.schemas.options.base import Options, option


class AdviseOptions(Options):
    """What counts as enough data, and how the advice is shown."""

    min_examples: int = option(
        50, "With fewer distinct examples than this, prompting is advised.", ge=1
    )
    recommended_examples: int = option(
        1000, "Fewer distinct examples than this are said to be few.", ge=1
    )
    show: int = option(3, "Rows shown with each reason.", ge=0)
    output_format: Literal["text", "json"] = option("text", "How to show it.")
