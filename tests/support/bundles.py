"""Bundles of the shipped policies with another configuration."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from guard.authoring.bundle import build_bundle
from tests.support.policies import CONFIG, POLICIES, copy_policies


def configured_bundle(
    folder: Path, opa: Path, *, rules: Mapping[str, Mapping[str, Any]], exemptions: Sequence[Mapping[str, Any]] = ()
) -> Path:
    """Build the bundle that ships, with these parameters of rules and these exemptions in place of its own."""
    copied = copy_policies(folder, opa)
    config = yaml.safe_load((folder / CONFIG).read_text())
    for rule, parameters in rules.items():
        config["rules"][rule] |= parameters
    config["exemptions"] = list(exemptions)
    (folder / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))
    said = io.StringIO()
    if not build_bundle(copied, POLICIES, Path("bundle.tar.gz"), date(2026, 11, 23), said):
        raise ValueError(said.getvalue())
    return folder / "bundle.tar.gz"
