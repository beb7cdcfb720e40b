"""The guard covers SageMaker's API model: a test fails when AWS adds a field that can name an image, or a job kind."""

from __future__ import annotations

from typing import Any

import pytest

from guard.extract.reading import FREE_MAPS
from guard.jobs import BY_KIND, JOB_KINDS, NOT_GUARDED, JobKind
from guard.resources import RESOURCE_KINDS
from tests.support.shapes import copied_model
from tools.botocore_data import pruned
from tools.image_fields import Field, image_fields, map_fields, seen, service_model

# (operation or "*", end of the path): why the field has no extractor. In one place, so that the reasons can be reviewed.
REASONS: dict[tuple[str, str], str] = {
    ("CreateAlgorithm", "AlgorithmName"): "its own name",
    ("CreateModel", "ModelName"): "its own name",
    ("CreateModelPackage", "ModelPackageName"): "its own name",
    ("UpdateModelPackage", "ModelPackageArn"): "its own name",
    ("*", "JobDefinitionName"): "its own name",
    ("*", "DefinitionName"): "its own name",
    ("*", "HubAccessConfig.HubContentArn"): "data or model artifacts of a hub, not a container",
    ("*", "DatasetSource.DatasetArn"): "a data set of a hub",
    ("*", "NearestModelName"): "a well-known similar model; a hint for benchmarks",
    ("*", "BaseModel.HubContentName"): "the origin of the model; no job runs it",
    ("*", "BaseModel.RecipeName"): "the origin of the model; no job runs it",
    ("*", "InferenceSpecificationName"): "chooses among the containers of a package, which are extracted",
    ("*", "SourceAlgorithms[].AlgorithmName"): "the origin of the package; its own containers are extracted",
    (
        "CreateAlgorithm",
        "InferenceSpecification.Containers[].Image",
    ): "no job runs it: a model package made from it has its own containers",
    ("CreateAlgorithm", "InferenceSpecification.Containers[].ImageDigest"): "no job runs it: see Image",
    (
        "CreateTrainingJob",
        "ServerlessJobConfig.BaseModelArn",
    ): "the service picks the image: the document marks it as managed",
    (
        "CreateTrainingJob",
        "ServerlessJobConfig.EvaluatorArn",
    ): "the service picks the image: the document marks it as managed",
    (
        "CreateTrainingJob",
        "ModelPackageConfig.SourceModelPackageArn",
    ): "the job trains its weights; its containers don't run",
    (
        "CreateAutoMLJobV2",
        "TextGenerationJobConfig.BaseModelName",
    ): "the service picks the image: the document marks it as managed",
    (
        "CreateOptimizationJob",
        "ModelSource.SageMakerModel.ModelName",
    ): "its artifacts are read; its containers don't run",
    ("CreateOptimizationJob", "OutputConfig.SageMakerModel.ModelName"): "the model that the job creates",
    ("CreateCompilationJob", "ModelPackageVersionArn"): "its artifacts are read; its containers don't run",
    (
        "CreateLabelingJob",
        "LabelingJobAlgorithmSpecificationArn",
    ): "an algorithm of the service: the document marks it as managed",
    ("CreateAIRecommendationJob", "ModelPackageArns[].ModelPackageArn"): "adapter weights; the service picks the image",
    ("CreateEdgePackagingJob", "ModelName"): "names the packaged result, not a model in SageMaker",
    ("CreateInferenceExperiment", "ModelVariants[].ModelName"): "variants of an endpoint: a deployment, not a job",
    ("CreateTrainingSession", "ModelConfig.BaseModelArn"): "a model of the service, which picks the image",
}

HERE = "tests/contract/test_image_coverage.py"
STARTED_BY = {"StopPipelineExecution": "StartPipelineExecution"}
GUARDED = [
    operation for row in (*JOB_KINDS, *RESOURCE_KINDS) for operation in (*row.create_operations, *row.update_operations)
]
UNGUARDED = [STARTED_BY.get(stop, stop.replace("Stop", "Create", 1)) for stop in NOT_GUARDED]


def reason(field: Field) -> tuple[str, str] | None:
    """Return the key of the field's reason."""
    return next(
        (
            (operation, end)
            for operation, end in REASONS
            if operation in {"*", field.operation} and (field.path == end or field.path.endswith(f".{end}"))
        ),
        None,
    )


