"""Jobs in which the service chooses algorithms and images: AutoML and labeling."""

from __future__ import annotations

from collections.abc import Iterator

from guard.document import Origin, StorageInput, Volume
from guard.extract.facts import Facts, join
from guard.extract.locations import data_source, inputs, outputs, storage_input
from guard.extract.models import model
from guard.extract.parts import JOB, picked_image, roles, settings, unknown_image, vpc
from guard.extract.reading import EMPTY, Node, child, children, flag, number, text, union_members
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
                data_source(child(channel, "DataSource"), f"{field}[{index}]")
                for field in ("AutoMLJobInputDataConfig", "InputDataConfig")
                for index, channel in children(description, field)
            ),
            *inputs(config, f"{path}.FeatureSpecificationS3Uri", "FeatureSpecificationS3Uri"),
            *inputs(
                config, f"{path}.CandidateGenerationConfig", "CandidateGenerationConfig", "FeatureSpecificationS3Uri"
            ),
        ),
        outputs=outputs(description, "OutputDataConfig", "S3OutputPath", "OutputDataConfig"),
        volumes=(Volume(name="SecurityConfig", kms_key=text(security, "VolumeKmsKeyId")),),
        hyperparameters=settings(config, "TextGenerationHyperParameters", f"{path}.TextGenerationHyperParameters"),
        roles=(
            *roles(description, "RoleArn"),
            *roles(child(description, "AutoMLComputeConfig", "EmrServerlessComputeConfig"), "ExecutionRoleARN"),
        ),
        max_runtime_seconds=number(config, "CompletionCriteria", "MaxAutoMLJobRuntimeInSeconds"),
        vpc=vpc(security, "VpcConfig"),
        encrypted_traffic=flag(security, "EnableInterContainerTrafficEncryption"),
    )


def labeling(description: Node, name: str, known: Known) -> Facts:
    """Return the facts of a labeling job; one without automated labeling runs no container, so that it has no images."""
    algorithms = child(description, "LabelingJobAlgorithmsConfig")
    resources = child(algorithms, "LabelingJobResourceConfig")
    own = Facts(
        inputs=tuple(_labeling_inputs(description)),
        outputs=outputs(description, "OutputConfig", "S3OutputPath", "OutputConfig"),
        roles=roles(description, "RoleArn"),
        vpc=vpc(resources, "VpcConfig"),
        lacks=frozenset() if algorithms else frozenset({"volumes", "vpc"}),
    )
    if not algorithms:
        return own
    slot = "LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn"
    message = "an algorithm of the service labels the data"
    automated = Facts(
        images=(unknown_image(slot, Origin(type=JOB, name=name), "managed", message),),
        volumes=(Volume(name="LabelingJobAlgorithmsConfig", kms_key=text(resources, "VolumeKmsKeyId")),),
    )
    start = text(algorithms, "InitialActiveLearningModelArn")
    if start is None:
        return join(own, automated)
    return join(own, automated, resolve(MODEL, start.rpartition("/")[2], known, model))


def _problems(description: Node) -> Iterator[tuple[str, Node]]:
    """The one configuration of the union; AutoMLJobConfig is the first version's."""
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
