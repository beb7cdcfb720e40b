"""A finding in the AWS Security Finding Format, whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from guard.errors import NoticeError
from guard.notices.notice import notice_of
from guard.notices.security_hub import SecurityHubChannel
from guard.record import Outcome
from tests.support.fakes import FakeSageMaker
from tests.support.jobs import ACCOUNT, DENIED, REGION
from tests.support.records import ARN, FINDING, denied

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
URL = "https://wiki.example.com/exemptions"


def _imported(outcome: Outcome = Outcome.STOPPED) -> dict[str, Any]:
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    notice = notice_of(denied(outcome=outcome), URL)
    assert notice is not None
    SecurityHubChannel(hub, lambda: NOW).give(notice)
    ((_, asked),) = hub.calls
    (finding,) = asked["Findings"]
    return finding


def test_the_finding_about_a_stopped_job() -> None:
    finding = _imported()
    description = finding.pop("Description")
    assert description.startswith(f"The image {DENIED} is on the deny list: out of support. ")
    assert finding == {
        "SchemaVersion": "2018-10-08",
        "Id": f"{ARN}/sagemaker-guard/denied_image",
        "ProductArn": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default",
        "GeneratorId": "sagemaker-guard/denied_image",
        "AwsAccountId": ACCOUNT,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": "2026-11-23T10:00:00+00:00",
        "UpdatedAt": "2026-11-23T12:00:00+00:00",
        "Severity": {"Label": "HIGH"},
        "Title": "SageMaker training job churn-42: denied_image",
        "Remediation": {"Recommendation": {"Text": "Use a current image.", "Url": URL}},
        "Resources": [
            {
                "Type": "Other",
                "Id": ARN,
                "Partition": "aws",
                "Region": REGION,
                "Details": {"Other": {"kind": "training", "outcome": "stopped", "revision": "r1"}},
            }
        ],
        "Compliance": {"Status": "FAILED"},
        "RecordState": "ACTIVE",
    }


@pytest.mark.parametrize(
    ("outcome", "state"), [(Outcome.ALREADY_FINISHED, "ARCHIVED"), (Outcome.AUDITED, "ACTIVE")], ids=str
)
def test_the_finding_about_a_job_that_has_ended_is_archived(outcome: Outcome, state: str) -> None:
    assert _imported(outcome)["RecordState"] == state


def test_what_is_archived_is_the_whole_finding() -> None:
    told = _imported()
    returned = told | {"RecordState": "ACTIVE", "FirstObservedAt": "x", "Workflow": {"Status": "NEW"}}
    hub = FakeSageMaker(GetFindings={"Findings": [returned]}, BatchImportFindings={"FailedCount": 0})
    SecurityHubChannel(hub, lambda: NOW).ended(ARN)
    filters = {
        "ResourceId": [{"Value": ARN, "Comparison": "EQUALS"}],
        "GeneratorId": [{"Value": "sagemaker-guard/", "Comparison": "PREFIX"}],
        "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
    }
    assert hub.calls == [
        ("GetFindings", {"Filters": filters, "MaxResults": 100}),
        (
            "BatchImportFindings",
            {"Findings": [told | {"RecordState": "ARCHIVED", "UpdatedAt": NOW.isoformat()}]},
        ),
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"GeneratorId": "another-tool/denied_image"}, id="of another tool"),
        pytest.param({"Resources": [{"Id": f"{ARN}-2"}]}, id="about another job"),
    ],
)
def test_what_is_not_the_guards_finding_about_the_job_is_left(change: dict[str, Any]) -> None:
    """Whatever Security Hub returned."""
    hub = FakeSageMaker(GetFindings={"Findings": [_imported() | change]})
    SecurityHubChannel(hub, lambda: NOW).ended(ARN)
    assert hub.operations() == ["GetFindings"]


def test_a_refused_finding_is_named_with_its_code() -> None:
    failed = [{"Id": "the first", "ErrorCode": "InvalidInput"}, {"Id": "the second", "ErrorCode": "InternalError"}]
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 2, "FailedFindings": failed})
    notice = notice_of(denied(), URL)
    assert notice is not None
    with pytest.raises(NoticeError) as caught:
        SecurityHubChannel(hub, lambda: NOW).give(notice)
    assert caught.value.evidence == {"finding": "the first", "code": "InvalidInput"}


def test_texts_are_as_long_as_security_hub_takes_them() -> None:
    long = FINDING.model_copy(update={"message": "m" * 1000, "remediation": "r" * 900})
    notice = notice_of(denied(long), URL)
    assert notice is not None
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    named = notice.model_copy(update={"job": notice.job.model_copy(update={"name": "x" * 300})})
    SecurityHubChannel(hub, lambda: NOW).give(named)
    (finding,) = hub.calls[0][1]["Findings"]
    remedy = finding["Remediation"]["Recommendation"]["Text"]
    assert (len(finding["Title"]), len(finding["Description"]), len(remedy)) == (256, 1024, 512)


def test_a_job_has_one_finding_for_each_rule_with_the_words_of_the_first() -> None:
    again = FINDING.model_copy(update={"message": "another image"})
    other = FINDING.model_copy(update={"rule_id": "region", "message": "far away"})
    notice = notice_of(denied(FINDING, again, other, document=None), URL)
    assert notice is not None
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    SecurityHubChannel(hub, lambda: NOW).give(notice)
    ((_, asked),) = hub.calls
    found = [
        (finding["GeneratorId"], finding["Description"].partition(" The training job")[0])
        for finding in asked["Findings"]
    ]
    assert found == [("sagemaker-guard/denied_image", FINDING.message), ("sagemaker-guard/region", "far away")]
    assert {finding["CreatedAt"] for finding in asked["Findings"]} == {notice.time.isoformat()}


def test_policies_without_a_revision_are_told_as_an_empty_text() -> None:
    """Security Hub takes texts only."""
    record = denied()
    assert record.evaluation is not None
    notice = notice_of(replace(record, evaluation=replace(record.evaluation, revision=None)), URL)
    assert notice is not None
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    SecurityHubChannel(hub, lambda: NOW).give(notice)
    (finding,) = hub.calls[0][1]["Findings"]
    details = finding["Resources"][0]["Details"]
    assert details == {"Other": {"kind": "training", "outcome": "stopped", "revision": ""}}


def test_a_job_that_nobody_could_decide_on_has_no_finding() -> None:
    notice = notice_of(denied(evaluation=None), URL)
    assert notice is not None
    assert SecurityHubChannel(FakeSageMaker(), lambda: NOW).give(notice) is None


def test_a_finding_without_a_remedy_says_whom_to_ask() -> None:
    notice = notice_of(denied(FINDING.model_copy(update={"remediation": None})), "")
    assert notice is not None
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    SecurityHubChannel(hub, lambda: NOW).give(notice)
    (finding,) = hub.calls[0][1]["Findings"]
    assert finding["Remediation"] == {"Recommendation": {"Text": "Ask the team that owns the policies."}}
