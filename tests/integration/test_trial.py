"""Rules that pass types and tests but would fail, leave the decision undefined or report too much on a real document."""

from __future__ import annotations

import io
import json
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
import yaml

from guard.authoring.bundle import build_bundle
from guard.authoring.opa import Opa
from guard.authoring.samples import complete
from guard.authoring.trial.engine import TrialEngine
from guard.authoring.trial.run import trial_problems
from guard.errors import ConfigError
from tests.conftest import ROOT
from tests.support.policies import CONFIG, POLICIES, copy_policies
from tests.support.trial import short_trial

TODAY = date(2026, 11, 23)
FOLDER = POLICIES / "guard" / "rules" / "own"
RULE = FOLDER / "own.rego"

HEAD = """# METADATA
# title: Own
# description: A rule of one's own.
# related_resources:
#   - https://example.com
# schemas:
#   - input: schema.input
# custom:
#   severity: low
#   remediation: Do something else.
#   parameters:
#     zone:
#       description: A time zone.
#       type: string
package guard.rules.own

import data.guard.lib.times
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: Jobs.
"""
# Where the rule below its head begins.
ROW = HEAD.count("\n") + 1

WEEKEND = """
# METADATA
# description: The weekday of an instant in a time zone.
weekday(text, zone) := time.weekday([instant(text), zone])
"""
BY_ZONE = """findings contains {"message": "No jobs at weekends."} if {
	times.weekday(input.source.time, data.guard.parameters.of.own.zone) in {"Saturday", "Sunday"}
}
"""


def _tree(folder: Path, opa: Path) -> Opa:
    tree = copy_policies(folder, opa, rules=["max_runtime"])
    times = folder / POLICIES / "guard" / "lib" / "times" / "times.rego"
    times.write_text(times.read_text() + WEEKEND)
    return tree


@pytest.fixture
def tree(tmp_path: Path, opa: Path) -> Opa:
    """The libraries and one shipped rule; tests add a rule of their own."""
    return _tree(tmp_path, opa)


def _own(tree: Opa, body: str, *, name: str = "own", custom: str = "", **config: object) -> None:
    folder = tree.folder / POLICIES / "guard" / "rules" / name
    folder.mkdir()
    head = HEAD.replace("# custom:\n", f"# custom:\n{custom}")
    text = (head + body).replace("guard.rules.own", f"guard.rules.{name}")
    (folder / f"{name}.rego").write_text(text.replace("parameters.of.own", f"parameters.of.{name}"))
    (folder / f"{name}_test.rego").write_text(f"package guard.rules.{name}_test\n")
    written = yaml.safe_load((tree.folder / CONFIG).read_text())
    rules = {key: value for key, value in written["rules"].items() if (folder.parent / key).exists()}
    rules[name] = {"level": "warn", "zone": "Europe/Berlin"} | config
    (tree.folder / CONFIG).write_text(yaml.safe_dump({"rules": rules, "exemptions": []}))


@dataclass(frozen=True)
class Own:
    """A test's own rule: the text after its head, additional METADATA, and its section."""

    body: str
    custom: str = ""
    config: Mapping[str, object] = field(default_factory=dict)


Told = Callable[[str], list[str]]


def _id(name: str) -> str:
    return f"own_{list(TOGETHER).index(name)}"


def _file(name: str) -> Path:
    return FOLDER.parent / _id(name) / f"{_id(name)}.rego"


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory, opa: Path) -> Told:
    """Return the problems of one of these rules; all of them are evaluated together, like the rules of an author."""
    tree = _tree(tmp_path_factory.mktemp("together"), opa)
    for name, own in TOGETHER.items():
        _own(tree, own.body, name=_id(name), custom=own.custom, **own.config)
    with short_trial():
        problems = _problems(tree)
    return lambda name: [problem for problem in problems if problem.startswith(f"{_file(name)}:")]


def _problems(tree: Opa) -> list[str]:
    return [str(problem) for problem in trial_problems(tree, POLICIES)]


