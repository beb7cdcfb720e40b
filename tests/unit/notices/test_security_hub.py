"""A finding in the AWS Security Finding Format, whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from guard.errors import NoticeError, StateError
from guard.jobs import BY_KIND
from guard.notices.ends import Ends, NotifiedJobs
from guard.notices.message import summary
from guard.notices.notice import Notice, notice_of
from guard.notices.security_hub import SecurityHubChannel
from guard.record import Outcome
from guard.store import NoStore
from tests.support.fakes import FakeSageMaker
from tests.support.jobs import ACCOUNT, DENIED, REGION
from tests.support.records import ARN, FINDING, denied

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
URL = "https://wiki.example.com/exemptions"


class Remembered:
    """A store in memory; None for one that can't be used."""

    def __init__(self, items: dict[str, Mapping[str, str | int]] | None) -> None:
        self.items = items
        self.expires: list[datetime] = []

    def read(self, item: str) -> Mapping[str, str | int]:
        return self._usable().get(item, {})

    def write(self, item: str, values: Mapping[str, str | int], expires: datetime) -> None:
        self._usable()[item] = values
        self.expires.append(expires)

    def _usable(self) -> dict[str, Mapping[str, str | int]]:
        if self.items is None:
            raise StateError("throttled")
        return self.items


DIGEST = sha256(ARN.encode()).hexdigest()


def _channel(hub: FakeSageMaker, store: Remembered | None = None) -> SecurityHubChannel:
    """The channel, with the state where the test has one."""
    remembered = store or Remembered({})
    return SecurityHubChannel(hub, Ends(remembered), NotifiedJobs(remembered) if store else None, lambda: NOW)


def _imported(outcome: Outcome = Outcome.STOPPED, status: str = "InProgress") -> dict[str, Any]:
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    record = denied(outcome=outcome)
    assert record.document is not None
    job = record.document.job.model_copy(update={"status": status})
    notice = notice_of(replace(record, document=record.document.model_copy(update={"job": job})), URL)
    assert notice is not None
    _channel(hub).give(notice)
    ((_, asked),) = hub.calls
    (finding,) = asked["Findings"]
    return finding


@pytest.mark.parametrize("length", [10, 990, 3000])
def test_a_long_message_leaves_room_for_what_became_of_the_job(length: int) -> None:
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    record = denied(FINDING.model_copy(update={"message": "m" * length}), mode="audit", outcome=Outcome.AUDITED)
    notice = notice_of(record, URL)
    assert notice is not None
    _channel(hub).give(notice)
    ((_, asked),) = hub.calls
    told = asked["Findings"][0]["Description"]
    assert (told[:10], told.endswith(f" {summary(notice)}"), len(told) <= 1024) == ("m" * 10, True, True)


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
    ("outcome", "status", "state"),
    [
        (Outcome.ALREADY_FINISHED, "Completed", "ARCHIVED"),
        (Outcome.ALREADY_FINISHED, "Stopped", "ARCHIVED"),
        (Outcome.ALREADY_FINISHED, "Stopping", "ACTIVE"),
        (Outcome.ALREADY_FINISHED, "InProgress", "ACTIVE"),
        (Outcome.AUDITED, "InProgress", "ACTIVE"),
    ],
    ids=["completed", "stopped", "being stopped", "refused to be stopped", "audited"],
)
def test_the_finding_about_a_job_that_has_ended_is_archived(outcome: Outcome, status: str, state: str) -> None:
    """A job that is stopping may be stopped by another invocation; an event will report its end."""
    assert _imported(outcome, status)["RecordState"] == state


def test_what_is_archived_is_the_whole_finding() -> None:
    told = _imported()
    returned = told | {"RecordState": "ACTIVE", "FirstObservedAt": "x", "Workflow": {"Status": "NEW"}}
    hub = FakeSageMaker(GetFindings={"Findings": [returned]}, BatchImportFindings={"FailedCount": 0})
    _channel(hub).ended(ARN, None)
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
    """For any response of Security Hub."""
    hub = FakeSageMaker(GetFindings={"Findings": [_imported() | change]})
    _channel(hub).ended(ARN, None)
    assert hub.operations() == ["GetFindings"]


def test_a_refused_finding_is_named_with_its_code() -> None:
    failed = [{"Id": "the first", "ErrorCode": "InvalidInput"}, {"Id": "the second", "ErrorCode": "InternalError"}]
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 2, "FailedFindings": failed})
    notice = notice_of(denied(), URL)
    assert notice is not None
    with pytest.raises(NoticeError) as caught:
        _channel(hub).give(notice)
    assert caught.value.evidence == {"finding": "the first", "code": "InvalidInput"}


