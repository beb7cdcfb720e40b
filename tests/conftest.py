"""Every test runs in a clean environment, without network beyond loopback."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import settings
from pytest_socket import socket_allow_hosts

from guard.opa.binary import find_opa
from tests.support.environment import clean_environment
from tests.support.policies import ROOT, SHIPPED

# Speed is for the benchmarks: a busy machine must not turn a property red.
settings.register_profile("guard", deadline=None)
settings.load_profile("guard")
_ADDRESSES: dict[str, set[str]] = {}
OPA = find_opa({**os.environ, "GUARD_OPA_PATH": os.environ.get("PINNED_OPA", "")})

# Every session would read SageMaker's model, of 5 MB, again.
_read_model = cache(JSONFileLoader().load_file)
JSONFileLoader.load_file = lambda _, path: _read_model(path)  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _clean_machine() -> Iterator[None]:
    """Clean the environment for what a session or a module shares, too: it is made before any test's own fixtures."""
    with pytest.MonkeyPatch.context() as patch:
        clean_environment(patch)
        yield


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    clean_environment(monkeypatch)
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True, resolution_cache=_ADDRESSES)


@pytest.fixture(scope="session")
def opa() -> Path:
    """The pinned OPA."""
    return OPA


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The bundle that `make bundle` built: what ships is what is tested, or would ship without a team's own configuration."""
    path = ROOT / "build" / "bundle.tar.gz" if SHIPPED == ROOT else SHIPPED / "bundle.tar.gz"
    if not path.exists():
        pytest.fail(f"there is no {path.relative_to(ROOT)}: run `make {path.relative_to(ROOT)}`")
    return path


def pytest_collection_finish() -> None:
    """Look for garbage rarely, and not in the modules: that was a tenth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


# They run all of the guard again, or programs, or none of it; what they reach is measured where single cases reach it.
_NOT_MEASURED = (
    "test_botocore_data",
    "test_bypasses.py",
    "test_bypasses_beyond_names",
    "test_bypasses_places",
    "test_demo",
    "test_deploy",
    "test_every_",
    "test_golden",
    "test_moto_support",
    "test_package.py",
    "test_plain_opa",
    "test_shipped_model",
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    """Measure no coverage in properties and in whole runs: with it they take two thirds longer.

    pytest-cov's marker does nothing in xdist's workers: they start coverage twice, and one goes on when the other pauses.
    """
    is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    if not (is_property or item.path.name.startswith(_NOT_MEASURED)):
        return (yield)
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
