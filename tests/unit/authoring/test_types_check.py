"""Types are checked strictly, and once more without the import of `not`, with which OPA skips some arguments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import FLAGS, Opa, RunResult
from guard.authoring.types_check import check_types
from guard.errors import ConfigError

POLICIES = Path("policies")
WELL = RunResult(0, "", "")
IMPORT = "import future.keywords.not\n"


class Checks:
    """OPA's results of both checks, and the sources that it read in the second."""

    def __init__(self, folder: Path) -> None:
        self.opa = Opa(Path("opa"), folder)
        self.first, self.second = WELL, WELL
        self.read: dict[str, str] = {}

    def run(self, opa: Opa, *arguments: Any) -> RunResult:
        # OPA gets a copy, with all that it needs.
        assert (opa.folder / "schemas" / "input.json").is_file()
        assert (opa.folder / "capabilities.json").is_file()
        if "--strict" in arguments:
            assert arguments == ("check", "--strict", "--bundle", POLICIES, *FLAGS, "--format", "json")
            return self.first
        assert arguments == ("check", "--bundle", POLICIES, *FLAGS, "--format", "json")
        self.read = {file.name: file.read_text() for file in (opa.folder / POLICIES).rglob("*.rego")}
        return self.second


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checks:
    for folder in (POLICIES / "guard", "schemas"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("schemas/input.json", "capabilities.json"):
        (tmp_path / file).write_text("{}")
    checks = Checks(tmp_path)
    monkeypatch.setattr(Opa, "run", lambda opa, *arguments: checks.run(opa, *arguments))
    return checks


def _error(code: str, row: int = 3) -> dict[str, Any]:
    return {"code": code, "message": "wrong", "location": {"file": "policies/a.rego", "row": row, "col": 2}}


def _refused(*errors: dict[str, Any]) -> RunResult:
    return RunResult(1, "", json.dumps({"errors": errors}))


def _told(checks: Checks) -> list[str]:
    return [str(problem) for problem in check_types(checks.opa, POLICIES)]


def test_errors_of_the_strict_check_are_reported_without_a_second_check(checks: Checks) -> None:
    checks.first = _refused(_error("rego_compile_error", 7), _error("rego_type_error"))
    assert _told(checks) == ["policies/a.rego:3:2: OPA rejects this: wrong"]
    assert checks.read == {}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"message": "wrong"}, "policies:1:1: OPA rejects this: wrong"),
        ({"message": "error limit reached"}, "policies:1:1: there are more errors; fix these first"),
        (
            {"message": "match error", "details": {"a": None, "b": {"type": "string"}}},
            "policies:1:1: these can never be equal: one side is something; the other is text",
        ),
        (_error("rego_parse_error", 0), "policies/a.rego:1:2: this is not Rego: wrong"),
        (
            {
                "code": "rego_parse_error",
                "message": "empty module",
                "location": {"file": "policies/a.rego", "row": 0, "col": 0},
            },
            "policies/a.rego:1:1: this is not Rego: empty module",
        ),
    ],
    ids=["nowhere", "too many", "of an unknown type", "no row", "an empty file"],
)
def test_an_error_without_a_location_is_reported_at_the_beginning(
    checks: Checks, error: dict[str, Any], told: str
) -> None:
    checks.first = _refused(error)
    assert _told(checks) == [told]


def test_syntax_errors_are_reported_alone(checks: Checks) -> None:
    checks.first = _refused(_error("rego_compile_error"), _error("rego_parse_error", 7))
    assert _told(checks) == ["policies/a.rego:7:2: this is not Rego: wrong"]


def test_policies_that_pass_both_checks_have_no_problem(checks: Checks) -> None:
    assert _told(checks) == []


def test_type_errors_that_only_the_second_check_finds_are_reported_with_their_positions(checks: Checks) -> None:
    """Without the import there may be other errors, which don't exist with it."""
    checks.second = _refused(_error("rego_type_error"), _error("rego_parse_error"), _error("rego_type_error", 7))
    assert _told(checks) == ["policies/a.rego:3:2: OPA rejects this: wrong"]


@pytest.mark.parametrize("errors", [[_error("rego_parse_error")], []], ids=["another error", "no errors"])
def test_errors_that_only_the_missing_import_causes_are_not_reported(
    checks: Checks, errors: list[dict[str, Any]]
) -> None:
    checks.second = _refused(*errors)
    assert _told(checks) == []


@pytest.mark.parametrize("said", ["", "panic: out of memory", "{}"], ids=["nothing", "no JSON", "no errors"])
def test_output_of_another_form_is_reported_unchanged(checks: Checks, said: str) -> None:
    checks.first = RunResult(2, "", said)
    with pytest.raises(ConfigError, match=f"OPA can't check the policies: {said}"):
        check_types(checks.opa, POLICIES)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"package a\n\n{IMPORT}\np if not f(1, 2)\n", "package a\n\n\n\np if not f(1, 2)\n"),
        (f"package a\n\n{IMPORT}\np if not {{ true }}\n", None),
        (f"package a\n\n{IMPORT}\np if not{{ true }}\n", None),
        (f"package a\n\n{IMPORT}\np if knot {{ true }}\n", "package a\n\n\n\np if knot { true }\n"),
        (f"package a\n\n# {IMPORT}", None),
        ("package a\n\nimport future.keywords.nothing\n", None),
    ],
    ids=["import", "body", "body without a space", "end of a name", "comment", "another import"],
)
def test_the_import_is_left_out_where_a_file_can_be_read_without_it(
    checks: Checks, text: str, read: str | None
) -> None:
    file = checks.opa.folder / POLICIES / "guard" / "a.rego"
    file.write_text(text)
    check_types(checks.opa, POLICIES)
    assert checks.read == {"a.rego": text if read is None else read}
    assert file.read_text() == text
