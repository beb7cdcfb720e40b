"""The environment of every test, independent of the machine's."""

from __future__ import annotations

import os

import pytest

_PREFIXES = ("AWS_", "GUARD_", "POWERTOOLS_", "OPA_")
# Variables that an outer `make` passes on, and those that a user of `make deploy` may have set.
_OF_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "STACK", "MODE", "ARCH", "EXTRA", "PARAMETERS"}


def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove variables that would change a test's behavior, and set invalid credentials."""
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name in _OF_MAKE or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    # The files could set another region, endpoint or number of retries.
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
