"""Which `not` needs OPA's import: each example is also evaluated, so that OPA itself confirms what is undefined."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.authoring.negation import partial_negations, rule_names
from guard.authoring.opa import Opa

HELPERS = """
f(x) if x == input.one
g(x) := x.a
und := input.foo
names := {x | x := input.xs[_]}
"""

# Each is true if undefined counts as "not so", as a reader takes it; input has no field `foo`.
UNDEFINED = {
    "reference as an argument": "not f(input.foo)",
    "reference as an argument of a built-in": 'not startswith(input.foo, "x")',
    "rule as an argument": "not f(und)",
    "rule by its path": "not f(data.t.und)",
    "call as an argument": "not f(g({}))",
    "call in a call in a call": "not f(count(g({})))",
    "call compared": "not g({}) == 1",
    "comparison": "not input.foo > 1",
    "member of": "not input.foo in names",
    "call in brackets": "not names[g({})]",
    "rule in brackets": "not names[und]",
    "reference in brackets": "not names[input.foo]",
    "reference in brackets of a reference": "not input.job[input.foo]",
    "part of what a call returns": "not g({}).b",
    "in a list": "not f([input.foo])",
    "in a list that is compared": "not [input.foo] == [1]",
    "in an object": 'not f({"a": {"b": input.foo}})',
    "built-in of a reference": "not count(input.foo) == 1",
    "built-in that fails": 'not f(to_number("x"))',
    "built-in that fails, compared": 'not to_number("x") == 1',
    "beside a template string": 'not startswith($"a{input.foo}", input.foo)',
}

DEFINED = {
    "reference": "not input.foo",
    "reference of the package": "not und",
    "part of a rule": "not und.x",
    "reference compared": "not input.foo == 1",
    "reference unified": "not input.foo = 1",
    "rule compared": "not und == 1",
    "call": "not g({})",
    "call of a value": "not f(2)",
    "whole input": "not f(input)",
    "comprehension": "not f([x | x := input.foo])",
    "comprehension of a set": "not f({x | x := input.foo})",
    "comprehension of an object": "not f({x: 1 | x := input.foo})",
    "comprehension compared": "not {x: 1 | x := input.foo} == {1: 1}",
    "template string": 'not f($"a{input.foo}")',
    "template string compared": 'not $"a{input.foo}" == "a"',
    "template string of a call": 'not f($"{g({})}")',
    "template string of a call that fails": 'not f($"{to_number("x")}")',
    "template string in brackets": 'not input.job[$"{data.t.und}"]',
    "variable": "some x in [2]; not f(x)",
    "variable in brackets": "some x in [2]; not input.job[x]",
    "variable in a list": "some x in [2]; not f([x])",
}


def _partial(opa: Path, folder: Path, source: str) -> int:
    (folder / "t.rego").write_text(source)
    tree = Opa(opa, folder).parse(Path("t.rego"))
    return len({json.dumps(node["location"]) for node in partial_negations(tree, rule_names(tree))})


def _evaluates(opa: Path, folder: Path) -> bool:
    answer = Opa(opa, folder).json(
        "eval", "--data", "t.rego", "--stdin-input", "--format", "json", "data.t.p", given='{"one": 1, "job": {}}'
    )
    return bool("result" in answer)


@pytest.mark.parametrize("body", UNDEFINED.values(), ids=UNDEFINED)
def test_a_not_that_may_be_undefined_is_found_and_the_import_fixes_it(opa: Path, tmp_path: Path, body: str) -> None:
    source = f"package t\n{HELPERS}\np if {{ {body} }}\n"
    assert (_partial(opa, tmp_path, source), _evaluates(opa, tmp_path)) == (1, False)
    mended = source.replace("package t\n", "package t\n\nimport future.keywords.not\n")
    assert (_partial(opa, tmp_path, mended), _evaluates(opa, tmp_path)) == (0, True)


@pytest.mark.parametrize("body", DEFINED.values(), ids=DEFINED)
def test_a_not_that_is_never_undefined_needs_no_import(opa: Path, tmp_path: Path, body: str) -> None:
    source = f"package t\n{HELPERS}\np if {{ {body} }}\n"
    assert (_partial(opa, tmp_path, source), _evaluates(opa, tmp_path)) == (0, True)


@pytest.mark.parametrize(
    "rule",
    [
        "p := {x | some x in [1]; not f(input.foo)}",
        "p if every x in [1] { not f(input.foo); x }",
        "p := 1 if input.a else := 2 if not f(input.foo)",
        "p contains x if { x := [y | y := 1; not f(input.foo)] }",
        'p if $"a{[y | y := 1; not f(input.foo)]}" == "a"',
        "default p := false\n\np if not f(input.foo)",
    ],
    ids=["comprehension", "every", "else", "comprehension in a body", "template string", "beside a default"],
)
def test_a_not_is_found_in_every_kind_of_body(opa: Path, tmp_path: Path, rule: str) -> None:
    assert _partial(opa, tmp_path, f"package t\n{HELPERS}\n{rule}\n") == 1


@pytest.mark.parametrize("imported", ["input.job", "input.other as job"])
def test_an_imported_name_is_a_reference(opa: Path, tmp_path: Path, imported: str) -> None:
    source = f"package t\n\nimport {imported}\n{HELPERS}\np if not f(job)\n"
    assert _partial(opa, tmp_path, source) == 1
