"""The stage on which faults are played: SageMaker, the proxy in front of it, and the function; and one play on it."""

from __future__ import annotations

import copy
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from tests.faults import worlds
from tests.faults.delivery import Delivery, Function
from tests.faults.fault import SINKS, SWEEP, Act, Fault, World
from tests.faults.front import Front
from tests.faults.jobs import JOBS
from tests.faults.places import Places
from tests.faults.verdict import CHANNELS, Play
from tests.support.cloudformation import function_of_template
from tests.support.jobs import ALLOWED, DENIED, started_event, status
from tests.support.lambda_runtime import Environment
from tests.support.sandbox import INSIDE, PYTHON, Sandbox
from tests.support.state import forget_state, let_time_pass
from tools.local_sagemaker import CONTROL, set_status

_NUMBERS = count(1)
SCHEDULE = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
_SWEEP_SECONDS = 10 * 60
# OPA starts within a second; a loaded machine may need several.
_OPA_SECONDS = 15.0


@dataclass
class Stage:
    """Everything that outlives a play. `folders` are the package, the runtime client and the worlds' additions.

    Without a sandbox, the function runs as the user who runs the campaign, and can write to its code.
    """

    folders: dict[str, Path]
    logs: Path
    front: Front
    sagemaker: Any
    endpoint: str
    sandboxed: bool
    places: Places
    opa: Callable[[], Front]
    lasting: dict[World, Function] = field(default_factory=dict)

    def function(self, world: World) -> Function:
        """Return the function of a world whose environment outlives a play."""
        return self.lasting.setdefault(world, Function(lambda: self.start(world)))

    def start(self, world: World) -> Environment:
        """Start an environment in this world. Raises LambdaFailed."""
        places = {name: INSIDE / name if self.sandboxed else folder for name, folder in self.folders.items()}
        function = function_of_template(str(places["task"]), world.function, **dict(world.parameters))
        log = Path(world.log) if world.log else self.logs / f"{next(_NUMBERS)}.log"
        variables = function.variables | {"AWS_ENDPOINT_URL": self.front.url}
        if world.notices:
            variables["GUARD_NOTICE_QUEUE_URL"] = self.front.url + self.places.queue
        elsewhere = {"opa": self.opa().url} if "GUARD_OPA_URL" in dict(world.variables) else {}
        variables |= worlds.variables(world, self.folders["extra"], places, elsewhere)
        return Environment(
            [places["task"], places["runtime"]],
            function.handler,
            python=PYTHON,
            variables=variables,
            timeout=world.timeout or function.timeout,
            prefix=Sandbox(world.tmp).prefix(self.folders, "task") if self.sandboxed else (),
            log=log,
        )

    def close(self) -> None:
        """End the functions and the proxy."""
        for function in self.lasting.values():
            function.close()
        self.front.close()


