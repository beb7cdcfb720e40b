"""The environment that every test has, whatever that of the machine is."""

from __future__ import annotations

import os

import pytest


def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out what would change what a test does, and give it the credentials of nobody."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "GUARD_", "POWERTOOLS_", "OPA_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
