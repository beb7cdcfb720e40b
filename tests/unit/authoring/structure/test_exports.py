"""Mandatory exports of rules, which must agree with their METADATA."""

from __future__ import annotations

from typing import Any

import pytest

from guard.authoring.rules import Rule
from tests.support.own_rule import EXPORTS, FILE, TEST, Said


@pytest.mark.parametrize(
    ("exports", "more", "missing"),
    [
        (EXPORTS, {}, []),
        ('remediation := "x"\n', {}, ["partial set `findings`"]),
        ('findings := {1}\n\nremediation := "x"\n', {}, ["partial set `findings`"]),
        ('findings[1] := 2\n\nremediation := "x"\n', {}, ["partial set `findings`"]),
        ('findings.x contains 1\n\nremediation := "x"\n', {}, ["partial set `findings`"]),
        ("findings contains 1\n", {}, ["value `remediation`"]),
        ("findings contains 1\n\nremediation(x) := x\n", {}, ["value `remediation`"]),
        ("findings contains 1\n\nremediation contains 1\n", {}, ["value `remediation`"]),
        ("\n", {}, ["partial set `findings`", "value `remediation`"]),
        (EXPORTS, {"needs": ("vpc",), "kinds": ("training",), "in_place": ("tags",)},
         ["value `in_place`", "value `kinds`", "value `needs`"]),
        (f'{EXPORTS}\nneeds := ["vpc"]\n\nkinds := ["training"]\n\nin_place := ["tags"]\n',
         {"needs": ("vpc",), "kinds": ("training",), "in_place": ("tags",)}, []),
    ],
)  # fmt: skip
def test_a_rule_must_have_the_exports_that_the_guard_reads(
    of_rule: Said, exports: str, more: Any, missing: list[str]
) -> None:
    assert of_rule("", exports=exports, **more) == [
        f"3:1: the rule has no {each}; see docs/policies.md, What a rule is" for each in missing
    ]


FIELDS = "a finding has the fields message and details, not {}; {}"


@pytest.mark.parametrize(
    ("finding", "told"),
    [
        ('{"message": "x", "details": {"anything": 1}}', []),
        ("_made_elsewhere", []),
        ('{"msg": "x"}', ["3:20: " + FIELDS.format("msg", "did you mean message?")]),
        (
            '{"message": "x", "bucket": "x", "detail": {}}',
            [
                "3:36: " + FIELDS.format("bucket", "write it below details"),
                "3:51: " + FIELDS.format("detail", "did you mean details?"),
            ],
        ),
    ],
)
def test_a_finding_has_no_other_fields(of_rule: Said, finding: str, told: list[str]) -> None:
    exports = 'remediation := "x"\n\n_made_elsewhere := {"message": "x"}\n'
    assert of_rule(f"findings contains {finding}", exports=exports) == told


METADATA = "rego.metadata.chain()[1].annotations.custom"
ABOUT: dict[str, Any] = {"kinds": ("training", "transform"), "needs": ("vpc",)}
SAME = f"{EXPORTS}\nkinds := {METADATA}.kinds\n\nneeds := {METADATA}.needs\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{METADATA}.kinds", '["transform", "training"]'),
        (f"{METADATA}.needs", '["vpc"]'),
        ('remediation := "x"', 'remediation := " x\\n"'),
        ('remediation := "x"', f"remediation := {METADATA}.remediation"),
    ],
)  # fmt: skip
def test_an_export_that_equals_the_metadata_is_accepted(of_rule: Said, old: str, new: str) -> None:
    assert old in SAME
    assert of_rule("", exports=SAME.replace(old, new), **ABOUT) == []


NOT_THAT = (
    "{0} differs from the METADATA, {1}; set it there, and write {0} := rego.metadata.chain()[1].annotations.custom.{0}"
)
KINDS = 'where custom.kinds is ["training", "transform"]'
NEEDS = 'where custom.needs is ["vpc"]'


@pytest.mark.parametrize(
    ("old", "new", "place", "name", "told"),
    [
        (f"{METADATA}.kinds", '["labeling"]', "9:10", "kinds", KINDS),
        (f"{METADATA}.kinds", '["training"]', "9:10", "kinds", KINDS),
        (f"{METADATA}.kinds", f"{METADATA}.needs", "9:10", "kinds", KINDS),
        (f"{METADATA}.kinds", '["labeling"] if input.x', "9:10", "kinds", KINDS),
        (f"{METADATA}.kinds", f'{METADATA}.kinds if input.x else := ["labeling"]', "9:79", "kinds", KINDS),
        (f"{METADATA}.needs", '{"vpc"}', "11:10", "needs", NEEDS),
        (f"{METADATA}.needs", '"vpc"', "11:10", "needs", NEEDS),
        (f"{METADATA}.needs", '["vpc"]\n\nin_place := ["tags"]', "13:13", "in_place", "which has no custom.in_place"),
        ('"x"\n\nkinds', '"y"\n\nkinds', "7:16", "remediation", 'where custom.remediation is "x"'),
    ],
)  # fmt: skip
def test_an_export_that_differs_from_the_metadata_is_reported(
    of_rule: Said, old: str, new: str, place: str, name: str, told: str
) -> None:
    assert SAME.count(old) == 1
    assert of_rule("", exports=SAME.replace(old, new), **ABOUT) == [f"{place}: {NOT_THAT.format(name, told)}"]


HEAD = """# METADATA
# custom:
#   kinds: [training, transform]
#   needs: [vpc]
#   remediation: x
package guard.rules.own

"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (f"{METADATA}.needs", f"{METADATA}.needs", None),
        (f"{METADATA}.needs", '_needs\n\n_needs := ["vpc"]', None),
        (f"{METADATA}.needs", '_needs\n\n_needs := ["remote-debug"]', "14:10: needs"),
        (f"{METADATA}.needs", '[_need]\n\n_need := "spot"', "14:10: needs"),
        (f"{METADATA}.needs", '_needs\n\n_needs := {"vpc"}', "14:10: needs"),
        (f"{METADATA}.needs", "input.needs", "14:10: needs"),
        (f"{METADATA}.needs", '[need | some need in ["vpc", "spot"]; need != "spot"]', None),
        (f"{METADATA}.kinds", 'array.slice(["training", "transform", "labeling"], 0, 2)', None),
        (f"{METADATA}.kinds", 'array.slice(["training", "transform", "labeling"], 1, 3)', "12:10: kinds"),
        ('remediation := "x"', 'remediation := concat("", ["x"])', None),
        ('remediation := "x"', 'remediation := concat("", ["y"])', "10:16: remediation"),
        ('remediation := "x"', 'remediation := concat("", ["y"])\n\nx := nobody', None),
    ],
    ids=str,
)
def test_a_computed_export_is_compared_with_the_metadata(said: Said, old: str, new: str, told: str | None) -> None:
    """Policies that don't compile have no computed exports; the check of types reports the reason."""
    fields: dict[str, Any] = dict.fromkeys(("title", "description", "severity", "remediation"), "x")
    rule = Rule("own", FILE, 3, resources=(), parameters={}, **fields, **ABOUT)
    files = {"guard/rules/own/own.rego": HEAD + SAME.replace(old, new), "guard/rules/own/own_test.rego": TEST}
    found = [text.removeprefix("guard/rules/own/own.rego:") for text in said(files, rule)]
    assert [text.partition(" differs")[0] for text in found] == ([told] if told else [])
