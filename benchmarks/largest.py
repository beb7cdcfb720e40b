"""The largest job of each kind that the API's limits allow: every list and map is full, every string has its maximum length.

The API's model has no limit for the size of a whole request; here a description has some 4 MB of strings. Strings have four bytes
per character if allowed, look like credentials if any text is allowed, and are all different.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

from guard.document import Command, DenyList, Document, Setting, Source
from guard.extract import extract
from guard.extract.bounds import SETTINGS_BYTES, bounded
from guard.jobs import BY_KIND, JobKind
from guard.normalize import normalize
from guard.refs import Collected, Home, JobRef, job_arn
from guard.resources import BY_RESOURCE_KIND, Resource
from tools.image_fields import service_model

# Limits where the model has none. More than _MOST entries would only repeat the same work.
_LENGTH, _KEY, _ENTRIES, _MOST = 1024, 256, 50, 200
_DEEP = 12
# Short enough for many variables with findings, long enough to repeat the texts that rules search for.
_VALUE = 200
# A training job's entrypoint, and its arguments.
_WORDS, _WORD = 100, 256
_BYTES = 4_000_000
_HOME = Home("123456789012", "eu-west-1", "aws")
_SOURCE = Source(type="check", id="largest", time=datetime(2026, 11, 24, 12, tzinfo=UTC))
_DENIED = "pytorch-training:1.10-cpu-py38"
_TAGS = 50


def largest(kind: JobKind) -> Document:
    """Return the document of the largest job of this kind."""
    filler = _Filler()
    description = kind.described(filler.answer(kind.describe_operation))
    return _document(kind, description, filler)


def on_one_package() -> Document:
    """Return an inference-recommendations job on one model package: 10 specifications of 15 containers with 16 variables."""
    filler = _Filler()
    kind = BY_KIND["inference-recommendations"]
    names = [f"specification-{number}" for number in range(10)]
    package = {
        "AdditionalInferenceSpecifications": [
            {"Name": name, "Containers": filler.containers(15, 16)} for name in names
        ],
        "ModelApprovalStatus": "Approved",
    }
    config = {
        "ModelPackageVersionArn": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/package/1",
        "EndpointConfigurations": [
            {"InstanceType": "ml.m5.large", "InferenceSpecificationName": name} for name in names
        ],
    }
    return _document(kind, {"Status": "IN_PROGRESS", "InputConfig": config}, filler, {"model-package": package})


def on_many_packages() -> Document:
    """Return a transform job on a model of 15 packages with 16 specifications, none of which is selected: 3,600 containers."""
    filler = _Filler()
    package_arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/package/{}"
    model = {
        "Containers": [
            {"ModelPackageName": package_arn.format(number), "InferenceSpecificationName": "none"}
            for number in range(15)
        ]
    }

    def package() -> dict[str, Any]:
        specifications = [{"Name": f"s-{number}", "Containers": filler.containers(15, 1)} for number in range(16)]
        return {"AdditionalInferenceSpecifications": specifications, "ModelApprovalStatus": "Approved"}

    description = {"TransformJobStatus": "InProgress", "ModelName": "model"}
    return _document(BY_KIND["transform"], description, filler, {"model": model, "model-package": package})


def repeating(text: str) -> Document:
    """Return the largest training job whose command and variables, as many as a document can hold, repeat the text."""
    value = text * (_VALUE // len(text))
    words = tuple(f"{number} {text * _WORD}"[:_WORD] for number in range(_WORDS))
    room = SETTINGS_BYTES - 2 * _WORDS * _WORD
    variables = tuple(
        Setting(slot="Environment", name=f"SM_{number}", value=f"{number} {value}") for number in range(room // _VALUE)
    )
    _, environment = bounded((), variables, room)
    changes = {"environment": environment, "hyperparameters": (), "command": Command(entrypoint=words, arguments=words)}
    return largest(BY_KIND["training"]).model_copy(update=changes)


def _document(
    kind: JobKind, description: dict[str, Any], filler: _Filler, answers: Mapping[str, Any] | None = None
) -> Document:
    """Return the document. `answers` has, by kind of resource, a description to use in place of the largest, or a function."""
    known: dict[Resource, Any] = {}
    while wanted := sorted(set(extract(kind.id, description, "job-1", known).unresolved)):
        known |= {
            resource: _made((answers or {}).get(resource.kind))
            or filler.answer(BY_RESOURCE_KIND[resource.kind].describe_operation)
            for resource in wanted
        }
    tags = {filler.text(128, None): filler.text(256, None) for _ in range(_TAGS)}
    ref = JobRef(kind, "job-1", job_arn("job-1", kind, _HOME), _HOME, _SOURCE, None, {})
    return normalize(ref, Collected(description, tags, known), DenyList(images={}, patterns=()))


def _made(answer: Any) -> Any:
    return answer() if callable(answer) else answer


class _Filler:
    """Makes values of the API's shapes, each as large as allowed."""

    def __init__(self) -> None:
        self._shapes = service_model()["shapes"]
        self._numbers = count(1)
        self._left = 0

    def answer(self, operation: str) -> dict[str, Any]:
        """Return the largest response of the operation."""
        self._left = _BYTES
        filled: dict[str, Any] = self._value("", service_model()["operations"][operation]["output"]["shape"], 0)
        return filled

    def containers(self, number: int, variables: int) -> list[dict[str, Any]]:
        """Return this number of containers with `variables` variables each, whose names and values have 1,024 characters."""
        return [
            {
                "Image": f"r{next(self._numbers)}.example.com/" + "a/" * 100 + _DENIED,
                "ModelDataUrl": f"s3://bucket-{next(self._numbers)}/".ljust(1024, "x"),
                "Environment": {
                    f"SECRET_KEY_{next(self._numbers)}_".ljust(1024, "x"): self.text(1024, None)
                    for _ in range(variables)
                },
            }
            for _ in range(number)
        ]

    def text(self, length: int, pattern: str | None) -> str:
        """Return a unique string of the maximum length."""
        start = f"--password=AKIA{next(self._numbers):016d}"
        for text in (start + "\N{PILE OF POO}" * length, start + "x" * length):
            if _fits(pattern, text[:length]):
                self._left -= len(text[:length].encode())
                return text[:length]
        return f"a{next(self._numbers)}" + "x" * max(0, length - 12)

    def _value(self, member: str, name: str, depth: int) -> Any:
        shape = self._shapes[name]
        match shape["type"]:
            case "structure" if depth < _DEEP:
                members = shape["members"].items()
                if shape.get("union"):
                    members = [max(members, key=lambda item: _weight(item[1]["shape"], depth))]
                return {key: self._value(key, reference["shape"], depth + 1) for key, reference in members}
            case "structure":
                return {}
            case "list":
                entries = range(self._entries(shape))
                return [self._value(member, shape["member"]["shape"], depth + 1) for _ in entries]
            case "map":
                value = shape["value"]["shape"]
                return {self._key(shape): self._value(member, value, depth + 1) for _ in range(self._entries(shape))}
            case _:
                return self._scalar(member, name, shape)

    def _scalar(self, member: str, name: str, shape: dict[str, Any]) -> Any:
        match shape["type"]:
            case "string":
                return self._string(member, name, shape)
            case "timestamp":
                return _SOURCE.time
            case "boolean":
                return False
            case _:
                return min(shape.get("max", 2**31), 2**31)

    def _key(self, shape: dict[str, Any]) -> str:
        longest = min(self._shapes[shape["key"]["shape"]].get("max", _KEY), _KEY)
        return f"SECRET_KEY_{next(self._numbers)}_".ljust(longest, "x")

    def _entries(self, shape: dict[str, Any]) -> int:
        return min(int(shape.get("max", _ENTRIES)), _MOST) if self._left > 0 else 1

    def _string(self, member: str, name: str, shape: dict[str, Any]) -> str:
        length = min(shape.get("max", _LENGTH), 2**15)
        if "enum" in shape:
            return str(shape["enum"][0])
        if "Image" in member or "Image" in name:
            host = f"r{next(self._numbers)}.example.com/"
            return host + "a/" * ((length - len(host) - len(_DENIED)) // 2) + _DENIED
        if "Status" in member:
            return "InProgress"
        if "S3" in name or "Uri" in name:
            return f"s3://bucket-{next(self._numbers)}/".ljust(length, "x")
        if name.endswith("Arn"):
            kind = re.sub(r"(?<!^)(?=[A-Z])", "-", name.removesuffix("Arn")).lower()
            return f"arn:aws:sagemaker:eu-west-1:123456789012:{kind}/{next(self._numbers)}".ljust(length, "x")
        return self.text(length, shape.get("pattern"))


@cache
def _weight(name: str, depth: int) -> int:
    """Return the number of values in the largest value of a shape."""
    shape = service_model()["shapes"][name]
    if depth >= _DEEP:
        return 1
    match shape["type"]:
        case "structure":
            weights = [_weight(member["shape"], depth + 1) for member in shape["members"].values()]
            return max(weights, default=1) if shape.get("union") else 1 + sum(weights)
        case "list":
            return 1 + min(int(shape.get("max", _ENTRIES)), _MOST) * _weight(shape["member"]["shape"], depth + 1)
        case "map":
            return 1 + min(int(shape.get("max", _ENTRIES)), _MOST) * _weight(shape["value"]["shape"], depth + 1)
        case _:
            return 1


def _fits(pattern: str | None, text: str) -> bool:
    """Whether the text matches the pattern; False for a pattern that Python can't compile, so that a plain text is used."""
    if pattern is None:
        return True
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return False
