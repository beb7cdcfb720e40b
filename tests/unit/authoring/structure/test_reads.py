"""The allowed files and references of policies, with only the files that each case needs."""

from __future__ import annotations

import pytest

from tests.support.own_rule import EXPORTS, FOLDER, TEST, Said


@pytest.mark.parametrize(
    "body", ["x := }", 'x := "\udcff"', "x := data.guard.rules.other"], ids=["broken", "no UTF-8", "free"]
)
def test_the_content_of_tests_does_not_matter(of_rule: Said, body: str) -> None:
    assert of_rule("", test=f"{TEST}\n{body}\n") == []


ALLOWED = [
    "_x := input.job.name",
    "_x := data.guard.lib.globs.first",
    "_x := data.guard.settings.mode",
    "_x := data.guard.settings",
    "_x := data.guard.rules.own.remediation",
    "_x := data.guard.parameters.of.own.seconds",
    "_x := data.guard.parameters.globs.own.names",
    "_x := data.guard.parameters.changed.own.names",
    "_x := data.guard.parameters.changed.own.tags",
    "_x := data.guard.config.rules.own.tags[input.job.name]",
    "_x := data.guard.config.rules.own.overrides[_].tags[input.job.name]",
    "import data.guard.parameters as p\n\n_x := p.globs.own.names[0]",
    "import data.guard.parameters.of\n\n_x := of.own.seconds",
    "import data.guard.parameters.of.own\n\n_x := own.seconds",
    "import data.guard.parameters.globs\n\n_x := globs.own.names",
    "import data.guard.parameters.globs.own as o\n\n_x := o.names",
    "import data.guard.parameters.changed\n\n_x := changed.own.names",
    "import data.guard.parameters.changed.own as o\n\n_x := o.names",
    "import data.guard.lib.globs as g\n\n_x := g.first",
    "import data.guard.settings as s\n\n_x := s.mode",
    "import future.keywords.not\n\n_x if not input.a[input.b]",
    "_x := datas.x if datas := {}",
]


@pytest.mark.parametrize("body", ALLOWED)
def test_references_that_a_rule_may_read_are_accepted(of_rule: Said, body: str) -> None:
    assert of_rule(body, in_place=("tags",), exports=f'{EXPORTS}\nin_place := ["tags"]\n') == []


ONLY = "a rule reads only input, data.guard.lib, data.guard.settings and its parameters, data.guard.parameters.of.own, not {}"
WRITE_OUT = "name the parameter that is read: data.guard.parameters.of.own.<parameter>"
UNDECLARED = "the rule has no parameter {} in its METADATA, so it can't be set; {}"
NO_OVERRIDE = "overrides have no effect here; read the parameter as data.guard.parameters.{}"

