"""The cases of a folder, and the differences between decision and expectation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from guard.cli.evaluate import Evaluated
from guard.cli.fixtures import Expectation, ExpectedFinding, differences, expectation_of, find_cases
from guard.decision import Decision, Evaluation, Finding
from guard.errors import ConfigError
from tests.support.documents import document


def finding(**changes: Any) -> Finding:
    """A finding of the rule max_runtime."""
    fields: dict[str, Any] = {
        "rule_id": "max_runtime",
        "level": "deny",
        "level_source": "level",
        "message": "too long",
        "remediation": "shorten it",
        "details": {"limit": 3, "config": "rules.max_runtime.seconds"},
        "exempted_by": None,
    }
    return Finding(**(fields | changes))


def _result(*findings: Finding, decision: Any = "deny") -> Evaluated:
    answer = Decision(decision=decision, findings=findings)
    return Evaluated(document(), Evaluation(decision=answer, revision="r", opa_version="1"))


WRONG = "the expectation is invalid: "
UNREADABLE = "the expectation can't be read"
OTHER = finding(rule_id="region", level="warn", message="far away")


@pytest.mark.parametrize(
    ("expected", "lines"),
    [
        ({"decision": "deny"}, []),
        ({"decision": "allow"}, ["decision", "  - allow", "  + deny"]),
        ({"decision": "deny", "rules": ["region", "max_runtime"]}, []),
        ({"decision": "deny", "rules": ["max_runtime", "keep_alive"]}, ["rules", "  - keep_alive", "  + region"]),
        ({"decision": "deny", "rules": []}, ["rules", "  + max_runtime", "  + region"]),
        ({"decision": "deny", "findings": [{"rule_id": "region"}, {"message": "too long"}]}, []),
        ({"decision": "deny", "findings": [{"rule_id": "region"}]}, ["findings", "  + max_runtime  deny  too long"]),
        (
            {"decision": "deny", "findings": [{"rule_id": "region"}, {"rule_id": "max_runtime", "details": {"limit": 4}}]},
            ["findings", "  - max_runtime  details {'limit': 4}", "  + max_runtime  deny  too long  details {'limit': 3}"],
        ),
        ({"decision": "deny", "findings": [{"rule_id": "region"}, {"details": {"limit": 3}}]}, []),
        ({"decision": "deny", "findings": [{"rule_id": "region"}, {"level": "deny", "exempted_by": None}]}, []),
        (
            {"decision": "deny", "findings": [{"rule_id": "region"}, {"exempted_by": "EX-1"}]},
            ["findings", "  - (exempted by EX-1)", "  + max_runtime  deny  too long"],
        ),
        (
            {"decision": "deny", "findings": [{}, {}, {"exempted_by": None}]},
            ["findings", "  - (not exempted)"],
        ),
        (
            {"decision": "deny", "findings": [{"rule_id": "region"}, {"details": {"limits": None}}]},
            ["findings", "  - details {'limits': None}", "  + max_runtime  deny  too long"],
        ),
        (
            {"decision": "deny", "findings": [{"rule_id": "region"}, {"level_source": "overrides[0]"}]},
            ["findings", "  - level_source overrides[0]", "  + max_runtime  deny  too long  level_source level"],
        ),
    ],
    ids=str,
)  # fmt: skip
def test_the_diff_shows_expectation_and_decision(expected: Any, lines: list[str]) -> None:
    assert differences(Expectation.model_validate(expected), _result(finding(), OTHER)) == lines


def test_a_date_in_an_expectation_is_compared_as_text() -> None:
    """YAML parses it as a date, which JSON doesn't have."""
    written = "decision: deny\nfindings:\n- {rule_id: max_runtime, details: {until: 2026-12-23}}\n"
    expected = Expectation.model_validate(yaml.safe_load(written))
    assert differences(expected, _result(finding(details={"until": "2026-12-23"}))) == []


def test_a_finding_matches_only_one_expected_finding() -> None:
    expected = Expectation(decision="deny", findings=[ExpectedFinding(rule_id="region")] * 2)
    assert differences(expected, _result(OTHER)) == ["findings", "  - region"]


