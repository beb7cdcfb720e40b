"""`evaluate`: the decision on an event or on a recorded document, offline."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from guard.decision import Evaluation
from guard.denylist.deployment import deny_list
from guard.document import Document
from guard.errors import ConfigError, EventError
from guard.normalize import normalize, offline
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from guard.settings import Settings
from guard.sources.events import Ignored, home_of, parse_event


@dataclass(frozen=True)
class Evaluated:
    """A document and the decision on it."""

    document: Document
    evaluation: Evaluation


def evaluate_file(
    event: Path, describe: Path | None, bundle: Path, *, opa: Path, environment: Mapping[str, str]
) -> Evaluated:
    """Return the decision of the bundle on the event, with the deployment's settings of the environment.

    The deny lists of a recorded document are its own. Raises GuardError.
    """
    read = _read_json(event)
    recorded = _recorded(read)
    if recorded is not None and describe is not None:
        raise ConfigError("a recorded document needs no --describe", path=str(event))
    settings = Settings.from_environment({k: v for k, v in environment.items() if k != "GUARD_OPA_PATH"})
    document = recorded or _document(read, _read_json(describe) if describe else None, settings)
    with EmbeddedOpa(
        lambda: OpaProcess(opa, bundle),
        timeout=settings.opa_timeout_seconds,
        start_timeout=settings.opa_start_timeout_seconds,
    ) as engine:
        return Evaluated(document, engine.evaluate(document))


def _document(event: Any, description: Any, settings: Settings) -> Document:
    ref = parse_event(event, home_of(event))
    if isinstance(ref, Ignored):
        raise EventError("the guard ignores this event, so there is no decision", reason=ref.reason)
    if description is not None and not isinstance(description, dict):
        raise ConfigError("the Describe response is not a JSON object")
    denied = deny_list({"processing": settings.processing_containers, "training": settings.training_containers})
    return normalize(ref, offline(ref, description), denied)


def _recorded(read: Any) -> Document | None:
    """Recognize a document, or an object that holds one as `document`."""
    candidate = read.get("document", read) if isinstance(read, dict) else None
    if not isinstance(candidate, dict) or "schema_version" not in candidate:
        return None
    try:
        return Document.model_validate(candidate)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise EventError("the recorded document is outside the contract", field=field, problem=first["msg"]) from exc


def _read_json(path: Path) -> Any:
    try:
        return json.loads(sys.stdin.read() if str(path) == "-" else path.read_text())
    except OSError as exc:
        raise ConfigError("the file can't be read", path=str(path)) from exc
    except (ValueError, RecursionError) as exc:
        raise ConfigError("the file is not JSON", path=str(path), problem=str(exc)) from exc
