"""`make demo`: it tells what became of the jobs, and fails when that isn't what was decided."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SWEPT = "8 running jobs listed, 8 judged: 3 not_denied, 3 stopped, 2 withheld"
REDRIVEN = "dead letters  none"
STOPPED = {"enforce": "stopped", "audit": "audited"}


@pytest.mark.parametrize(
    ("mode", "code", "closing", "lines"),
    [
        # A job that is stopped has a line before the stop and one after it; the last one is that of the dead letter.
        ("enforce", 0, "6 denied jobs were stopped; 0 jobs are not in the state that was decided.", 18),
        ("audit", 1, "0 denied jobs were stopped; 6 jobs are not in the state that was decided.", 11),
    ],
)
def test_the_demo_asks_sagemaker_what_became_of_its_jobs(
    opa: Path, bundle: Path, tmp_path: Path, mode: str, code: int, closing: str, lines: int
) -> None:
    command = [sys.executable, "-m", "examples.demo", "--opa", opa, "--bundle", bundle]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GUARD_MODE": mode, "COLUMNS": "80"}
    shown = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (shown.returncode, closing in shown.stdout) == (code, True), shown.stderr
    for told in (SWEPT, REDRIVEN) if mode == "enforce" else ():
        assert told in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    log = (tmp_path / "build" / "demo-decisions.jsonl").read_text()
    assert log.count('"message":"decision"') + log.count('"message":"no decision"') == lines
    assert "guard:rules: denied_image" in shown.stdout
    assert "Why, and what to do:" in shown.stdout
    assert f'"decision": "deny", "outcome": "{STOPPED[mode]}"' in shown.stdout
