"""Find the fields of SageMaker's API model that can name a container image, and those that the extractors read.

A field counts as read if a description that only has a probe in this field gives a document with the probe. This checks the
guard's actual behavior, not a list of expected fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.loaders import Loader

from guard.extract import extract
from guard.jobs import JOB_KINDS
from guard.resources import ALGORITHM, MODEL, MODEL_PACKAGE, RESOURCE_KINDS, Resource, ResourceKind

# Names, of shapes or fields, of an image itself, and of resources that have one.
_IMAGE = re.compile(r"image|registry|docker|container(uri|arn)?$", re.IGNORECASE)
_OWNER = re.compile(
    r"(algorithm|model|package|definition|evaluator|recipe|hub\w*|specification)(version)?(name|arn|id)$", re.IGNORECASE
)

PROBE = "registry.example.com/probe:1"
DIGEST = f"sha256:{'5' * 64}"


@cache
def service_model() -> dict[str, Any]:
    """Return botocore's SageMaker model, which callers must not change."""
    model: dict[str, Any] = Loader().load_service_model("sagemaker", "service-2")
    return model


@dataclass(frozen=True, order=True)
class Field:
    """A text field of an operation's input; `path` has `[]` after each list."""

    operation: str
    path: str


def image_fields(model: dict[str, Any], operation: str) -> list[Field]:
    """Return the fields of the operation's input that can name an image."""
    shape = model["operations"][operation]["input"]["shape"]
    texts = _texts(model["shapes"], shape, "", ())
    free = ((path, name) for path, name in texts if "enum" not in model["shapes"][name])
    return [Field(operation, path) for path, name in free if _names_image(path, name)]


def _names_image(path: str, shape: str) -> bool:
    name = path.rpartition(".")[2].removesuffix("[]")
    return any(_IMAGE.search(text) or _OWNER.search(text) for text in (name, shape))


def _texts(shapes: dict[str, Any], name: str, path: str, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    shape = shapes[name]
    if name in above:
        return
    if shape["type"] == "structure":
        for member, reference in shape["members"].items():
            yield from _texts(shapes, reference["shape"], f"{path}.{member}" if path else member, (*above, name))
    elif shape["type"] == "list":
        yield from _texts(shapes, shape["member"]["shape"], f"{path}[]", (*above, name))
    elif shape["type"] == "map":
        yield from _texts(shapes, shape["value"]["shape"], f"{path}{{}}", (*above, name))
    elif shape["type"] == "string":
        yield path, name


def seen(field: Field) -> bool:
    """Return whether the extractors read the field."""
    # Specifications that an update adds have another field name in the description.
    path = field.path.replace("AdditionalInferenceSpecificationsToAdd", "AdditionalInferenceSpecifications")
    description: dict[str, Any] = {}
    if path.endswith("Digest"):
        _put(description, path.removesuffix("Digest"), PROBE)
        _put(description, path, DIGEST)
    else:
        _put(description, path, PROBE)
    return any(_shows(kind, described, known, path) for kind, described, known in _jobs(field.operation, description))


def _shows(kind: str, description: dict[str, Any], known: dict[Resource, Any], path: str) -> bool:
    facts = extract(kind, description, "job-1", known)
    if path.endswith("Digest"):
        return any(image.claimed_digest == DIGEST for image in facts.images)
    return any(image.raw == PROBE for image in facts.images) or any(
        resource.name in {PROBE, PROBE.rpartition("/")[2]} for resource in facts.unresolved
    )


def _put(node: dict[str, Any], path: str, value: str) -> None:
    *steps, last = path.split(".")
    for step in steps:
        inner: dict[str, Any] = {}
        name = step.removesuffix("[]")
        found = node.setdefault(name, [inner] if step.endswith("[]") else inner)
        node = found[0] if isinstance(found, list) else found
    node[last.removesuffix("[]")] = [value] if last.endswith("[]") else value


def _jobs(operation: str, description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[Resource, Any]]]:
    """Yield the jobs whose documents can have the operation's fields: its own job, or one that names its resource."""
    for kind in JOB_KINDS:
        if operation in (*kind.create_operations, *kind.update_operations):
            # MonitoringType decides which operation describes the definition.
            yield kind.id, {"MonitoringType": "ModelBias", **description}, {}
    for row in RESOURCE_KINDS:
        if operation in (*row.create_operations, *row.update_operations):
            yield from _naming(row, description)


def _naming(
    row: ResourceKind, description: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any], dict[Resource, Any]]]:
    resource = {Resource(row.id, "named"): description}
    if row == ALGORITHM:
        yield "training", {"AlgorithmSpecification": {"AlgorithmName": "named"}}, resource
    elif row == MODEL:
        yield "transform", {"ModelName": "named"}, resource
    elif row == MODEL_PACKAGE:
        # The probed specification has no name, so it is read because no specification has the requested name.
        package = {"ModelPackageName": "named", "InferenceSpecificationName": "other"}
        yield "transform", {"ModelName": "m"}, {Resource(MODEL.id, "m"): {"PrimaryContainer": package}, **resource}
    else:
        monitoring_type = row.image_field.partition("AppSpecification")[0]
        config = {"MonitoringJobDefinitionName": "named", "MonitoringType": monitoring_type}
        yield "monitoring-schedule", {"MonitoringScheduleConfig": config}, resource


def map_fields(model: dict[str, Any], operation: str) -> set[str]:
    """Return the names of the operation's map fields, whose keys a user chooses."""
    shape = model["operations"][operation]["input"]["shape"]
    paths = (path for path, _ in _texts(model["shapes"], shape, "", ()) if "{}" in path)
    return {path.partition("{}")[0].rpartition(".")[2] for path in paths}
