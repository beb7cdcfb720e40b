"""How OPA is started, observed with a script in its place."""

from __future__ import annotations

import gc
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest

from guard.errors import OpaStartError
from guard.opa.process import LABEL, OpaProcess


def started(tmp_path: Path, script: str) -> OpaProcess:
    """Run a script instead of OPA, and wait until it has ended."""
    binary, bundle = tmp_path / "opa", tmp_path / "bundle.tar.gz"
    binary.write_text(f"#!/bin/sh\n{script}\n")
    binary.chmod(0o755)
    bundle.write_bytes(b"")
    process = OpaProcess(binary, bundle)
    deadline = time.monotonic() + 10
    while not process.ended() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.ended()
    return process


def test_opa_serves_its_bundle_on_its_own_port_of_loopback(tmp_path: Path) -> None:
    process = started(tmp_path, 'printf "%s\\n" "$@"')
    assert process.log_tail().splitlines() == [
        "run",
        "--server",
        f"--addr=127.0.0.1:{process.port}",
        "--log-level=error",
        "--skip-version-check",
        f"--set=labels.{LABEL}={process.label}",
        "--ignore=*_test.rego",
        "--bundle",
        str(tmp_path / "bundle.tar.gz"),
    ]
    process.stop()


def test_opa_gets_an_environment_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    process = started(tmp_path, "env")
    # PWD and the like are the shell's own.
    names = {line.partition("=")[0] for line in process.log_tail().splitlines()} - {"PWD", "_", "SHLVL", "OLDPWD"}
    assert names == {"HOME", "GOGC", "GOMEMLIMIT"}
    process.stop()


def test_each_opa_has_a_label_of_its_own(tmp_path: Path) -> None:
    first, second = started(tmp_path, "exit"), started(tmp_path, "exit")
    assert len(first.label) == 32
    assert first.label != second.label
    first.stop()
    second.stop()


def test_the_end_of_the_log_is_shown(tmp_path: Path) -> None:
    process = started(tmp_path, "head -c 5000 /dev/zero | tr '\\0' x; echo the end >&2")
    assert process.log_tail() == "x" * (2000 - len("the end\n")) + "the end"
    process.stop()


def test_a_second_stop_does_nothing(tmp_path: Path) -> None:
    process = started(tmp_path, "exit")
    process.stop()
    process.stop()


def test_a_missing_bundle_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(OpaStartError, match="make bundle") as failed:
        OpaProcess(tmp_path / "opa", tmp_path / "bundle.tar.gz")
    assert failed.value.evidence == {"path": str(tmp_path / "bundle.tar.gz")}


def test_a_binary_that_cannot_be_run_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "bundle.tar.gz").write_bytes(b"")
    with pytest.raises(OpaStartError, match="GUARD_OPA_PATH") as failed:
        OpaProcess(tmp_path / "opa", tmp_path / "bundle.tar.gz")
    assert failed.value.evidence["path"] == str(tmp_path / "opa")
    assert isinstance(failed.value.__cause__, FileNotFoundError)


def test_a_stopped_opa_is_not_referenced_any_more(tmp_path: Path) -> None:
    process = started(tmp_path, "exit")
    process.stop()
    held = weakref.ref(process)
    del process
    gc.collect()
    assert held() is None


def test_the_thread_that_started_opa_is_a_daemon(tmp_path: Path) -> None:
    process = started(tmp_path, "exit")
    keepers = [thread for thread in threading.enumerate() if thread.name == "opa-keeper"]
    assert keepers
    assert all(thread.daemon for thread in keepers)
    process.stop()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_opa_is_ended_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Also if that process is killed."""
    binary, bundle = tmp_path / "opa", tmp_path / "bundle.tar.gz"
    binary.write_text("#!/bin/sh\nexec sleep 60\n")
    binary.chmod(0o755)
    bundle.write_bytes(b"")
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        try:
            os.write(write, str(OpaProcess(binary, bundle).pid).encode())
            signal.pause()
        finally:
            os._exit(1)
    # Becomes readable when the process ends; unlike the id, it can't refer to another process later.
    descriptor = os.pidfd_open(int(os.read(read, 20)))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    ended, _, _ = select.select([descriptor], [], [], 10)
    for each in (descriptor, read, write):
        os.close(each)
    assert ended == [descriptor]


def test_opa_is_ended_at_the_end_of_a_process_that_did_not_stop_it(tmp_path: Path) -> None:
    """Also if the system has no parent-death signal, as on macOS."""
    binary, bundle = tmp_path / "opa", tmp_path / "bundle.tar.gz"
    binary.write_text("#!/bin/sh\nexec sleep 60\n")
    binary.chmod(0o755)
    bundle.write_bytes(b"")
    program = (
        "import sys; from pathlib import Path; from guard.opa import process; process._LIBC = None; "
        "print(process.OpaProcess(*map(Path, sys.argv[1:])).pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, binary, bundle], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        descriptor = os.pidfd_open(int(parent.stdout.readline()))
        parent.stdin.close()
    ended, _, _ = select.select([descriptor], [], [], 5)
    if not ended:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    os.close(descriptor)
    assert ended == [descriptor]


def test_a_child_that_fails_before_it_executes_opa_is_a_start_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise MemoryError

    monkeypatch.setattr("guard.opa.process._end_with_parent", fail)
    with pytest.raises(OpaStartError) as caught:
        started(tmp_path, "true")
    assert str(caught.value.evidence["error"]).startswith("SubprocessError: ")
    assert isinstance(caught.value.__cause__, subprocess.SubprocessError)
