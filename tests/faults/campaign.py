"""All faults of the campaign."""

from __future__ import annotations

from tests.faults.aws_faults import AWS
from tests.faults.engine_faults import ENGINE, POLICY
from tests.faults.event_faults import EVENT
from tests.faults.fault import Fault
from tests.faults.host_faults import HOST

FAULTS: tuple[Fault, ...] = (*ENGINE, *POLICY, *AWS, *HOST, *EVENT)
