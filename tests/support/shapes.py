"""Values of SageMaker's API shapes, from complete ones to broken ones that the service should never send."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

from tests.support.jobs import DENIED
from tools.image_fields import service_model

IMAGES = (
    DENIED,
    "registry.example.com:5000/team/image",
    "Not An Image",
    "",
)
WRONG: tuple[Any, ...] = (
    None,
    None,
    "",
    0,
    -1,
    2**70,
    1.5,
    float("nan"),
    True,
    [],
    {},
    [None],
    {"": None},
    "\ud800",
    b"x",
)


def copied_model() -> dict[str, Any]:
    """Return a model that a caller may change."""
    copy: dict[str, Any] = json.loads(json.dumps(service_model()))
    return copy


def answer(operation: str, seed: int) -> dict[str, Any]:
    """Return the seed's random response of the operation, with missing and null members, and some of a wrong type."""
    model = service_model()
    shape = model["operations"][operation]["output"]["shape"]
    return _Maker(model["shapes"], random.Random(seed)).structure(shape, 0)


def with_nulls(operation: str, found: dict[str, Any]) -> Any:
    """Return the response of the operation with null for each missing member, as in some events."""
    model = service_model()
    return _filled(model["shapes"], model["operations"][operation]["output"]["shape"], found)


def _filled(shapes: dict[str, Any], name: str, found: Any) -> Any:
    shape = shapes[name]
    if shape["type"] == "structure" and isinstance(found, dict):
        known = {member: reference["shape"] for member, reference in shape["members"].items()}
        return dict.fromkeys(known) | {
            key: _filled(shapes, known[key], value) if key in known else value for key, value in found.items()
        }
    if shape["type"] == "list" and isinstance(found, list):
        return [_filled(shapes, shape["member"]["shape"], one) for one in found]
    return found


class _Maker:
    def __init__(self, shapes: dict[str, Any], generator: random.Random) -> None:
        self.shapes = shapes
        self.random = generator
        self.holes = generator.choice((0.0, 0.1, 0.5))
        self.faults = generator.choice((0.0, 0.0, 0.05, 0.3))

    def structure(self, name: str, depth: int) -> dict[str, Any]:
        members = self.shapes[name]["members"]
        return {
            member: self.value(reference["shape"], depth + 1)
            for member, reference in members.items()
            if self.random.random() >= self.holes
        }

    def value(self, name: str, depth: int) -> Any:
        if self.random.random() < self.faults:
            return self.random.choice(WRONG)
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            return self.structure(name, depth) if depth < 9 else {}
        if kind == "list":
            return [self.value(shape["member"]["shape"], depth + 1) for _ in range(self.random.randrange(3))]
        if kind == "map":
            return {
                self.text(): self.value(shape["value"]["shape"], depth + 1) for _ in range(self.random.randrange(3))
            }
        return self.scalar(name, shape)

    def scalar(self, name: str, shape: dict[str, Any]) -> Any:
        if "enum" in shape:
            return self.random.choice(shape["enum"])
        if "Image" in name:
            return self.random.choice(IMAGES)
        if shape["type"] == "string":
            return self.text()
        if shape["type"] == "boolean":
            return self.random.random() < 0.5
        if shape["type"] == "timestamp":
            return self.random.choice((datetime(2024, 3, 5, tzinfo=UTC), 1709633700000, "1709633700000", 1709633700.5))
        return self.random.choice((0, 1, 5, 86400, 2**40))

    def text(self) -> str:
        words = (
            "a",
            "B-7",
            "s3://bucket/key",
            "s3://",
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/p/x",
            "é\n",
            " ",
        )
        return self.random.choice(words)
