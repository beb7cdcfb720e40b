"""The resources through which a job names an image indirectly: one table row each, from its name to its description."""

from __future__ import annotations

from dataclasses import dataclass

from guard.document import Document, OriginType

_FROM_OTHER_SOURCES = frozenset(
    {"schema_version", "source", "account", "region", "partition", "job", "actor", "deny_list", "unavailable"}
)
DESCRIBED = ("job.role_arns", *(name for name in Document.model_fields if name not in _FROM_OTHER_SOURCES))
"""The document fields that come from a job's own description."""


@dataclass(frozen=True)
class ResourceKind:
    """Everything that is specific to one kind of resource; operation and field names are those of the SageMaker API.

    `facts` are the document fields that its description adds to, for any kind of job; a model also adds `JobKind.model_facts`.
    Only these are unknown while the resource can't be described: that a job's own volumes have no key, for example, is still
    certain. `arn_field` is set for resources whose tags the document shows. `describe_options` are further parameters of the
    describe operation.
    """

    id: str
    origin: OriginType
    arn_resource: str
    create_operations: tuple[str, ...]
    update_operations: tuple[str, ...]
    describe_operation: str
    name_parameter: str
    image_field: str
    facts: tuple[str, ...]
    arn_field: str | None = None
    describe_options: tuple[tuple[str, str], ...] = ()

    @property
    def iam_action(self) -> str:
        """The IAM action that describes such a resource."""
        return f"sagemaker:{self.describe_operation}"


@dataclass(frozen=True, order=True)
class Resource:
    """One resource that a description names: its kind, a key of BY_RESOURCE_KIND, and its name or ARN."""

    kind: str
    name: str


def _job_definition(monitoring_type: str, arn_resource: str, *more: str) -> ResourceKind:
    return ResourceKind(
        id=arn_resource,
        origin="job-definition",
        arn_resource=arn_resource,
        create_operations=(f"Create{monitoring_type}JobDefinition",),
        update_operations=(),
        describe_operation=f"Describe{monitoring_type}JobDefinition",
        name_parameter="JobDefinitionName",
        image_field=f"{monitoring_type}AppSpecification.ImageUri",
        facts=("images", "job.role_arns", "compute", "network", "storage", "environment", "endpoints", *more),
    )


ALGORITHM = ResourceKind(
    id="algorithm",
    origin="algorithm",
    arn_resource="algorithm",
    create_operations=("CreateAlgorithm",),
    update_operations=(),
    describe_operation="DescribeAlgorithm",
    name_parameter="AlgorithmName",
    image_field="TrainingSpecification.TrainingImage",
    facts=("images", "storage.inputs"),
)

MODEL = ResourceKind(
    id="model",
    origin="model",
    arn_resource="model",
    create_operations=("CreateModel",),
    update_operations=(),
    describe_operation="DescribeModel",
    name_parameter="ModelName",
    image_field="PrimaryContainer.Image",
    facts=("images", "job.role_arns", "storage.inputs", "environment", "models"),
    arn_field="ModelArn",
)

MODEL_PACKAGE = ResourceKind(
    id="model-package",
    origin="model-package",
    arn_resource="model-package",
    create_operations=("CreateModelPackage",),
    update_operations=("UpdateModelPackage",),
    describe_operation="DescribeModelPackage",
    name_parameter="ModelPackageName",
    image_field="InferenceSpecification.Containers[0].Image",
    facts=("images", "storage.inputs", "environment", "models"),
    arn_field="ModelPackageArn",
    # Without this, SageMaker decrypts the package's model card, which no document shows, and refuses callers without its key.
    describe_options=(("IncludedData", "MetadataOnly"),),
)

JOB_DEFINITIONS: dict[str, ResourceKind] = {
    "DataQuality": _job_definition("DataQuality", "data-quality-job-definition", "command"),
    "ModelQuality": _job_definition("ModelQuality", "model-quality-job-definition", "command"),
    "ModelBias": _job_definition("ModelBias", "model-bias-job-definition"),
    "ModelExplainability": _job_definition("ModelExplainability", "model-explainability-job-definition"),
}

RESOURCE_KINDS: tuple[ResourceKind, ...] = (ALGORITHM, MODEL, MODEL_PACKAGE, *JOB_DEFINITIONS.values())
BY_RESOURCE_KIND: dict[str, ResourceKind] = {row.id: row for row in RESOURCE_KINDS}
