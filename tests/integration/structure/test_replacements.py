"""`with` outside of tests is reported with a remedy: even with OPA's import of `not`, it may be undefined."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from guard.authoring.bundle import build_bundle
from guard.authoring.opa import Opa
from tests.support.one_rule import LIBRARY, RULE, TEST, TODAY, add, said
from tests.support.policies import POLICIES

ADVICE = (
    "`with` is for tests: if the value that it sets is undefined, so is the whole expression, even below a `not`, and the rule "
    "reports nothing; write a function, and pass the value as an argument"
)
_OF_A_RULE = '_x if {}\n\n_scoped if input.job.kind == "training"'
BODIES = {
    "below a not": "not _scoped with input.job.name as input.job.tags.owner",
    "alone": "_scoped with input.job as {}",
    "in a comprehension": "count([1 | _scoped with input as {}]) == 1",
    "in a body of every": "every name in [input.job.name] { _scoped with input.job.name as name }",
    "in a body below a not": "not { _scoped with input as {} }",
    "of a function": 'not startswith(input.job.name, "a") with startswith as false',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_with_in_a_rule_is_reported(tree: Opa, body: str) -> None:
    row = add(tree, RULE, f"import future.keywords.not\n\n{_OF_A_RULE.format(body)}") + 2
    column = len("_x if ") + body.index(" with ") + 2
    assert said(tree) == [f"{RULE}:{row}:{column}: {ADVICE}"]


def test_each_with_is_reported(tree: Opa) -> None:
    body = "_scoped with input.job.kind as 1 with input.job.name as 2"
    row = add(tree, RULE, _OF_A_RULE.format(body))
    assert [line.split(": ")[0] for line in said(tree)] == [f"{RULE}:{row}:{column}" for column in (15, 40)]


@pytest.mark.parametrize("body", ["_x(y) if not _z(y) with data.guard.lib.a as y\n\n_z(1)"], ids=["library"])
def test_a_with_in_a_library_is_reported(tree: Opa, body: str) -> None:
    add(tree, LIBRARY, body)
    assert [line.split(": ", 1)[1] for line in said(tree)] == [ADVICE]


def test_the_bundle_is_not_built_with_it(whole: Opa) -> None:
    add(whole, RULE, f"import future.keywords.not\n\n{_OF_A_RULE.format(BODIES['below a not'])}")
    out = io.StringIO()
    assert not build_bundle(whole, POLICIES, Path("b.tar.gz"), TODAY, out)
    assert ADVICE in out.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('_x := "with input as x"', id="text"),
        pytest.param("# _x if input.job with input as 1", id="comment"),
        pytest.param('_x := {"with": input.job.name}', id="key"),
        pytest.param('_x if input.job.tags["with"]', id="name of a tag"),
        pytest.param('_x if not _scoped(input.job.name)\n\n_scoped(name) if startswith(name, "a")', id="function"),
    ],
)
def test_similar_text_is_not_reported(tree: Opa, body: str) -> None:
    add(tree, RULE, f"import future.keywords.not\n\n{body}")
    assert said(tree) == []


def test_tests_may_have_a_with(tree: Opa) -> None:
    (tree.folder / TEST).write_text(
        'package guard.rules.max_runtime_test\n\ntest_x if input.a with input as {"a": 1}\n'
    )
    assert said(tree) == []
