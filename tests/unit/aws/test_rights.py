"""Which refusals are a missing permission of the guard, and which another account's decision."""

from __future__ import annotations

from typing import Any

import pytest

from guard.aws.collect import collect
from guard.aws.rights import missing_rights
from guard.document import ImageError, ImageErrorCode, Source
from guard.errors import RightMissing
from guard.jobs import TRANSFORM
from guard.refs import JobRef, job_arn
from guard.resources import ALGORITHM, JOB_DEFINITIONS, MODEL, MODEL_PACKAGE, Resource, ResourceKind
from guard.times import utc_now
from tests.support.events import HOME
from tests.support.fakes import FakeSageMaker, refused

DEFINITION = next(iter(JOB_DEFINITIONS.values()))


def arn(resource: str, account: str = HOME.account, region: str = HOME.region, partition: str = HOME.partition) -> str:
    return f"arn:{partition}:sagemaker:{region}:{account}:{resource}"


def answer(code: ImageErrorCode = "access-denied") -> ImageError:
    return ImageError(code=code, message="explicit deny in a service control policy")


def told(missing: tuple[RightMissing, ...]) -> list[tuple[object, object]]:
    return [(one.evidence["operation"], one.evidence["resource"]) for one in missing]


@pytest.mark.parametrize(
    ("kind", "name", "operation"),
    [
        pytest.param(MODEL, "m", "DescribeModel", id="model"),
        pytest.param(MODEL_PACKAGE, "p", "DescribeModelPackage", id="model package"),
        pytest.param(MODEL_PACKAGE, arn("model-package/p/1"), "DescribeModelPackage", id="model package by its ARN"),
        pytest.param(ALGORITHM, "a", "DescribeAlgorithm", id="algorithm"),
        pytest.param(ALGORITHM, arn("algorithm/a"), "DescribeAlgorithm", id="algorithm by its ARN"),
        pytest.param(DEFINITION, "d", DEFINITION.describe_operation, id="job definition"),
    ],
)
def test_a_refusal_in_the_guards_own_account_is_a_missing_right(kind: ResourceKind, name: str, operation: str) -> None:
    (missing,) = missing_rights(HOME, {Resource(kind.id, name): answer()})
    assert missing.evidence == {
        "operation": operation,
        "account": HOME.account,
        "resource": name,
        "error": "explicit deny in a service control policy",
    }


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param(arn("model-package/p", account="999999999999"), answer(), id="another account"),
        pytest.param(arn("model-package/p", region="eu-north-1"), answer(), id="another region"),
        pytest.param(arn("model-package/p", partition="aws-cn"), answer(), id="another partition"),
        pytest.param("arn:aws:s3:::bucket", answer(), id="no resource of SageMaker's"),
        pytest.param("p", answer("not-found"), id="deleted"),
        pytest.param("p", answer("failed"), id="refused for what it is"),
        pytest.param("p", answer("unavailable"), id="busy"),
        pytest.param("p", {"ModelPackageName": "p"}, id="described"),
    ],
)
def test_any_other_response_is_not_a_missing_right(name: str, found: Any) -> None:
    assert missing_rights(HOME, {Resource(MODEL_PACKAGE.id, name): found}) == ()


def test_an_operation_is_reported_once_for_several_resources() -> None:
    answers = {Resource(MODEL.id, f"m{number}"): answer() for number in range(9, 0, -1)}
    answers |= {Resource(ALGORITHM.id, "a"): answer()}
    assert told(missing_rights(HOME, answers)) == [("DescribeAlgorithm", "a"), ("DescribeModel", "m1")]


def test_a_missing_right_is_collected_along_with_the_fact() -> None:
    source = Source(type="state-change", id="event-1", time=utc_now())
    ref = JobRef(TRANSFORM, "job-1", job_arn("job-1", TRANSFORM, HOME), HOME, source, None, {})
    client = FakeSageMaker(
        DescribeTransformJob={"ModelName": "m"}, ListTags={"Tags": []}, DescribeModel=refused("AccessDeniedException")
    )
    collected = collect(client, ref)
    assert (told(collected.warnings), collected.failures) == ([("DescribeModel", "m")], ())
    assert isinstance(collected.references[Resource(MODEL.id, "m")], ImageError)