class Scene:
    """One play of a fault, as its acts see it: the job, its events and the function."""

    def __init__(self, stage: Stage, fault: Fault, function: Function) -> None:
        self.stage = stage
        self.world = fault.world
        self.front = stage.front
        self.sagemaker = stage.sagemaker
        self.function = function
        self.kind, create = JOBS[fault.job]
        self._create = create
        self.name = f"job-{next(_NUMBERS)}"
        self.events: list[Any] = []
        self.beside: list[Delivery] = []
        self._invoked = False
        self.over = threading.Event()
        self.undo: list[Callable[[], None]] = []
        self._at: defaultdict[int, list[Act]] = defaultdict(list)

    @property
    def environment(self) -> Environment:
        """The function's environment, started when there is none."""
        return self.function.warm()

    def at(self, attempt: int, act: Act) -> None:
        """Play the act just before an attempt."""
        self._at[attempt].append(act)

    def opa_pids(self) -> list[int]:
        """Return the process ids of OPA, without starting it."""
        environment = self.function.environment
        return [pid for pid in descendants(environment.pid) if _name(pid) == "opa"] if environment else []

    def await_opa(self) -> None:
        """Wait until OPA runs; its process may be a shell at first."""
        deadline = time.monotonic() + _OPA_SECONDS
        while not self.opa_pids():
            assert time.monotonic() < deadline, "OPA doesn't start"
            time.sleep(0.01)

    def signal_opa(self, number: signal.Signals) -> None:
        """Send a signal to OPA."""
        for pid in self.opa_pids():
            os.kill(pid, number)

    def status(self) -> str:
        """Return the job's status."""
        return status(self.sagemaker, self.kind, self.name)

    def create(self, image: str) -> None:
        """Create the job with an event that is a minute old; in the sweep's world the event never arrives."""
        self._create(self.sagemaker, self.name, image)
        started = aged(started_event(self.sagemaker, self.kind, self.name), minutes=1)
        self.events = [SCHEDULE if self.world.function == SWEEP else started]

    def deliver(self) -> tuple[Delivery, ...]:
        """Deliver the events in order, and then the messages about notices."""
        deliveries = [self.function.deliver(event, self._before) for event in self.events]
        if self.world.notices:
            # The sweep's notices, too, are sent by the events' function.
            self.stage.places.give(self.stage.function(SINKS) if self.world.function == SWEEP else self.function)
        return (*deliveries, *self.beside)

    def redrive(self, deliveries: Sequence[Delivery]) -> list[str]:
        """Send the dead letters through the function again; return the result of each."""
        for event, delivery in zip(self.events, deliveries, strict=False):
            if delivery.is_letter:
                self.stage.places.keep(event, delivery)
        results = self.stage.places.redrive(self.function)
        self.stage.places.give(self.function)
        return results

    def end(self) -> None:
        """Undo everything that would outlive the play."""
        self.over.set()
        for undo in self.undo:
            undo()
        CONTROL.reset()
        self.front.reset()

    def _before(self, attempt: int) -> None:
        if self.world.function == SWEEP and self._invoked:
            let_time_pass(self.stage.endpoint, _SWEEP_SECONDS)
        self._invoked = True
        for act in self._at[attempt]:
            act(self)


def play(stage: Stage, fault: Fault, *, denied: bool = True) -> Play:
    """Play the fault with a job that the policies deny, or with one that they allow."""
    own = not fault.world.lasting
    function = Function(lambda: stage.start(fault.world)) if own else stage.function(fault.world)
    places, counts = stage.places, fault.world.notices or fault.world.records or fault.redriven
    scene = Scene(stage, fault, function)
    logs = _sizes(stage.logs)
    started = time.monotonic()
    forget_state(stage.endpoint)
    if counts:
        places.forget()
    try:
        scene.create(DENIED if denied else ALLOWED)
        CONTROL.reset()
        stage.front.served.clear()
        for act in fault.acts:
            act(scene)
        deliveries = scene.deliver()
        redriven = scene.redrive(deliveries) if fault.redriven else []
        given = {name: stage.front.served[name] for name in CHANNELS} if fault.world.notices else {}
        stops = sum(call.operation.startswith("Stop") for call in CONTROL.served)
    finally:
        scene.end()
        if own:
            function.close()
    state = scene.status()
    # Otherwise the next play's sweep would find the running job.
    set_status(scene.name, "Completed")
    return Play(
        fault=fault,
        is_denied=denied,
        deliveries=deliveries,
        lines=tuple(_written(stage.logs, logs)),
        status=state,
        stops=stops,
        given=given,
        redriven=tuple(redriven),
        letters_left=places.letters() if counts else 0,
        kept=tuple(places.records()) if fault.world.records else (),
        seconds=time.monotonic() - started,
    )


def aged(event: dict[str, Any], *, minutes: float) -> dict[str, Any]:
    """Return a copy of the event that is this old and has a new id."""
    time_ = datetime.now(UTC) - timedelta(minutes=minutes)
    return copy.deepcopy(event) | {"time": time_.strftime("%Y-%m-%dT%H:%M:%SZ"), "id": f"event-{next(_NUMBERS)}"}


def descendants(pid: int) -> list[int]:
    """Return the process ids of all descendants of a process."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            ids = [int(child) for child in children.read_text().split()]
        except OSError:
            continue
        found += ids + [more for child in ids for more in descendants(child)]
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _sizes(folder: Path) -> dict[Path, int]:
    return {log: log.stat().st_size for log in folder.iterdir()}


def _written(folder: Path, sizes: dict[Path, int]) -> list[str]:
    """Return the lines that were written after the given sizes, oldest log first."""
    logs = sorted(folder.iterdir(), key=lambda log: int(log.stem))
    return [line for log in logs for line in log.read_bytes()[sizes.get(log, 0) :].decode().splitlines()]
