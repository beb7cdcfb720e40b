"""Shows one stopped job: the message and the tags for its owner, and the record for auditors."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

from rich.padding import Padding

from examples.demo.jobs import REGION
from guard.cli.terminal import Terminal, lines, styled

BUCKET, TOPIC, QUEUE = "guard-records", "stopped-jobs", "notices"
ClientOf = Callable[[str], Any]


def prepare(client_of: ClientOf) -> dict[str, str]:
    """Create bucket, topic, and a queue that receives the messages; return the function's environment variables for them."""
    client_of("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    topic = client_of("sns").create_topic(Name=TOPIC)["TopicArn"]
    sqs = client_of("sqs")
    queue = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    raw = {"RawMessageDelivery": "true"}
    client_of("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    return {
        "GUARD_RECORD_BUCKET": BUCKET,
        "GUARD_NOTICE_TAGS": "enabled",
        "GUARD_NOTICE_TOPIC_ARN": topic,
        "GUARD_EXEMPTION_URL": "https://wiki.example.com/exemptions",
    }


def show(console: Terminal, client_of: ClientOf, arn: str) -> int:
    """Print message, tags and record of the job; return how many of the three are missing."""
    name = arn.rsplit("/", 1)[1]
    message = next((text for text in _messages(client_of("sqs")) if f" {name} " in text), "")
    tags = client_of("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    guard_tags = [f"{tag['Key']}: {tag['Value']}" for tag in tags if tag["Key"].startswith("guard:")]
    records = [(key, record) for key, record in _records(client_of("s3")) if record["job_arn"] == arn]
    _print(console, f"The message to the owner of {name}:", message.strip())
    _print(console, "Its tags:", "\n".join(guard_tags))
    _print(console, "Its record, for audits:", "\n".join(f"{key}\n{_shown(record)}" for key, record in records))
    return sum(not found for found in (message, guard_tags, records))


def _print(console: Terminal, title: str, text: str) -> None:
    console.print()
    console.print(title, style="bold")
    console.print(Padding(lines(*(styled(line, overflow="fold") for line in text.split("\n"))), (0, 0, 0, 2)))


def _messages(sqs: Any) -> Iterator[str]:
    queue = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    while found := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        yield from (message["Body"] for message in found)


def _records(s3: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for listed in page.get("Contents", []):
            body = s3.get_object(Bucket=BUCKET, Key=listed["Key"])["Body"].read()
            yield listed["Key"], json.loads(gzip.decompress(body))


def _shown(record: dict[str, Any]) -> str:
    chosen = ("decision", "outcome", "mode", "rule_ids", "seconds_to_stop", "masked", "erased")
    return json.dumps({name: record[name] for name in chosen if name in record}, default=str)
