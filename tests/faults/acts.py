"""Acts that arrange a fault in a scene: each function returns an act, or is one. Docstrings describe the act's effect."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.delivery import Delivery, Function
from tests.faults.fault import Act
from tests.faults.front import Request, Spoil
from tests.faults.scene import SCHEDULE, Scene, aged
from tools.local_sagemaker import CONTROL, set_status

_NO_TMP_LEFT = 32 * 1024 * 1024


def refuse(operation: str, code: str, times: int = 1, message: str = "injected fault") -> Act:
    """SageMaker refuses the next calls of the operation."""
    return lambda _: CONTROL.fail(operation, code, message, times)


def spoil(operation: str, how: Spoil, times: int = 1) -> Act:
    """Something between the guard and SageMaker spoils the next calls of the operation."""
    return lambda scene: scene.front.spoil(operation, how, times)


def shut(scene: Scene) -> None:
    """AWS is out of reach."""
    scene.front.shut()


def reopen(scene: Scene) -> None:
    """AWS can be reached, and serves everything."""
    scene.front.reset()


def spoil_opa(how: Spoil, times: int = 1, operation: str = "*") -> Act:
    """Something spoils the next answers of the remote OPA."""

    def arrange(scene: Scene) -> None:
        scene.stage.opa().spoil(operation, how, times)
        scene.undo.append(scene.stage.opa().reset)

    return arrange


def shut_opa(scene: Scene) -> None:
    """The remote OPA is down."""
    scene.stage.opa().shut()
    scene.undo.append(scene.stage.opa().reset)


def reopen_opa(scene: Scene) -> None:
    """The remote OPA answers again."""
    scene.stage.opa().reset()


def upon(operation: str, act: Act, times: int = 1) -> Act:
    """Play the act just before SageMaker serves the next calls of the operation."""

    def arrange(scene: Scene) -> None:
        for _ in range(times):
            CONTROL.before(operation, lambda: act(scene))

    return arrange


def at(attempt: int, act: Act) -> Act:
    """Play the act just before an attempt."""
    return lambda scene: scene.at(attempt, act)


def each_attempt(act: Act) -> Act:
    """Play the act just before every attempt."""

    def arrange(scene: Scene) -> None:
        for attempt in (1, 2, 3):
            scene.at(attempt, act)

    return arrange


# The function and its OPA.


def fresh(scene: Scene) -> None:
    """The function has an environment that has seen no event yet."""
    scene.function.close()
    scene.function.warm()


def warm(scene: Scene) -> None:
    """The function has an environment."""
    scene.function.warm()


def no_environment(scene: Scene) -> None:
    """The function has no environment: the event causes a cold start."""
    scene.function.close()


def kill_opa(scene: Scene) -> None:
    """OPA dies."""
    scene.signal_opa(signal.SIGKILL)


def hang_opa(scene: Scene) -> None:
    """OPA hangs."""
    scene.await_opa()
    scene.signal_opa(signal.SIGSTOP)


def hang_opa_then_kill_it(scene: Scene) -> None:
    """OPA hangs, and dies half a second later, while it has a request."""
    hang_opa(scene)

    def kill() -> None:
        time.sleep(0.5)
        kill_opa(scene)

    threading.Thread(target=kill, daemon=True).start()


def kill_function(scene: Scene) -> None:
    """The function's process is killed, as when it has no memory left."""
    os.kill(scene.environment.pid, signal.SIGKILL)
    time.sleep(0.05)


def killed_by(operation: str, times: int = 1) -> Act:
    """The function's process is killed while it makes the call, which SageMaker never receives."""

    def arrange(scene: Scene) -> None:
        def kill(request: Request) -> None:
            kill_function(scene)
            request.leave()

        scene.front.spoil(operation, kill, times)

    return arrange


def beside(operation: str) -> Act:
    """Another sweep runs just before SageMaker serves the call."""

    def arrange(scene: Scene) -> None:
        other = Function(lambda: scene.stage.start(scene.world))
        other.warm()
        scene.undo.append(other.close)
        CONTROL.before(operation, lambda: scene.beside.append(Delivery((other.attempt(SCHEDULE),))))

    return arrange


