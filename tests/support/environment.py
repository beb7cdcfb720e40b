"""The environment that every test has, whatever that of the machine is."""

from __future__ import annotations

import os

import pytest

_PREFIXES = ("AWS_", "GUARD_", "POWERTOOLS_", "OPA_")
# What an outer `make` hands down, and what a user of `make deploy` may have set.
_OF_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "STACK", "MODE", "ARCH", "EXTRA", "PARAMETERS"}


def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out what would change what a test does, and give it the credentials of nobody."""
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name in _OF_MAKE or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    # A user's own region, endpoint or retries would come from there.
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
