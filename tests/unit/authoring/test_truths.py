"""Facts that are a condition by themselves are reported if the condition always or never holds; others aren't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from guard.authoring.opa import Opa
from guard.authoring.truths import constant_conditions

Found = Callable[..., list[str]]
NULL = "a fact that is unknown or not set is null, and null counts as true"


@pytest.fixture
def found(opa: Path, tmp_path: Path) -> Found:
    """Return the problems in the body of a rule, with the import of `not` or without."""

    def find(body: str, first: str = "import future.keywords.not") -> list[str]:
        (tmp_path / "own.rego").write_text(
            f"package guard.rules.own\n{first}\nfindings contains {{}} if {{\n{body}\n}}\n"
        )
        tree = Opa(opa, tmp_path).parse(Path("own.rego"))
        return [
            f"{node['location']['row']}:{node['location']['col']}: {text}" for node, text in constant_conditions(tree)
        ]

    return find


@pytest.mark.parametrize("first", ["import future.keywords.not", ""])
def test_a_fact_that_is_not_denied_by_not(found: Found, first: str) -> None:
    told = f"4:5: `not input.network.vpc` never holds: {NULL}; write input.network.vpc == null"
    assert found("not input.network.vpc", first) == [told]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(
            "input.command.entrypoint",
            f"4:1: input.command.entrypoint holds for every job: {NULL}; write input.command.entrypoint != null",
            id="not negated",
        ),
        pytest.param(
            "some each in input.storage.inputs\nnot each.bucket",
            f"5:5: `not input.storage.inputs[_].bucket` never holds: {NULL}; write input.storage.inputs[_].bucket == null",
            id="of an element",
        ),
        pytest.param(
            "key := input.job.parent_arn\nnot key",
            f"5:5: `not input.job.parent_arn` never holds: {NULL}; write input.job.parent_arn == null",
            id="by a name",
        ),
        pytest.param(
            "not input.images",
            "4:5: `not input.images` never holds: a list counts as true, even an empty one; write count(input.images) == 0",
            id="a list",
        ),
        pytest.param(
            "input.region",
            "4:1: input.region holds for every job: every document has it; write a comparison with the expected value",
            id="a text",
        ),
    ],
)
def test_a_fact_that_always_holds_is_reported(found: Found, body: str, told: str) -> None:
    assert found(body) == [told]


@pytest.mark.parametrize(
    "body",
    [
        "input.network.vpc == null",
        "not input.network.isolated",
        "input.compute.spot",
        "not input.network.vpc.subnets",
        "not input.images[0]",
        "not input.images[0].digest",
        "not input.job.tags.team",
        'tags := object.get(input.job, "tags", {})\nnot tags.team',
        "some image in input.images\nnot image.error.message",
        "not input.nothing",
        "every image in input.images { image.tag != null }",
        'not { input.region == "eu-west-1" }',
        "not is_null(input.network.vpc)",
        "_other",
    ],
)
def test_a_condition_that_may_hold_or_not_is_accepted(found: Found, body: str) -> None:
    assert found(body) == []
