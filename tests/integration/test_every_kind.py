"""Every job kind of the table: each event of its start stops a job on a denied image, and no other."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name

from guard.jobs import BY_KIND, JOB_KINDS
from guard.record import Outcome
from tests.support.carriers import FIRST, WITHOUT_IMAGE
from tests.support.cloudtrail import called_event
from tests.support.jobs import ALLOWED, DENIED, HOME, started_event, status
from tests.support.minimal import minimal

NAME = "Nightly-1"
STATE_CHANGE = "state change"
EVENTS = [
    pytest.param(row.id, event, id=f"{row.id}: {event}")
    for row in JOB_KINDS
    if row.id not in WITHOUT_IMAGE
    for event in ([STATE_CHANGE] if row.detail_type else []) + [*row.create_operations]
]
# Jobs whose images the service chooses: kind, operation, and what their requests have beside the required members.
MANAGED = [
    pytest.param("automl", "CreateAutoMLJob", {}, id="automl"),
    pytest.param("automl", "CreateAutoMLJobV2", {}, id="automl V2"),
    pytest.param("compilation", "CreateCompilationJob", {}, id="compilation"),
    pytest.param(
        "optimization",
        "CreateOptimizationJob",
        {"OptimizationConfigs": [{"ModelQuantizationConfig": {}}]},
        id="optimization without an image",
    ),
    pytest.param(
        "customization", "CreateJob", {"JobCategory": "AgentRFT", "JobConfigDocument": "{}"}, id="customization"
    ),
    pytest.param("training-session", "CreateTrainingSession", {}, id="training session"),
    pytest.param("ai-recommendation", "CreateAIRecommendationJob", {}, id="AI recommendation"),
    pytest.param("ai-benchmark", "CreateAIBenchmarkJob", {}, id="AI benchmark"),
    pytest.param("edge-packaging", "CreateEdgePackagingJob", {}, id="edge packaging"),
    pytest.param(
        "labeling",
        "CreateLabelingJob",
        {"LabelingJobAlgorithmsConfig": {"LabelingJobAlgorithmSpecificationArn": "arn:aws:sagemaker:eu-west-1::x"}},
        id="automated labeling",
    ),
]


def event_of(sagemaker: Any, kind: str, event: str) -> dict[str, Any]:
    if event == STATE_CHANGE:
        return started_event(sagemaker, kind, NAME)
    return called_event(sagemaker, BY_KIND[kind], event)


def test_every_kind_is_in_this_table() -> None:
    assert set(FIRST) | WITHOUT_IMAGE == set(BY_KIND)
    assert set(FIRST).isdisjoint(WITHOUT_IMAGE)


@pytest.mark.parametrize(("kind", "event"), EVENTS)
def test_a_job_on_a_denied_image_is_stopped(guard, sagemaker, control, kind, event) -> None:
    FIRST[kind].create(sagemaker, NAME, DENIED)
    (record,) = guard().handle(event_of(sagemaker, kind, event), HOME)
    assert (record.outcome, record.evaluation.decision.rule_ids) == (Outcome.STOPPED, ("denied_image",))
    assert control.operations("Stop") == [BY_KIND[kind].stop_operation]
    assert status(sagemaker, kind, NAME) in BY_KIND[kind].stopping | BY_KIND[kind].ended


@pytest.mark.parametrize(("kind", "event"), EVENTS)
def test_a_job_on_an_allowed_image_goes_on(guard, sagemaker, control, kind, event) -> None:
    FIRST[kind].create(sagemaker, NAME, ALLOWED)
    (record,) = guard().handle(event_of(sagemaker, kind, event), HOME)
    assert (record.outcome, control.operations("Stop")) == (Outcome.NOT_DENIED, [])
    assert status(sagemaker, kind, NAME) in BY_KIND[kind].running


def create(sagemaker: Any, kind: str, operation: str, members: dict[str, Any]) -> dict[str, Any]:
    request = minimal(operation, **{BY_KIND[kind].name_field: NAME}, **members)
    getattr(sagemaker, xform_name(operation))(**request)
    return called_event(sagemaker, BY_KIND[kind], operation)


@pytest.mark.parametrize(("kind", "operation", "members"), MANAGED)
def test_a_job_on_an_image_of_the_service_goes_on(guard, sagemaker, control, kind, operation, members) -> None:
    event = create(sagemaker, kind, operation, members)
    (record,) = guard().handle(event, HOME)
    assert (record.outcome, control.operations("Stop")) == (Outcome.NOT_DENIED, [])
    assert {image.error.code for image in record.document.images} == {"managed"}


@pytest.mark.parametrize(("kind", "operation", "members"), MANAGED)
def test_a_job_on_an_image_of_the_service_is_stopped_where_none_is_trusted_unseen(
    guard, sagemaker, engine_with, kind, operation, members
) -> None:
    engine = engine_with(rules={"unresolved_image": {"tolerated": []}})
    event = create(sagemaker, kind, operation, members)
    (record,) = guard(engine=engine).handle(event, HOME)
    assert record.outcome == Outcome.STOPPED
    assert "unresolved_image" in record.evaluation.decision.rule_ids
    assert status(sagemaker, kind, NAME) not in BY_KIND[kind].running


def test_labeling_by_people_alone_runs_no_image_and_goes_on(guard, sagemaker) -> None:
    event = create(sagemaker, "labeling", "CreateLabelingJob", {})
    (record,) = guard().handle(event, HOME)
    assert (record.outcome, record.document.images) == (Outcome.NOT_DENIED, ())