def test_exempted_findings_do_not_count_as_rules() -> None:
    result = _result(finding(exempted_by="EX-1"), decision="allow")
    assert differences(Expectation(decision="allow", rules=[]), result) == []
    lines = differences(Expectation(decision="allow", findings=[]), result)
    assert lines == ["findings", "  + max_runtime  deny  too long  (exempted by EX-1)"]


def test_an_accepted_expectation_matches_only_the_same_decision() -> None:
    result = _result(finding(exempted_by="EX-1"), OTHER, decision="warn")
    written = Expectation.model_validate(yaml.safe_load(expectation_of(result)))
    assert differences(written, result) == []
    assert differences(written, _result(finding(), OTHER, decision="deny")) != []


def _write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")


def test_cases_in_subfolders_are_found_with_their_describe_responses(tmp_path: Path) -> None:
    _write(tmp_path, "b.json.gz", "b.expected.yaml", "a/c.json", "a/c.describe.json", "a/c.expected.yaml")
    _write(tmp_path, "d.json", "d.describe.json.gz", "d.expected.yaml")
    cases = [(case.name, case.describe and case.describe.name, case.expected.name) for case in find_cases(tmp_path)]
    assert cases == [
        ("a/c", "c.describe.json", "c.expected.yaml"),
        ("b", None, "b.expected.yaml"),
        ("d", "d.describe.json.gz", "d.expected.yaml"),
    ]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, "b.json.gz", "b.json")
    with pytest.raises(ConfigError, match=r"b\.json and b\.json\.gz would be one case: keep one"):
        find_cases(tmp_path)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "the folder has no cases"),
        (["a.json", "b.expected.yaml"], "the expectation has no event; write b.json"),
    ],
    ids=["empty", "lonely"],
)
def test_a_folder_without_cases_or_with_a_lonely_expectation_is_an_error(
    tmp_path: Path, names: list[str], says: str
) -> None:
    _write(tmp_path, *names)
    with pytest.raises(ConfigError, match=says):
        find_cases(tmp_path)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the folder of cases doesn't exist") as raised:
        find_cases(tmp_path / "x")
    assert raised.value.evidence == {"path": str(tmp_path / "x")}


def test_a_case_without_an_expectation_says_what_to_write(tmp_path: Path) -> None:
    _write(tmp_path, "a.json")
    (case,) = find_cases(tmp_path)
    with pytest.raises(ConfigError, match=r"write a\.expected\.yaml beside a\.json, or run with --accept") as raised:
        case.expectation()
    assert raised.value.evidence == {"path": str(tmp_path / "a.expected.yaml")}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"decision: maybe", f"{WRONG}decision must be 'allow', 'warn' or 'deny'"),
        (b"decision: allow\nfinding: []", f"{WRONG}finding is an unknown key; did you mean findings?"),
        (b"decision: allow\nx: 1", f"{WRONG}x is an unknown key; known are decision, rules, findings"),
        (b"rules: region", f"{WRONG}decision is missing; rules must be a list"),
        (b"decision: allow\nrules: [7]", f"{WRONG}rules[0] must be a text"),
        (b"decision: allow\nfindings: [region]", f"{WRONG}findings[0] must be a mapping"),
        (
            b"decision: deny\nfindings: [{ruleid: x}]",
            f"{WRONG}findings[0].ruleid is an unknown key; did you mean rule_id?",
        ),
        (b"decision: deny\nfindings: [{details: 7}]", f"{WRONG}findings[0].details must be a mapping"),
        (b"[]", f"{WRONG}the file must be a mapping"),
        (b"", f"{WRONG}the file must be a mapping"),
        (b"{", UNREADABLE),
        (b"\xff\xfe", UNREADABLE),
    ],
    ids=str,
)
def test_an_invalid_expectation_is_an_error(tmp_path: Path, content: bytes, says: str) -> None:
    _write(tmp_path, "a.json")
    (tmp_path / "a.expected.yaml").write_bytes(content)
    (case,) = find_cases(tmp_path)
    with pytest.raises(ConfigError) as raised:
        case.expectation()
    assert raised.value.message == says
    assert raised.value.evidence == {"path": str(case.expected)} | (
        {"problem": str(raised.value.__cause__)} if says == UNREADABLE else {}
    )
