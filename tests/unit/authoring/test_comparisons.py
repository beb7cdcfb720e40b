"""Comparisons whose result is always the same, or whose arguments are swapped, are reported; others aren't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from guard.authoring.comparisons import impossible
from guard.authoring.opa import Opa
from tests.support.own_rule import PARAMETERS

CODES = "access-denied, failed, managed, missing, not-found, unavailable, unparseable"
BY_TYPE = "OPA orders these only by type, so the result is always the same; compare values of one type"
IMPORTS = ("import data.guard.lib.globs", "import data.guard.parameters")
Found = Callable[[str], list[str]]


@pytest.fixture
def found(opa: Path, tmp_path: Path) -> Found:
    """Return the problems in the body of a rule, with their positions."""

    def find(body: str) -> list[str]:
        (tmp_path / "own.rego").write_text(
            f"package guard.rules.own\n{chr(10).join(IMPORTS)}\n\nfindings contains {{}} if {{\n{body}\n}}\n"
        )
        tree = Opa(opa, tmp_path).parse(Path("own.rego"))
        return [
            f"{node['location']['row'] - len(IMPORTS)}:{node['location']['col']}: {text}"
            for node, text in impossible(tree, PARAMETERS)
        ]

    return find


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(
            'input.job.kind == "trainng"',
            '4:19: input.job.kind is never "trainng", so the result is always the same; did you mean training?',
            id="equal",
        ),
        pytest.param(
            '"api_call" != input.source.type',
            '4:1: input.source.type is never "api_call", so the result is always the same; did you mean api-call?',
            id="not equal, turned round",
        ),
        pytest.param(
            'input.source.type = "API"',
            '4:21: input.source.type is never "API", so the result is always the same; '
            "it is one of api-call, check, replay, state-change, sweep",
            id="unified, nothing near",
        ),
        pytest.param(
            'not input.images[0].error.code == "denied"',
            '4:35: input.images[_].error.code is never "denied", so the result is always the same; '
            "did you mean access-denied?",
            id="negated, in a list, nullable",
        ),
        pytest.param(
            'input.source.type in {"sweep", "event"}',
            '4:32: input.source.type is never "event", so the result is always the same; '
            "it is one of api-call, check, replay, state-change, sweep",
            id="in a set",
        ),
        pytest.param(
            '0, input.source.type in ["sweeps"]',
            '4:26: input.source.type is never "sweeps", so the result is always the same; did you mean sweep?',
            id="at a place of a list",
        ),
        pytest.param(
            'not input.job.kind in ["training", "tunig"]',
            '4:36: input.job.kind is never "tunig", so the result is always the same; did you mean training?',
            id="not in a list",
        ),
        pytest.param(
            '"spot-instances" in input.job.parts',
            '4:1: input.job.parts[_] is never "spot-instances", so the result is always the same; '
            "did you mean instances?",
            id="in a list of the document",
        ),
        pytest.param(
            'some image in input.images\nimage.origin["type"] == "package"',
            '5:25: input.images[_].origin.type is never "package", so the result is always the same; '
            "did you mean model-package?",
            id="some",
        ),
        pytest.param(
            'some i, image in input.images\nimage.error.code == "gone"',
            f'5:21: input.images[_].error.code is never "gone", so the result is always the same; it is one of {CODES}',
            id="some with its index",
        ),
        pytest.param(
            'every image in input.images { image.error.code == "gone" }',
            f'4:51: input.images[_].error.code is never "gone", so the result is always the same; it is one of {CODES}',
            id="every",
        ),
        pytest.param(
            'job := input.job\nkind := job.kind\ncount({1 | kind == "proces"}) > 0',
            '6:20: input.job.kind is never "proces", so the result is always the same; did you mean processing?',
            id="names of names, in a comprehension",
        ),
        pytest.param(
            'object.get(input, ["job", "kind"], null) == "proces"',
            '4:45: input.job.kind is never "proces", so the result is always the same; did you mean processing?',
            id="object.get with a path",
        ),
        pytest.param(
            'object.get(object.get(input, "job", {}), "kind", null) == "proces"',
            '4:59: input.job.kind is never "proces", so the result is always the same; did you mean processing?',
            id="object.get with a name",
        ),
        pytest.param(
            'input.compute.max_runtime_seconds > "3600"',
            f'4:37: input.compute.max_runtime_seconds is a number, "3600" is text: {BY_TYPE}',
            id="a number ordered with text",
        ),
        pytest.param(
            'input.compute.max_runtime_seconds >= "3600"',
            f'4:38: input.compute.max_runtime_seconds is a number, "3600" is text: {BY_TYPE}',
            id="a number that text is at most",
        ),
        pytest.param(
            '"3600" < input.compute.max_runtime_seconds',
            f'4:1: "3600" is text, input.compute.max_runtime_seconds is a number: {BY_TYPE}',
            id="text that a number is more than",
        ),
        pytest.param(
            "3600 <= input.job.name",
            f"4:1: 3600 is a number, input.job.name is text: {BY_TYPE}",
            id="a number that a name is at least",
        ),
        pytest.param(
            'some each in input.compute.instances\neach.count < "2"',
            f'5:14: input.compute.instances[_].count is a number, "2" is text: {BY_TYPE}',
            id="a number of an element",
        ),
    ],
)
def test_a_comparison_with_a_constant_result_is_reported(found: Found, body: str, told: str) -> None:
    assert found(body) == [told]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('input.job.kind == "training"', id="a word that it is"),
        pytest.param('input.job.kind in {"training", "processing"}', id="words that it is"),
        pytest.param('input.job.name == "trainng"', id="any text"),
        pytest.param('some image in input.images\nimage.tag == "latest"', id="any text of an element"),
        pytest.param('input.job.kind == "x" with input as {"job": {"kind": "x"}}', id="of another document"),
        pytest.param('kind := input.job.kind\nevery kind, _ in {"x": 1} { kind == "x" }', id="a key of the same name"),
        pytest.param("input.job.kind == null", id="null"),
        pytest.param('input.job.kind == concat("", ["train", "ing"])', id="worked out"),
        pytest.param('startswith(input.job.kind, "train")', id="a beginning"),
        pytest.param('input.nothing.kind == "trainng"', id="no fact, of which the types tell"),
        pytest.param('some kind in {"a", "b"}\nkind == "a"', id="another list"),
        pytest.param('kind := lower(input.job.kind)\nkind == "TRAINING"', id="changed by a function"),
        pytest.param(
            'kind := input.job.kind\ncount([1 | some kind in ["a"]; kind == "a"]) > 0',
            id="a name that is something else inside",
        ),
        pytest.param(
            'word := input.job.kind\ncount([1 | some word in input.job.parts; word == "none of both"]) > 0',
            id="a name of two facts, which is left out",
        ),
        pytest.param("input.compute.max_runtime_seconds >= 3600", id="a number ordered with a number"),
        pytest.param('input.job.name > "m"', id="text ordered with text"),
        pytest.param('input.compute.max_runtime_seconds > to_number("3600")', id="ordered with what is worked out"),
        pytest.param('input.nothing > "3600"', id="no fact, ordered"),
        pytest.param('some [kind, _] in [["a", "b"]]\nkind == "a"', id="a pattern"),
        pytest.param('object.get(input, ["job", "kind"], "") == ""', id="the text that stands for a missing fact"),
        pytest.param(
            'code := object.get(input.images[0], ["error", "code"], "none")\ncode == "none"', id="and its name"
        ),
        pytest.param('object.get(input.compute, "max_runtime_seconds", "") > "60"', id="that text in order"),
        pytest.param(
            'missing := ""\nobject.get(input.job, "kind", missing) == ""', id="another value for a missing fact"
        ),
        pytest.param('some field\ninput.job[field] == "trainng"', id="any field"),
        pytest.param('input == "trainng"', id="the document"),
    ],
)
def test_other_comparisons_are_not_reported(found: Found, body: str) -> None:
    assert found(body) == []


NOTHING = "so the result is always the same"
TYPE = "input.compute.instances[_].type"
ROLES = "input.job.role_arns[_]"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(
            'input.account == "1111-2222-3333"',
            f'input.account is never "1111-2222-3333", {NOTHING}; write the 12 digits of an account',
            id="an account with dashes",
        ),
        pytest.param(
            'some each in input.compute.instances\neach.type == "p4d.24xlarge"',
            f'{TYPE} is never "p4d.24xlarge", {NOTHING}; write an instance type as ml.p4d.24xlarge',
            id="an instance type of EC2",
        ),
        pytest.param(
            'some each in input.compute.instances\nstartswith(each.type, "p4d")',
            f'{TYPE} never begins with "p4d", {NOTHING}; write an instance type as ml.p4d.24xlarge',
            id="its beginning",
        ),
        pytest.param(
            'endswith(input.region, "-west")',
            f'input.region never ends with "-west", {NOTHING}; write a region as eu-west-1',
            id="an end",
        ),
        pytest.param(
            'contains(input.job.kind, "tunning")',
            f'input.job.kind never contains "tunning", {NOTHING}; did you mean training?',
            id="a part of a word",
        ),
        pytest.param(
            'input.job.name == "test-*"',
            f'input.job.name is never "test-*", {NOTHING}; this compares exactly; use globs.matches for a glob',
            id="a glob in an equality",
        ),
        pytest.param(
            'some each in input.compute.instances\nglob.match("ml.p4*", [], each.type)',
            f'{TYPE} never matches "ml.p4*", as `*` stops at "." here, but not with null in place of [], {NOTHING}; '
            "write an instance type as ml.p4d.24xlarge",
            id="a wildcard that stops at a dot",
        ),
        pytest.param(
            'globs.matches(["ml.p5*", "p4*"], input.compute.instances[0].type)',
            f'{TYPE} never matches "p4*", {NOTHING}; write an instance type as ml.p4d.24xlarge',
            id="a glob of the library",
        ),
        pytest.param(
            'some role in input.job.role_arns\ncontains(lower(role), "Admin")',
            f"lower({ROLES}) has no upper-case letters, {NOTHING}; write admin",
            id="upper case in lower case",
        ),
        pytest.param(
            'upper(input.job.name) == "Test"',
            f"upper(input.job.name) has no lower-case letters, {NOTHING}; write TEST",
            id="lower case in upper case",
        ),
        pytest.param(
            'time.weekday(time.parse_rfc3339_ns(input.source.time)) in {"saturday", "Sunday"}',
            f'time.weekday(...) is never "saturday", {NOTHING}; did you mean Saturday?',
            id="what a built-in never returns",
        ),
        pytest.param(
            'startswith("prod-", input.job.name)',
            "the arguments of startswith are swapped: it would look for input.job.name in a fixed text; "
            "write the text first, then what to look for in it",
            id="the wrong way round",
        ),
        pytest.param(
            'globs.first(input.region, ["eu-*"])',
            "the arguments of globs.first are swapped: it would look for input.region in a fixed text; "
            "write the pattern first, then the text",
            id="a fact for a glob",
        ),
        pytest.param(
            'data.guard.lib.globs.matches(input.region, "eu-*")',
            "the arguments of data.guard.lib.globs.matches are swapped: it would look for input.region in a fixed text; "
            "write the pattern first, then the text",
            id="a library in full",
        ),
        pytest.param(
            'count(input.images) > "5"',
            f'count(...) is a number, "5" is text: {BY_TYPE}',
            id="a number that is worked out, ordered with text",
        ),
        pytest.param(
            "input.network.vpc == false",
            f"input.network.vpc is a mapping, false is true or false: these are never equal, {NOTHING}",
            id="a mapping and false",
        ),
        pytest.param(
            "input.account == parameters.of.own.names",
            f"input.account is text, parameters.of.own.names is a list: these are never equal, {NOTHING}",
            id="text and a list",
        ),
        pytest.param(
            "parameters.of.own.seconds < input.job.name",
            f"parameters.of.own.seconds is a number, input.job.name is text: {BY_TYPE}",
            id="a parameter of another type, ordered",
        ),
        pytest.param(
            "some each in parameters.of.own.seconds\neach > 1",
            "parameters.of.own.seconds is a number: `in` needs a collection, so this is undefined; compare with ==",
            id="some in no collection",
        ),
        pytest.param(
            '"Admin" in input.job.role_arn',
            "input.job.role_arn is text: `in` needs a collection, so this is undefined; compare with ==, or use contains(...)",
            id="a text in a text",
        ),
        pytest.param(
            'parameters.of.own.seconds[0] == "x"\n"role/Admin" in input.job.role_arns',
            f'{ROLES} is never "role/Admin", {NOTHING}; it is a whole ARN: arn:<partition>:iam::<account>:role/<path and name>',
            id="in a list of whole ARNs",
        ),
    ],
)
def test_an_impossible_text_or_swapped_arguments_are_reported(found: Found, body: str, told: str) -> None:
    assert [text.split(": ", 1)[1] for text in found(body)] == [told]


HONEST = """
endswith("ml.p5.48xlarge", ".48xlarge")
some each in input.compute.instances; endswith(each.type, ".48xlarge")
some each in input.compute.instances; glob.match("ml.*.48xlarge", ["."], each.type)
some each in input.compute.instances; glob.match("ml.{p4d,p5}.*", [], each.type)
some each in input.compute.instances; glob.match("ml.p4*", null, each.type)
some each in input.compute.instances; glob.match("ml.p4**", [], each.type)
some each in input.storage.inputs; startswith("/opt/ml/code/", each.local_path)
some each in input.compute.instances; glob.match("ml.p4*", ["/", ":"], each.type)
some each in input.compute.instances; startswith(each.type, concat("", ["ml.", "p4d"]))
some each in input.compute.instances; trim_prefix(each.type, "ml.") == "p4d.24xlarge"
some each in input.compute.instances; split(each.type, ".")[1] == "p4d"
glob.match("eu-*", [], input.region)
globs.matches("*-gov-*", input.region)
upper(input.region) == "EU-WEST-1"
upper(input.job.kind) in {"TRAINING", "PROCESSING"}
startswith(input.job.kind, "hyperparameter")
some role in input.job.role_arns; role == "arn:aws:iam::111122223333:role/Admin"
some role in input.job.role_arns; endswith(lower(role), ":role/admin")
some each in input.storage.inputs; each.bucket == "arn:aws:s3:eu-west-1:111122223333:accesspoint/x"
some each in input.storage.inputs; each.bucket in {null, ""}
some image in input.images; image.tag in {null, "", "latest"}
some image in input.images; startswith(image.digest, "sha256:ab")
some image in input.images; startswith(image.registry, "763104351884.dkr.ecr.")
contains("training processing", input.job.kind)
regex.match("^test-", input.job.name)
matches(input.region, "eu")
first(input.region, ["eu"])
time.weekday(time.parse_rfc3339_ns(input.source.time)) in {"Saturday", "Sunday"}
time.parse_rfc3339_ns(input.source.time) > time.parse_rfc3339_ns("2026-01-01T00:00:00Z")
type_name(input.job.tags) == "object"
2 in ({1, 2} - {1})
input.job.name in parameters.of.own.names
globs.matches(parameters.globs.own.names, input.job.name)
input.compute.max_runtime_seconds * 1.5 > parameters.of.own.seconds
parameters.of.own.unknown > "a"
parameters.of.own.tags.team == 7
input.compute.spot == false
"""


@pytest.mark.parametrize("body", HONEST.strip().splitlines())
def test_a_possible_comparison_is_not_reported(found: Found, body: str) -> None:
    assert found(body.replace("; ", "\n")) == []


def test_a_name_of_the_body_is_known_in_the_head(opa: Path, tmp_path: Path) -> None:
    (tmp_path / "own.rego").write_text('package own\n\nx contains [1 | k == "b"] if {\n\tk := input.job.kind\n}\n')
    assert len(list(impossible(Opa(opa, tmp_path).parse(Path("own.rego")), {}))) == 1


@pytest.mark.parametrize(
    ("imported", "called", "told"),
    [("data.guard.lib.globs as g", "g", 1), ("data.guard.lib.other as globs", "globs", 0)],
    ids=["the library by another name", "another one by its name"],
)
def test_a_library_is_known_by_what_is_imported(
    opa: Path, tmp_path: Path, imported: str, called: str, told: int
) -> None:
    body = f'x if {called}.matches(input.region, "eu-*")'
    (tmp_path / "own.rego").write_text(f"package own\n\nimport {imported}\n\n{body}\n")
    assert len(list(impossible(Opa(opa, tmp_path).parse(Path("own.rego")), {}))) == told
