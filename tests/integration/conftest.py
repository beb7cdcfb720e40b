"""A simulated SageMaker for each test, and one real OPA with the built bundle for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from guard.aws.table import StateTable
from guard.document import DenyList
from guard.limits.permit import NO_LIMITS, Limits
from guard.log.sinks import DecisionLog, Sink
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from guard.pipeline import Guard, PolicyEngine
from guard.record import Record
from guard.sweep.run import Sweep
from tests.support.bundles import configured_bundle
from tests.support.cloudformation import rendered
from tests.support.jobs import ALLOWED, aws_client, client, training_request
from tests.support.shipped_model import shipped_client
from tests.support.sweeps import NOW
from tests.support.trial import short_trial
from tools.local_sagemaker import CONTROL, Control, install

LATER = NOW + timedelta(minutes=4)
"""When they are five minutes old."""
NOTHING_DENIED = DenyList(images={}, patterns=())


class MemorySink:
    """Stores records for a test to read: all that were written, and those with an outcome."""

    name = "memory"

    def __init__(self) -> None:
        self.written: list[Record] = []

    @property
    def records(self) -> list[Record]:
        return [record for record in self.written if record.outcome is not None]

    def write(self, record: Record) -> None:
        self.written.append(record)


@pytest.fixture(scope="session")
def shipped_engine(opa: Path, bundle: Path) -> Iterator[EmbeddedOpa]:
    """The engine with the bundle that ships."""
    with EmbeddedOpa(lambda: OpaProcess(opa, bundle), timeout=10, start_timeout=20) as engine:
        yield engine


@pytest.fixture(scope="session")
def engine_with(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., EmbeddedOpa]]:
    """Make engines whose bundle is built of the shipped policies and a changed configuration; the same for the same changes."""
    engines: dict[str, EmbeddedOpa] = {}

    def make(**changes: Any) -> EmbeddedOpa:
        key = json.dumps(changes, sort_keys=True)
        if key not in engines:
            bundle = configured_bundle(tmp_path_factory.mktemp("policies"), opa, **changes)
            engines[key] = EmbeddedOpa(lambda: OpaProcess(opa, bundle), timeout=10, start_timeout=20)
        return engines[key]

    yield make
    for engine in engines.values():
        engine.close()


@pytest.fixture(name="short_trial")
def _short_trial() -> Iterator[None]:
    """A shorter trial of policies, for where it isn't the question what the whole one finds."""
    with short_trial():
        yield


@pytest.fixture
def control() -> Iterator[Control]:
    """What a test may do to the simulated SageMaker."""
    CONTROL.reset()
    yield CONTROL
    CONTROL.reset()


@pytest.fixture(scope="session")
def shared_client() -> Any:
    """One client for all tests: reading the API model is most of a client's price."""
    return client(aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture(scope="session")
def guard_client() -> Any:
    """The guard's client, which knows what the deployment package knows; the tests' own creates jobs with the whole API."""
    return shipped_client(aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture
def sagemaker(control: Control, shared_client: Any) -> Iterator[Any]:
    """A client of a fresh simulated SageMaker; each call is tried once."""
    install()
    with mock_aws():
        yield shared_client


@pytest.fixture
def log() -> MemorySink:
    """An empty sink of the decision log."""
    return MemorySink()


@pytest.fixture
def table(sagemaker: Any) -> StateTable:
    """The table of the guard's state, as the template makes it."""
    client = aws_client("dynamodb")
    properties = rendered()["StateTable"]["Properties"]
    members = ("AttributeDefinitions", "KeySchema", "BillingMode")
    client.create_table(TableName="state", **{name: properties[name] for name in members})
    return StateTable(lambda: client, "state")


@pytest.fixture
def guard(sagemaker: Any, guard_client: Any, log: MemorySink, shipped_engine: EmbeddedOpa) -> Callable[..., Guard]:
    """Make guards over the simulated SageMaker and the shipped bundle."""

    def make(
        mode: Any = "enforce",
        engine: PolicyEngine = shipped_engine,
        deny_list: DenyList = NOTHING_DENIED,
        client: Any = guard_client,
        sinks: Sequence[Sink] = (),
        now: datetime = NOW,
        fallback_seconds: float = 20,
        limits: Limits = NO_LIMITS,
    ) -> Guard:
        return Guard(
            engine=engine,
            sagemaker=client,
            log=DecisionLog(log, *sinks),
            mode=mode,
            deny_list=deny_list,
            clock=lambda: now,
            fallback_seconds=fallback_seconds,
            limits=limits,
        )

    return make


@pytest.fixture
def notices() -> list[dict[str, Any]]:
    """The sweep's reports of undecided jobs."""
    return []


@pytest.fixture
def sweep(
    guard: Callable[..., Guard], table: StateTable, notices: list[dict[str, Any]], guard_client: Any
) -> Callable[..., Sweep]:
    """Make sweeps over the simulated SageMaker and one table."""

    def make(clock: Callable[[], datetime] = lambda: NOW, store: Any = table, **changes: Any) -> Sweep:
        fields = {name: changes.pop(name) for name in list(changes) if name in Sweep.__dataclass_fields__}
        made = Sweep(
            guard=replace(guard(**changes), clock=clock),
            client=guard_client,
            store=store,
            setup="setup",
            withheld_longest=timedelta(hours=1),
            undecided_after=timedelta(minutes=30),
            stop_undecided=False,
            notice=lambda message, facts: notices.append({"message": message, **facts}),
            clock=clock,
        )
        return replace(made, **fields)

    return make


@pytest.fixture
def train(sagemaker: Any) -> Callable[..., None]:
    """Create training jobs."""

    def create(*names: str, image: str = ALLOWED, **members: Any) -> None:
        for name in names:
            sagemaker.create_training_job(TrainingJobName=name, **training_request(image, **members))

    return create
