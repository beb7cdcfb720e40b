"""Every field in which a job of the simulated SageMaker can name an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from tests.support.jobs import ALLOWED, CLUSTER, REGION, ROLE, processing_request, training_request
from tests.support.minimal import minimal

Create = Callable[[Any, str, str], None]

ENDPOINT = {"EndpointName": "endpoint", "LocalPath": "/opt/ml/processing/input"}


@dataclass(frozen=True)
class Carrier:
    """One field: the kind of the job, the slot that a finding names, and a function that creates such a job with an image.

    If the job has several images, all except the one in the slot are allowed.
    """

    kind: str
    slot: str
    create: Create
    via: str = "job"

    def __str__(self) -> str:
        return f"{self.kind}: {self.slot} of {self.via}"


def _training(sagemaker: Any, name: str, image: str) -> None:
    sagemaker.create_training_job(TrainingJobName=name, **training_request(image))


def _rules(field: str) -> Create:
    def create(sagemaker: Any, name: str, image: str) -> None:
        rules = [{"RuleConfigurationName": f"rule-{one}", "RuleEvaluatorImage": one} for one in (ALLOWED, image)]
        sagemaker.create_training_job(TrainingJobName=name, **training_request(ALLOWED, **{field: rules}))

    return create


def _by_algorithm(key: str) -> Create:
    def create(sagemaker: Any, name: str, image: str) -> None:
        specification = _algorithm(sagemaker, name, image, key)
        sagemaker.create_training_job(TrainingJobName=name, **training_request(None, **specification))

    return create


def _algorithm(sagemaker: Any, name: str, image: str, key: str) -> dict[str, Any]:
    """Create an algorithm; return a job's reference to it by `key`, AlgorithmName or AlgorithmArn."""
    request = minimal("CreateAlgorithm", AlgorithmName=f"{name}-algorithm")
    request["TrainingSpecification"] |= {"TrainingImage": image}
    named = {"AlgorithmName": request["AlgorithmName"], **sagemaker.create_algorithm(**request)}
    return {"AlgorithmSpecification": {"TrainingInputMode": "File", "AlgorithmName": named[key]}}


def _processing(sagemaker: Any, name: str, image: str) -> None:
    sagemaker.create_processing_job(ProcessingJobName=name, **processing_request(image))


def _tuning(sagemaker: Any, name: str, **definitions: Any) -> None:
    request = minimal("CreateHyperParameterTuningJob", HyperParameterTuningJobName=name, **definitions)
    sagemaker.create_hyper_parameter_tuning_job(**request)


def _definition(sagemaker: Any, name: str, image: str) -> None:
    _tuning(sagemaker, name, TrainingJobDefinition=training_request(image))


def _second_definition(sagemaker: Any, name: str, image: str) -> None:
    _tuning(sagemaker, name, TrainingJobDefinitions=[training_request(ALLOWED), training_request(image)])


def _tuned_algorithm(sagemaker: Any, name: str, image: str) -> None:
    specification = _algorithm(sagemaker, name, image, "AlgorithmName")
    _tuning(sagemaker, name, TrainingJobDefinition=training_request(None, **specification))


def _transform(containers: Callable[[Any, str, str], dict[str, Any]]) -> Create:
    def create(sagemaker: Any, name: str, image: str) -> None:
        _model(sagemaker, name, **containers(sagemaker, name, image))
        request = minimal("CreateTransformJob", TransformJobName=name, ModelName=f"{name}-model")
        sagemaker.create_transform_job(**request)

    return create


def _model(sagemaker: Any, name: str, **containers: Any) -> str:
    request = {"ModelName": f"{name}-model", "ExecutionRoleArn": ROLE, **containers}
    return str(sagemaker.create_model(**request)["ModelArn"])


def _primary(sagemaker: Any, name: str, image: str) -> dict[str, Any]:
    return {"PrimaryContainer": {"Image": image}}


