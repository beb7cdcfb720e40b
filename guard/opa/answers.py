"""Parse OPA's responses into decisions; anything else becomes a typed error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from guard.decision import GRAVITY, Decision, Evaluation, Exemptions, verdict
from guard.document import Document
from guard.errors import (
    DecisionInvalid,
    DecisionMissing,
    EvaluationFailed,
    OpaUnauthorized,
    OpaUnavailable,
    PolicyError,
)


def read(content: bytes, url: str) -> dict[str, Any]:
    """Return the JSON object that a response holds. Raises DecisionInvalid for anything else."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise DecisionInvalid("OPA's answer is not JSON", url=url) from exc
    if not isinstance(answer, dict):
        raise DecisionInvalid("OPA's answer is not an object", url=url, answer=str(answer)[:200])
    return answer


def evaluation(answer: dict[str, Any], document: Document) -> Evaluation:
    """Return the decision that a response holds. Raises DecisionMissing or DecisionInvalid."""
    if "result" not in answer:
        raise DecisionMissing(
            "OPA returned no decision: the document has another form than the policies expect, or the bundle lacks guard.main",
            job=document.job.arn,
            schema_version=document.schema_version,
        )
    try:
        decision = Decision.model_validate(answer["result"])
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DecisionInvalid("OPA's answer is not a decision", field=field, problem=first["msg"]) from exc
    # A decision graver than its findings is accepted: a deny stands, even without the finding that explains it.
    gravest = verdict(decision.findings)
    if GRAVITY.index(gravest) > GRAVITY.index(decision.decision):
        raise DecisionInvalid(
            "OPA's findings are graver than its decision", decision=decision.decision, findings=gravest
        )
    version = object_of(answer.get("provenance")).get("version")
    return Evaluation(decision, _revision(answer), version if isinstance(version, str) and version else None)


def exemptions(answer: dict[str, Any]) -> Exemptions:
    """Return the exemptions that a response holds, without the items that aren't objects."""
    found = answer.get("result")
    listed = tuple(item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else ()
    return Exemptions(listed, _revision(answer))


def status_error(status: int, content: bytes, url: str) -> PolicyError:
    """Return the error for a response whose status isn't 200."""
    if 300 <= status < 400:
        return OpaUnavailable("OPA's address redirects; give the address of the OPA itself", url=url, status=status)
    if status in {401, 403}:
        return OpaUnauthorized("OPA refused the guard's token", url=url, status=status)
    return _evaluation_failed(status, content)


def object_of(value: object) -> dict[str, Any]:
    """Return the value if it is a JSON object, else an empty one: a proxy, or a server in OPA's place, may send anything."""
    return value if isinstance(value, dict) else {}


def _revision(answer: dict[str, Any]) -> str | None:
    bundles = object_of(object_of(answer.get("provenance")).get("bundles"))
    found = [object_of(bundle).get("revision") for bundle in bundles.values()]
    return ",".join(sorted(revision for revision in found if isinstance(revision, str) and revision)) or None


def _evaluation_failed(status: int, content: bytes) -> EvaluationFailed:
    """Return the error with the policy file and row that OPA's error body gives for the built-in that failed.

    The text after the built-in's name is left out: it may quote the document, environment values included.
    """
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = {"message": "the answer is not JSON"}
    if not isinstance(body, dict):
        body = {"message": "the answer is not an object"}
    errors = body.get("errors")
    error = object_of(errors[0] if isinstance(errors, list) and errors else None)
    location = object_of(error.get("location"))
    return EvaluationFailed(
        "a policy failed while OPA evaluated it",
        status=status,
        code=error.get("code") or body.get("code"),
        problem=str(error.get("message") or body.get("message")).partition(":")[0],
        file=location.get("file"),
        row=location.get("row"),
    )
