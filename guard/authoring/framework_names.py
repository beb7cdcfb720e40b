"""Names of frameworks that no AWS image has, by the policies' own table: a minimum version for them has no effect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guard.authoring.concern import Concern
from guard.authoring.config_texts import Schema, texts
from guard.authoring.opa import Opa
from guard.authoring.wording import hint

_TABLE = Path("guard/lib/aws_images/table.rego")
_QUERY = "[name | some name in data.guard.lib.aws_images._frameworks]"
# Words before a version in the tags of sagemaker-core's images; the table has only the names of repositories.
_IN_TAGS = (
    "deepspeed",
    "fastertransformer",
    "lmi",
    "optimum",
    "sdk",
    "sgm",
    "tei",
    "tensorrtllm",
    "tgi",
    "transformers",
    "ubuntu",
)


def unknown_frameworks(opa: Opa, policies: Path, schema: Schema, config: Any) -> Iterator[Concern]:
    """Yield the texts of the format `framework` that are neither in the table nor in a tag; none if there is no table."""
    named = [text for text in texts(schema, config) if text.schema.get("format") == "framework"]
    table = policies / _TABLE
    if not named or not (opa.folder / table).is_file():
        return
    known = sorted({*_IN_TAGS, *opa.json("eval", "--data", table, "--format", "raw", _QUERY)})
    for text in named:
        if text.text not in known:
            reason = f"{text.text} is neither a framework of AWS images nor a word of their tags"
            yield Concern(
                text.path, hint(reason, text.text, known, "correct it, unless the image is a new one"), "warning"
            )
