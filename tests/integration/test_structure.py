"""What the policies may consist of, read and export: told with its place, whatever a linter is told to ignore."""

from __future__ import annotations

import io
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from guard.authoring.bundle import build_bundle
from guard.authoring.config_check import check_config
from guard.authoring.opa import Opa
from guard.authoring.types_check import check_types
from tests.support.policies import CONFIG, POLICIES, copy_policies

TODAY = date(2026, 11, 23)
RULE = POLICIES / "guard" / "rules" / "max_runtime" / "max_runtime.rego"
TEST = RULE.with_name("max_runtime_test.rego")
LIBRARY = POLICIES / "guard" / "lib" / "globs" / "globs.rego"
READ = {RULE.parent, LIBRARY.parent, CONFIG.parent}


@pytest.fixture(scope="session")
def one_rule(tmp_path_factory: pytest.TempPathFactory, opa: Path) -> Path:
    """A repository of one rule with its configuration, without the tests of libraries, to be read quickly."""
    folder = tmp_path_factory.mktemp("one-rule")
    copy_policies(folder, opa, rules=["max_runtime"], libraries=["globs"])
    for file in (folder / POLICIES).rglob("*_test.rego"):
        if file != folder / TEST and file.parent.name != "testing":
            file.unlink()
    (folder / CONFIG).write_text("rules:\n  max_runtime: {level: deny, seconds: 60}\nexemptions: []\n")
    return folder


@pytest.fixture(scope="session")
def only_read(tmp_path_factory: pytest.TempPathFactory, one_rule: Path) -> Path:
    """Of it what the checks of the structure read, which is read file by file: the rule and a library."""
    folder = tmp_path_factory.mktemp("only-read")
    for part in READ:
        shutil.copytree(one_rule / part, folder / part)
    return folder


@pytest.fixture
def tree(tmp_path: Path, only_read: Path, opa: Path) -> Opa:
    """A copy of what is read, to change: nothing else is needed to check it, and everything to build a bundle."""
    shutil.copytree(only_read, tmp_path, dirs_exist_ok=True)
    return Opa(opa, tmp_path)


@pytest.fixture
def whole(tmp_path: Path, one_rule: Path, opa: Path) -> Opa:
    """A copy of the repository, to change and to build."""
    shutil.copytree(one_rule, tmp_path, dirs_exist_ok=True)
    return Opa(opa, tmp_path)


def _said(tree: Opa) -> list[str]:
    return [str(problem) for problem in check_config(tree, POLICIES, TODAY)]


def _add(tree: Opa, file: Path, body: str) -> int:
    """Add lines to a policy, after its imports if they are one; return the row of the first."""
    path = tree.folder / file
    before, package, after = path.read_text().partition(f"package guard.{'.'.join(file.parts[2:-1])}\n")
    assert package
    path.write_text(f"{before}{package}\n{body}\n{after}")
    return before.count("\n") + 3


def test_policies_that_keep_to_the_structure_have_no_problem(tree: Opa) -> None:
    assert _said(tree) == []


@pytest.mark.parametrize("name", ["data.json", "data.yaml", "data.yml", "patch.json"])
@pytest.mark.parametrize("folder", ["", "guard", "guard/config/rules", "guard/rules/max_runtime", ".hidden"])
def test_a_second_file_of_data_is_refused(tree: Opa, folder: str, name: str) -> None:
    """It could switch a rule off, or empty the deny list, without any check."""
    file = POLICIES / folder / name
    (tree.folder / file).parent.mkdir(exist_ok=True)
    (tree.folder / file).write_text("{}")
    text = "OPA would read this as data beside guard/config/data.yaml, unchecked; move its content there, or remove it"
    assert _said(tree) == [f"{file}:1:1: {text}"]


@pytest.mark.parametrize("other", ["data.json", "data.yml"])
def test_the_configuration_in_another_format_is_refused_too(tree: Opa, other: str) -> None:
    (tree.folder / CONFIG).with_name(other).write_text("{}")
    assert len(_said(tree)) == 1


