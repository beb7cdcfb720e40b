"""`make demo`: it tells what became of the jobs, and fails when that isn't what was decided."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from examples.demo import operations
from guard.authoring.bundle import pack_bundle
from guard.operations.redrive import Count
from tests.conftest import ROOT
from tests.support.policies import CONFIG, POLICIES, few_policies

SWEPT = "8 running jobs listed, 8 judged: 3 not_denied, 3 stopped, 2 withheld"
REDRIVEN = "dead letters  none"
STOPPED = {"enforce": "stopped", "audit": "audited"}


@pytest.mark.parametrize(
    ("mode", "code", "closing", "lines"),
    [
        # A job that is stopped has a line before the stop and one after it; the last one is that of the dead letter.
        ("enforce", 0, "6 denied jobs were stopped; the states of 0 jobs differ from the decision.", 18),
        ("audit", 1, "0 denied jobs were stopped; the states of 6 jobs differ from the decision.", 11),
    ],
)
def test_the_demo_compares_the_jobs_states_with_the_decisions(
    opa: Path, bundle: Path, tmp_path: Path, mode: str, code: int, closing: str, lines: int
) -> None:
    shown = _demo(opa, bundle, tmp_path, mode)
    assert (shown.returncode, closing in shown.stdout) == (code, True), shown.stderr
    for text in (SWEPT, REDRIVEN) if mode == "enforce" else ():
        assert text in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    log = (tmp_path / "build" / "demo-decisions.jsonl").read_text()
    assert log.count('"message":"decision"') + log.count('"message":"no decision"') == lines
    assert "guard:rules: denied_image" in shown.stdout
    assert "Why, and what to do:" in shown.stdout
    assert f'"decision": "deny", "outcome": "{STOPPED[mode]}"' in shown.stdout


def test_the_demo_runs_with_the_exemption_of_the_readme(opa: Path, tmp_path: Path) -> None:
    (exemptions,) = re.findall(
        r"^```yaml\n(exemptions:\n.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    tree = few_policies(tmp_path, opa, ("denied_image", "unresolved_image"))
    config = tmp_path / CONFIG
    config.write_text(
        config.read_text().replace("exemptions: []\n", re.sub("expires: .*", 'expires: "2199-12-31"', exemptions))
    )
    assert pack_bundle(tree, POLICIES, Path("bundle.tar.gz")).code == 0
    shown = _demo(opa, tmp_path / "bundle.tar.gz", tmp_path, "enforce")
    assert shown.returncode == 0, shown.stderr
    assert "(exempted by EX-1)" in " ".join(shown.stdout.split())
    assert "15 running jobs listed, 15 judged: 15 not_denied" in shown.stdout
    assert "0 denied jobs were stopped; the states of 0 jobs differ from the decision." in shown.stdout
    assert "These policies deny none of the running jobs" in shown.stdout


@pytest.mark.parametrize(
    ("outcomes", "running", "wrong"),
    [
        pytest.param(["stopped"] * 3 + ["withheld"] * 2, [3, 4], 0, id="three stopped"),
        pytest.param(["not_denied"] * 5, [0, 1, 2, 3, 4], 0, id="none denied"),
        pytest.param(["stopped"] * 5, [], 2, id="no breaker"),
        pytest.param(["withheld"] * 5, [0, 1, 2, 3, 4], 3, id="none stopped"),
        pytest.param(["stopped"] * 3 + ["withheld"] * 2, [0, 3, 4], 1, id="one that runs on"),
    ],
)
def test_the_demo_counts_jobs_whose_state_contradicts_breaker_or_outcome(
    outcomes: list[str], running: list[int], wrong: int
) -> None:
    named = {f"one-too-many-{number}": outcome for number, outcome in enumerate(outcomes)}
    states = {name: "InProgress" if number in running else "Stopped" for number, name in enumerate(named)}
    report = {"listed": 5, "judged": 5, "outcomes": {}}
    assert operations.show(operations.Shown(report, report, [], Count(0, 0), [], named, states)) == wrong


def _demo(opa: Path, bundle: Path, folder: Path, mode: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "examples.demo", "--opa", opa, "--bundle", bundle]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GUARD_MODE": mode, "COLUMNS": "80"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
