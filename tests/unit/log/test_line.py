"""The decision log's line: chosen fields, and none that holds a secret."""

from __future__ import annotations

import io
import json
import logging

from guard.decision import Decision, Evaluation, Finding
from guard.record import LogJournal, Outcome, Record, line
from tests.support.documents import DENIED, document

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
EVALUATION = Evaluation(Decision(decision="deny", findings=(FINDING, EXEMPTED)), "r1", "1.22.2")


def _record(**changes: object) -> Record:
    subject = document(
        tag="1.10-cpu-py38",
        environment=[{"slot": "Environment", "name": "TOKEN", "value": "s3cret"}],
        hyperparameters=[{"slot": "HyperParameters", "name": "key", "value": "hyp3r"}],
    )
    fields = {"document": subject, "evaluation": EVALUATION, "job_arn": subject.job.arn, "job_kind": "training"}
    return Record("event-1", Outcome.STOPPED, milliseconds=12.345, **(fields | changes))


def test_line_of_a_decision() -> None:
    assert line(_record()) == {
        "event_id": "event-1",
        "job_arn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/train-1",
        "job_kind": "training",
        "outcome": "stopped",
        "decision": "deny",
        "rule_ids": ["denied_image"],
        "findings": [
            {
                "rule_id": "denied_image",
                "level": "deny",
                "level_source": "level",
                "message": "denied",
                "remediation": "use another",
                "config": "x",
                "exempted_by": None,
            },
            {
                "rule_id": "region",
                "level": "deny",
                "level_source": "level",
                "message": "denied",
                "remediation": "use another",
                "config": "x",
                "exempted_by": "EX-1",
            },
        ],
        "images": [DENIED],
        "bundle_revision": "r1",
        "opa_version": "1.22.2",
        "milliseconds": 12.3,
    }


def test_line_of_an_ignored_event() -> None:
    assert line(Record("event-1", Outcome.IGNORED, reason="an event of aws.ec2")) == {
        "event_id": "event-1",
        "outcome": "ignored",
        "reason": "an event of aws.ec2",
        "rule_ids": [],
        "findings": [],
        "images": [],
        "milliseconds": 0.0,
    }


def test_values_of_environment_and_hyperparameters_are_not_logged() -> None:
    text = json.dumps(line(_record()))
    assert "s3cret" not in text
    assert "hyp3r" not in text


def test_a_record_is_one_line_of_the_log() -> None:
    out = io.StringIO()
    logger = logging.Logger("test")
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(message)s %(outcome)s %(decision)s"))
    logger.addHandler(handler)
    LogJournal(logger).write(_record())
    assert out.getvalue() == "decision stopped deny\n"
