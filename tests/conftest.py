"""Every test runs in a clean environment, without network beyond loopback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

from guard.opa.binary import find_opa

ROOT = Path(__file__).resolve().parent.parent
# Speed is for the benchmarks: a busy machine must not turn a property red.
settings.register_profile("guard", deadline=None)
settings.load_profile("guard")
OPA = find_opa({**os.environ, "GUARD_OPA_PATH": os.environ.get("PINNED_OPA", "")})


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "GUARD_", "POWERTOOLS_", "OPA_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def opa() -> Path:
    """The pinned OPA."""
    return OPA


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The bundle that `make bundle` built: what ships is what is tested."""
    path = ROOT / "build" / "bundle.tar.gz"
    if not path.exists():
        pytest.fail("there is no build/bundle.tar.gz: run `make bundle`")
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage in properties: with it they take two thirds longer, and what they reach is reached by single cases."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.no_cover)
