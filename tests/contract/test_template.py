"""The template says what the job table, the settings and the handler say."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from guard.aws.listing import PAGE
from guard.aws.switch import OFF
from guard.jobs import JOB_KINDS, JobKind
from guard.notices.channels import tags
from guard.notices.messages import MARK, messages
from guard.notices.notice import notice_of
from guard.operations.redrive import HIDDEN_SECONDS
from guard.resources import RESOURCE_KINDS
from guard.settings import PREFIX, Settings
from guard.sweep.run import MARGIN_SECONDS
from lambda_entry import clients
from tests.support.cloudformation import of_type, rendered, template
from tests.support.records import denied
from tools.botocore_data import OPERATIONS

RESOURCES = rendered()
PARAMETERS = template()["Parameters"]
RULES = {name: rule for name, rule in of_type(RESOURCES, "AWS::Events::Rule").items() if "EventPattern" in rule}
FUNCTION = RESOURCES["Function"]["Properties"]
SWEEP = RESOURCES["SweepFunction"]["Properties"]
FUNCTIONS = {"Function": FUNCTION, "SweepFunction": SWEEP}
# SageMaker's List actions know no resources.
ON_EVERYTHING = {"ListJobs"}
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME"}


def statements(mode: str) -> list[dict[str, Any]]:
    policies = rendered(Mode=mode)["Role"]["Properties"]["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def actions(statement: dict[str, Any]) -> list[str]:
    return statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]


def sagemaker_actions(mode: str) -> set[str]:
    return {
        action for statement in statements(mode) for action in actions(statement) if action.startswith("sagemaker:")
    }


# Events


@pytest.mark.parametrize(("choice", "state"), [("enabled", "ENABLED"), ("disabled", "DISABLED")])
def test_cloudtrail_is_a_choice(choice: str, state: str) -> None:
    rules = of_type(rendered(CloudTrailEvents=choice), "AWS::Events::Rule")
    assert {name: rule["State"] for name, rule in rules.items() if "State" in rule} == {"CloudTrailRule": state}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_may_invoke_the_guard_and_keeps_what_it_could_not_deliver(name: str) -> None:
    (target,) = RULES[name]["Targets"]
    queue = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    assert (target["Arn"], target["DeadLetterConfig"]["Arn"]) == ({"Ref": "FunctionAlias"}, queue)
    assert target["RetryPolicy"].keys() == {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"}
    rule = {"Fn::GetAtt": [name, "Arn"]}
    invokers = of_type(RESOURCES, "AWS::Lambda::Permission").values()
    assert [
        (permission["Principal"], permission["FunctionName"])
        for permission in invokers
        if permission["SourceArn"] == rule
    ] == [("events.amazonaws.com", {"Ref": "FunctionAlias"})]
    (sender,) = RESOURCES["DeadLetterQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert rule in sender["Condition"]["ArnEquals"]["aws:SourceArn"]


def test_a_failed_invocation_ends_in_the_dead_letter_queue() -> None:
    invocation = RESOURCES["FunctionInvocation"]["Properties"]
    assert invocation["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    assert any(
        actions(statement) == ["sqs:SendMessage"]
        and statement["Resource"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
        for statement in statements("audit")
    )


# The sweep


def test_the_schedule_may_invoke_the_sweep_and_repeats_none() -> None:
    rule = RESOURCES["SweepRule"]["Properties"]
    (target,) = rule["Targets"]
    assert rule["ScheduleExpression"] == {"Fn::Sub": "rate(${SweepMinutes} minutes)"}
    assert target["Arn"] == {"Ref": "SweepFunctionAlias"}
    permission = RESOURCES["SweepRulePermission"]["Properties"]
    assert permission["FunctionName"] == {"Ref": "SweepFunctionAlias"}
    assert permission["SourceArn"] == {"Fn::GetAtt": ["SweepRule", "Arn"]}
    retries = [target["RetryPolicy"], RESOURCES["SweepInvocation"]["Properties"]]
    assert [retry["MaximumRetryAttempts"] for retry in retries] == [0, 0]


def test_a_sweep_has_time_for_five_thousand_jobs() -> None:
    """Each is described, and its tags are listed, beside the pages of the list; what is left at the end is the margin."""
    calls = 2 * 5000 + 5000 / PAGE + sum(len(row.listing.statuses) * len(row.listing.each) for row in JOB_KINDS)
    seconds = SWEEP["Timeout"] - MARGIN_SECONDS
    assert calls / float(PARAMETERS["SweepCallsPerSecond"]["Default"]) < seconds


def test_the_table_has_the_key_and_the_time_that_the_guard_writes() -> None:
    table = RESOURCES["StateTable"]["Properties"]
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}


def test_the_role_may_read_the_switch_and_no_other_parameter() -> None:
    (statement,) = (statement for statement in statements("enforce") if statement["Sid"] == "ReadSwitch")
    assert actions(statement) == ["ssm:GetParameter"]
    assert statement["Resource"]["Fn::Sub"].endswith(":parameter${Switch}")
    assert RESOURCES["Switch"]["Properties"]["Value"] != OFF


def test_no_release_changes_the_resource_of_the_switch_so_that_cloudformation_writes_on_again() -> None:
    """CloudFormation writes the whole resource when any of it changes, and would end what an operator has switched off."""
    assert RESOURCES["Switch"] == {
        "Type": "AWS::SSM::Parameter",
        "Properties": {
            "Name": {"Fn::Sub": "/sagemaker-guard/${AWS::StackName}/enforcement"},
            "Type": "String",
            "Value": "on",
            "Description": "`off` keeps every denied job from being stopped, within half a minute; any other value stops them.",
        },
    }


def test_the_role_may_make_every_call_of_the_table() -> None:
    (statement,) = (statement for statement in statements("audit") if statement["Sid"] == "RememberState")
    differ = set(actions(statement)) ^ {f"dynamodb:{operation}" for operation in OPERATIONS["dynamodb"]}
    assert not differ, f"RememberState in template.yml and tools/botocore_data.py differ in {sorted(differ)}"


# Versions


@pytest.mark.parametrize(
    "version", of_type(RESOURCES, "AWS::Lambda::Version").values(), ids=lambda each: each["FunctionName"]["Ref"]
)
def test_a_release_changes_the_function_so_that_lambda_publishes_a_version(version: dict[str, Any]) -> None:
    """A description of the version alone publishes none: while the function is the same, Lambda returns the version before."""
    for properties in (version, RESOURCES[version["FunctionName"]["Ref"]]["Properties"]):
        assert "${Release}" in properties["Description"]["Fn::Sub"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_alias_names_the_latest_version_and_the_earlier_ones_stay(name: str) -> None:
    version, alias = RESOURCES[f"{name}Version"], RESOURCES[f"{name}Alias"]["Properties"]
    assert version["Properties"]["FunctionName"] == alias["FunctionName"] == {"Ref": name}
    assert version["UpdateReplacePolicy"] == "Retain"
    assert (alias["Name"], alias["FunctionVersion"]) == ("live", {"Fn::GetAtt": [f"{name}Version", "Version"]})


@pytest.mark.parametrize("name", ["FunctionInvocation", "SweepInvocation"])
def test_failures_of_the_version_that_runs_are_handled(name: str) -> None:
    assert RESOURCES[name]["Properties"]["Qualifier"] == "live"


def test_a_letter_is_hidden_for_longer_than_an_invocation_takes() -> None:
    assert FUNCTION["Timeout"] < HIDDEN_SECONDS


# The account's walls


def rights(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The statements of the role's own policy, by their ids: Lambda looks for those while it makes a function."""
    (policy,) = resources["Role"]["Properties"]["Policies"]
    return {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}


