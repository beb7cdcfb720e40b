"""Bundles of the shipped policies with another configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import requests
import yaml

from guard.authoring.bundle import pack_bundle
from guard.authoring.config_check import configuration_problems
from guard.authoring.diagnostics import errors
from guard.authoring.opa import Opa
from guard.authoring.rules import Rule, read_rules
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import LOOPBACK, OpaProcess
from tests.support.policies import CONFIG, POLICIES, SHIPPED, copy_policies


@cache
def _shipped_rules(opa: Path) -> list[Rule]:
    rules, _ = read_rules(Opa(opa, SHIPPED), POLICIES)
    return rules


def configured_bundle(
    folder: Path, opa: Path, *, rules: Mapping[str, Mapping[str, Any]], exemptions: Sequence[Mapping[str, Any]] = ()
) -> Path:
    """Build the shipped bundle with these parameters of rules, and these exemptions in place of the shipped ones.

    Only the configuration is checked, since `make bundle` has checked the rules.
    """
    copied = copy_policies(folder, opa)
    config = yaml.safe_load((folder / CONFIG).read_text())
    for rule, parameters in rules.items():
        config["rules"][rule] |= parameters
    config["exemptions"] = list(exemptions)
    (folder / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))
    problems = errors(configuration_problems(copied, POLICIES, _shipped_rules(opa), date(2026, 11, 23)))
    if problems:
        raise ValueError("\n".join(map(str, problems)))
    packed = pack_bundle(copied, POLICIES, Path("bundle.tar.gz"))
    if packed.code != 0:
        raise ValueError(packed.output)
    return folder / "bundle.tar.gz"


@contextmanager
def asked(opa: Path, bundle: Path) -> Iterator[Callable[..., Any]]:
    """Yield a function that queries a bundle or policies folder: the value at a path for an input, or None if undefined."""
    process = OpaProcess(opa, bundle)
    with EmbeddedOpa(lambda: process, timeout=10, start_timeout=20) as engine, requests.Session() as session:
        engine.wait_until_ready()
        session.trust_env = False

        def ask(path: str, given: object = None) -> Any:
            url = f"http://{LOOPBACK}:{process.port}/v1/data/{path}"
            answer = session.post(url, json={"input": given}, timeout=10)
            answer.raise_for_status()
            return answer.json().get("result")

        yield ask
