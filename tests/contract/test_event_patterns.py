"""EventBridge delivers an event exactly when `parse_event` doesn't ignore it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from guard.errors import EventError
from guard.jobs import JOB_KINDS, JobKind
from guard.sources.events import API_DETAIL_TYPES, Ignored, parse_event
from tests.support.cloudformation import of_type, rendered
from tests.support.jobs import ACCOUNT, HOME, REGION

RULES = of_type(rendered(), "AWS::Events::Rule")
PATTERNS = {name: json.dumps(rule["EventPattern"]) for name, rule in RULES.items() if "EventPattern" in rule}
STATE_CHANGES = [row for row in JOB_KINDS if row.detail_type]
CALLS = [
    pytest.param(row, operation, id=operation)
    for row in JOB_KINDS
    for operation in (*row.create_operations, *row.update_operations)
]
NO_FIELD = object()


def matching(event: dict[str, Any]) -> list[str]:
    return [name for name, pattern in PATTERNS.items() if EventPattern.load(pattern).matches_event(event)]


def wanted(event: dict[str, Any]) -> bool:
    """Return whether the guard handles the event, or fails on it so that it is kept."""
    try:
        return not isinstance(parse_event(event, HOME), Ignored)
    except EventError:
        return True


def enveloped(detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "event-1",
        "source": "aws.sagemaker",
        "account": ACCOUNT,
        "region": REGION,
        "time": "2026-11-23T10:00:00Z",
        "detail-type": detail_type,
        "detail": {name: value for name, value in detail.items() if value is not NO_FIELD},
    }


def state_change(row: JobKind, status: object) -> dict[str, Any]:
    assert row.detail_type is not None
    detail = {row.name_field: "job", row.status_field: status, "SecondaryStatus": "Starting"}
    return enveloped(row.detail_type, detail)


def api_call(row: JobKind, operation: str, detail_type: str = "AWS API Call via CloudTrail", **detail: Any) -> Any:
    field = row.name_field[:1].lower() + row.name_field[1:]
    known = {"eventSource": "sagemaker.amazonaws.com", "eventName": operation, "requestParameters": {field: "job"}}
    return enveloped(detail_type, known | detail)


def statuses(row: JobKind) -> list[object]:
    """Return every status of the kind, also in upper case, and values that no API reference lists."""
    known = sorted(row.running | row.stopping | row.ended)
    near = [f"{status}Soon" for status in sorted(row.stopping | row.ended)] + ["Un", "InProgressAgain", "Restarting"]
    return [*known, *map(str.upper, known), *near, "", None, NO_FIELD]


@pytest.mark.parametrize("row", STATE_CHANGES, ids=lambda row: row.id)
def test_a_state_change_is_delivered_once_unless_the_guard_ignores_it(row: JobKind) -> None:
    events = {str(status): state_change(row, status) for status in statuses(row)}
    delivered = {status: len(matching(event)) for status, event in events.items()}
    assert delivered == {status: int(wanted(event)) for status, event in events.items()}, (
        f"the rules of template.yml and the row {row.id} of guard/jobs.py disagree on a status"
    )


@pytest.mark.parametrize("row", STATE_CHANGES, ids=lambda row: row.id)
def test_a_future_status_is_delivered_and_an_ended_one_is_not(row: JobKind) -> None:
    """In the comparison above, both sides could be wrong in the same way."""
    assert len(matching(state_change(row, "Resuming"))) == 1
    assert {len(matching(state_change(row, status))) for status in row.stopping | row.ended} == {0}


def test_the_status_field_of_another_kind_is_ignored() -> None:
    """A stopped job's event stays undelivered even if it has another kind's status field with a running status."""
    for row in STATE_CHANGES:
        event = state_change(row, "Stopped")
        event["detail"] |= {other.status_field: "InProgress" for other in STATE_CHANGES if other is not row}
        assert matching(event) == []


@pytest.mark.parametrize("secondary", ["Starting", "Pending", "Downloading", "Training", "Interrupted", None])
def test_the_secondary_status_is_ignored(secondary: str | None) -> None:
    event = state_change(JOB_KINDS[0], "InProgress")
    event["detail"]["SecondaryStatus"] = secondary
    assert matching(event) == ["TrainingRule"]


def test_training_and_processing_have_a_rule_each() -> None:
    assert [matching(state_change(row, "InProgress")) for row in JOB_KINDS[:2]] == [
        ["TrainingRule"],
        ["ProcessingRule"],
    ]


@pytest.mark.parametrize(("row", "operation"), CALLS)
@pytest.mark.parametrize("detail_type", sorted(API_DETAIL_TYPES))
def test_every_call_that_creates_or_changes_a_job_reaches_the_guard(
    row: JobKind, operation: str, detail_type: str
) -> None:
    delivered = matching(api_call(row, operation, detail_type))
    assert delivered == ["CloudTrailRule"], f"add {operation} to eventName of CloudTrailRule in template.yml"


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param({}, id="a call"),
        pytest.param({"errorCode": None}, id="a null error"),
        pytest.param({"errorCode": ""}, id="an empty error"),
        pytest.param({"errorCode": "AccessDenied"}, id="a failed call"),
        pytest.param({"eventSource": "sagemaker.amazonaws.com.cn"}, id="China"),
        pytest.param({"eventSource": "sagemaker.amazonaws.com.cn", "errorCode": "AccessDenied"}, id="failed in China"),
        pytest.param({"eventSource": "ec2.amazonaws.com"}, id="another service"),
        pytest.param({"eventSource": "sagemaker.amazonaws.com.example"}, id="another domain"),
        pytest.param({"eventName": "CreateModel"}, id="another call"),
        pytest.param({"eventName": "DeleteTrainingJob"}, id="the end of a job"),
        pytest.param({"requestParameters": None}, id="without parameters"),
    ],
)
def test_a_call_is_delivered_unless_the_guard_ignores_it(detail: dict[str, Any]) -> None:
    event = api_call(JOB_KINDS[0], "CreateTrainingJob", **detail)
    assert len(matching(event)) == int(wanted(event)), (
        "CloudTrailRule in template.yml and guard/sources/events.py disagree"
    )


def test_a_failed_call_is_not_delivered_and_one_without_an_error_is() -> None:
    codes = {"AccessDenied": 0, "": 1, None: 1}
    assert {code: len(matching(api_call(JOB_KINDS[0], "CreateTrainingJob", errorCode=code))) for code in codes} == codes


def test_no_other_call_reaches_the_guard() -> None:
    known = {operation for row in JOB_KINDS for operation in (*row.create_operations, *row.update_operations)}
    listed = RULES["CloudTrailRule"]["EventPattern"]["detail"]["eventName"]
    differ = set(listed) ^ known
    assert not differ, (
        f"CloudTrailRule in template.yml and guard/jobs.py differ in {sorted(differ)}: correct the template"
    )


@pytest.mark.parametrize(
    "change",
    [{"source": "aws.ec2"}, {"detail-type": "SageMaker Endpoint State Change"}],
    ids=["another service", "another detail-type"],
)
def test_an_unrelated_event_is_not_delivered(change: dict[str, Any]) -> None:
    event = state_change(JOB_KINDS[0], "InProgress") | change
    assert (matching(event), wanted(event)) == ([], False)
