"""Jobs in which the service chooses algorithms and images: AutoML and labeling."""

from __future__ import annotations

from collections.abc import Iterator

from guard.document import Deployment, FoundationModel, Labeling, Origin, StorageInput, Volume
from guard.extract.facts import Facts, join
from guard.extract.locations import data_sources, inputs, outputs, storage_input
from guard.extract.models import model
from guard.extract.parts import JOB, picked_image, roles, settings, unknown_image, volume, vpc
from guard.extract.reading import EMPTY, Node, accepted, child, children, flag, number, text, texts, union_members
from guard.extract.resolve import Known, resolve
from guard.resources import MODEL

PROBLEM = "AutoMLProblemTypeConfig"


def automl(description: Node, name: str, _: Known) -> Facts:
    """Return the facts of an AutoML job of either version of the API."""
    path, config = next(_problems(description), (PROBLEM, EMPTY))
    security = child(description, "SecurityConfig") or child(description, "AutoMLJobConfig", "SecurityConfig")
    message = "AutoML picks the algorithms; the jobs that it starts are judged one by one"
    return Facts(
        images=(picked_image(path, config, Origin(type=JOB, name=name), message),),
        inputs=(
            *(
                place
                for field in ("AutoMLJobInputDataConfig", "InputDataConfig")
                for index, channel in children(description, field)
                for place in data_sources(child(channel, "DataSource"), f"{field}[{index}]")
            ),
            *inputs(config, f"{path}.FeatureSpecificationS3Uri", "FeatureSpecificationS3Uri"),
            *inputs(
                config, f"{path}.CandidateGenerationConfig", "CandidateGenerationConfig", "FeatureSpecificationS3Uri"
            ),
        ),
        outputs=outputs(description, "OutputDataConfig", "S3OutputPath", "OutputDataConfig"),
        # The jobs that it starts have volumes even without a security configuration.
        volumes=volume(security, "SecurityConfig") or (Volume(name="SecurityConfig", kms_key=None),),
        hyperparameters=settings(config, "TextGenerationHyperParameters", f"{path}.TextGenerationHyperParameters"),
        roles=(
            *roles(description, "RoleArn"),
            *roles(child(description, "AutoMLComputeConfig", "EmrServerlessComputeConfig"), "ExecutionRoleARN"),
        ),
        max_runtime_seconds=number(config, "CompletionCriteria", "MaxAutoMLJobRuntimeInSeconds"),
        max_jobs=number(config, "CompletionCriteria", "MaxCandidates"),
        max_job_runtime_seconds=number(config, "CompletionCriteria", "MaxRuntimePerTrainingJobInSeconds"),
        base_model=_base_model(config),
        deployment=_deployment(child(description, "ModelDeployConfig")),
        endpoints=tuple(
            endpoint
            for field in ("ModelDeployConfig", "ModelDeployResult")
            if (endpoint := text(description, field, "EndpointName")) is not None
        ),
        vpc=vpc(security, "VpcConfig"),
        encrypted_traffic=flag(security, "EnableInterContainerTrafficEncryption"),
    )


def labeling(description: Node, name: str, known: Known) -> Facts:
    """Return the facts of a labeling job; without automated labeling it runs no container and has no images."""
    algorithms = child(description, "LabelingJobAlgorithmsConfig")
    resources = child(algorithms, "LabelingJobResourceConfig")
    own = Facts(
        inputs=tuple(_labeling_inputs(description)),
        outputs=outputs(description, "OutputConfig", "S3OutputPath", "OutputConfig"),
        roles=roles(description, "RoleArn"),
        labeling=_labeling(description),
        vpc=vpc(resources, "VpcConfig"),
        lacks=frozenset() if algorithms else frozenset({"volumes", "vpc"}),
    )
    if not algorithms:
        return own
    slot = "LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn"
    message = "an algorithm of the service labels the data"
    automated = Facts(
        images=(unknown_image(slot, Origin(type=JOB, name=name), "managed", message),),
        volumes=(
            volume(resources, "LabelingJobAlgorithmsConfig")
            or (Volume(name="LabelingJobAlgorithmsConfig", kms_key=None),)
        ),
    )
    start = text(algorithms, "InitialActiveLearningModelArn")
    if start is None:
        return join(own, automated)
    return join(own, automated, resolve(MODEL, start.rpartition("/")[2], known, model))


def _base_model(config: Node) -> FoundationModel | None:
    """Return the base model of the problem's configuration, if it has one, for any problem type."""
    name, eula = text(config, "BaseModelName"), accepted(config, "ModelAccessConfig")
    if name is None and eula is None:
        return None
    return FoundationModel(
        name=name, eula_accepted=eula or False, job_type=None, technique=None, evaluation=None, evaluator_arn=None
    )


def _deployment(config: Node) -> Deployment | None:
    if not config:
        return None
    return Deployment(
        endpoint_name=text(config, "EndpointName"), generated_name=flag(config, "AutoGenerateEndpointName")
    )


def _labeling(description: Node) -> Labeling:
    task = child(description, "HumanTaskConfig")
    consolidation = child(task, "AnnotationConsolidationConfig")
    functions = (text(task, "PreHumanTaskLambdaArn"), text(consolidation, "AnnotationConsolidationLambdaArn"))
    topics = (
        text(description, "InputConfig", "DataSource", "SnsDataSource", "SnsTopicArn"),
        text(description, "OutputConfig", "SnsTopicArn"),
    )
    return Labeling(
        workteam_arn=text(task, "WorkteamArn"),
        lambda_arns=tuple(sorted({arn for arn in functions if arn is not None})),
        task_ui_arn=text(task, "UiConfig", "HumanTaskUiArn"),
        topic_arns=tuple(sorted({arn for arn in topics if arn is not None})),
        content_classifiers=texts(description, "InputConfig", "DataAttributes", "ContentClassifiers"),
        max_concurrent_tasks=number(task, "MaxConcurrentTaskCount"),
    )


def _problems(description: Node) -> Iterator[tuple[str, Node]]:
    """Yield the configurations: the members of the union, and AutoMLJobConfig, that of the API's first version."""
    yield from union_members(child(description, PROBLEM), PROBLEM)
    if child(description, "AutoMLJobConfig"):
        yield "AutoMLJobConfig", child(description, "AutoMLJobConfig")


def _labeling_inputs(description: Node) -> Iterator[StorageInput]:
    source = ("InputConfig", "DataSource")
    yield from inputs(description, "InputConfig", *source, "S3DataSource", "ManifestS3Uri")
    topic = text(description, *source, "SnsDataSource", "SnsTopicArn")
    if topic is not None:
        yield storage_input("InputConfig", topic, kind="other")
    yield from inputs(description, "LabelCategoryConfigS3Uri", "LabelCategoryConfigS3Uri")
    yield from inputs(description, "HumanTaskConfig.UiConfig", "HumanTaskConfig", "UiConfig", "UiTemplateS3Uri")
