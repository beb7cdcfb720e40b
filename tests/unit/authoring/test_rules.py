"""Rules are read from their METADATA as OPA inspects it, and invalid METADATA is reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guard.authoring.rules import Rule, formats_of, read_rules
from guard.jobs import BY_KIND

POLICIES = Path("policies")
TYPED = {
    "path": [{"type": "var", "value": "input"}],
    "schema": [{"type": "var", "value": "schema"}, {"type": "string", "value": "input"}],
}
SECONDS = {"description": "The longest.", "type": "integer"}
CUSTOM = {"severity": "medium", "remediation": " Set a limit.\n", "parameters": {"seconds": SECONDS}}
METADATA: dict[str, Any] = {
    "scope": "package",
    "title": "Runtime limit",
    "description": "A job must limit its runtime.\n",
    "related_resources": [{"ref": "https://example.com/1"}, {"ref": "https://example.com/2"}],
    "schemas": [TYPED],
}


class Inspected:
    """An OPA that inspects policies that a test sets: by package, the file and the METADATA."""

    def __init__(self, packages: dict[str, Any]) -> None:
        self._packages = packages

    def inspect(self, policies: Path) -> Any:
        return {
            "namespaces": {package: [f"{policies}/{package}.rego", "second"] for package in self._packages},
            "annotations": [
                {
                    "path": [{"value": part} for part in package.split(".")],
                    "location": {"row": 7},
                    "annotations": metadata,
                }
                for package, metadata in self._packages.items()
                if metadata
            ],
        }


def _own(custom: dict[str, Any] | None = None, **metadata: Any) -> tuple[Rule, list[str]]:
    described = METADATA | {"custom": CUSTOM | (custom or {})} | metadata
    without = {key: value for key, value in described.items() if value is not None}
    (rule,), problems = read_rules(Inspected({"data.guard.rules.own": without}), POLICIES)
    assert {(problem.file, problem.line, problem.column) for problem in problems} <= {(rule.file, 7, 1)}
    return rule, [problem.text for problem in problems]


def test_a_rule_is_what_its_metadata_says() -> None:
    rule, problems = _own({"kinds": ["training"], "needs": ["max-runtime"]})
    assert problems == []
    assert rule == Rule(
        rule_id="own",
        file=Path("policies/data.guard.rules.own.rego"),
        row=7,
        title="Runtime limit",
        description="A job must limit its runtime.",
        severity="medium",
        remediation="Set a limit.",
        resources=("https://example.com/1", "https://example.com/2"),
        parameters={"seconds": SECONDS},
        needs=("max-runtime",),
        kinds=("training",),
    )


def test_parameters_without_a_default_are_required() -> None:
    parameters = {name: SECONDS | default for name, default in {"b": {}, "c": {"default": None}, "a": {}}.items()}
    rule, problems = _own({"parameters": parameters})
    assert (rule.required, problems) == (("a", "b"), [])


def test_rules_are_the_packages_below_rules_except_tests() -> None:
    described = METADATA | {"custom": CUSTOM}
    packages = dict.fromkeys(
        [
            "data.guard.rules.b", "data.guard.rules.a", "data.guard.rules.a_test", "data.guard.rules", "data.guard.lib.c",
            "data.guard.rules.a.more", "data.guard.main",
        ],
        described,
    )  # fmt: skip
    rules, problems = read_rules(Inspected(packages), POLICIES)
    assert ([rule.rule_id for rule in rules], problems) == (["a", "b"], [])


@pytest.mark.parametrize("metadata", [None, METADATA | {"scope": "rule"}], ids=["none", "that of something else"])
def test_a_rule_without_metadata_is_a_rule(metadata: Any) -> None:
    (rule,), problems = read_rules(Inspected({"data.guard.rules.own": metadata}), POLICIES)
    assert (rule, problems) == (Rule("own", rule.file, 1, "", "", "", "", (), {}), [])


KINDS = ", ".join(BY_KIND)


@pytest.mark.parametrize(
    ("custom", "text"),
    [
        (
            {"severity": "bad"},
            'METADATA custom.severity: "bad" is not a severity; it is one of low, medium, high, critical',
        ),
        ({"severity": "lo"}, 'METADATA custom.severity: "lo" is not a severity; did you mean low?'),
        ({"needs": ["max-runtime", "spto"]}, "METADATA custom.needs: no job can have spto; did you mean spot?"),
        ({"kinds": ["labelling"]}, "METADATA custom.kinds: labelling is not a known job kind; did you mean labeling?"),
        ({"kinds": ["x"]}, f"METADATA custom.kinds: x is not a known job kind; known are {KINDS}"),
        (
            {"needs": ["max-runtime", "spot", "xyz"], "kinds": ["training", "transform", "zzz"]},
            "METADATA custom.kinds: no transform job can have max-runtime, spot, which custom.needs requires; leave the kind out",
        ),
        (
            {"in_place": ["seconds"]},
            "METADATA custom.in_place: no parameter seconds is of type object; only mappings have keys to look up",
        ),
        (
            {"in_place": ["mapp"], "parameters": {"maps": SECONDS | {"type": "object"}}},
            "METADATA custom.in_place: no parameter mapp is of type object; did you mean maps?",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_mistake_in_metadata_is_reported_with_a_remedy(custom: dict[str, Any], text: str) -> None:
    assert text in _own(custom)[1]


@pytest.mark.parametrize(
    ("custom", "texts"),
    [
        ({"needs": ["vpc"], "kinds": ["training"]}, []),
        (
            {"needs": ["spto"], "kinds": ["training"]},
            ["METADATA custom.needs: no job can have spto; did you mean spot?"],
        ),
        (
            {"needs": ["spot"], "kinds": ["training", "transform"]},
            ["METADATA custom.kinds: no transform job can have spot, which custom.needs requires; leave the kind out"],
        ),
        ({"in_place": ["maps"], "parameters": {"maps": SECONDS | {"type": "object"}}}, []),
    ],
    ids=str,
)
def test_valid_metadata_has_no_problem(custom: dict[str, Any], texts: list[str]) -> None:
    assert _own(custom)[1] == texts


def test_an_unknown_part_is_reported_with_the_known_ones() -> None:
    (text,) = _own({"needs": ["zzz"]})[1]
    begin, _, known = text.partition("; known are ")
    assert begin == "METADATA custom.needs: no job can have zzz"
    assert known.split(", ") == sorted(known.split(", "))
    assert {"vpc", "spot", "max-runtime"} <= {*known.split(", ")}


def test_a_rule_lists_values_with_which_it_finds_nothing() -> None:
    rule, problems = _own({"pointless": [{"seconds": 0}, {"seconds": 1}], "emptied": [{"seconds": 2}]})
    assert (rule.pointless, rule.emptied, problems) == (({"seconds": 0}, {"seconds": 1}), ({"seconds": 2},), [])


@pytest.mark.parametrize(
    ("pointless", "text"),
    [
        ({"seconds": 0}, "must be a list of mappings from parameters to values; leave the key out if there are none"),
        ([], "must be a list of mappings from parameters to values; leave the key out if there are none"),
        ([7], "must be a list of mappings from parameters to values; leave the key out if there are none"),
        ([{"secnds": 0}], "there is no parameter secnds; did you mean seconds?"),
        ([{"zzz": 0}], "there is no parameter zzz; declare it"),
        ([{"seconds": 0}, {"seconds": []}], "seconds can't be [] according to its own schema"),
    ],
    ids=str,
)
@pytest.mark.parametrize("key", ["pointless", "emptied"])
def test_values_that_a_parameter_can_not_have_are_reported(pointless: Any, text: str, key: str) -> None:
    assert _own({key: pointless})[1] == [f"METADATA custom.{key}: {text}"]


def test_an_invalid_parameter_is_the_only_problem() -> None:
    assert _own({"parameters": {"a": 7}, "pointless": [{"a": 7}]})[1] == [
        "METADATA custom.parameters.a: must be the parameter's JSON schema"
    ]


@pytest.mark.parametrize("given", ["vpc", [], 7], ids=str)
@pytest.mark.parametrize("key", ["kinds", "needs", "in_place"])
def test_kinds_needs_and_in_place_are_lists(key: str, given: Any) -> None:
    wanted = {
        "in_place": "a non-empty list of parameters; leave the key out if there are none",
        "kinds": "a non-empty list; leave the key out if the rule is about all jobs",
        "needs": "a non-empty list; leave the key out if the rule is about all jobs",
    }
    assert f"METADATA custom.{key}: must be {wanted[key]}" in _own({key: given})[1]


FACTS = ("account", "region", "role_arn", "job_kind")


@pytest.mark.parametrize(
    ("name", "schema", "texts"),
    [
        ("level", SECONDS, ["the configuration of every rule has this key; choose another name"]),
        ("overrides", SECONDS, ["the configuration of every rule has this key; choose another name"]),
        *((name, SECONDS, ["the configuration of every rule has this key; choose another name"]) for name in FACTS),
        ("a", 7, ["must be the parameter's JSON schema"]),
        ("a", {"type": "int"}, ["there is no type int; did you mean integer?"]),
        ("a", {"type": "list"}, ["there is no type list; did you mean array?"]),
        ("a", {"type": "strng"}, ["there is no type strng; did you mean string?"]),
        (
            "a",
            {"type": "zzz"},
            ["there is no type zzz; it is one of array, boolean, integer, null, number, object, string"],
        ),
        ("a", {"items": {"type": "dict"}}, ["there is no type dict; did you mean object?"]),
        ("a", {"type": 7}, ["is not a JSON schema: 7 is not valid under any of the given schemas"]),
        ("a", {"minimum": "7"}, ["is not a JSON schema: '7' is not of type 'number'"]),
        ("a", {}, ["has no description", "has no type"]),
        ("a", SECONDS | {"format": "globb"}, ["unknown format globb; did you mean glob?"]),
        (
            "a",
            SECONDS | {"anyOf": [{"items": {"format": "dai"}}], "not": {"format": "globb"}},
            ["unknown format dai; did you mean day?", "unknown format globb; did you mean glob?"],
        ),
        *(
            (
                "a",
                SECONDS | {"items": schema},
                ["must_not_match must be a list of texts, in a schema whose format is regex or a glob"],
            )
            for schema in (
                {"must_not_match": ["x"]},
                {"must_not_match": ["x"], "format": "day"},
                {"must_not_match": "x", "format": "glob"},
                {"must_not_match": [7], "format": "regex"},
            )
        ),
        ("a", SECONDS | {"items": {"must_not_match": ["x"], "format": "glob"}}, []),
        ("a", SECONDS | {"items": {"must_not_match": [], "format": "glob-of-buckets"}}, []),
        ("a", SECONDS | {"properties": {"must_not_match": {"type": "string"}}}, []),
        ("a", SECONDS | {"properties": {"format": {"type": "string"}}, "format": "glob"}, []),
    ],
    ids=str,
)
def test_a_mistake_in_a_parameter_is_reported_with_its_name(name: str, schema: Any, texts: list[str]) -> None:
    assert _own({"parameters": {name: schema}})[1] == [f"METADATA custom.parameters.{name}: {text}" for text in texts]


def test_an_unknown_format_is_reported_with_the_known_ones() -> None:
    (text,) = _own({"parameters": {"a": SECONDS | {"format": "zzz"}}})[1]
    assert "unknown format zzz; known are account, account-glob, day, framework, glob, glob-of-accounts, " in text


def test_parameters_that_are_not_a_mapping_are_reported() -> None:
    (text,) = _own({"parameters": ["seconds"]})[1]
    assert text == "METADATA custom.parameters.parameters: must be the parameter's JSON schema"


def test_the_formats_of_a_schema_are_found_at_any_depth() -> None:
    schema = {"format": "a", "items": [{"format": "b"}, {"x": {"format": 7, "y": [[{"format": "c"}]]}}]}
    assert [*formats_of(schema)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("needs", "kinds", "about"),
    [
        ((), ("training", "labeling"), {"training", "labeling"}),
        (("spot",), (), {"training", "hyperparameter-tuning"}),
        (("spot",), ("training", "processing"), {"training"}),
        (("spot", "vpc"), (), {"training", "hyperparameter-tuning"}),
        (("image",), ("customization",), {"customization"}),
    ],
    ids=["kinds", "needs", "both", "two parts", "images that a document names"],
)
def test_a_rule_is_about_the_kinds_whose_jobs_can_have_all_that_it_needs(needs, kinds, about) -> None:
    rule = Rule("own", Path("own.rego"), 1, "", "", "", "", (), {}, needs, kinds)
    assert set(rule.about) == about


def test_a_rule_without_kinds_and_needs_is_about_all() -> None:
    assert Rule("own", Path("own.rego"), 1, "", "", "", "", (), {}).about == tuple(BY_KIND)
