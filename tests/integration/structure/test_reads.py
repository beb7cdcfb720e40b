"""References that the policies may not have are reported, even if a linter is configured to ignore them."""

from __future__ import annotations

import re

import pytest

from guard.authoring.opa import Opa
from tests.support.one_rule import LIBRARY, RULE, add, said
from tests.support.policies import CONFIG, POLICIES


def test_policies_that_keep_to_the_structure_have_no_problem(tree: Opa) -> None:
    assert said(tree) == []


@pytest.mark.parametrize("name", ["data.json", "data.yaml", "data.yml", "patch.json"])
@pytest.mark.parametrize("folder", ["", "guard", "guard/config/rules", "guard/rules/max_runtime", ".hidden"])
def test_a_second_data_file_is_rejected(tree: Opa, folder: str, name: str) -> None:
    """A second data file could switch a rule off, or empty the deny list, without any check."""
    file = POLICIES / folder / name
    (tree.folder / file).parent.mkdir(exist_ok=True)
    (tree.folder / file).write_text("{}")
    text = "OPA would read this as data in addition to guard/config/data.yaml, unchecked; move its content there, or remove it"
    assert said(tree) == [f"{file}:1:1: {text}"]


@pytest.mark.parametrize("other", ["data.json", "data.yml"])
def test_the_configuration_in_another_format_is_rejected_as_well(tree: Opa, other: str) -> None:
    (tree.folder / CONFIG).with_name(other).write_text("{}")
    assert len(said(tree)) == 1


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
def test_a_forbidden_reference_of_a_rule_is_reported_with_its_position(tree: Opa, body: str) -> None:
    row = add(tree, RULE, body) + body.count("\n")
    told = [
        line for line in said(tree) if "a rule reads only input, data.guard.lib, data.guard.settings and its" in line
    ]
    assert [line.split(":")[:2] for line in told] == [[str(RULE), str(row)]]


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
    add(tree, RULE, body)
    assert said(tree) == []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("_x := data.guard.config.rules.globs.level", "data.guard.config.rules.globs.level"),
        ("_x := data.guard.rules.other.findings", "data.guard.rules.other.findings"),
        ("_x := input.job.name", "input.job.name"),
        ("import data.guard.main", "data.guard.main"),
    ],
)
def test_a_library_that_reads_more_than_libraries_is_reported(tree: Opa, body: str, what: str) -> None:
    row = add(tree, LIBRARY, body)
    (told,) = said(tree)
    text = f"a library reads only its arguments and other libraries, not {what}; take it as an argument"
    assert re.fullmatch(rf"{LIBRARY}:{row}:\d+: {re.escape(text)}", told)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(
            "_x := data.guard.parameters.of.max_runtime.secnds",
            "the rule has no parameter secnds in its METADATA, so it can't be set; did you mean seconds?",
            id="misspelt",
        ),
        pytest.param(
            "_x := data.guard.parameters.changed.max_runtime.names",
            "the rule has no parameter names in its METADATA, so it can't be set; declare it in custom.parameters",
            id="undeclared",
        ),
        pytest.param(
            'import data.guard.parameters.of.max_runtime as c\n_x := c["secnds"]',
            "the rule has no parameter secnds in its METADATA, so it can't be set; did you mean seconds?",
            id="by another name",
        ),
        pytest.param(
            'import data.guard.parameters.of.max_runtime\n_x := object.get(max_runtime, "secnds", 1)',
            "name the parameter that is read: data.guard.parameters.of.max_runtime.<parameter>, not "
            "data.guard.parameters.of.max_runtime",
            id="as a whole",
        ),
        pytest.param(
            "_x := data.guard.parameters.of.max_runtime[input.job.kind]",
            "name the parameter that is read: data.guard.parameters.of.max_runtime.<parameter>, not "
            "data.guard.parameters.of.max_runtime.[...]",
            id="by a variable",
        ),
        pytest.param(
            "_x := data.guard.parameters.of.other.seconds",
            "name the parameter that is read: data.guard.parameters.of.max_runtime.<parameter>, not "
            "data.guard.parameters.of.other.seconds",
            id="of another rule",
        ),
        pytest.param(
            "_x := data.guard.parameters.applied.max_runtime",
            "name the parameter that is read: data.guard.parameters.of.max_runtime.<parameter>, not "
            "data.guard.parameters.applied.max_runtime",
            id="not a parameter",
        ),
        pytest.param(
            "_x := data.guard.parameters.globs.max_runtime.seconds",
            "seconds has no globs; read it as data.guard.parameters.of.max_runtime.seconds",
            id="not of globs",
        ),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.seconds",
            "overrides have no effect here; read the parameter as data.guard.parameters.of.max_runtime.seconds",
            id="of the section",
        ),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.level",
            "the rule has no parameter level in its METADATA, so it can't be set; declare it in custom.parameters",
            id="level",
        ),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.overrides",
            "name the parameter that is read: data.guard.parameters.of.max_runtime.<parameter>",
            id="overrides",
        ),
    ],
)
def test_an_undeclared_parameter_is_reported(tree: Opa, body: str, text: str) -> None:
    """The rule would always use its default, with any configuration."""
    row = add(tree, RULE, body) + body.count("\n")
    (told,) = said(tree)
    assert re.fullmatch(rf"{RULE}:{row}:\d+: {re.escape(text)}", told)


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
            "seconds has globs, where {account} stands for the job's account; read it as "
            "data.guard.parameters.globs.max_runtime.seconds",
            id="globs without the facts of the job",
        ),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.seconds[input.job.name]",
            "list seconds in custom.in_place of the METADATA, and export `in_place`: see docs/policies.md, What a rule is",
            id="one key, undeclared",
        ),
        pytest.param(
            "_x := data.guard.config.rules.max_runtime.seconds",
            "overrides have no effect here; read the parameter as data.guard.parameters.globs.max_runtime.seconds",
            id="the mapping as a whole",
        ),
    ],
)
def test_a_mapping_of_globs_is_read_with_the_facts_of_the_job(tree: Opa, body: str, text: str | None) -> None:
    _rewrite(tree, {"parameters.of.max_runtime.seconds": "parameters.globs.max_runtime.seconds", INTEGER: GLOBS})
    row = add(tree, RULE, body)
    expected = [] if text is None else [f"{RULE}:{row}:7: {text}"]
    assert said(tree) == expected


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
def test_only_keys_of_a_mapping_in_place_may_be_read(tree: Opa, body: str, text: str | None) -> None:
    _rewrite(tree, IN_PLACE)
    add(tree, RULE, "in_place := rego.metadata.chain()[1].annotations.custom.in_place")
    row = add(tree, RULE, body)
    expected = [] if text is None else [f"{RULE}:{row}:7: {text}"]
    assert said(tree) == expected


