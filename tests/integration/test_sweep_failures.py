"""Failures around a sweep."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from guard.aws.table import StateTable
from guard.errors import ListError, OpaTimeout, StateError
from guard.jobs import JOB_KINDS
from guard.record import Record
from guard.store import NoStore
from guard.sweep.undecided import ITEM as UNDECIDED
from tests.integration.conftest import MemorySink
from tests.support.fakes import FakeSageMaker, refused
from tests.support.jobs import DENIED, HOME
from tests.support.sweeps import NOW, PLENTY, Clock, swept
from tools.local_sagemaker import Control, set_status


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(OpaTimeout("OPA did not answer in time"), "OpaTimeout", id="late"),
        pytest.param(AttributeError("a defect"), "PolicyError", id="a fault of the engine"),
    ],
)
def test_exemptions_that_can_not_be_read_keep_no_job_from_being_judged(
    sweep: Any, train: Any, error: Exception, told: str
) -> None:
    def unreadable() -> Any:
        raise error

    train("denied", image=DENIED)
    report = swept(sweep(exemptions=unreadable))
    assert (report["outcomes"], report["exemptions"], report["failures"]) == ({"stopped": 1}, None, {told: 1})


def test_one_throttled_job_of_three_keeps_three_records(
    sweep: Any, train: Any, control: Control, log: MemorySink
) -> None:
    train("one", "two", "three", image=DENIED)
    control.fail("DescribeTrainingJob", "ThrottlingException")
    report = swept(sweep())
    assert report["outcomes"] == {"failed": 1, "stopped": 2}
    assert len({record.job_arn for record in log.records}) == 3
    assert swept(sweep())["outcomes"] == {"stopped": 1}


def test_a_list_that_something_else_answered_is_no_empty_list(sweep: Any) -> None:
    answer = {"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}}}
    lists = {row.listing.operation: answer for row in JOB_KINDS}
    report = swept(sweep(client=FakeSageMaker(**lists)))
    assert (report["complete"], report["failures"].keys()) == (False, {"ListError"})


def test_a_kind_that_can_not_be_listed_leaves_the_others(sweep: Any, train: Any, control: Control) -> None:
    train("denied", image=DENIED)
    control.fail("ListAutoMLJobs", "AccessDeniedException")
    report = sweep().run(HOME, lambda: PLENTY)
    assert (report.outcomes, report.complete) == ({"stopped": 1}, False)
    failure = report.failures.first
    assert isinstance(failure, ListError)
    assert (report.failures.by_type(), failure.evidence["operation"]) == ({"ListError": 1}, "ListAutoMLJobs")


def lacking(control: Control, *operations: str) -> None:
    """Let SageMaker answer as in a region without these operations, to a whole sweep."""
    for operation in operations:
        control.fail(
            operation, "UnknownOperationException", "The requested operation is not supported in the called region.", 20
        )


def test_a_kind_that_the_region_lacks_has_no_jobs_and_lets_the_sweep_succeed(
    sweep: Any, train: Any, control: Control, table: StateTable
) -> None:
    train("allowed", "busy")
    lacking(control, "ListEdgePackagingJobs", "ListTrainingSessions")
    control.fail("ListTags", "ThrottlingException")
    report = swept(sweep())
    assert (report["complete"], report["failures"]) == (True, {})
    assert report["unsupported"] == ["ListEdgePackagingJobs", "ListTrainingSessions"]
    assert len(json.loads(str(table.read(UNDECIDED)["jobs"]))) == 1
    set_status("allowed", "Completed")
    set_status("busy", "Completed")
    assert swept(sweep())["listed"] == 0
    # Only a sweep that listed everything forgets a job that could not be judged and has ended.
    assert json.loads(str(table.read(UNDECIDED)["jobs"])) == {}


def test_a_region_that_lacks_every_kind_is_a_failure(sweep: Any, control: Control) -> None:
    """Another AWS service behind a wrong endpoint responds like this."""
    lacking(control, *(row.listing.operation for row in JOB_KINDS))
    report = swept(sweep())
    assert (report["complete"], report["failures"]) == (False, {"ListError": 1})


def test_every_kind_that_is_there_is_listed_beside_those_that_are_not(sweep: Any, train: Any, control: Control) -> None:
    train("denied", image=DENIED)
    lacking(control, "ListEdgePackagingJobs")
    control.fail("ListTransformJobs", "AccessDeniedException")
    report = swept(sweep())
    assert (report["complete"], report["unsupported"]) == (False, ["ListEdgePackagingJobs"])
    assert (report["outcomes"], report["failures"]) == ({"stopped": 1}, {"ListError": 1})


def test_a_denied_job_whose_stop_meets_a_fault_is_a_failure_of_the_sweep(
    sweep: Any, train: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defective(*_: Any) -> Any:
        raise RuntimeError("a defect")

    train("denied", image=DENIED)
    monkeypatch.setattr("guard.pipeline.stop", defective)
    report = swept(sweep())
    assert (report["outcomes"], report["failures"], report["undecided_jobs"]) == (
        {"stop_failed": 1},
        {"StopError": 1},
        0,
    )


class Body:
    """What a sink has made of a record."""


class Refused:
    """A sink that keeps no record, and sees which of the bodies of its requests are still in memory."""

    name = "objects"

    def __init__(self) -> None:
        self.bodies: weakref.WeakSet[Body] = weakref.WeakSet()
        self.written = 0

    def write(self, record: Record) -> None:
        body = Body()
        self.bodies.add(body)
        self.written += 1
        raise RuntimeError("the bucket doesn't exist")


def test_thousands_of_failures_take_no_more_memory_than_one(sweep: Any, train: Any) -> None:
    """Each error references the record being written: without a bucket, large jobs filled the function's memory."""
    train(*(f"job-{number}" for number in range(5)))
    sink = Refused()
    report = sweep(sinks=[sink]).run(HOME, lambda: PLENTY)
    gc.collect()
    assert (report.failures.by_type(), sink.written, len(sink.bodies)) == ({"LogError": 5}, 5, 1)


