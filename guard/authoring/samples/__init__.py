"""Complete input documents for checks and tests: one for each job kind, with a value in every field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guard.document import Document
from guard.jobs import BY_KIND, JOB_KINDS
from guard.refs import Home, job_arn

_FILE = Path(__file__).parent / "complete.json"


def complete(kind: str = "training") -> Document:
    """Return the complete document of a running job of this kind.

    Only an image's `error` and `claimed_digest`, and `unavailable`, have no value: it would contradict other fields.
    """
    row = BY_KIND[kind]
    fields = json.loads(_FILE.read_text())
    job = fields["job"]
    home = Home(fields["account"], fields["region"], fields["partition"])
    arn = job_arn(job["name"], row, home, tuple(row.listing.each[0].values()))
    fields["job"] = job | {"kind": kind, "arn": arn, "status": min(row.running), "parts": sorted(row.parts)}
    return Document.model_validate(fields)


def complete_with(changes: Mapping[str, Any]) -> Document:
    """Return the complete document with these changes, given as JSON; its kind is that of the changes, by default training.

    Objects are merged at every depth, so that changes are short. Each object of a list is merged into the first object of the
    complete document's list.
    """
    kind = changes.get("job", {}).get("kind", "training")
    return Document.model_validate(_merged(complete(kind).model_dump(mode="json"), changes))


def sample_image(repository: str, tag: str | None = None, digest: str | None = None) -> dict[str, Any]:
    """Return the complete document's image as JSON, under another name in the same registry."""
    image = complete().images[0].model_dump(mode="json")
    raw = f"{image['registry']}/{repository}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    return image | {"raw": raw, "repository": repository, "tag": tag, "digest": digest}


def complete_of_each_kind() -> tuple[Document, ...]:
    """Return the complete documents of all job kinds."""
    return tuple(complete(row.id) for row in JOB_KINDS)


def _merged(value: Any, change: Any) -> Any:
    if isinstance(value, dict) and isinstance(change, Mapping):
        return value | {name: _merged(value.get(name), inner) for name, inner in change.items()}
    if isinstance(value, list) and isinstance(change, list):
        return [_merged(value[0] if value else None, each) for each in change]
    return change
