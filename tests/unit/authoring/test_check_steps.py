"""What `make check` prints for its steps, which steps wait for others, and which results fail the check."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from guard.authoring import check
from guard.authoring.check import check_policies
from guard.authoring.diagnostics import Diagnostic
from guard.authoring.opa import Opa, RunResult
from guard.errors import ConfigError

POLICIES, REGAL, TODAY = Path("policies"), Path("regal"), date(2026, 11, 23)
WELL = RunResult(0, "", "")
ERROR = Diagnostic(Path("a.rego"), 3, 1, "this is wrong")
WARNING = Diagnostic(Path("a.rego"), 4, 1, "this is odd", "warning")
STEPS = ["files", "types", "config", "trial", "format", "style", "generated"]
ALL_WELL = dict.fromkeys(STEPS, "ok")


def _report(*violations: dict[str, Any]) -> RunResult:
    return RunResult(3 if violations else 0, json.dumps({"violations": [*violations]}), "")


def _violation(row: int, **more: Any) -> dict[str, Any]:
    return {
        "location": {"file": "a.rego", "row": row, "col": 5},
        "description": "Look",
        "title": "todo-comment",
    } | more


class Checks:
    """The checks, replaced by results that a test sets."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.format, self.regal = WELL, _report()
        self.sources: list[Diagnostic] | ConfigError = []
        self.strict_runs = 0
        self.strict: list[object] | ConfigError = []
        self.syntax: list[Diagnostic] = []
        self.types: list[Diagnostic] | ConfigError = []
        self.config: list[Diagnostic] | ConfigError = []
        self.trial: list[Diagnostic] = []
        self.generated: dict[Path, str] | ConfigError = {}
        self.stale: list[Path] = []
        patch.setattr(check, "source_problems", lambda folder, policies: self._answer(self.sources))
        patch.setattr(check, "strict_errors", lambda opa, policies: self._strict())
        patch.setattr(check, "syntax_errors_in", lambda opa, errors: self.syntax)
        patch.setattr(check, "type_errors_in", lambda opa, policies, errors: self._answer(self.types))
        patch.setattr(check, "check_config", lambda opa, policies, today: self._answer(self.config))
        patch.setattr(check, "trial_problems", lambda opa, policies: self.trial)
        patch.setattr(check, "generated_files", lambda opa, policies: self._answer(self.generated))
        patch.setattr(check, "stale", lambda folder, files: self.stale)
        patch.setattr(check, "run", self._run)
        patch.setattr(Opa, "run", lambda opa, *arguments: self._run(opa.binary, *arguments))

    def _strict(self) -> Any:
        self.strict_runs += 1
        return self._answer(self.strict)

    @staticmethod
    def _answer(answer: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _run(self, *command: object, folder: Path | None = None) -> RunResult:
        if command == (Path("opa"), "fmt", "--list", "--fail", POLICIES):
            return self.format
        assert (command, folder) == ((REGAL, "lint", "--format", "json", POLICIES), Path("here"))
        return self.regal

    def outcome(self, *, style_fails: bool = False) -> tuple[bool, dict[str, str], str]:
        out = io.StringIO()
        opa = Opa(Path("opa"), Path("here"))
        well = check_policies(opa, REGAL, POLICIES, TODAY, out, style_fails=style_fails)
        verdicts = re.findall(r"^(\w+) +(ok|noted|FAILED|skipped)", out.getvalue(), re.MULTILINE)
        return well, dict(verdicts), re.sub(r" +\d+\.\d\d s\n", "\n", out.getvalue())


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    return Checks(monkeypatch)


def test_each_passing_step_has_one_line_with_its_seconds(checks: Checks, monkeypatch) -> None:
    ticks = iter(range(0, 1000, 7))
    monkeypatch.setattr("time.monotonic", lambda: next(ticks))
    out = io.StringIO()
    assert check_policies(Opa(Path("opa"), Path("here")), REGAL, POLICIES, TODAY, out, style_fails=True)
    assert out.getvalue().splitlines() == [f"{step:<14} ok       7.00 s" for step in STEPS]


def test_the_line_of_a_step_is_flushed_before_the_next_step_runs(checks: Checks, monkeypatch) -> None:
    class Terminal(io.StringIO):
        shown = ""

        def flush(self) -> None:
            self.shown = self.getvalue()

    def types(*_: object) -> list[Diagnostic]:
        assert out.shown.startswith("files          ok ")
        assert "types" not in out.shown
        return []

    def config(*_: object) -> list[Diagnostic]:
        assert "types          ok " in out.shown
        return []

    out = Terminal()
    monkeypatch.setattr(check, "type_errors_in", types)
    monkeypatch.setattr(check, "check_config", config)
    assert check_policies(Opa(Path("opa"), Path("here")), REGAL, POLICIES, TODAY, out, style_fails=True)


MEANS = {
    "files": "These files can't be read as intended: fix them first, the other steps depend on them.",
    "types": "A rule doesn't compile, reads a field that no document has, or calls a built-in that rules may not use.",
    "config": "The configuration, METADATA or structure of the policies would not work as written: see docs/policies.md.",
    "trial": "For complete, incomplete or hostile trial documents, these rules fail, or report findings that they shouldn't.",
    "format": "These files are not formatted: run `make fmt`.",
    "style": "Regal reports a likely mistake or a violation of style; the links explain it. `make lint`, and so CI, fails.",
    "generated": "These files are out of date: run `make docs`.",
}
AFTER_FILES = {"types", "config", "trial", "format", "style", "generated"}
FAILURES = [
    ("files", "sources", [ERROR], [str(ERROR)], AFTER_FILES),
    ("files", "sources", ConfigError("no such folder"), ["no such folder"], AFTER_FILES),
    ("files", "syntax", [ERROR], [str(ERROR)], AFTER_FILES),
    ("files", "strict", ConfigError("OPA can't load it"), ["OPA can't load it"], AFTER_FILES),
    ("types", "types", [ERROR], [str(ERROR)], {"trial"}),
    ("config", "config", [WARNING, ERROR], [str(WARNING), str(ERROR)], {"trial", "generated"}),
    ("config", "config", ConfigError("OPA can't read it"), ["OPA can't read it"], {"trial", "generated"}),
    ("trial", "trial", [ERROR, WARNING], [str(ERROR), str(WARNING)], set()),
    ("format", "format", RunResult(1, "a.rego\n", "unexpected diff"), ["a.rego"], set()),
    ("format", "format", RunResult(1, "", "no such file"), ["no such file"], set()),
    ("style", "regal", RunResult(1, "", "out of memory"), ["out of memory"], set()),
    ("style", "regal", RunResult(0, "{}", ""), ["{}"], set()),
    ("style", "regal", RunResult(1, '{"violations": []}', "a bad setting"), ["a bad setting"], set()),
    ("generated", "stale", [Path("docs/rules.md"), Path("b")], ["docs/rules.md", "b"], set()),
    ("generated", "generated", ConfigError("OPA can't format it"), ["OPA can't format it"], set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "asked", "answer", "said", "skipped"),
    FAILURES,
    ids=[f"{step}: {said[0]}" for step, _, _, said, _ in FAILURES],
)
def test_a_failing_step_prints_its_problems_and_their_meaning(
    checks: Checks, step: str, asked: str, answer: object, said: list[str], skipped: set[str]
) -> None:
    setattr(checks, asked, answer)
    well, verdicts, printed = checks.outcome()
    assert (well, verdicts) == (False, ALL_WELL | {step: "FAILED"} | dict.fromkeys(skipped, "skipped"))
    problems = "".join(f"    {line}\n" for line in said)
    assert f"{step:<14} FAILED\n{problems}  {MEANS[step]}\n" in printed


def test_a_skipped_step_names_all_steps_that_must_pass_first(checks: Checks) -> None:
    checks.types, checks.config = [ERROR], [ERROR]
    _, _, printed = checks.outcome()
    assert "trial          skipped until config and types pass\n" in printed
    assert "generated      skipped until config passes\n" in printed


def test_opa_reads_the_policies_once_for_files_and_types(checks: Checks) -> None:
    checks.outcome()
    assert checks.strict_runs == 1


def test_a_warning_is_printed_and_does_not_fail_the_check(checks: Checks) -> None:
    checks.config = [WARNING]
    well, verdicts, printed = checks.outcome()
    assert (well, verdicts) == (True, ALL_WELL)
    assert f"config         ok\n    {WARNING}\n" in printed


@pytest.mark.parametrize(("style_fails", "verdict"), [(False, "noted"), (True, "FAILED")], ids=["check", "lint"])
def test_a_violation_of_style_is_printed_once_for_each_place_with_its_links(
    checks: Checks, style_fails: bool, verdict: str
) -> None:
    links = [{"ref": "https://example.com/1"}, {"ref": "https://example.com/2"}]
    checks.regal = _report(_violation(7, related_resources=links), _violation(3), _violation(3))
    well, verdicts, printed = checks.outcome(style_fails=style_fails)
    assert (well, verdicts["style"]) == (not style_fails, verdict)
    said = printed.partition(f"style          {verdict}\n")[2].splitlines()
    assert said[:3] == [
        "    a.rego:3:5: Look (todo-comment)",
        "    a.rego:7:5: Look (todo-comment) https://example.com/1 https://example.com/2",
        f"  {MEANS['style']}",
    ]
