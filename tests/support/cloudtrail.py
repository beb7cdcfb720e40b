"""CloudTrail records of SageMaker API calls, in the form in which EventBridge delivers them."""

from __future__ import annotations

import json
from typing import Any

from botocore import xform_name
from botocore.model import Shape

from guard.jobs import JobKind
from tests.support.jobs import ACCOUNT, REGION
from tests.support.minimal import service_model
from tools.local_sagemaker import CONTROL

CALLER = {
    "type": "AssumedRole",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/DataScientist/jane",
    "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{ACCOUNT}:role/DataScientist"}},
}


def called_event(sagemaker: Any, kind: JobKind, operation: str, **detail: Any) -> dict[str, Any]:
    """Return the event of the latest call of an operation that the simulated SageMaker received."""
    parameters = next(call.parameters for call in reversed(CONTROL.calls) if call.operation == operation)
    name = parameters[kind.name_field]
    keys = {field: parameters[field] for field in (kind.name_field, *kind.key_fields)}
    arn = kind.described(getattr(sagemaker, xform_name(kind.describe_operation))(**keys))[kind.arn_field]
    record = {
        "eventVersion": "1.09",
        "userIdentity": CALLER,
        "eventTime": "2026-11-23T10:00:00Z",
        "eventSource": "sagemaker.amazonaws.com",
        "eventName": operation,
        "awsRegion": REGION,
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "Boto3/1.40",
        "requestParameters": lowered(parameters, service_model().operation_model(operation).input_shape),
        "responseElements": {kind.arn_field[:1].lower() + kind.arn_field[1:]: arn},
        "eventID": f"call-of-{name}",
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
    }
    return _enveloped("AWS API Call via CloudTrail", {**record, **detail})


def service_event(name: str, kind: JobKind, operation: str) -> dict[str, Any]:
    """Return the event of a job that the service itself starts, such as a training job of a tuning job."""
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind.arn_resource}/{name}"
    record = {
        "eventVersion": "1.09",
        "userIdentity": {"accountId": ACCOUNT, "invokedBy": "sagemaker.amazonaws.com"},
        "eventTime": "2026-11-23T10:00:00Z",
        "eventSource": "sagemaker.amazonaws.com",
        "eventName": operation,
        "awsRegion": REGION,
        "requestParameters": None,
        "responseElements": None,
        "serviceEventDetails": {kind.arn_field[:1].lower() + kind.arn_field[1:]: arn},
        "eventID": f"service-event-of-{name}",
        "eventType": "AwsServiceEvent",
        "recipientAccountId": ACCOUNT,
    }
    return _enveloped("AWS Service Event via CloudTrail", record)


def lowered(value: Any, shape: Shape) -> Any:
    """Return parameters in CloudTrail's case: each field begins with a lower-case letter, keys of maps are unchanged."""
    match shape.type_name:
        case "structure":
            return {key[:1].lower() + key[1:]: lowered(member, shape.members[key]) for key, member in value.items()}
        case "list":
            return [lowered(member, shape.member) for member in value]
        case _:
            return value


def _enveloped(detail_type: str, record: dict[str, Any]) -> dict[str, Any]:
    event = {
        "version": "0",
        "id": record["eventID"],
        "detail-type": detail_type,
        "source": "aws.sagemaker",
        "account": ACCOUNT,
        "time": record["eventTime"],
        "region": REGION,
        "resources": [],
        "detail": record,
    }
    as_json: dict[str, Any] = json.loads(json.dumps(event))
    return as_json