FORBIDDEN_IN_A_RULE = [
    "_x := data.guard.config.rules.other.level",
    "_x := data.guard.config.exemptions",
    "_x := data.guard.config",
    "_x := data.guard.config.rules",
    "_x := data.guard.config.rules[input.job.kind]",
    "_x := data.guard.config.rules.other.images.a",
    '_x := data.guard[y].decision if y := "main"',
    "_x := data.guard.main.decision",
    "_x := data.guard.rules.other.findings",
    "_x := data.guard.testing.document",
    "_x contains data.guard.main.decision",
    "_x[data.guard.main.decision] := 1",
    "_x := {y | y := data.guard.main.decision}",
    "_x(y) := data.guard.config.rules.other[y]",
    "_x := 1 if input.x else := data.guard.main.decision",
    "_x if input.x with data.guard.config as {}",
    "_x if every y in data.guard.config.exemptions { y }",
    "_x := input.images[data.guard.main.decision]",
    "_x := [data.guard.main.decision][0].decision",
    "_x := data.guard.main.decision # regal ignore:rule-isolation",
    "# regal ignore:rule-isolation\n_x := data.guard.main.decision",
    "import data.guard.rules.other",
    "import data.guard.config as c",
]


@pytest.mark.parametrize("body", FORBIDDEN_IN_A_RULE)
def test_a_rule_that_reads_more_than_it_may_is_told_with_the_place(tree: Opa, body: str) -> None:
    row = _add(tree, RULE, body) + body.count("\n")
    said = [
        line for line in _said(tree) if "a rule reads only input, data.guard.lib, data.guard.settings and its" in line
    ]
    assert [line.split(":")[:2] for line in said] == [[str(RULE), str(row)]]


@pytest.mark.parametrize(
    "body",
    [
        "_x := data.guard.parameters.of.max_runtime.seconds",
        "_x := data.guard.parameters.changed.max_runtime.seconds",
        "import data.guard.parameters as p\n\n_x := p.of.max_runtime.seconds",
        "import data.guard.parameters.of\n\n_x := of.max_runtime.seconds",
        "import data.guard.parameters.of.max_runtime\n\n_x := max_runtime.seconds",
        "import data.guard.parameters.of.max_runtime.seconds\n\n_x := seconds",
        "_x := data.guard.lib.globs.first([], input.job.name)",
        "import data.guard.lib.globs",
        "import future.keywords.not\n\n_x if not input.job.tags[input.job.name]",
        "import input.job as job\n\n_x := job.name",
        "_x := data.guard.rules.max_runtime.remediation",
        '_x := datas.guard.main if datas := {"guard": {"main": 1}}',
    ],
)
def test_a_rule_may_read_the_input_the_libraries_and_its_own(tree: Opa, body: str) -> None:
    _add(tree, RULE, body)
    assert _said(tree) == []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("_x := data.guard.config.rules.globs.level", "data.guard.config.rules.globs.level"),
        ("_x := data.guard.rules.other.findings", "data.guard.rules.other.findings"),
        ("_x := input.job.name", "input.job.name"),
        ("import data.guard.main", "data.guard.main"),
    ],
)
def test_a_library_that_reads_more_than_libraries_is_told(tree: Opa, body: str, what: str) -> None:
    row = _add(tree, LIBRARY, body)
    (said,) = _said(tree)
    text = f"a library reads only its arguments and other libraries, not {what}; take it as an argument"
    assert re.fullmatch(rf"{LIBRARY}:{row}:\d+: {re.escape(text)}", said)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(
            "_x := data.guard.parameters.of.max_runtime.secnds",
            "the rule has no parameter secnds in its METADATA, so nobody can give it; did you mean seconds?",
            id="misspelt",
        ),
        pytest.param(
            "_x := data.guard.parameters.changed.max_runtime.names",
            "the rule has no parameter names in its METADATA, so nobody can give it; declare it in custom.parameters",
            id="undeclared",
        ),
        pytest.param(
            'import data.guard.parameters.of.max_runtime as c\n_x := c["secnds"]',
            "the rule has no parameter secnds in its METADATA, so nobody can give it; did you mean seconds?",
            id="by another name",
        ),
        pytest.param(
            'import data.guard.parameters.of.max_runtime\n_x := object.get(max_runtime, "secnds", 1)',
            "write out which parameter is read: data.guard.parameters.of.max_runtime.<parameter>, not "
            "data.guard.parameters.of.max_runtime",
            id="as a whole",
        ),
        pytest.param(
            "_x := data.guard.parameters.of.max_runtime[input.job.kind]",
            "write out which parameter is read: data.guard.parameters.of.max_runtime.<parameter>, not "
            "data.guard.parameters.of.max_runtime.[...]",
            id="by a variable",
        ),
        pytest.param(
            "_x := data.guard.parameters.of.other.seconds",
            "write out which parameter is read: data.guard.parameters.of.max_runtime.<parameter>, not "
            "data.guard.parameters.of.other.seconds",
            id="of another rule",
        ),
        pytest.param(
            "_x := data.guard.parameters.applied.max_runtime",
            "write out which parameter is read: data.guard.parameters.of.max_runtime.<parameter>, not "
            "data.guard.parameters.applied.max_runtime",
            id="not a parameter",
        ),
        pytest.param(
            "_x := data.guard.parameters.globs.max_runtime.seconds",
            "seconds holds no globs; read it as data.guard.parameters.of.max_runtime.seconds",
            id="not of globs",
        ),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.seconds",
            "an override would not count here; read the parameter as data.guard.parameters.of.max_runtime.seconds",
            id="of the section",
        ),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.level",
            "the rule has no parameter level in its METADATA, so nobody can give it; declare it in custom.parameters",
            id="level",
        ),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.overrides",
            "write out which parameter is read: data.guard.parameters.of.max_runtime.<parameter>",
            id="overrides",
        ),
    ],
)
def test_a_parameter_that_nobody_can_give_is_told(tree: Opa, body: str, text: str) -> None:
    """The rule would use its default, whatever the configuration says."""
    row = _add(tree, RULE, body) + body.count("\n")
    (said,) = _said(tree)
    assert re.fullmatch(rf"{RULE}:{row}:\d+: {re.escape(text)}", said)


