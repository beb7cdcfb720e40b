"""Documents that were decided on before: by themselves, as `evaluate --json` prints them, and in records of the decision log."""

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
    """A document, and JSON pointers of what a record hides of it."""

    document: Document
    hidden: tuple[str, ...] = ()


def recorded(read: Any) -> Recorded | None:
    """Recognize a document, an object that holds one as `document`, or a record; None for anything else.

    Raises EventError for a document outside the contract, and for a record whose masking left no document; IgnoredEvent for a
    record of a job that had none.
    """
    if not isinstance(read, Mapping):
        return None
    if "decision_id" in read and "input" in read:
        return _of_record(read)
    candidate = read.get("document", read)
    if not isinstance(candidate, Mapping) or "schema_version" not in candidate:
        return None
    return Recorded(_document(candidate))


def _of_record(record: Mapping[str, Any]) -> Recorded:
    hidden = (*record.get("erased", ()), *record.get("masked", ()))
    if record["input"] is None and not record.get("erased"):
        text = "the record is of a job without a document, so there is no decision"
        raise IgnoredEvent(text, reason=f"outcome {record.get('outcome')}", decision_id=record["decision_id"])
    if record["input"] is None:
        raise EventError(
            "the record holds no document to decide on",
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
        raise EventError("the recorded document is outside the contract", field=field, problem=first["msg"]) from exc
    # Documents of today hold no user and password of an image reference; older ones may.
    images = tuple(
        image.model_copy(update={"raw": redacted(image.raw)}) if image.raw else image for image in document.images
    )
    return document.model_copy(update={"images": images})
