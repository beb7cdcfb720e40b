"""A complete record is an object of gzipped JSON; one that is stored without its values is reported."""

from __future__ import annotations

import gzip
import json

import pytest

from guard.errors import LogError
from guard.log.objects import ObjectSink
from tests.support.fakes import FakeSageMaker
from tests.support.masks import Broken, NoMasks
from tests.support.records import ARN, denied

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"


def test_a_record_without_its_values_is_written_and_reported() -> None:
    s3 = FakeSageMaker(PutObject={})
    with pytest.raises(LogError) as caught:
        ObjectSink(lambda: s3, "records", Broken()).write(denied())
    assert [operation for operation, _ in s3.calls] == ["PutObject"]
    assert caught.value.evidence == {
        "sink": "objects",
        "decision_id": "decision-1",
        "job": ARN,
        "problem": "the masking policy is undefined",
    }


def test_a_record_is_an_object_with_type_and_encoding() -> None:
    s3 = FakeSageMaker(PutObject={})
    ObjectSink(lambda: s3, "records", NoMasks()).write(denied())
    ((operation, put),) = s3.calls
    assert json.loads(gzip.decompress(put.pop("Body")))["decision_id"] == "decision-1"
    assert put.pop("Key").startswith("decisions/account=")
    assert (operation, put) == (
        "PutObject",
        {"Bucket": "records", "ContentType": "application/json", "ContentEncoding": "gzip"},
    )


def test_a_record_is_encrypted_with_the_deployments_key() -> None:
    s3 = FakeSageMaker(PutObject={})
    ObjectSink(lambda: s3, "records", NoMasks(), KEY).write(denied())
    ((_, put),) = s3.calls
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", KEY)