INTEGER = "#       type: integer\n#       minimum: 1\n"
GLOBS = """\
#       type: object
#       additionalProperties: {type: string, format: glob}
"""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param("_x := data.guard.parameters.globs.max_runtime.seconds", None, id="globs"),
        pytest.param(
            "_x := data.guard.parameters.of.max_runtime.seconds",
            "seconds holds globs, in which {account} is that of the job; read it as "
            "data.guard.parameters.globs.max_runtime.seconds",
            id="globs without the facts of the job",
        ),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.seconds[input.job.name]",
            "name seconds in custom.in_place of the METADATA, and export `in_place`: see docs/policies.md, What a rule is",
            id="one key, undeclared",
        ),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.seconds",
            "an override would not count here; read the parameter as data.guard.parameters.globs.max_runtime.seconds",
            id="the mapping as a whole",
        ),
    ],
)
def test_a_mapping_of_globs_is_read_with_the_facts_of_the_job(tree: Opa, body: str, text: str | None) -> None:
    _rewrite(tree, {"parameters.of.max_runtime.seconds": "parameters.globs.max_runtime.seconds", INTEGER: GLOBS})
    row = _add(tree, RULE, body)
    expected = [] if text is None else [f"{RULE}:{row}:7: {text}"]
    assert _said(tree) == expected


IN_PLACE = {
    "parameters.of.max_runtime.seconds": "data.guard.config.rules.max_runtime.seconds[input.job.kind]",
    INTEGER: GLOBS,
    "#   needs:": "#   in_place: [seconds]\n#   needs:",
}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param("_x := data.guard.config.rules.max_runtime.seconds[input.job.name]", None, id="one key"),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.overrides[input.job.name].seconds.a",
            None,
            id="one key of an override",
        ),
        pytest.param("_x := data.guard.parameters.changed.max_runtime.seconds", None, id="which override"),
        pytest.param(
            "_x := data.guard.parameters.globs.max_runtime.seconds",
            "custom.in_place has seconds, so only its keys can be read: data.guard.config.rules.max_runtime.seconds[key]",
            id="the mapping as a whole",
        ),
    ],
)
def test_of_a_mapping_that_is_read_in_place_only_keys_are_read(tree: Opa, body: str, text: str | None) -> None:
    _rewrite(tree, IN_PLACE)
    _add(tree, RULE, "in_place := rego.metadata.chain()[1].annotations.custom.in_place")
    row = _add(tree, RULE, body)
    expected = [] if text is None else [f"{RULE}:{row}:7: {text}"]
    assert _said(tree) == expected


def test_a_rule_that_reads_in_place_exports_of_what(tree: Opa) -> None:
    _rewrite(tree, IN_PLACE)
    (said,) = _said(tree)
    assert re.fullmatch(rf"{RULE}:\d+:1: the rule has no value `in_place`; see docs/policies.md, What a rule is", said)


