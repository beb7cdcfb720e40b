"""The breaker and the switch in the pipeline, with moto's DynamoDB and SSM: recorded, and jobs are stopped if they fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from guard.aws.switch import SECONDS, Switch
from guard.aws.table import StateTable
from guard.errors import StateError, UnexpectedError
from guard.limits.breaker import ITEM, Bounds, Breaker, slice_of, tally
from guard.limits.permit import NO_LIMITS, Permit, SwitchedLimits
from guard.pipeline import Guard
from guard.record import Outcome, Record
from guard.refs import JobRef
from guard.sources.events import parse_event
from tests.integration.conftest import NOW, MemorySink
from tests.support.fakes import FakeSageMaker, refused
from tests.support.jobs import ALLOWED, DENIED, HOME, aws_client, started_event, training_request
from tools.local_sagemaker import Control, set_status

NAME = "/sagemaker-guard/stack/enforcement"


@pytest.fixture
def ssm(sagemaker: Any) -> Any:
    client = aws_client("ssm")
    client.put_parameter(Name=NAME, Value="on", Type="String")
    return client


@pytest.fixture
def refs(sagemaker: Any) -> Callable[..., list[JobRef]]:
    """Create training jobs and return the references of their events."""

    def make(*names: str, image: str = DENIED) -> list[JobRef]:
        found = []
        for name in names:
            sagemaker.create_training_job(TrainingJobName=name, **training_request(image))
            ref = parse_event(started_event(sagemaker, "training", name), HOME)
            assert isinstance(ref, JobRef)
            found.append(ref)
        return found

    return make


def breaker(table: StateTable, **bounds: Any) -> Breaker:
    given = {"stops": 0, "window": timedelta(minutes=10), "rule_share": 0, "rule_jobs": 1, **bounds}
    return Breaker(table, Bounds(**given), clock=lambda: NOW)


def outcomes(records: list[Record]) -> list[str | None]:
    return [record.outcome.value if record.outcome else None for record in records]


def test_above_the_bound_jobs_are_decided_and_recorded_but_not_stopped(
    guard: Any, table: StateTable, refs: Any, control: Control, log: MemorySink
) -> None:
    judging: Guard = guard(limits=breaker(table, stops=2))
    records = list(judging.judge_all(refs("a", "b", "c", "d")))
    assert outcomes(records) == ["stopped", "stopped", "withheld", "withheld"]
    assert len(control.operations("Stop")) == 2
    withheld = records[-1]
    assert (withheld.decision, withheld.rule_ids, withheld.withheld_by) == ("deny", ("denied_image",), "breaker")
    assert withheld.failures == ()
    assert [r.outcome for r in log.written if r.decision_id == withheld.decision_id] == [None, Outcome.WITHHELD]


def test_a_withheld_job_is_stopped_by_the_next_event_once_the_window_is_over(
    guard: Any, table: StateTable, refs: Any
) -> None:
    (first, second) = refs("a", "b")
    bounds = Bounds(stops=1, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)
    times = [NOW, NOW + timedelta(minutes=11)]
    limited = [guard(limits=Breaker(table, bounds, clock=lambda time=time: time)) for time in times]
    assert [outcomes(list(limited[0].judge_all([first, second])))] == [["stopped", "withheld"]]
    assert limited[1].judge(second).outcome is Outcome.STOPPED


def test_jobs_that_are_allowed_make_a_rules_share_smaller(guard: Any, table: StateTable, refs: Any) -> None:
    judging: Guard = guard(limits=breaker(table, rule_share=50, rule_jobs=2))
    allowed = refs(*(f"allowed-{number}" for number in range(4)), image=ALLOWED)
    denied = refs(*(f"denied-{number}" for number in range(6)))
    assert (
        outcomes(list(judging.judge_all([*allowed, *denied])))
        == ["not_denied"] * 4 + ["stopped"] * 4 + ["withheld"] * 2
    )


@pytest.mark.parametrize(
    ("before", "outcome", "counted"),
    [
        pytest.param(lambda control: None, "stopped", (1, 1, {"denied_image": 1}), id="stopped"),
        pytest.param(
            lambda control: control.fail("StopTrainingJob", "AccessDeniedException"),
            "stop_failed",
            (0, 0, {}),
            id="refused",
        ),
        pytest.param(
            lambda control: control.before("StopTrainingJob", lambda: set_status("a", "Completed")),
            "already_finished",
            (0, 0, {}),
            id="ended before",
        ),
    ],
)
def test_only_a_job_that_was_stopped_counts(
    guard: Any, table: StateTable, refs: Any, control: Control, before: Any, outcome: str, counted: Any
) -> None:
    (ref,) = refs("a")
    before(control)
    assert outcomes([guard(limits=breaker(table, stops=1)).judge(ref)]) == [outcome]
    found = tally(table.read(ITEM), slice_of(NOW, timedelta(minutes=10)))
    assert (found.stops, found.judged, found.denied_by) == counted


@pytest.mark.parametrize("operation", ["UpdateItem", "GetParameter"])
def test_an_outage_stops_the_job_and_is_in_the_record(guard: Any, refs: Any, operation: str, control: Control) -> None:
    broken = FakeSageMaker(**{operation: refused("InternalServerError", status=500)})
    limits: Any = breaker(StateTable(lambda: broken, "state"), stops=1)
    if operation == "GetParameter":
        limits = SwitchedLimits(Switch(lambda: broken, NAME), NO_LIMITS)
    record = guard(limits=limits).judge(refs("a")[0])
    assert (record.outcome, record.failures, len(control.operations("Stop"))) == (Outcome.STOPPED, (), 1)
    assert [type(warning) for warning in record.warnings] == [StateError]


def test_a_fault_of_the_limits_themselves_stops_the_job(guard: Any, refs: Any) -> None:
    class Faulty:
        def judged(self, job_arn: str) -> None:
            raise ZeroDivisionError

        def permit(self, record: Record) -> Permit:
            raise ZeroDivisionError

    judging: Guard = guard(limits=Faulty())
    record = judging.judge(refs("a")[0])
    assert (record.outcome, [type(warning) for warning in record.warnings]) == (Outcome.STOPPED, [UnexpectedError])
    assert judging.judge(refs("b", image=ALLOWED)[0]).outcome is Outcome.NOT_DENIED


# The switch


@pytest.mark.parametrize(
    ("value", "outcome"),
    [("off", "withheld"), (" OFF\n", "withheld"), ("on", "stopped"), ("false", "stopped"), ("0", "stopped")],
)
def test_the_switch_withholds_for_off_alone(guard: Any, refs: Any, ssm: Any, value: str, outcome: str) -> None:
    ssm.put_parameter(Name=NAME, Value=value, Overwrite=True)
    record = guard(limits=SwitchedLimits(Switch(lambda: ssm, NAME), NO_LIMITS)).judge(refs("a")[0])
    assert outcomes([record]) == [outcome]
    assert record.withheld_by == ("switch" if outcome == "withheld" else None)


def test_the_switch_takes_effect_within_half_a_minute(ssm: Any) -> None:
    times = iter([0.0, 1.0, SECONDS - 0.1, SECONDS, SECONDS + 1])
    switch = Switch(lambda: ssm, NAME, clock=lambda: next(times))
    assert switch().withheld_by is None
    ssm.put_parameter(Name=NAME, Value="off", Overwrite=True)
    assert [switch().withheld_by for _ in range(4)] == [None, None, "switch", "switch"]
    assert SECONDS <= 30


def test_a_switch_that_is_gone_is_on(ssm: Any) -> None:
    ssm.delete_parameter(Name=NAME)
    permit = Switch(lambda: ssm, NAME)()
    assert (permit.withheld_by, [warning.evidence["code"] for warning in permit.warnings]) == (
        None,
        ["ParameterNotFound"],
    )


def test_what_the_switch_withheld_counts_as_no_stop(guard: Any, table: StateTable, refs: Any, ssm: Any) -> None:
    ssm.put_parameter(Name=NAME, Value="off", Overwrite=True)
    times = iter([0.0, 1.0, 100.0])
    limits = SwitchedLimits(Switch(lambda: ssm, NAME, clock=lambda: next(times)), breaker(table, stops=1))
    judging: Guard = guard(limits=limits)
    first, second = refs("a", "b")
    assert outcomes([judging.judge(first), judging.judge(second)]) == ["withheld", "withheld"]
    ssm.put_parameter(Name=NAME, Value="on", Overwrite=True)
    assert outcomes([judging.judge(first)]) == ["stopped"]


def test_in_audit_mode_the_limits_are_not_read(guard: Any, refs: Any) -> None:
    class Asked(Exception):
        pass

    class Never:
        def judged(self, job_arn: str) -> None:
            pass

        def permit(self, record: Record) -> Permit:
            raise Asked

    record = guard(mode="audit", limits=Never()).judge(refs("a")[0])
    assert (record.outcome, record.warnings) == (Outcome.AUDITED, ())
