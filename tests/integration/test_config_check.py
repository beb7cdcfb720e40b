"""The problems that are reported for configurations that would not work as written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from guard.authoring.config_check import check_config, configuration_problems
from guard.authoring.diagnostics import errors
from guard.authoring.opa import Opa
from guard.authoring.rules import Rule, read_rules
from tests.support.policies import CONFIG, LIBRARIES, POLICIES, copy_policies

TODAY = date(2026, 11, 23)
RULES = ("denied_image", "max_runtime", "secret_in_environment", "unapproved_registry", "denied_instance_type")

CONFIGURATION = """\
rules:
  denied_image:
    level: deny
    images:
      "pytorch-training:1.10-cpu-py38":
        reason: out of support
        job_kinds: [training]
    patterns:
      - pattern: "tensorflow-*:1.*"
        reason: out of support
  max_runtime:
    level: warn
    overrides:
      - account: "111122223333"
        region: [eu-*, us-east-1]
        role_arn: "arn:aws:iam::*:role/Batch*"
        job_kind: processing
        level: "off"
    seconds: 86400
  denied_instance_type:
    level: "off"
    instance_types: ["ml.p[45]*", "ml.{g5,g6}.*"]
  secret_in_environment:
    level: warn
    names: ["token|password"]
    harmless_names: ['^max_tokens?$']
  unapproved_registry:
    level: "off"
    allowed:
      - account: "763104351884"
        repository: ["pytorch-*", huggingface-pytorch-training]
exemptions:
  - id: EX-1
    owner: ml-platform
    reason: until the model is retired
    rules: [denied_image]
    scope:
      role_arn: "arn:aws:iam::111122223333:role/Churn"
      image: ["quay.io/pytorch-training:1.10", "quay.io/team/churn-*:*"]
      job_name: churn-*
    expires: "2026-12-31"
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, opa: Path) -> Opa:
    """Five rules; each test writes its own configuration for them. The largest library is left out: no test needs it."""
    tree = copy_policies(tmp_path_factory.mktemp("tree"), opa, rules=RULES)
    shutil.rmtree(tree.folder / LIBRARIES / "aws_images")
    return tree


@pytest.fixture(scope="module")
def rules(tree: Opa) -> list[Rule]:
    """The five rules, read once."""
    read, _ = read_rules(tree, POLICIES)
    return read


Said = Callable[..., list[str]]


@pytest.fixture
def said(tree: Opa, rules: list[Rule]) -> Said:
    """Return the problems of a configuration for the five rules, which themselves are valid."""

    def say(text: str, today: date = TODAY) -> list[str]:
        (tree.folder / CONFIG).write_text(text)
        return [str(problem) for problem in configuration_problems(tree, POLICIES, rules, today)]

    return say


def _said(tree: Opa, text: str, today: date = TODAY) -> list[str]:
    """Return the problems of a configuration and of its rules."""
    (tree.folder / CONFIG).write_text(text)
    return [str(problem) for problem in check_config(tree, POLICIES, today)]


def _changed(old: str, new: str) -> str:
    assert CONFIGURATION.count(old) == 1
    return CONFIGURATION.replace(old, new)


def test_a_right_configuration_has_no_problem(tree: Opa) -> None:
    assert _said(tree, CONFIGURATION) == []


DEFECTS = yaml.safe_load((Path(__file__).parent / "config_defects.yaml").read_text())


@pytest.mark.parametrize("defect", [pytest.param(defect, id=defect["case"]) for defect in DEFECTS])
def test_one_mistake_is_reported_with_its_position_and_a_remedy(said: Said, defect: dict[str, Any]) -> None:
    assert said(_changed(defect["old"], defect["new"])) == [f"{CONFIG}:{line}" for line in defect["said"]]


def test_all_problems_are_reported_at_once_in_the_order_of_the_file(said: Said) -> None:
    text = (
        _changed("seconds: 86400", "seconds: soon").replace("level: deny", "level: block").replace("2026-12-31", "2026")
    )
    assert [line.split(": ")[1] for line in said(text)] == [
        "rules.denied_image.level",
        "rules.max_runtime.seconds",
        "exemptions[0].expires",
    ]


def test_an_id_that_two_exemptions_share_is_reported(said: Said) -> None:
    second = CONFIGURATION[CONFIGURATION.index("  - id: EX-1") :]
    assert said(CONFIGURATION + second) == [
        f"{CONFIG}:42:5: exemptions[1].id: EX-1 is also the id of exemptions[0]; choose another"
    ]


