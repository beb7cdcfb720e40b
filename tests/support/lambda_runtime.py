"""A replacement of AWS Lambda: runs a package with `awslambdaric`, AWS's runtime client, and serves the Runtime API.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. It doesn't limit memory and processor time; Lambda's user,
read-only code and /tmp need a sandbox (tests/support/sandbox.py).
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

REGION = "eu-west-1"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:123456789012:function:guard"
INIT_SECONDS = 10.0


class Answer(NamedTuple):
    """The end of an invocation: `response`, `error`, or `exit` if the runtime ended without a response."""

    outcome: str
    body: Any


class LambdaFailed(Exception):
    """The function raised an error, ended or timed out; `body` is Lambda's error object."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(f"{body.get('errorType')}: {body.get('errorMessage')}")
        self.body = body


class Invocation(NamedTuple):
    """One event that is sent to the function."""

    request_id: str
    event: bytes
    deadline: float


class Environment:
    """One execution environment; its processes are frozen between invocations, as in Lambda.

    The first path is the package and the function's working directory; only the paths and Python's standard library can be
    imported. `prefix` is a command that runs another one in a sandbox, in which the paths are valid; `log` is a file for the
    function's output. Raises LambdaFailed if the function can't be initialized.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        handler: str,
        *,
        python: Path,
        variables: Mapping[str, str],
        timeout: float = 60,
        prefix: Sequence[str] = (),
        log: Path | None = None,
    ) -> None:
        self._timeout = timeout
        self._invocations: queue.Queue[Invocation] = queue.Queue()
        self._answers: queue.Queue[Answer] = queue.Queue()
        self._idle = threading.Event()
        self._server = _RuntimeApi(self._invocations, self._answers, self._idle)
        self._log = log.open("ab") if log else tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the environment
        self._process = subprocess.Popen(
            [*prefix, str(python), "-S", "-m", "awslambdaric", handler],
            cwd=None if prefix else paths[0],
            env=self._variables(paths, handler, variables),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=self._watch, daemon=True).start()
        started = time.perf_counter()
        try:
            self._wait_until_idle(INIT_SECONDS)
        except BaseException:
            self.close()
            raise
        self.init_milliseconds = (time.perf_counter() - started) * 1000
        self._signal(signal.SIGSTOP)

    def __enter__(self) -> Environment:
        """Return this environment."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all its processes."""
        self.close()

    @property
    def pid(self) -> int:
        """Process id of the function."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the function's process has ended, so that the next event needs another environment."""
        return self._process.poll() is not None

    @property
    def pids(self) -> list[int]:
        """Process ids of the function and its children."""
        group = subprocess.run(
            ["ps", "-eo", "pid=,pgid="], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        return [int(pid) for pid, pgid in map(str.split, group) if int(pgid) == self._process.pid]

    def invoke(self, event: object) -> Any:
        """Return the function's response. Raises LambdaFailed if there is none."""
        self._idle.clear()
        self._signal(signal.SIGCONT)
        deadline = time.time() + self._timeout
        self._invocations.put(Invocation(str(uuid.uuid4()), json.dumps(event).encode(), deadline))
        try:
            answer = self._answers.get(timeout=self._timeout)
        except queue.Empty:
            self.close()
            message = f"Task timed out after {self._timeout:.2f} seconds"
            raise LambdaFailed({"errorType": "Sandbox.Timedout", "errorMessage": message}) from None
        if answer.outcome != "exit":
            self._wait_until_idle(self._timeout)
            self._signal(signal.SIGSTOP)
        if answer.outcome != "response":
            raise LambdaFailed(answer.body)
        return answer.body

    def log(self) -> str:
        """Return the function's whole output so far."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode()

    def close(self) -> None:
        """End all processes of the environment; a second call does nothing."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._server.close()
        self._log.close()

    def _variables(self, paths: Sequence[Path], handler: str, variables: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": "guard",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": "guard",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "AWS_LAMBDA_RUNTIME_API": self._server.address,
            "LAMBDA_TASK_ROOT": str(paths[0]),
            "_HANDLER": handler,
            **variables,
        }

    def _watch(self) -> None:
        code = self._process.wait()
        body = {"errorType": "Runtime.ExitError", "errorMessage": f"Runtime exited with status {code}"}
        self._answers.put(Answer("exit", body))
        self._idle.set()

    def _wait_until_idle(self, seconds: float) -> None:
        if not self._idle.wait(seconds):
            raise LambdaFailed({"errorType": "Sandbox.Timedout", "errorMessage": f"not ready after {seconds} s"})
        if self._process.poll() is not None:
            raise LambdaFailed(self._answers.get_nowait().body)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


class _RuntimeApi(ThreadingHTTPServer):
    """The Runtime API on a free loopback port."""

    daemon_threads = True

    def __init__(
        self, invocations: queue.Queue[Invocation], answers: queue.Queue[Answer], idle: threading.Event
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.invocations = invocations
        self.answers = answers
        self.idle = idle
        self.address = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Requests(BaseHTTPRequestHandler):
    """One connection of the runtime client."""

    server: _RuntimeApi
    protocol_version = "HTTP/1.1"
    # Without these each invocation waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Wait for the next invocation and send it."""
        self.server.idle.set()
        invocation = self.server.invocations.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
        }
        self._send(200, invocation.event, headers)

    def do_POST(self) -> None:
        """Receive a response, or the error of an invocation or of the initialization."""
        # The runtime client encodes non-ASCII text, such as the path of a temporary folder, in Latin-1.
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])).decode(errors="replace"))
        self.server.answers.put(Answer(self.path.rsplit("/", 1)[1], body))
        self._send(202, b'{"status":"OK"}', {})

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
