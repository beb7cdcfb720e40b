"""The guard's state, a table and a switch, created as in the template."""

from __future__ import annotations

import contextlib
from typing import Any

import boto3

from tests.support.cloudformation import STATE_TABLE, SWITCH, rendered
from tests.support.jobs import REGION


def create_state(endpoint: str) -> None:
    """Create both in a local AWS, unless they exist."""
    resources = rendered()
    table, switch = resources["StateTable"]["Properties"], resources["Switch"]["Properties"]
    members = {name: table[name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")}
    dynamodb = _client("dynamodb", endpoint)
    with contextlib.suppress(dynamodb.exceptions.ResourceInUseException):
        dynamodb.create_table(TableName=STATE_TABLE, **members)
    _client("ssm", endpoint).put_parameter(Name=SWITCH, Value=switch["Value"], Type=switch["Type"], Overwrite=True)


def forget_state(endpoint: str) -> None:
    """Delete all items of the table."""
    dynamodb = _client("dynamodb", endpoint)
    keys = [key["AttributeName"] for key in rendered()["StateTable"]["Properties"]["KeySchema"]]
    for item in dynamodb.scan(TableName=STATE_TABLE)["Items"]:
        dynamodb.delete_item(TableName=STATE_TABLE, Key={name: item[name] for name in keys})


def let_time_pass(endpoint: str, seconds: int) -> None:
    """Make the table's items older by this number of seconds."""
    dynamodb = _client("dynamodb", endpoint)
    units = {"until": 1000, "in_progress_expiration": 1000, "expiration": 1}
    for item in dynamodb.scan(TableName=STATE_TABLE)["Items"]:
        times = {name: int(item[name]["N"]) - seconds * unit for name, unit in units.items() if name in item}
        dynamodb.put_item(TableName=STATE_TABLE, Item=item | {name: {"N": str(time)} for name, time in times.items()})


def _client(service: str, endpoint: str) -> Any:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, region_name=REGION, endpoint_url=endpoint, **keys)
