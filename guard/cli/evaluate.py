"""`evaluate`: the decision on an event or a recorded document, offline."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from guard.authoring.config_check import check_config
from guard.authoring.diagnostics import errors
from guard.authoring.layout import CONFIG
from guard.authoring.opa import Opa
from guard.authoring.reads import rules_that_read
from guard.cli.recorded import Recorded, recorded
from guard.decision import Decision, Evaluation, Verdict, verdict
from guard.denylist.deployment import deny_list
from guard.document import Document
from guard.errors import ConfigError, GuardError, IgnoredEvent, OpaStartError, SchemaMismatch
from guard.jobs import JOB_KINDS
from guard.normalize import normalize, offline
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from guard.refs import JobRef
from guard.settings import Settings
from guard.sources.events import Ignored, home_of, parse_event
from guard.times import utc_now

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Evaluated:
    """A document and the decision on it, without the findings of `undecided` rules, which read fields that a record hides."""

    document: Document
    evaluation: Evaluation
    undecided: tuple[str, ...] = ()

    @property
    def decision(self) -> Verdict | None:
        """The verdict; None if rules are undecided, unless the others deny the job."""
        verdict = self.evaluation.decision.decision
        return None if self.undecided and verdict != "deny" else verdict


class Evaluator:
    """Evaluates documents with one bundle and a local OPA; a context manager."""

    def __init__(self, bundle: Path, *, opa: Path, environment: Mapping[str, str]) -> None:
        """Read the deployment's settings from the environment. Raises ConfigError, also for a folder that can't be built."""
        # GUARD_OPA_PATH is for this machine only: it doesn't count towards the size limit of the function's environment.
        self._settings = Settings.from_environment({k: v for k, v in environment.items() if k != "GUARD_OPA_PATH"})
        self._bundle, self._opa = bundle, Opa(opa, Path.cwd())
        if not bundle.exists():
            text = "the bundle or policies folder doesn't exist: run this in the repository, or give --bundle"
            raise ConfigError(text, path=str(bundle))
        if bundle.is_dir():
            _check_policies(self._opa, bundle)
        self._engine = EmbeddedOpa(
            lambda: OpaProcess(opa, bundle),
            timeout=self._settings.opa_timeout_seconds,
            start_timeout=self._settings.opa_start_timeout_seconds,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._engine.close()

    def evaluate(self, event: Path, describe: Path | None) -> Evaluated:
        """Return the decision on an event, or on a recorded document, which keeps the deny lists that it was recorded with.

        Raises GuardError, with the path in its evidence.
        """
        try:
            return self._evaluated(event, describe)
        except (OpaStartError, SchemaMismatch) as exc:
            exc.evidence.setdefault("path", str(self._bundle))
            raise
        except GuardError as exc:
            exc.evidence.setdefault("path", str(event))
            raise

    def _evaluated(self, event: Path, describe: Path | None) -> Evaluated:
        read = _read_json(event)
        known = recorded(read)
        if known is not None and describe is not None:
            raise ConfigError("--describe can't be combined with a recorded document")
        known = known or Recorded(_document(read, describe, self._settings))
        evaluation = self._engine.evaluate(known.document)
        undecided: tuple[str, ...] = ()
        if known.hidden:
            rule_ids = self._engine.rule_ids(self._settings.opa_timeout_seconds)
            undecided = rules_that_read(self._opa, self._bundle, rule_ids, known.hidden)
        return Evaluated(known.document, _without(evaluation, undecided), undecided)


def evaluate_file(
    event: Path, describe: Path | None, bundle: Path, *, opa: Path, environment: Mapping[str, str]
) -> Evaluated:
    """Return the bundle's decision on the event. Raises GuardError."""
    with Evaluator(bundle, opa=opa, environment=environment) as evaluator:
        return evaluator.evaluate(event, describe)


def _check_policies(opa: Opa, policies: Path) -> None:
    if not (policies / CONFIG).exists():
        raise ConfigError("not a folder of policies: it has no guard/config/data.yaml", path=str(policies))
    broken = errors(check_config(opa, policies, utc_now().date()))
    if broken:
        listed = "\n".join(str(problem) for problem in broken)
        raise ConfigError(f"the policies have errors, so no bundle can be built; run `make check`:\n{listed}")


def _without(evaluation: Evaluation, rule_ids: tuple[str, ...]) -> Evaluation:
    findings = tuple(finding for finding in evaluation.decision.findings if finding.rule_id not in rule_ids)
    return replace(evaluation, decision=Decision(decision=verdict(findings), findings=findings))


def _document(event: Any, describe: Path | None, settings: Settings) -> Document:
    if isinstance(event, dict) and any(kind.arn_field in event for kind in JOB_KINDS):
        raise ConfigError("this is a Describe response: give the job's event, and this file with --describe")
    ref = parse_event(event, home_of(event))
    if isinstance(ref, Ignored):
        raise IgnoredEvent("the guard ignores this event, so there is no decision", reason=ref.reason)
    description = _description(describe, ref) if describe else None
    denied = deny_list({"processing": settings.processing_containers, "training": settings.training_containers})
    return normalize(ref, offline(ref, description), denied)


def _description(file: Path, ref: JobRef) -> dict[str, Any]:
    """Read the job's Describe response. Reject a file with neither ARN nor name: it would pass for a job without images."""
    description = _read_json(file)
    if not isinstance(description, dict):
        raise ConfigError("the Describe response is not a JSON object", path=str(file))
    if not ref.kind.described(description).keys() & {ref.kind.arn_field, *ref.identifiers}:
        text = f"the file is not a {ref.kind.describe_operation} response: it has no {ref.kind.arn_field}"
        raise ConfigError(text, path=str(file))
    return description


def _read_json(path: Path) -> Any:
    try:
        # Read bytes: records are gzipped, and JSON's encoding is detected from its bytes, independent of the terminal's.
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return json.loads(gzip.decompress(content) if content.startswith(_GZIP) else content)
    except (OSError, EOFError, zlib.error) as exc:
        problem = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise ConfigError("the file can't be read", path=str(path), problem=problem) from exc
    except (ValueError, RecursionError) as exc:
        raise ConfigError("the file is not JSON", path=str(path), problem=str(exc)) from exc
