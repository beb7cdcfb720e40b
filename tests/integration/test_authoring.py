"""The policy author's commands on copies of the policies, with the real OPA and Regal."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from guard.authoring.__main__ import main
from guard.authoring.bundle import build_bundle
from guard.authoring.catalogue import catalogue
from guard.authoring.check import check_policies
from guard.authoring.coverage import run_tests
from guard.authoring.generated import generated_files, stale, write
from guard.authoring.mutation.mutants import find_mutants
from guard.authoring.mutation.run import mutate
from guard.authoring.opa import SCHEMAS, Opa
from guard.authoring.rules import read_rules
from guard.authoring.scaffold import new_rule
from guard.errors import ConfigError
from tests.support.policies import CONFIG, POLICIES, ROOT, few_policies
from tests.support.regal import pinned_regal

TODAY = date(2026, 11, 23)
TARGET = Path("bundle.tar.gz")
RULES = POLICIES / "guard" / "rules"
RUNTIME = RULES / "max_runtime" / "max_runtime.rego"
PARAMETERS = "import data.guard.parameters\n"
RUNTIME_TEST = RULES / "max_runtime" / "max_runtime_test.rego"


@pytest.fixture(scope="session")
def regal() -> Path:
    """The pinned Regal."""
    return pinned_regal()


@pytest.fixture(scope="session")
def content_regal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Regal that finds nothing, for where style isn't the question: the real one takes a second."""
    path = tmp_path_factory.mktemp("regal") / "regal"
    path.write_text("#!/bin/sh\necho '{\"violations\": []}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory, opa: Path) -> Path:
    """A repository of two rules with all libraries: what is said of it is said of the whole one, in a third of the time."""
    return few_policies(tmp_path_factory.mktemp("few"), opa, ("denied_image", "max_runtime")).folder


@pytest.fixture
def tree(tmp_path: Path, few: Path, opa: Path) -> Opa:
    """A copy of it, to change."""
    shutil.copytree(few, tmp_path / "tree")
    return Opa(opa, tmp_path / "tree")


Change = Callable[[Path, str | re.Pattern[str], str], None]

# Whatever the configuration of this repository is.
SECONDS = re.compile(r"(?<= )seconds: \d+")
FIRST_IMAGE = re.compile(r"(?<=\n    images:\n)")
EXEMPTIONS = re.compile(r"(?<=\n)exemptions:(?: \[\])?(?=\n)")


@pytest.fixture
def change(tree: Opa) -> Change:
    """Replace what occurs once in a file of the copy."""

    def replace(file: Path, old: str | re.Pattern[str], new: str) -> None:
        pattern = re.compile(re.escape(old)) if isinstance(old, str) else old
        text, count = pattern.subn(lambda _: new, (tree.folder / file).read_text())
        assert count == 1, (file, old)
        (tree.folder / file).write_text(text)

    return replace


def _checked(tree: Opa, regal: Path, *, style_fails: bool = True) -> tuple[bool, dict[str, str], str]:
    """Return whether all is well, the verdict of each step, and everything that was printed."""
    out = io.StringIO()
    well = check_policies(tree, regal, POLICIES, TODAY, out, style_fails=style_fails)
    verdicts = dict(re.findall(r"^(\S.*?) +(ok|noted|FAILED) +[\d.]+ s$", out.getvalue(), re.MULTILINE))
    return well, verdicts, out.getvalue()


def _tested(tree: Opa) -> tuple[bool, str]:
    out = io.StringIO()
    return run_tests(tree, POLICIES, out), out.getvalue()


def _built(tree: Opa) -> tuple[bool, str]:
    out = io.StringIO()
    return build_bundle(tree, POLICIES, TARGET, TODAY, out), out.getvalue()


# make check


DEFECTS = [
    ("types", RUNTIME, "\truntime > _limit\n", '\truntime > _limit\n\thttp.send({"url": "x"})\n', "undefined function http.send"),
    ("types", RUNTIME, "_limit := given if {\n", "_limit := given if {\n\ttime.now_ns() > 0\n", "undefined function time.now_ns"),
    ("style", RUNTIME, "package guard.rules.max_runtime\n", "package guard.rules.max_runtime\n\n# TODO\n", "todo-comment"),
    ("config", RUNTIME, PARAMETERS, f"{PARAMETERS}import data.guard.rules.keep_alive\n", "a rule reads only"),
    ("config", CONFIG, SECONDS, "secnds: 86400", "did you mean seconds?"),
    ("format", RUNTIME, "default _limit := 0", "default   _limit := 0", "max_runtime.rego"),
]  # fmt: skip


def test_check_says_which_steps_fail_and_where(tree: Opa, regal: Path, change: Change) -> None:
    for _, file, old, new, _ in DEFECTS:
        change(file, old, new)
    well, verdicts, printed = _checked(tree, regal)
    assert not well
    assert {step for step, verdict in verdicts.items() if verdict == "FAILED"} >= {step for step, *_ in DEFECTS}
    sections = dict(re.findall(r"^(\w+) +FAILED.*\n((?:  .*\n)*)", printed, re.MULTILINE))
    assert [said for step, *_, said in DEFECTS if said not in sections[step]] == []


def test_check_names_every_generated_file_that_is_out_of_date(tree: Opa, content_regal: Path, change: Change) -> None:
    change(CONFIG, SECONDS, "seconds: 77")
    change(Path("capabilities.json"), '"allow_net": []', '"allow_net": ["x"]')
    change(SCHEMAS / "config.json", "Configuration of the policies", "x")
    well, verdicts, printed = _checked(tree, content_regal)
    assert (well, [step for step, verdict in verdicts.items() if verdict == "FAILED"]) == (False, ["generated"])
    named = re.findall(r"^    (\S+)$", printed.partition("generated ")[2], re.MULTILINE)
    assert named == ["schemas/config.json", "capabilities.json", "docs/rules.md"]


@pytest.mark.parametrize("entry", ["images", "patterns"])
def test_one_more_entry_of_the_deny_list_makes_nothing_stale(
    tree: Opa, content_regal: Path, change: Change, entry: str
) -> None:
    if entry == "images":
        change(CONFIG, FIRST_IMAGE, '      "pytorch-training:1.11-cpu-py38": {reason: x}\n')
    else:
        change(CONFIG, "    patterns: []\n", '    patterns: [{pattern: "tensorflow-training:1.*", reason: x}]\n')
    well, _, printed = _checked(tree, content_regal)
    assert well, printed


@pytest.mark.parametrize(("style_fails", "verdict"), [(False, "noted"), (True, "FAILED")], ids=["check", "lint"])
def test_style_is_printed_and_fails_in_lint_only(
    tree: Opa, regal: Path, change: Change, style_fails: bool, verdict: str
) -> None:
    change(RUNTIME, "package guard.rules.max_runtime\n", "package guard.rules.max_runtime\n\n# TODO\n")
    well, verdicts, printed = _checked(tree, regal, style_fails=style_fails)
    assert (well, verdicts["style"], "todo-comment" in printed) == (not style_fails, verdict, True)


def test_names_of_the_documents_fields_may_be_names_of_variables(tree: Opa, regal: Path) -> None:
    fields = sorted(_fields(json.loads((tree.folder / SCHEMAS / "input.json").read_text())))
    assert {"account", "count", "time", "uri"} <= {*fields}
    functions = "".join(
        f"\n_of_{name}(facts) := {name} if {{\n\t{name} := facts.x\n\t{name} > 0\n}}\n" for name in fields
    )
    rule = tree.folder / RUNTIME
    rule.write_text(rule.read_text() + functions)
    _, verdicts, printed = _checked(tree, regal)
    assert (verdicts["types"], verdicts["config"], verdicts["trial"]) == ("ok", "ok", "ok")
    # Seventy functions make the file long, and nothing else is wrong about it.
    assert {found.rpartition("(")[2] for found in re.findall(r"max_runtime\.rego:.*?\)", printed)} <= {"file-length)"}


def _fields(schema: object) -> set[str]:
    inner = list(schema.values()) if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    own = set(schema.get("properties", {})) if isinstance(schema, dict) else set()
    return own.union(*map(_fields, inner))


def test_check_lets_an_expired_exemption_pass_and_prints_it(tree: Opa, content_regal: Path, change: Change) -> None:
    exemption = "{id: EX-1, owner: a, reason: b, rules: [max_runtime], scope: {region: eu-*}, expires: '2020-01-01'}"
    change(CONFIG, EXEMPTIONS, f"exemptions:\n  - {exemption}")
    well, verdicts, printed = _checked(tree, content_regal)
    assert (well, verdicts["config"]) == (True, "ok")
    assert "warning: exemptions[0].expires: EX-1 has expired on 2020-01-01" in printed


# make test-policies


def test_tests_print_the_rows_that_no_test_reaches(tree: Opa, change: Change) -> None:
    change(RUNTIME, "default _limit := 0\n", '_never if input.account == "7"\n\ndefault _limit := 0\n')
    row = (tree.folder / RUNTIME).read_text().splitlines().index('_never if input.account == "7"') + 1
    passed, printed = _tested(tree)
    assert not passed
    assert f"{RUNTIME}:{row}: no test reaches this" in printed


def test_tests_name_a_file_without_any_test(tree: Opa) -> None:
    (tree.folder / RULES / "alone").mkdir()
    (tree.folder / RULES / "alone" / "alone.rego").write_text(
        "package guard.rules.alone\n\nfindings := {1 | input.x}\n"
    )
    passed, printed = _tested(tree)
    assert not passed
    assert f"{RULES}/alone/alone.rego:3: no test reaches this" in printed


def test_tests_fail_with_the_name_of_the_failing_one(tree: Opa, change: Change) -> None:
    change(RUNTIME, "\truntime > _limit\n", "\truntime >= _limit\n")
    passed, printed = _tested(tree)
    assert not passed
    assert f"{RUNTIME_TEST}:25: test_allow_exactly_the_limit fails\n" in printed


def test_tests_show_the_values_of_what_was_not_true(tree: Opa, change: Change) -> None:
    change(RUNTIME, "\truntime > _limit\n", "\truntime >= _limit\n")
    _, printed = _tested(tree)
    finding = (
        '{"details": {"config": "rules.max_runtime.seconds", "limit": 3600, "max_runtime_seconds": 3600}, '
        '"message": "The job may run for 3600 seconds; at most 3600 are allowed."}'
    )
    assert "  27: r == set()\n" in printed
    assert f"     r is {{{finding}}}\n" in printed


def test_tests_show_values_without_a_name_and_what_the_test_printed(tree: Opa) -> None:
    with (tree.folder / RUNTIME_TEST).open("a") as file:
        file.write('\ntest_last if {\n\tprint("seen", 7)\n\tcount(rule.findings) == 7 with input as {}\n}\n')
    _, printed = _tested(tree)
    assert "     count(rule.findings) is 0\n     rule.findings is set()\n  printed: seen 7\n" in printed


def test_tests_fail_when_a_builtin_does_even_if_every_test_passes(tree: Opa, change: Change) -> None:
    """In `opa test` a failing built-in is only undefined; a decision would end in an error."""
    change(RUNTIME, "\truntime > _limit\n", "\tto_number(input.region) > 0\n\truntime > _limit\n")
    (tree.folder / RUNTIME_TEST).write_text(
        "package guard.rules.max_runtime_test\n\nimport data.guard.rules.max_runtime as rule\n\n"
        'test_nothing if rule.findings == set() with input as {"compute": {"max_runtime_seconds": 7}, "region": "eu"}\n'
    )
    passed, printed = _tested(tree)
    assert not passed
    assert f"{RUNTIME}" in printed
    assert "to_number" in printed


# make bundle


def _members(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return {member.lstrip("/") for member in tar.getnames()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, few: Path, opa: Path) -> tuple[Path, str]:
    """A folder whose bundle was built, and what was printed."""
    tree = Opa(opa, Path(shutil.copytree(few, tmp_path_factory.mktemp("built") / "tree")))
    well, printed = _built(tree)
    assert well, printed
    return tree.folder, printed


def test_the_bundle_holds_the_policies_their_data_and_nothing_else(built: tuple[Path, str]) -> None:
    folder, _ = built
    rego = {str(path.relative_to(folder)) for path in (folder / POLICIES).rglob("*.rego")}
    assert _members(folder / TARGET) == {".manifest", "data.json"} | {
        path for path in rego if not path.endswith("_test.rego")
    }


def test_the_bundle_says_its_path_revision_and_size_in_one_line(built: tuple[Path, str]) -> None:
    folder, printed = built
    size = (folder / TARGET).stat().st_size
    with tarfile.open(folder / TARGET) as tar:
        manifest = next(member for member in tar.getmembers() if member.name.endswith(".manifest"))
        content = tar.extractfile(manifest)
        assert content is not None
        revision = json.load(content)["revision"]
    assert printed == f"{TARGET}: revision {revision}, {size:,} bytes\n"
    assert re.fullmatch(r"[0-9a-f]{12}", revision)


@pytest.mark.parametrize(
    ("file", "old", "new", "printed"),
    [
        pytest.param(CONFIG, FIRST_IMAGE, '      "PyTorch:1": {reason: x}\n', "can never match an image", id="config"),
        pytest.param(RUNTIME, "runtime > _limit", "http.send({})", "undefined function http.send", id="capabilities"),
        pytest.param(RUNTIME, "max_runtime_seconds == null", "x == null", "undefined ref", id="types"),
    ],
)  # fmt: skip
def test_the_bundle_is_not_built_from_policies_with_problems(
    tree: Opa, change: Change, file: Path, old: str | re.Pattern[str], new: str, printed: str
) -> None:
    (tree.folder / TARGET).write_text("of yesterday")
    change(file, old, new)
    built, text = _built(tree)
    assert not built
    assert printed in text
    assert not (tree.folder / TARGET).exists()


# make new-rule


def test_a_new_rule_passes_every_check_and_test_at_once(tree: Opa, regal: Path) -> None:
    new_rule(tree, POLICIES, "root_access_enabled")
    well, _, printed = _checked(tree, regal)
    assert well, printed
    passed, printed = _tested(tree)
    assert passed, printed


def test_a_new_rule_leaves_every_other_line_of_the_configuration(tree: Opa) -> None:
    before = (tree.folder / CONFIG).read_text()
    new_rule(tree, POLICIES, "root_access_enabled")
    after = (tree.folder / CONFIG).read_text()
    section = "\n  root_access_enabled:\n    level: warn\n    names: []\n"
    assert after.replace(section, "", 1) == before
    assert after.count(section) == 1


def test_a_new_rule_is_in_the_catalogue_and_the_schema(tree: Opa) -> None:
    new_rule(tree, POLICIES, "root_access_enabled")
    assert "## root_access_enabled" in (tree.folder / "docs" / "rules.md").read_text()
    schema = json.loads((tree.folder / SCHEMAS / "config.json").read_text())
    assert "names" in schema["properties"]["rules"]["properties"]["root_access_enabled"]["properties"]


def test_a_new_rules_mutants_are_all_killed_by_its_test(tree: Opa) -> None:
    new_rule(tree, POLICIES, "root_access_enabled")
    out = io.StringIO()
    assert mutate(tree, POLICIES, ("root_access_enabled",), out)
    assert "survived" not in out.getvalue()


@pytest.mark.parametrize(
    "name", ["", "Root", "root-access", "1st", "_root", "root_", "a__b", "a_test", "default", "exemptions", "../x"]
)
def test_a_name_that_rego_or_main_could_not_use_is_refused(tree: Opa, name: str) -> None:
    before = (tree.folder / CONFIG).read_text()
    with pytest.raises(ConfigError, match="can't be a rule's name"):
        new_rule(tree, POLICIES, name)
    assert (tree.folder / CONFIG).read_text() == before


def test_the_name_of_an_existing_rule_is_refused(tree: Opa) -> None:
    before = (tree.folder / RUNTIME).read_text()
    with pytest.raises(ConfigError, match="there is a rule max_runtime already"):
        new_rule(tree, POLICIES, "max_runtime")
    assert (tree.folder / RUNTIME).read_text() == before


def test_no_rule_is_made_among_policies_with_problems(tree: Opa, change: Change) -> None:
    change(CONFIG, SECONDS, "seconds: soon")
    with pytest.raises(ConfigError, match=r"rules\.max_runtime\.seconds: must be a whole number"):
        new_rule(tree, POLICIES, "root_access_enabled")
    assert not (tree.folder / RULES / "root_access_enabled").exists()


# make docs


def test_what_is_generated_is_fresh_in_the_repository(opa: Path) -> None:
    assert stale(ROOT, generated_files(Opa(opa, ROOT), POLICIES)) == []


# make mutate-policies


def _mutants(opa: Path, tmp_path: Path, body: str) -> list[str]:
    def parse(text: str) -> object:
        (tmp_path / "a.rego").write_text(text)
        return Opa(opa, tmp_path).parse(Path("a.rego"))

    source = f"package a\n\n{body}\n"
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


def test_mutation_refuses_tests_that_fail_already(tree: Opa, change: Change) -> None:
    change(RUNTIME, "\truntime > _limit\n", "\truntime >= _limit\n")
    with pytest.raises(ConfigError, match=r"the tests of rules/max_runtime fail without any change"):
        mutate(tree, POLICIES, ("max_runtime",), io.StringIO())


def test_mutation_refuses_an_unknown_rule(tree: Opa) -> None:
    with pytest.raises(ConfigError, match="there is no folder max_runtimes with policies"):
        mutate(tree, POLICIES, ("max_runtimes",), io.StringIO())


LONE_RULE = """# METADATA
# title: Runtime limit
# description: A job must limit its runtime to at most `seconds`.
# custom:
#   severity: medium
#   remediation: Set a limit.
#   parameters:
#     seconds: {description: The longest runtime., type: integer, minimum: 1}
package guard.rules.max_runtime

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: Jobs that may run longer.
findings contains {"message": sprintf("%v seconds are too many.", [runtime])} if {
	runtime := input.compute.max_runtime_seconds
	runtime > _limit
}

_limit := data.guard.config.rules.max_runtime.seconds
"""
LONE_TEST = """package guard.rules.max_runtime_test

import data.guard.rules.max_runtime as rule

test_more_than_the_limit_is_a_finding[runtime] if {
	some runtime, found in {59: set(), 60: set(), 61: {{"message": "61 seconds are too many."}}}
	found == rule.findings with input.compute.max_runtime_seconds as runtime
		with data.guard.config.rules.max_runtime.seconds as 60
}

test_remediation if rule.remediation == "Set a limit."
"""


@pytest.fixture
def small(tree: Opa) -> Opa:
    """One rule that needs no library, with its configuration and its section of the catalogue."""
    guard = tree.folder / POLICIES / "guard"
    for folder in [*(tree.folder / RULES).iterdir(), *guard.iterdir()]:
        if folder.name not in {"config", "rules"}:
            shutil.rmtree(folder)
    rule = tree.folder / RULES / "max_runtime"
    rule.mkdir()
    (rule / "max_runtime.rego").write_text(LONE_RULE)
    (rule / "max_runtime_test.rego").write_text(LONE_TEST)
    levels = "level: warn, overrides: [{region: eu-*, level: deny}]"
    (tree.folder / CONFIG).write_text(f"rules:\n  max_runtime: {{{levels}, seconds: 60}}\nexemptions: []\n")
    (tree.folder / "tools" / "mutants-equivalent.yaml").write_text("[]")
    write(tree.folder, generated_files(tree, POLICIES))
    return tree


WEAK = """package guard.rules.max_runtime_test

import data.guard.rules.max_runtime as rule

test_deny if count(rule.findings) == 1 with input as {"compute": {"max_runtime_seconds": 9}}
	with data.guard.config.rules.max_runtime as {"seconds": 3}
"""


def test_mutants_that_a_weak_test_lets_live_are_listed_and_counted(small: Opa) -> None:
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


def test_a_mutant_listed_as_equivalent_of_another_folder_is_left_to_a_run_of_all(small: Opa) -> None:
    listed = {"file": "guard/rules/volume_size/volume_size.rego", "line": "size > _limit", "change": "> -> >="}
    (small.folder / "tools" / "mutants-equivalent.yaml").write_text(json.dumps([listed | {"reason": "for this test"}]))
    out = io.StringIO()
    assert mutate(small, POLICIES, ("max_runtime",), out)
    assert "remove from" not in out.getvalue()


# the commands


@pytest.fixture
def command(tree: Opa, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run a command in the copy."""
    monkeypatch.chdir(tree.folder)

    def run(*arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        return main(["--opa", str(tree.binary), *arguments], out), out.getvalue()

    return run


COMMANDS = [
    pytest.param(["new-rule", "root_access_enabled"], r"(.*\n){3}Change them, then: make .*", id="new-rule"),
    pytest.param(["mutate", "max_runtime"], r"(.*\n){1}\d+ of \d+ mutants killed, 100.0%; the goal is 95%", id="mutate"),
    pytest.param(["docs"], "", id="docs"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "printed"), COMMANDS)
def test_a_command_that_succeeds_exits_with_0(command, arguments: list[str], printed: str) -> None:
    code, out = command(*arguments)
    assert code == 0
    assert re.fullmatch(printed, out.strip())


def test_check_finds_nothing_in_what_ships(opa: Path, regal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    out = io.StringIO()
    code = main(["--opa", str(opa), "check", "--regal", str(regal)], out)
    printed = out.getvalue()
    assert code == 0, printed
    steps = re.findall(r"^(\S.*?) +ok +[\d.]+ s$", printed, re.MULTILINE)
    assert steps == ["types", "config", "trial", "format", "style", "generated"]


def test_a_command_that_refuses_exits_with_1_and_one_line(command) -> None:
    code, out = command("new-rule", "Root")
    assert (code, out.count("\n")) == (1, 1)


def test_bundle_refuses_a_broken_configuration(tree: Opa, command, change: Change) -> None:
    change(CONFIG, SECONDS, "seconds: soon")
    assert command("bundle", str(TARGET))[0] == 1
    assert not (tree.folder / TARGET).exists()


def test_check_fails_when_regal_cannot_run(tree: Opa, command) -> None:
    code, printed = command("check", "--regal", str(tree.folder / "regal"))
    assert (code, "regal" in printed) == (1, True)


def test_docs_brings_generated_files_up_to_date(tree: Opa, command) -> None:
    (tree.folder / "docs" / "rules.md").unlink()
    assert command("docs")[0] == 0
    assert stale(tree.folder, generated_files(tree, POLICIES)) == []


def test_docs_writes_nothing_about_a_broken_configuration(tree: Opa, command, change: Change) -> None:
    change(CONFIG, SECONDS, "seconds: soon")
    before = (tree.folder / "docs" / "rules.md").read_text()
    code, out = command("docs")
    assert (code, "must be a whole number" in out) == (1, True)
    assert (tree.folder / "docs" / "rules.md").read_text() == before


def test_policies_that_do_not_parse_are_told_by_each_step_without_a_traceback(tree: Opa, content_regal: Path) -> None:
    (tree.folder / RUNTIME).write_text("package guard.rules.max_runtime\n\nx := }\n")
    well, verdicts, printed = _checked(tree, content_regal)
    assert (well, verdicts["types"], verdicts["config"]) == (False, "FAILED", "FAILED")
    assert "generated      skipped until config passes" in printed
    assert "max_runtime.rego:3: rego_parse_error" in printed


def test_a_regal_that_prints_no_report_is_told_as_it_is(tree: Opa, tmp_path: Path) -> None:
    broken = tmp_path / "regal"
    broken.write_text("#!/bin/sh\necho out of memory >&2\nexit 3\n")
    broken.chmod(0o755)
    well, verdicts, printed = _checked(tree, broken)
    assert (well, verdicts["style"]) == (False, "FAILED")
    assert "out of memory" in printed


@pytest.mark.parametrize(
    ("tool", "printed"),
    [
        ("test-policies OPA PYTHON", r"\d+ tests pass, 100% of the policies are covered"),
        ("build-bundle OPA PYTHON bundle.tar.gz", r"bundle\.tar\.gz: revision [0-9a-f]{12}, [\d,]+ bytes"),
    ],
)
def test_the_scripts_that_make_calls_take_these_arguments(tree: Opa, tool: str, printed: str) -> None:
    name, *arguments = tool.replace("OPA", str(tree.binary)).replace("PYTHON", sys.executable).split()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [ROOT / "tools" / name, *arguments]
    ran = subprocess.run(command, cwd=tree.folder, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, bool(re.fullmatch(printed, ran.stdout.strip()))) == (0, True), ran.stderr
