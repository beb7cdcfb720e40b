"""Processing jobs."""

from __future__ import annotations

from collections.abc import Iterator

from guard.document import Command, InputType, Instance, Origin, Query, StorageInput, StorageOutput, Volume
from guard.extract.facts import Facts
from guard.extract.locations import outputs, storage_input, storage_output
from guard.extract.parts import JOB, experiment, image, instances, roles, settings, volume, vpc
from guard.extract.reading import Node, child, children, field_path, flag, number, text, texts, value
from guard.extract.resolve import Known

_QUERIES: dict[str, InputType] = {"AthenaDatasetDefinition": "athena", "RedshiftDatasetDefinition": "redshift"}


def processing(description: Node, name: str, _: Known) -> Facts:
    """Return the facts of a processing job."""
    origin = Origin(type=JOB, name=name)
    inputs = tuple(_inputs(description))
    return Facts(
        images=(image(value(description, "AppSpecification", "ImageUri"), "AppSpecification.ImageUri", origin),),
        instances=cluster_instances(description, "ProcessingResources"),
        inputs=inputs,
        outputs=tuple(_outputs(description)),
        volumes=cluster_volumes(description, "ProcessingResources"),
        environment=settings(description, "Environment", "Environment"),
        roles=(
            *roles(description, "RoleArn"),
            *(one.query.role_arn for one in inputs if one.query is not None and one.query.role_arn is not None),
        ),
        max_runtime_seconds=number(description, "StoppingCondition", "MaxRuntimeInSeconds"),
        isolated=flag(description, "NetworkConfig", "EnableNetworkIsolation"),
        vpc=vpc(description, "NetworkConfig", "VpcConfig"),
        encrypted_traffic=flag(description, "NetworkConfig", "EnableInterContainerTrafficEncryption"),
        command=command(child(description, "AppSpecification")),
        experiment=experiment(description),
    )


def command(specification: Node) -> Command:
    """Return the command of an app specification."""
    return Command(
        entrypoint=texts(specification, "ContainerEntrypoint") or None,
        arguments=texts(specification, "ContainerArguments") or None,
    )


def cluster_instances(node: Node, resources: str, prefix: str = "") -> tuple[Instance, ...]:
    """Return the instances of the cluster configuration below the field."""
    return instances(child(node, resources, "ClusterConfig"), field_path(prefix, f"{resources}.ClusterConfig"))


def cluster_volumes(node: Node, resources: str, prefix: str = "") -> tuple[Volume, ...]:
    """Return the volume of the cluster configuration below the field."""
    return volume(child(node, resources, "ClusterConfig"), f"{prefix}{resources}.ClusterConfig")


def _inputs(description: Node) -> Iterator[StorageInput]:
    for index, node in children(description, "ProcessingInputs"):
        name = text(node, "InputName") or f"ProcessingInputs[{index}]"
        dataset = child(node, "DatasetDefinition")
        local_path, mode = text(dataset, "LocalPath"), text(dataset, "InputMode")
        queries = [field for field in _QUERIES if child(dataset, field)]
        if "S3Input" in node:
            given = child(node, "S3Input")
            yield storage_input(
                name,
                text(given, "S3Uri"),
                text(given, "LocalPath"),
                input_mode=text(given, "S3InputMode"),
                data_type=text(given, "S3DataType"),
            )
        for field in queries:
            definition = child(dataset, field)
            yield storage_input(
                name,
                text(definition, "OutputS3Uri"),
                local_path,
                kind=_QUERIES[field],
                input_mode=mode,
                query=_query(definition),
            )
        if "S3Input" not in node and not queries:
            yield storage_input(name, None, local_path, kind="other", input_mode=mode)


def _query(definition: Node) -> Query:
    return Query(
        statement=text(definition, "QueryString"),
        catalog=text(definition, "Catalog"),
        database=text(definition, "Database"),
        work_group=text(definition, "WorkGroup"),
        cluster=text(definition, "ClusterId"),
        user=text(definition, "DbUser"),
        role_arn=text(definition, "ClusterRoleArn"),
    )


def _outputs(description: Node) -> Iterator[StorageOutput]:
    """Yield the job's outputs, and the locations where queries for its inputs store their results."""
    config = child(description, "ProcessingOutputConfig")
    kms_key = text(config, "KmsKeyId")
    for index, node in children(config, "Outputs"):
        name = text(node, "OutputName") or f"ProcessingOutputConfig.Outputs[{index}]"
        group = text(node, "FeatureStoreOutput", "FeatureGroupName")
        if child(node, "S3Output") or group is None:
            yield storage_output(name, text(node, "S3Output", "S3Uri"), kms_key, text(node, "S3Output", "LocalPath"))
        if group is not None:
            yield storage_output(name, group, kms_key)
    for index, node in children(description, "ProcessingInputs"):
        for field in _QUERIES:
            path = ("DatasetDefinition", field)
            yield from outputs(node, f"ProcessingInputs[{index}].{'.'.join(path)}", "OutputS3Uri", *path)
