"""A local AWS account with the guard: `python -m examples.local_guard` prints the environment variables for its clients as JSON.

The event of each training and processing job that is created there is passed to the Lambda handler, as EventBridge does. The
notebooks use it like a real account.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
from botocore import xform_name
from moto.server import ThreadedMotoServer

from examples.demo.jobs import ACCOUNT, REGION, DemoJob
from examples.demo.local_sagemaker import started_event
from guard.jobs import PROCESSING, TRAINING, JobKind
from tools.local_sagemaker import install

LOG = Path("build/local-guard.jsonl")
BUCKET = "guard-records"
POLL_SECONDS = 0.3


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.local_guard", description="A local AWS account with the guard."
    )
    parser.add_argument("--opa", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    arguments = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    install()
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    clients = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
    }
    os.environ |= clients
    os.environ |= {"GUARD_OPA_PATH": str(arguments.opa), "GUARD_BUNDLE_PATH": str(arguments.bundle)}
    stack = _stack()
    os.environ |= {
        "GUARD_RECORD_BUCKET": stack["GUARD_RECORD_BUCKET"],
        "GUARD_NOTICE_TOPIC_ARN": stack["GUARD_TOPIC_ARN"],
    }
    os.environ |= {"GUARD_NOTICE_TAGS": "enabled", "GUARD_EXEMPTION_URL": "https://wiki.example.com/exemptions"}
    os.environ |= {"POWERTOOLS_SERVICE_NAME": "sagemaker-guard"}
    printed = sys.stdout
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("w") as log, redirect_stdout(log):
        import lambda_entry.handler as entry

        printed.write(json.dumps(clients | stack) + "\n")
        printed.flush()
        _watch(entry, ended)
        entry.ENGINE.close()
    server.stop()


def _stack() -> dict[str, str]:
    """Create the bucket and the topic that the stack's parameters name; the notebooks find them by these variables."""
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    sns: Any = boto3.client("sns")
    return {"GUARD_RECORD_BUCKET": BUCKET, "GUARD_TOPIC_ARN": sns.create_topic(Name="stopped-jobs")["TopicArn"]}


def _watch(entry: Any, ended: threading.Event) -> None:
    """Pass the event of each new job to the handler."""
    sagemaker: Any = boto3.client("sagemaker")
    context = SimpleNamespace(invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:guard")
    seen: set[str] = set()
    while not ended.wait(POLL_SECONDS):
        for kind, name in _running(sagemaker):
            if name not in seen:
                seen.add(name)
                entry.handler(started_event(sagemaker, DemoJob(name, kind.id, "", {}), len(seen)), context)


def _running(sagemaker: Any) -> list[tuple[JobKind, str]]:
    found = []
    for kind, plural in ((TRAINING, "TrainingJob"), (PROCESSING, "ProcessingJob")):
        answer = getattr(sagemaker, xform_name(f"List{plural}s"))(StatusEquals="InProgress")
        found += [(kind, each[kind.name_field]) for each in answer[f"{plural}Summaries"]]
    return found


if __name__ == "__main__":
    main()
