"""The fields of SageMaker's descriptions of jobs and their resources that aren't in the input document, with the reasons.

A leaf is a field without subfields, such as `training.StoppingCondition.MaxRuntimeInSeconds` of a job's description or
`$model.Containers[].Image` of a resource's; `[]` follows a list, `{}` a map.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from guard.jobs import JOB_KINDS, JobKind
from guard.resources import RESOURCE_KINDS

# (path, reason). A path that ends with a dot means all fields below it; `*` matches any text.
_FORMAT = "a data format; the locations of the data are shown"
_RESULT = "a result of the job"
_PROGRESS = "the progress of the job"
_OWN = "a name, time or text of its own; no decision needs it"
_SPLIT = "how data is split among instances or records"
_STATISTICS = "what the job computes, not where, with what code or for whom"
_ETAG = "the version of the object that SageMaker found; its location is shown"
_ADVICE = "a recommendation for endpoints"
_ALGORITHM = "what the algorithm supports; the job's values are shown"
UNSEEN: dict[str, str] = {
    # All descriptions.
    "*.FailureReason": "why the job failed",
    "*.CreationTime": "of a resource or result; the job's creation time is shown",
    "*.LastModifiedTime": _PROGRESS,
    "*.CompressionType": _FORMAT,
    "*.ContentType": _FORMAT,
    "*.RecordWrapperType": _FORMAT,
    "*.SplitType": _FORMAT,
    "*.OutputFormat": _FORMAT,
    "*.OutputCompression": _FORMAT,
    "*.S3CompressionType": _FORMAT,
    "*.DatasetFormat.": _FORMAT,
    "*.S3DataDistributionType": _SPLIT,
    "*.DataDistributionType": _SPLIT,
    "*.AttributeNames[]": _SPLIT,
    "*.InstanceGroupNames[]": _SPLIT,
    "*.InstanceGroupName": _SPLIT,
    "*.InstancePlacementConfig.": "the placement of instances in an UltraServer",
    "*.S3UploadMode": "when results are uploaded; their location is shown",
    "*.AppManaged": "who transfers the data; its locations are shown",
    "*.ETag": _ETAG,
    "*.ManifestEtag": _ETAG,
    "*.ModelDataETag": _ETAG,
    "*.MetricDefinitions[].": "expressions that extract metrics from the job's log",
    "*.TrainingInputMode": "shown as the mode of the channels without a mode of their own",
    "*.TuningObjective.": _STATISTICS,
    "*.AdditionalModelDataSources[].ChannelName": "the folder below /opt/ml; the location of the data is shown",
    "*Specification.Containers[].BaseModel.": "what the model was made from; nothing of it is run",
    "*Specifications[].Containers[].BaseModel.": "what the model was made from; nothing of it is run",
    # Resources.
    "$algorithm.AlgorithmArn": _OWN,
    "$algorithm.AlgorithmName": _OWN,
    "$algorithm.AlgorithmDescription": _OWN,
    "$algorithm.AlgorithmStatus": "whether it can be used",
    "$algorithm.AlgorithmStatusDetails.": "whether it can be used",
    "$algorithm.CertifyForMarketplace": "whether it may be sold",
    "$algorithm.ProductId": "the Marketplace product; the image that runs is shown",
    "$algorithm.InferenceSpecification.": "no job runs it: a package made from the algorithm has its own list",
    "$algorithm.ValidationSpecification.": "starts separate jobs, each of which is evaluated",
    "$algorithm.TrainingSpecification.AdditionalS3DataSource.S3DataType": "the location is shown",
    "$algorithm.TrainingSpecification.Supported*": _ALGORITHM,
    "$algorithm.TrainingSpecification.SupportsDistributedTraining": _ALGORITHM,
    "$algorithm.TrainingSpecification.TrainingChannels[].": _ALGORITHM,
    "$model.ModelArn": _OWN,
    "$model.ModelName": _OWN,
    "$model.DeploymentRecommendation.": _ADVICE,
    "$model.InferenceExecutionConfig.Mode": "the order of the containers, each of which is shown",
    "$model.*.ContainerHostname": _OWN,
    "$model.*.ContainerMetricsConfig.": "where the container publishes its metrics",
    "$model.*.InferenceSpecificationName": "chooses among the containers of a package; the chosen ones are shown",
    "$model.*.Mode": "whether the location, which is shown, holds one model or several",
    "$model.*.MultiModelConfig.ModelCacheSetting": "whether models are cached in memory",
    "$model-package.ApprovalDescription": "a text about the approval status",
    "$model-package.CertifyForMarketplace": "whether it may be sold",
    "$model-package.CreatedBy.": "shown as one ARN: that of the IAM identity, or else of the user profile",
    "$model-package.CustomerMetadataProperties{}": _OWN,
    "$model-package.Domain": _OWN,
    "$model-package.Task": _OWN,
    "$model-package.DriftCheckBaselines.": "reports about the package, which its containers don't receive",
    "$model-package.ModelMetrics.": "reports about the package, which its containers don't receive",
    "$model-package.LastModifiedBy.": "who changed it last; the effective approval is shown",
    "$model-package.ManagedStorageType": "where the service keeps its artifacts",
    "$model-package.MetadataProperties.": "its creator's statement of what it was made from",
    "$model-package.ModelCard.": "a text about the model",
    "$model-package.ModelLifeCycle.StageDescription": "a text about the stage",
    "$model-package.ModelPackageArn": _OWN,
    "$model-package.ModelPackageDescription": _OWN,
    "$model-package.ModelPackageName": _OWN,
    "$model-package.ModelPackageVersion": _OWN,
    "$model-package.ModelPackageRegistrationType": "whether it can be deployed from the registry",
    "$model-package.ModelPackageStatus": "whether it can be used",
    "$model-package.ModelPackageStatusDetails.": "whether it can be used",
    "$model-package.SkipModelValidation": "whether it was validated when it was created",
    "$model-package.ValidationSpecification.": "starts separate jobs, each of which is evaluated",
    "$model-package.SamplePayloadUrl": "used to benchmark the package; the job that does so names the payload itself",
    "$model-package.SecurityConfig.KmsKeyId": "the key of the package's own artifacts",
    "$model-package.SourceAlgorithmSpecification.": "what the package was made from; its own containers are shown",
    "$model-package.SourceUri": "what the package was made from",
    "$model-package.AdditionalInferenceSpecifications[].Description": _OWN,
    "$model-package.AdditionalInferenceSpecifications[].Name": "selects a container's specification; the selected one is shown",
    "$model-package.*.Supported*": _ADVICE,
    "$model-package.*.AdditionalS3DataSource.S3DataType": "the location is shown",
    "$model-package.*.ContainerHostname": _OWN,
    "$model-package.*.Framework": _OWN,
    "$model-package.*.FrameworkVersion": _OWN,
    "$model-package.*.IsCheckpoint": "how its artifacts are used; their location is shown",
    "$model-package.*.ModelInput.DataInputConfig": _FORMAT,
    "$model-package.*.NearestModelName": "the name of a similar well-known model",
    "$*-job-definition.JobDefinitionArn": _OWN,
    "$*-job-definition.JobDefinitionName": _OWN,
    "$model-quality-job-definition.ModelQualityAppSpecification.ProblemType": _STATISTICS,
    "*BaselineConfig.BaseliningJobName": "the job that made the baselines; their location is shown",
    "*EndTimeOffset": _SPLIT,
    "*StartTimeOffset": _SPLIT,
    "*Input.*Attribute": "the meaning of the data's columns",
    # Job kinds.
    "automl.AutoMLJobArtifacts.": _RESULT,
    "automl.AutoMLJobInputDataConfig[].ChannelType": _SPLIT,
    "automl.AutoMLJobName": _OWN,
    "automl.AutoMLJobObjective.MetricName": _STATISTICS,
    "automl.*.CandidateGenerationConfig.AlgorithmsConfig[].": "which of the service's algorithms are tried",
    "automl.AutoMLProblemTypeConfig.TabularJobConfig.GenerateCandidateDefinitionsOnly": _STATISTICS,
    "automl.AutoMLProblemTypeConfig.TabularJobConfig.Mode": _STATISTICS,
    "automl.AutoMLProblemTypeConfig.TabularJobConfig.ProblemType": _STATISTICS,
    "automl.AutoMLProblemTypeConfig.*AttributeName": "the meaning of the data's columns",
    "automl.AutoMLProblemTypeConfig.*AttributeNames[]": "the meaning of the data's columns",
    "automl.AutoMLProblemTypeConfig.TextClassificationJobConfig.*Column": "the meaning of the data's columns",
    "automl.AutoMLProblemTypeConfig.TimeSeriesForecastingJobConfig.Forecast*": _STATISTICS,
    "automl.AutoMLProblemTypeConfig.TimeSeriesForecastingJobConfig.HolidayConfig[].": _STATISTICS,
    "automl.AutoMLProblemTypeConfig.TimeSeriesForecastingJobConfig.Transformations.": _STATISTICS,
    "automl.AutoMLProblemTypeConfigName": "follows from the configuration that the job has",
    "automl.BestCandidate.": _RESULT,
    "automl.DataSplitConfig.ValidationFraction": _SPLIT,
    "automl.EndTime": _PROGRESS,
    "automl.PartialFailureReasons[].": _PROGRESS,
    "automl.ResolvedAttributes.": "the service's values for fields that the configuration leaves open",
    "compilation.CompilationJobName": _OWN,
    "compilation.Compilation*Time": _PROGRESS,
    "compilation.DerivedInformation.": _RESULT,
    "compilation.InferenceImage": _RESULT,
    "compilation.InputConfig.DataInputConfig": _FORMAT,
    "compilation.ModelArtifacts.": _RESULT,
    "compilation.ModelDigests.": _RESULT,
    "hyperparameter-tuning.HyperParameterTuningJobName": _OWN,
    "hyperparameter-tuning.Autotune.Mode": "whether the service chooses ranges; the owner's ranges are shown",
    "hyperparameter-tuning.BestTrainingJob.": _RESULT,
    "hyperparameter-tuning.OverallBestTrainingJob.": _RESULT,
    "hyperparameter-tuning.ConsumedResources.": _PROGRESS,
    "hyperparameter-tuning.HyperParameterTuningEndTime": _PROGRESS,
    "hyperparameter-tuning.HyperParameterTuningJobConfig.HyperParameterTuningJobObjective.": _STATISTICS,
    "hyperparameter-tuning.*.ScalingType": _STATISTICS,
    "hyperparameter-tuning.HyperParameterTuningJobConfig.RandomSeed": _STATISTICS,
    "hyperparameter-tuning.HyperParameterTuningJobConfig.Strategy": _STATISTICS,
    "hyperparameter-tuning.HyperParameterTuningJobConfig.StrategyConfig.": _STATISTICS,
    "hyperparameter-tuning.HyperParameterTuningJobConfig.TrainingJobEarlyStoppingType": _STATISTICS,
    "hyperparameter-tuning.HyperParameterTuningJobConfig.TuningJobCompletionCriteria.": _STATISTICS,
    "hyperparameter-tuning.ObjectiveStatusCounters.": _PROGRESS,
    "hyperparameter-tuning.TrainingJobStatusCounters.": _PROGRESS,
    "hyperparameter-tuning.TuningJobCompletionDetails.": _PROGRESS,
    "hyperparameter-tuning.*.DefinitionName": _OWN,
    "hyperparameter-tuning.*.AllocationStrategy": "the order in which the shown instance types are tried",
    "hyperparameter-tuning.WarmStartConfig.WarmStartType": "the earlier jobs are shown",
    "*.ShuffleConfig.Seed": _SPLIT,
    "inference-recommendations.JobName": _OWN,
    "inference-recommendations.JobDescription": _OWN,
    "inference-recommendations.JobType": _OWN,
    "inference-recommendations.CompletionTime": _PROGRESS,
    "inference-recommendations.EndpointPerformances[].": _RESULT,
    "inference-recommendations.InferenceRecommendations[].": _RESULT,
    "inference-recommendations.InputConfig.ContainerConfig.*": "hints; the model's containers are shown",
    "inference-recommendations.*.InferenceSpecificationName": "chooses among the containers of a package, all of which are shown",
    "inference-recommendations.InputConfig.EndpointConfigurations[].ServerlessConfig.": "the size of a serverless endpoint",
    "inference-recommendations.InputConfig.TrafficPattern.": "how much traffic is sent",
    "inference-recommendations.StoppingConditions.": "when the load tests end",
    "labeling.HumanTaskConfig.NumberOfHumanWorkersPerDataObject": "the work team is shown",
    "labeling.HumanTaskConfig.PublicWorkforceTaskPrice.": "the work team is shown",
    "labeling.HumanTaskConfig.Task*": "instructions for the workers; the work team is shown",
    "labeling.JobReferenceCode": _OWN,
    "labeling.LabelAttributeName": _OWN,
    "labeling.LabelCounters.": _PROGRESS,
    "labeling.LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn": "an algorithm of the service: shown as managed",
    "labeling.LabelingJobName": _OWN,
    "labeling.LabelingJobOutput.": "a result of the job, below its output",
    "labeling.StoppingConditions.": _STATISTICS,
    "monitoring-schedule.LastMonitoringExecutionSummary.": "the last run is a separate job, which is evaluated",
    "monitoring-schedule.*MonitoringType": "the kind of its definition, which is shown",
    "monitoring-schedule.MonitoringScheduleConfig.ScheduleConfig.": "when it runs",
    "monitoring-schedule.MonitoringScheduleName": _OWN,
    "optimization.OptimizationConfigs[].ModelSpeculativeDecodingConfig.Technique": _STATISTICS,
    "optimization.Optimization*Time": _PROGRESS,
    "optimization.OptimizationJobName": _OWN,
    "optimization.OptimizationOutput.": _RESULT,
    "optimization.OutputConfig.SageMakerModel.ModelName": "the model that the job will create",
    "processing.ExitMessage": _PROGRESS,
    "processing.Processing*Time": _PROGRESS,
    "processing.ProcessingJobName": _OWN,
    "training.AlgorithmSpecification.EnableSageMakerMetricsTimeSeries": "whether metrics are stored as time series",
    "training.Billable*": _PROGRESS,
    "training.DebugHookConfig.*Parameters{}": "what is collected; its location is shown",
    "training.DebugHookConfig.CollectionConfigurations[].CollectionName": "what is collected; its location is shown",
    "training.*.RuleConfigurationName": _OWN,
    "training.*RuleEvaluationStatuses[].": "each rule is a separate processing job, which is evaluated",
    "training.FinalMetricDataList[].": _RESULT,
    "training.InfraCheckConfig.EnableInfraCheck": "a check by the service before the job's container starts",
    "training.MlflowDetails.": "the ids of names that are shown",
    "training.ModelArtifacts.": _RESULT,
    "training.OutputModelPackageArn": _RESULT,
    "training.ProfilerConfig.*": "what is collected; its location is shown",
    "training.ProfilingStatus": _PROGRESS,
    "training.ProgressInfo.": _PROGRESS,
    "training.SecondaryStatusTransitions[].": _PROGRESS,
    "training.ServerlessJobConfig.Peft": _STATISTICS,
    "training.ServerlessJobConfig.SequenceLength": _STATISTICS,
    "training.Training*Time": _PROGRESS,
    "training.TrainingTimeInSeconds": _PROGRESS,
    "training.TrainingJobName": _OWN,
    "training.WarmPoolStatus.": _PROGRESS,
    "transform.BatchStrategy": _SPLIT,
    "transform.DataCaptureConfig.GenerateInferenceId": _FORMAT,
    "transform.DataProcessing.": _FORMAT,
    "transform.MaxConcurrentTransforms": _SPLIT,
    "transform.MaxPayloadInMB": _SPLIT,
    "transform.ModelClientConfig.": "how long the service waits for the container",
    "transform.TransformJobName": _OWN,
    "transform.TransformOutput.A*": _FORMAT,
    "transform.TransformResources.TransformAmiVersion": "an AMI of the service",
    "transform.Transform*Time": _PROGRESS,
    "ai-benchmark.*Identifier": "the container or component of an endpoint that is shown",
    "ai-benchmark.BenchmarkTarget.Endpoint.TargetContainerHostname": "the container or component of an endpoint that is shown",
    "ai-benchmark.AIBenchmarkJobName": _OWN,
    "ai-benchmark.OutputConfig.CloudWatchLogs[].": _RESULT,
    "ai-benchmark.*Time": _PROGRESS,
    "ai-recommendation.AIRecommendationJobName": _OWN,
    "ai-recommendation.AdapterSource.*AdapterId": _OWN,
    "ai-recommendation.InferenceSpecification.Framework": "which of the service's containers is tried",
    "ai-recommendation.ComputeSpec.CapacityReservationConfig.CapacityReservationPreference": "the reservations are shown",
    "ai-recommendation.OptimizeModel": _STATISTICS,
    "ai-recommendation.PerformanceTarget.": _STATISTICS,
    "ai-recommendation.Recommendations[].": _RESULT,
    "ai-recommendation.*Time": _PROGRESS,
    "customization.JobName": _OWN,
    "customization.JobCategory": "in the job's ARN",
    "customization.JobConfigSchemaVersion": "the schema of the document whose values are shown",
    "customization.SecondaryStatusTransitions[].": _PROGRESS,
    "customization.EndTime": _PROGRESS,
    "*.Tags[].": "the tags are read with ListTags",
    "edge-packaging.EdgePackagingJobName": _OWN,
    "edge-packaging.EdgePackagingJobStatusMessage": _PROGRESS,
    "edge-packaging.Model*": _OWN,
    "edge-packaging.OutputConfig.PresetDeployment*": "the form of the result for devices; its location is shown",
    "edge-packaging.PresetDeploymentOutput.": _RESULT,
    "training-session.TrainingSessionName": _OWN,
    "training-session.BillableTokenUsage.": _PROGRESS,
    "training-session.EndTime": _PROGRESS,
    "training-session.ErrorDetails": _PROGRESS,
    "training-session.LastReceivedSequenceNumber": _PROGRESS,
}

_IN_V2 = "of AutoML jobs of the first version; the description has it in another field"
# Fields of the create calls of jobs and resources that no description has, with the way in which the guard handles them.
UNDESCRIBED: dict[str, str] = {
    "CreateInferenceRecommendationsJob.OutputConfig": (
        "shown as an output if CloudTrail's event of the call has it; the sweep never sees it. So the breaker doesn't withhold "
        "the stop of such a job; a job that was denied because of this output while the switch was off keeps running when the "
        "switch is on again; and if the stop failed, there is a dead letter to redrive"
    ),
    "CreateTrainingJob.SessionChainingConfig": (
        "not shown; it sets whether the job's role is assumed with its creator's session tags, which may open other data to it"
    ),
    "CreateAutoMLJob.AutoMLJobConfig": _IN_V2,
    "CreateAutoMLJob.GenerateCandidateDefinitionsOnly": _IN_V2,
    "CreateAutoMLJob.InputDataConfig": _IN_V2,
    "CreateAutoMLJob.ProblemType": _IN_V2,
}
# Tags are read with ListTags; the token makes repeated calls idempotent.
_NO_FACTS = frozenset({"Tags", "ClientToken"})


def undescribed(model: dict[str, Any]) -> set[str]:
    """Return the fields of create calls that no description has."""
    found: set[str] = set()
    for row in (*JOB_KINDS, *RESOURCE_KINDS):
        within = row.within if isinstance(row, JobKind) else ()
        described = _members(model, row.describe_operation, "output", within)
        for operation in row.create_operations:
            created = _members(model, operation, "input", ())
            found |= {f"{operation}.{name}" for name in created - described - _NO_FACTS}
    return found


def _members(model: dict[str, Any], operation: str, side: str, within: tuple[str, ...]) -> set[str]:
    shape = model["operations"][operation][side]["shape"]
    for step in within:
        shape = model["shapes"][shape]["members"][step]["shape"]
    return set(model["shapes"][shape]["members"])


def leaves(model: dict[str, Any]) -> set[str]:
    """Return every leaf of the descriptions of job kinds and resources."""
    found: set[str] = set()
    for kind in JOB_KINDS:
        found |= set(_of_operation(model, kind.describe_operation, kind.id, kind.within))
    for resource in RESOURCE_KINDS:
        found |= set(_of_operation(model, resource.describe_operation, f"${resource.id}", ()))
    return found


def unexplained(paths: set[str]) -> list[str]:
    """Return the leaves that no path of UNSEEN covers."""
    return sorted(path for path in paths if not any(covers(pattern, path) for pattern in UNSEEN))


def covers(pattern: str, path: str) -> bool:
    """Return whether a path of UNSEEN covers this leaf."""
    return _expression(pattern).fullmatch(path) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    any_text = re.escape(pattern).replace(r"\*", ".*")
    return re.compile(f"{any_text}.*" if pattern.endswith(".") else any_text)


def _of_operation(model: dict[str, Any], operation: str, root: str, within: tuple[str, ...]) -> Iterator[str]:
    shape = model["operations"][operation]["output"]["shape"]
    for step in within:
        shape = model["shapes"][shape]["members"][step]["shape"]
    yield from _below(model["shapes"], shape, root, ())


def _below(shapes: dict[str, Any], name: str, path: str, above: tuple[str, ...]) -> Iterator[str]:
    shape = shapes[name]
    if name in above:
        return
    if shape["type"] == "structure":
        for member, reference in shape["members"].items():
            yield from _below(shapes, reference["shape"], f"{path}.{member}", (*above, name))
    elif shape["type"] == "list":
        yield from _below(shapes, shape["member"]["shape"], f"{path}[]", (*above, name))
    elif shape["type"] == "map":
        yield from _below(shapes, shape["value"]["shape"], f"{path}{{}}", (*above, name))
    else:
        yield path
