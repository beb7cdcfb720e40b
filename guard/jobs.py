"""The job kinds that the guard supports: one table row each, from the EventBridge detail-type to the Stop operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guard.document import Part


@dataclass(frozen=True)
class Listing:
    """How the API lists the jobs of a kind: the operation, the field of its response, and the statuses of running jobs.

    A summary has the job's name, ARN and status in fields with the same names as in its description. `statuses` are the values
    for the filter `StatusEquals`, one per call. `each` are further required parameters: jobs are listed separately for each of
    them. `sort_by` is the operation's value for sorting by creation time, None where it can't sort. `filters` is false where the
    API filters after paging, so that many pages in a row may be empty.
    """

    operation: str
    field: str
    statuses: tuple[str, ...] = ("InProgress",)
    each: tuple[Mapping[str, str], ...] = ({},)
    sort_by: str | None = "CreationTime"
    filters: bool = True

    @property
    def iam_action(self) -> str:
        """The IAM action of the operation; it takes no resource."""
        return f"sagemaker:{self.operation}"


@dataclass(frozen=True)
class JobKind:
    """Everything that is specific to one kind of SageMaker job; operation and field names are those of the SageMaker API.

    `update_operations` change or restart a job, so that it must be judged again. `running`, `stopping` and `ended` together are
    all statuses of the API. `parts` are what jobs of this kind can have; the extractor reports which of them a variant lacks.
    `within` is the path of the description in the response of Describe, empty where the response itself is the description.
    `key_fields` are fields that Describe and Stop require in addition to the name; in the job's ARN their values precede the
    name. `event_only_fields` are parameters of the creating call that Describe doesn't return. `model_facts` are document fields
    that come from the job's model, not from the job's own description.
    """

    id: str
    arn_resource: str
    detail_type: str | None
    create_operations: tuple[str, ...]
    update_operations: tuple[str, ...]
    describe_operation: str
    stop_operation: str
    name_field: str
    arn_field: str
    status_field: str
    listing: Listing
    running: frozenset[str]
    parts: frozenset[Part]
    stopping: frozenset[str] = frozenset({"Stopping"})
    ended: frozenset[str] = frozenset({"Completed", "Failed", "Stopped"})
    within: tuple[str, ...] = ()
    key_fields: tuple[str, ...] = ()
    event_only_fields: tuple[str, ...] = ()
    model_facts: tuple[str, ...] = ()

    def described(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the description from a response of Describe; anything without one is returned unchanged."""
        inner: Any = response
        for step in self.within:
            inner = inner.get(step) if isinstance(inner, Mapping) else None
        return inner if isinstance(inner, Mapping) else response

    @property
    def stopped(self) -> frozenset[str]:
        """The statuses of a job that ended because it was stopped."""
        return frozenset(status for status in self.ended if status.lower() == "stopped")

    @property
    def restarts(self) -> bool:
        """Whether a stopped job can be started again, with the same name and creation time."""
        return any(operation.startswith("Start") for operation in self.update_operations)

    @property
    def iam_actions(self) -> tuple[str, ...]:
        """The IAM actions on jobs of this kind: describe, read tags, stop (the last one in enforce mode only)."""
        return (f"sagemaker:{self.describe_operation}", "sagemaker:ListTags", f"sagemaker:{self.stop_operation}")


# The parts of jobs that run a user's containers on a cluster of their own.
_CLUSTER: frozenset[Part] = frozenset(
    {
        "image",
        "instances",
        "instance-count",
        "volumes",
        "vpc",
        "network-isolation",
        "traffic-encryption",
        "max-runtime",
    }
)
_TRAINED: frozenset[Part] = _CLUSTER | {"spot", "warm-pool"}

TRAINING = JobKind(
    id="training",
    arn_resource="training-job",
    detail_type="SageMaker Training Job State Change",
    create_operations=("CreateTrainingJob",),
    update_operations=("UpdateTrainingJob",),
    describe_operation="DescribeTrainingJob",
    stop_operation="StopTrainingJob",
    name_field="TrainingJobName",
    arn_field="TrainingJobArn",
    status_field="TrainingJobStatus",
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrainingJobs.html
    listing=Listing("ListTrainingJobs", "TrainingJobSummaries", filters=False),
    running=frozenset({"InProgress"}),
    parts=_TRAINED | {"remote-debug"},
    ended=frozenset({"Completed", "Failed", "Stopped", "Deleting"}),
)

