"""The template's resources for records and notices: buckets, queues, rules, and the rights for each."""

from __future__ import annotations

import json

import pytest
from moto.events.models import EventPattern

from guard.jobs import JOB_KINDS, JobKind
from guard.notices.channels import tags
from guard.notices.notice import notice_of
from guard.notices.queue_messages import MARK, messages
from tests.support.cloudformation import actions, of_type, rendered
from tests.support.records import denied

RESOURCES = rendered()
FUNCTIONS = ("Function", "SweepFunction")
FUNCTION = RESOURCES["Function"]["Properties"]


def test_without_a_record_bucket_there_are_no_resources_and_rights_for_it() -> None:
    assert {"RecordPolicy", "Records", "RecordsBucketPolicy"} & RESOURCES.keys() == set()


def test_records_in_an_existing_bucket_are_encrypted_with_the_records_key() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
    resources = rendered(RecordBucket="audit-logs", RecordKeyArn=key)
    for name in FUNCTIONS:
        variables = resources[name]["Properties"]["Environment"]["Variables"]
        assert (variables["GUARD_RECORD_BUCKET"], variables["GUARD_RECORD_KEY_ARN"]) == ("audit-logs", key)


def test_the_record_bucket_is_private_encrypted_versioned_and_outlives_the_stack() -> None:
    resources = rendered(RecordBucket="create", RecordRetentionDays="400")
    bucket = resources["Records"]["Properties"]
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert [rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"]] == ["400"]
    assert {resources[name]["DeletionPolicy"] for name in ("Records", "RecordsBucketPolicy")} == {"Retain"}
    (statement,) = resources["RecordsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


NOTICES = {
    "NoticeTags": "enabled",
    "NoticeTopicArn": "arn:aws:sns:eu-west-1:123456789012:denied",
    "NoticeBus": "default",
    "SecurityHub": "enabled",
}


@pytest.mark.parametrize(
    ("parameter", "granted"),
    [
        ("NoticeTags", {"sagemaker:AddTags"}),
        ("NoticeTopicArn", {"sns:Publish"}),
        ("NoticeBus", {"events:PutEvents"}),
        ("SecurityHub", {"securityhub:BatchImportFindings", "securityhub:GetFindings"}),
    ],
)
def test_a_channel_adds_only_its_own_rights(parameter: str, granted: set[str]) -> None:
    resources = rendered(**{parameter: NOTICES[parameter]})
    given = resources["NoticePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    queue = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"}
    assert {action for statement in given for action in actions(statement)} == granted | queue
    assert [statement for statement in given if "*" in (statement["Resource"], *actions(statement))] == []


def test_without_a_channel_there_is_neither_a_queue_nor_a_right() -> None:
    parts = {"NoticePolicy", "NoticeQueue", "NoticeQueueSource", "NoticeQueuePolicy", "EndedJobsRule"}
    assert parts & RESOURCES.keys() == set()
    assert FUNCTION["Environment"]["Variables"]["GUARD_NOTICE_QUEUE_URL"] == ""


def test_the_guard_may_tag_jobs_of_the_table_with_its_own_tags_only() -> None:
    (_, statement) = rendered(NoticeTags="enabled")["NoticePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    prefix = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:"
    differ = {arn["Fn::Sub"] for arn in statement["Resource"]} ^ {f"{prefix}{row.arn_resource}/*" for row in JOB_KINDS}
    assert not differ, f"TagJobs in template.yml and guard/jobs.py differ in {sorted(differ)}: correct the template"
    assert statement["Condition"] == {"ForAllValues:StringLike": {"aws:TagKeys": ["guard:*"]}}
    keys = {tag["Key"] for tag in tags(notice_of(denied(), ""))}
    assert [key for key in keys if not key.startswith("guard:")] == []


def test_a_notice_that_fails_stays_in_the_queue_and_then_becomes_a_dead_letter() -> None:
    resources = rendered(**NOTICES)
    queue = resources["NoticeQueue"]["Properties"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    assert queue["VisibilityTimeout"] >= 6 * FUNCTION["Timeout"]
    source = resources["NoticeQueueSource"]["Properties"]
    assert (source["EventSourceArn"], source["FunctionName"], source["BatchSize"]) == (
        {"Fn::GetAtt": ["NoticeQueue", "Arn"]},
        {"Ref": "FunctionAlias"},
        1,
    )
    # The function reports a notice that another invocation is delivering as a failed item: no error, no alarm.
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_no_other_queue_can_use_the_guards_queues_as_its_dead_letter_queue() -> None:
    """By default every queue of the account can, regardless of the policies of the guard's queues."""
    nobody = {"redrivePermission": "denyAll"}
    assert RESOURCES["DeadLetterQueue"]["Properties"]["RedriveAllowPolicy"] == nobody
    with_notices = of_type(rendered(**NOTICES), "AWS::SQS::Queue")
    assert with_notices["NoticeQueue"]["RedriveAllowPolicy"] == nobody
    allowed = with_notices["DeadLetterQueue"]["RedriveAllowPolicy"]
    (source,) = allowed["sourceQueueArns"]
    name = with_notices["NoticeQueue"]["QueueName"]["Fn::Sub"]
    # By name: with references, each of the two queues would have to exist before the other.
    assert allowed["redrivePermission"] == "byQueue"
    assert source == {
        "Fn::Sub": [f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name[0]}", name[1]]
    }


@pytest.mark.parametrize("kind", [row for row in JOB_KINDS if row.detail_type], ids=lambda row: row.id)
def test_the_end_of_a_job_becomes_a_message_of_the_guards_queue(kind: JobKind) -> None:
    rule = rendered(**NOTICES)["EndedJobsRule"]["Properties"]
    pattern = EventPattern.load(json.dumps(rule["EventPattern"]))
    for status in ("Failed", "Stopped", next(iter(kind.running))):
        event = {"source": "aws.sagemaker", "detail-type": kind.detail_type, "detail": {kind.status_field: status}}
        assert pattern.matches_event(event) is (status in kind.ended)
    (target,) = rule["Targets"]
    filled = target["InputTransformer"]["InputTemplate"].replace("<job>", '"arn"').replace("<time>", '"t"')
    (message,) = messages(json.loads(filled))
    assert message == {MARK: "job-ended", "job_arn": "arn", "time": "t"}
    assert target["InputTransformer"]["InputPathsMap"] == {"job": "$.resources[0]", "time": "$.time"}
