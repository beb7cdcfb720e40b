"""The command line behind `make check`, `make docs` and the like: each command ends with 0 if all is well, and with 1 if not."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from guard.authoring.__main__ import main
from tests.support.policies import CONFIG, few_policies

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def folder(tmp_path: Path, opa: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of some policies, as the working folder."""
    few_policies(tmp_path, opa, ("denied_image", "region"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(opa: Path, folder: Path) -> Run:
    """Run a command and return its exit code and what it printed."""

    def command(*arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        return main(["--opa", str(opa), *arguments], out), out.getvalue()

    return command


def _break(folder: Path) -> None:
    path = folder / CONFIG
    path.write_text(path.read_text().replace("level: deny", "level: never", 1))


def test_docs_writes_what_is_out_of_date(run: Run, folder: Path) -> None:
    catalogue = folder / "docs" / "rules.md"
    fresh = catalogue.read_text()
    catalogue.write_text("stale")
    assert run("docs") == (0, "")
    assert catalogue.read_text() == fresh


def test_docs_writes_nothing_of_a_broken_configuration(run: Run, folder: Path) -> None:
    _break(folder)
    (folder / "docs" / "rules.md").write_text("stale")
    code, printed = run("docs")
    assert (code, "data.yaml" in printed, (folder / "docs" / "rules.md").read_text()) == (1, True, "stale")


def test_bundle_builds_a_bundle(run: Run, folder: Path) -> None:
    code, printed = run("bundle", "bundle.tar.gz")
    assert (code, printed.startswith("bundle.tar.gz: revision ")) == (0, True)
    assert (folder / "bundle.tar.gz").exists()


def test_bundle_refuses_a_broken_configuration(run: Run, folder: Path) -> None:
    _break(folder)
    assert run("bundle", "bundle.tar.gz")[0] == 1
    assert not (folder / "bundle.tar.gz").exists()


def test_new_rule_says_what_it_made(run: Run, folder: Path) -> None:
    code, printed = run("new-rule", "weekend_jobs")
    assert (code, "weekend_jobs.rego" in printed) == (0, True)


def test_new_rule_refuses_a_name_that_is_taken(run: Run) -> None:
    code, printed = run("new-rule", "region")
    assert (code, "region" in printed) == (1, True)


def test_mutate_counts_for_one_rule(run: Run) -> None:
    code, printed = run("mutate", "region")
    assert (code, "region" in printed) == (0, True)


def test_check_fails_when_regal_cannot_run(run: Run, folder: Path) -> None:
    code, printed = run("check", "--regal", str(folder / "regal"))
    assert code == 1
    assert "regal" in printed
