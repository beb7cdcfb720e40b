"""The decision log in S3: every complete record, masked, as gzipped JSON that Athena can read."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

from guard.errors import LogError
from guard.log.event import is_kept, masked_event
from guard.log.masking import MaskPolicy
from guard.record import Record

PREFIX = "decisions"


class ObjectSink:
    """Writes each record to one key: the record after the stop replaces the one written before it."""

    name = "objects"

    def __init__(self, client: Callable[[], Any], bucket: str, policy: MaskPolicy, key_arn: str = "") -> None:
        """`client` creates the S3 client on first use; without a key, the bucket's default encryption applies."""
        self._client = client
        self._bucket = bucket
        self._policy = policy
        self._encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_arn} if key_arn else {}

    def write(self, record: Record) -> None:
        """Store the record. Raises LogError if it was stored without document and findings, because the masking policy failed."""
        if not is_kept(record):
            return
        event, hidden = masked_event(record, self._policy)
        self._client().put_object(
            Bucket=self._bucket,
            Key=key(record),
            Body=gzip.compress(event.model_dump_json().encode() + b"\n", mtime=0),
            ContentType="application/json",
            ContentEncoding="gzip",
            **self._encryption,
        )
        if hidden.failure is not None:
            raise LogError(
                "the record was written without its document and findings, because the masking policy failed",
                sink=self.name,
                decision_id=record.decision_id,
                job=record.job_arn,
                problem=str(hidden.failure),
            ) from hidden.failure


def key(record: Record) -> str:
    """Return the object's key, with the partitions of the Athena table: account, region and the day when the judging started."""
    home, day = record.home, record.started_at.date().isoformat()
    return f"{PREFIX}/account={home.account}/region={home.region}/date={day}/{record.decision_id}.json.gz"
