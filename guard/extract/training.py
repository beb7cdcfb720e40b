"""Training jobs and the definitions of tuning jobs, which have the same fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from guard.document import Command, Image, Instance, Origin, Part, StorageOutput, Volume
from guard.extract.facts import Facts, join, merge_weakest
from guard.extract.locations import data_source, inputs, outputs
from guard.extract.parts import JOB, image, instances, roles, settings, unknown_image, vpc
from guard.extract.reading import Node, child, children, field_path, flag, number, text, texts, value
from guard.extract.resolve import Known, resolve
from guard.resources import ALGORITHM

# SageMaker picks the cluster of a serverless job.
_SERVERLESS_LACKS: frozenset[Part] = frozenset({"instances", "instance-count", "volumes", "spot", "warm-pool"})
RULES = ("DebugRuleConfigurations", "ProfilerRuleConfigurations")


def training(description: Node, name: str, known: Known) -> Facts:
    """Return the facts of a training job."""
    origin = Origin(type=JOB, name=name)
    facts = join(_definition(description, "", origin, known), _rules(description, origin))
    return replace(facts, remote_debug=flag(description, "RemoteDebugConfig", "EnableRemoteDebug"))


def tuning(description: Node, name: str, known: Known) -> Facts:
    """Return the facts of all training job definitions of a tuning job, merged to the weakest."""
    origin = Origin(type=JOB, name=name)
    single = child(description, "TrainingJobDefinition")
    several = [
        (f"TrainingJobDefinitions[{index}]", node) for index, node in children(description, "TrainingJobDefinitions")
    ]
    # An empty single definition stands beside the list in events; alone, it is a definition without an image.
    parts = [("TrainingJobDefinition", single)] if single or not several else []
    return merge_weakest([_definition(node, prefix, origin, known) for prefix, node in (*parts, *several)])


def _definition(node: Node, prefix: str, origin: Origin, known: Known) -> Facts:
    algorithm = _algorithm(node, prefix, origin, known)
    return join(
        Facts(
            instances=(
                *instances(child(node, "ResourceConfig"), "InstanceGroups", "InstancePreferences"),
                *instances(child(node, "HyperParameterTuningResourceConfig"), "InstanceConfigs"),
            ),
            inputs=tuple(
                data_source(
                    child(channel, "DataSource"),
                    text(channel, "ChannelName") or field_path(prefix, f"InputDataConfig[{index}]"),
                )
                for index, channel in children(node, "InputDataConfig")
            ),
            outputs=tuple(_outputs(node, prefix)),
            volumes=tuple(_volumes(node, prefix)),
            hyperparameters=tuple(
                setting
                for field in ("HyperParameters", "StaticHyperParameters")
                for setting in settings(node, field, field_path(prefix, field))
            ),
            environment=settings(node, "Environment", field_path(prefix, "Environment")),
            roles=roles(node, "RoleArn"),
            max_runtime_seconds=number(node, "StoppingCondition", "MaxRuntimeInSeconds"),
            spot=flag(node, "EnableManagedSpotTraining"),
            keep_alive_seconds=_keep_alive(node),
            isolated=flag(node, "EnableNetworkIsolation"),
            vpc=vpc(node, "VpcConfig"),
            encrypted_traffic=flag(node, "EnableInterContainerTrafficEncryption"),
            command=Command(
                entrypoint=texts(node, "AlgorithmSpecification", "ContainerEntrypoint") or None,
                arguments=texts(node, "AlgorithmSpecification", "ContainerArguments") or None,
            ),
            lacks=_SERVERLESS_LACKS if _is_serverless(node) else frozenset(),
        ),
        algorithm,
    )


def _algorithm(node: Node, prefix: str, origin: Origin, known: Known) -> Facts:
    """The image itself, or the algorithm that has it; SageMaker takes one of them, and picks the image of serverless jobs."""
    slot = field_path(prefix, "AlgorithmSpecification.TrainingImage")
    raw = value(node, "AlgorithmSpecification", "TrainingImage")
    name = text(node, "AlgorithmSpecification", "AlgorithmName")
    serverless = _is_serverless(node)
    parts = []
    if raw not in (None, "") or (name is None and not serverless):
        parts.append(Facts(images=(image(raw, slot, origin),)))
    if name is not None:
        parts.append(resolve(ALGORITHM, name, known, _algorithm_images))
    if serverless:
        message = "a serverless job: SageMaker picks the image for its base model"
        parts.append(
            Facts(images=(unknown_image(field_path(prefix, "ServerlessJobConfig"), origin, "managed", message),))
        )
    return join(*parts)


def _algorithm_images(algorithm: Node, origin: Origin, _: Known) -> Facts:
    specification = child(algorithm, "TrainingSpecification")
    found = image(
        value(specification, "TrainingImage"),
        ALGORITHM.image_field,
        origin,
        digest=value(specification, "TrainingImageDigest"),
    )
    additional = "TrainingSpecification.AdditionalS3DataSource"
    return Facts(images=(found,), inputs=inputs(specification, additional, "AdditionalS3DataSource", "S3Uri"))


def _rules(node: Node, origin: Origin) -> Facts:
    """Debugger and profiler rules run beside the training job, each with an image and instance of its own."""
    images: list[Image] = []
    machines: list[Instance] = []
    places: list[StorageOutput] = []
    for field in RULES:
        for index, rule in children(node, field):
            path = f"{field}[{index}]"
            images.append(image(value(rule, "RuleEvaluatorImage"), f"{path}.RuleEvaluatorImage", origin))
            if (instance_type := text(rule, "InstanceType")) is not None:
                machines.append(Instance(type=instance_type, count=1))
            places.extend(outputs(rule, path, "S3OutputPath"))
    return Facts(images=tuple(images), instances=tuple(machines), outputs=tuple(places))


def _is_serverless(node: Node) -> bool:
    return isinstance(value(node, "ServerlessJobConfig"), Mapping)


def _keep_alive(node: Node) -> int | None:
    """A configuration without the setting has no warm pool; without a configuration nothing is known."""
    config = child(node, "ResourceConfig")
    if config:
        return 0 if config.get("KeepAlivePeriodInSeconds") is None else number(config, "KeepAlivePeriodInSeconds")
    # The other form of a tuning job's configuration has no such setting.
    return 0 if child(node, "HyperParameterTuningResourceConfig") else None


def _volumes(node: Node, prefix: str) -> Iterator[Volume]:
    for field in ("ResourceConfig", "HyperParameterTuningResourceConfig"):
        config = child(node, field)
        if config:
            yield Volume(name=field_path(prefix, field), kms_key=text(config, "VolumeKmsKeyId"))


def _outputs(node: Node, prefix: str) -> Iterator[StorageOutput]:
    for field, uri_field in (
        ("OutputDataConfig", "S3OutputPath"),
        ("CheckpointConfig", "S3Uri"),
        ("DebugHookConfig", "S3OutputPath"),
        ("ProfilerConfig", "S3OutputPath"),
        ("TensorBoardOutputConfig", "S3OutputPath"),
    ):
        yield from outputs(node, field_path(prefix, field), uri_field, field)
