"""Which rooms may touch what: AWS in guard/aws and the entry points, OPA in guard/opa; everything between is pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
EFFECTS = {
    "aiohttp",
    "asyncio",
    "boto3",
    "botocore",
    "http.client",
    "opa_client",
    "requests",
    "socket",
    "subprocess",
    "urllib3",
    "urllib.request",
}
PURE = [
    "guard.decision",
    "guard.denylist.deployment",
    "guard.denylist.entries",
    "guard.document",
    "guard.errors",
    "guard.extract",
    "guard.images",
    "guard.jobs",
    "guard.log.line",
    "guard.log.sinks",
    "guard.normalize",
    "guard.record",
    "guard.refs",
    "guard.resources",
    "guard.sources.cloudtrail",
    "guard.sources.events",
    "guard.times",
]
# Modules that pydantic itself loads are not ours to choose.
BASELINE = "import sys, pydantic, pydantic_settings, typing, uuid; before = set(sys.modules)"


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_imports_no_boto_no_http_and_no_process(module: str) -> None:
    program = f"{BASELINE}; import {module}; print(*(set(sys.modules) - before))"
    printed = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert module in printed
    found = sorted(EFFECTS & set(printed))
    assert not found, (
        f"{module} must stay pure, but imports {', '.join(found)}: move what needs it to guard/aws or guard/opa"
    )


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }


@pytest.mark.parametrize("folder", ["guard", "lambda_entry", "examples"])
def test_nothing_that_ships_imports_from_the_tests(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in _imported(path)
        if name.split(".")[0] == "tests"
    ]
    assert not found, f"move what these import to tools/ or guard/: {found}"


@pytest.mark.parametrize("path", sorted((ROOT / "guard").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_aws_is_touched_in_its_own_rooms_only(path: Path) -> None:
    room = path.relative_to(ROOT / "guard").parts[0]
    found = sorted(name for name in _imported(path) if name.split(".")[0] in {"boto3", "botocore"})
    assert room in {"aws", "log", "cli"} or not found, f"{path.name} imports {found}: move the call to guard/aws"
