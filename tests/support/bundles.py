"""Bundles of the shipped policies with another configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from guard.authoring.bundle import pack_bundle
from guard.authoring.config_check import check_config
from guard.authoring.diagnostics import errors
from tests.support.policies import CONFIG, POLICIES, copy_policies


def configured_bundle(
    folder: Path, opa: Path, *, rules: Mapping[str, Mapping[str, Any]], exemptions: Sequence[Mapping[str, Any]] = ()
) -> Path:
    """Build the bundle that ships, with these parameters of rules and these exemptions in place of its own.

    The rules are those that `make bundle` tried; only the configuration is checked again.
    """
    copied = copy_policies(folder, opa)
    config = yaml.safe_load((folder / CONFIG).read_text())
    for rule, parameters in rules.items():
        config["rules"][rule] |= parameters
    config["exemptions"] = list(exemptions)
    (folder / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))
    problems = errors(check_config(copied, POLICIES, date(2026, 11, 23)))
    if problems:
        raise ValueError("\n".join(map(str, problems)))
    packed = pack_bundle(copied, POLICIES, Path("bundle.tar.gz"))
    if packed.code != 0:
        raise ValueError(packed.said)
    return folder / "bundle.tar.gz"
