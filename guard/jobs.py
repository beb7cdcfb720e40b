"""The job kinds that the guard knows: one table row each, from the EventBridge detail-type to the Stop operation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class JobKind:
    """What the guard must know of one kind of SageMaker job; operation and field names are those of the SageMaker API."""

    kind: str
    arn_resource: str
    detail_type: str | None
    create_operations: tuple[str, ...]
    update_operations: tuple[str, ...]
    describe_operation: str
    stop_operation: str
    name_field: str
    arn_field: str
    status_field: str
    running: frozenset[str]
    stopping: frozenset[str]

    @property
    def iam_actions(self) -> tuple[str, ...]:
        """The IAM actions on jobs of this kind: describe, read tags, stop (the last one in enforce mode only)."""
        return (f"sagemaker:{self.describe_operation}", "sagemaker:ListTags", f"sagemaker:{self.stop_operation}")


TRAINING = JobKind(
    kind="training",
    arn_resource="training-job",
    detail_type="SageMaker Training Job State Change",
    create_operations=("CreateTrainingJob",),
    update_operations=("UpdateTrainingJob",),
    describe_operation="DescribeTrainingJob",
    stop_operation="StopTrainingJob",
    name_field="TrainingJobName",
    arn_field="TrainingJobArn",
    status_field="TrainingJobStatus",
    running=frozenset({"InProgress"}),
    stopping=frozenset({"Stopping"}),
)

PROCESSING = JobKind(
    kind="processing",
    arn_resource="processing-job",
    detail_type="SageMaker Processing Job State Change",
    create_operations=("CreateProcessingJob",),
    update_operations=(),
    describe_operation="DescribeProcessingJob",
    stop_operation="StopProcessingJob",
    name_field="ProcessingJobName",
    arn_field="ProcessingJobArn",
    status_field="ProcessingJobStatus",
    running=frozenset({"InProgress"}),
    stopping=frozenset({"Stopping"}),
)

JOB_KINDS: tuple[JobKind, ...] = (TRAINING, PROCESSING)
BY_KIND: dict[str, JobKind] = {row.kind: row for row in JOB_KINDS}
