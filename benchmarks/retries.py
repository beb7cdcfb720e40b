"""The share of failing calls for each of botocore's retry modes, in a long outage in which half of all attempts fail.

    make benchmark

The mode `standard` has a quota per client; when it is used up, each call is attempted only once.
"""

from __future__ import annotations

import json
import random
import sys
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from guard.aws.refusals import CALL_ERRORS
from lambda_entry.clients import BOTO

CALLS, FIRST = 1000, 20
FAILING = 0.5
_ATTEMPTS = BOTO.retries["total_max_attempts"]  # type: ignore[attr-defined]  # botocore sets its options as attributes


def _answer(status: int, body: dict[str, Any]) -> AWSResponse:
    raw = SimpleNamespace(stream=lambda *_, **__: iter([json.dumps(body).encode()]))
    return AWSResponse("https://localhost", status, {"content-type": "application/x-amz-json-1.1"}, raw)


def failed(mode: str) -> list[bool]:
    """Return for each call whether it fails in this mode; the random failures are the same for each mode."""
    fates = random.Random(12)
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none", "region_name": "eu-west-1"}
    config = Config(retries={"mode": mode, "total_max_attempts": _ATTEMPTS})
    client = botocore.session.get_session().create_client("sagemaker", config=config, **keys)

    def send(**_: object) -> AWSResponse:
        if fates.random() < FAILING:
            return _answer(400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
        return _answer(200, {"Tags": []})

    client.meta.events.register("before-send.sagemaker", send)
    return [_fails(client) for _ in range(CALLS)]


def _fails(client: Any) -> bool:
    try:
        client.list_tags(ResourceArn="arn:aws:sagemaker:eu-west-1:123456789012:training-job/job")
    except CALL_ERRORS:
        return True
    return False


def _share(calls: list[bool]) -> float:
    return sum(calls) / len(calls)


def main() -> None:
    # Failures are only counted, so the pauses between attempts are skipped.
    botocore.endpoint.time = SimpleNamespace(sleep=lambda _: None)  # type: ignore[attr-defined]
    chosen = BOTO.retries["mode"]  # type: ignore[attr-defined]
    for mode in ("legacy", "standard"):
        calls = failed(mode)
        first, later = _share(calls[:FIRST]), _share(calls[FIRST:])
        mark = "  (the guard)" if mode == chosen else ""
        sys.stdout.write(
            f"{mode:9} {first:4.0%} of the first {FIRST} calls fail, {later:4.0%} of the other {CALLS - FIRST}{mark}\n"
        )
    sys.stdout.write(f"with three attempts and no quota: {FAILING**_ATTEMPTS:.1%}\n")


if __name__ == "__main__":
    main()