@pytest.mark.parametrize(("today", "expired"), [(date(2026, 12, 31), False), (date(2027, 1, 1), True)])
def test_an_exemption_is_expired_from_the_day_after_its_last_one(said: Said, today: date, expired: bool) -> None:
    assert any("EX-1 expired" in line for line in said(CONFIGURATION, today)) == expired


def test_an_expired_exemption_is_only_a_warning(tree: Opa) -> None:
    (tree.folder / CONFIG).write_text(CONFIGURATION)
    problems = check_config(tree, POLICIES, date(2027, 3, 1))
    text = "EX-1 expired on 2026-12-31 and exempts nothing; remove it, or let its owner renew it"
    assert [str(problem) for problem in problems] == [f"{CONFIG}:41:5: warning: exemptions[0].expires: {text}"]
    assert errors(problems) == []


@pytest.mark.parametrize(
    "role",
    [
        "*", "*:role/Batch", "?rn:aws:iam::1*:role/x", "arn:*", "arn:aws*", "arn:aws:iam::11112222*", "arn:aws:iam::*",
        "arn:*:role/Batch", "arn:aws*role/Batch", "arn:aws-us-gov:iam::111122223333:role/a/b", "arn:aws:iam::1?*:ro*",
    ],
)  # fmt: skip
def test_a_glob_that_can_match_the_arn_of_a_role_is_accepted(said: Said, role: str) -> None:
    assert said(_changed('role_arn: "arn:aws:iam::*:role/Batch*"', f'role_arn: "{role}"')) == []


def test_a_partition_that_may_be_misspelt_is_a_warning(said: Said) -> None:
    (line,) = said(_changed('"arn:aws:iam::*:role/Batch*"', '"arn:asw:iam::*:role/Batch*"'))
    text = "matches no role: asw is not a partition that botocore lists; did you mean aws?"
    assert f'warning: rules.max_runtime.overrides[0].role_arn: "arn:asw:iam::*:role/Batch*" {text}' in line


def test_a_role_that_no_job_can_have_is_reported_for_the_rule_about_roles(tmp_path: Path, opa: Path) -> None:
    tree = copy_policies(tmp_path, opa, rules=["denied_role"])
    denied = ["*:role/*Admin*", "Admin*", "arn:aws:iam::11112222333:role/*", "arn:aws:iam::{account}:role/[x"]
    rule = {"level": "deny", "denied": denied, "allowed": ["arn:aws:iam::{account}:role/Team*"]}
    (tree.folder / CONFIG).write_text(yaml.safe_dump({"rules": {"denied_role": rule}, "exemptions": []}))
    said = [problem.text.partition('" ')[2] for problem in check_config(tree, POLICIES, TODAY)]
    assert said == [
        "matches no role: it is compared with the whole ARN; write arn:aws:iam::*:role/Admin*",
        "matches no role: 11112222333 is not an account, which has 12 digits",
        "is not a glob that OPA can read; look for an unmatched bracket, or a lone `\\` or `*`",
    ]


@pytest.mark.parametrize("text", ["a-{g{4,5},p5}.*", "a-[g,p]*", r"a-\\,*", "a-g?"])
def test_a_comma_with_a_meaning_in_a_glob_is_accepted(said: Said, text: str) -> None:
    assert said(_changed("huggingface-pytorch-training", f'"{text}"')) == []


