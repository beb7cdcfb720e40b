"""The job kinds of the simulated SageMaker, one row each.

The rows are based on the API model and on traces of the real service, not on guard/jobs.py, because tests check guard/jobs.py
against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """How one kind of job is created, described and stopped; `noun` is its name in API operations, `label` in error messages.

    `any_case` is for kinds whose names are case-insensitive according to the API reference. `within` is the member of Describe's
    response that holds the description, `category` the member whose value precedes the name in the ARN. With `filters_pages`, a
    list selects a page of jobs in any status first, and then filters that page.
    """

    noun: str
    label: str
    arn_resource: str
    name: str
    arn: str
    status: str
    initial: str = "InProgress"
    stopping: str | None = "Stopping"
    stopped: str = "Stopped"
    secondary: str | None = None
    versions: tuple[str, ...] = ("",)
    stoppable: bool = True
    any_case: bool = False
    within: str | None = None
    category: str | None = None
    filters_pages: bool = False
    unknown: tuple[str, str] = ("ResourceNotFound", "Could not find the requested {label} {name}.")
    unknown_stop: tuple[str, str] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def create_operations(self) -> tuple[str, ...]:
        return tuple(f"Create{self.noun}{version}" for version in self.versions)

    @property
    def describe_operations(self) -> tuple[str, ...]:
        return tuple(f"Describe{self.noun}{version}" for version in self.versions)

    @property
    def start_operation(self) -> str:
        return f"Start{self.noun}"

    @property
    def update_operation(self) -> str:
        return f"Update{self.noun}"

    @property
    def stop_operation(self) -> str:
        return f"Stop{self.noun}"

    @property
    def list_operation(self) -> str:
        return f"List{self.noun}s"

    @property
    def ended(self) -> frozenset[str]:
        """The statuses of an ended job, in every spelling."""
        words = {"Completed", "Failed", "Stopped", "Expired"}
        return frozenset(words | {word.upper() for word in words})


def _job(noun: str, label: str, arn_resource: str, **different: Any) -> Kind:
    """Return a kind whose members are named after it, as those of most kinds are."""
    members = {"name": f"{noun}Name", "arn": f"{noun}Arn", "status": f"{noun}Status"}
    return Kind(noun=noun, label=label, arn_resource=arn_resource, **{**members, **different})


UPPER = {"initial": "INPROGRESS", "stopping": "STOPPING", "stopped": "STOPPED"}
NOT_FOUND = ("ValidationException", "Could not find requested job with name: {name}")
NOT_FOUND_BY_STOP = ("ValidationException", "Could not find job to update with name: {name}")

TRAINING = _job(
    "TrainingJob",
    "training job",
    "training-job",
    secondary="SecondaryStatus",
    filters_pages=True,
    unknown=("ValidationException", "Requested resource not found."),
    defaults={
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
    },
)
PROCESSING = _job(
    "ProcessingJob", "processing job", "processing-job", unknown=NOT_FOUND, unknown_stop=NOT_FOUND_BY_STOP
)
TRANSFORM = _job("TransformJob", "transform job", "transform-job", unknown=NOT_FOUND, unknown_stop=NOT_FOUND_BY_STOP)
TUNING = _job(
    "HyperParameterTuningJob",
    "hyperparameter tuning job",
    "hyper-parameter-tuning-job",
    unknown=("ResourceNotFound", "Amazon SageMaker can't find a tuning job with the name {name}."),
    any_case=True,
    defaults={
        "TrainingJobStatusCounters": {
            "Completed": 0,
            "InProgress": 0,
            "RetryableError": 0,
            "NonRetryableError": 0,
            "Stopped": 0,
        },
        "ObjectiveStatusCounters": {"Succeeded": 0, "Pending": 0, "Failed": 0},
    },
)
KINDS: tuple[Kind, ...] = (
    TRAINING,
    PROCESSING,
    TRANSFORM,
    TUNING,
    _job(
        "AutoMLJob",
        "AutoML job",
        "automl-job",
        secondary="AutoMLJobSecondaryStatus",
        versions=("", "V2"),
        any_case=True,
    ),
    _job("CompilationJob", "compilation job", "compilation-job", **UPPER),
    _job("OptimizationJob", "optimization job", "optimization-job", **UPPER),
    _job("LabelingJob", "labeling job", "labeling-job", any_case=True),
    _job(
        "InferenceRecommendationsJob",
        "inference recommendations job",
        "inference-recommendations-job",
        name="JobName",
        arn="JobArn",
        status="Status",
        **{**UPPER, "initial": "IN_PROGRESS"},
    ),
    _job("MonitoringSchedule", "monitoring schedule", "monitoring-schedule", initial="Scheduled", stopping=None),
    _job("AIBenchmarkJob", "AI benchmark job", "ai-benchmark-job"),
    _job("AIRecommendationJob", "AI recommendation job", "ai-recommendation-job"),
    _job("Job", "job", "job", secondary="SecondaryStatus", category="JobCategory"),
    _job("TrainingSession", "training session", "training-session", initial="Running", within="TrainingSessionDetail"),
    _job("EdgePackagingJob", "edge packaging job", "edge-packaging-job", **UPPER),
    _job(
        "Algorithm",
        "algorithm",
        "algorithm",
        initial="Completed",
        stoppable=False,
        unknown=("ValidationException", "Algorithm {name} does not exist."),
    ),
)