FORBIDDEN = [
    ("_x := data.guard.config", "3:7", ONLY.format("data.guard.config")),
    ("_x := data", "3:7", ONLY.format("data")),
    ("\n_x := data.guard.config.rules.other.seconds", "4:7", ONLY.format("data.guard.config.rules.other.seconds")),
    ("_x := data.guard.rules", "3:7", ONLY.format("data.guard.rules")),
    ("_x := data.guard[input.a].x", "3:7", ONLY.format("data.guard.[...].x")),
    ("_x := data.guard.main[input.a]", "3:7", ONLY.format("data.guard.main.[...]")),
    ("_x := data.guard.settingss.x", "3:7", ONLY.format("data.guard.settingss.x")),
    ("_x := input[data.guard.main.x]", "3:13", ONLY.format("data.guard.main.x")),
    ("_x := {data.guard.main.x: 1}", "3:8", ONLY.format("data.guard.main.x")),
    ("_x := {1: data.guard.main.x}", "3:11", ONLY.format("data.guard.main.x")),
    ("_x := [data.guard.main.x][0]", "3:8", ONLY.format("data.guard.main.x")),
    ("_x := f(data.guard.main.x)\n\nf(y) := y", "3:9", ONLY.format("data.guard.main.x")),
    ("_x := 1 if {\n\tsome y in data.guard.main.x\n\ty\n}", "4:12", ONLY.format("data.guard.main.x")),
    ("_x := 1 if input.x else := data.guard.main.x", "3:28", ONLY.format("data.guard.main.x")),
    ("import rego.v1", "3:8", "all policies are in this version of Rego; remove the import"),
    ("import data.guard.main", "3:8", ONLY.format("data.guard.main")),
    ("import data.guard.main as m", "3:8", ONLY.format("data.guard.main")),
    ("import data.guard.parameters.applied", "3:8", f"{WRITE_OUT}, not data.guard.parameters.applied"),
    ("import data.guard.parameters.of.other", "3:8", f"{WRITE_OUT}, not data.guard.parameters.of.other"),
    ("import data.guard.parameters as p\n\n_x := p", "5:7", f"{WRITE_OUT}, not data.guard.parameters"),
    ("import data.guard.parameters as p\n\n_x := p[input.a]", "5:7", f"{WRITE_OUT}, not data.guard.parameters.[...]"),
    ("import data.guard.parameters.of.own\n\n_x := f(own)\n\nf(y) := y", "5:9", f"{WRITE_OUT}, not data.guard.parameters.of.own"),
    ("_x := data.guard.parameters.of.own", "3:7", f"{WRITE_OUT}, not data.guard.parameters.of.own"),
    ("_x := data.guard.parameters.of.other.seconds", "3:7", f"{WRITE_OUT}, not data.guard.parameters.of.other.seconds"),
    ("_x := data.guard.parameters.applied.own.seconds", "3:7", f"{WRITE_OUT}, not data.guard.parameters.applied.own.seconds"),
    ("_x := data.guard.parameters.of.own.secnds", "3:7", UNDECLARED.format("secnds", "did you mean seconds?")),
    ("_x := data.guard.parameters.of.own.zzz", "3:7", UNDECLARED.format("zzz", "declare it in custom.parameters")),
    (
        "_x := data.guard.parameters.globs.own.seconds", "3:7",
        "seconds has no globs; read it as data.guard.parameters.of.own.seconds",
    ),
    (
        "_x := data.guard.parameters.of.own.names", "3:7",
        "names has globs, where {account} stands for the job's account; read it as data.guard.parameters.globs.own.names",
    ),
    (
        "_x := data.guard.parameters.of.own.tags", "3:7",
        "custom.in_place has tags, so only its keys can be read: data.guard.config.rules.own.tags[key]",
    ),
    ("_x := data.guard.config.rules.own", "3:7", WRITE_OUT),
    ("_x := data.guard.config.rules.own.overrides", "3:7", WRITE_OUT),
    ("_x := data.guard.config.rules.own.overrides[0]", "3:7", WRITE_OUT),
    ("_x := data.guard.config.rules.own[input.a]", "3:7", WRITE_OUT),
    ("_x := data.guard.config.rules.own.level", "3:7", UNDECLARED.format("level", "declare it in custom.parameters")),
    ("_x := data.guard.config.rules.own.seconds", "3:7", NO_OVERRIDE.format("of.own.seconds")),
    ("_x := data.guard.config.rules.own.names[0]", "3:7", NO_OVERRIDE.format("globs.own.names")),
    ("_x := data.guard.config.rules.own.overrides[0].seconds", "3:7", NO_OVERRIDE.format("of.own.seconds")),
    ("_x := data.guard.config.rules.own.tags", "3:7", NO_OVERRIDE.format("of.own.tags")),
    (
        "_x := data.guard.config.rules.own.images[input.a]", "3:7",
        "list images in custom.in_place of the METADATA, and export `in_place`: see docs/policies.md, What a rule is",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "place", "text"), FORBIDDEN, ids=[body for body, *_ in FORBIDDEN])
def test_a_forbidden_reference_is_reported_with_its_position_and_a_remedy(
    of_rule: Said, body: str, place: str, text: str
) -> None:
    assert of_rule(body, in_place=("tags",), exports=f'{EXPORTS}\nin_place := ["tags"]\n') == [f"{place}: {text}"]


def test_each_forbidden_reference_is_reported_once_in_the_order_of_the_file(of_rule: Said) -> None:
    told = of_rule("_y := data.guard.main.y\n\n_x := [data.guard.main.x, data.guard.main.z]")
    assert told == [
        f"{at}: {ONLY.format(f'data.guard.main.{name}')}" for at, name in (("3:7", "y"), ("5:8", "x"), ("5:27", "z"))
    ]


def test_a_rule_without_a_test_is_reported(of_rule: Said) -> None:
    assert of_rule("", test=None) == [f"1:1: the rule has no test; write {FOLDER}/own_test.rego"]


def test_a_rule_may_consist_of_several_files(said: Said, of_rule: Said) -> None:
    said({"guard/rules/own/more.rego": 'package guard.rules.own\n\nremediation := "x"\n'})
    assert of_rule("", exports="findings contains 1\n") == []


def test_tests_may_read_everything(of_rule: Said) -> None:
    assert (
        of_rule("", test=f"{TEST}\ntest_x if data.guard.main.x with data.guard.config as not_x\n\nnot_x := 1\n") == []
    )