@pytest.mark.usefixtures("short_trial")
def test_a_parameter_that_a_built_in_rejects_is_reported_with_rule_and_library(tree: Opa) -> None:
    _own(tree, BY_ZONE, zone="Europe/Berlim")
    (problem,) = _problems(tree)
    row = (tree.folder / POLICIES / "guard/lib/times/times.rego").read_text().count("\n")
    assert problem.startswith(
        f"{RULE}:{ROW + 1}:1: the rule fails on a complete training job: time.weekday: unknown time zone Europe/Berlim, "
        f"in {POLICIES}/guard/lib/times/times.rego:{row}; "
    )


def test_a_valid_parameter_passes(tree: Opa) -> None:
    _own(tree, BY_ZONE)
    assert _problems(tree) == []


@pytest.mark.usefixtures("short_trial")
def test_the_bundle_is_not_built_and_nothing_is_left(tree: Opa) -> None:
    (tree.folder / "bundle.tar.gz").write_text("of yesterday")
    _own(tree, BY_ZONE, zone="Europe/Berlim")
    out = io.StringIO()
    assert not build_bundle(tree, POLICIES, Path("bundle.tar.gz"), TODAY, out)
    assert "unknown time zone Europe/Berlim" in out.getvalue()
    assert not (tree.folder / "bundle.tar.gz").exists()


def _says(message: str, condition: str = "true") -> str:
    return f'findings contains {{"message": message}} if {{\n\t{condition}\n\tmessage := {message}\n}}\n'


FAILING = {
    "null of a number": (
        _says('sprintf("%d", [ceil(input.compute.max_runtime_seconds / 60)])'),
        "a complete training job with compute.max_runtime_seconds = null: div: operand 1 must be number but got null",
    ),
    "null in a list": (
        _says("lower(input.images[0].tag)"),
        "a complete training job with images[0].tag = null: lower: ",
    ),
    "hostile text": (
        _says('sprintf("%d", [to_number(setting.value)])', "some setting in input.hyperparameters"),
        'a complete training job with every text = "": to_number: ',
    ),
    "number": (
        _says('substring("abc", input.compute.instances[0].count, 1)', "is_number(input.compute.instances[0].count)"),
        "a complete training job with compute.instances[0].count = -1: substring: ",
    ),
}


@pytest.mark.parametrize(("name", "told"), [(name, told) for name, (_, told) in FAILING.items()], ids=FAILING)
def test_a_rule_that_fails_is_reported_with_field_and_value(together: Told, name: str, told: str) -> None:
    (problem,) = together(name)
    assert re.match(rf"{_file(name)}:{ROW + 2}:\d+: the rule fails on {re.escape(told)}", problem)


def test_a_rule_is_evaluated_on_every_job_kind(tree: Opa) -> None:
    _own(tree, _says("lower(input.command.entrypoint)", 'input.job.kind == "labeling"'))
    (problem,) = _problems(tree)
    told = "a complete labeling job: lower: operand 1 must be string but got array"
    assert re.match(rf"{RULE}:{ROW + 2}:\d+: the rule fails on {told}", problem)


@pytest.mark.usefixtures("short_trial")
def test_each_failing_rule_is_reported_once(tree: Opa) -> None:
    _own(tree, BY_ZONE, zone="Europe/Berlim")
    _own(tree, _says("lower(input.job.parent_arn)"), name="other")
    assert [problem.partition(": the rule fails on ")[0] for problem in _problems(tree)] == [
        f"{POLICIES}/guard/rules/other/other.rego:{ROW + 2}:1",
        f"{RULE}:{ROW + 1}:1",
    ]


SOMETIMES = {
    "off for every job": ({"level": "off"}, 0),
    "on for some jobs": ({"level": "off", "overrides": [{"account": "999999999999", "level": "deny"}]}, 1),
}


@pytest.mark.parametrize(("name", "count"), [(name, count) for name, (_, count) in SOMETIMES.items()], ids=SOMETIMES)
def test_a_rule_is_evaluated_if_it_is_on_for_any_job(together: Told, name: str, count: int) -> None:
    """A broken rule that is off must not delay the next entry of the deny list."""
    assert len(together(name)) == count


CIDR = """findings contains {"message": "The job was started from another network."} if {
	is_string(input.actor.source_ip)
	address := concat("/", [input.actor.source_ip, "32"])
	%s
	not net.cidr_contains("10.0.0.0/8", address)
}
"""


NETWORKS = {
    "guarded": ("net.cidr_is_valid(address)", []),
    "not guarded": ("address != null", ["a complete training job with every text = "]),
}


