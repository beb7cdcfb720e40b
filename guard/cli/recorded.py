"""Read recorded documents: alone, in the output of `evaluate --json`, or in a record of the decision log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from guard.document import Document
from guard.errors import EventError, IgnoredEvent
from guard.images import redacted


@dataclass(frozen=True)
class Recorded:
    """A document, and the JSON pointers of the values that a record hides."""

    document: Document
    hidden: tuple[str, ...] = ()


def recorded(read: Any) -> Recorded | None:
    """Return the document of a document, of an object with the key `document`, or of a record; None for anything else.

    Raises EventError for an invalid document, and for a record whose document was erased by masking; IgnoredEvent for the record
    of a job that had no document.
    """
    if not isinstance(read, Mapping):
        return None
    if "decision_id" in read and "input" in read:
        return _from_record(read)
    candidate = read.get("document", read)
    if not isinstance(candidate, Mapping) or "schema_version" not in candidate:
        return None
    return Recorded(_document(candidate))


def _from_record(record: Mapping[str, Any]) -> Recorded:
    hidden = (*record.get("erased", ()), *record.get("masked", ()))
    if record["input"] is None and not record.get("erased"):
        text = "the record has no document, since the job had none, so there is no decision"
        raise IgnoredEvent(text, reason=f"outcome {record.get('outcome')}", decision_id=record["decision_id"])
    if record["input"] is None:
        raise EventError(
            "the record's document was erased by the masking policy, so there is no decision",
            decision_id=record["decision_id"],
            erased=list(record.get("erased", ())),
        )
    return Recorded(_document(record["input"]), tuple(str(pointer) for pointer in hidden))


def _document(candidate: Any) -> Document:
    try:
        document = Document.model_validate(candidate)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise EventError("the recorded document is invalid", field=field, problem=first["msg"]) from exc
    # Documents of older releases may contain the user and password of an image reference.
    images = tuple(
        image.model_copy(update={"raw": redacted(image.raw)}) if image.raw else image for image in document.images
    )
    return document.model_copy(update={"images": images})
