"""Unusual but legal Rego, and Rego that OPA rejects anyway, isn't reported by the checks of comparisons and facts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.comparisons import impossible
from guard.authoring.opa import Opa
from guard.authoring.truths import constant_conditions

PARAMETERS = {
    "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": {"type": "boolean"}}
}
Found = Callable[[str], list[str]]


@pytest.fixture
def found(opa: Path, tmp_path: Path) -> Found:
    """Return the problems of a rule's file."""

    def find(text: str) -> list[str]:
        (tmp_path / "own.rego").write_text(f"package guard.rules.own\n\n{text}\n")
        tree = Opa(opa, tmp_path).parse(Path("own.rego"))
        return [told for _, told in (*impossible(tree, PARAMETERS), *constant_conditions(tree))]

    return find


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('x := $"{input.job.name} runs in {input.region}"', id="as a value"),
        pytest.param('findings contains {"message": $"VPC: {input.network.vpc}"} if true', id="in a finding"),
        pytest.param('x if startswith(input.region, $"{input.partition}-")', id="in a call"),
    ],
)
def test_a_fact_in_a_template_string_is_not_a_condition(found: Found, text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "call",
    [
        "startswith(input.region)",
        "contains()",
        'glob.match("ml.*", input.region)',
        'data.guard.lib.globs.matches("eu-*")',
        'object.get(input, "region") == "eu"',
        'object.get(input, "region", null, null) == "eu"',
        'lower() == "eu"',
        'upper(input.region, input.region) == "eu"',
        "internal.member_2(input.region)",
        "assign(x)",
    ],
)
def test_a_call_without_its_arguments_is_left_to_opa(found: Found, call: str) -> None:
    assert found(f"x if {call}") == []


ROLES = "{each | some each in input.job.role_arns}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('import input.job\n\nf(job) if job.kind == "other"', id="an argument named as an import"),
        pytest.param('import input.job\n\nf(job) if {\n\tkind := job.kind\n\tkind == "other"\n}', id="and what it has"),
        pytest.param('import input.job\n\nf({"kind": job}) if job == "other"', id="a part of an argument"),
        pytest.param(
            f'x if {{\n\t{ROLES}\n\t{{each | some each, _ in {{"a": 1}}; each == "a"}}\n}}', id="a key of some"
        ),
        pytest.param(f'x if {{\n\t{ROLES}\n\tevery each, _ in {{"a": 1}} {{ each == "a" }}\n}}', id="a key of every"),
        pytest.param(
            f'x if {{\n\t{ROLES}\n\t{{each | some [each, _] in [["a", 1]]; each == "a"}}\n}}', id="a part of some"
        ),
        pytest.param(
            f'x if {{\n\t{ROLES}\n\t{{each | [each, _] := ["a", 1]; each == "a"}}\n}}', id="a part of an assignment"
        ),
        pytest.param(
            f'x if {{\n\t{ROLES}\n\t{{each | some each; {{"a": 1}}[each]; each == "a"}}\n}}', id="a declared name"
        ),
    ],
)
def test_a_name_with_two_meanings_is_not_a_fact(found: Found, text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        'x if input.job.kind == "other" with input.job as {"kind": "other"}',
        'x if not input.network.vpc with input as {"network": {}}',
        'x if startswith("prod-", input.job.name) with input.job.name as "prod"',
    ],
)
def test_a_replaced_document_may_have_anything(found: Found, text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "call",
    [
        pytest.param('glob.match("ml.p4*[.]24*", ["."], each.type)', id="a separator in brackets"),
        pytest.param('glob.match("ml.p4*[!x]24*", ["."], each.type)', id="a separator by what it is not"),
        pytest.param('l := ":"\n\tglob.match("*p4d*", [l], each.type)', id="a separator by a name"),
    ],
)
def test_a_glob_that_matches_across_separators_is_possible(found: Found, call: str) -> None:
    assert found(f"x if {{\n\tsome each in input.compute.instances\n\t{call}\n}}") == []


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/level"},
        {"$ref": "#"},
        {"$ref": "https://example.com/schema"},
        {"anyOf": [True, {"type": "number"}]},
        {"anyOf": "no schema"},
        True,
    ],
)
def test_a_parameter_by_reference_or_without_a_type_may_be_anything(opa: Path, tmp_path: Path, schema: Any) -> None:
    text = 'x if data.guard.parameters.of.own.level == "a"\n\ny if 1 in data.guard.parameters.of.own.level'
    (tmp_path / "own.rego").write_text(f"package guard.rules.own\n\n{text}\n")
    assert [*impossible(Opa(opa, tmp_path).parse(Path("own.rego")), {"level": schema})] == []


def test_the_first_elements_of_a_list_may_have_types_of_their_own(found: Found) -> None:
    assert (
        found('x if data.guard.parameters.of.own.pair[0] == "a"\n\ny if data.guard.parameters.of.own.pair[1] > 1') == []
    )
