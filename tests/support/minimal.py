"""The smallest valid parameters of any AWS operation, generated from the API model."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel, Shape

from tests.support.jobs import ROLE

# Members that the service requires although the model doesn't, and values that must match a pattern.
TEXT = {"S3": "s3://bucket/prefix", "Arn": ROLE, "Image": "registry/repository:tag"}


@cache
def service_model(service: str = "sagemaker") -> ServiceModel:
    """Return botocore's API model."""
    return botocore.session.get_session().get_service_model(service)


def minimal(operation: str, **parameters: Any) -> dict[str, Any]:
    """Return the required parameters of a SageMaker operation; `parameters` are added, or replace them."""
    return {**_value(service_model().operation_model(operation).input_shape, operation), **parameters}


def _value(shape: Shape, name: str) -> Any:
    match shape.type_name:
        case "structure" if shape.is_tagged_union:
            member = next(iter(shape.members))
            return {member: _value(shape.members[member], member)}
        case "structure":
            return {member: _value(shape.members[member], member) for member in shape.required_members}
        case "list":
            return [_value(shape.member, name)] * max(1, shape.metadata.get("min", 0))
        case "map":
            return {}
        case "string":
            return shape.enum[0] if shape.enum else _text(shape, name)
        case "boolean":
            return False
        case number if number in {"integer", "long", "float", "double"}:
            return shape.metadata.get("min", 1)
        case other:
            raise NotImplementedError(f"{name}: {other}")


def _text(shape: Shape, name: str) -> str:
    text = next((text for word, text in TEXT.items() if word in name), "text")
    return text.ljust(shape.metadata.get("min", 0), "x")
