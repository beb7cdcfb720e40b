"""Jobs that run the containers of a model: batch transform and inference recommendations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from guard.document import Instance, Origin, Part, Setting, StorageOutput
from guard.extract.facts import Facts, join
from guard.extract.locations import data_sources, inputs, outputs, storage_output
from guard.extract.models import model, model_package
from guard.extract.parts import JOB, experiment, image, instances, ranges, roles, settings, volume, vpc
from guard.extract.reading import Node, child, children, number, text
from guard.extract.resolve import Known, resolve
from guard.resources import MODEL, MODEL_PACKAGE


def transform(description: Node, name: str, known: Known) -> Facts:
    """Return the facts of a transform job; role and network are those of its model."""
    named = text(description, "ModelName")
    origin = Origin(type=JOB, name=name)
    behind = resolve(MODEL, named, known, model) if named else Facts(images=(image(None, "ModelName", origin),))
    resources = child(description, "TransformResources")
    own = Facts(
        instances=instances(resources, "TransformResources"),
        inputs=tuple(data_sources(child(description, "TransformInput", "DataSource"), "TransformInput")),
        outputs=(
            *outputs(description, "TransformOutput", "S3OutputPath", "TransformOutput"),
            *outputs(description, "DataCaptureConfig", "DestinationS3Uri", "DataCaptureConfig"),
        ),
        volumes=volume(resources, "TransformResources"),
        environment=settings(description, "Environment", "Environment"),
        isolated=behind.isolated,
        vpc=behind.vpc,
        experiment=experiment(description),
    )
    return join(own, behind)


def inference_recommendations(description: Node, name: str, known: Known) -> Facts:
    """Return the facts of an inference recommendations job."""
    config = child(description, "InputConfig")
    behind = _model_facts(config, Origin(type=JOB, name=name), known)
    own = Facts(
        instances=tuple(_endpoint_instances(config)),
        inputs=inputs(config, "InputConfig.ContainerConfig", "ContainerConfig", "PayloadConfig", "SamplePayloadUrl"),
        outputs=_compiled_output(child(description, "OutputConfig")),
        volumes=volume(config, "InputConfig"),
        environment=tuple(_environment_ranges(config)),
        roles=roles(description, "RoleArn"),
        max_runtime_seconds=number(config, "JobDurationInSeconds"),
        max_jobs=number(config, "ResourceLimit", "MaxNumberOfTests"),
        max_parallel_jobs=number(config, "ResourceLimit", "MaxParallelOfTests"),
        endpoints=tuple(
            endpoint
            for _, node in children(config, "Endpoints")
            if (endpoint := text(node, "EndpointName")) is not None
        ),
        vpc=vpc(config, "VpcConfig"),
        isolated=behind.isolated,
        lacks=_lacks(config),
    )
    return join(own, behind)


def _compiled_output(config: Node) -> tuple[StorageOutput, ...]:
    """Return the output for compiled models, which only the event of the job's creation contains."""
    uri = text(config, "CompiledOutputConfig", "S3OutputUri")
    return () if uri is None else (storage_output("OutputConfig", uri, text(config, "KmsKeyId")),)


def _endpoint_instances(config: Node) -> Iterator[Instance]:
    """Yield the instances that an endpoint may run on; a serverless endpoint names none."""
    for _, endpoint in children(config, "EndpointConfigurations"):
        if text(endpoint, "InstanceType") is not None or not child(endpoint, "ServerlessConfig"):
            yield Instance(type=text(endpoint, "InstanceType"), count=None)


def _environment_ranges(config: Node) -> Iterator[Setting]:
    """Yield each environment variable value that an endpoint is tested with."""
    for index, endpoint in children(config, "EndpointConfigurations"):
        path = f"InputConfig.EndpointConfigurations[{index}].EnvironmentParameterRanges"
        yield from ranges(child(endpoint, "EnvironmentParameterRanges"), path, "Value")


def _lacks(config: Node) -> frozenset[Part]:
    """Return the missing parts: without endpoint configurations the service picks the instances; isolation is set on a model."""
    lacks: set[Part] = set()
    if next(_endpoint_instances(config), None) is None:
        lacks.add("instances")
    if text(config, "ModelName") is None:
        lacks.add("network-isolation")
    return frozenset(lacks)


def _model_facts(config: Node, origin: Origin, known: Known) -> Facts:
    """Return the facts of the model and the package version that the job names: one of them, or both."""
    named, package = text(config, "ModelName"), text(config, "ModelPackageVersionArn")
    wanted = {text(one, "InferenceSpecificationName") for _, one in children(config, "EndpointConfigurations")} or {
        None
    }
    found = []
    if named is not None:
        found.append(resolve(MODEL, named, known, model))
    if package is not None:
        found.append(resolve(MODEL_PACKAGE, package, known, partial(model_package, wanted=wanted)))
    return join(*found) if found else Facts(images=(image(None, "InputConfig.ModelName", origin),))