PROCESSING = JobKind(
    id="processing",
    arn_resource="processing-job",
    detail_type="SageMaker Processing Job State Change",
    create_operations=("CreateProcessingJob",),
    update_operations=(),
    describe_operation="DescribeProcessingJob",
    stop_operation="StopProcessingJob",
    name_field="ProcessingJobName",
    arn_field="ProcessingJobArn",
    status_field="ProcessingJobStatus",
    listing=Listing("ListProcessingJobs", "ProcessingJobSummaries"),
    running=frozenset({"InProgress"}),
    parts=_CLUSTER,
)

TRANSFORM = JobKind(
    id="transform",
    arn_resource="transform-job",
    detail_type="SageMaker Transform Job State Change",
    create_operations=("CreateTransformJob",),
    update_operations=(),
    describe_operation="DescribeTransformJob",
    stop_operation="StopTransformJob",
    name_field="TransformJobName",
    arn_field="TransformJobArn",
    status_field="TransformJobStatus",
    listing=Listing("ListTransformJobs", "TransformJobSummaries"),
    running=frozenset({"InProgress"}),
    parts=frozenset({"image", "instances", "instance-count", "volumes", "vpc", "network-isolation"}),
    model_facts=("network.isolated", "network.vpc"),
)

# "Running" is the status in AWS's own sample events; the API uses "InProgress" and lists by that status only.
TUNING = JobKind(
    id="hyperparameter-tuning",
    arn_resource="hyper-parameter-tuning-job",
    detail_type="SageMaker HyperParameter Tuning Job State Change",
    create_operations=("CreateHyperParameterTuningJob",),
    update_operations=(),
    describe_operation="DescribeHyperParameterTuningJob",
    stop_operation="StopHyperParameterTuningJob",
    name_field="HyperParameterTuningJobName",
    arn_field="HyperParameterTuningJobArn",
    status_field="HyperParameterTuningJobStatus",
    listing=Listing("ListHyperParameterTuningJobs", "HyperParameterTuningJobSummaries"),
    running=frozenset({"InProgress", "Running"}),
    parts=_TRAINED,
    ended=frozenset({"Completed", "Failed", "Stopped", "Deleting", "DeleteFailed"}),
)

# DescribeAutoMLJobV2 and StopAutoMLJob serve the jobs of both versions of the Create operation.
AUTOML = JobKind(
    id="automl",
    arn_resource="automl-job",
    detail_type=None,
    create_operations=("CreateAutoMLJob", "CreateAutoMLJobV2"),
    update_operations=(),
    describe_operation="DescribeAutoMLJobV2",
    stop_operation="StopAutoMLJob",
    name_field="AutoMLJobName",
    arn_field="AutoMLJobArn",
    status_field="AutoMLJobStatus",
    listing=Listing("ListAutoMLJobs", "AutoMLJobSummaries"),
    running=frozenset({"InProgress"}),
    parts=frozenset({"volumes", "vpc", "traffic-encryption", "max-runtime"}),
)

OPTIMIZATION = JobKind(
    id="optimization",
    arn_resource="optimization-job",
    detail_type=None,
    create_operations=("CreateOptimizationJob",),
    update_operations=(),
    describe_operation="DescribeOptimizationJob",
    stop_operation="StopOptimizationJob",
    name_field="OptimizationJobName",
    arn_field="OptimizationJobArn",
    status_field="OptimizationJobStatus",
    listing=Listing("ListOptimizationJobs", "OptimizationJobSummaries", ("STARTING", "INPROGRESS")),
    running=frozenset({"STARTING", "INPROGRESS"}),
    parts=frozenset({"image", "instances", "instance-count", "vpc", "max-runtime"}),
    stopping=frozenset({"STOPPING"}),
    ended=frozenset({"COMPLETED", "FAILED", "STOPPED"}),
)