def unexplained(model: dict[str, Any]) -> list[Field]:
    """Return the fields that can name an image and have neither an extractor nor a reason."""
    guarded = [field for operation in GUARDED for field in image_fields(model, operation) if not seen(field)]
    others = [field for operation in UNGUARDED for field in image_fields(model, operation)]
    return [field for field in (*guarded, *others) if reason(field) is None]


def unknown_stops(model: dict[str, Any]) -> set[str]:
    """Return the Stop operations that are neither guarded nor explained."""
    stops = {operation for operation in model["operations"] if operation.startswith("Stop")}
    return stops - {row.stop_operation for row in JOB_KINDS} - NOT_GUARDED.keys()


def test_every_field_that_can_name_an_image_is_seen_or_explained() -> None:
    found = unexplained(service_model())
    assert not found, f"extract these fields in guard/extract/, or add them to REASONS in {HERE}: {found}"


def test_every_reason_is_needed() -> None:
    fields = [field for operation in (*GUARDED, *UNGUARDED) for field in image_fields(service_model(), operation)]
    needed = {reason(field) for field in fields if field.operation in UNGUARDED or not seen(field)}
    unneeded = REASONS.keys() - needed
    assert not unneeded, f"remove from REASONS in {HERE}: {unneeded}"


def test_the_most_important_image_fields_are_seen() -> None:
    """The probe `seen` could be broken itself: check it with fields that are certainly extracted or not."""
    assert seen(Field("CreateTrainingJob", "AlgorithmSpecification.TrainingImage"))
    assert seen(Field("CreateModel", "Containers[].ModelPackageName"))
    assert seen(Field("CreateAlgorithm", "TrainingSpecification.TrainingImageDigest"))
    assert not seen(Field("CreateTrainingJob", "RoleArn"))
    assert not seen(Field("CreateModel", "Containers[].ModelDataUrl"))


def test_every_stop_operation_is_guarded_or_explained() -> None:
    found = unknown_stops(service_model())
    assert not found, f"add a row to guard/jobs.py, or a reason to its NOT_GUARDED: {sorted(found)}"


def test_no_reason_is_for_a_guarded_or_removed_operation() -> None:
    gone = NOT_GUARDED.keys() - service_model()["operations"].keys()
    guarded = NOT_GUARDED.keys() & {row.stop_operation for row in JOB_KINDS}
    assert not gone | guarded, f"remove from NOT_GUARDED in guard/jobs.py: {sorted(gone | guarded)}"


@pytest.mark.parametrize(
    ("shape", "member", "target", "field"),
    [
        pytest.param(
            "AlgorithmSpecification",
            "SidecarImage",
            "ContainerImage",
            Field("CreateTrainingJob", "AlgorithmSpecification.SidecarImage"),
            id="by shape and name",
        ),
        pytest.param(
            "CreateProcessingJobRequest",
            "Warmup",
            "ImageUri",
            Field("CreateProcessingJob", "Warmup"),
            id="by shape only",
        ),
        pytest.param(
            "ProcessingClusterConfig",
            "ProxyContainerUri",
            "String",
            Field("CreateProcessingJob", "ProcessingResources.ClusterConfig.ProxyContainerUri"),
            id="by name only",
        ),
        pytest.param(
            "TransformResources",
            "PreprocessorModelName",
            "ModelName",
            Field("CreateTransformJob", "TransformResources.PreprocessorModelName"),
            id="another resource that has an image",
        ),
        pytest.param(
            "ContainerDefinition",
            "AgentImages",
            "ImageList",
            Field("CreateModel", "Containers[].AgentImages[]"),
            id="a list, in a resource",
        ),
        pytest.param(
            "CreateJobRequest",
            "ContainerImage",
            "ContainerImage",
            Field("CreateJob", "ContainerImage"),
            id="a job that is not guarded",
        ),
    ],
)
def test_a_new_field_is_reported(shape, member, target, field) -> None:
    model = copied_model()
    model["shapes"]["ImageList"] = {"type": "list", "member": {"shape": "ContainerImage"}}
    model["shapes"][shape]["members"][member] = {"shape": target}
    assert field in unexplained(model)


def test_a_new_kind_of_job_is_reported() -> None:
    model = copied_model()
    model["operations"]["StopDreamingJob"] = model["operations"]["StopTrainingJob"]
    assert unknown_stops(model) == {"StopDreamingJob"}


