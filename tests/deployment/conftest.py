"""The stack's life cycle on a local AWS: `make deployment` runs it, `make test` doesn't, because it takes minutes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.deployment.local_aws import ROOT, local_aws

BUCKET = "packages"
Make = Callable[..., str]
Deploy = Callable[..., str]
Client = Callable[[str], Any]


# Not a temporary folder, so that the logs of a failure are kept.
SCRATCH = ROOT / "build" / "deployment"


@pytest.fixture(scope="session")
def aws() -> Iterator[dict[str, str]]:
    """The environment variables of a local AWS."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    with local_aws(Path(os.environ["LOCALSTACK_PYTHON"]), SCRATCH) as environment:
        yield environment


@pytest.fixture(scope="session")
def client(aws: dict[str, str]) -> Client:
    """Make clients of the local AWS."""

    def made(service: str) -> Any:
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=aws.get(f"AWS_ENDPOINT_URL_{service.upper()}", aws["AWS_ENDPOINT_URL"]),
            region_name=aws["AWS_DEFAULT_REGION"],
            aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        )

    return made


@pytest.fixture(scope="session")
def make(aws: dict[str, str]) -> Make:
    """Run make, as in the README, with the AWS CLI of the virtual environment, and return its output."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))

    def run(*words: str) -> str:
        ran = subprocess.run(
            ["make", *words],
            cwd=ROOT,
            env={**os.environ, **aws, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    return run


@pytest.fixture(scope="session")
def deploy(make: Make, aws: dict[str, str], client: Client) -> Deploy:
    """Run `make deploy` with these variables."""
    location = {"LocationConstraint": aws["AWS_DEFAULT_REGION"]}
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    return partial(make, "deploy", f"BUCKET={BUCKET}")