LIBRARY = "a library reads only its arguments and other libraries, not {}; take it as an argument"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("_x := data.guard.lib.b.y", None),
        ("import data.guard.lib.b", None),
        ("f(y) := y.x", None),
        ("_x := input.a", "3:7: " + LIBRARY.format("input.a")),
        ("_x := data.guard.settings.mode", "3:7: " + LIBRARY.format("data.guard.settings.mode")),
        ("import data.guard.parameters", "3:8: " + LIBRARY.format("data.guard.parameters")),
        ("_x := data.guard.rules.own.x", "3:7: " + LIBRARY.format("data.guard.rules.own.x")),
    ],
)
@pytest.mark.parametrize("folder", ["a", "a/deeper"])
def test_a_library_reads_only_its_arguments_and_libraries(said: Said, body: str, told: str | None, folder: str) -> None:
    file = f"guard/lib/{folder}/a.rego"
    text = f"package guard.lib.{folder.replace('/', '.')}\n\n{body}\n"
    assert said({file: text}) == ([f"{file}:{told}"] if told else [])


@pytest.mark.parametrize("name", ["main", "plan"])
def test_main_and_plan_may_read_everything(said: Said, name: str) -> None:
    assert said({f"guard/{name}/{name}.rego": f"package guard.{name}\n\n_x := data.guard.rules\n"}) == []


RULES = "only guard/main and guard/plan may read rules, here {}; move code that both need to a library"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("_x := data.guard.lib.b.y", None),
        ("_x := data.guard.plan.rules", None),
        ("_x := data.guard.config.rules.own.x", None),
        ("_x := input.rules", None),
        ("_x := data.guard.rules.own.x", "3:7: " + RULES.format("data.guard.rules.own.x")),
        ("_x[y] if data.guard.rules[y].x", "3:10: " + RULES.format("data.guard.rules.[...].x")),
        ("_x[y] if data.guard[y].own", "3:10: " + RULES.format("data.guard.[...].own")),
        ("_x := data.guard", "3:7: " + RULES.format("data.guard")),
        ("import data.guard as g\n\n_x := g.config", "3:8: " + RULES.format("data.guard")),
    ],
)
@pytest.mark.parametrize("name", ["mask", "parameters", "settings"])
def test_only_main_and_plan_may_read_rules(said: Said, name: str, body: str, told: str | None) -> None:
    file = f"guard/{name}/{name}.rego"
    assert said({file: f"package guard.{name}\n\n{body}\n"}) == ([f"{file}:{told}"] if told else [])


@pytest.mark.parametrize("name", ["data.json", "data.yaml", "data.yml", "patch.json"])
def test_other_data_files_are_reported(said: Said, name: str) -> None:
    text = "OPA would read this as data in addition to guard/config/data.yaml, unchecked; move its content there, or remove it"
    files = {
        f"b/{name}": "",
        f"a/{name}": "",
        "guard/config/data.yaml": "",
        "guard/config/other.yaml": "",
        "README.md": "",
    }
    assert said(files) == [f"{folder}/{name}:1:1: {text}" for folder in "ab"]


def test_each_not_that_may_be_undefined_is_reported(of_rule: Said) -> None:
    """The name of a rule in another file of the package counts as the name of a rule."""
    told = of_rule("_x if not f(input.a)\n\n_y if not f(_other)\n\n_z if not f(_z1)\n\n_z1 := 1\n\nf(1) := 2")
    advice = (
        "if the nested call or reference is undefined, this `not` is undefined as well, not true, and the rule reports nothing; "
        "add `import future.keywords.not` below the package"
    )
    assert told == [f"3:7: {advice}", f"7:7: {advice}"]


def test_a_rule_of_another_file_counts_as_a_reference_in_a_not(said: Said, of_rule: Said) -> None:
    said({"guard/rules/own/more.rego": "package guard.rules.own\n\n_other := input.a\n"})
    told = of_rule("_y if not f(_other)\n\nf(1) := 2")
    assert [text.partition(": if the nested call")[0] for text in told] == ["3:7"]


def test_an_impossible_value_is_reported_with_its_position(of_rule: Said) -> None:
    text = 'input.job.kind is never "trainng", so the result is always the same; did you mean training?'
    assert of_rule('_trains if input.job.kind == "trainng"') == [f"3:30: {text}"]


def test_a_fact_that_always_holds_is_reported_with_its_position(of_rule: Said) -> None:
    text = "a fact that is unknown or not set is null, and null counts as true; write input.network.vpc == null"
    body = "import future.keywords.not\n\n_outside if not input.network.vpc"
    assert of_rule(body) == [f"5:17: `not input.network.vpc` never holds: {text}"]


def test_a_parameter_of_the_wrong_type_is_reported_with_its_position(of_rule: Said) -> None:
    text = "data.guard.parameters.of.own.seconds is a number: `in` needs a collection, so this is undefined; compare with =="
    body = "_listed if input.region in data.guard.parameters.of.own.seconds"
    assert of_rule(body) == [f"3:28: {text.removeprefix('data.guard.')}"]
