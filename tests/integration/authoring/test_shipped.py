"""What ships passes every check, with the whole trial and the real Regal."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from guard.authoring.__main__ import main
from tests.support.policies import ROOT


def test_check_finds_nothing_in_what_ships(opa: Path, regal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    out = io.StringIO()
    code = main(["--opa", str(opa), "check", "--regal", str(regal)], out)
    printed = out.getvalue()
    assert code == 0, printed
    steps = re.findall(r"^(\S.*?) +ok +[\d.]+ s$", printed, re.MULTILINE)
    assert steps == ["types", "config", "trial", "format", "style", "generated"]
