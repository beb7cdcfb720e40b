"""Input documents for tests."""

from __future__ import annotations

from typing import Any

from guard.authoring.samples import complete_with, sample_image
from guard.document import Document


def document(*, repository: str = "pytorch-training", tag: str | None = "2.4-cpu-py311", **changes: Any) -> Document:
    """Return the complete document of a training job with one image from AWS's registry in eu-west-1 and these changes."""
    return complete_with({"images": [sample_image(repository, tag)]} | changes)
