"""The copy of the policies that OPA reads: with JSON instead of YAML, if OPA can read the YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import Opa
from guard.authoring.quick_copy import copy_policies, quick_copy
from guard.errors import ConfigError

POLICIES = Path("policies")
YAML, JSON = "guard/config/data.yaml", "guard/config/data.json"
CONTENT: dict[str, Any] = {"a: 1\n": {"a": 1}, "[1]\n": [1]}


class Reader(Opa):
    """An OPA that can read two files."""

    def read_yaml(self, file: Path) -> Any:
        if file.read_text() not in CONTENT:
            raise ConfigError("odd")
        return CONTENT[file.read_text()]


@pytest.fixture
def opa(tmp_path: Path) -> Opa:
    (tmp_path / POLICIES / "guard" / "config").mkdir(parents=True)
    (tmp_path / POLICIES / "a.rego").write_text("package a")
    (tmp_path / POLICIES / "a_test.rego").write_text("package a_test")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "input.json").write_text("{}")
    (tmp_path / "capabilities.json").write_text("[]")
    return Reader(Path("opa"), tmp_path)


def _files(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


REGO = {"a.rego": "package a", "a_test.rego": "package a_test"}


@pytest.mark.parametrize(
    ("given", "copied"),
    [
        ({YAML: "a: 1\n"}, {JSON: '{"a": 1}'}),
        ({YAML: "[1]\n"}, {YAML: "[1]\n"}),
        ({YAML: "a: [\n"}, {YAML: "a: [\n"}),
        ({YAML: "a: 1\n", JSON: "{}"}, {YAML: "a: 1\n", JSON: "{}"}),
        ({}, {}),
    ],
    ids=["a mapping", "something else", "not YAML", "both", "no configuration"],
)
def test_a_configuration_is_json_in_the_copy(
    opa: Opa, tmp_path_factory: pytest.TempPathFactory, given: dict[str, str], copied: dict[str, str]
) -> None:
    for name, text in given.items():
        (opa.folder / POLICIES / name).write_text(text)
    target = tmp_path_factory.mktemp("copy") / "policies"
    copy_policies(opa, POLICIES, target)
    assert _files(target) == REGO | copied
    assert _files(opa.folder / POLICIES) == REGO | given


def test_some_files_can_be_left_out(opa: Opa, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("copy") / "policies"
    copy_policies(opa, POLICIES, target, "*_test.rego")
    assert _files(target) == {"a.rego": "package a"}


def test_the_copy_has_types_and_capabilities_and_is_removed(opa: Opa) -> None:
    with quick_copy(opa, POLICIES) as copied:
        assert (copied.binary, type(copied)) == (opa.binary, Reader)
        files = {f"policies/{name}": text for name, text in REGO.items()}
        assert _files(copied.folder) == files | {"schemas/input.json": "{}", "capabilities.json": "[]"}
    assert not copied.folder.exists()
