"""Jobs that measure a model's performance behind an endpoint: AI recommendations and benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from guard.document import Image, Instance, Origin, StorageInput
from guard.extract.facts import Facts
from guard.extract.locations import outputs, storage_input
from guard.extract.parts import JOB, mlflow, picked_image, roles, vpc
from guard.extract.reading import Node, child, children, text, texts, union_members
from guard.extract.resolve import Known

WORKLOAD = "AIWorkloadConfigIdentifier"


def ai_recommendation(description: Node, name: str, _: Known) -> Facts:
    """Return the facts of an AI recommendation job."""
    compute = child(description, "ComputeSpec")
    types = texts(compute, "InstanceTypes")
    output = child(description, "OutputConfig")
    return Facts(
        images=_image(description, "ModelSource", name, "the service picks the containers that it tries"),
        instances=tuple(Instance(type=one, count=None) for one in types),
        inputs=(*_model_data(description), *_workload(description)),
        outputs=outputs(description, "OutputConfig", "S3OutputLocation", "OutputConfig"),
        roles=roles(description, "RoleArn"),
        training_plans=texts(compute, "CapacityReservationConfig", "MlReservationArns"),
        mlflow=mlflow(output),
        package_group=text(output, "ModelPackageGroupIdentifier"),
        lacks=frozenset() if types else frozenset({"instances"}),
    )


def ai_benchmark(description: Node, name: str, _: Known) -> Facts:
    """Return the facts of an AI benchmark job."""
    targets = union_members(child(description, "BenchmarkTarget"), "BenchmarkTarget")
    found = (text(target, "Identifier") for _, target in targets)
    return Facts(
        images=_image(description, "BenchmarkTarget", name, "the service's own load generator"),
        inputs=tuple(_workload(description)),
        outputs=outputs(description, "OutputConfig", "S3OutputLocation", "OutputConfig"),
        roles=roles(description, "RoleArn"),
        vpc=vpc(description, "NetworkConfig", "VpcConfig"),
        endpoints=tuple(endpoint for endpoint in found if endpoint is not None),
        mlflow=mlflow(child(description, "OutputConfig")),
    )


def _image(description: Node, union: str, name: str, message: str) -> tuple[Image, ...]:
    """Return the image that the service picks, or an unknown image if the member of the union is unknown."""
    path, member = next(union_members(child(description, union), union), (union, {}))
    return (picked_image(path, member, Origin(type=JOB, name=name), message),)


def _model_data(description: Node) -> Iterator[StorageInput]:
    for path, source in union_members(child(description, "ModelSource"), "ModelSource"):
        if (uri := text(source, "S3Uri")) is not None:
            yield storage_input(path, uri)
    adapters = child(description, "AdapterSource")
    if adapters and not {"S3Uris", "ModelPackageArns"} & adapters.keys():
        # For a union member that it doesn't know, botocore returns only the name.
        yield storage_input("AdapterSource", None, kind="other")
    for index, adapter in children(description, "AdapterSource", "S3Uris"):
        yield storage_input(f"AdapterSource.S3Uris[{index}]", text(adapter, "S3Uri"))
    for index, adapter in children(description, "AdapterSource", "ModelPackageArns"):
        package = text(adapter, "ModelPackageArn")
        yield storage_input(f"AdapterSource.ModelPackageArns[{index}]", package, kind="other")


def _workload(description: Node) -> Iterator[StorageInput]:
    """Yield the workload configuration, which names the data that is sent; it isn't described further."""
    if (workload := text(description, WORKLOAD)) is not None:
        yield storage_input(WORKLOAD, workload, kind="other")
