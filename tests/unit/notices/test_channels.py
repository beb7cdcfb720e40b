"""The complete request of each channel, and the handling of refusals."""

from __future__ import annotations

from typing import Any

import pytest

from guard.errors import NoticeError
from guard.notices.channels import EventsChannel, TagsChannel, TopicChannel
from guard.notices.message import subject, text
from guard.notices.notice import Notice, notice_of
from guard.record import Outcome
from tests.support.fakes import FakeSageMaker, refused
from tests.support.jobs import ACCOUNT
from tests.support.records import ARN, FINDING, denied

TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:denied"
OTHER = FINDING.model_copy(update={"rule_id": "max_runtime", "message": "It may run for 9 hours!"})


def _notice(*findings: Any, **changes: Any) -> Notice:
    notice = notice_of(denied(*findings, **changes), "https://wiki.example.com/exemptions")
    assert notice is not None
    return notice


def test_the_topic_gets_the_words_and_what_a_subscription_may_choose_by() -> None:
    notice, sns = _notice(), FakeSageMaker(Publish={})
    assert TopicChannel(sns, TOPIC).give(notice) is None
    assert sns.calls == [
        (
            "Publish",
            {
                "TopicArn": TOPIC,
                "Subject": subject(notice),
                "Message": text(notice),
                "MessageAttributes": {
                    "mode": {"DataType": "String", "StringValue": "enforce"},
                    "outcome": {"DataType": "String", "StringValue": "stopped"},
                    "job_kind": {"DataType": "String", "StringValue": "training"},
                    "account": {"DataType": "String", "StringValue": ACCOUNT},
                },
            },
        )
    ]


def test_the_bus_gets_the_notice_and_the_job_as_its_resource() -> None:
    notice, events = _notice(), FakeSageMaker(PutEvents={"FailedEntryCount": 0})
    assert EventsChannel(events, "team-bus").give(notice) is None
    assert events.calls == [
        (
            "PutEvents",
            {
                "Entries": [
                    {
                        "Source": "sagemaker-guard",
                        "DetailType": "SageMaker Guard Decision",
                        "Detail": notice.model_dump_json(),
                        "Resources": [ARN],
                        "EventBusName": "team-bus",
                    }
                ]
            },
        )
    ]


def test_a_bus_that_takes_nothing_is_named_with_its_code() -> None:
    entries = [{"ErrorCode": "ThrottlingException", "ErrorMessage": "later"}]
    events = FakeSageMaker(PutEvents={"FailedEntryCount": 1, "Entries": entries})
    with pytest.raises(NoticeError) as caught:
        EventsChannel(events, "team-bus").give(_notice())
    assert caught.value.evidence == {"bus": "team-bus", "code": "ThrottlingException"}


@pytest.mark.parametrize(
    ("notice", "decision", "rules", "reason"),
    [
        pytest.param(
            _notice(OTHER, FINDING), "deny", "denied_image max_runtime", "It may run for 9 hours", id="two rules"
        ),
        pytest.param(
            _notice(OTHER, mode="audit", outcome=Outcome.AUDITED),
            "deny - audit only",
            "max_runtime",
            "It may run for 9 hours",
            id="audit",
        ),
        pytest.param(
            _notice(evaluation=None, reason="no decision for 30 minutes"),
            "undecided",
            "",
            "no decision for 30 minutes",
            id="undecided",
        ),
        pytest.param(_notice(evaluation=None, reason=None), "undecided", "", "", id="undecided nobody knows why"),
        pytest.param(
            _notice(OTHER.model_copy(update={"message": "m" * 256})), "deny", "max_runtime", "m" * 256, id="just fits"
        ),
        pytest.param(
            _notice(OTHER.model_copy(update={"message": "m" * 257})),
            "deny",
            "max_runtime",
            "m" * 253 + "...",
            id="too long",
        ),
    ],
)
def test_a_job_is_tagged_with_decision_rules_and_reason(notice: Notice, decision: str, rules: str, reason: str) -> None:
    sagemaker = FakeSageMaker(AddTags={})
    assert TagsChannel(sagemaker).give(notice) is None
    ((operation, asked),) = sagemaker.calls
    assert (operation, asked) == (
        "AddTags",
        {
            "ResourceArn": ARN,
            "Tags": [
                {"Key": "guard:decision", "Value": decision},
                {"Key": "guard:rules", "Value": rules},
                {"Key": "guard:reason", "Value": reason},
                {"Key": "guard:decision-id", "Value": "decision-1"},
            ],
        },
    )


def test_a_job_that_takes_no_tags_says_so() -> None:
    sagemaker = FakeSageMaker(AddTags=refused("ValidationException", "not taggable"))
    assert TagsChannel(sagemaker).give(_notice()) == "ValidationException: the job takes no tags"