# A schedule counts as running until it is stopped, also between its executions.
MONITORING_SCHEDULE = JobKind(
    id="monitoring-schedule",
    arn_resource="monitoring-schedule",
    detail_type="SageMaker Monitoring Schedule State Change",
    create_operations=("CreateMonitoringSchedule",),
    update_operations=("UpdateMonitoringSchedule", "StartMonitoringSchedule"),
    describe_operation="DescribeMonitoringSchedule",
    stop_operation="StopMonitoringSchedule",
    name_field="MonitoringScheduleName",
    arn_field="MonitoringScheduleArn",
    status_field="MonitoringScheduleStatus",
    listing=Listing("ListMonitoringSchedules", "MonitoringScheduleSummaries", ("Pending", "Scheduled")),
    running=frozenset({"Pending", "Scheduled"}),
    parts=_CLUSTER,
    stopping=frozenset(),
    ended=frozenset({"Failed", "Stopped"}),
)

COMPILATION = JobKind(
    id="compilation",
    arn_resource="compilation-job",
    detail_type=None,
    create_operations=("CreateCompilationJob",),
    update_operations=(),
    describe_operation="DescribeCompilationJob",
    stop_operation="StopCompilationJob",
    name_field="CompilationJobName",
    arn_field="CompilationJobArn",
    status_field="CompilationJobStatus",
    listing=Listing("ListCompilationJobs", "CompilationJobSummaries", ("STARTING", "INPROGRESS")),
    running=frozenset({"STARTING", "INPROGRESS"}),
    parts=frozenset({"vpc", "max-runtime"}),
    stopping=frozenset({"STOPPING"}),
    ended=frozenset({"COMPLETED", "FAILED", "STOPPED"}),
)

INFERENCE_RECOMMENDATIONS = JobKind(
    id="inference-recommendations",
    arn_resource="inference-recommendations-job",
    detail_type=None,
    create_operations=("CreateInferenceRecommendationsJob",),
    update_operations=(),
    describe_operation="DescribeInferenceRecommendationsJob",
    stop_operation="StopInferenceRecommendationsJob",
    name_field="JobName",
    arn_field="JobArn",
    status_field="Status",
    listing=Listing("ListInferenceRecommendationsJobs", "InferenceRecommendationsJobs", ("PENDING", "IN_PROGRESS")),
    running=frozenset({"PENDING", "IN_PROGRESS"}),
    parts=frozenset({"image", "instances", "volumes", "vpc", "network-isolation", "max-runtime"}),
    stopping=frozenset({"STOPPING"}),
    ended=frozenset({"COMPLETED", "FAILED", "STOPPED", "DELETING", "DELETED"}),
    event_only_fields=("OutputConfig",),
    model_facts=("network.isolated",),
)

LABELING = JobKind(
    id="labeling",
    arn_resource="labeling-job",
    detail_type="SageMaker Ground Truth Labeling Job State Change",
    create_operations=("CreateLabelingJob",),
    update_operations=(),
    describe_operation="DescribeLabelingJob",
    stop_operation="StopLabelingJob",
    name_field="LabelingJobName",
    arn_field="LabelingJobArn",
    status_field="LabelingJobStatus",
    listing=Listing("ListLabelingJobs", "LabelingJobSummaryList", ("Initializing", "InProgress")),
    running=frozenset({"Initializing", "InProgress"}),
    parts=frozenset({"image", "volumes", "vpc"}),
)

# The configuration is a document with a schema that AWS doesn't publish; guard.extract.customization reads what it can.
CUSTOMIZATION = JobKind(
    id="customization",
    arn_resource="job",
    detail_type=None,
    create_operations=("CreateJob",),
    update_operations=(),
    describe_operation="DescribeJob",
    stop_operation="StopJob",
    name_field="JobName",
    arn_field="JobArn",
    status_field="JobStatus",
    listing=Listing(
        "ListJobs",
        "JobSummaries",
        each=tuple(
            {"JobCategory": category}
            for category in (
                "AgentRFT",
                "AgentRFTEvaluation",
                "DataQualityEvaluation",
                "DataTransformation",
                "SyntheticDataGeneration",
            )
        ),
    ),
    running=frozenset({"InProgress"}),
    parts=frozenset({"image"}),
    ended=frozenset({"Completed", "Failed", "Stopped", "Deleting", "DeleteFailed"}),
    key_fields=("JobCategory",),
)

