"""A stack stays within AWS's quotas in every partition, with any parameters that the template accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guard.settings import ENVIRONMENT_LIMIT_BYTES
from tests.support.cloudformation import of_type, template
from tests.support.deployed import LONGEST_STACK_NAME, PLACES, Deployed, Place

PARAMETERS = template()["Parameters"]
VARIABLES = template()["Resources"]["Function"]["Properties"]["Environment"]["Variables"]


# Room for the setting of another sink: the ARN of a stream or a queue.
ENVIRONMENT_MARGIN = 100


def longest(name: str) -> str:
    """Return a value of the parameter's greatest length; it needn't match the pattern."""
    body = PARAMETERS[name]
    if "AllowedValues" in body:
        return max(map(str, body["AllowedValues"]), key=len)
    return "x" * int(body["MaxLength"])


def parameters_of(part: object) -> set[str]:
    """Return the parameters whose values appear in a part of the template."""
    return {name for name in PARAMETERS if f"'{name}'" in str(part) or f"${{{name}}}" in str(part)}


@pytest.mark.parametrize("name", sorted(parameters_of(VARIABLES)))
def test_a_parameter_of_the_functions_environment_has_a_greatest_length(name: str) -> None:
    assert PARAMETERS[name].keys() & {"AllowedValues", "MaxLength"}, f"give {name} in template.yml a MaxLength"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.partition)
def test_the_longest_values_fit_in_the_functions_environment_together(place: Place) -> None:
    given = {name: longest(name) for name in parameters_of(VARIABLES)}
    stack = Deployed(place, "s" * LONGEST_STACK_NAME, **given)
    variables = stack.value(stack.resources["Function"]["Properties"]["Environment"]["Variables"])
    assert variables["GUARD_NOTICE_QUEUE_URL"].startswith("https://"), (
        "the variables are not at their longest: notices are off"
    )
    assert variables["GUARD_METRICS_NAMESPACE"].endswith("s"), "the variables are not at their longest: metrics are off"
    size = sum(len(name) + len(value) for name, value in variables.items())
    limit = ENVIRONMENT_LIMIT_BYTES - ENVIRONMENT_MARGIN
    assert size <= limit, (
        f"{size - limit} characters too many: in template.yml, remove variables with default values or lower a MaxLength"
    )


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: all inline policies of a role, without white space.
INLINE_LIMIT = 10_240
# Room for the rights of further job kinds, about two hundred characters each.
INLINE_MARGIN = 500
EVERYTHING = {
    "Mode": "enforce",
    "NoticeTags": "enabled",
    "SecurityHub": "enabled",
    "Tracing": "enabled",
    "SubnetIds": "subnet-1",
    "SecurityGroupIds": "sg-1",
}


def inline_policies(resources: dict[str, Any]) -> dict[str, Any]:
    """Return the documents of the role's policies, including policies that are separate resources."""
    own = {policy["PolicyName"]: policy["PolicyDocument"] for policy in resources["Role"]["Properties"]["Policies"]}
    return own | {
        policy["PolicyName"]: policy["PolicyDocument"]
        for policy in of_type(resources, "AWS::IAM::Policy").values()
        if {"Ref": "Role"} in policy["Roles"]
    }


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.partition)
def test_the_rights_with_all_options_enabled_fit_in_the_roles_inline_policies(place: Place) -> None:
    """IAM rejects longer policies, and CloudFormation then rolls back the whole deployment."""
    policies = [
        body["Properties"] for body in template()["Resources"].values() if body["Type"].startswith("AWS::IAM::")
    ]
    given = {name: longest(name) for name in parameters_of(policies) if name != "PermissionsBoundaryArn"}
    stack = Deployed(place, "s" * LONGEST_STACK_NAME, **given | EVERYTHING)
    documents = inline_policies(stack.resources)
    assert documents.keys() == {"guard", "key", "notices", "opa-token", "records"}
    size = sum(len("".join(json.dumps(stack.value(document)).split())) for document in documents.values())
    assert size <= INLINE_LIMIT - INLINE_MARGIN, (
        f"{size} characters: in template.yml, merge statements or use a managed policy"
    )


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        pytest.param({"Ref": "StateTable"}, f"{'s' * 128}-StateTable-{'X' * 13}", id="a table: long names are allowed"),
        pytest.param({"Ref": "DeadLetterQueue"}, 80, id="the URL of a queue: names are limited"),
        pytest.param(
            {"Ref": "Switch"}, f"/sagemaker-guard/{'s' * 128}/enforcement", id="a parameter with an explicit name"
        ),
        pytest.param({"Fn::Sub": "a/${AWS::StackName}"}, f"a/{'s' * 128}", id="a text with the stack's name"),
        pytest.param(
            {"Fn::GetAtt": ["StateTable", "Arn"]},
            f"arn:aws:dynamodb:ap-southeast-1:123456789012:table/{'s' * 128}-StateTable-{'X' * 13}",
            id="an ARN",
        ),
    ],
)
def test_names_are_as_long_as_cloudformation_makes_them(part: object, expected: str | int) -> None:
    found = Deployed(PLACES[0], "s" * LONGEST_STACK_NAME).value(part)
    assert (len(found.rsplit("/", 1)[1]) if isinstance(expected, int) else found) == expected
