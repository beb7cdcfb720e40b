"""All faults of the campaign."""

from __future__ import annotations

from tests.faults.aws_faults import AWS
from tests.faults.engine_faults import ENGINE, POLICY
from tests.faults.event_faults import EVENT
from tests.faults.fault import Fault
from tests.faults.host_faults import HOST
from tests.faults.opa_faults import REMOTE_OPA
from tests.faults.sink_faults import NOTICES, RECORDS, REDRIVE
from tests.faults.sweep_faults import SWEEP

FAULTS: tuple[Fault, ...] = (*ENGINE, *POLICY, *AWS, *HOST, *EVENT, *SWEEP, *NOTICES, *RECORDS, *REDRIVE, *REMOTE_OPA)
