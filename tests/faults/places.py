"""The services to which the guard writes in addition to its log: the bucket of records, the queues, and the notices' channels."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from typing import Any

import boto3
from moto.backends import get_backend

from guard.operations.redrive import Queue, redrive
from tests.faults.delivery import Delivery, Function
from tests.faults.fault import BUCKET, TOPIC
from tests.support.cloudformation import rendered
from tests.support.jobs import ACCOUNT, REGION
from tests.support.lambda_runtime import LambdaFailed
from tests.support.state import let_time_pass


class Places:
    """Creates them as the template does, and reads and writes them without the proxy that spoils the guard's calls."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._sqs, self._s3 = self._client("sqs"), self._client("s3")
        self._s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self._client("sns").create_topic(Name=TOPIC.rpartition(":")[2])
        self._client("securityhub").enable_security_hub()
        self._queue = rendered(NoticeTags="enabled")["NoticeQueue"]["Properties"]
        self._make_queues()

    @property
    def queue(self) -> str:
        """The path of the notices' queue."""
        return f"/{ACCOUNT}/notices"

    def forget(self) -> None:
        """Empty the queues and the bucket."""
        for url in (self._letters, self._notices):
            self._sqs.delete_queue(QueueUrl=url)
        self._make_queues()
        for key in self._keys():
            self._s3.delete_object(Bucket=BUCKET, Key=key)

    def records(self) -> list[dict[str, Any]]:
        """Return the records in the bucket."""
        bodies = (self._s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in self._keys())
        return [json.loads(gzip.decompress(body)) for body in bodies]

    def letters(self) -> int:
        """Return the number of dead letters."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._letters, AttributeNames=names)["Attributes"]
        return sum(int(number) for number in found.values())

    def keep(self, event: object, delivery: Delivery) -> None:
        """Send the event of a failed invocation to the dead-letter queue, as Lambda does."""
        error = {"errorType": delivery.errors[-1], "errorMessage": "in a play"}
        self._send({"requestPayload": event, "requestContext": {}, "responsePayload": error})

    def give(self, function: Function) -> None:
        """Invoke the function with each message about a notice until it succeeds or SQS makes it a dead letter."""
        while messages := self._received():
            (message,) = messages
            record = {"messageId": message["MessageId"], "eventSource": "aws:sqs", "body": message["Body"]}
            handle = {"QueueUrl": self._notices, "ReceiptHandle": message["ReceiptHandle"]}
            error, answer = function.answer({"Records": [record]})
            if error is None and not answer["batchItemFailures"]:
                self._sqs.delete_message(**handle)
            else:
                let_time_pass(self._endpoint, self._queue["VisibilityTimeout"])
                self._sqs.change_message_visibility(**handle, VisibilityTimeout=0)

    def _received(self) -> list[Any]:
        """Receive a message, without waiting for the end of its delay."""
        for message in get_backend("sqs")[ACCOUNT][REGION].queues["notices"]._messages:
            message.delayed_until = 0.0
        return self._sqs.receive_message(QueueUrl=self._notices).get("Messages", [])

    def redrive(self, function: Function) -> list[str]:
        """Send the dead letters through the function, as the command does; return the result of each."""
        queue = Queue(self._sqs, self._letters)
        return [redriven.result for redriven in redrive(queue, _Lambda(function), "guard", 10)]

    def _make_queues(self) -> None:
        self._letters = self._sqs.create_queue(QueueName="letters")["QueueUrl"]
        policy = {**self._queue["RedrivePolicy"], "deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"}
        attributes = {"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": str(self._queue["VisibilityTimeout"])}
        self._notices = self._sqs.create_queue(QueueName="notices", Attributes=attributes)["QueueUrl"]

    def _keys(self) -> list[str]:
        return [found["Key"] for found in self._s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]

    def _send(self, body: Mapping[str, Any]) -> None:
        self._sqs.send_message(QueueUrl=self._letters, MessageBody=json.dumps(body))

    def _client(self, service: str) -> Any:
        make: Any = boto3.client
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return make(service, region_name=REGION, endpoint_url=self._endpoint, **keys)


class _Lambda:
    """A client of Lambda whose `invoke` runs the function of a play."""

    def __init__(self, function: Function) -> None:
        self._function = function

    def invoke(self, Payload: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803 - the API's name
        """Return the function's result, or its error."""
        try:
            answer, failed = self._function.warm().invoke(json.loads(Payload)), {}
        except LambdaFailed as exc:
            answer, failed = exc.body, {"FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}
