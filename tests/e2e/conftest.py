"""The built deployment package, run by the runtime client of AWS against a simulated SageMaker."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.support.cloudformation import function_of_template
from tests.support.lambda_runtime import REGION, Environment
from tests.support.package import runtime_client, unpacked
from tests.support.state import create_state
from tools.local_sagemaker import CONTROL, install

Start = Callable[..., Environment]


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory, opa: Path, bundle: Path) -> Path:
    """Return the package folder."""
    return unpacked(tmp_path_factory.mktemp("package"), opa, bundle)


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the runtime client."""
    return runtime_client(tmp_path_factory.mktemp("runtime"))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Run a simulated SageMaker and yield its address."""
    install()
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def sagemaker(endpoint: str) -> Iterator[Any]:
    """Yield a client of the simulated SageMaker; its recorded calls are cleared between tests."""
    CONTROL.reset()
    yield boto3.client("sagemaker", region_name=REGION, endpoint_url=endpoint)
    CONTROL.reset()


@pytest.fixture(scope="module")
def state_table(endpoint: str) -> None:
    """Create the guard's state table and its switch."""
    create_state(endpoint)


@pytest.fixture
def start(package: Path, runtime: Path, endpoint: str, state_table: None) -> Iterator[Start]:
    """Start execution environments with the template's handler, variables and timeout, given the template's parameters."""
    with ExitStack() as running:

        def started(
            variables: dict[str, str] | None = None, function: str = "Function", **parameters: str
        ) -> Environment:
            properties = function_of_template(str(package), function, **parameters)
            return running.enter_context(
                Environment(
                    [package, runtime],
                    properties.handler,
                    python=Path(sys.executable),
                    variables={**properties.variables, "AWS_ENDPOINT_URL": endpoint, **(variables or {})},
                    timeout=properties.timeout,
                )
            )

        yield started
