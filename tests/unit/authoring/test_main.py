"""The authors' commands: the arguments that each receives, and its exit code."""

from __future__ import annotations

import io
import runpy
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from guard.authoring import __main__ as commands
from guard.authoring.__main__ import main
from guard.authoring.diagnostics import Diagnostic
from guard.authoring.opa import Opa
from guard.errors import ConfigError

NOW = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
POLICIES = Path("policies")
ERROR = Diagnostic(Path("a.rego"), 3, 1, "this is wrong")
WARNING = Diagnostic(Path("a.rego"), 4, 1, "this is odd", "warning")
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commands, "utc_now", lambda: NOW)

    def command(*arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        return main(["--opa", "pinned", *arguments], out), out.getvalue()

    return command


@pytest.mark.parametrize(
    ("arguments", "name", "given"),
    [
        (["test"], "run_tests", (POLICIES,)),
        (["bundle", "a/b.tar.gz"], "build_bundle", (POLICIES, Path("a/b.tar.gz"), NOW.date())),
        (["mutate"], "mutate", (POLICIES, ())),
        (["mutate", "a", "b"], "mutate", (POLICIES, ("a", "b"))),
        (["check", "--regal", "r"], "check_policies", (Path("r"), POLICIES, NOW.date(), {"style_fails": False})),
        (["check", "--regal", "r", "--style-fails"], "check_policies", (Path("r"), POLICIES, NOW.date(), {"style_fails": True})),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
@pytest.mark.parametrize("well", [True, False], ids=["well", "not well"])
def test_a_command_receives_its_arguments_and_its_result_decides_the_exit_code(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], name: str, given: Any, well: bool
) -> None:
    calls = []

    def command(*positional: Any, **named: Any) -> bool:
        opa, *more = positional
        out = more.pop()
        out.write("printed")
        calls.append((opa, *more, *([named] if named else [])))
        return well

    monkeypatch.setattr(commands, name, command)
    assert run(*arguments) == (0 if well else 1, "printed")
    assert calls == [(Opa(Path("pinned"), tmp_path), *given)]


def test_the_message_of_an_error_is_printed_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bool:
        raise ConfigError("OPA can't read it", fact=7)

    monkeypatch.setattr(commands, "run_tests", refuse)
    assert run("test") == (1, "OPA can't read it\n")


def test_control_characters_are_printed_as_escapes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = Diagnostic(Path("a.rego"), 3, 1, "of the file\x1b[2J")
    monkeypatch.setattr(commands, "check_config", lambda *_: [hostile])
    assert run("docs") == (1, "a.rego:3:1: of the file\\x1b[2J\n")


def test_the_files_of_a_new_rule_are_printed_line_by_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "new_rule", lambda opa, policies, name: [str(policies), name])
    assert run("new-rule", "own") == (0, "policies\nown\n")


@pytest.mark.parametrize(
    ("problems", "code"), [([], 0), ([WARNING], 0), ([WARNING, ERROR], 1)], ids=["none", "warning", "error"]
)
def test_docs_are_written_unless_the_policies_have_errors(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: list[Diagnostic], code: int
) -> None:
    monkeypatch.setattr(
        commands, "check_config", lambda opa, policies, today: problems if today == NOW.date() else None
    )
    monkeypatch.setattr(commands, "generated_files", lambda opa, policies: {Path("docs/rules.md"): "of today"})
    assert run("docs") == (code, "".join(f"{problem}\n" for problem in problems))
    assert (tmp_path / "docs/rules.md").exists() == (code == 0)


@pytest.mark.parametrize(
    "arguments", [[], ["check"], ["bundle"], ["new-rule"], ["other"]], ids=lambda words: " ".join(words) or "none"
)
def test_missing_arguments_print_the_usage(run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: guard.authoring ")


def test_a_command_needs_the_pinned_opa(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["test"], io.StringIO())
    assert "the following arguments are required: --opa" in capsys.readouterr().err


def test_help_describes_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"], io.StringIO())
    printed = " ".join(capsys.readouterr().out.split())
    for text in (
        "the pinned OPA",
        "check types, format, style, configuration, generated files",
        "test the policies' tests, with coverage",
        "docs write the catalogue and the schema of the configuration",
        "bundle build the bundle",
        "new-rule make a rule's folder",
        "mutate change the rules, one place at a time, and report changes that no test detects",
    ):
        assert text in printed


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("check", "fail for violations of style, too; by default they are only printed"),
        ("mutate", "ids of rules or names of packages in lib; all by default"),
    ],
)
def test_help_of_a_command_describes_its_arguments(
    run: Run, capsys: pytest.CaptureFixture[str], command: str, text: str
) -> None:
    with pytest.raises(SystemExit):
        run(command, "--help")
    assert text in " ".join(capsys.readouterr().out.split())


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_as_a_program_it_prints_and_exits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["guard.authoring", "--opa", "x", "new-rule", "Root"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("guard.authoring.__main__", run_name="__main__")
    assert ended.value.code == 1
    assert capsys.readouterr().out.startswith("'Root' can't be a rule's name")
