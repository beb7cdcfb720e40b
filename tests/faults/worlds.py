"""A world's changes of the function: another OPA, other policies, other variables."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.faults.fault import World
from tests.support.policies import CONFIG, POLICIES, SHIPPED

_HEAD = 'package guard.rules.{name}\n\nremediation := "none"\n\n'
ERRS = _HEAD + 'findings contains {{"message": "x"}} if to_number(input.job.name) > 1\n'
CONFLICTS = _HEAD + 'findings := {{"a"}} if input.job.name\n\nfindings := {{"b"}} if input.job.arn\n'
# 10^9 combinations: minutes of work, until the decision's timeout of two seconds.
SLOW = (
    _HEAD
    + 'findings contains {{"message": "x"}} if {{\n'
    + "\tsome a in numbers.range(1, 1000)\n\tsome b in numbers.range(1, 1000)\n\tsome c in numbers.range(1, 1000)\n"
    + "\ta + b + c < 0\n}}\n"
)
UNDEFINED = _HEAD + 'findings := {{{{"message": "x"}}}} if input.job.name == "nobody"\n'
SPEECHLESS = _HEAD + 'findings contains {{"details": {{}}}} if input.job.name\n'
QUIET = _HEAD + 'findings contains {{"message": "x"}} if input.job.name == "nobody"\n'

Change = Callable[[Path], None]


def _rule(source: str, name: str = "broken", level: Any = "warn") -> Change:
    """Add a rule to the shipped ones without checking it."""

    def change(folder: Path) -> None:
        target = folder / POLICIES / "guard" / "rules" / name
        target.mkdir()
        (target / f"{name}.rego").write_text(source.format(name=name))
        _configure(folder, name, level)

    return change


def _configure(folder: Path, rule: str, level: Any) -> None:
    config = yaml.safe_load((folder / CONFIG).read_text())
    config["rules"].setdefault(rule, {})["level"] = level
    (folder / CONFIG).write_text(yaml.safe_dump(config))


def _broken_list(folder: Path) -> None:
    """Make the deny list's rule fail."""
    rule = folder / POLICIES / "guard" / "rules" / "denied_image" / "denied_image.rego"
    rule.write_text(rule.read_text() + '\nfindings contains {"message": "x"} if to_number(input.job.name) > 1\n')


def _all_but_the_list_fail(folder: Path) -> None:
    for rule in (folder / POLICIES / "guard" / "rules").iterdir():
        if rule.name != "denied_image":
            (rule / f"{rule.name}.rego").write_text(ERRS.format(name=rule.name))
            _configure(folder, rule.name, "deny")


def _main(pattern: str, replacement: str, more: str = "") -> Change:
    """Change the entrypoints in main.rego."""

    def change(folder: Path) -> None:
        main = folder / POLICIES / "guard" / "main" / "main.rego"
        source, replaced = re.subn(pattern, replacement, main.read_text(), flags=re.MULTILINE)
        assert replaced, f"{pattern} isn't in main.rego: change it in worlds.py"
        main.write_text(source + more)

    return change


def _nothing(folder: Path) -> None:
    shutil.rmtree(folder / POLICIES / "guard" / "main")


CHANGES: dict[str, Change] = {
    "a rule errs at warn": _rule(ERRS),
    "a rule errs at deny": _rule(ERRS, level="deny"),
    "a rule has conflicting values": _rule(CONFLICTS),
    # First of the other rules, so that it has the smallest share of the remaining time.
    "a rule is slow": _rule(SLOW, name="a_slow_one"),
    "a rule is undefined": _rule(UNDEFINED),
    "a finding has no message": _rule(SPEECHLESS),
    "a level is misspelt": _rule(QUIET, level="denny"),
    "the deny list errs": _broken_list,
    "all rules but the deny list err": _all_but_the_list_fail,
    "the decision is undefined": _main(r"^decision :=", "decision_elsewhere :="),
    "the decision is not one": _main(
        r"^decision :=",
        "decision_elsewhere :=",
        '\ndecision := object.union(decision_elsewhere, {"decision": "maybe"})\n',
    ),
    "no rule ids": _main(r"^(decision|rule_ids) :=", r"\1_elsewhere :="),
    "another schema": _main(r"^schema_version := .*$", "schema_version := 2"),
    "no entrypoint": _nothing,
}


def variables(world: World, extra: Path, places: Mapping[str, Path], elsewhere: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables of the world; write the files that they name to `extra`, the function's places["extra"].

    `elsewhere` has URLs that the variables can also refer to.
    """
    found = {name: value.format(**places, **elsewhere) for name, value in world.variables}
    if world.opa:
        script = f"#!/bin/sh\nOPA={places['task']}/bin/opa\n{world.opa}\n"
        name = "opa-" + hashlib.sha256(script.encode()).hexdigest()[:8]
        (extra / name).write_text(script)
        (extra / name).chmod(0o755)
        found["GUARD_OPA_PATH"] = str(places["extra"] / name)
    if world.policies:
        found["GUARD_BUNDLE_PATH"] = str(places["extra"] / _changed(extra, world.policies) / POLICIES)
    return found


def _changed(extra: Path, name: str) -> str:
    """Return the name of the folder with the changed policies; create it if it doesn't exist."""
    folder = extra / name.replace(" ", "-")
    if not folder.exists():
        shutil.copytree(SHIPPED / POLICIES, folder / POLICIES)
        CHANGES[name](folder)
    return folder.name
