"""The output of a built bundle, and of each step that can fail the build."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest

from guard.authoring import bundle
from guard.authoring.bundle import build_bundle, revision
from guard.authoring.diagnostics import Diagnostic
from guard.authoring.opa import Opa, RunResult

POLICIES, TARGET, TODAY = Path("policies"), Path("bundle.tar.gz"), date(2026, 11, 23)
WELL = RunResult(0, "", "")
ERROR = Diagnostic(Path("a.rego"), 3, 1, "this is wrong")
WARNING = Diagnostic(Path("a.rego"), 4, 1, "this is odd", "warning")
STEPS = ("check_config", "check_types", "trial_problems", "pack_bundle")


class Steps:
    """The steps of the build, replaced by results that a test sets; `asked` lists the steps that ran."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.opa = Opa(Path("opa"), folder)
        self.answers: dict[str, object] = dict(zip(STEPS, ([], [], [], WELL), strict=True))
        self.asked: list[str] = []
        for name in STEPS:
            patch.setattr(bundle, name, self._step(name))

    def _step(self, name: str) -> object:
        def step(opa: Opa, policies: Path, *more: object) -> object:
            assert (opa, policies, more) == (
                self.opa,
                POLICIES,
                {"check_config": (TODAY,), "pack_bundle": (TARGET,)}.get(name, ()),
            )
            self.asked.append(name)
            if name == "pack_bundle":
                (opa.folder / TARGET).write_bytes(b"x" * 1234)
            return self.answers[name]

        return step

    def build(self) -> tuple[bool, str]:
        out = io.StringIO()
        return build_bundle(self.opa, POLICIES, TARGET, TODAY, out), out.getvalue()


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    (tmp_path / POLICIES).mkdir()
    (tmp_path / POLICIES / ".manifest").write_text("{}")
    return Steps(tmp_path, monkeypatch)


def test_a_built_bundle_is_printed_with_its_revision_and_size(steps: Steps) -> None:
    name = revision(steps.opa.folder / POLICIES)
    assert steps.build() == (True, f"bundle.tar.gz: revision {name}, 1,234 bytes\n")
    assert steps.asked == [*STEPS]


def test_a_warning_is_printed_and_does_not_stop_the_build(steps: Steps) -> None:
    steps.answers["check_config"] = [WARNING]
    built, printed = steps.build()
    assert (built, printed.splitlines()[0]) == (True, f"{WARNING}")


@pytest.mark.parametrize(
    ("step", "answer", "printed"),
    [
        ("check_config", [WARNING, ERROR], f"{WARNING}\n{ERROR}\n"),
        ("check_types", [ERROR], f"{ERROR}\n"),
        ("trial_problems", [ERROR], f"{ERROR}\n"),
        ("pack_bundle", RunResult(1, "no space", ""), "no space\n"),
    ],
    ids=STEPS,
)
def test_a_problem_is_printed_and_ends_the_build(steps: Steps, step: str, answer: object, printed: str) -> None:
    (steps.opa.folder / TARGET).write_text("of yesterday")
    steps.answers[step] = answer
    assert steps.build() == (False, printed)
    assert steps.asked == [*STEPS[: STEPS.index(step) + 1]]
    assert step == "pack_bundle" or not (steps.opa.folder / TARGET).exists()
