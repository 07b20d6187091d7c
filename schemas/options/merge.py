"""Options of `curate merge`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from curate.schemas.options.base import Options, option


class WeightType(StrEnum):
    """The dtype of saved weights."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


class MergeOptions(Options):
    """Where the merged model goes, and in which dtype."""

    output: Path | None = option(
        None, "Folder of the merged model; RUN/merged without it.", short="-o", metavar="FOLDER"
    )
    dtype: WeightType = option(WeightType.FLOAT32, "Dtype of the merged weights.")
