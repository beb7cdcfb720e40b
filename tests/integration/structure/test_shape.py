"""Invalid files, packages and exports of policies are reported, and no bundle is built with them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from guard.authoring.bundle import build_bundle
from guard.authoring.opa import Opa
from guard.authoring.types_check import check_types
from tests.support.one_rule import LIBRARY, RULE, TEST, TODAY, add, said
from tests.support.policies import POLICIES


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ("\nfindings contains ", "\nfinding contains ", "partial set `findings`"),
        ("\nfindings contains {", "\nfindings := {", "partial set `findings`"),
        ("\nremediation := ", "\nadvice := ", "value `remediation`"),
        ("\nremediation := ", "\nremediation contains ", "value `remediation`"),
        ("\nremediation := ", "\nremediation(_) := ", "value `remediation`"),
        ("\nneeds := ", "\nwants := ", "value `needs`"),
        ("#   needs: ", "#   kinds: [training]\n#   needs: ", "value `kinds`"),
    ],
)
def test_a_rule_without_its_exports_is_reported(tree: Opa, old: str, new: str, missing: str) -> None:
    source = (tree.folder / RULE).read_text()
    assert old in source
    (tree.folder / TEST).write_text("package guard.rules.max_runtime_test\n")
    (tree.folder / RULE).write_text(source.replace(old, new))
    (told,) = said(tree)
    assert re.fullmatch(rf"{RULE}:\d+:1: the rule has no {missing}; see docs/policies.md, What a rule is", told)


@pytest.mark.parametrize(
    ("file", "package", "text"),
    [
        (
            "guard/rules/other/other.rego", "guard.main", "write `package guard.rules.other`",
        ),
        (
            "guard/lib/globs/more_test.rego", "guard.lib.globs", "write `package guard.lib.globs_test`",
        ),
        ("other.rego", "other", None),
    ],
)  # fmt: skip
def test_a_misplaced_package_is_reported_alone(tree: Opa, file: str, package: str, text: str | None) -> None:
    """Problems in METADATA and configuration are only its consequences."""
    path = tree.folder / POLICIES / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"package {package}\n\n_x := 1\n")
    (told,) = said(tree)
    assert told.startswith(f"{POLICIES / file}:1:1: ")
    assert told.endswith(text or "move the package other")


SILENT = "_x if not startswith(input.job.name, input.job.status)"


@pytest.mark.parametrize("file", [RULE, LIBRARY], ids=["rule", "library"])
def test_a_not_that_may_be_undefined_is_reported_with_its_position_and_a_remedy(tree: Opa, file: Path) -> None:
    body = SILENT if file == RULE else "_x(name) if not startswith(name, _y)\n_y := type_name(1)"
    row = add(tree, file, body)
    column = body.index("not ") + 1
    told = (
        f"{file}:{row}:{column}: if the nested call or reference is undefined, this `not` is undefined as well, not true, and "
        "the rule reports nothing; add `import future.keywords.not` below the package"
    )
    assert said(tree) == [told]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param('_x if input.job.kind == "trainng"', "is never", id="a comparison that decides nothing"),
        pytest.param("_x if input.network.vpc", "input.network.vpc holds for every job", id="a fact that always holds"),
        pytest.param(
            'findings contains {"message": input.experiment.name, "details": {}}',
            "input.experiment may be missing; the finding is then undefined, and the rule reports nothing",
            id="a finding that some jobs lose",
        ),
        pytest.param(
            'deny contains "no" if input.region == "eu-west-1"',
            "nothing reads deny; report with `findings contains`, and set the rule's level in the configuration",
            id="a report that nothing reads",
        ),
        pytest.param(
            'violation[7] := 1 if input.region == "eu-west-1"', "nothing reads violation", id="a report of another form"
        ),
    ],
)
def test_a_rule_that_may_miss_a_job_is_reported_with_its_position(tree: Opa, body: str, text: str) -> None:
    row = add(tree, RULE, body)
    (told,) = said(tree)
    assert told.startswith(f"{RULE}:{row}:")
    assert text in told


@pytest.mark.parametrize(
    "body",
    [
        'deny if input.region == "eu-west-1"\n_x if deny',
        'warn contains "no" if input.region == "eu-west-1"\n_x := {each | some each in warn}',
        "_x := data.guard.rules.max_runtime.deny\ndeny := 1",
        "own contains 1",
    ],
)
def test_a_rule_of_that_name_that_is_read_is_not_reported(tree: Opa, body: str) -> None:
    add(tree, RULE, body)
    assert said(tree) == []


def test_with_its_import_a_not_may_be_nested(tree: Opa) -> None:
    add(tree, RULE, f"import future.keywords.not\n\n{SILENT}")
    assert said(tree) == []


def test_a_rule_in_several_files_is_one_package(tree: Opa) -> None:
    """The name `_y` in one file may be a rule of another file."""
    add(tree, RULE, "_x if not startswith(input.job.name, _y)\n")
    other = RULE.with_name("other.rego")
    (tree.folder / other).write_text("package guard.rules.max_runtime\n\n_y := input.job.status\n")
    assert len(said(tree)) == 1


def test_the_bundle_is_not_built_from_a_rule_that_may_miss_a_job(whole: Opa) -> None:
    add(whole, RULE, SILENT)
    out = io.StringIO()
    assert not build_bundle(whole, POLICIES, Path("bundle.tar.gz"), TODAY, out)
    assert "add `import future.keywords.not`" in out.getvalue()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("_x if not startswith(input.job.name, 1)", "startswith takes (text, text), not (text, a number)"),
        ("_x if not _f(1, 2)\n\n_f(y) if y == 1", "data.guard.rules.max_runtime._f takes ("),
        ("_x if not input.job.nmae", "no document has input.job.nmae; did you mean name?"),
    ],
    ids=["type", "number of arguments", "field"],
)
def test_types_inside_of_a_not_are_checked_under_the_import_too(whole: Opa, body: str, text: str) -> None:
    """OPA 1.22 itself checks fields there, but not arguments."""
    row = add(whole, RULE, f"import future.keywords.not\n\n{body}") + 2
    out = io.StringIO()
    assert not build_bundle(whole, POLICIES, Path("bundle.tar.gz"), TODAY, out)
    assert re.search(rf"{RULE}:{row}:\d+: {re.escape(text)}", out.getvalue()), out.getvalue()


def test_a_not_with_a_body_is_accepted(whole: Opa) -> None:
    add(whole, RULE, "import future.keywords.not\n\n_x if not { input.compute.spot; input.network.isolated }")
    assert (said(whole), check_types(whole, POLICIES)) == ([], [])


def test_a_rule_without_test_is_reported(tree: Opa) -> None:
    (tree.folder / TEST).unlink()
    assert said(tree) == [f"{RULE}:1:1: the rule has no test; write {TEST}"]


def test_the_bundle_is_not_built_from_a_rule_that_reads_more_than_it_may(whole: Opa) -> None:
    """Building a bundle doesn't use Regal."""
    add(whole, RULE, "_x := data.guard.config.exemptions # regal ignore:all")
    out = io.StringIO()
    assert not build_bundle(whole, POLICIES, Path("bundle.tar.gz"), TODAY, out)
    assert "a rule reads only input" in out.getvalue()
    assert not (whole.folder / "bundle.tar.gz").exists()
