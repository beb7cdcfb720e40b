"""Processing jobs."""

from __future__ import annotations

from collections.abc import Iterator

from guard.document import Command, Instance, Origin, StorageInput, StorageOutput, Volume
from guard.extract.facts import Facts
from guard.extract.locations import outputs, storage_input, storage_output
from guard.extract.parts import JOB, image, instances, roles, settings, vpc
from guard.extract.reading import Node, child, children, flag, number, text, texts, value
from guard.extract.resolve import Known

_QUERIES = (("AthenaDatasetDefinition", "athena"), ("RedshiftDatasetDefinition", "redshift"))


def processing(description: Node, name: str, _: Known) -> Facts:
    """Return the facts of a processing job."""
    origin = Origin(type=JOB, name=name)
    return Facts(
        images=(image(value(description, "AppSpecification", "ImageUri"), "AppSpecification.ImageUri", origin),),
        instances=cluster_instances(description, "ProcessingResources"),
        inputs=tuple(_inputs(description)),
        outputs=tuple(_outputs(description)),
        volumes=cluster_volumes(description, "ProcessingResources"),
        environment=settings(description, "Environment", "Environment"),
        roles=roles(description, "RoleArn"),
        max_runtime_seconds=number(description, "StoppingCondition", "MaxRuntimeInSeconds"),
        isolated=flag(description, "NetworkConfig", "EnableNetworkIsolation"),
        vpc=vpc(description, "NetworkConfig", "VpcConfig"),
        encrypted_traffic=flag(description, "NetworkConfig", "EnableInterContainerTrafficEncryption"),
        command=command(child(description, "AppSpecification")),
    )


def command(specification: Node) -> Command:
    """Return the command of an app specification."""
    return Command(
        entrypoint=texts(specification, "ContainerEntrypoint") or None,
        arguments=texts(specification, "ContainerArguments") or None,
    )


def cluster_instances(node: Node, resources: str) -> tuple[Instance, ...]:
    """Return the instances of the cluster configuration below the field."""
    return instances(child(node, resources, "ClusterConfig"), "InstancePreferences")


def cluster_volumes(node: Node, resources: str, prefix: str = "") -> tuple[Volume, ...]:
    """Return the volume of the cluster configuration below the field."""
    cluster = child(node, resources, "ClusterConfig")
    name = f"{prefix}{resources}.ClusterConfig"
    return (Volume(name=name, kms_key=text(cluster, "VolumeKmsKeyId")),) if cluster else ()


def _inputs(description: Node) -> Iterator[StorageInput]:
    for index, node in children(description, "ProcessingInputs"):
        name = text(node, "InputName") or f"ProcessingInputs[{index}]"
        dataset = child(node, "DatasetDefinition")
        query = next(((child(dataset, field), kind) for field, kind in _QUERIES if child(dataset, field)), None)
        if "S3Input" in node:
            yield storage_input(name, text(node, "S3Input", "S3Uri"), text(node, "S3Input", "LocalPath"))
        elif query is not None:
            definition, kind = query
            yield storage_input(
                name,
                text(definition, "OutputS3Uri"),
                text(dataset, "LocalPath"),
                kind="athena" if kind == "athena" else "redshift",
            )
        else:
            yield storage_input(name, None, text(dataset, "LocalPath"), kind="other")


def _outputs(description: Node) -> Iterator[StorageOutput]:
    """Outputs of the job, and where a query that feeds it leaves its result."""
    config = child(description, "ProcessingOutputConfig")
    kms_key = text(config, "KmsKeyId")
    for index, node in children(config, "Outputs"):
        name = text(node, "OutputName") or f"ProcessingOutputConfig.Outputs[{index}]"
        group = text(node, "FeatureStoreOutput", "FeatureGroupName")
        yield storage_output(name, text(node, "S3Output", "S3Uri") or group, kms_key)
    for index, node in children(description, "ProcessingInputs"):
        for field, _ in _QUERIES:
            path = ("DatasetDefinition", field)
            yield from outputs(node, f"ProcessingInputs[{index}].{'.'.join(path)}", "OutputS3Uri", *path)
