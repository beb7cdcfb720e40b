"""Complete input documents, one for each job kind, in which every field has a value: for checks of policies and for tests."""

from __future__ import annotations

import json
from pathlib import Path

from guard.document import Document
from guard.jobs import BY_KIND, JOB_KINDS

_FILE = Path(__file__).parent / "complete.json"


def complete(kind: str = "training") -> Document:
    """Return the complete document of a running job of this kind.

    Only an image's `error` and `unavailable` are null: what they say would contradict the rest.
    """
    row = BY_KIND[kind]
    fields = json.loads(_FILE.read_text())
    job = fields["job"]
    arn = f"arn:{fields['partition']}:sagemaker:{fields['region']}:{fields['account']}:{row.arn_resource}/{job['name']}"
    fields["job"] = job | {"kind": kind, "arn": arn, "status": min(row.running), "parts": sorted(row.parts)}
    return Document.model_validate(fields)


def complete_of_each_kind() -> tuple[Document, ...]:
    """Return the complete documents of all job kinds."""
    return tuple(complete(row.id) for row in JOB_KINDS)
