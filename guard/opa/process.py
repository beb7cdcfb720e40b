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
# Garbage collection is a quarter of what a decision costs OPA by Go's default; with these it is a twentieth, for 30 MiB more, and
# what a long deny list takes stays bounded.
_GO_MEMORY = {"GOGC": "400", "GOMEMLIMIT": "400MiB"}

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class OpaProcess:
    """A running `opa run --server`; it gets none of the guard's environment, so neither credentials nor proxies.

    It ends with this process, however that ends (on Linux), but not with the thread that started it.
    """

    def __init__(self, binary: Path, bundle: Path) -> None:
        """Start OPA and return at once, without waiting until it answers.

        Raises OpaStartError when the bundle or the binary isn't there.
        """
        if not bundle.exists():
            raise OpaStartError(
                "there is no policy bundle: run `make bundle`, or set GUARD_BUNDLE_PATH", path=str(bundle)
            )
        self.label = os.urandom(16).hex()
        log: BinaryIO | None = None
        try:
            self.port, log = _free_port(), _log_file()
            self._child, self._stopped = _kept(self._command(binary, bundle), log)
        # RuntimeError: no thread can be started. SubprocessError: the child failed before it became OPA.
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
        """Return the last 2,000 characters that OPA printed."""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 2000))
        return self._log.read().decode(errors="replace").strip()

    def stop(self) -> None:
        """Kill OPA and wait for its end; a second call does nothing. OPA holds no state that a gentler end would save."""
        atexit.unregister(self.stop)
        if self._log.closed:
            return
        self._child.kill()
        self._child.wait()
        self._stopped.set()
        self._log.close()


def _kept(command: list[str], log: BinaryIO) -> tuple[subprocess.Popen[bytes], threading.Event]:
    """Start the command from a thread that lives until the event is set, and as long as this process at the most.

    The kernel sends a child its parent-death signal when the *thread* ends that started it: the caller's own may end first.
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
                # Not the folder for temporary files: to find it, Python writes into it.
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
    """What OPA prints is kept in memory where the system can do that: a full disk doesn't keep OPA from starting."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("opa-log"), "w+b")
    return tempfile.TemporaryFile()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
