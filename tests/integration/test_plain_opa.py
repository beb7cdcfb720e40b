"""The README's section about OPA and Regal without `make`: each command runs, with the same result as `make`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest

from guard.document import Document
from guard.opa.engine import EmbeddedOpa
from tests.support.policies import POLICIES, ROOT, SHIPPED, copy_policies, few_policies
from tests.support.regal import pinned_regal

SECTION = (ROOT / "README.md").read_text().partition("\n## With plain OPA\n")[2].partition("\n## ")[0]
LINES = re.search(r"^```sh\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)[1].splitlines()
RECORDED = Path("tests/golden/schema-1")
BARE = [
    "opa test policies",
    "opa check policies",
    "opa build policies",
    "opa eval --fail -d policies data.guard.main.schema_version",
    "opa run policies",
    "regal lint policies",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, opa: Path) -> Path:
    """The files of a repository with two rules that the commands need, with the pinned tools on PATH."""
    made = tmp_path_factory.mktemp("few")
    few_policies(made, opa, ("denied_image", "max_runtime"))
    return _with_tools(made, opa)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, opa: Path) -> Path:
    """The files of this repository that the commands need."""
    made = tmp_path_factory.mktemp("whole")
    copy_policies(made, opa)
    return _with_tools(made, opa)


def _with_tools(made: Path, opa: Path) -> Path:
    shutil.copytree(ROOT / RECORDED, made / RECORDED)
    (made / "build").mkdir()
    (made / "bin").mkdir()
    (made / "bin" / "opa").symlink_to(opa)
    return made


def _run(folder: Path, line: str, given: str = "") -> subprocess.CompletedProcess[str]:
    if line.startswith("regal"):
        (folder / "bin" / "regal").unlink(missing_ok=True)
        (folder / "bin" / "regal").symlink_to(pinned_regal())
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    # With Go's defaults, garbage collection takes a third of these short runs.
    environment = {"GOGC": "off", "GOMEMLIMIT": "768MiB", **os.environ, "PATH": path}
    command = ["bash", "-c", line]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, input=given, check=False
    )


@pytest.fixture(scope="module")
def ran(folder: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Return the result of a command, which runs only once."""
    return cache(partial(_run, folder))


# Lines that differ only in their comments run once.
@pytest.mark.parametrize("line", sorted({line.partition("#")[0].strip() for line in (*LINES, *BARE)}))
def test_each_line_succeeds(ran: Callable[[str], subprocess.CompletedProcess[str]], line: str) -> None:
    done = ran(line)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_the_lines_are_for_opa_and_regal_only() -> None:
    assert {line.split()[0] for line in LINES} == {"opa", "regal"}


def _decisions(folder: Path, data: str) -> list[dict[str, object]]:
    documents = [json.loads(file.read_text())["document"] for file in sorted((folder / RECORDED).glob("*.json"))]
    query = "[decision | some document in input; decision := data.guard.main.decision with input as document]"
    ran = _run(folder, f"opa eval {data} --strict-builtin-errors --format raw -I '{query}'", json.dumps(documents))
    assert ran.returncode == 0, ran.stderr
    found: list[dict[str, object]] = json.loads(ran.stdout)
    assert len(found) == len(documents) > 10
    return found


def test_opas_decisions_with_the_folder_and_its_own_bundle_are_the_guards(
    whole: Path, shipped_engine: EmbeddedOpa
) -> None:
    assert _run(whole, "opa build policies --output build/other.tar.gz").returncode == 0
    recorded = [json.loads(file.read_text()) for file in sorted((whole / RECORDED).glob("*.json"))]
    guarded = [shipped_engine.evaluate(Document.model_validate(each["document"])) for each in recorded]
    expected = [each.decision.model_dump(mode="json") for each in guarded]
    assert _decisions(whole, "--data policies") == expected
    assert _decisions(whole, "--bundle build/other.tar.gz") == expected


def test_plain_opa_runs_the_same_policy_tests(ran: Callable[[str], subprocess.CompletedProcess[str]]) -> None:
    plain, limited = (
        re.findall(r"^PASS: (\d+)/(\d+)$", ran(f"opa test {how}").stdout, re.MULTILINE)
        for how in (POLICIES, f"--bundle {POLICIES} --schema schemas --capabilities capabilities.json")
    )
    assert plain == limited != []


def test_conftest_would_evaluate_nothing_as_the_readme_says() -> None:
    """Conftest only queries rules with these names."""
    assert "Don't use `conftest`" in SECTION
    named = re.compile(r"^(?:deny|violation|warn)(?:_[a-zA-Z0-9]+)*\b", re.MULTILINE)
    assert [file for file in (SHIPPED / POLICIES).rglob("*.rego") if named.search(file.read_text())] == []
