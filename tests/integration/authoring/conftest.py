"""Copies of the policies for each test to change, with the real OPA and Regal."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from guard.authoring.__main__ import main
from guard.authoring.generated import generated_files, write
from guard.authoring.opa import Opa
from tests.support.authoring import RULES, RUNTIME, RUNTIME_TEST, Change
from tests.support.policies import CONFIG, POLICIES, few_policies
from tests.support.regal import pinned_regal
from tests.support.remembering import RememberingOpa


@pytest.fixture(scope="session")
def regal() -> Path:
    """The pinned Regal."""
    return pinned_regal()


@pytest.fixture(scope="session")
def content_regal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Regal that finds nothing, for tests that aren't about style: the real one takes a second."""
    path = tmp_path_factory.mktemp("regal") / "regal"
    path.write_text("#!/bin/sh\necho '{\"violations\": []}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory, opa: Path) -> Path:
    """A repository with two rules: tests of it hold for the whole repository, and take a third of the time."""
    return few_policies(tmp_path_factory.mktemp("few"), opa, ("denied_image", "max_runtime")).folder


@pytest.fixture
def tree(tmp_path: Path, few: Path, opa: Path) -> Opa:
    """A copy of it, to change."""
    shutil.copytree(few, tmp_path / "tree")
    return RememberingOpa(opa, tmp_path / "tree")


@pytest.fixture
def change(tree: Opa) -> Change:
    """Replace what occurs once in a file of the copy."""

    def replace(file: Path, old: str | re.Pattern[str], new: str) -> None:
        pattern = re.compile(re.escape(old)) if isinstance(old, str) else old
        text, count = pattern.subn(lambda _: new, (tree.folder / file).read_text())
        assert count == 1, (file, old)
        (tree.folder / file).write_text(text)

    return replace


@pytest.fixture
def command(tree: Opa, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run a command in the copy."""
    monkeypatch.chdir(tree.folder)

    def run(*arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        return main(["--opa", str(tree.binary), *arguments], out), out.getvalue()

    return run


LONE_RULE = """# METADATA
# title: Runtime limit
# description: A job must limit its runtime to at most `seconds`.
# custom:
#   severity: medium
#   remediation: Set a limit.
#   parameters:
#     seconds: {description: The longest runtime., type: integer, minimum: 1}
package guard.rules.max_runtime

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: Jobs that may run longer.
findings contains {"message": sprintf("%v seconds are too many.", [runtime])} if {
	runtime := input.compute.max_runtime_seconds
	runtime > _limit
}

_limit := data.guard.config.rules.max_runtime.seconds
"""
LONE_TEST = """package guard.rules.max_runtime_test

import data.guard.rules.max_runtime as rule

test_more_than_the_limit_is_a_finding[runtime] if {
	some runtime, found in {59: set(), 60: set(), 61: {{"message": "61 seconds are too many."}}}
	found == rule.findings with input.compute.max_runtime_seconds as runtime
		with data.guard.config.rules.max_runtime.seconds as 60
}

test_remediation if rule.remediation == "Set a limit."
"""


@pytest.fixture
def small(tree: Opa) -> Opa:
    """One rule that needs no library, with its configuration and its section of the catalogue."""
    guard = tree.folder / POLICIES / "guard"
    for folder in [*(tree.folder / RULES).iterdir(), *guard.iterdir()]:
        if folder.name not in {"config", "rules"}:
            shutil.rmtree(folder)
    rule = tree.folder / RULES / "max_runtime"
    rule.mkdir()
    (tree.folder / RUNTIME).write_text(LONE_RULE)
    (tree.folder / RUNTIME_TEST).write_text(LONE_TEST)
    levels = "level: warn, overrides: [{region: eu-*, level: deny}]"
    (tree.folder / CONFIG).write_text(f"rules:\n  max_runtime: {{{levels}, seconds: 60}}\nexemptions: []\n")
    (tree.folder / "tools" / "mutants-equivalent.yaml").write_text("[]")
    write(tree.folder, generated_files(tree, POLICIES))
    return tree