def test_without_a_parameter_there_is_no_vpc_no_trace_and_no_boundary() -> None:
    assert {"TracingConfig", "VpcConfig"} & FUNCTION.keys() == set()
    assert "PermissionsBoundary" not in RESOURCES["Role"]["Properties"]
    assert {"SendTraces", "AttachToVpc", "AttachFromNoFunction"} & rights(RESOURCES).keys() == set()


def test_the_functions_are_attached_to_the_subnets_of_the_parameter() -> None:
    resources = rendered(SubnetIds="subnet-1,subnet-2", SecurityGroupIds="sg-1")
    for name in FUNCTIONS:
        assert resources[name]["Properties"]["VpcConfig"] == {
            "SubnetIds": ["subnet-1", "subnet-2"],
            "SecurityGroupIds": ["sg-1"],
        }
    statement = rights(resources)["AttachToVpc"]
    assert all(
        "NetworkInterface" in action or "Subnets" in action or "Addresses" in action for action in actions(statement)
    )


def test_the_program_of_a_function_can_not_use_what_attaches_it_to_the_vpc() -> None:
    """Lambda itself does that with the role's rights, and its calls come from no function."""
    denied = rights(rendered(SubnetIds="subnet-1", SecurityGroupIds="sg-1"))["AttachFromNoFunction"]
    assert (denied["Effect"], actions(denied), denied["Resource"]) == ("Deny", ["ec2:*"], "*")
    functions = {"Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*"}
    assert denied["Condition"] == {"ArnLike": {"lambda:SourceFunctionArn": functions}}