@pytest.mark.parametrize(("name", "told"), [(name, told) for name, (_, told) in NETWORKS.items()], ids=NETWORKS)
def test_a_rule_may_compare_address_ranges(together: Told, name: str, told: list[str]) -> None:
    """Calls of the service itself have `AWS Internal` instead of an address."""
    problems = together(name)
    assert len(problems) == len(told)
    assert all(text in problem for text, problem in zip(told, problems, strict=True))


@pytest.mark.usefixtures("short_trial")
def test_recorded_documents_are_evaluated_as_well(tree: Opa) -> None:
    special = complete().model_dump(mode="json") | {"region": "xx-special-1"}
    recorded = tree.folder / "tests" / "golden" / "schema-1"
    recorded.mkdir(parents=True)
    (recorded / "special.json").write_text(json.dumps({"document": special}))
    _own(tree, _says("lower(input.job.tags)", 'input.region == "xx-special-1"'))
    (problem,) = _problems(tree)
    assert "the rule fails on tests/golden/schema-1/special.json: lower: " in problem


ABSENCE = 'findings contains {"message": "The job has no tags."} if input.job.tags == null'


ASKING = (
    ABSENCE.replace(" if ", ' if {\n\tnot "job.tags" in {name | name := input.unavailable[_].fields[_]}\n\t') + "\n}"
)


def test_a_finding_caused_by_an_unavailable_fact_is_reported(together: Told) -> None:
    (problem,) = together("absence")
    assert problem == (
        f'{_file("absence")}:1:1: the rule reports "The job has no tags." on a complete training job only because job.tags '
        "is unavailable, so that a throttled API would stop the job; require "
        '`availability.known("job.tags", input)` of data.guard.lib.availability there'
    )


def test_a_rule_that_checks_the_availability_of_the_fact_passes(together: Told) -> None:
    assert together("asking") == []


MISSING_TAG = "not input.job.tags.owner"
# By rule, the condition that only some jobs meet, a fact that can be missing, and what the rule should have required.
CONDITIONAL: dict[str, tuple[str, str, str]] = {
    "a tag of the rule's own": ("true", MISSING_TAG, "job.tags"),
    "a tag by its key": ("true", 'not input.job.tags["data-class"]', "job.tags"),
    "a setting of the rule's own": (
        "true",
        'count([1 | some setting in input.environment; setting.name == "PURPOSE"]) == 0',
        "environment",
    ),
    "jobs on some instances": (
        'some instance in input.compute.instances\n\tstartswith(instance.type, "ml.p4")',
        "input.network.vpc == null",
        "network",
    ),
    "jobs on instances of a parameter": (
        (
            "some instance in input.compute.instances\n\tis_string(instance.type)\n\t"
            "glob.match(data.guard.parameters.of.own.zone, [], instance.type)"
        ),
        MISSING_TAG,
        "job.tags",
    ),
    "jobs in a region": ('startswith(input.region, "ap-south")', MISSING_TAG, "job.tags"),
    "jobs of an account": ('input.account == "444455556666"', MISSING_TAG, "job.tags"),
}


def _of_the_readme() -> str:
    (rule,) = re.findall(r"(?s)   ```rego\n(.*?)   ```", (ROOT / "README.md").read_text())
    return textwrap.dedent(rule).replace("availability.", "data.guard.lib.availability.")


def _conditional(name: str, last: str = "") -> Own:
    condition, lack, _ = CONDITIONAL[name]
    lines = "\n\t".join(line for line in (condition, lack, last) if line)
    config = {"zone": "ml.g5.*"} if "parameter" in name else {}
    return Own(f'findings contains {{"message": "Something is missing."}} if {{\n\t{lines}\n}}\n', config=config)


@pytest.mark.parametrize("name", CONDITIONAL)
def test_a_rule_about_some_jobs_is_tried_without_facts_on_such_a_job(together: Told, name: str) -> None:
    (problem,) = together(name)
    assert f'require `availability.known("{CONDITIONAL[name][2]}", input)`' in problem


@pytest.mark.parametrize("name", CONDITIONAL)
def test_a_rule_about_some_jobs_passes_if_it_requires_that_the_fact_is_known(together: Told, name: str) -> None:
    assert together(f"{name}, known") == []