def freeze(seconds: float) -> Act:
    """The environment stays frozen for a while, and SageMaker closes the idle connections."""

    def arrange(scene: Scene) -> None:
        assert scene.environment.pids
        scene.front.drop()
        time.sleep(seconds)

    return arrange


def limit(name: str, value: int | Callable[[int], int]) -> Act:
    """The function's process gets this resource limit; `value` may depend on the process id."""

    def arrange(scene: Scene) -> None:
        pid = scene.environment.pid
        before = _soft_limit(pid, name)
        _set_limit(pid, name, str(value if isinstance(value, int) else value(pid)))

        def lift() -> None:
            with contextlib.suppress(subprocess.CalledProcessError, FileNotFoundError):
                _set_limit(pid, name, before)

        scene.undo.append(lift)

    return arrange


# The kernel's names in /proc/PID/limits.
_LIMITS = {"AS": "Max address space", "NOFILE": "Max open files", "NPROC": "Max processes"}


def _soft_limit(pid: int, name: str) -> str:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(_LIMITS[name])]
    return line.removeprefix(_LIMITS[name]).split()[0]


def _set_limit(pid: int, name: str, value: str) -> None:
    """Set the limit as the process's user: without CAP_SYS_RESOURCE, root can only limit processes of root."""
    owner = Path(f"/proc/{pid}").stat()
    as_owner = (
        ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"] if owner.st_uid else []
    )
    command = [*as_owner, "prlimit", f"--pid={pid}", f"--{name.lower()}={value}:"]
    subprocess.run(command, check=True, capture_output=True)


def lift_limits(scene: Scene) -> None:
    """The function's process gets its original limits back."""
    while scene.undo:
        scene.undo.pop()()


def memory_in_use(spare: int) -> Callable[[int], int]:
    """Return a function that returns the address space that a process uses now, plus this number of bytes."""
    return lambda pid: int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize() + spare


def fill_tmp(scene: Scene) -> None:
    """The environment's disk is full, for example after an earlier event."""
    full = Path(f"/proc/{scene.environment.pid}/root/tmp/full")
    with contextlib.suppress(OSError), full.open("wb", buffering=0) as file:
        file.write(b"x" * _NO_TMP_LEFT)
    scene.undo.append(lambda: full.unlink(missing_ok=True))


# The job and its events.


def becomes(status: str) -> Act:
    """The job reaches this status by itself."""
    return lambda scene: set_status(scene.name, status)


def older(minutes: float) -> Act:
    """The event arrives late."""

    def arrange(scene: Scene) -> None:
        scene.events = [aged(event, minutes=minutes) for event in scene.events]

    return arrange


def again(times: int) -> Act:
    """The event arrives several times."""

    def arrange(scene: Scene) -> None:
        scene.events = scene.events * times

    return arrange


def change(**fields: Any) -> Act:
    """The event has other fields, or lacks those that are None."""

    def arrange(scene: Scene) -> None:
        names = {name.replace("_", "-") if name == "detail_type" else name: value for name, value in fields.items()}
        changed = [event | names for event in scene.events]
        scene.events = [{name: value for name, value in event.items() if value is not None} for event in changed]

    return arrange


def change_detail(**fields: Any) -> Act:
    """The event's detail has other fields, or lacks those that are None."""

    def arrange(scene: Scene) -> None:
        for event in scene.events:
            detail = event["detail"] | fields
            event["detail"] = {name: value for name, value in detail.items() if value is not None}

    return arrange


def instead(*events: Any) -> Act:
    """Something else arrives in place of the event."""

    def arrange(scene: Scene) -> None:
        scene.events = list(events)

    return arrange


def rename(scene: Scene) -> None:
    """The event is of a job that no longer exists."""
    text = scene.name
    for event in scene.events:
        for name, value in event["detail"].items():
            if isinstance(value, str):
                event["detail"][name] = value.replace(text, f"{text}-gone")
