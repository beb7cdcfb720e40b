"""Training jobs and the definitions of tuning jobs, which have the same fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from guard.document import (
    Command,
    FoundationModel,
    Image,
    Instance,
    Origin,
    Part,
    Setting,
    StorageInput,
    StorageOutput,
    Volume,
)
from guard.extract.facts import Facts, join, merge_weakest
from guard.extract.locations import data_sources, inputs, outputs, storage_input
from guard.extract.parts import (
    JOB,
    experiment,
    image,
    instances,
    mlflow,
    ranges,
    roles,
    settings,
    unknown_image,
    volume,
    vpc,
    with_image_config,
)
from guard.extract.reading import Node, child, children, field_path, flag, number, text, texts, value
from guard.extract.resolve import Known, resolve
from guard.resources import ALGORITHM

# SageMaker picks the instances of a serverless job.
_SERVERLESS_LACKS: frozenset[Part] = frozenset({"instances", "instance-count", "volumes", "spot", "warm-pool"})
RULES = ("DebugRuleConfigurations", "ProfilerRuleConfigurations")


def training(description: Node, name: str, known: Known) -> Facts:
    """Return the facts of a training job."""
    origin = Origin(type=JOB, name=name)
    facts = join(_definition(description, "", origin, known), _rules(description, origin))
    return replace(
        facts,
        remote_debug=flag(description, "RemoteDebugConfig", "EnableRemoteDebug"),
        experiment=experiment(description),
        mlflow=mlflow(description),
        package_group=text(description, "ModelPackageConfig", "ModelPackageGroupArn"),
    )


def tuning(description: Node, name: str, known: Known) -> Facts:
    """Return the facts of a tuning job: its training job definitions, merged to the least restrictive values."""
    origin = Origin(type=JOB, name=name)
    single = child(description, "TrainingJobDefinition")
    several = [
        (f"TrainingJobDefinitions[{index}]", node) for index, node in children(description, "TrainingJobDefinitions")
    ]
    # Events with a list of definitions also have an empty single definition, which doesn't count. Without a list, it does: as a
    # definition without an image.
    parts = [("TrainingJobDefinition", single)] if single or not several else []
    each = [_definition(node, prefix, origin, known) for prefix, node in parts]
    each += [_one_of_several(_definition(node, prefix, origin, known), prefix) for prefix, node in several]
    facts = merge_weakest(each)
    config = child(description, "HyperParameterTuningJobConfig")
    limits = child(config, "ResourceLimits")
    tuned = _ranges(child(config, "ParameterRanges"), "HyperParameterTuningJobConfig.ParameterRanges")
    return replace(
        facts,
        hyperparameters=(*facts.hyperparameters, *tuned),
        max_jobs=number(limits, "MaxNumberOfTrainingJobs"),
        warm_start_jobs=tuple(
            earlier
            for _, node in children(description, "WarmStartConfig", "ParentHyperParameterTuningJobs")
            if (earlier := text(node, "HyperParameterTuningJobName")) is not None
        ),
        max_parallel_jobs=number(limits, "MaxParallelTrainingJobs"),
        max_total_runtime_seconds=number(limits, "MaxRuntimeInSeconds"),
    )


def _one_of_several(facts: Facts, definition: str) -> Facts:
    marked = (instance.model_copy(update={"definition": definition}) for instance in facts.instances)
    return replace(facts, instances=tuple(marked))


def _ranges(node: Node, path: str) -> tuple[Setting, ...]:
    """Return the values that a child job may get: those of categories, and the limits and hints of other ranges."""
    return ranges(node, path, "Values", "MinValue", "MaxValue", "ValueHint")


def _definition(node: Node, prefix: str, origin: Origin, known: Known) -> Facts:
    algorithm = _algorithm(node, prefix, origin, known)
    return join(
        Facts(
            instances=(
                *(
                    instance
                    for name in ("ResourceConfig", "HyperParameterTuningResourceConfig")
                    for instance in instances(child(node, name), field_path(prefix, name))
                ),
            ),
            inputs=tuple(_inputs(node, prefix)),
            outputs=tuple(_outputs(node, prefix)),
            volumes=tuple(_volumes(node, prefix)),
            hyperparameters=(
                *settings(node, "HyperParameters", field_path(prefix, "HyperParameters")),
                *settings(node, "StaticHyperParameters", field_path(prefix, "StaticHyperParameters")),
                *_ranges(child(node, "HyperParameterRanges"), field_path(prefix, "HyperParameterRanges")),
            ),
            environment=settings(node, "Environment", field_path(prefix, "Environment")),
            roles=roles(node, "RoleArn"),
            max_runtime_seconds=number(node, "StoppingCondition", "MaxRuntimeInSeconds"),
            spot=flag(node, "EnableManagedSpotTraining"),
            keep_alive_seconds=_keep_alive(node),
            max_retries=number(node, "RetryStrategy", "MaximumRetryAttempts"),
            max_wait_seconds=number(node, "StoppingCondition", "MaxWaitTimeInSeconds"),
            max_pending_seconds=number(node, "StoppingCondition", "MaxPendingTimeInSeconds"),
            training_plans=tuple(_plans(child(node, "ResourceConfig"))),
            isolated=flag(node, "EnableNetworkIsolation"),
            vpc=vpc(node, "VpcConfig"),
            encrypted_traffic=flag(node, "EnableInterContainerTrafficEncryption"),
            command=Command(
                entrypoint=texts(node, "AlgorithmSpecification", "ContainerEntrypoint") or None,
                arguments=texts(node, "AlgorithmSpecification", "ContainerArguments") or None,
            ),
            base_model=_base_model(child(node, "ServerlessJobConfig")),
            lacks=_SERVERLESS_LACKS if _is_serverless(node) else frozenset(),
        ),
        algorithm,
    )


def _algorithm(node: Node, prefix: str, origin: Origin, known: Known) -> Facts:
    """Return the facts of the named image, the algorithm, or both; for a serverless job, also an image that SageMaker picks."""
    slot = field_path(prefix, "AlgorithmSpecification.TrainingImage")
    raw = value(node, "AlgorithmSpecification", "TrainingImage")
    name = text(node, "AlgorithmSpecification", "AlgorithmName")
    serverless = _is_serverless(node)
    parts = []
    if raw not in (None, "") or (name is None and not serverless):
        config = child(node, "AlgorithmSpecification", "TrainingImageConfig")
        parts.append(Facts(images=(with_image_config(image(raw, slot, origin), config, "Training"),)))
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
    """Return the facts of debugger and profiler rules, which run alongside the training job on their own images and instances."""
    images: list[Image] = []
    machines: list[Instance] = []
    places: list[StorageOutput] = []
    parameters: list[Setting] = []
    for field in RULES:
        for index, rule in children(node, field):
            path = f"{field}[{index}]"
            images.append(image(value(rule, "RuleEvaluatorImage"), f"{path}.RuleEvaluatorImage", origin))
            if (instance_type := text(rule, "InstanceType")) is not None:
                size = number(rule, "VolumeSizeInGB")
                machines.append(Instance(type=instance_type, count=1, volume_size_gb=size))
            places.extend(outputs(rule, path, "S3OutputPath"))
            # The rule's container receives them as environment variables; one of them names its code.
            parameters.extend(settings(rule, "RuleParameters", f"{path}.RuleParameters"))
    return Facts(images=tuple(images), instances=tuple(machines), outputs=tuple(places), environment=tuple(parameters))


def _inputs(node: Node, prefix: str) -> Iterator[StorageInput]:
    mode = text(node, "AlgorithmSpecification", "TrainingInputMode")
    for index, channel in children(node, "InputDataConfig"):
        name = text(channel, "ChannelName") or field_path(prefix, f"InputDataConfig[{index}]")
        yield from data_sources(child(channel, "DataSource"), name, text(channel, "InputMode") or mode)
    # The job trains the package's weights but doesn't run its containers, so the package isn't described.
    source = text(node, "ModelPackageConfig", "SourceModelPackageArn")
    if source is not None:
        yield storage_input("ModelPackageConfig.SourceModelPackageArn", source, kind="other")


def _plans(resources: Node) -> Iterator[str]:
    plan = text(resources, "TrainingPlanArn")
    if plan is not None:
        yield plan
    for _, preference in children(resources, "InstancePreferences"):
        yield from texts(preference, "TrainingPlanArns")


def _base_model(config: Node) -> FoundationModel | None:
    if not config:
        return None
    return FoundationModel(
        name=text(config, "BaseModelArn"),
        eula_accepted=flag(config, "AcceptEula"),
        job_type=text(config, "JobType"),
        technique=text(config, "CustomizationTechnique"),
        evaluation=text(config, "EvaluationType"),
        evaluator_arn=text(config, "EvaluatorArn"),
    )


def _is_serverless(node: Node) -> bool:
    return isinstance(value(node, "ServerlessJobConfig"), Mapping)


def _keep_alive(node: Node) -> int | None:
    """Return how long the warm pool is kept: 0 if the configuration doesn't set it, None without a configuration."""
    config = child(node, "ResourceConfig")
    if config:
        return 0 if config.get("KeepAlivePeriodInSeconds") is None else number(config, "KeepAlivePeriodInSeconds")
    # The other form of a tuning job's configuration has no such setting.
    return 0 if child(node, "HyperParameterTuningResourceConfig") else None


def _volumes(node: Node, prefix: str) -> Iterator[Volume]:
    for field in ("ResourceConfig", "HyperParameterTuningResourceConfig"):
        yield from volume(child(node, field), field_path(prefix, field))


def _outputs(node: Node, prefix: str) -> Iterator[StorageOutput]:
    for field, uri_field in (
        ("OutputDataConfig", "S3OutputPath"),
        ("CheckpointConfig", "S3Uri"),
        ("DebugHookConfig", "S3OutputPath"),
        ("ProfilerConfig", "S3OutputPath"),
        ("TensorBoardOutputConfig", "S3OutputPath"),
    ):
        yield from outputs(node, field_path(prefix, field), uri_field, field)
