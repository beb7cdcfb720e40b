"""Which OPA the function starts, and with which bundle."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def start_opa(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Import the module in a function with a remote OPA; return the arguments of the OPA processes that it starts."""
    monkeypatch.setenv("GUARD_OPA_URL", "https://opa")
    sys.modules.pop("lambda_entry.start_opa", None)
    module = importlib.import_module("lambda_entry.start_opa")
    monkeypatch.setattr(module, "OpaProcess", lambda binary, bundle: (binary, bundle))
    yield module
    gc.enable()
    sys.modules.pop("lambda_entry.start_opa", None)


def test_no_opa_is_started_with_a_remote_one(start_opa: ModuleType) -> None:
    assert start_opa.PROCESS is None


@pytest.mark.parametrize(
    ("variables", "started"),
    [
        pytest.param({}, (ROOT / "bin" / "opa", ROOT / "bundle.tar.gz"), id="those of the package"),
        pytest.param({"GUARD_OPA_PATH": ""}, (ROOT / "bin" / "opa", ROOT / "bundle.tar.gz"), id="empty settings"),
        pytest.param({"GUARD_OPA_PATH": "/x/opa"}, (Path("/x/opa"), ROOT / "bundle.tar.gz"), id="another binary"),
        pytest.param({"GUARD_BUNDLE_PATH": "/x/b"}, (ROOT / "bin" / "opa", Path("/x/b")), id="another bundle"),
    ],
)
def test_opa_is_started_from_the_package_or_from_where_the_settings_say(
    start_opa: ModuleType, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], started: tuple[Path, Path]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert start_opa.start() == started


def test_garbage_is_collected_only_once_all_is_imported(start_opa: ModuleType) -> None:
    assert not gc.isenabled()
    gc.unfreeze()
    start_opa.imported()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