def test_the_rule_of_the_readme_passes(together: Told) -> None:
    assert together("of the README") == []


ABOUT = {"kinds: [labeling]": 0, "kinds: [transform]": 1, "needs: [spot]": 0, "needs: [vpc]": 1}
ON_TRANSFORM_JOBS = _says(
    "lower(input.command.entrypoint)", 'input.job.kind == "transform"\n\tis_array(input.job.parts)'
)


def _about(custom: str) -> Own:
    name = custom.partition(":")[0]
    exported = f"\n# METADATA\n# description: The jobs.\n{name} := rego.metadata.chain()[1].annotations.custom.{name}\n"
    return Own(ON_TRANSFORM_JOBS + exported, custom=f"#   {custom}\n")


@pytest.mark.parametrize(("custom", "count"), ABOUT.items(), ids=ABOUT)
def test_a_rule_is_evaluated_only_on_jobs_that_it_is_about(together: Told, custom: str, count: int) -> None:
    """The rule would fail on transform jobs, which never have spot instances."""
    assert len(together(custom)) == count


FORMS = {
    '{"message": "a", "details": [7]}': "details must be an object, not [7]",
    '{"message": "a", "details": null}': "details must be an object, not null",
    '{"message": "a", "detail": {}}': "detail would be lost: a finding has only message and details",
    '{"message": "a", "image": "x"}': "image would be lost: a finding has only message and details",
    '{"msg": "no"}': 'expected an object with a message, not {"msg": "no"}',
    '"text"': 'expected an object with a message, not "text"',
    '{"message": " "}': 'expected an object with a message, not {"message": " "}',
    '{"message": 1}': 'expected an object with a message, not {"message": 1}',
    "null": "expected an object with a message, not null",
}


@pytest.mark.parametrize(("finding", "told"), FORMS.items(), ids=FORMS)
def test_an_invalid_finding_is_reported(together: Told, finding: str, told: str) -> None:
    wrong = f"the rule returns an invalid finding on a complete training job: {told}"
    assert together(finding) == [f"{_file(finding)}:1:1: {wrong}"]


TOGETHER = {
    **{name: Own(body) for name, (body, _) in FAILING.items()},
    **{name: Own(BY_ZONE, config={"zone": "Europe/Berlim"} | config) for name, (config, _) in SOMETIMES.items()},
    **{name: Own(CIDR % condition) for name, (condition, _) in NETWORKS.items()},
    "absence": Own(ABSENCE + "\n"),
    "asking": Own(ASKING + "\n"),
    "of the README": Own(_of_the_readme()),
    **{name: _conditional(name) for name in CONDITIONAL},
    **{
        f"{name}, known": _conditional(name, f'data.guard.lib.availability.known("{field}", input)')
        for name, (_, _, field) in CONDITIONAL.items()
    },
    **{custom: _about(custom) for custom in ABOUT},
    **{finding: Own(f"findings contains {finding}\n") for finding in FORMS},
}


@pytest.mark.usefixtures("short_trial")
def test_an_undefined_decision_is_reported(tree: Opa) -> None:
    _own(tree, BY_ZONE)
    main = tree.folder / POLICIES / "guard" / "main" / "main.rego"
    text = main.read_text()
    condition = r'\1 if {\n\tinput.job.kind != "labeling"\n\t\2\n}'
    changed = re.sub(r"(?m)^(decision := .*) if (contract\..*)$", condition, text, count=1)
    assert changed != text
    main.write_text(changed)
    assert _problems(tree) == [
        f"{POLICIES}/guard/main/main.rego:1:1: the decision on a complete labeling job is undefined"
    ]


def test_policies_without_the_rules_that_the_trial_queries_are_reported_at_once(opa: Path, tmp_path: Path) -> None:
    (tmp_path / ".manifest").write_text('{"roots": ["guard"]}')
    (tmp_path / "empty.rego").write_text("package guard.main\n\nschema_version := 1\n")
    told = (
        r"^the trial doesn't compile with the policies: (.|\n)*undefined function data\.guard\.lib\.kinds\.about_others"
    )
    with pytest.raises(ConfigError, match=told), TrialEngine(opa, tmp_path):
        pass
