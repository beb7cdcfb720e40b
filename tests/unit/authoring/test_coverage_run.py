"""The output of `make test-policies` for OPA's results about tests, coverage and failing built-ins."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.coverage import run_tests
from guard.authoring.opa import FLAGS, Opa, RunResult

POLICIES = Path("policies")
WELL = {"coverage": 99.87654, "files": {"policies/a.rego": {"covered": []}}}
GAP = {"start": {"row": 7}, "end": {"row": 9}}
Outcome = Callable[..., tuple[bool, str]]


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Outcome:
    """Return whether the run passes, and its output, for these results of OPA."""

    def run(
        tests: RunResult, strict: RunResult | None = None, explained: RunResult | None = None, plain: str = ""
    ) -> tuple[bool, str]:
        def answer(opa: Opa, *arguments: object) -> RunResult:
            first = ("test", "--bundle", POLICIES, *FLAGS)
            assert arguments[: len(first)] == first
            if arguments[len(first) :] == ("--coverage", "--coverage-runs", "", "--timeout", "60s", "--format", "json"):
                return tests
            assert explained is not None
            explain = ("--explain", "fails", "--run")
            names = "^data\\.a_test\\.test_x$|^data\\.b_test\\.test_y$"
            assert arguments[len(first) :] == ("--timeout", "60s", "--format", "json", *explain, names)
            return explained

        monkeypatch.setattr(Opa, "run", answer)
        monkeypatch.setattr("guard.authoring.coverage.source_problems", lambda folder, policies: [])
        monkeypatch.setattr("guard.authoring.coverage.check_types", lambda opa, policies: [])
        monkeypatch.setattr(Opa, "run_tests_strictly", lambda opa, policies: strict)
        monkeypatch.setattr(Opa, "run_tests", lambda opa, policies: RunResult(2, plain, ""))
        (tmp_path / POLICIES).mkdir()
        (tmp_path / "schemas").mkdir()
        (tmp_path / "capabilities.json").write_text("{}")
        out = io.StringIO()
        return run_tests(Opa(Path("opa"), tmp_path), POLICIES, out), out.getvalue()

    return run


def _ran(content: Any, code: int = 0) -> RunResult:
    return RunResult(code, json.dumps(content), "")


def test_tests_are_counted_with_their_cases_and_helpers_are_not(outcome: Outcome) -> None:
    packages = [
        {"test_a": True, "test_b": {"one": True, "two": {"x": True, "y": True}}, "helper": 1},
        {"test_c": True},
        {},
    ]
    assert outcome(_ran(WELL), _ran(packages)) == (True, "tests passed: 5, coverage of the policies: 99.88%\n")


def test_one_test_is_enough(outcome: Outcome) -> None:
    assert outcome(_ran(WELL), _ran([{"test_a": True}])) == (
        True,
        "tests passed: 1, coverage of the policies: 99.88%\n",
    )


def test_without_any_test_nothing_is_tested(outcome: Outcome) -> None:
    assert outcome(_ran(WELL), _ran([{"helper": 1}])) == (False, "tests passed: 0, coverage of the policies: 99.88%\n")


def test_uncovered_rows_are_reported(outcome: Outcome) -> None:
    report = WELL | {"files": {"policies/a.rego": {"not_covered": [GAP]}}}
    passed, printed = outcome(_ran(report), _ran([{"test_a": True}]))
    assert (passed, printed.splitlines()) == (
        False,
        [
            "policies/a.rego:7-9: not covered by tests; add a test, or remove unneeded code",
            "tests passed: 1, coverage of the policies: 99.88%",
        ],
    )


def test_a_failing_built_in_is_reported_with_the_message_of_opa(outcome: Outcome) -> None:
    assert outcome(_ran(WELL), RunResult(2, "", "to_number: invalid\n")) == (False, "to_number: invalid\n")


FAILED = RunResult(2, "data.b_test.test_y: FAIL (1ms)\ndata.a_test.test_x: ERROR (1ms)\ndata.a_test.test_x: FAIL\n"
                "data.a_test.test_ok: PASS\n  data.a_test.test_seen: FAIL\n", "")  # fmt: skip


def test_failing_tests_run_again_and_are_explained(outcome: Outcome) -> None:
    results = [
        {"fail": True, "name": name, "location": {"file": "a_test.rego", "row": 3}} for name in ("test_x", "test_y")
    ]
    told = "a_test.rego:3: test_x fails\na_test.rego:3: test_y fails\n"
    assert outcome(FAILED, explained=_ran(results, 2)) == (False, told)


@pytest.mark.parametrize(
    ("tests", "explained"),
    [(RunResult(1, "", "rego_type_error"), None), (FAILED, RunResult(1, "", "rego_type_error")), (FAILED, _ran([], 2))],
    ids=["no test has run", "none could run again", "none failed again"],
)
def test_the_plain_report_is_printed_if_no_test_explains_the_failure(
    outcome: Outcome, tests: RunResult, explained: RunResult | None
) -> None:
    assert outcome(tests, explained=explained, plain="1 test is skipped\n") == (False, "1 test is skipped\n")