def test_the_functions_are_traced_on_request() -> None:
    resources = rendered(Tracing="enabled")
    assert [resources[name]["Properties"]["TracingConfig"] for name in FUNCTIONS] == [{"Mode": "Active"}] * 2
    assert actions(rights(resources)["SendTraces"]) == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]


def test_the_role_is_within_the_boundary_of_the_parameter() -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    assert rendered(PermissionsBoundaryArn=boundary)["Role"]["Properties"]["PermissionsBoundary"] == boundary


# Rights


def test_the_role_may_do_what_the_tables_need_and_no_more() -> None:
    needed = {action for row in JOB_KINDS for action in (*row.iam_actions, row.listing.iam_action)}
    needed |= {row.iam_action for row in RESOURCE_KINDS}
    differ = sagemaker_actions("enforce") ^ needed
    assert not differ, f"the role in template.yml differs from guard/jobs.py and guard/resources.py in {sorted(differ)}"


def test_in_audit_mode_the_role_can_not_stop_a_job() -> None:
    stops = {action for row in JOB_KINDS for action in row.iam_actions if action.startswith("sagemaker:Stop")}
    differ = (sagemaker_actions("enforce") - sagemaker_actions("audit")) ^ stops
    assert not differ, f"allow these in template.yml under the condition Enforce, and nothing else: {sorted(differ)}"


