"""The role of the template has the rights that the tables and the parameters need, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from guard.aws.switch import OFF
from guard.jobs import JOB_KINDS
from guard.resources import RESOURCE_KINDS
from tests.support.cloudformation import actions, rendered, role_statements
from tools.botocore_data import OPERATIONS

RESOURCES = rendered()
FUNCTIONS = ("Function", "SweepFunction")
FUNCTION = RESOURCES["Function"]["Properties"]
# SageMaker's List actions support no resource-level permissions.
ON_EVERYTHING = {"ListJobs"}


def sagemaker_actions(mode: str) -> set[str]:
    return {
        action
        for statement in role_statements(Mode=mode)
        for action in actions(statement)
        if action.startswith("sagemaker:")
    }


def test_the_role_may_read_the_switch_and_no_other_parameter() -> None:
    (statement,) = (statement for statement in role_statements(Mode="enforce") if statement["Sid"] == "ReadSwitch")
    assert actions(statement) == ["ssm:GetParameter"]
    assert statement["Resource"]["Fn::Sub"].endswith(":parameter${Switch}")
    assert RESOURCES["Switch"]["Properties"]["Value"] != OFF


def test_the_role_may_make_every_call_of_the_table() -> None:
    (statement,) = (statement for statement in role_statements(Mode="audit") if statement["Sid"] == "RememberState")
    differ = set(actions(statement)) ^ {f"dynamodb:{operation}" for operation in OPERATIONS["dynamodb"]}
    assert not differ, f"RememberState in template.yml and tools/botocore_data.py differ in {sorted(differ)}"


# VPC, tracing and permissions boundary


def rights(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the statements of the role's inline policy by Sid: Lambda checks these while it creates a function."""
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


def test_the_functions_own_calls_cannot_use_the_rights_for_the_vpc() -> None:
    """Lambda attaches the function with the role's rights; those calls have no lambda:SourceFunctionArn."""
    denied = rights(rendered(SubnetIds="subnet-1", SecurityGroupIds="sg-1"))["AttachFromNoFunction"]
    assert (denied["Effect"], actions(denied), denied["Resource"]) == ("Deny", ["ec2:*"], "*")
    functions = {"Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*"}
    assert denied["Condition"] == {"ArnLike": {"lambda:SourceFunctionArn": functions}}


def test_the_functions_are_traced_on_request() -> None:
    resources = rendered(Tracing="enabled")
    assert [resources[name]["Properties"]["TracingConfig"] for name in FUNCTIONS] == [{"Mode": "Active"}] * 2
    assert actions(rights(resources)["SendTraces"]) == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]


def test_the_role_has_the_permissions_boundary_of_the_parameter() -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    assert rendered(PermissionsBoundaryArn=boundary)["Role"]["Properties"]["PermissionsBoundary"] == boundary


# Rights


def test_the_role_has_exactly_the_rights_that_the_tables_need() -> None:
    needed = {action for row in JOB_KINDS for action in (*row.iam_actions, row.listing.iam_action)}
    needed |= {row.iam_action for row in RESOURCE_KINDS}
    differ = sagemaker_actions("enforce") ^ needed
    assert not differ, (
        f"correct the role in template.yml: it differs from guard/jobs.py and guard/resources.py in {sorted(differ)}"
    )


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


def test_the_role_may_use_the_records_key_through_s3_only() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
    resources = rendered(RecordBucket="create", RecordKeyArn=key)
    (_, statement) = resources["RecordPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (actions(statement), statement["Resource"]) == (["kms:GenerateDataKey"], key)
    # The bucket and its key can be in another region.
    (service,) = statement["Condition"]["StringLike"].values()
    assert service == {"Fn::Sub": "s3.*.${AWS::URLSuffix}"}
    (rule,) = resources["Records"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}


@pytest.mark.parametrize("mode", ["enforce", "audit"])
def test_no_statement_allows_a_wildcard_action(mode: str) -> None:
    for statement in role_statements(Mode=mode):
        assert [action for action in actions(statement) if "*" in action] == []
        assert (statement["Resource"] == "*") is (statement["Sid"] in ON_EVERYTHING)
        assert statement["Sid"] not in ON_EVERYTHING or all(":List" in action for action in actions(statement))


@pytest.mark.parametrize("mode", ["enforce", "audit"])
def test_rights_on_jobs_are_for_the_kinds_of_the_table_in_this_account(mode: str) -> None:
    prefix = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:"
    (statement,) = (statement for statement in role_statements(Mode=mode) if statement["Sid"] == "ReadAndStopJobs")
    differ = {arn["Fn::Sub"] for arn in statement["Resource"]} ^ {f"{prefix}{row.arn_resource}/*" for row in JOB_KINDS}
    assert not differ, (
        f"ReadAndStopJobs in template.yml and guard/jobs.py differ in {sorted(differ)}: correct the template"
    )


def test_images_are_read_from_the_resources_of_the_table() -> None:
    (statement,) = (statement for statement in role_statements(Mode="audit") if statement["Sid"] == "ReadImagesOfJobs")
    resources = [arn["Fn::Sub"].rsplit(":", 1)[1] for arn in statement["Resource"]]
    assert sorted(resources) == sorted(f"{row.arn_resource}/*" for row in RESOURCE_KINDS), (
        "ReadImagesOfJobs in template.yml and guard/resources.py differ: correct the template"
    )


def test_tags_are_read_from_the_resources_whose_tags_the_document_shows() -> None:
    (statement,) = (statement for statement in role_statements(Mode="audit") if statement["Sid"] == "ReadTagsOfModels")
    assert actions(statement) == ["sagemaker:ListTags"]
    resources = [arn["Fn::Sub"].rsplit(":", 1)[1] for arn in statement["Resource"]]
    assert sorted(resources) == sorted(f"{row.arn_resource}/*" for row in RESOURCE_KINDS if row.arn_field), (
        "ReadTagsOfModels in template.yml and guard/resources.py differ: correct the template"
    )