def _second(sagemaker: Any, name: str, image: str) -> dict[str, Any]:
    return {"Containers": [{"Image": ALLOWED}, {"Image": image}]}


def _packaged(sagemaker: Any, name: str, image: str) -> dict[str, Any]:
    return {"PrimaryContainer": {"ModelPackageName": _package(sagemaker, name, InferenceSpecification=_serving(image))}}


def _packaged_beside(sagemaker: Any, name: str, image: str) -> dict[str, Any]:
    """The container runs an additional specification of the package, not its main one."""
    beside = {"Name": "gpu", "Containers": [{"Image": image}]}
    package = _package(
        sagemaker, name, InferenceSpecification=_serving(ALLOWED), AdditionalInferenceSpecifications=[beside]
    )
    return {"PrimaryContainer": {"ModelPackageName": package, "InferenceSpecificationName": "gpu"}}


def _package(sagemaker: Any, name: str, **specifications: Any) -> str:
    return str(sagemaker.create_model_package(ModelPackageName=f"{name}-package", **specifications)["ModelPackageArn"])


def _serving(image: str) -> dict[str, Any]:
    return {"Containers": [{"Image": image}], "SupportedContentTypes": [], "SupportedResponseMIMETypes": []}


def monitoring_config(image: str) -> dict[str, Any]:
    """Return the configuration of a monitoring schedule with an inline definition."""
    definition = {
        "MonitoringInputs": [{"EndpointInput": ENDPOINT}],
        "MonitoringOutputConfig": {
            "MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://bucket/out", "LocalPath": "/o"}}]
        },
        "MonitoringResources": {"ClusterConfig": CLUSTER},
        "MonitoringAppSpecification": {"ImageUri": image},
        "RoleArn": ROLE,
    }
    return {"MonitoringJobDefinition": definition, "MonitoringType": "DataQuality"}


def _schedule(sagemaker: Any, name: str, image: str) -> None:
    sagemaker.create_monitoring_schedule(MonitoringScheduleName=name, MonitoringScheduleConfig=monitoring_config(image))


def _schedule_of_definition(monitoring_type: str) -> Create:
    def create(sagemaker: Any, name: str, image: str) -> None:
        request = minimal(f"Create{monitoring_type}JobDefinition", JobDefinitionName=f"{name}-definition")
        request[f"{monitoring_type}AppSpecification"] |= {"ImageUri": image}
        request[f"{monitoring_type}JobInput"] |= {"EndpointInput": ENDPOINT}
        getattr(sagemaker, xform_name(f"Create{monitoring_type}JobDefinition"))(**request)
        config = {"MonitoringJobDefinitionName": f"{name}-definition", "MonitoringType": monitoring_type}
        sagemaker.create_monitoring_schedule(MonitoringScheduleName=name, MonitoringScheduleConfig=config)

    return create


def _optimization(*techniques: str) -> Create:
    """The last step has the image."""

    def create(sagemaker: Any, name: str, image: str) -> None:
        images = [*[ALLOWED] * (len(techniques) - 1), image]
        steps = [{technique: {"Image": one}} for technique, one in zip(techniques, images, strict=True)]
        request = minimal("CreateOptimizationJob", OptimizationJobName=name, OptimizationConfigs=steps)
        sagemaker.create_optimization_job(**request)

    return create


def _recommend(sagemaker: Any, name: str, **source: Any) -> None:
    request = minimal("CreateInferenceRecommendationsJob", JobName=name, InputConfig=source)
    sagemaker.create_inference_recommendations_job(**request)


def _recommended_model(sagemaker: Any, name: str, image: str) -> None:
    _model(sagemaker, name, PrimaryContainer={"Image": image})
    _recommend(sagemaker, name, ModelName=f"{name}-model")


def _recommended_package(sagemaker: Any, name: str, image: str) -> None:
    package = _package(sagemaker, name, InferenceSpecification=_serving(image))
    _recommend(sagemaker, name, ModelPackageVersionArn=package)


