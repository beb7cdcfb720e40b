"""Copies of one rule's repository, to change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from guard.authoring.opa import Opa
from tests.support.one_rule import READ, TEST
from tests.support.policies import CONFIG, POLICIES, copy_policies


@pytest.fixture(scope="session")
def one_rule(tmp_path_factory: pytest.TempPathFactory, opa: Path) -> Path:
    """A repository with one rule and its configuration, without the tests of libraries, so that it is read quickly."""
    folder = tmp_path_factory.mktemp("one-rule")
    copy_policies(folder, opa, rules=["max_runtime"], libraries=["globs"])
    for file in (folder / POLICIES).rglob("*_test.rego"):
        if file != folder / TEST and file.parent.name != "testing":
            file.unlink()
    (folder / CONFIG).write_text("rules:\n  max_runtime: {level: deny, seconds: 60}\nexemptions: []\n")
    return folder


@pytest.fixture(scope="session")
def only_read(tmp_path_factory: pytest.TempPathFactory, one_rule: Path) -> Path:
    """The files of that repository that the checks of the structure read: the rule and a library."""
    folder = tmp_path_factory.mktemp("only-read")
    for part in READ:
        shutil.copytree(one_rule / part, folder / part)
    return folder


@pytest.fixture
def tree(tmp_path: Path, only_read: Path, opa: Path) -> Opa:
    """A copy of these files, to change: enough for the checks, but not for building a bundle."""
    shutil.copytree(only_read, tmp_path, dirs_exist_ok=True)
    return Opa(opa, tmp_path)


@pytest.fixture
def whole(tmp_path: Path, one_rule: Path, opa: Path) -> Opa:
    """A copy of the repository, to change and to build."""
    shutil.copytree(one_rule, tmp_path, dirs_exist_ok=True)
    return Opa(opa, tmp_path)
