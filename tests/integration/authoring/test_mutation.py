"""`make mutate-policies` on copies of the policies."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from guard.authoring.catalogue import catalogue
from guard.authoring.mutation.mutants import find_mutants
from guard.authoring.mutation.run import mutate
from guard.authoring.opa import Opa
from guard.authoring.rules import read_rules
from guard.errors import ConfigError
from tests.support.authoring import RUNTIME, RUNTIME_TEST, Change
from tests.support.policies import CONFIG, POLICIES


def _mutants(opa: Path, tmp_path: Path, body: str, head: str = "package a") -> list[str]:
    def parse(text: str) -> object:
        (tmp_path / "a.rego").write_text(text)
        return Opa(opa, tmp_path).parse(Path("a.rego"))

    source = f"{head}\n\n{body}\n"
    return [f"{mutant.row}: {mutant}" for mutant in find_mutants(source, parse)]


@pytest.mark.parametrize(
    ("body", "mutants"),
    [
        pytest.param("x if input.a == input.b", ["3: input.a == input.b -> true", "3: == -> !="], id="comparison"),
        pytest.param("x if input.a <= 3", ["3: input.a <= 3 -> true", "3: <= -> <", "3: 3 -> 4"], id="border and number"),
        pytest.param("x if not input.a", ["3: not input.a -> input.a", "3: not input.a -> true"], id="negation"),
        pytest.param('x := {"a"}', ['3: {"a"} -> set()', '3: "a" -> "mutant"'], id="set"),
        pytest.param("x := [1.5]", ["3: [1.5] -> []", "3: 1.5 -> 1.51"], id="list"),
        pytest.param("x := []", [], id="empty list"),
        pytest.param('x := "deny"', ['3: "deny" -> "warn"'], id="level"),
        pytest.param("x := true", ["3: true -> false"], id="truth value"),
        pytest.param("x := input.a | input.b", ["3: | -> &"], id="operator"),
        pytest.param("x if input.a != 1", ["3: input.a != 1 -> true", "3: != -> ==", "3: 1 -> 2"], id="unequal"),
        pytest.param("x if input.a < input.b", ["3: input.a < input.b -> true", "3: < -> <="], id="less"),
        pytest.param("x if input.a > input.b", ["3: input.a > input.b -> true", "3: > -> >="], id="more"),
        pytest.param("x if input.a >= input.b", ["3: input.a >= input.b -> true", "3: >= -> >"], id="not less"),
        pytest.param("x := input.a & input.b", ["3: & -> |"], id="intersection"),
        pytest.param("x := input.a + input.b", ["3: + -> -"], id="sum"),
        pytest.param("x := input.a - input.b", ["3: - -> |"], id="difference"),
        pytest.param("x := `a`", ['3: `a` -> "mutant"'], id="raw text"),
        pytest.param("x := false", ["3: false -> true"], id="other truth value"),
        pytest.param('x := {"a": 1}', ['3: {"a": 1} -> {}', '3: "a" -> "mutant"', "3: 1 -> 2"], id="mapping"),
        pytest.param("x := {}", [], id="empty mapping"),
        pytest.param("x := 1e3", ["3: 1e3 -> 1e31"], id="number with an exponent"),
        pytest.param("f(1) := 2", ["3: 1 -> 2", "3: 2 -> 3"], id="argument"),
        pytest.param("x := data.b", [], id="a path is no text"),
        pytest.param(
            'x := ["allow", "warn", "off"]',
            ['3: ["allow", "warn", "off"] -> []', '3: "allow" -> "deny"', '3: "warn" -> "deny"', '3: "off" -> "warn"'],
            id="all levels",
        ),
        pytest.param(
            "x := {y |\n\tsome y in input.a\n\ty == 2\n}",
            ["4: some y in input.a -> true", "5: y == 2 -> true", "5: == -> !=", "5: 2 -> 3"],
            id="comprehension, and a declaration that is a condition",
        ),
        pytest.param(
            "x := 1 if {\n\tinput.a\n} else := 2 if {\n\tinput.b\n} else := 3\n\ny := 4",
            ["3: 1 -> 2", "4: input.a -> true", "5: 2 -> 3", "6: input.b -> true", "7: 3 -> 4", "9: 4 -> 5"],
            id="else after else",
        ),
        pytest.param("x if {\n\tsome i\n\tinput[i]\n}", ["5: input[i] -> true"], id="a declaration is no condition"),
        pytest.param(
            'x := 1 if {\n\tinput.a\n} else := "ö" if {\n\tinput.b == 2\n}',
            ["3: 1 -> 2", "4: input.a -> true", '5: "ö" -> "mutant"', "6: input.b == 2 -> true", "6: == -> !=", "6: 2 -> 3"],
            id="else, whose positions OPA doesn't give",
        ),
        pytest.param(
            "x if {\n\tevery y in input.a {\n\t\ty > 0\n\t}\n}",
            ["4: every y in input.a { y > 0 } -> true", "5: y > 0 -> true", "5: > -> >=", "5: 0 -> 1"],
            id="inside every",
        ),
    ],
)  # fmt: skip
def test_mutants_are_the_small_changes_of_a_source(opa: Path, tmp_path: Path, body: str, mutants: list[str]) -> None:
    assert sorted(_mutants(opa, tmp_path, body)) == sorted(mutants)


def test_the_rows_of_mutants_are_those_of_the_file(opa: Path, tmp_path: Path) -> None:
    assert _mutants(opa, tmp_path, "x := 1", head="\n\npackage a") == ["5: 1 -> 2"]


def test_mutation_fails_if_the_tests_fail_without_a_mutant(tree: Opa, change: Change) -> None:
    change(RUNTIME, "\truntime > _limit\n", "\truntime >= _limit\n")
    with pytest.raises(ConfigError, match=r"the tests of rules/max_runtime fail without any change"):
        mutate(tree, POLICIES, ("max_runtime",), io.StringIO())


def test_mutation_fails_for_an_unknown_rule(tree: Opa) -> None:
    with pytest.raises(ConfigError, match="there is no folder max_runtimes with policies"):
        mutate(tree, POLICIES, ("max_runtimes",), io.StringIO())


WEAK = """package guard.rules.max_runtime_test