@pytest.mark.parametrize(("written", "meant"), [("no", "false"), ("Off", "false"), ("YES", "true"), ("on", "true")])
def test_a_boolean_in_other_words_is_reported(tmp_path: Path, opa: Path, written: str, meant: str) -> None:
    tree = copy_policies(tmp_path, opa, rules=["mutable_tag"])
    said = _said(tree, f"rules:\n  mutable_tag:\n    level: off\n    digest_required: {written}\nexemptions: []\n")
    assert said == [
        f'{CONFIG}:3:5: rules.mutable_tag.level: off is a boolean for some parsers of YAML; write "off"',
        f"{CONFIG}:4:5: rules.mutable_tag.digest_required: {written} is a boolean for some parsers of YAML; write {meant}",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("rules: {\n", "this is not YAML", id="no YAML"),
        pytest.param("", "the configuration is empty; it needs the keys rules and exemptions", id="empty"),
        pytest.param("- a\n", "must be a mapping", id="a list"),
        pytest.param("rules: []\nexemptions: {}\n", "rules: must be a mapping", id="sections of other types"),
        pytest.param('rules: {}\nrules: {}\nexemptions: []\n', "rules: is a duplicate of the key in line", id="section twice"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_configuration_is_reported(said: Said, text: str, expected: str) -> None:
    assert any(expected in line for line in said(text))


def test_a_missing_file_is_reported(tree: Opa) -> None:
    (tree.folder / CONFIG).unlink()
    assert str(check_config(tree, POLICIES, TODAY)[0]).startswith(f"{CONFIG}:1:1: the configuration can't be read")


def test_a_rule_that_does_not_parse_is_reported_with_its_position(tmp_path: Path, opa: Path) -> None:
    tree = copy_policies(tmp_path, opa, rules=RULES)
    rule = POLICIES / "guard" / "rules" / "max_runtime" / "max_runtime.rego"
    text = (tmp_path / rule).read_text()
    (tmp_path / rule).write_text(f"{text}\nx := }}\n")
    row = text.count("\n") + 2
    assert _said(tree, CONFIGURATION) == [f"{rule}:{row}:6: this is not Rego: unexpected }} token"]


DEFECTS_OF_FACTS = [
    ('account: "111122223333"', "account: '11112222333'", "matches no account; write its 12 digits"),
    ("iam::111122223333:role/Churn", "iam::11112222333:role/Churn", "11112222333 is not an account, which has 12 digits"),
    ('account: "111122223333"', "account: '1111????'", "matches no account; write its 12 digits"),
    (
        '"arn:aws:iam::*:role/Batch*"', '"arn:aws:iam::444455556666:role/Batch*"',
        "rules.max_runtime.overrides[0].role_arn: 444455556666 is not the scope's account, so no job matches both",
    ),
    ("exemptions:\n", "accounts: ['11112222333']\nexemptions:\n", "is not an account; write its 12 digits in quotes"),
    ("exemptions:\n", "accounts: ['999922223333']\nexemptions:\n", "111122223333 matches none of your accounts"),
    ("exemptions:\n", "exemption_policy: {longest: 3}\nexemptions:\n", "unknown key; did you mean longest_days?"),
    ("exemptions:\n", "exemption_policy: {wildcards: none}\nexemptions:\n", "scope.job_name has a wildcard: churn-*"),
    ("exemptions:\n", "exemption_policy: {ticket_required: true}\nexemptions:\n", "it has no ticket"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), DEFECTS_OF_FACTS, ids=[new[-40:] for _, new, _ in DEFECTS_OF_FACTS])
def test_an_invalid_account_and_a_violated_exemption_policy_are_reported(
    said: Said, old: str, new: str, says: str
) -> None:
    assert any(says in line for line in said(_changed(old, new)))


def test_an_override_that_never_applies_is_a_warning(said: Said) -> None:
    later = '        level: "off"\n      - {account: "111122223333", job_kind: processing, region: eu-west-1, level: deny}\n'
    text = _changed('        level: "off"\n', later).replace('        role_arn: "arn:aws:iam::*:role/Batch*"\n', "")
    (line,) = said(text)
    assert "warning: rules.max_runtime.overrides[1]: never applies: overrides[0] matches each of its jobs first" in line


def test_an_override_that_escapes_the_exemption_policy_is_reported(said: Said) -> None:
    text = CONFIGURATION.replace("exemptions:\n", "exemption_policy: {never: [max_runtime]}\nexemptions:\n")
    (line,) = said(text)
    path = "rules.max_runtime.overrides[0].level"
    assert line.startswith(f'{CONFIG}:18:9: warning: {path}: lowers max_runtime to "off" for these jobs, although')
    scope = CONFIGURATION[CONFIGURATION.index('account: "1111') : CONFIGURATION.index('        level: "off"')]
    (line,) = said(text.replace(scope, 'role_arn: "*"\n'))
    assert line.startswith(f'{CONFIG}:15:9: {path}: lowers max_runtime to "off" for every job, and')


def test_an_override_for_a_kind_that_the_rule_is_not_about_is_a_warning(tmp_path: Path, opa: Path) -> None:
    tree = copy_policies(tmp_path, opa, rules=["labeling_workforce"])
    rule = {"level": "warn", "workteams": [], "functions": [], "overrides": [{"job_kind": "training", "level": "deny"}]}
    (tree.folder / CONFIG).write_text(yaml.safe_dump({"rules": {"labeling_workforce": rule}, "exemptions": []}))
    (problem,) = check_config(tree, POLICIES, TODAY)
    text = "never applies: the rule is about jobs of these kinds only: labeling; remove it"
    assert (problem.severity, problem.text) == ("warning", f"rules.labeling_workforce.overrides[0]: {text}")


REGIONS = [
    ("eu-wset-1", "is not among the regions that botocore lists; did you mean eu-west-1?"),
    ("eu-wset-*", "matches none of the regions that botocore lists; did you mean eu-west-3?"),
    ("zz-nowhere-1", "is not among the regions that botocore lists; correct it, unless the region is a new one"),
]


@pytest.mark.parametrize(("region", "text"), REGIONS, ids=[region for region, _ in REGIONS])
def test_a_region_that_may_be_misspelt_is_a_warning(tree: Opa, said: Said, region: str, text: str) -> None:
    """AWS opens regions that botocore doesn't list yet."""
    (line,) = said(_changed("us-east-1]", f"{region}]"))
    path = "rules.max_runtime.overrides[0].region[1]"
    assert line.partition(": ")[2] == f'warning: {path}: "{region}" {text}'


def test_a_wrong_time_zone_of_a_parameter_is_reported(tree: Opa, tmp_path: Path, opa: Path) -> None:
    own = copy_policies(tmp_path / "own", opa, rules=RULES)
    rule = own.folder / POLICIES / "guard" / "rules" / "max_runtime" / "max_runtime.rego"
    zone = "#     zone: {description: Where it counts., type: string, format: time-zone}\n#     seconds:\n"
    declared = rule.read_text().replace("#     seconds:\n", zone, 1)
    rule.write_text(f"{declared}\n_zone := parameters.of.max_runtime.zone\n")
    said = _said(own, _changed("    seconds: 86400\n", "    seconds: 86400\n    zone: Europe/Berlim\n"))
    assert [line.partition("zone: ")[2] for line in said] == [
        '"Europe/Berlim" is not a time zone; did you mean Europe/Berlin?'
    ]


def test_a_configuration_that_is_not_utf_8_is_reported_in_one_line(tree: Opa) -> None:
    (tree.folder / CONFIG).write_bytes(CONFIGURATION.encode("utf-16"))
    (problem,) = check_config(tree, POLICIES, TODAY)
    assert problem.text == "the configuration is not UTF-8 text: invalid start byte at byte 0; save it as UTF-8"


def test_a_policy_that_is_not_utf_8_is_reported_in_one_line(tmp_path: Path, opa: Path) -> None:
    own = copy_policies(tmp_path / "own", opa, rules=RULES)
    rule = own.folder / POLICIES / "guard" / "rules" / "max_runtime" / "max_runtime.rego"
    rule.write_bytes(rule.read_bytes() + b"\n# \xff\n")
    (problem,) = check_config(own, POLICIES, TODAY)
    assert (problem.file, problem.text) == (
        rule.relative_to(own.folder),
        "the file is not UTF-8 text; save it as UTF-8",
    )


def test_two_tags_on_two_lines_of_one_entry_are_reported(tmp_path: Path, opa: Path) -> None:
    tree = copy_policies(tmp_path, opa, rules=["mutable_tag"])
    config = "rules:\n  mutable_tag:\n    level: warn\n    tags:\n      - latest\n        dev\nexemptions: []\n"
    (told,) = _said(tree, config)
    assert told.startswith(f'{CONFIG}:5:9: rules.mutable_tag.tags[0]: "latest dev" doesn\'t have the form')


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("hello", '1:1: the configuration must be a mapping, not "hello"; it needs the keys rules and exemptions: see'),
        ('"- x"', '1:1: the configuration must be a mapping, not "- x"; it needs the keys rules and exemptions: see'),
        ("7", "1:1: the configuration must be a mapping, not 7; it needs the keys rules and exemptions: see docs"),
        ("- x", '1:1: the configuration must be a mapping, not ["x"]; it needs the keys rules and exemptions: see'),
        (
            "rules:\n  max_runtime:\n    seconds: .inf",
            "3:5: rules.max_runtime.seconds: .inf is not a number that polic",
        ),
    ],
    ids=["text", "text in quotes", "number", "list", "infinite"],
)
def test_values_of_the_wrong_type_are_reported_with_their_position(said: Said, text: str, line: str) -> None:
    (told,) = said(text)
    assert told.startswith(f"{CONFIG}:{line}")
