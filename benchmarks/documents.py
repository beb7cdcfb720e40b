"""The job that the benchmarks evaluate."""

from __future__ import annotations

from typing import Any

from guard.authoring.samples import complete_with, sample_image
from guard.document import Document


def document(*, tag: str = "1.10-cpu-py38", **changes: Any) -> Document:
    """Return the complete document as a training job with this tag of AWS's PyTorch image; the default tag is denied."""
    image = sample_image("pytorch-training", tag)
    return complete_with({"images": [image], "command": {"entrypoint": None, "arguments": None}} | changes)


DENIED = str(document().images[0].raw)
