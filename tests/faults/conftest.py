"""One stage for each process of the campaign, and the table that is printed at its end."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from tests.faults.front import Front
from tests.faults.places import Places
from tests.faults.report import table
from tests.faults.scene import Stage
from tests.support.lambda_runtime import REGION
from tests.support.package import runtime_client, unpacked, with_bytecode
from tests.support.sandbox import unavailable
from tests.support.state import create_state
from tools.local_sagemaker import install

ROWS = "fault row"


def _package(tmp_path_factory: pytest.TempPathFactory, opa: Path, bundle: Path) -> dict[str, Path]:
    """Return the folders of the package and the runtime client, which the campaign's first process makes for all."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folders = {"task": shared / "package" / "task", "runtime": shared / "package" / "runtime"}
    with (shared / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folders["runtime"].exists():
            binary = unpacked(folders["task"], opa, bundle) / "bin" / "opa"
            # The function's user may not be able to follow a link to the binary.
            binary.unlink()
            shutil.copy(opa, binary)
            with_bytecode(folders["task"])
            with_bytecode(runtime_client(folders["runtime"]))
    return folders


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory, opa: Path, bundle: Path) -> Iterator[Stage]:
    """SageMaker, the proxy in front of it, and the function."""
    base = tmp_path_factory.mktemp("stage")
    folders = {**_package(tmp_path_factory, opa, bundle), "extra": base / "extra"}
    folders["extra"].mkdir()
    (folders["extra"] / "corrupt.tar.gz").write_bytes(bundle.read_bytes()[:-1000])
    logs = base / "logs"
    logs.mkdir()
    install()
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    # Otherwise the first sweep would find jobs of other tests in this process.
    requests.post(f"{endpoint}/moto-api/reset", timeout=10).raise_for_status()
    create_state(endpoint)
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = boto3.client("sagemaker", region_name=REGION, endpoint_url=endpoint, **keys)
    with ExitStack() as running:
        elsewhere = cache(lambda: running.enter_context(_remote_opa(opa, bundle, base / "opa.log")))
        front, places = Front((host, port)), Places(endpoint)
        played = Stage(folders, logs, front, client, endpoint, unavailable() is None, places, elsewhere)
        yield played
        played.close()
    server.stop()


@contextmanager
def _remote_opa(opa: Path, bundle: Path, log: Path) -> Iterator[Front]:
    """Run a remote OPA behind a proxy that can spoil its answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    command = [opa, "run", "--server", f"--addr={address[0]}:{address[1]}", "--bundle", bundle, "--skip-version-check"]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        deadline = time.monotonic() + 20
        while not _listens(address):
            assert time.monotonic() < deadline, f"the remote OPA did not start: {log.read_text()}"
            time.sleep(0.05)
        front = Front(address)
        yield front
        front.close()
        process.kill()


def _listens(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=1):
            return True
    except OSError:
        return False


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of all plays, including those of other processes."""
    reports = [report for outcome in terminalreporter.stats.values() for report in outcome]
    properties = [
        pair
        for report in reports
        for pair in getattr(report, "user_properties", ())
        if getattr(report, "when", "") == "call"
    ]
    rows = [value for name, value in properties if name == ROWS]
    if rows:
        terminalreporter.ensure_newline()
        terminalreporter.section("faults")
        for line in table(map(tuple, rows)):
            terminalreporter.write_line(line)
        if reason := unavailable():
            terminalreporter.write_line(f"without a sandbox (a separate user and /tmp, and read-only code): {reason}")
