"""A local AWS: LocalStack in host mode, and moto's server for services that LocalStack lacks."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, REGION = "123456789012", "eu-west-1"
# Services that LocalStack's community edition doesn't emulate.
ELSEWHERE = ("sagemaker", "securityhub", "cloudtrail")
ENTRY_POINTS = """\
[localstack.lambda.runtime_executor]
process = guard_executor:ProcessExecutorPlugin
[localstack.aws.provider]
dynamodb:moto = guard_executor:dynamodb
"""
START_SECONDS = 60


@contextmanager
def local_aws(python: Path, scratch: Path) -> Iterator[dict[str, str]]:
    """Run a local AWS and yield the environment for its clients. `python` is that of LocalStack's virtual environment."""
    with _process([sys.executable, "-m", "tools.local_sagemaker"], dict(os.environ), scratch / "moto.log") as moto:
        sagemaker = json.loads(_first_line(scratch / "moto.log", moto))["url"]
        port = _free_port()
        listen = f"127.0.0.1:{port}"
        elsewhere = {f"AWS_ENDPOINT_URL_{service.upper()}": sagemaker for service in ELSEWHERE}
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(scratch),
            "TMPDIR": str(_folder(scratch / "tmp")),
            "PYTHONPATH": os.pathsep.join((str(_plugin(scratch)), str(ROOT / "tests" / "deployment"), str(ROOT))),
            "DNS_ADDRESS": "0",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DISABLE_EVENTS": "1",
            "GATEWAY_LISTEN": listen,
            "LOCALSTACK_HOST": listen,
            "FILESYSTEM_ROOT": str(_folder(scratch / "files")),
            "LAMBDA_RUNTIME_EXECUTOR": "process",
            "PROVIDER_OVERRIDE_DYNAMODB": "moto",
            # Seconds between Lambda's attempts at an event: a minute or two in AWS.
            "LAMBDA_RETRY_BASE_DELAY": "1",
        }
        command = [str(python), "-m", "localstack.runtime.main"]
        with _process(command, own | elsewhere, scratch / "localstack.log") as localstack:
            _wait_for(f"http://{listen}/_localstack/health", localstack, scratch / "localstack.log")
            yield {
                "AWS_ENDPOINT_URL": f"http://{listen}",
                "AWS_ACCESS_KEY_ID": ACCOUNT,
                "AWS_SECRET_ACCESS_KEY": "local",
                "AWS_DEFAULT_REGION": REGION,
                "AWS_PAGER": "",
                **elsewhere,
            }


def _plugin(scratch: Path) -> Path:
    """Return a folder that registers the plugins, as an installed distribution would."""
    info = _folder(scratch / "plugin" / "guard_executor-1.dist-info")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: guard_executor\nVersion: 1\n")
    return info.parent


@contextmanager
def _process(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _first_line(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while "\n" not in (text := log.read_text()):
        _still_running(process, log, deadline)
    return text.splitlines()[0]


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            _still_running(process, log, deadline)


def _still_running(process: subprocess.Popen[bytes], log: Path, deadline: float) -> None:
    if process.poll() is not None or time.monotonic() > deadline:
        raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text()[-3000:]}")
    time.sleep(0.1)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
