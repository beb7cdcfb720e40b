"""`make bundle`: check the policies and build the bundle that ships."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import date
from pathlib import Path
from typing import TextIO

from guard.authoring.compiled import copy_compiled
from guard.authoring.config_check import check_config
from guard.authoring.diagnostics import errors
from guard.authoring.opa import LIMITS, TESTS, Opa, RunResult
from guard.authoring.trial.run import trial_problems
from guard.authoring.types_check import check_types


def build_bundle(opa: Opa, policies: Path, target: Path, today: date, out: TextIO) -> bool:
    """Build the bundle; if there are problems, print them, leave no file and return False."""
    (opa.folder / target).unlink(missing_ok=True)
    problems = check_config(opa, policies, today)
    out.writelines(f"{problem}\n" for problem in problems)
    if errors(problems):
        return False
    failures = check_types(opa, policies) or trial_problems(opa, policies)
    out.writelines(f"{failure}\n" for failure in failures)
    if failures:
        return False
    ran = pack_bundle(opa, policies, target)
    if ran.code != 0:
        out.write(ran.output + "\n")
        return False
    size = (opa.folder / target).stat().st_size
    out.write(f"{target}: revision {revision(opa.folder / policies)}, {size:,} bytes\n")
    return True


def pack_bundle(opa: Opa, policies: Path, target: Path) -> RunResult:
    """Pack checked policies with the precomputed plan of their configuration; return the result of `opa build`."""
    # Without --optimize, which copies the deny list into the rules: decisions would take ten times longer.
    name = revision(opa.folder / policies)
    options = ("--ignore", TESTS, *LIMITS, "--revision", name, "--output", (opa.folder / target).resolve())
    with tempfile.TemporaryDirectory() as folder:
        return copy_compiled(opa, policies, Path(folder)).run("build", "--bundle", policies, *options)


def revision(policies: Path) -> str:
    """Return a hash of the bundle's sources as the name of its content."""
    digest = hashlib.sha256()
    for file in sources(policies):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(policies)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def sources(policies: Path) -> list[Path]:
    """Return the bundle's source files, sorted."""
    data = {"data.yaml", "data.yml", "data.json"}
    files = (file for file in (policies / "guard").rglob("*") if file.suffix == ".rego" or file.name in data)
    return sorted([policies / ".manifest", *(file for file in files if not file.match(TESTS))])
