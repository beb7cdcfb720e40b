"""Creates clients of AWS services, with timeouts and retries."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

from guard.aws.parsers import Parsers
from guard.aws.refusals import refuse_foreign

# Describe and Stop respond in well under a second. All attempts at a few calls must fit in the function's timeout: if the guard
# is cut off, it can't report what failed for which job. In the retry mode `standard`, a client stops retrying after about 18
# failed calls, for the lifetime of the environment: if half of all attempts fail, 30% of a thousand calls fail in that mode, but
# 12% in the mode `legacy`, which has no such quota (benchmarks/retries.py).
BOTO = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "legacy", "total_max_attempts": 3}, tcp_keepalive=True
)

# For limits, records and notices, which must not delay a stop for long: at most two attempts of three seconds.
BRIEF = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "legacy", "total_max_attempts": 2}, tcp_keepalive=True
)


def client(service: str, config: Config = BOTO, arn: str = "") -> Any:
    """Return a botocore client: boto3's clients are the same, but importing boto3 also loads S3 transfer code.

    It calls the region of the ARN, if one is given, since the resource exists only there; else the function's region.
    """
    return _session().create_client(service, config=config, region_name=arn.split(":")[3] if arn else None)


@cache
def _session() -> botocore.session.Session:
    """Return the session that all clients share: they share loaded data, so a second client takes a quarter of the time."""
    session = botocore.session.get_session()
    session.register_component("response_parser_factory", Parsers())
    session.register("after-call", refuse_foreign)
    return session
