"""The authors' commands as programs: their arguments, what they print, their exit codes; and `make docs`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guard.authoring.generated import generated_files, stale
from guard.authoring.opa import Opa
from tests.support.authoring import SECONDS, Change
from tests.support.policies import CONFIG, POLICIES, ROOT


def test_the_generated_files_of_the_repository_are_up_to_date(opa: Path) -> None:
    assert stale(ROOT, generated_files(Opa(opa, ROOT), POLICIES)) == []


COMMANDS = [
    pytest.param(["new-rule", "root_access_enabled"], r"(.*\n){3}Change them, then: make .*", id="new-rule"),
    pytest.param(["docs"], "", id="docs"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "printed"), COMMANDS)
def test_a_command_that_succeeds_exits_with_0(command, arguments: list[str], printed: str) -> None:
    code, out = command(*arguments)
    assert code == 0
    assert re.fullmatch(printed, out.strip())


def test_a_mutation_that_kills_enough_exits_with_0(small: Opa, command) -> None:
    code, out = command("mutate", "max_runtime")
    assert code == 0
    assert re.fullmatch(r"(.*\n){1}\d+ of \d+ mutants killed, 100.0%; the goal is 95%", out.strip())


def test_a_command_that_fails_exits_with_1_and_one_line(command) -> None:
    code, out = command("new-rule", "Root")
    assert (code, out.count("\n")) == (1, 1)


def test_docs_brings_generated_files_up_to_date(tree: Opa, command) -> None:
    (tree.folder / "docs" / "rules.md").unlink()
    assert command("docs")[0] == 0
    assert stale(tree.folder, generated_files(tree, POLICIES)) == []


def test_docs_writes_nothing_about_a_broken_configuration(tree: Opa, command, change: Change) -> None:
    change(CONFIG, SECONDS, "seconds: soon")
    before = (tree.folder / "docs" / "rules.md").read_text()
    code, out = command("docs")
    assert (code, "must be a whole number" in out) == (1, True)
    assert (tree.folder / "docs" / "rules.md").read_text() == before
