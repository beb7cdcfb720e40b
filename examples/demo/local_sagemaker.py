"""The local SageMaker of the demo: moto's server with the missing Stop calls, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import boto3
from botocore import xform_name

from examples.demo.jobs import ACCOUNT, REGION, DemoJob
from guard.jobs import BY_KIND


@contextmanager
def local_sagemaker() -> Iterator[str]:
    """Run the server on a free loopback port and yield its URL."""
    command = [sys.executable, "-m", "tools.local_sagemaker", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{json.loads(server.stdout.readline())['port']}"
    finally:
        server.terminate()
        server.wait()


def create(client: Any, job: DemoJob) -> None:
    """Create the job, with its model; end it if `job.ended` is set."""
    row = BY_KIND[job.kind]
    if job.model:
        client.create_model(**job.model)
    getattr(client, xform_name(row.create_operations[0]))(**{row.name_field: job.name}, **job.request)
    if job.ended:
        getattr(client, xform_name(row.stop_operation))(**{row.name_field: job.name})
        describe(client, job)


def describe(client: Any, job: DemoJob) -> dict[str, Any]:
    """Return the job's description."""
    row = BY_KIND[job.kind]
    description: dict[str, Any] = getattr(client, xform_name(row.describe_operation))(**{row.name_field: job.name})
    description.pop("ResponseMetadata")
    return description


def started_event(client: Any, job: DemoJob, number: int) -> dict[str, Any]:
    """Return the EventBridge event that SageMaker sends when this job starts, with times in milliseconds as it does."""
    row = BY_KIND[job.kind]
    detail = describe(client, job) | {row.status_field: "InProgress"}
    event = {
        "version": "0",
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "detail-type": row.detail_type,
        "source": "aws.sagemaker",
        "account": ACCOUNT,
        "time": detail["CreationTime"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [detail[row.arn_field]],
        "detail": detail,
    }
    as_json: dict[str, Any] = json.loads(json.dumps(event, default=_milliseconds))
    return as_json


def _milliseconds(value: object) -> object:
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    raise TypeError(type(value).__name__)


def sagemaker_client(url: str) -> Any:
    """Return a client of the local SageMaker."""
    return boto3.client(
        "sagemaker", endpoint_url=url, region_name=REGION, aws_access_key_id="demo", aws_secret_access_key="demo"
    )
