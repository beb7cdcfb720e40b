"""The template matches the job table, the settings and the handler."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from guard.aws.listing import PAGE
from guard.jobs import JOB_KINDS
from guard.operations.redrive import HIDDEN_SECONDS
from guard.settings import PREFIX, Settings
from guard.sweep.run import MARGIN_SECONDS
from lambda_entry import clients
from tests.support.cloudformation import actions, of_type, rendered, role_statements, template

RESOURCES = rendered()
PARAMETERS = template()["Parameters"]
RULES = {name: rule for name, rule in of_type(RESOURCES, "AWS::Events::Rule").items() if "EventPattern" in rule}
FUNCTION = RESOURCES["Function"]["Properties"]
SWEEP = RESOURCES["SweepFunction"]["Properties"]
FUNCTIONS = {"Function": FUNCTION, "SweepFunction": SWEEP}
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME"}
# Settings that the template leaves at their defaults: Lambda has little room for variables.
AS_BY_DEFAULT = {"GUARD_OPA_PATH", "GUARD_OPA_TIMEOUT_SECONDS", "GUARD_OPA_START_TIMEOUT_SECONDS"}


# Events


@pytest.mark.parametrize(("choice", "state"), [("enabled", "ENABLED"), ("disabled", "DISABLED")])
def test_cloudtrail_is_a_choice(choice: str, state: str) -> None:
    rules = of_type(rendered(CloudTrailEvents=choice), "AWS::Events::Rule")
    assert {name: rule["State"] for name, rule in rules.items() if "State" in rule} == {"CloudTrailRule": state}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_may_invoke_the_guard_and_keeps_undelivered_events(name: str) -> None:
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
        for statement in role_statements(Mode="audit")
    )


# The sweep


def test_the_schedule_may_invoke_the_sweep_and_retries_none() -> None:
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
    """Two calls a job, Describe and ListTags, and the pages of the lists; the margin at the end is left free."""
    calls = 2 * 5000 + 5000 / PAGE + sum(len(row.listing.statuses) * len(row.listing.each) for row in JOB_KINDS)
    seconds = SWEEP["Timeout"] - MARGIN_SECONDS
    assert calls / float(PARAMETERS["SweepCallsPerSecond"]["Default"]) < seconds


def test_the_table_has_the_key_and_the_time_that_the_guard_writes() -> None:
    table = RESOURCES["StateTable"]["Properties"]
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}


def test_no_release_changes_the_switch_and_thereby_resets_it_to_on() -> None:
    """CloudFormation rewrites the whole resource after any change, and would undo an operator's `off`."""
    assert RESOURCES["Switch"] == {
        "Type": "AWS::SSM::Parameter",
        "Properties": {
            "Name": {"Fn::Sub": "/sagemaker-guard/${AWS::StackName}/enforcement"},
            "Type": "String",
            "Value": "on",
            "Description": "`off` keeps every denied job from being stopped, within half a minute; any other value stops them.",
        },
    }


# Versions