def test_the_role_may_read_the_remote_opas_token_and_no_other() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:opa-AbCdEf"
    (statement,) = rendered(OpaTokenArn=arn)["OpaTokenPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (actions(statement), statement["Resource"]) == (["secretsmanager:GetSecretValue", "ssm:GetParameter"], arn)
    assert "OpaTokenPolicy" not in rendered()


RECORDS = "arn:${AWS::Partition}:s3:::${Bucket}/decisions/*"


@pytest.mark.parametrize(("bucket", "name"), [("create", {"Ref": "Records"}), ("audit-logs", "audit-logs")])
def test_the_role_may_write_records_into_their_bucket_and_do_no_more_there(bucket: str, name: object) -> None:
    resources = rendered(RecordBucket=bucket)
    (statement,) = resources["RecordPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (actions(statement), statement["Resource"]) == (["s3:PutObject"], {"Fn::Sub": [RECORDS, {"Bucket": name}]})
    assert resources["Function"]["Properties"]["Environment"]["Variables"]["GUARD_RECORD_BUCKET"] == name
    assert ("Records" in resources) is (bucket == "create")


def test_without_a_record_bucket_there_is_none_and_no_right_to_any() -> None:
    assert {"RecordPolicy", "Records", "RecordsBucketPolicy"} & RESOURCES.keys() == set()


def test_the_role_may_use_the_records_key_through_s3_only() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
    resources = rendered(RecordBucket="create", RecordKeyArn=key)
    (_, statement) = resources["RecordPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (actions(statement), statement["Resource"]) == (["kms:GenerateDataKey"], key)
    assert statement["Condition"].keys() == {"StringEquals"}
    (rule,) = resources["Records"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}


def test_records_in_a_bucket_that_the_operator_has_are_encrypted_with_the_records_key() -> None:
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
def test_a_channel_brings_its_own_rights_and_no_others(parameter: str, granted: set[str]) -> None:
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


def test_each_check_that_is_skipped_says_why() -> None:
    skips = [
        skip
        for resource in template()["Resources"].values()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", ())
    ]
    assert skips
    assert [skip for skip in skips if not skip["id"].startswith("CKV_AWS_") or len(skip["comment"].split()) < 5] == []


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
    # The function says so of a notice that another invocation is giving: no error, and no alarm.
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_no_foreign_queue_can_let_sqs_move_its_messages_into_the_guards_queues() -> None:
    """By default every queue of the account may, whatever the policies of the guard's own queues say."""
    nobody = {"redrivePermission": "denyAll"}
    assert RESOURCES["DeadLetterQueue"]["Properties"]["RedriveAllowPolicy"] == nobody
    with_notices = of_type(rendered(**NOTICES), "AWS::SQS::Queue")
    assert with_notices["NoticeQueue"]["RedriveAllowPolicy"] == nobody
    allowed = with_notices["DeadLetterQueue"]["RedriveAllowPolicy"]
    (source,) = allowed["sourceQueueArns"]
    name = with_notices["NoticeQueue"]["QueueName"]["Fn::Sub"]
    # By its name, which is its own, since each of the two queues would have to exist before the other otherwise.
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


@pytest.mark.parametrize("mode", ["enforce", "audit"])
def test_no_right_is_a_wildcard(mode: str) -> None:
    for statement in statements(mode):
        assert [action for action in actions(statement) if "*" in action] == []
        assert (statement["Resource"] == "*") is (statement["Sid"] in ON_EVERYTHING)
        assert statement["Sid"] not in ON_EVERYTHING or all(":List" in action for action in actions(statement))


@pytest.mark.parametrize("mode", ["enforce", "audit"])
def test_rights_on_jobs_are_for_the_kinds_of_the_table_in_this_account(mode: str) -> None:
    prefix = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:"
    (statement,) = (statement for statement in statements(mode) if statement["Sid"] == "ReadAndStopJobs")
    differ = {arn["Fn::Sub"] for arn in statement["Resource"]} ^ {f"{prefix}{row.arn_resource}/*" for row in JOB_KINDS}
    assert not differ, (
        f"ReadAndStopJobs in template.yml and guard/jobs.py differ in {sorted(differ)}: correct the template"
    )


def test_images_are_read_from_the_resources_of_the_table() -> None:
    (statement,) = (statement for statement in statements("audit") if statement["Sid"] == "ReadImagesOfJobs")
    resources = [arn["Fn::Sub"].rsplit(":", 1)[1] for arn in statement["Resource"]]
    assert sorted(resources) == sorted(f"{row.arn_resource}/*" for row in RESOURCE_KINDS)


def test_tags_are_read_from_the_resources_whose_tags_the_document_shows() -> None:
    (statement,) = (statement for statement in statements("audit") if statement["Sid"] == "ReadTagsOfModels")
    assert actions(statement) == ["sagemaker:ListTags"]
    resources = [arn["Fn::Sub"].rsplit(":", 1)[1] for arn in statement["Resource"]]
    assert sorted(resources) == sorted(f"{row.arn_resource}/*" for row in RESOURCE_KINDS if row.arn_field)


# Function and parameters


def test_the_variables_are_the_settings() -> None:
    expected = {PREFIX + name.upper() for name in Settings.model_fields} | POWERTOOLS
    differ = set(FUNCTION["Environment"]["Variables"]) ^ expected
    assert not differ, f"the function's Environment in template.yml and guard/settings.py differ in {sorted(differ)}"


def test_the_functions_are_one_program_with_one_configuration() -> None:
    same = ["Code", "Runtime", "Architectures", "Environment", "Role", "LoggingConfig", "MemorySize"]
    differ = [name for name in same if FUNCTION[name] != SWEEP[name]]
    assert not differ, f"give Function and SweepFunction in template.yml the same {', '.join(differ)}"


def test_what_operations_md_says_of_the_cost_is_that_of_the_functions_memory() -> None:
    told = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
    gigabytes = FUNCTION["MemorySize"] / 1024
    million = 1_000_000 * 0.3 * gigabytes * 0.0000133334
    for row in (
        f"billed at {gigabytes:.4f} GB ({FUNCTION['MemorySize']} MB)",
        f"1,000,000 x 0.3 s x {gigabytes:.4f} GB x 0.0000133334 | {million:.2f} |",
        f"| **in all** | | **{million + 0.20 + 1.25 + 0.17 + 0.63:.2f}** |",
        f"4,320 x 10 x {gigabytes:.4f} x 0.0000133334 = {4_320 * 10 * gigabytes * 0.0000133334:.2f}",
    ):
        assert row in told, f"docs/operations.md doesn't say: {row}"


@pytest.mark.parametrize("mode", PARAMETERS["Mode"]["AllowedValues"])
def test_the_settings_accept_the_variables(mode: str) -> None:
    function = rendered(Mode=mode, TrainingContainers=" a:1 , b ,", RecordBucket="audit-logs")["Function"]["Properties"]
    variables = function["Environment"]["Variables"]
    # What only CloudFormation knows is a reference here.
    told = {name: value for name, value in variables.items() if isinstance(value, str)}
    assert Settings.from_environment(told).mode == mode
    assert {name: value for name, value in variables.items() if name not in told} == {
        "GUARD_BUNDLE_PATH": {"Fn::Sub": "/var/task/${BundleInPackage}"},
        "GUARD_METRICS_NAMESPACE": {"Fn::Sub": "sagemaker-guard/${AWS::StackName}"},
        "GUARD_STATE_TABLE": {"Ref": "StateTable"},
        "GUARD_SWITCH_PARAMETER": {"Ref": "Switch"},
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_handler_exists(name: str) -> None:
    module, function = FUNCTIONS[name]["Handler"].rsplit(".", 1)
    specification = importlib.util.find_spec(module)
    assert specification is not None
    assert specification.origin is not None
    assert re.search(rf"^def {function}\(", Path(specification.origin).read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_is_described_constrained_and_in_a_group(name: str) -> None:
    parameter = PARAMETERS[name]
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert parameter["Description"].endswith(".")
    assert parameter.keys() & {"AllowedValues", "AllowedPattern"}
    assert [name in group["Parameters"] for group in groups].count(True) == 1


@pytest.mark.parametrize("name", [name for name, body in PARAMETERS.items() if "AllowedPattern" in body])
def test_a_default_keeps_to_its_own_pattern(name: str) -> None:
    assert re.fullmatch(PARAMETERS[name]["AllowedPattern"], PARAMETERS[name]["Default"])


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("TrainingContainers", " a/b:1.0-cpu ,\n\tc@sha256:ab, registry:5000/d*", True),
        ("TrainingContainers", "a:1;b:2", False),
        ("OpaUrl", "https://opa.example.com:8181", True),
        ("OpaUrl", "opa.example.com", False),
        ("OpaUrl", "https://opa.example.com/v1/data", False),
        ("BundleInPackage", "policies/prod.tar.gz", True),
        ("BundleInPackage", "../bundle.tar.gz", False),
        ("BundleInPackage", "/bundle.tar.gz", False),
        ("ReservedConcurrency", "0", False),
        ("AlarmTopicArn", "arn:aws-cn:sns:cn-north-1:123456789012:alarms", True),
        ("AlarmTopicArn", "alarms", False),
        ("RecordBucket", "create", True),
        ("RecordBucket", "audit.logs-1", True),
        ("RecordBucket", "s3://audit-logs", False),
        ("NoticeTopicArn", "arn:aws:sns:eu-west-1:123456789012:denied.fifo", False),
        ("ExemptionUrl", "https://wiki.example.com/exemptions?team=a", True),
        ("ExemptionUrl", "javascript:alert(1)", False),
    ],
)
def test_patterns_accept(name: str, value: str, accepted: bool) -> None:
    assert bool(re.fullmatch(PARAMETERS[name]["AllowedPattern"], value)) is accepted


def test_nothing_has_a_fixed_name() -> None:
    properties = {
        (name, key)
        for name, body in RESOURCES.items()
        for key, value in body["Properties"].items()
        if "AWS::StackName" not in str(value) and "AWS::StackId" not in str(value)
    }
    names = {"FunctionName", "RoleName", "QueueName", "LogGroupName", "AlarmName", "Name"}
    # A reference to another resource by its name is no name of the resource's own.
    owners = {"FunctionName": "AWS::Lambda::Function", "LogGroupName": "AWS::Logs::LogGroup"}
    references = {
        (name, key) for name, body in RESOURCES.items() for key, owner in owners.items() if body["Type"] != owner
    }
    # An alias is named within its function.
    references |= {(name, "Name") for name in of_type(RESOURCES, "AWS::Lambda::Alias")}
    assert {pair for pair in properties if pair[1] in names} - references == set()


def test_alarms_tell_a_topic_only_if_there_is_one() -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:alarms"
    told, silent = (of_type(rendered(AlarmTopicArn=arn), "AWS::CloudWatch::Alarm") for arn in (topic, ""))
    assert {name: alarm.get("AlarmActions") for name, alarm in told.items()} == {name: [topic] for name in told}
    assert {name: alarm.get("AlarmActions") for name, alarm in silent.items()} == dict.fromkeys(told)


def test_all_attempts_at_several_calls_fit_in_the_functions_time() -> None:
    """A job's description, three rounds of resources, the stop and the description behind it; backoff is below 20 s.

    Besides, briefly: the record twice, the queue, and, if that takes nothing, four channels with the table around each.
    """
    slow, brief = (
        config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
        for config in (clients.BOTO, clients.BRIEF)
    )
    assert 4 * slow + 20 + (2 + 1 + 4) * brief < FUNCTION["Timeout"]