def test_a_rule_that_reads_in_place_must_export_in_place(tree: Opa) -> None:
    _rewrite(tree, IN_PLACE)
    (told,) = said(tree)
    assert re.fullmatch(rf"{RULE}:\d+:1: the rule has no value `in_place`; see docs/policies.md, What a rule is", told)


def _rewrite(tree: Opa, changes: dict[str, str]) -> None:
    """Give the rule a mapping of globs as its parameter."""
    source = (tree.folder / RULE).read_text()
    for old, new in changes.items():
        assert old in source
        source = source.replace(old, new)
    (tree.folder / RULE).write_text(source)
    (tree.folder / CONFIG).write_text("rules:\n  max_runtime: {level: deny, seconds: {a: b}}\nexemptions: []\n")


DECLARED = "#   parameters:\n#     spare:\n#       {description: Nothing., type: integer, default: 1}\n"


def _declare(tree: Opa, parameter: str = DECLARED) -> None:
    path = tree.folder / RULE
    path.write_text(path.read_text().replace("#   parameters:\n", parameter, 1))


def test_an_unread_parameter_is_reported(tree: Opa) -> None:
    """Its value in the configuration would have no effect."""
    _declare(tree)
    text = (
        "nothing in the rule reads the parameter spare, so that its value in the configuration has no effect; "
        "read it as data.guard.parameters.of.max_runtime.spare, or remove it from custom.parameters"
    )
    (told,) = said(tree)
    assert told.startswith(f"{RULE}:")
    assert told.endswith(text)


@pytest.mark.parametrize(
    "body",
    [
        "_x := parameters.of.max_runtime.spare",
        "_x := data.guard.parameters.of.max_runtime.spare",
        "import data.guard.parameters.of.max_runtime as mine\n_x := mine.spare",
        "_x(y) := [parameters.of.max_runtime.spare | y]",
        "_x if every y in [parameters.of.max_runtime.spare] { y > 1 }",
    ],
)
def test_a_parameter_that_is_read_anywhere_in_its_rule_is_accepted(tree: Opa, body: str) -> None:
    _declare(tree)
    add(tree, RULE, body)
    assert said(tree) == []


def test_a_misspelt_parameter_is_reported_once(tree: Opa) -> None:
    _declare(tree)
    add(tree, RULE, "_x := parameters.of.max_runtime.spar")
    (told,) = said(tree)
    assert "did you mean spare?" in told


def test_a_parameter_that_a_library_reads_by_name_is_accepted(tree: Opa) -> None:
    _declare(tree)
    add(tree, LIBRARY, "_x := data.guard.parameters.of.max_runtime.spare")
    assert [line for line in said(tree) if "nothing in the rule reads" in line] == []


def test_the_message_for_unread_globs_names_the_view_globs(tree: Opa) -> None:
    globs = "#   parameters:\n#     spare: {description: No., type: array, default: [], items: {type: string, format: glob}}\n"
    _declare(tree, globs)
    (told,) = said(tree)
    assert "read it as data.guard.parameters.globs.max_runtime.spare" in told