def _labeling(sagemaker: Any, name: str, image: str) -> None:
    """Create a job with automated labeling that starts from the user's own model."""
    algorithms = {
        "LabelingJobAlgorithmSpecificationArn": f"arn:aws:sagemaker:{REGION}:027400017018:labeling-job-algorithm"
        "-specification/image-classification",
        "InitialActiveLearningModelArn": _model(sagemaker, name, PrimaryContainer={"Image": image}),
    }
    request = minimal("CreateLabelingJob", LabelingJobName=name, LabelingJobAlgorithmsConfig=algorithms)
    sagemaker.create_labeling_job(**request)


_TRAINING_IMAGE = "AlgorithmSpecification.TrainingImage"
_ALGORITHM_IMAGE = "TrainingSpecification.TrainingImage"
_PACKAGE_IMAGE = "InferenceSpecification.Containers[0].Image"

CARRIERS: tuple[Carrier, ...] = (
    Carrier("training", _TRAINING_IMAGE, _training),
    Carrier("training", "DebugRuleConfigurations[1].RuleEvaluatorImage", _rules("DebugRuleConfigurations")),
    Carrier("training", "ProfilerRuleConfigurations[1].RuleEvaluatorImage", _rules("ProfilerRuleConfigurations")),
    Carrier("training", _ALGORITHM_IMAGE, _by_algorithm("AlgorithmName"), "algorithm by name"),
    Carrier("training", _ALGORITHM_IMAGE, _by_algorithm("AlgorithmArn"), "algorithm by ARN"),
    Carrier("processing", "AppSpecification.ImageUri", _processing),
    Carrier("hyperparameter-tuning", f"TrainingJobDefinition.{_TRAINING_IMAGE}", _definition),
    Carrier("hyperparameter-tuning", f"TrainingJobDefinitions[1].{_TRAINING_IMAGE}", _second_definition),
    Carrier("hyperparameter-tuning", _ALGORITHM_IMAGE, _tuned_algorithm, "algorithm by name"),
    Carrier("transform", "PrimaryContainer.Image", _transform(_primary), "model"),
    Carrier("transform", "Containers[1].Image", _transform(_second), "model"),
    Carrier("transform", _PACKAGE_IMAGE, _transform(_packaged), "model package"),
    Carrier(
        "transform",
        "AdditionalInferenceSpecifications[0].Containers[0].Image",
        _transform(_packaged_beside),
        "model package",
    ),
    Carrier(
        "monitoring-schedule",
        "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringAppSpecification.ImageUri",
        _schedule,
    ),
    *(
        Carrier(
            "monitoring-schedule",
            f"{monitoring_type}AppSpecification.ImageUri",
            _schedule_of_definition(monitoring_type),
            "job definition",
        )
        for monitoring_type in ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
    ),
    Carrier(
        "optimization", "OptimizationConfigs[0].ModelQuantizationConfig.Image", _optimization("ModelQuantizationConfig")
    ),
    Carrier(
        "optimization",
        "OptimizationConfigs[1].ModelCompilationConfig.Image",
        _optimization("ModelQuantizationConfig", "ModelCompilationConfig"),
    ),
    Carrier("optimization", "OptimizationConfigs[0].ModelShardingConfig.Image", _optimization("ModelShardingConfig")),
    Carrier("inference-recommendations", "PrimaryContainer.Image", _recommended_model, "model"),
    Carrier("inference-recommendations", _PACKAGE_IMAGE, _recommended_package, "model package"),
    Carrier("labeling", "PrimaryContainer.Image", _labeling, "model"),
)
FIRST: dict[str, Carrier] = {carrier.kind: carrier for carrier in reversed(CARRIERS)}

# Kinds whose API has no field for an image of the user.
WITHOUT_IMAGE = frozenset(
    {
        "ai-benchmark",
        "ai-recommendation",
        "automl",
        "compilation",
        "customization",
        "edge-packaging",
        "training-session",
    }
)