def _rewrite(tree: Opa, changes: dict[str, str]) -> None:
    """Give the rule a mapping of globs as its parameter."""
    source = (tree.folder / RULE).read_text()
    for old, new in changes.items():
        assert old in source
        source = source.replace(old, new)
    (tree.folder / RULE).write_text(source)
    (tree.folder / CONFIG).write_text("rules:\n  max_runtime: {level: deny, seconds: {a: b}}\nexemptions: []\n")


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
def test_a_rule_without_its_exports_is_told(tree: Opa, old: str, new: str, missing: str) -> None:
    source = (tree.folder / RULE).read_text()
    assert old in source
    (tree.folder / TEST).write_text("package guard.rules.max_runtime_test\n")
    (tree.folder / RULE).write_text(source.replace(old, new))
    (said,) = _said(tree)
    assert re.fullmatch(rf"{RULE}:\d+:1: the rule has no {missing}; see docs/policies.md, What a rule is", said)


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
def test_a_package_where_it_does_not_belong_is_told_alone(tree: Opa, file: str, package: str, text: str | None) -> None:
    """What else is wrong then, in METADATA and configuration, follows from it."""
    path = tree.folder / POLICIES / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"package {package}\n\n_x := 1\n")
    (said,) = _said(tree)
    assert said.startswith(f"{POLICIES / file}:1:1: ")
    assert said.endswith(text or "move the package other")


SILENT = "_x if not startswith(input.job.name, input.job.status)"


@pytest.mark.parametrize("file", [RULE, LIBRARY], ids=["rule", "library"])
def test_a_not_that_could_be_silent_is_told_with_its_place_and_the_remedy(tree: Opa, file: Path) -> None:
    body = SILENT if file == RULE else "_x(name) if not startswith(name, _y)\n_y := type_name(1)"
    row = _add(tree, file, body)
    column = body.index("not ") + 1
    told = (
        f"{file}:{row}:{column}: `not` over a nested call or reference is undefined, not true, where what is nested is "
        "undefined, and the rule would report nothing; add `import future.keywords.not` below the package"
    )
    assert _said(tree) == [told]


def test_with_its_import_a_not_may_be_nested(tree: Opa) -> None:
    _add(tree, RULE, f"import future.keywords.not\n\n{SILENT}")
    assert _said(tree) == []


def test_a_rule_in_several_files_is_one_package(tree: Opa) -> None:
    """What one file calls `_y` may be a rule of another."""
    _add(tree, RULE, "_x if not startswith(input.job.name, _y)\n")
    other = RULE.with_name("other.rego")
    (tree.folder / other).write_text("package guard.rules.max_runtime\n\n_y := input.job.status\n")
    assert len(_said(tree)) == 1


def test_the_bundle_is_not_built_from_a_rule_that_could_be_silent(whole: Opa) -> None:
    _add(whole, RULE, SILENT)
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
    """OPA 1.22 itself checks fields there, but no arguments."""
    row = _add(whole, RULE, f"import future.keywords.not\n\n{body}") + 2
    out = io.StringIO()
    assert not build_bundle(whole, POLICIES, Path("bundle.tar.gz"), TODAY, out)
    assert re.search(rf"{RULE}:{row}:\d+: {re.escape(text)}", out.getvalue()), out.getvalue()


def test_a_not_over_a_body_is_read(whole: Opa) -> None:
    _add(whole, RULE, "import future.keywords.not\n\n_x if not { input.job.name; input.job.status }")
    assert (_said(whole), check_types(whole, POLICIES)) == ([], [])


def test_a_rule_without_test_is_told(tree: Opa) -> None:
    (tree.folder / TEST).unlink()
    assert _said(tree) == [f"{RULE}:1:1: the rule has no test; write {TEST}"]


def test_the_bundle_is_not_built_from_a_rule_that_reads_more_than_it_may(whole: Opa) -> None:
    """Regal isn't there when a bundle is built."""
    _add(whole, RULE, "_x := data.guard.config.exemptions # regal ignore:all")
    out = io.StringIO()
    assert not build_bundle(whole, POLICIES, Path("bundle.tar.gz"), TODAY, out)
    assert "a rule reads only input" in out.getvalue()
    assert not (whole.folder / "bundle.tar.gz").exists()