@pytest.mark.parametrize(
    "version", of_type(RESOURCES, "AWS::Lambda::Version").values(), ids=lambda version: version["FunctionName"]["Ref"]
)
def test_a_release_changes_the_function_so_that_lambda_publishes_a_version(version: dict[str, Any]) -> None:
    """A new description of the version isn't enough: while the function is unchanged, Lambda returns the previous version."""
    for properties in (version, RESOURCES[version["FunctionName"]["Ref"]]["Properties"]):
        assert "${Release}" in properties["Description"]["Fn::Sub"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_alias_points_to_the_latest_version_and_earlier_versions_are_kept(name: str) -> None:
    version, alias = RESOURCES[f"{name}Version"], RESOURCES[f"{name}Alias"]["Properties"]
    assert version["Properties"]["FunctionName"] == alias["FunctionName"] == {"Ref": name}
    assert version["UpdateReplacePolicy"] == "Retain"
    assert (alias["Name"], alias["FunctionVersion"]) == ("live", {"Fn::GetAtt": [f"{name}Version", "Version"]})


@pytest.mark.parametrize("name", ["FunctionInvocation", "SweepInvocation"])
def test_failures_of_the_live_version_are_handled(name: str) -> None:
    assert RESOURCES[name]["Properties"]["Qualifier"] == "live"


def test_a_dead_letter_is_hidden_for_longer_than_an_invocation_takes() -> None:
    assert FUNCTION["Timeout"] < HIDDEN_SECONDS


def test_each_skipped_check_has_a_reason() -> None:
    skips = [
        skip
        for resource in template()["Resources"].values()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", ())
    ]
    assert skips
    assert [skip for skip in skips if not skip["id"].startswith("CKV_AWS_") or len(skip["comment"].split()) < 5] == []


# Function and parameters


def test_the_variables_are_the_settings() -> None:
    expected = {PREFIX + name.upper() for name in Settings.model_fields} - AS_BY_DEFAULT | POWERTOOLS
    differ = set(FUNCTION["Environment"]["Variables"]) ^ expected
    assert not differ, f"the function's Environment in template.yml and guard/settings.py differ in {sorted(differ)}"


def test_both_functions_have_the_same_program_and_configuration() -> None:
    same = ["Code", "Runtime", "Architectures", "Environment", "Role", "LoggingConfig", "MemorySize"]
    differ = [name for name in same if FUNCTION[name] != SWEEP[name]]
    assert not differ, f"give Function and SweepFunction in template.yml the same {', '.join(differ)}"


def test_the_costs_in_operations_md_are_for_the_functions_memory() -> None:
    text = " ".join((Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text().split())
    gigabytes = FUNCTION["MemorySize"] / 1024
    million = 1_000_000 * 0.3 * gigabytes * 0.0000133334
    for row in (
        f"billed at {gigabytes:.4f} GB ({FUNCTION['MemorySize']} MB)",
        f"1,000,000 x 0.3 s x {gigabytes:.4f} GB x 0.0000133334 | {million:.2f} |",
        f"| **total** | | **{million + 0.20 + 1.25 + 0.17 + 0.63:.2f}** |",
        f"4,320 x 10 x {gigabytes:.4f} x 0.0000133334 = {4_320 * 10 * gigabytes * 0.0000133334:.2f}",
    ):
        assert row in text, f"docs/operations.md lacks the row: {row}"


@pytest.mark.parametrize("mode", PARAMETERS["Mode"]["AllowedValues"])
def test_the_settings_accept_the_variables(mode: str) -> None:
    function = rendered(Mode=mode, TrainingContainers=" a:1 , b ,", RecordBucket="audit-logs")["Function"]["Properties"]
    variables = function["Environment"]["Variables"]
    # References, which CloudFormation resolves, are not strings here.
    literal = {name: value for name, value in variables.items() if isinstance(value, str)}
    assert Settings.from_environment(literal).mode == mode
    assert {name: value for name, value in variables.items() if name not in literal} == {
        "GUARD_BUNDLE_PATH": {"Fn::Sub": "/var/task/${BundleInPackage}"},
        "GUARD_METRICS_NAMESPACE": {"Fn::Sub": "sagemaker-guard/${AWS::StackName}"},
        "GUARD_STATE_TABLE": {"Ref": "StateTable"},
        "GUARD_SWITCH_PARAMETER": {"Ref": "Switch"},
    }


def _unchanged_parameters() -> list[tuple[str, str]]:
    """Return the function's variables whose value is a parameter with a pattern, each with its parameter."""
    variables = template()["Resources"]["Function"]["Properties"]["Environment"]["Variables"]
    named = {variable: value.get("Ref") for variable, value in variables.items() if isinstance(value, dict)}
    # Patterns can't check whether a deny list entry can match an image: tools/deploy.py checks the entries.
    return [
        (variable, name)
        for variable, name in named.items()
        if "AllowedPattern" in PARAMETERS.get(name, {}) and not name.endswith("Containers")
    ]


@pytest.mark.parametrize(("variable", "name"), _unchanged_parameters())
@given(data=st.data())
def test_the_function_starts_with_any_parameter_that_its_pattern_accepts(
    variable: str, name: str, data: st.DataObject
) -> None:
    """An invalid variable fails the start of the function: then it judges no event, and no sweep runs."""
    pattern = re.compile(PARAMETERS[name]["AllowedPattern"].removesuffix("$") + r"\Z")
    value = data.draw(st.from_regex(pattern, alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
    # The pattern can't check whether the text in brackets is an IPv6 address.
    assume(len(value) <= PARAMETERS[name].get("MaxLength", len(value)) and "[" not in value)
    Settings.from_environment({variable: value})


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
def test_a_default_matches_its_own_pattern(name: str) -> None:
    assert re.fullmatch(PARAMETERS[name]["AllowedPattern"], PARAMETERS[name]["Default"])


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("TrainingContainers", " a/b:1.0-cpu ,\n\tc@sha256:ab, registry:5000/d*", True),
        ("TrainingContainers", "a:1;b:2", False),
        ("OpaUrl", "https://opa.example.com:8181", True),
        ("OpaUrl", "https://10.0.0.7/", True),
        ("OpaUrl", "https://[fd00::7]:65535", True),
        ("OpaUrl", "opa.example.com", False),
        ("OpaUrl", "https://guard:secret@opa.example.com", False),
        ("OpaUrl", "https://opa.example.com:65536", False),
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


def test_no_resource_has_a_fixed_name() -> None:
    properties = {
        (name, key)
        for name, body in RESOURCES.items()
        for key, value in body["Properties"].items()
        if "AWS::StackName" not in str(value) and "AWS::StackId" not in str(value)
    }
    names = {"FunctionName", "RoleName", "QueueName", "LogGroupName", "AlarmName", "Name"}
    # These properties refer to another resource; they don't name the resource itself.
    owners = {"FunctionName": "AWS::Lambda::Function", "LogGroupName": "AWS::Logs::LogGroup"}
    references = {
        (name, key) for name, body in RESOURCES.items() for key, owner in owners.items() if body["Type"] != owner
    }
    # The name of an alias is unique within its function only.
    references |= {(name, "Name") for name in of_type(RESOURCES, "AWS::Lambda::Alias")}
    fixed = {pair for pair in properties if pair[1] in names} - references
    assert not fixed, f"template.yml: remove these names, or add the stack's name to them: {sorted(fixed)}"


def test_alarms_notify_a_topic_only_if_one_is_given() -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:alarms"
    notifying, silent = (of_type(rendered(AlarmTopicArn=arn), "AWS::CloudWatch::Alarm") for arn in (topic, ""))
    assert {name: alarm.get("AlarmActions") for name, alarm in notifying.items()} == {
        name: [topic] for name in notifying
    }
    assert {name: alarm.get("AlarmActions") for name, alarm in silent.items()} == dict.fromkeys(notifying)


def test_all_attempts_of_several_slow_calls_fit_in_the_functions_timeout() -> None:
    """Slow calls: the job's description, three rounds of resources, the stop and the description after it; backoff is below 20 s.

    Brief calls: two for the record, one to the queue and, if it fails, four for the channels, with the table before and after
    each.
    """
    slow, brief = (
        config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
        for config in (clients.BOTO, clients.BRIEF)
    )
    assert 4 * slow + 20 + (2 + 1 + 4) * brief < FUNCTION["Timeout"]
