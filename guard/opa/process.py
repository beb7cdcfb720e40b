"""The embedded OPA: a child process on a loopback port, holding one bundle.

Only the standard library's cheap modules are imported here, because the Lambda starts OPA before it imports anything else.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import BinaryIO

from guard.errors import OpaStartError

LOOPBACK = "127.0.0.1"
LABEL = "guard_process"
# With Go's defaults, garbage collection is a quarter of OPA's cost of a decision; with these settings it is a twentieth, for
# 30 MiB more memory, and the memory for a long deny list stays bounded.
_GO_MEMORY = {"GOGC": "400", "GOMEMLIMIT": "400MiB"}

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class OpaProcess:
    """A running `opa run --server`, without the guard's environment, and so without its credentials and proxies.

    On Linux it ends when this process ends for any reason, but not when the thread that started it ends.
    """

    def __init__(self, binary: Path, bundle: Path) -> None:
        """Start OPA and return at once, without waiting until it is ready.

        Raises OpaStartError if the bundle is missing or OPA can't be run.
        """
        if not bundle.exists():
            raise OpaStartError(
                "there is no policy bundle: run `make bundle`, or set GUARD_BUNDLE_PATH", path=str(bundle)
            )
        self.label = os.urandom(16).hex()
        log: BinaryIO | None = None
        try:
            self.port, log = _free_port(), _log_file()
            self._child, self._stopped = _start_from_thread(self._command(binary, bundle), log)
        # RuntimeError: no thread can be started. SubprocessError: the child process failed before it executed OPA.
        except (OSError, RuntimeError, subprocess.SubprocessError) as exc:
            if log is not None:
                log.close()
            raise OpaStartError(
                "OPA can't be run: see the error; for a wrong path set GUARD_OPA_PATH to its binary",
                path=str(binary),
                error=f"{type(exc).__name__}: {exc}",
            ) from exc
        self._log = log
        atexit.register(self.stop)

    def _command(self, binary: Path, bundle: Path) -> list[str]:
        command = [str(binary), "run", "--server", f"--addr={LOOPBACK}:{self.port}", "--log-level=error"]
        command += ["--skip-version-check", f"--set=labels.{LABEL}={self.label}"]
        return [*command, "--ignore=*_test.rego", "--bundle", str(bundle)]

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def ended(self) -> bool:
        """Whether OPA has ended."""
        return self._child.poll() is not None

    def log_tail(self) -> str:
        """Return the last 2,000 characters of OPA's output."""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 2000))
        return self._log.read().decode(errors="replace").strip()

    def stop(self) -> None:
        """Kill OPA and wait for its end; a second call does nothing. OPA has no state that a graceful shutdown would save."""
        atexit.unregister(self.stop)
        if self._log.closed:
            return
        self._child.kill()
        self._child.wait()
        self._stopped.set()
        self._log.close()


def _start_from_thread(command: list[str], log: BinaryIO) -> tuple[subprocess.Popen[bytes], threading.Event]:
    """Start the command from a thread that lives until the event is set, or until this process ends.

    The kernel sends a child its parent-death signal when the *thread* that started it ends, and the caller's may end early.
    """
    started: list[subprocess.Popen[bytes] | OSError | subprocess.SubprocessError] = []
    running, stopped = threading.Event(), threading.Event()

    def keep() -> None:
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # HOME isn't the temporary folder: to find that folder, Python writes into it, which fails when it is full.
                env={"HOME": os.sep, **_GO_MEMORY},
                preexec_fn=_end_with_parent,
            )
        except (OSError, subprocess.SubprocessError) as exc:
            started.append(exc)
            return
        else:
            started.append(child)
        finally:
            running.set()
        stopped.wait()

    threading.Thread(target=keep, name="opa-keeper", daemon=True).start()
    running.wait()
    (result,) = started
    if isinstance(result, Exception):
        raise result
    return result, stopped


def _end_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _log_file() -> BinaryIO:
    """Open a file for OPA's output, in memory if the system supports it, so that OPA also starts when the disk is full."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("opa-log"), "w+b")
    return tempfile.TemporaryFile()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
