"""Play each fault with a job that the policies deny, and with a job that they allow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.campaign import FAULTS
from tests.faults.conftest import ROWS
from tests.faults.fault import Fault
from tests.faults.report import row
from tests.faults.scene import Stage, play
from tests.faults.verdict import problems

SHOWN = 400


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.area}: {fault.id}")
def test_a_denied_job_is_stopped_and_nothing_is_lost(fault: Fault, stage: Stage, record_property: Any) -> None:
    if not stage.sandboxed and (fault.sandboxed or fault.world.tmp != "rw"):
        pytest.skip("needs a sandbox with a separate user and /tmp")
    played = play(stage, fault)
    found = problems(played)
    if fault.spares:
        found += problems(play(stage, fault, denied=False))
    record_property(ROWS, row(played, found))
    assert not found, "\n".join([*found, *(line[:SHOWN] for line in played.lines[-30:])])
