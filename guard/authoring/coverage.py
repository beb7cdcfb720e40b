"""`make test-policies`: run the policies' own tests, and check that they cover every expression."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from guard.authoring.failing_tests import explain_failures
from guard.authoring.opa import FLAGS, Opa
from guard.authoring.quick_copy import quick_copy
from guard.authoring.sources import source_problems
from guard.authoring.types_check import check_types

# OPA's default of five seconds for a test is too short for coverage on a busy machine.
_TIME = "60s"
_FAILED = re.compile(r"^(data\.[\w.]+): (?:FAIL|ERROR)", re.MULTILINE)


@dataclass(frozen=True)
class Gap:
    """Consecutive rows of a file that no test covers."""

    file: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.file}:{self.first}" + (f"-{self.last}" if self.last > self.first else "")


def run_tests(opa: Opa, policies: Path, out: TextIO) -> bool:
    """Run all tests of a bundle folder; return True if all pass and cover everything."""
    with quick_copy(opa, policies) as copied:
        return _run_tests(copied, policies, out)


def _run_tests(opa: Opa, policies: Path, out: TextIO) -> bool:
    # By default OPA runs each test twice more to explain uncovered rows; --coverage-runs turns this off.
    options = ("--coverage", "--coverage-runs", "", "--timeout", _TIME, "--format", "json")
    tests = opa.run("test", "--bundle", policies, *FLAGS, *options)
    if tests.code != 0:
        # The last one is for skipped tests: they fail the run as well, and only the plain report names them.
        reasons = _failures(opa, policies, tests.out) or _uncompiled(opa, policies) or opa.run_tests(policies).output
        out.write(f"{reasons}\n")
        return False
    strict = opa.run_tests_strictly(policies)
    if strict.code != 0:
        out.write(f"{strict.output}\n")
        return False
    report, passed = json.loads(tests.out), _count(json.loads(strict.out))
    gaps = find_gaps(report, policies)
    out.writelines(f"{gap}: not covered by tests; add a test, or remove unneeded code\n" for gap in gaps)
    out.write(f"tests passed: {passed}, coverage of the policies: {report['coverage']:.4g}%\n")
    return passed > 0 and not gaps


def _count(packages: list[dict[str, Any]]) -> int:
    """Count the tests in packages whose tests all pass; a test with named cases counts once for each case."""
    return sum(_cases(value) for package in packages for name, value in package.items() if name.startswith("test_"))


def _cases(value: Any) -> int:
    return sum(map(_cases, value.values())) if isinstance(value, dict) else 1


def _failures(opa: Opa, policies: Path, report: str) -> str:
    """Explain the failing tests: run only these again with traces, as traces of all tests would take minutes."""
    failed = sorted(set(_FAILED.findall(report)))
    if not failed:
        # The policies don't compile, or a built-in fails without failing a test.
        return ""
    chosen = "|".join(f"^{re.escape(name)}$" for name in failed)
    options = ("--timeout", _TIME, "--format", "json", "--explain", "fails", "--run", chosen)
    ran = opa.run("test", "--bundle", policies, *FLAGS, *options)
    try:
        return "\n".join(explain_failures(json.loads(ran.out), opa.folder))
    except ValueError:
        # OPA printed no JSON: the policies don't compile, and no test has run.
        return ""


def _uncompiled(opa: Opa, policies: Path) -> str:
    """Return the problems that keep the tests from running, as `make check` reports them."""
    return "\n".join(map(str, source_problems(opa.folder, policies) or check_types(opa, policies)))


def find_gaps(report: dict[str, Any], policies: Path) -> list[Gap]:
    """Return the uncovered rows of OPA's coverage report in order, with adjacent rows merged."""
    rows: dict[str, set[int]] = {}
    for name, covered in report["files"].items():
        # For a file without any covered row, OPA repeats the bundle's folder in the path.
        file = name.removeprefix(f"{policies}/") if name.startswith(f"{policies}/{policies}/") else name
        for span in covered.get("not_covered", []):
            rows.setdefault(file, set()).update(range(span["start"]["row"], span["end"]["row"] + 1))
    return [Gap(file, first, last) for file in sorted(rows) for first, last in _runs(sorted(rows[file]))]


def _runs(rows: list[int]) -> Iterator[tuple[int, int]]:
    first = last = rows[0]
    for row in rows[1:]:
        if row > last + 1:
            yield first, last
            first = row
        last = row
    yield first, last
