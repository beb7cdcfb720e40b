"""Monitoring schedules, which have a definition of their own or name a job definition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from guard.document import Origin, StorageInput
from guard.extract.facts import Facts, merge_weakest
from guard.extract.locations import inputs, storage_input, storage_output
from guard.extract.parts import JOB, image, roles, settings, unknown_image, vpc
from guard.extract.processing import cluster_instances, cluster_volumes, command
from guard.extract.reading import Node, child, children, field_path, flag, number, text, value
from guard.extract.resolve import Known, resolve
from guard.resources import JOB_DEFINITIONS

INLINE = "MonitoringScheduleConfig.MonitoringJobDefinition"


@dataclass(frozen=True)
class _Fields:
    """The names of fields, which differ between a schedule's own definition and each kind of job definition."""

    app: str
    resources: str
    outputs: str
    baseline: str
    environment: tuple[str, ...]


_INLINE = _Fields(
    app="MonitoringAppSpecification",
    resources="MonitoringResources",
    outputs="MonitoringOutputConfig",
    baseline="BaselineConfig",
    environment=(),
)


def _fields(monitoring_type: str) -> _Fields:
    return _Fields(
        app=f"{monitoring_type}AppSpecification",
        resources="JobResources",
        outputs=f"{monitoring_type}JobOutputConfig",
        baseline=f"{monitoring_type}BaselineConfig",
        environment=(f"{monitoring_type}AppSpecification",),
    )


def monitoring_schedule(description: Node, name: str, known: Known) -> Facts:
    """Return the facts of what a monitoring schedule runs."""
    origin = Origin(type=JOB, name=name)
    config = child(description, "MonitoringScheduleConfig")
    named = text(config, "MonitoringJobDefinitionName")
    inline = child(config, "MonitoringJobDefinition")
    facts = _what_runs(description, named, inline, origin, known)
    endpoint = text(description, "EndpointName")
    return facts if endpoint is None else replace(facts, endpoints=tuple(dict.fromkeys((endpoint, *facts.endpoints))))


def _what_runs(description: Node, named: str | None, inline: Node, origin: Origin, known: Known) -> Facts:
    """Return the facts of the own definition, the named one, or both merged: the API doesn't document which one takes effect."""
    found = []
    if named is None or inline:
        found.append(_definition(inline, origin, known, fields=_INLINE, prefix=INLINE))
    if named is not None:
        found.append(_named(description, named, origin, known))
    return merge_weakest(found)


def _named(description: Node, named: str, origin: Origin, known: Known) -> Facts:
    config = child(description, "MonitoringScheduleConfig")
    monitoring_type = text(config, "MonitoringType") or text(description, "MonitoringType") or "none"
    kind = JOB_DEFINITIONS.get(monitoring_type)
    if kind is None:
        slot = "MonitoringScheduleConfig.MonitoringJobDefinitionName"
        return Facts(images=(unknown_image(slot, origin, "failed", f"unknown monitoring type: {monitoring_type}"),))
    return resolve(kind, named, known, partial(_definition, fields=_fields(monitoring_type), prefix=""))


def _definition(node: Node, origin: Origin, _: Known, *, fields: _Fields, prefix: str) -> Facts:
    app = child(node, fields.app)
    environment = ".".join((*fields.environment, "Environment"))
    slot = field_path(prefix, f"{fields.app}.ImageUri")
    return Facts(
        images=(image(value(app, "ImageUri"), slot, origin),),
        instances=cluster_instances(node, fields.resources, prefix),
        inputs=tuple(_inputs(node, fields, prefix)),
        outputs=tuple(
            storage_output(
                field_path(prefix, f"{fields.outputs}.MonitoringOutputs[{index}]"),
                text(output, "S3Output", "S3Uri"),
                text(node, fields.outputs, "KmsKeyId"),
                text(output, "S3Output", "LocalPath"),
            )
            for index, output in children(node, fields.outputs, "MonitoringOutputs")
        ),
        volumes=cluster_volumes(node, fields.resources, f"{prefix}." if prefix else ""),
        environment=settings(child(node, *fields.environment), "Environment", field_path(prefix, environment)),
        roles=roles(node, "RoleArn"),
        max_runtime_seconds=number(node, "StoppingCondition", "MaxRuntimeInSeconds"),
        isolated=flag(node, "NetworkConfig", "EnableNetworkIsolation"),
        vpc=vpc(node, "NetworkConfig", "VpcConfig"),
        encrypted_traffic=flag(node, "NetworkConfig", "EnableInterContainerTrafficEncryption"),
        command=command(app),
        endpoints=tuple(dict.fromkeys(_endpoints(node, fields))),
    )


def _sources(node: Node, fields: _Fields) -> Iterator[tuple[str, Node]]:
    for index, source in children(node, "MonitoringInputs"):
        yield f"MonitoringInputs[{index}]", source
    job_input = fields.app.replace("AppSpecification", "JobInput")
    yield job_input, child(node, job_input)


def _endpoints(node: Node, fields: _Fields) -> Iterator[str]:
    for _, source in _sources(node, fields):
        if (endpoint := text(source, "EndpointInput", "EndpointName")) is not None:
            yield endpoint


def _inputs(node: Node, fields: _Fields, prefix: str) -> Iterator[StorageInput]:
    """Yield the data to monitor, and the code and baselines, which also come from S3."""
    for path, source in _sources(node, fields):
        name = field_path(prefix, path)
        if (endpoint := text(source, "EndpointInput", "EndpointName")) is not None:
            given = child(source, "EndpointInput")
            yield storage_input(
                name, endpoint, text(given, "LocalPath"), kind="other", input_mode=text(given, "S3InputMode")
            )
        captured = child(source, "BatchTransformInput")
        if (uri := text(captured, "DataCapturedDestinationS3Uri")) is not None:
            yield storage_input(name, uri, text(captured, "LocalPath"), input_mode=text(captured, "S3InputMode"))
        yield from inputs(source, f"{name}.GroundTruthS3Input", "GroundTruthS3Input", "S3Uri")
    for field in ("RecordPreprocessorSourceUri", "PostAnalyticsProcessorSourceUri", "ConfigUri"):
        yield from inputs(node, field_path(prefix, f"{fields.app}.{field}"), fields.app, field)
    for field in ("ConstraintsResource", "StatisticsResource"):
        yield from inputs(node, field_path(prefix, f"{fields.baseline}.{field}"), fields.baseline, field, "S3Uri")