def described(kind: JobKind) -> dict[str, Any]:
    """Return the members of the kind's description."""
    model = service_model()
    members = model["shapes"][model["operations"][kind.describe_operation]["output"]["shape"]]["members"]
    for step in kind.within:
        members = model["shapes"][members[step]["shape"]]["members"]
    return dict(members)


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
class TestRow:
    """Each row of the job table matches the API model."""

    def test_the_operations_exist(self, kind) -> None:
        named = {*kind.create_operations, *kind.update_operations, kind.describe_operation, kind.stop_operation}
        unknown = named - service_model()["operations"].keys()
        assert not unknown, f"correct the row {kind.id} of guard/jobs.py: SageMaker has no {sorted(unknown)}"

    def test_the_name_is_all_that_describe_and_stop_need(self, kind) -> None:
        model = service_model()
        for operation in (kind.describe_operation, kind.stop_operation):
            required = model["shapes"][model["operations"][operation]["input"]["shape"]]["required"]
            assert required == [kind.name_field, *kind.key_fields], (
                f"correct name_field and key_fields in the row {kind.id} of guard/jobs.py: {operation} needs {required}"
            )

    def test_the_description_has_the_fields(self, kind) -> None:
        members = described(kind)
        unknown = {kind.name_field, kind.arn_field, kind.status_field} - members.keys()
        assert not unknown, f"correct the row {kind.id} of guard/jobs.py: its description has no {sorted(unknown)}"

    def test_every_status_is_known_once(self, kind) -> None:
        model, members = service_model(), described(kind)
        statuses = set(model["shapes"][members[kind.status_field]["shape"]]["enum"])
        known = [*kind.running, *kind.stopping, *kind.ended]
        assert len(known) == len(set(known)), f"a status of {kind.id} stands twice in guard/jobs.py"
        # AWS's example events have Running for tuning jobs; the API model doesn't.
        differ = (set(known) - ({"Running"} - statuses)) ^ statuses
        assert not differ, f"correct the statuses in the row {kind.id} of guard/jobs.py: {sorted(differ)}"

    def test_the_arn_is_of_that_resource(self, kind) -> None:
        model, members = service_model(), described(kind)
        pattern = model["shapes"][members[kind.arn_field]["shape"]].get("pattern", "")
        assert f":{kind.arn_resource}/" in pattern or ":sagemaker:" not in pattern, (
            f"correct arn_resource in the row {kind.id} of guard/jobs.py: ARNs look like {pattern}"
        )


@pytest.mark.parametrize("row", RESOURCE_KINDS, ids=lambda row: row.id)
def test_a_resource_is_described_by_its_name(row) -> None:
    model = service_model()
    shape = model["operations"][row.describe_operation]["input"]["shape"]
    assert model["shapes"][shape]["required"] == [row.name_parameter]
    unknown = {*row.create_operations, *row.update_operations} - model["operations"].keys()
    assert not unknown, f"correct the row {row.id} of guard/resources.py: SageMaker has no {sorted(unknown)}"


@pytest.mark.parametrize("row", RESOURCE_KINDS, ids=lambda row: row.id)
def test_the_packaged_api_model_accepts_the_describe_options_of_a_resource(row) -> None:
    model = pruned("sagemaker", service_model())
    members = model["shapes"][model["operations"][row.describe_operation]["input"]["shape"]]["members"]
    for name, option in row.describe_options:
        assert option in model["shapes"][members[name]["shape"]]["enum"], (
            f"correct describe_options in the row {row.id} of guard/resources.py"
        )


def test_no_kind_appears_twice() -> None:
    assert len(BY_KIND) == len(JOB_KINDS)


def test_every_map_with_user_defined_keys_is_known() -> None:
    """CloudTrail lower-cases the first letter of field names, but not the keys of these maps."""
    operations = [operation for row in JOB_KINDS for operation in (*row.create_operations, *row.update_operations)]
    maps = {field for operation in operations for field in map_fields(service_model(), operation)}
    differ = {name[0].lower() + name[1:] for name in maps} ^ FREE_MAPS
    assert not differ, f"correct FREE_MAPS in guard/extract/reading.py by {sorted(differ)}"


@pytest.mark.parametrize("row", [row for row in RESOURCE_KINDS if row.arn_field], ids=lambda row: row.id)
def test_the_arn_of_a_resource_with_tags_is_where_its_description_has_it(row) -> None:
    model = service_model()
    members = model["shapes"][model["operations"][row.describe_operation]["output"]["shape"]]["members"]
    assert f":{row.arn_resource}/" in model["shapes"][members[row.arn_field]["shape"]]["pattern"]
