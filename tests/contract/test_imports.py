"""Only some modules may have side effects; all others are pure, and take clients and engines as arguments."""

from __future__ import annotations

import ast
import re
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
# Packages for AWS, OPA and the command line, the modules that join them, and sinks that use more of the SDK than a client.
WITH_EFFECTS = (
    "guard.authoring",
    "guard.aws",
    "guard.cli",
    "guard.log.metrics",
    "guard.notices.channels",
    "guard.notices.deliver",
    "guard.opa",
    "guard.operations",
    "guard.pipeline",
    "guard.sweep.state",
    "guard.sweep.position",
    "guard.sweep.run",
)


def _modules() -> list[str]:
    files = [path.relative_to(ROOT).with_suffix("") for path in sorted((ROOT / "guard").rglob("*.py"))]
    return [".".join(path.parts).removesuffix(".__init__") for path in files]


PURE = [module for module in _modules() if not f"{module}.".startswith(tuple(f"{each}." for each in WITH_EFFECTS))]
# Modules that pydantic itself loads are not counted.
BASELINE = "import sys, pydantic, typing, uuid; pydantic.create_model('Model'); before = set(sys.modules)"


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """Return the modules that each pure module loads, in its own fork of a process that has loaded the baseline."""
    program = f"""
import importlib, os
{BASELINE}
for module in {PURE!r}:
    if os.fork() == 0:
        importlib.import_module(module)
        print(module, *(set(sys.modules) - before), flush=True)
        os._exit(0)
    os.wait()
"""
    command = [sys.executable, "-c", program]
    printed = subprocess.run(
        command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in printed.stdout.splitlines()]
    return {module: modules for module, *modules in rows}


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_imports_no_boto_no_http_and_no_process(loaded: dict[str, list[str]], module: str) -> None:
    printed = loaded[module]
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


# Includes programs run as `-m tests.support...`, and imports and commands shown in the docs.
_TESTS_MODULE = re.compile(r"(?:\bfrom|\bimport|-m)\s+tests\b|[\"']tests\.\w")
_OUTSIDE_TESTS = [
    "guard",
    "lambda_entry",
    "examples",
    "benchmarks",
    "tools",
    "docs",
    "policies",
    "README.md",
    "Makefile",
]


def _uses_of_tests(path: Path) -> list[str]:
    lines = path.read_text(errors="replace").splitlines()
    return [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if _TESTS_MODULE.search(line)]


@pytest.mark.parametrize("folder", _OUTSIDE_TESTS)
def test_only_tests_use_code_of_the_tests(folder: str) -> None:
    start = ROOT / folder
    paths = [start] if start.is_file() else sorted(path for path in start.rglob("*") if path.is_file())
    read = [path for path in paths if path.suffix != ".pyc"]
    assert read, f"{folder} no longer exists: correct _OUTSIDE_TESTS in {Path(__file__).name}"
    found = [f"{path.relative_to(ROOT)}:{use}" for path in read for use in _uses_of_tests(path)]
    assert not found, f"move the code used here from tests/ to tools/ or guard/authoring/samples: {found}"


@pytest.mark.parametrize(
    "line",
    [
        "from tests.support.jobs import client",
        "    from tests import support",
        "import tests.support.jobs",
        'command = [sys.executable, "-m", "tests.support.sagemaker_moto"]',
        "python -m tests.support.sagemaker_moto --port 0",
        'importlib.import_module("tests.support.jobs")',
    ],
)
def test_a_use_of_code_of_the_tests_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "used.py").write_text(f"import sys\n{line}\n")
    assert _uses_of_tests(tmp_path / "used.py") == [f"2: {line.strip()}"]


@pytest.mark.parametrize("line", ["from guard.authoring.opa import Opa", '_RECORDED = "tests/golden/schema-*/*.json"',
                                  "if tests.code != 0:", "# from these tests we learned"])  # fmt: skip
def test_a_mention_of_tests_is_not_a_use(tmp_path: Path, line: str) -> None:
    (tmp_path / "mentions.py").write_text(f"{line}\n")
    assert _uses_of_tests(tmp_path / "mentions.py") == []


@pytest.mark.parametrize("path", sorted((ROOT / "guard").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_some_packages_import_the_aws_sdk(path: Path) -> None:
    folder = path.relative_to(ROOT / "guard").parts[0]
    found = sorted(name for name in _imported(path) if name.split(".")[0] in {"boto3", "botocore"})
    assert folder in {"aws", "log", "cli"} or not found, f"{path.name} imports {found}: move the call to guard/aws"
