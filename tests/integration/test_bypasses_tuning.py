"""Tuning jobs start one training job after another: stopping the children alone would never end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guard.denylist.deployment import deny_list
from guard.errors import StopError
from guard.jobs import BY_KIND, TUNING
from guard.record import Outcome, Record
from guard.refs import job_from_arn
from guard.sources.events import parse_event
from tests.integration.conftest import LATER
from tests.support.cloudtrail import service_event
from tests.support.jobs import ACCOUNT, ALLOWED, DENIED, HOME, REGION, started_event, status, training_request
from tests.support.minimal import minimal
from tools.local_sagemaker import set_members, set_status

PARENT, CHILD = "Tuning-1", "Tuning-1-001-0a1b2c"
PARENT_ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:hyper-parameter-tuning-job/{PARENT.lower()}"
STOP_CHILD, STOP_PARENT = "StopTrainingJob", "StopHyperParameterTuningJob"

Tune = Callable[..., dict[str, Any]]


@pytest.fixture
def tune(sagemaker) -> Tune:
    """Create a tuning job and a child of it; the result is the event of the child's start."""

    def create(parent: str = DENIED, child: str = DENIED, name: str = CHILD) -> dict[str, Any]:
        if name == CHILD:
            request = minimal("CreateHyperParameterTuningJob", HyperParameterTuningJobName=PARENT)
            request["TrainingJobDefinition"] = training_request(parent)
            sagemaker.create_hyper_parameter_tuning_job(**request)
        sagemaker.create_training_job(TrainingJobName=name, **training_request(child))
        set_members(name, TuningJobArn=PARENT_ARN)
        return started_event(sagemaker, "training", name)

    return create


def outcomes(records: list[Record]) -> list[tuple[str | None, Outcome]]:
    return [(record.job_kind, record.outcome) for record in records]


BOTH_STOPPED = [("training", Outcome.STOPPED), ("hyperparameter-tuning", Outcome.STOPPED)]


def test_a_denied_child_takes_its_denied_tuning_job_along(guard, sagemaker, control, tune: Tune) -> None:
    assert outcomes(guard().handle(tune(), HOME)) == BOTH_STOPPED
    assert control.operations("Stop") == [STOP_CHILD, STOP_PARENT]
    assert status(sagemaker, "hyperparameter-tuning", PARENT) == "Stopping"


def test_a_child_that_cannot_be_stopped_does_not_keep_its_tuning_job_alive(
    guard, sagemaker, control, log, tune: Tune
) -> None:
    event = tune()
    control.fail(STOP_CHILD, "ThrottlingException")
    with pytest.raises(StopError):
        guard().handle(event, HOME)
    assert outcomes(log.records) == [
        ("training", Outcome.STOP_FAILED),
        ("hyperparameter-tuning", Outcome.STOPPED),
    ]


def test_the_service_event_of_a_child_does_the_same(guard, control, tune: Tune) -> None:
    """Without a state change: CloudTrail tells of children in an event of their own type, which names the ARN only."""
    tune()
    event = service_event(CHILD, BY_KIND["training"], "CreateTrainingJob")
    assert outcomes(guard().handle(event, HOME)) == BOTH_STOPPED


def test_an_allowed_tuning_job_outlives_its_denied_child(guard, sagemaker, control, tune: Tune) -> None:
    records = guard().handle(tune(parent=ALLOWED), HOME)
    assert outcomes(records)[1] == ("hyperparameter-tuning", Outcome.NOT_DENIED)
    assert control.operations("Stop") == [STOP_CHILD]
    assert status(sagemaker, "hyperparameter-tuning", PARENT) == "InProgress"


def test_an_allowed_child_and_its_allowed_tuning_job_go_on(guard, control, tune: Tune) -> None:
    records = guard().handle(tune(parent=ALLOWED, child=ALLOWED), HOME)
    assert (outcomes(records), control.operations("Stop")) == ([("training", Outcome.NOT_DENIED)], [])


def test_all_events_of_the_family_make_one_stop_each(guard, sagemaker, control, tune: Tune) -> None:
    child = tune()
    for event in (child, started_event(sagemaker, "hyperparameter-tuning", PARENT), child):
        guard().handle(event, HOME)
    second = tune(name=f"{PARENT}-002-3d4e5f")
    guard().handle(second, HOME)
    assert sorted(control.operations("Stop")) == [STOP_PARENT, STOP_CHILD, STOP_CHILD]


@pytest.mark.parametrize("together", [1, 3])
def test_the_tuning_job_of_several_denied_children_is_judged_once(guard, tune: Tune, together: int) -> None:
    """Also where it is on the list itself, behind them."""
    events = [tune(), tune(name=f"{PARENT}-002-3d4e5f"), tune(name=f"{PARENT}-003-6a7b8c")]
    children = [parse_event(event, HOME) for event in events]
    parent = job_from_arn(PARENT_ARN, TUNING, HOME, children[0].source)
    records = list(guard().judge_all([*children, parent], lambda: together))
    assert sorted(outcomes(records)) == sorted([*[("training", Outcome.STOPPED)] * 3, BOTH_STOPPED[1]])
    (judged,) = [record for record in records if record.job_kind == TUNING.id]
    assert judged.ref == parent


