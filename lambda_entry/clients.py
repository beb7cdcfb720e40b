"""The clients of AWS services, and how long their calls may take."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

from guard.aws.parsers import Parsers
from guard.aws.refusals import refuse_foreign

# Describe and Stop answer in well under a second. All attempts at a few calls must fit in the function's timeout: a guard
# that is cut off there can say neither what failed nor for which job. In the mode `standard` a client makes no retries any more
# once some 18 calls have failed, for as long as the environment lives: with half of all attempts failing, 30% of a thousand calls
# fail there, 12% in the mode `legacy`, which has no such quota (benchmarks/retries.py).
BOTO = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "legacy", "total_max_attempts": 3}, tcp_keepalive=True
)

# What only tells of a decision must not keep the next job from being stopped: two attempts of three seconds at most.
BRIEF = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "legacy", "total_max_attempts": 2}, tcp_keepalive=True
)


def client(service: str, config: Config = BOTO, arn: str = "") -> Any:
    """Return a client of botocore's: boto3's own is the same one, and boto3 loads what moves objects of S3 besides.

    It calls the region of the ARN, where one is given, else the function's: no other knows what has that ARN.
    """
    return _session().create_client(service, config=config, region_name=arn.split(":")[3] if arn else None)


@cache
def _session() -> botocore.session.Session:
    """One for all clients: what they read in common, a second client has for a quarter of the price."""
    session = botocore.session.get_session()
    session.register_component("response_parser_factory", Parsers())
    session.register("after-call", refuse_foreign)
    return session