def test_texts_are_as_long_as_security_hub_takes_them() -> None:
    long = FINDING.model_copy(update={"message": "m" * 1000, "remediation": "r" * 900})
    notice = notice_of(denied(long), URL)
    assert notice is not None
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    named = notice.model_copy(update={"job": notice.job.model_copy(update={"name": "x" * 300})})
    _channel(hub).give(named)
    (finding,) = hub.calls[0][1]["Findings"]
    remedy = finding["Remediation"]["Recommendation"]["Text"]
    assert (len(finding["Title"]), len(finding["Description"]), len(remedy)) == (256, 1024, 512)


def test_a_job_has_one_finding_for_each_rule_with_the_words_of_the_first() -> None:
    again = FINDING.model_copy(update={"message": "another image"})
    other = FINDING.model_copy(update={"rule_id": "region", "message": "far away"})
    notice = notice_of(denied(FINDING, again, other, document=None), URL)
    assert notice is not None
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    _channel(hub).give(notice)
    ((_, asked),) = hub.calls
    found = [
        (finding["GeneratorId"], finding["Description"].partition(" The training job")[0])
        for finding in asked["Findings"]
    ]
    assert found == [("sagemaker-guard/denied_image", FINDING.message), ("sagemaker-guard/region", "far away")]
    assert {finding["CreatedAt"] for finding in asked["Findings"]} == {notice.time.isoformat()}


def test_policies_without_a_revision_have_an_unknown_one() -> None:
    """Security Hub rejects empty texts."""
    record = denied()
    assert record.evaluation is not None
    notice = notice_of(replace(record, evaluation=replace(record.evaluation, revision=None)), URL)
    assert notice is not None
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    _channel(hub).give(notice)
    (finding,) = hub.calls[0][1]["Findings"]
    details = finding["Resources"][0]["Details"]
    assert details == {"Other": {"kind": "training", "outcome": "stopped", "revision": "unknown"}}


def test_a_job_that_nobody_could_decide_on_has_no_finding() -> None:
    notice = notice_of(denied(evaluation=None), URL)
    assert notice is not None
    assert _channel(FakeSageMaker()).give(notice) is None


def test_a_finding_without_a_remedy_says_whom_to_ask() -> None:
    notice = notice_of(denied(FINDING.model_copy(update={"remediation": None})), "")
    assert notice is not None
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    _channel(hub).give(notice)
    (finding,) = hub.calls[0][1]["Findings"]
    assert finding["Remediation"] == {"Recommendation": {"Text": "Ask the team that owns the policies."}}


# A notice after the end of its job


def _notice() -> Notice:
    notice = notice_of(denied(), URL)
    assert notice is not None
    return notice


def _states(hub: FakeSageMaker) -> list[str]:
    imports = [asked["Findings"] for operation, asked in hub.calls if operation == "BatchImportFindings"]
    return [finding["RecordState"] for findings in imports for finding in findings]


def test_a_notice_that_comes_after_the_end_is_archived() -> None:
    store, hub = Remembered({}), FakeSageMaker(GetFindings={"Findings": []}, BatchImportFindings={"FailedCount": 0})
    _channel(hub, store).ended(ARN, NOW)
    _channel(hub, store).give(_notice())
    assert (_states(hub), store.expires) == (["ARCHIVED"], [NOW + timedelta(days=30), NOW + timedelta(days=400)])


@pytest.mark.parametrize(
    ("kind", "after", "state"),
    [
        ("monitoring-schedule", timedelta(seconds=-1), "ACTIVE"),
        ("monitoring-schedule", timedelta(0), "ARCHIVED"),
        ("monitoring-schedule", timedelta(seconds=1), "ARCHIVED"),
        ("training", timedelta(seconds=-1), "ARCHIVED"),
        ("of a later version", timedelta(seconds=-1), "ACTIVE"),
    ],
    ids=["before the decision", "with it", "after it", "of a job that ends once", "of an unknown kind"],
)
def test_a_schedule_that_was_started_again_is_not_at_its_end(kind: str, after: timedelta, state: str) -> None:
    """The event of an end has whole seconds, and may be handled before a delayed notice."""
    notice, hub = _notice(), FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    notice = notice.model_copy(update={"job": notice.job.model_copy(update={"kind": kind})})
    store = Remembered({f"ended#{DIGEST}": {"at": (notice.time + after).isoformat()}})
    _channel(hub, store).give(notice)
    assert _states(hub) == [state]


@pytest.mark.parametrize(
    ("kind", "status", "ended"),
    [
        ("training", "InProgress", False),
        ("training", "Stopping", False),
        ("training", "Completed", True),
        ("compilation", "INPROGRESS", True),
        ("compilation", "STOPPING", False),
        ("compilation", "COMPLETED", True),
    ],
)
def test_a_job_that_refused_to_be_stopped_has_ended_unless_an_event_will_say_so(
    kind: str, status: str, ended: bool
) -> None:
    record = denied(outcome=Outcome.ALREADY_FINISHED)
    assert record.document is not None
    assert record.ref is not None
    job = record.document.job.model_copy(update={"status": status})
    document, ref = record.document.model_copy(update={"job": job}), replace(record.ref, kind=BY_KIND[kind])
    notice = notice_of(replace(record, document=document, ref=ref), URL)
    assert notice is not None
    assert notice.ended is ended


