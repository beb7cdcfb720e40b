"""The decision log's line: chosen fields of bounded length, and none that holds a secret."""

from __future__ import annotations

import io
import json
import logging
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from guard.decision import Decision, Evaluation, Finding, RuleFailure
from guard.document import ImageError
from guard.errors import EvaluationFailed, EventError, StateError, StopError
from guard.jobs import TRAINING
from guard.log.line import LIMIT_BYTES, LineHandler, LineSink, line
from guard.log.sinks import DecisionLog
from guard.record import Outcome, Record
from guard.refs import JobRef
from tests.support.documents import document
from tests.support.events import HOME
from tests.support.jobs import DENIED

FINDING = Finding(
    rule_id="denied_image",
    level="deny",
    level_source="level",
    message="denied",
    remediation="use another",
    details={"config": "x"},
    exempted_by=None,
)
EXEMPTED = FINDING.model_copy(update={"rule_id": "region", "exempted_by": "EX-1"})
STARTED = datetime(2026, 11, 23, 10, 1, tzinfo=UTC)
ARN = f"arn:aws:sagemaker:eu-west-1:{HOME.account}:training-job/train-1"
SUBJECT = document(
    source={"time": "2026-11-23T10:00:00Z"},
    job={"name": "train-1", "arn": ARN},
    tag="1.10-cpu-py38",
    actor=None,
    environment=[{"slot": "Environment", "name": "TOKEN", "value": "s3cret"}],
    hyperparameters=[{"slot": "HyperParameters", "name": "key", "value": "hyp3r"}],
)
REF = JobRef(TRAINING, SUBJECT.job.name, SUBJECT.job.arn, HOME, SUBJECT.source, None, {})
UNJUDGED = Record("decision-1", "event-1", HOME, "enforce", STARTED)
RECORD = replace(
    UNJUDGED,
    ref=REF,
    outcome=Outcome.STOPPED,
    document=SUBJECT,
    evaluation=Evaluation(Decision(decision="deny", findings=(FINDING, EXEMPTED)), "r1", "1.22.2"),
    decided_at=STARTED + timedelta(milliseconds=4),
    finished_at=STARTED + timedelta(microseconds=12345),
)


def _with_findings(*findings: Finding) -> Record:
    return replace(RECORD, evaluation=Evaluation(Decision(decision="deny", findings=findings), "r1", "1.22.2"))


def test_line_of_a_decision() -> None:
    brief = {"level": "deny", "level_source": "level", "message": "denied", "remediation": "use another", "config": "x"}
    assert line(RECORD) == {
        "decision_id": "decision-1",
        "event_id": "event-1",
        "source": "state-change",
        "mode": "enforce",
        "account": HOME.account,
        "region": "eu-west-1",
        "job_arn": ARN,
        "job_kind": "training",
        "decision": "deny",
        "outcome": "stopped",
        "counts": {"images": 1, "findings": {"deny": 1}, "exempted": 1, "failures": 0},
        "rule_ids": ["denied_image"],
        "images": [DENIED],
        "bundle_revision": "r1",
        "opa_version": "1.22.2",
        "event_time": "2026-11-23T10:00:00+00:00",
        "started_at": "2026-11-23T10:01:00+00:00",
        "decided_at": "2026-11-23T10:01:00.004000+00:00",
        "finished_at": "2026-11-23T10:01:00.012345+00:00",
        "milliseconds": 12.3,
        "findings": [
            {"rule_id": "denied_image", **brief, "exempted_by": None},
            {"rule_id": "region", **brief, "exempted_by": "EX-1"},
        ],
    }


def test_line_of_an_ignored_event() -> None:
    ignored = replace(UNJUDGED, outcome=Outcome.IGNORED, reason="an event of aws.ec2")
    assert line(ignored) == {
        "decision_id": "decision-1",
        "event_id": "event-1",
        "mode": "enforce",
        "account": HOME.account,
        "region": "eu-west-1",
        "outcome": "ignored",
        "reason": "an event of aws.ec2",
        "counts": {"images": 0, "findings": {}, "exempted": 0, "failures": 0},
        "rule_ids": [],
        "images": [],
        "started_at": "2026-11-23T10:01:00+00:00",
        "milliseconds": 0.0,
        "findings": [],
    }


def test_a_record_that_is_being_acted_on_has_no_outcome() -> None:
    fields = line(replace(RECORD, outcome=None, finished_at=None))
    assert ("outcome" in fields, fields["decision"], fields["milliseconds"]) == (False, "deny", 4.0)


def test_failures_are_shown_with_their_evidence_and_cause() -> None:
    error = StopError("refused", job="j", tries=3)
    error.__cause__ = ValueError("why")
    rule = RuleFailure("region", EvaluationFailed("a policy failed", file="x.rego"))
    fields = line(replace(RECORD, failures=(error,), rule_failures=(rule,)))
    assert fields["failures"] == [
        {
            "error": "StopError",
            "message": "refused",
            "evidence": {"job": "j", "tries": 3},
            "cause": "ValueError('why')",
        }
    ]
    assert fields["failed_rules"] == [
        {
            "rule_id": "region",
            "error": "EvaluationFailed",
            "message": "a policy failed",
            "evidence": {"file": "x.rego"},
        }
    ]


def test_an_unknown_image_is_shown_by_its_reason() -> None:
    image = SUBJECT.images[0].model_copy(
        update={"raw": None, "error": ImageError(code="not-found", message="the model is gone")}
    )
    missing = SUBJECT.model_copy(update={"images": (image,)})
    assert line(replace(RECORD, document=missing))["images"] == ["<not-found>"]


