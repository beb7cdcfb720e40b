"""The facts of a job whose configuration is a document in the service's own format."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guard.document import ImageError, Origin, Vpc
from guard.extract import extract
from guard.extract.customization import LEAVES
from guard.extract.facts import Facts
from guard.extract.parts import image

ROLE, OTHER = "arn:aws:iam::111122223333:role/Job", "arn:aws:iam::999999999999:role/Reward"
IN_VPC = Vpc(subnets=("subnet-1",), security_groups=("sg-1",))
IN_BOTH = Vpc(subnets=("subnet-1", "subnet-2"), security_groups=("sg-1", "sg-2"))
VPC = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
DECOY = {"subnets": ["subnet-2"], "securityGroupIds": ["sg-2"]}
TWICE = '{"Data": {"S3Uri": "s3://evil/x"}, "Data": {"S3Uri": "s3://approved/x"}}'
ESCAPED = '{"List": [{"Uri": "s3://evil/x", "\\u0055ri": "s3://approved/x"}]}'


def facts(document: Any) -> Facts:
    raw = document if isinstance(document, str) else json.dumps(document)
    return extract("customization", {"RoleArn": ROLE, "JobConfigDocument": raw}, "job-1", {})


def codes(found: Facts) -> list[str]:
    return [image.error.code for image in found.images if image.error]


def test_each_value_is_a_setting_with_its_path() -> None:
    found = facts({"Training": {"Epochs": 3, "Tools": [{"Name": "search"}, {"Name": "shell"}]}})
    assert [(one.slot, one.name, one.value) for one in found.hyperparameters] == [
        ("JobConfigDocument.Training.Epochs", "Epochs", "3"),
        ("JobConfigDocument.Training.Tools[0].Name", "Name", "search"),
        ("JobConfigDocument.Training.Tools[1].Name", "Name", "shell"),
    ]
    assert codes(found) == ["managed"]


def test_a_location_is_an_input_and_near_misses_are_not() -> None:
    found = facts({"Data": ["s3://data/x", "S3://data/y", "see s3://data/z", "https://x"]})
    assert [(one.name, one.bucket) for one in found.inputs] == [
        ("JobConfigDocument.Data[0]", "data"),
        ("JobConfigDocument.Data[1]", "data"),
    ]


ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(f"{ECR}/agent:1", id="ECR"),
        pytest.param(f" {ECR.upper()}:443/team/agent@sha256:{'ab' * 32}\n", id="another spelling"),
        pytest.param("111122223333.dkr-ecr-fips.us-gov-west-1.on.aws/agent", id="another endpoint"),
        pytest.param("public.ecr.aws/team/agent:1", id="ECR Public"),
        pytest.param("ecr-public.aws.com:443/team/agent:1", id="ECR Public by another host and port"),
        pytest.param(f"{ECR}/{'a' * 255}:{'b' * 128}@sha256:{'ab' * 32}", id="as long as one can be"),
    ],
)
def test_an_image_of_ecr_is_one_of_the_jobs(raw) -> None:
    """The service's own image is shown as well: a decoy must not hide it."""
    found = facts({"Environment": {"Containers": [{"Uri": raw}]}})
    named = image(raw, "JobConfigDocument.Environment.Containers[0].Uri", Origin(type="job", name="job-1"))
    assert named.error is None
    assert found.images[1:] == (named,)
    assert codes(found) == ["managed"]


def test_an_image_of_ecr_that_no_registry_would_take_cannot_be_known() -> None:
    assert codes(facts({"Uri": f"{ECR}/Agent:1"})) == ["managed", "unparseable"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("agent:1", id="no registry"),
        pytest.param("docs.example.com/team/agent", id="an address"),
        pytest.param(f"use {ECR}/agent:1", id="in a text"),
        pytest.param(f"{ECR}/agent:1 answers", id="at the beginning of a text"),
        pytest.param(f"{ECR}/{'a' * 600}", id="longer than any image"),
        pytest.param(f"https://{ECR}/agent:1", id="behind a scheme"),
        pytest.param(ECR, id="a registry alone"),
        pytest.param(f"{ECR}.example.com/agent:1", id="another host"),
    ],
)
def test_other_values_are_not_images(text) -> None:
    found = facts({"Value": text})
    assert (len(found.images), codes(found)) == (1, ["managed"])


def test_every_role_is_one_of_the_jobs() -> None:
    found = facts(
        {"Reward": {"Role": OTHER}, "Again": OTHER, "Lambda": "arn:aws:lambda:eu-west-1:111122223333:function:f"}
    )
    assert found.roles == (ROLE, OTHER)


IN_NEITHER = Vpc(subnets=("subnet-1", "none"), security_groups=())


@pytest.mark.parametrize(
    ("document", "vpc"),
    [
        ({"Net": {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}}, IN_VPC),
        ([{"subnets": ["subnet-1"], "security_group_ids": ["sg-1"]}], IN_VPC),
        ({"Subnets": ["subnet-1"]}, None),
        ({"A": {"Subnets": ["subnet-1"]}, "B": {"SecurityGroupIds": ["sg-1"]}}, None),
        ({"A": VPC, "B": DECOY}, IN_BOTH),
        ({"A": VPC, "B": [{"C": VPC}]}, IN_VPC),
        ({"A": VPC, "B": {"subnets": "none", "security_group_ids": None}}, IN_NEITHER),
        ({**VPC, **DECOY}, IN_BOTH),
    ],
    ids=[
        "API's spelling",
        "snake case in a list",
        "subnets alone",
        "its fields in two objects",
        "and a decoy behind it",
        "twice the same",
        "and one without groups, which the other must not make up for",
        "and a decoy in the same object",
    ],
)
def test_an_object_with_the_fields_of_a_vpc_is_the_jobs_vpc(document, vpc) -> None:
    assert facts(document).vpc == vpc


@pytest.mark.parametrize(
    "document",
    ["{", "[" * 100_000, json.dumps(list(range(LEAVES + 1))), TWICE, ESCAPED],
    ids=[
        "not JSON",
        "deeper than anybody reads",
        "more values than the guard shows",
        "one name twice",
        "one name twice, once escaped",
    ],
)
def test_an_unreadable_document_is_an_unknown_image(document) -> None:
    found = facts(document)
    assert codes(found) == ["unparseable"]
    assert [one.value for one in found.hyperparameters] == [document]
    assert found.roles == (ROLE,)


def test_the_same_name_in_two_objects_is_allowed() -> None:
    found = facts({"A": {"Uri": "s3://a/x"}, "B": {"Uri": "s3://b/x"}})
    assert (codes(found), [one.bucket for one in found.inputs]) == (["managed"], ["a", "b"])


def test_as_many_values_as_the_guard_shows_are_shown() -> None:
    found = facts(list(range(LEAVES)))
    assert (codes(found), len(found.hyperparameters)) == (["managed"], LEAVES)


def test_a_job_without_a_document_misses_its_image() -> None:
    (image,) = extract("customization", {}, "job-1", {}).images
    assert image.error == ImageError(code="missing", message="the job has no configuration")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "is not JSON"),
        (json.dumps(list(range(LEAVES + 1))), f"more than {LEAVES} values"),
        (TWICE, "two values of one name"),
    ],
    ids=["not JSON", "more values than the guard shows", "one name twice"],
)
def test_the_reason_why_a_document_is_unreadable_is_reported(document, message) -> None:
    (image,) = facts(document).images
    assert image.error is not None
    assert message in image.error.message