TRAINING_SESSION = JobKind(
    id="training-session",
    arn_resource="training-session",
    detail_type=None,
    create_operations=("CreateTrainingSession",),
    update_operations=(),
    describe_operation="DescribeTrainingSession",
    stop_operation="StopTrainingSession",
    name_field="TrainingSessionName",
    arn_field="TrainingSessionArn",
    status_field="TrainingSessionStatus",
    listing=Listing(
        "ListTrainingSessions",
        "TrainingSessionSummaries",
        ("Blocked", "Created", "Running", "Scheduled"),
        sort_by=None,
    ),
    running=frozenset({"Blocked", "Created", "Running", "Scheduled"}),
    parts=frozenset({"vpc"}),
    ended=frozenset({"Failed", "Stopped", "Expired", "Deleting", "DeletionFailed"}),
    within=("TrainingSessionDetail",),
)

AI_RECOMMENDATION = JobKind(
    id="ai-recommendation",
    arn_resource="ai-recommendation-job",
    detail_type=None,
    create_operations=("CreateAIRecommendationJob",),
    update_operations=(),
    describe_operation="DescribeAIRecommendationJob",
    stop_operation="StopAIRecommendationJob",
    name_field="AIRecommendationJobName",
    arn_field="AIRecommendationJobArn",
    status_field="AIRecommendationJobStatus",
    listing=Listing("ListAIRecommendationJobs", "AIRecommendationJobs"),
    running=frozenset({"InProgress"}),
    parts=frozenset({"instances"}),
)

AI_BENCHMARK = JobKind(
    id="ai-benchmark",
    arn_resource="ai-benchmark-job",
    detail_type=None,
    create_operations=("CreateAIBenchmarkJob",),
    update_operations=(),
    describe_operation="DescribeAIBenchmarkJob",
    stop_operation="StopAIBenchmarkJob",
    name_field="AIBenchmarkJobName",
    arn_field="AIBenchmarkJobArn",
    status_field="AIBenchmarkJobStatus",
    listing=Listing("ListAIBenchmarkJobs", "AIBenchmarkJobs"),
    running=frozenset({"InProgress"}),
    parts=frozenset({"vpc"}),
)

EDGE_PACKAGING = JobKind(
    id="edge-packaging",
    arn_resource="edge-packaging-job",
    detail_type=None,
    create_operations=("CreateEdgePackagingJob",),
    update_operations=(),
    describe_operation="DescribeEdgePackagingJob",
    stop_operation="StopEdgePackagingJob",
    name_field="EdgePackagingJobName",
    arn_field="EdgePackagingJobArn",
    status_field="EdgePackagingJobStatus",
    listing=Listing(
        "ListEdgePackagingJobs", "EdgePackagingJobSummaries", ("INPROGRESS", "STARTING"), sort_by="CREATION_TIME"
    ),
    running=frozenset({"STARTING", "INPROGRESS"}),
    parts=frozenset({"volumes"}),
    stopping=frozenset({"STOPPING"}),
    ended=frozenset({"COMPLETED", "FAILED", "STOPPED"}),
)

JOB_KINDS: tuple[JobKind, ...] = (
    TRAINING,
    PROCESSING,
    TRANSFORM,
    TUNING,
    AUTOML,
    OPTIMIZATION,
    MONITORING_SCHEDULE,
    COMPILATION,
    INFERENCE_RECOMMENDATIONS,
    LABELING,
    CUSTOMIZATION,
    TRAINING_SESSION,
    AI_RECOMMENDATION,
    AI_BENCHMARK,
    EDGE_PACKAGING,
)
BY_KIND: dict[str, JobKind] = {row.id: row for row in JOB_KINDS}
BY_DETAIL_TYPE: dict[str, JobKind] = {row.detail_type: row for row in JOB_KINDS if row.detail_type is not None}
BY_API_CALL: dict[str, JobKind] = {
    operation: row for row in JOB_KINDS for operation in (*row.create_operations, *row.update_operations)
}

# Every other Stop operation of the API, and why the guard doesn't cover what it stops.
NOT_GUARDED: dict[str, str] = {
    "StopEdgeDeploymentStage": "it sends a compiled model to devices and runs nothing in SageMaker",
    "StopInferenceExperiment": "it deploys models next to an endpoint's, on instances of its own: a deployment, not a job",
    "StopMlflowTrackingServer": "a server of the service, not a job",
    "StopNotebookInstance": (
        "a notebook is not a job and runs an image of the service; what its lifecycle scripts and its user run can't be seen"
    ),
    "StopPipelineExecution": "its steps start jobs of the kinds above, and each of them is judged",
}
