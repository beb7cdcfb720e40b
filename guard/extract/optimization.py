"""Optimization, compilation and edge packaging jobs, which turn a model into one for a specific target."""

from __future__ import annotations

from collections.abc import Iterator

from guard.document import CompilationTarget, Image, Instance, Origin, Setting, StorageInput, Volume
from guard.extract.facts import Facts
from guard.extract.locations import objects, outputs, storage_input
from guard.extract.parts import JOB, image, picked_image, roles, settings, unknown_image, vpc
from guard.extract.reading import Node, child, children, number, text, texts, union_members, value
from guard.extract.resolve import Known

CONFIGS = "OptimizationConfigs"


def optimization(description: Node, name: str, _: Known) -> Facts:
    """Return the facts of an optimization job."""
    configs = tuple(_configs(description))
    environment: list[Setting] = list(settings(description, "OptimizationEnvironment", "OptimizationEnvironment"))
    for path, config in configs:
        environment += settings(config, "OverrideEnvironment", f"{path}.OverrideEnvironment")
    return Facts(
        images=_images(configs, Origin(type=JOB, name=name)),
        instances=(
            Instance(type=text(description, "DeploymentInstanceType"), count=number(description, "MaxInstanceCount")),
        ),
        inputs=tuple(_inputs(description, configs)),
        outputs=outputs(description, "OutputConfig", "S3OutputLocation", "OutputConfig"),
        environment=tuple(environment),
        roles=roles(description, "RoleArn"),
        max_runtime_seconds=number(description, "StoppingCondition", "MaxRuntimeInSeconds"),
        max_wait_seconds=number(description, "StoppingCondition", "MaxWaitTimeInSeconds"),
        max_pending_seconds=number(description, "StoppingCondition", "MaxPendingTimeInSeconds"),
        training_plans=texts(description, "TrainingPlanArns"),
        vpc=vpc(description, "VpcConfig"),
    )


def compilation(description: Node, name: str, _: Known) -> Facts:
    """Return the facts of a compilation job."""
    managed = unknown_image(
        "InputConfig.Framework", Origin(type=JOB, name=name), "managed", "the service's own compiler"
    )
    return Facts(
        images=(managed,),
        inputs=(
            *_objects(description, "InputConfig", "InputConfig"),
            *_named(description, "ModelPackageVersionArn", "ModelPackageVersionArn"),
        ),
        outputs=outputs(description, "OutputConfig", "S3OutputLocation", "OutputConfig"),
        roles=roles(description, "RoleArn"),
        max_runtime_seconds=number(description, "StoppingCondition", "MaxRuntimeInSeconds"),
        max_wait_seconds=number(description, "StoppingCondition", "MaxWaitTimeInSeconds"),
        max_pending_seconds=number(description, "StoppingCondition", "MaxPendingTimeInSeconds"),
        vpc=vpc(description, "VpcConfig"),
        compilation=_target(child(description, "OutputConfig"), child(description, "InputConfig")),
    )


def edge_packaging(description: Node, name: str, _: Known) -> Facts:
    """Return the facts of an edge packaging job."""
    message = "the service's own packer"
    return Facts(
        images=(unknown_image("CompilationJobName", Origin(type=JOB, name=name), "managed", message),),
        inputs=_named(description, "CompilationJobName", "CompilationJobName"),
        outputs=outputs(description, "OutputConfig", "S3OutputLocation", "OutputConfig"),
        volumes=(Volume(name="ResourceKey", kms_key=text(description, "ResourceKey")),),
        roles=roles(description, "RoleArn"),
    )


def _target(output: Node, given: Node) -> CompilationTarget:
    platform = child(output, "TargetPlatform")
    return CompilationTarget(
        device=text(output, "TargetDevice"),
        os=text(platform, "Os"),
        arch=text(platform, "Arch"),
        accelerator=text(platform, "Accelerator"),
        options=text(output, "CompilerOptions"),
        framework=text(given, "Framework"),
        framework_version=text(given, "FrameworkVersion"),
    )


def _configs(description: Node) -> Iterator[tuple[str, Node]]:
    """Yield the configuration of each optimization step, for any technique."""
    for index, union in children(description, CONFIGS):
        yield from union_members(union, f"{CONFIGS}[{index}]")


def _images(configs: tuple[tuple[str, Node], ...], origin: Origin) -> tuple[Image, ...]:
    message = "no image is named: SageMaker picks one"
    if not configs:
        return (unknown_image(CONFIGS, origin, "managed", message),)
    return tuple(
        image(raw, f"{path}.Image", origin)
        if (raw := value(config, "Image")) not in (None, "")
        else picked_image(path, config, origin, message, field="Image")
        for path, config in configs
    )


def _inputs(description: Node, configs: tuple[tuple[str, Node], ...]) -> Iterator[StorageInput]:
    yield from _objects(description, "ModelSource.S3", "ModelSource", "S3")
    yield from _named(description, "ModelSource.SageMakerModel", "ModelSource", "SageMakerModel", "ModelName")
    for path, config in configs:
        yield from _objects(config, f"{path}.TrainingDataSource", "TrainingDataSource")


def _objects(node: Node, name: str, *path: str) -> Iterator[StorageInput]:
    source = child(node, *path)
    if text(source, "S3Uri") is not None:
        yield objects(source, name)


def _named(node: Node, name: str, *path: str) -> tuple[StorageInput, ...]:
    """Return a named resource as an input. The job reads its artifacts but doesn't run its containers, so it isn't described."""
    found = text(node, *path)
    return () if found is None else (storage_input(name, found, kind="other"),)
