"""The authoring commands on copies of the policies, and the changes that tests make there."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from guard.authoring.check import check_policies
from guard.authoring.coverage import run_tests
from guard.authoring.opa import Opa
from tests.support.policies import POLICIES

TODAY = date(2026, 11, 23)
TARGET = Path("bundle.tar.gz")
RULES = POLICIES / "guard" / "rules"
RUNTIME = RULES / "max_runtime" / "max_runtime.rego"
RUNTIME_TEST = RULES / "max_runtime" / "max_runtime_test.rego"
SECONDS = re.compile(r"(?<= )seconds: \d+")
FIRST_IMAGE = re.compile(r"(?<=\n    images:\n)")
EXEMPTIONS = re.compile(r"(?<=\n)exemptions:(?: \[\])?(?=\n)")

Change = Callable[[Path, str | re.Pattern[str], str], None]
"""Replaces a text that occurs once in a file of the copy."""


def checked(tree: Opa, regal: Path, *, style_fails: bool = True) -> tuple[bool, dict[str, str], str]:
    """Return whether the check passes, the verdict of each step, and the whole output."""
    out = io.StringIO()
    well = check_policies(tree, regal, POLICIES, TODAY, out, style_fails=style_fails)
    verdicts = dict(re.findall(r"^(\S.*?) +(ok|noted|FAILED) +[\d.]+ s$", out.getvalue(), re.MULTILINE))
    return well, verdicts, out.getvalue()


def outcome_of_tests(tree: Opa) -> tuple[bool, str]:
    """Return whether all tests pass with full coverage, and the whole output."""
    out = io.StringIO()
    return run_tests(tree, POLICIES, out), out.getvalue()
