"""The deployment package as it is built, under the runtime client of AWS, against a simulated SageMaker."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.support.cloudformation import rendered
from tests.support.lambda_runtime import REGION, Environment
from tools.local_sagemaker import CONTROL, install
from tools.package import REQUIREMENTS, copy_ours, prune

Start = Callable[..., Environment]
STATE_TABLE = "state"
SWITCH = "/sagemaker-guard/stack/enforcement"


def _copy_distribution(name: str, target: Path) -> None:
    for file in distribution(name).files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            destination = target / file
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(file.locate()), destination)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory, opa: Path, bundle: Path) -> Path:
    """The package folder, made of the installed wheels instead of those for Lambda's Python."""
    folder = tmp_path_factory.mktemp("package")
    for name in re.findall(r"^([A-Za-z0-9_.-]+)==", REQUIREMENTS.read_text(), re.MULTILINE):
        _copy_distribution(name, folder)
    prune(folder)
    copy_ours(folder)
    (folder / "bin").mkdir()
    (folder / "bin" / "opa").symlink_to(opa)
    shutil.copyfile(bundle, folder / "bundle.tar.gz")
    return folder


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runtime client; in Lambda, too, it isn't part of the package."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in ("awslambdaric", "simplejson", "snapshot-restore-py"):
        _copy_distribution(name, folder)
    return folder


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a simulated SageMaker."""
    install()
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def sagemaker(endpoint: str) -> Iterator[Any]:
    """A client of the simulated SageMaker; what it was called for is forgotten between tests."""
    CONTROL.reset()
    yield boto3.client("sagemaker", region_name=REGION, endpoint_url=endpoint)
    CONTROL.reset()


@pytest.fixture(scope="module")
def state_table(endpoint: str) -> None:
    """The table of the guard's state, and its switch, as the template makes them."""
    properties = rendered()["StateTable"]["Properties"]
    members = {name: properties[name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")}
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint, **keys)
    client.create_table(TableName=STATE_TABLE, **members)
    switch = rendered()["Switch"]["Properties"]
    ssm = boto3.client("ssm", region_name=REGION, endpoint_url=endpoint, **keys)
    ssm.put_parameter(Name=SWITCH, Value=switch["Value"], Type=switch["Type"])


@pytest.fixture
def start(package: Path, runtime: Path, endpoint: str, state_table: None) -> Iterator[Start]:
    """Start execution environments with the template's handler, variables and timeout, given the template's parameters."""
    with ExitStack() as running:

        def started(
            variables: dict[str, str] | None = None, function: str = "Function", **parameters: str
        ) -> Environment:
            properties = rendered(**parameters)[function]["Properties"]
            of_template = {
                name: str(_substituted(value, parameters)).replace("/var/task", str(package))
                for name, value in properties["Environment"]["Variables"].items()
            }
            return running.enter_context(
                Environment(
                    [package, runtime],
                    properties["Handler"],
                    python=Path(sys.executable),
                    variables={**of_template, "AWS_ENDPOINT_URL": endpoint, **(variables or {})},
                    timeout=properties["Timeout"],
                )
            )

        yield started


def _substituted(value: Any, parameters: dict[str, str]) -> Any:
    match value:
        case {"Ref": "StateTable"}:
            return STATE_TABLE
        case {"Ref": "Switch"}:
            return SWITCH
        case {"Fn::Sub": text}:
            return text.replace("${BundleInPackage}", parameters.get("BundleInPackage", "bundle.tar.gz"))
        case _:
            return value
