"""The forms that the texts of facts have: each fact by an example, by what is none, and with what to write."""

from __future__ import annotations

import pytest

from guard.authoring.facts import Path, name_of, shapes_of
from guard.authoring.forms import FORMS, form_of

ACCOUNT = ("111122223333", "1111-2222-3333", "write the 12 digits of an account")
REGION = ("eu-west-1", "eu_west_1", "write a region as eu-west-1")
ROLE = (
    "arn:aws:iam::111122223333:role/Batch",
    "arn:aws:iam::111122223333:user/Batch",
    "it is a whole ARN: arn:<partition>:iam::<account>:role/<path and name>",
)
TYPE = ("ml.p4d.24xlarge", "p4d.24xlarge", "write an instance type as ml.p4d.24xlarge")
BUCKET = ("team-data", "s3://team-data", "write the name of a bucket, or the ARN of an access point")
REGISTRY = ("[::1]:5000", "quay.io/team", "it is a host, in lower case and without a path")
EXAMPLES: dict[Path, tuple[str, str, str]] = {
    ("input", "account"): ACCOUNT,
    ("input", "region"): REGION,
    ("input", "compute", "instances", None, "type"): TYPE,
    ("input", "images", None, "account"): ACCOUNT,
    ("input", "images", None, "region"): REGION,
    ("input", "images", None, "registry"): REGISTRY,
    ("input", "images", None, "repository"): ("team/a_b-c.d", "team/a:1", "it is in lower case, and has no tag"),
    ("input", "images", None, "tag"): ("1.10-CPU_x", ":1.10", "it is the text after the colon"),
    ("input", "images", None, "digest"): ("sha256:0a", "0a", "it begins with sha256: or sha512:"),
    ("input", "job", "name"): ("a-1", "\0", "this compares exactly; use globs.matches for a glob"),
    ("input", "job", "role_arn"): ROLE,
    ("input", "job", "role_arns", None): ROLE,
    ("input", "job", "execution_role_arns", None): ROLE,
    ("input", "storage", "inputs", None, "bucket"): BUCKET,
    ("input", "storage", "outputs", None, "bucket"): BUCKET,
    ("input", "storage", "volumes", None, "instance_types", None): TYPE,
}


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_a_fact_has_the_form_of_its_example_only(path: Path) -> None:
    example, none, advice = EXAMPLES[path]
    form = form_of(path)
    assert form is not None
    assert (form.meets(example), form.meets(none), form.advice) == (True, False, advice)


@pytest.mark.parametrize("path", FORMS, ids=name_of)
def test_only_texts_of_the_document_have_a_form(path: Path) -> None:
    assert path in EXAMPLES
    assert "string" in {shape.get("type") for shape in shapes_of(path)}


def test_the_arn_of_an_access_point_is_a_bucket() -> None:
    form = form_of(("input", "storage", "inputs", None, "bucket"))
    assert form is not None
    assert form.meets("arn:aws:s3:eu-west-1:111122223333:accesspoint/x")


def test_other_texts_have_no_form() -> None:
    assert form_of(("input", "job", "status")) is None
