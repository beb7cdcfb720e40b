"""Files agree: generated files are up to date, versions equal, requirements locked and without an index."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from guard.opa.binary import OPA_VERSION
from tools.tables import rendered

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("tool", ["schema", "tables"])
def test_files_generated_from_python_are_up_to_date(tool: str) -> None:
    command = [sys.executable, ROOT / "tools" / f"{tool}.py", "--check"]
    checked = subprocess.run(
        command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("file", "fresh", "stale"),
    [
        ("README.md", "| `StopTrainingJob` |", "| `KillTrainingJob` |"),
        ("docs/policies.md", "| a regular expression that OPA can read |", "| any text |"),
    ],
)
def test_a_stale_table_is_detected(file: str, fresh: str, stale: str) -> None:
    text = (ROOT / file).read_text()
    assert fresh in text
    assert rendered(Path(file), text.replace(fresh, stale)) == text


def _pinned(tool: str, module: str) -> str:
    found = re.search(rf"^\s*{re.escape(module)} (v\S+)", (ROOT / "tools" / tool / "go.mod").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("tool", "module", "variable"),
    [
        ("opa", "github.com/open-policy-agent/opa", "OPA_VERSION"),
        ("regal", "github.com/open-policy-agent/regal", "REGAL_VERSION"),
    ],
    ids=["opa", "regal"],
)
def test_the_makefile_and_the_go_module_pin_the_same_version(tool: str, module: str, variable: str) -> None:
    made = re.search(rf"^{variable}\s*:=\s*(\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert made is not None
    assert made[1] == _pinned(tool, module)


def test_the_command_line_looks_for_the_pinned_opa() -> None:
    assert f"v{OPA_VERSION}" == _pinned("opa", "github.com/open-policy-agent/opa")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_requirement_is_pinned_with_hashes(lock: Path) -> None:
    requirements = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", lock.read_text(), flags=re.MULTILINE).strip())
    loose = [text.split()[0] for text in requirements if "==" not in text or "--hash=sha256:" not in text]
    assert len(requirements) > 20
    assert not loose, f"run `make lock`: {lock.name} has these without a version or a hash: {loose}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_no_requirement_names_an_index(lock: Path) -> None:
    found = re.findall(r"index-url|find-links|trusted-host|https?://", lock.read_text())
    assert not found, f"run `make lock`, which leaves these out of {lock.name}: {found}"


def test_tests_use_the_pinned_versions_of_the_lambda() -> None:
    shipped, tested = (
        dict(re.findall(r"^([a-zA-Z0-9._-]+)==(\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))
        for name in ("lambda.txt", "dev.txt")
    )
    differ = {name: version for name, version in shipped.items() if tested.get(name) != version}
    assert not differ, (
        f"run `make lock`: requirements/dev.txt lacks these versions of requirements/lambda.txt: {differ}"
    )


def test_the_tables_for_mutation_name_existing_code_and_tests() -> None:
    folder = ROOT / "tools" / "python_mutation"
    equivalent = yaml.safe_load((folder / "equivalent.yaml").read_text())
    lines = {
        file: {line.strip() for line in (ROOT / file).read_text().splitlines()}
        for file in {one["file"] for one in equivalent}
    }
    gone = [f"{one['file']}: {one['line']}" for one in equivalent if one["line"] not in lines[one["file"]]]
    assert gone == [], "correct or remove these lines in tools/python_mutation/equivalent.yaml"
    tests = yaml.safe_load((folder / "which_tests.yaml").read_text())
    named = {*tests, *(name.partition("::")[0] for names in tests.values() for name in names)}
    assert sorted(name for name in named if not (ROOT / name).exists()) == [], (
        "correct these paths in tools/python_mutation/which_tests.yaml"
    )