def test_credentials_in_a_reference_are_not_logged() -> None:
    image = SUBJECT.images[0].model_copy(update={"raw": "user:hunter2@host.example/repo:1"})
    fields = line(replace(RECORD, document=SUBJECT.model_copy(update={"images": (image,)})))
    assert fields["images"] == ["***@host.example/repo:1"]


def test_values_of_environment_and_hyperparameters_are_not_logged() -> None:
    text = json.dumps(line(RECORD))
    assert "s3cret" not in text
    assert "hyp3r" not in text


LONG = "\N{PILE OF POO}" * 30_000


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(_with_findings(*[FINDING.model_copy(update={"message": LONG})] * 500), id="findings"),
        pytest.param(
            replace(
                RECORD,
                document=SUBJECT.model_copy(
                    update={
                        "images": tuple(SUBJECT.images[0].model_copy(update={"raw": f"{n}{LONG}"}) for n in range(200))
                    }
                ),
            ),
            id="images",
        ),
        pytest.param(
            replace(RECORD, failures=(StopError(LONG, **{f"e{n}": LONG for n in range(50)}),) * 50), id="errors"
        ),
        pytest.param(
            replace(
                _with_findings(*[FINDING.model_copy(update={"message": LONG, "remediation": LONG})] * 300),
                failures=(StopError(LONG, **{f"e{n}": LONG for n in range(6)}),) * 100,
                warnings=(StateError(LONG, **{f"e{n}": LONG for n in range(6)}),) * 100,
            ),
            id="findings, errors and warnings",
        ),
        pytest.param(
            replace(RECORD, rule_failures=(RuleFailure("region", EvaluationFailed(LONG, problem=LONG)),) * 99),
            id="rules",
        ),
        pytest.param(replace(RECORD, reason=LONG, event_id=LONG, ref=replace(REF, arn=LONG)), id="texts"),
        pytest.param(replace(UNJUDGED, failures=(EventError("no text", value=[LONG] * 9),)), id="unreadable event"),
    ],
)
def test_a_line_has_a_greatest_length(record) -> None:
    written = _logged(record)
    assert len(written.encode()) <= LIMIT_BYTES
    assert json.loads(written)["outcome" if record.outcome else "decision_id"]


@pytest.mark.parametrize("extra", range(1000, 1500, 40))
def test_a_line_leaves_room_for_what_the_logger_adds(extra: int) -> None:
    """The fields alone are about as long as a line may be."""
    texts = ["x" * extra, *["x" * 1990] * 32]
    images = tuple(SUBJECT.images[0].model_copy(update={"raw": f"{n:02}{text}"}) for n, text in enumerate(texts))
    written = _logged(replace(UNJUDGED, document=SUBJECT.model_copy(update={"images": images})))
    assert len(written.encode()) <= LIMIT_BYTES


def test_verdict_outcome_and_exact_counts_survive_the_cut() -> None:
    many = [FINDING.model_copy(update={"message": f"{number} {LONG}"}) for number in range(3000)]
    fields = line(_with_findings(*many, *[EXEMPTED] * 2000))
    assert (fields["decision"], fields["outcome"], fields["images"]) == ("deny", "stopped", [DENIED])
    assert fields["counts"] == {"images": 1, "findings": {"deny": 3000}, "exempted": 2000, "failures": 0}


def test_a_cut_text_has_the_length_of_the_whole() -> None:
    fields = line(_with_findings(FINDING.model_copy(update={"message": "x" * 2001})))
    assert fields["findings"][0]["message"] == "x" * 2000 + "... (2,001 characters)"


def test_a_text_of_the_greatest_length_is_whole() -> None:
    fields = line(_with_findings(FINDING.model_copy(update={"message": "x" * 2000})))
    assert fields["findings"][0]["message"] == "x" * 2000


def test_the_line_has_the_caller_if_known() -> None:
    arn = "arn:aws:sts::111122223333:assumed-role/Analyst/ann"
    actor = document(actor={"type": "AssumedRole", "arn": arn}).actor
    told = line(replace(RECORD, document=SUBJECT.model_copy(update={"actor": actor})))
    assert (told["actor"], "actor" in line(RECORD), "actor" in line(UNJUDGED)) == (arn, False, False)


def test_the_findings_that_count_come_first() -> None:
    warning = FINDING.model_copy(update={"level": "warn", "rule_id": "aaa"})
    fields = line(_with_findings(EXEMPTED, warning, FINDING))
    assert [f["rule_id"] for f in fields["findings"]] == ["denied_image", "aaa", "region"]


def _logged(record: Record) -> str:
    """What Powertools' logger writes for the record."""
    out = io.StringIO()
    # Loggers of one name share the stream of the first.
    LineSink(Logger(service=uuid.uuid4().hex, level="INFO", stream=out)).write(record)
    return out.getvalue().strip()


class _Full(io.StringIO):
    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_line_that_cannot_be_written_is_a_failure_of_the_sink() -> None:
    """Otherwise a job would be stopped without a logged reason."""
    logger = Logger(service=uuid.uuid4().hex, level="INFO", logger_handler=LineHandler(_Full()))
    (failure,) = DecisionLog(LineSink(logger)).write(RECORD)
    assert (failure.evidence["sink"], failure.evidence["decision_id"]) == ("line", "decision-1")
    assert isinstance(failure.__cause__, OSError)


def test_a_record_is_one_line_of_the_log() -> None:
    out = io.StringIO()
    logger: Any = logging.Logger("test")
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(message)s %(outcome)s %(decision)s"))
    logger.addHandler(handler)
    LineSink(logger).write(RECORD)
    assert out.getvalue() == "decision stopped deny\n"