def test_a_child_too_short_to_be_stopped_gives_its_tuning_job_away(guard, control, tune: Tune) -> None:
    event = tune()
    set_status(CHILD, "Completed")
    assert outcomes(guard().handle(event, HOME)) == [
        ("training", Outcome.ALREADY_FINISHED),
        ("hyperparameter-tuning", Outcome.STOPPED),
    ]


def test_a_short_child_does_an_allowed_tuning_job_no_harm(guard, control, tune: Tune) -> None:
    event = tune(parent=ALLOWED, child=ALLOWED)
    set_status(CHILD, "Completed")
    guard().handle(event, HOME)
    assert control.operations("Stop") == []


def test_the_retry_after_a_failed_stop_of_the_tuning_job_stops_it(guard, control, tune: Tune) -> None:
    """The child is stopping by then: what is left to do must not depend on it."""
    event = tune()
    control.fail(STOP_PARENT, "ThrottlingException")
    with pytest.raises(StopError):
        guard().handle(event, HOME)
    assert outcomes(guard().handle(event, HOME))[1] == ("hyperparameter-tuning", Outcome.STOPPED)
    assert control.operations("Stop") == [STOP_CHILD, STOP_PARENT, STOP_PARENT]


def test_a_tuning_job_that_is_gone_leaves_the_childs_stop_as_it_is(guard, control, tune: Tune) -> None:
    event = tune()
    set_members(CHILD, TuningJobArn=PARENT_ARN + "-x")
    assert outcomes(guard(now=LATER).handle(event, HOME)) == [
        ("training", Outcome.STOPPED),
        ("hyperparameter-tuning", Outcome.GONE),
    ]


def test_an_entry_for_training_jobs_only_stops_the_children_one_by_one(guard, control, tune: Tune) -> None:
    """As the deployment's parameter for training jobs is: the tuning job is of another kind, and goes on."""
    event = tune(parent=ALLOWED, child=ALLOWED)
    denied = deny_list({"training": ALLOWED})
    assert outcomes(guard(deny_list=denied).handle(event, HOME)) == [
        ("training", Outcome.STOPPED),
        ("hyperparameter-tuning", Outcome.NOT_DENIED),
    ]
    assert control.operations("Stop") == [STOP_CHILD]


def test_audit_mode_touches_neither(guard, control, tune: Tune) -> None:
    records = guard(mode="audit").handle(tune(), HOME)
    assert [record.outcome for record in records] == [Outcome.AUDITED, Outcome.AUDITED]
    assert control.operations("Stop") == []


def ranges(name: str, *values: str) -> dict[str, Any]:
    return {"CategoricalParameterRanges": [{"Name": name, "Values": list(values)}]}


class TestRanges:
    """A range of one value is a setting that every child gets."""

    @pytest.fixture
    def tuned(self, guard, sagemaker) -> Callable[..., Record]:
        def create(config: dict[str, Any], definition: dict[str, Any]) -> Record:
            request = minimal("CreateHyperParameterTuningJob", HyperParameterTuningJobName=PARENT)
            request["HyperParameterTuningJobConfig"] |= config
            request["TrainingJobDefinition"] = training_request(ALLOWED, **definition)
            sagemaker.create_hyper_parameter_tuning_job(**request)
            (record,) = guard().handle(started_event(sagemaker, "hyperparameter-tuning", PARENT), HOME)
            return record

        return create

    @pytest.mark.parametrize("field", ["ParameterRanges", "HyperParameterRanges"])
    @pytest.mark.parametrize(
        ("name", "value", "rule"),
        [
            ("START_SSH", "true", "remote_access"),
            ("sagemaker_submit_directory", '"s3://evil/code.tar.gz"', "script_mode"),
        ],
    )
    def test_a_forbidden_setting_is_seen_in_a_range(
        self, tuned, engine_with, guard, sagemaker, field, name, value, rule
    ) -> None:
        found = ranges(name, value)
        config, definition = ({field: found}, {}) if field == "ParameterRanges" else ({}, {field: found})
        record = tuned(config, definition)
        slot = f"{field}.CategoricalParameterRanges[0].Values"
        assert [one.value for one in record.document.hyperparameters if one.slot.endswith(slot)] == [value]
        engine = engine_with(rules={rule: {"level": "deny", "overrides": []}})
        decision = engine.evaluate(record.document).decision
        assert (decision.decision, rule in decision.rule_ids) == ("deny", True)

    def test_an_honest_range_goes_on(self, tuned) -> None:
        record = tuned({"ParameterRanges": ranges("optimizer", "adam", "sgd")}, {})
        assert record.outcome is Outcome.NOT_DENIED
        assert [one.value for one in record.document.hyperparameters] == ["adam", "sgd"]
