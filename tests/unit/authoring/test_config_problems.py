"""The problems of a configuration for given rules: which check finds each, and files that aren't a configuration at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from guard.authoring import config_check
from guard.authoring.config_check import check_config, configuration_problems
from guard.authoring.diagnostics import Diagnostic
from guard.authoring.layout import CONFIG
from guard.authoring.opa import Opa
from guard.authoring.rules import Rule
from guard.errors import ConfigError

POLICIES, TODAY = Path("policies"), date(2026, 11, 23)
FILE = POLICIES / CONFIG
STRICT = {"description": "How strict.", "type": "boolean", "default": True}
NAMES = {"description": "Names.", "type": "array", "items": {"type": "string"}, "default": ["a"]}
FLAGS = {"description": "Flags.", "type": "array", "items": {"type": "boolean"}, "default": []}
BY_NAME = {"description": "By name.", "type": "object", "additionalProperties": STRICT, "default": {}}
NEEDED = {"description": "Needed.", "type": "integer"}
PARAMETERS = {"strict": STRICT, "names": NAMES, "flags": FLAGS, "by_name": BY_NAME, "needed": NEEDED}
PAGES = ("https://example.com",)
RULE = Rule("own", Path("own.rego"), 3, "Own", "A rule.", "low", "Do it.", PAGES, PARAMETERS, kinds=("training",))
HEAD = "exemptions: []\nrules:\n  own:\n    level: warn\n    needed: 1\n"
Said = Callable[..., list[str]]


class Reader(Opa):
    """An OPA that reads YAML as PyYAML does, and accepts every glob and regular expression."""

    def json(self, *arguments: str | Path, given: str = "") -> Any:
        return {"glob": json.loads(given), "regex": json.loads(given)}

    def read_yaml(self, file: Path) -> Any:
        return yaml.safe_load((self.folder / file).read_text())


@pytest.fixture
def opa(tmp_path: Path) -> Opa:
    (tmp_path / FILE).parent.mkdir(parents=True)
    return Reader(Path("opa"), tmp_path)


@pytest.fixture
def said(opa: Opa) -> Said:
    def say(text: str, **values: bool) -> list[str]:
        (opa.folder / FILE).write_text(text)
        found = configuration_problems(opa, POLICIES, [RULE], TODAY, **values)
        return [str(problem).removeprefix(f"{FILE}:") for problem in found]

    return say


def test_a_right_configuration_has_no_problem(said: Said) -> None:
    assert said(HEAD) == []


def test_a_missing_configuration_is_reported(opa: Opa) -> None:
    (problem,) = configuration_problems(opa, POLICIES, [RULE], TODAY)
    assert str(problem).startswith(f"{FILE}:1:1: the configuration can't be read: [Errno 2]")


def test_a_configuration_in_another_encoding_is_reported_with_the_byte(opa: Opa) -> None:
    (opa.folder / FILE).write_bytes(b"#" * 1234 + b"\xff")
    (problem,) = configuration_problems(opa, POLICIES, [RULE], TODAY)
    text = "the configuration is not UTF-8 text: invalid start byte at byte 1,234; save it as UTF-8"
    assert problem == Diagnostic(FILE, 1, 1, text)


def test_an_empty_configuration_is_reported_with_the_keys_that_it_needs(said: Said) -> None:
    text = "the configuration is empty; it needs the keys rules and exemptions: see docs/policies.md, Configuration"
    assert said("# nothing yet\n") == [f"1:1: {text}"]


def test_yaml_that_only_opa_rejects_is_reported_with_its_message(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Any:
        raise ConfigError("OPA can't read the policies: odd")

    monkeypatch.setattr(Reader, "read_yaml", refuse)
    assert said(HEAD) == ["1:1: OPA can't read the policies: odd"]


def test_syntax_problems_are_reported_alone(said: Said) -> None:
    text = HEAD + "    needed: 2\n    secnds: 1\n"
    told = ["6:5: rules.own.needed: is a duplicate of the key in line 5, and only one counts; remove one"]
    assert (said(text), said(text, values=False)) == (told, told)


def test_without_values_only_the_syntax_is_checked(said: Said) -> None:
    text = HEAD + "    secnds: 1\n"
    assert (len(said(text)), said(text, values=False)) == (1, [])


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("    strict: no", "rules.own.strict: no is a boolean for some parsers of YAML; write false"),
        ("    by_name: {a: no}", "rules.own.by_name.a: no is a boolean for some parsers of YAML; write false"),
        ("    flags: [no]", "rules.own.flags[0]: no is a boolean for some parsers of YAML; write false"),
        ("    names: [no]", 'rules.own.names[0]: no is a boolean for some parsers of YAML; write "no"'),
        ("    other: no", 'rules.own.other: no is a boolean for some parsers of YAML; write "no"'),
        ("    strict: [no]", 'rules.own.strict[0]: no is a boolean for some parsers of YAML; write "no"'),
        ("  no_rule: {strict: no}", 'rules.no_rule.strict: no is a boolean for some parsers of YAML; write "no"'),
        ("accounts: [no]", 'accounts[0]: no is a boolean for some parsers of YAML; write "no"'),
    ],
    ids=[
        "parameter",
        "value of a mapping",
        "entry of a list",
        "text in a list",
        "unknown key",
        "list",
        "unknown rule",
        "elsewhere",
    ],
)
def test_a_boolean_is_proposed_only_where_the_schema_expects_one(said: Said, line: str, advice: str) -> None:
    assert [told.partition(": ")[2] for told in said(f"{HEAD}{line}\n")] == [advice]


def test_a_parameter_that_only_overrides_have_is_reported_with_its_default(said: Said) -> None:
    first, second = "{region: eu-*, strict: false, needed: 2}", "{region: us-*, names: [b], strict: true}"
    overrides = f"    overrides:\n      - {first}\n      - {second}\n"
    text = "the section itself has no {}; add it there, for all other jobs: the default is {}"
    at, names = "rules.own.overrides", '["a"]'
    assert said(HEAD + overrides) == [
        f"7:24: {at}[0].strict: {text.format('strict', 'true')}",
        f"8:24: {at}[1].names: {text.format('names', names)}",
        f"8:36: {at}[1].strict: {text.format('strict', 'true')}",
    ]
    assert said(HEAD + "    strict: true\n    names: []\n" + overrides) == []


@pytest.mark.parametrize(
    "text",
    [
        "- a\n",
        "x\n",
        "rules: []\nexemptions: []\n",
        "rules: {own: []}\nexemptions: []\n",
        HEAD + "    overrides: 7\n",
        HEAD + "    overrides: [7]\n",
    ],
    ids=["list", "text", "rules", "section", "overrides", "override"],
)
def test_a_value_of_the_wrong_form_is_reported_only_once(said: Said, text: str) -> None:
    assert {told.partition("must be ")[2].partition(",")[0] for told in said(text)} <= {"a mapping", "a list"}
    assert said(text)


def test_accounts_overrides_and_exemptions_are_checked(said: Said) -> None:
    text = (
        HEAD.replace("exemptions: []\n", "")
        + "    overrides:\n      - {account: '*', level: deny}\n      - {region: eu-west-1, level: 'off'}\n"
        "      - {job_kind: labeling, account: '999999999999', level: 'off'}\naccounts: ['111122223333']\n"
        "exemptions:\n  - {id: A, owner: o, reason: r, rules: [own], scope: {region: eu-*}, expires: '2026-11-22'}\n"
        "  - {id: A, owner: o, reason: r, rules: [own], scope: {region: eu-*}, expires: '2027-11-22'}\n"
    )
    assert [told[: told.index(";")] for told in said(text)] == [
        "7:9: warning: rules.own.overrides[1]: never applies: overrides[0] matches each of its jobs first",
        "8:9: warning: rules.own.overrides[2]: never applies: overrides[0] matches each of its jobs first",
        "8:9: warning: rules.own.overrides[2]: never applies: the rule is about jobs of these kinds only: training",
        "8:30: rules.own.overrides[2].account: 999999999999 matches none of your accounts",
        "11:71: warning: exemptions[0].expires: A expired on 2026-11-22 and exempts nothing",
        "12:6: exemptions[1].id: A is also the id of exemptions[0]",
    ]


def test_problems_of_rules_structure_and_configuration_are_reported_in_order(
    opa: Opa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration's values aren't checked against invalid METADATA."""
    (opa.folder / FILE).write_text(HEAD + "    secnds: 1\n")
    metadata = Diagnostic(Path("a.rego"), 2, 1, "METADATA has no title")
    structure = Diagnostic(Path("z.rego"), 1, 1, "the rule has no test")
    monkeypatch.setattr(config_check, "structure_problems", lambda opa, policies, rules: [structure])
    monkeypatch.setattr(config_check, "read_rules", lambda opa, policies: ([RULE], [metadata]))
    assert check_config(opa, POLICIES, TODAY) == [metadata, structure]
    monkeypatch.setattr(config_check, "read_rules", lambda opa, policies: ([RULE], []))
    unknown, last = check_config(opa, POLICIES, TODAY)
    assert (unknown.file, last) == (FILE, structure)