def test_a_stop_that_fails_is_a_failure_of_the_sweep(sweep: Any, train: Any, control: Control) -> None:
    train("denied", image=DENIED)
    control.fail("StopTrainingJob", "AccessDeniedException")
    report = swept(sweep())
    assert (report["outcomes"], report["failures"]) == ({"stop_failed": 1}, {"StopError": 1})
    assert swept(sweep())["outcomes"] == {"stopped": 1}


class Broken(NoStore):
    """A table that refuses."""

    def read(self, *_: Any) -> Any:
        raise StateError("throttled")

    write = claim = release = read


def test_without_its_table_every_job_is_judged_all_the_same(sweep: Any, train: Any, sagemaker: Any) -> None:
    train("denied", image=DENIED)
    train("allowed")
    report = swept(sweep(store=Broken()))
    assert report["outcomes"] == {"not_denied": 1, "stopped": 1}
    assert report["failures"].keys() == {"StateError"}


class Hanging:
    """A table that doesn't respond: all attempts at a call take 15 seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __getattr__(self, _: str) -> Any:
        def hang(*_: Any) -> Any:
            self._clock.now += timedelta(seconds=15)
            raise StateError("no answer")

        return hang


def test_a_table_that_hangs_keeps_no_job_from_being_judged(sweep: Any, train: Any) -> None:
    clock = Clock()
    train("denied", image=DENIED)
    train(*(f"job-{number}" for number in range(30)))
    made = sweep(clock, store=Hanging(clock))
    report = made.run(HOME, lambda: PLENTY - (clock.now - NOW).total_seconds())
    assert report.outcomes == {"not_denied": 30, "stopped": 1}
    assert clock.now - NOW <= timedelta(seconds=60)


class Forgetful:
    """SageMaker whose first call of this operation on a job has no effect, or tells that there is no such job."""

    def __init__(self, client: Any, operation: str, name: str) -> None:
        self._client = client
        self._operation = operation
        self._names = [name]

    def __getattr__(self, operation: str) -> Any:
        call = getattr(self._client, operation)
        return partial(self._once, call) if operation == self._operation else call

    def _once(self, call: Callable[..., Any], **request: Any) -> Any:
        if request["TrainingJobName"] not in self._names:
            return call(**request)
        self._names.clear()
        if self._operation.startswith("describe"):
            raise refused("ValidationException", "Requested resource not found.")
        return {"ResponseMetadata": {"RequestId": "1", "HTTPStatusCode": 200}}


@pytest.mark.parametrize(
    ("operation", "outcome"),
    [
        pytest.param("stop_training_job", "stopped", id="a stop without effect"),
        pytest.param("describe_training_job", "gone", id="a job that was found only later"),
    ],
)
def test_a_denied_job_that_still_runs_is_stopped_by_the_next_sweep(
    sweep: Any, train: Any, guard_client: Any, operation: str, outcome: str
) -> None:
    clock = Clock()
    train("first")
    train("denied", image=DENIED)
    made = sweep(clock)
    forgetful = replace(made, guard=replace(made.guard, sagemaker=Forgetful(guard_client, operation, "denied")))
    assert swept(forgetful)["outcomes"] == {"not_denied": 1, outcome: 1}
    clock.now += timedelta(minutes=10)
    assert swept(sweep(clock))["outcomes"] == {"not_denied": 1, "stopped": 1}