import data.guard.rules.max_runtime as rule

test_deny if count(rule.findings) == 1 with input as {"compute": {"max_runtime_seconds": 9}}
	with data.guard.config.rules.max_runtime as {"seconds": 3}
"""


def test_mutants_that_survive_a_weak_test_are_listed_and_counted(small: Opa) -> None:
    (small.folder / RUNTIME_TEST).write_text(WEAK)
    out = io.StringIO()
    assert not mutate(small, POLICIES, ("max_runtime",), out)
    row = (small.folder / RUNTIME).read_text().splitlines().index("\truntime > _limit") + 1
    assert f"survived: {RUNTIME}:{row}: > -> >=\n" in out.getvalue()
    killed, tried = re.findall(r"^(\d+) of (\d+) mutants killed", out.getvalue(), re.MULTILINE)[0]
    assert int(tried) - int(killed) == out.getvalue().count("survived: ")


def test_a_mutant_listed_as_equivalent_does_not_count(small: Opa) -> None:
    (small.folder / RUNTIME_TEST).write_text(WEAK)
    listed = {"file": "guard/rules/max_runtime/max_runtime.rego", "line": "runtime > _limit", "change": "> -> >="}
    (small.folder / "tools" / "mutants-equivalent.yaml").write_text(json.dumps([listed | {"reason": "for this test"}]))
    out = io.StringIO()
    mutate(small, POLICIES, ("max_runtime",), out)
    row = (small.folder / RUNTIME).read_text().splitlines().index("\truntime > _limit") + 1
    assert f"{RUNTIME}:{row}: > -> >=" not in out.getvalue()
    assert "survived: " in out.getvalue()


def test_mutation_of_everything_tries_each_folder_and_each_level(small: Opa) -> None:
    out = io.StringIO()
    assert mutate(small, POLICIES, (), out)
    units = re.findall(r"^(\S.*?) {2,}(\d+) of +(\d+)  100.0%$", out.getvalue(), re.MULTILINE)
    assert [unit for unit, _, _ in units] == ["rules/max_runtime", "levels in config/data.yaml"]
    assert units[1][1:] == ("2", "2")


def test_a_level_that_the_catalogue_does_not_show_survives(small: Opa) -> None:
    deny = {"rules": {"max_runtime": {"level": "deny", "seconds": 60}}}
    (small.folder / "docs" / "rules.md").write_text(catalogue(read_rules(small, POLICIES)[0], deny))
    (small.folder / CONFIG).write_text('rules:\n  max_runtime: {level: "off", seconds: 60}\nexemptions: []\n')
    out = io.StringIO()
    mutate(small, POLICIES, (), out)
    assert f"survived: {CONFIG}:2: off -> deny\n" in out.getvalue()


@pytest.mark.parametrize("chosen", [(), ("max_runtime",)], ids=["all", "some"])
def test_a_mutant_listed_as_equivalent_that_a_test_kills_is_an_error(small: Opa, chosen: tuple[str, ...]) -> None:
    listed = {"file": "guard/rules/max_runtime/max_runtime.rego", "line": "runtime > _limit", "change": "> -> >="}
    (small.folder / "tools" / "mutants-equivalent.yaml").write_text(json.dumps([listed | {"reason": "for this test"}]))
    out = io.StringIO()
    assert not mutate(small, POLICIES, chosen, out)
    assert (
        "remove from tools/mutants-equivalent.yaml, as no such mutant survives: guard/rules/max_runtime"
        in out.getvalue()
    )


def test_equivalent_mutants_of_other_folders_are_ignored(small: Opa) -> None:
    listed = {"file": "guard/rules/volume_size/volume_size.rego", "line": "size > _limit", "change": "> -> >="}
    (small.folder / "tools" / "mutants-equivalent.yaml").write_text(json.dumps([listed | {"reason": "for this test"}]))
    out = io.StringIO()
    assert mutate(small, POLICIES, ("max_runtime",), out)
    assert "remove from" not in out.getvalue()
