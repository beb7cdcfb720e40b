"""`make test-policies` on copies of the policies."""

from __future__ import annotations

import pytest

from guard.authoring.opa import Opa
from guard.authoring.sources import source_problems
from guard.authoring.types_check import check_types
from tests.support.authoring import RULES, RUNTIME, RUNTIME_TEST, Change, outcome_of_tests
from tests.support.policies import POLICIES


@pytest.fixture
def alone(tree: Opa) -> Opa:
    """A copy in which only one rule has tests: those of the libraries take most of the time."""
    for file in (tree.folder / POLICIES).rglob("*_test.rego"):
        if file != tree.folder / RUNTIME_TEST and file.parent.name != "testing":
            file.unlink()
    return tree


def test_uncovered_rows_are_printed(alone: Opa, change: Change) -> None:
    change(RUNTIME, "default _limit := 0\n", '_never if input.account == "7"\n\ndefault _limit := 0\n')
    row = (alone.folder / RUNTIME).read_text().splitlines().index('_never if input.account == "7"') + 1
    passed, printed = outcome_of_tests(alone)
    assert not passed
    assert f"{RUNTIME}:{row}: not covered by tests" in printed


def test_a_file_without_any_test_is_named(alone: Opa) -> None:
    (alone.folder / RULES / "alone").mkdir()
    (alone.folder / RULES / "alone" / "alone.rego").write_text(
        "package guard.rules.alone\n\nfindings := {1 | input.x}\n"
    )
    passed, printed = outcome_of_tests(alone)
    assert not passed
    assert f"{RULES}/alone/alone.rego:3: not covered by tests" in printed


def test_a_failing_test_is_named(alone: Opa, change: Change) -> None:
    change(RUNTIME, "\truntime > _limit\n", "\truntime >= _limit\n")
    passed, printed = outcome_of_tests(alone)
    assert not passed
    assert f"{RUNTIME_TEST}:25: test_allow_exactly_the_limit fails\n" in printed


def test_the_values_of_a_failed_expression_are_shown(alone: Opa, change: Change) -> None:
    change(RUNTIME, "\truntime > _limit\n", "\truntime >= _limit\n")
    _, printed = outcome_of_tests(alone)
    finding = (
        '{"details": {"config": "rules.max_runtime.seconds", "limit": 3600, "max_runtime_seconds": 3600}, '
        '"message": "The job may run for 3600 seconds; at most 3600 are allowed."}'
    )
    assert "  27: r == set()\n" in printed
    assert f"     r is {{{finding}}}\n" in printed


def test_values_without_a_name_and_the_output_of_the_test_are_shown(alone: Opa) -> None:
    with (alone.folder / RUNTIME_TEST).open("a") as file:
        file.write('\ntest_last if {\n\tprint("seen", 7)\n\tcount(rule.findings) == 7 with input as {}\n}\n')
    _, printed = outcome_of_tests(alone)
    assert "     count(rule.findings) is 0\n     rule.findings is set()\n  printed: seen 7\n" in printed


@pytest.mark.parametrize(
    ("added", "told"),
    [
        pytest.param("test_last if count(1, 2, 3) == 0", "count", id="arguments too many"),
        pytest.param("test_last if {", "", id="a brace that nothing closes"),
        pytest.param("test_last if findings == set()", "findings", id="a variable that nothing sets"),
    ],
)
def test_tests_that_do_not_compile_are_reported_as_by_make_check(alone: Opa, added: str, told: str) -> None:
    with (alone.folder / RUNTIME_TEST).open("a") as file:
        file.write(f"\n{added}\n")
    passed, printed = outcome_of_tests(alone)
    assert not passed
    assert printed.splitlines() == [
        str(problem) for problem in source_problems(alone.folder, POLICIES) or check_types(alone, POLICIES)
    ]
    assert printed.startswith(f"{RUNTIME_TEST}:")
    assert told in printed


def test_a_failing_built_in_fails_the_run_even_if_every_test_passes(alone: Opa, change: Change) -> None:
    """In `opa test` a failing built-in is only undefined; a decision would end in an error."""
    change(RUNTIME, "\truntime > _limit\n", "\tto_number(input.region) > 0\n\truntime > _limit\n")
    (alone.folder / RUNTIME_TEST).write_text(
        "package guard.rules.max_runtime_test\n\nimport data.guard.rules.max_runtime as rule\n\n"
        'test_nothing if rule.findings == set() with input as {"compute": {"max_runtime_seconds": 7}, "region": "eu"}\n'
    )
    passed, printed = outcome_of_tests(alone)
    assert not passed
    assert f"{RUNTIME}" in printed
    assert "to_number" in printed
