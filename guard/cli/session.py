"""The session that the commands make their clients with: of the region that the AWS CLI would take."""

from __future__ import annotations

import os

import boto3

from guard.cli.region import region_of


def new_session() -> boto3.Session:
    """Return a session of that region, or else of the one that boto3 finds. Raises what boto3 raises."""
    return boto3.Session(region_name=region_of(os.environ))