@pytest.mark.parametrize(
    ("outcome", "state"), [("already_finished", "ARCHIVED"), ("stopped", "ACTIVE")], ids=["ended", "stopped"]
)
def test_a_message_of_a_version_without_ended_is_about_a_job_that_had_ended(outcome: str, state: str) -> None:
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    _channel(hub).give(_notice().model_copy(update={"outcome": outcome, "ended": None}))
    assert _states(hub) == [state]


def test_an_end_while_the_notice_is_given_archives_it() -> None:
    store = Remembered({})

    def ends(**_: Any) -> dict[str, int]:
        Ends(store).remember(ARN, NOW)
        return {"FailedCount": 0}

    hub = FakeSageMaker(BatchImportFindings=ends)
    _channel(hub, store).give(_notice())
    assert _states(hub) == ["ACTIVE", "ARCHIVED"]


def test_without_the_state_a_notice_comes() -> None:
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    _channel(hub, Remembered(None)).give(_notice())
    assert _states(hub) == ["ACTIVE"]
    assert Ends(Remembered(None)).has_ended_since(ARN, NOW) is False


def test_an_end_that_can_not_be_remembered_archives_what_is_there_and_fails() -> None:
    hub = FakeSageMaker(GetFindings={"Findings": [_imported()]}, BatchImportFindings={"FailedCount": 0})
    with pytest.raises(StateError):
        _channel(hub, Remembered(None)).ended(ARN, NOW)
    assert _states(hub) == ["ARCHIVED"]


# Which ends query Security Hub


def test_the_end_of_a_job_without_findings_makes_no_call() -> None:
    store, hub = Remembered({}), FakeSageMaker()
    _channel(hub, store).ended(ARN, NOW)
    assert (hub.calls, list(store.items or ())) == ([], [f"ended#{DIGEST}"])


def test_the_end_of_a_job_archives_its_finding() -> None:
    store = Remembered({})
    hub = FakeSageMaker(GetFindings={"Findings": [_imported()]}, BatchImportFindings={"FailedCount": 0})
    _channel(hub, store).give(_notice())
    _channel(hub, store).ended(ARN, NOW)
    assert _states(hub) == ["ACTIVE", "ARCHIVED"]


def test_a_later_notice_archives_the_findings_of_rules_that_do_not_deny_any_more() -> None:
    """In audit mode the job keeps running, and other policies may decide on it."""
    store = Remembered({})
    own, other = _imported(), _imported() | {"Id": f"{ARN}/sagemaker-guard/max_runtime"}
    other["GeneratorId"] = "sagemaker-guard/max_runtime"
    hub = FakeSageMaker(GetFindings={"Findings": [own, other]}, BatchImportFindings={"FailedCount": 0})
    for _ in range(2):
        _channel(hub, store).give(_notice())
    imported = [asked["Findings"] for operation, asked in hub.calls if operation == "BatchImportFindings"]
    assert [[(each["GeneratorId"], each["RecordState"]) for each in findings] for findings in imported] == [
        [("sagemaker-guard/denied_image", "ACTIVE")],
        [("sagemaker-guard/denied_image", "ACTIVE")],
        [("sagemaker-guard/max_runtime", "ARCHIVED")],
    ]


def test_a_first_notice_looks_up_no_findings() -> None:
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    _channel(hub, Remembered({})).give(_notice())
    assert hub.operations() == ["BatchImportFindings"]


def test_an_end_between_the_notice_and_its_import_is_not_missed() -> None:
    """The notice is remembered before the import: an end in between finds no finding, but is noticed afterwards."""
    store = Remembered({})

    def ends(**_: Any) -> dict[str, int]:
        if not any(item.startswith("ended") for item in store.items or ()):
            _channel(hub, store).ended(ARN, NOW)
        return {"FailedCount": 0}

    hub = FakeSageMaker(BatchImportFindings=ends, GetFindings={"Findings": []})
    _channel(hub, store).give(_notice())
    assert (hub.operations().count("GetFindings"), _states(hub)) == (1, ["ACTIVE", "ARCHIVED"])


def test_without_a_table_each_end_looks_up_findings() -> None:
    hub = FakeSageMaker(GetFindings={"Findings": []})
    SecurityHubChannel(hub, Ends(NoStore()), None, lambda: NOW).ended(ARN, NOW)
    assert hub.operations() == ["GetFindings"]
