"""The sweep over the simulated SageMaker, with the shipped policies: what events missed is found, and nothing is asked twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from guard.aws.budget import Budget, spend
from guard.aws.table import StateTable
from guard.errors import ListError, OpaTimeout, StateError
from guard.jobs import JOB_KINDS
from guard.limits.breaker import Bounds, Breaker
from guard.limits.permit import Permit, SwitchedLimits
from guard.pipeline import Guard
from guard.record import Outcome
from guard.sweep.lease import HELD, ITEM, Lease
from guard.sweep.memory import NoStore
from guard.sweep.run import MARGIN_SECONDS, Sweep
from guard.sweep.undecided import ITEM as UNDECIDED
from guard.sweep.withheld import ITEM as WITHHELD
from tests.integration.conftest import NOW, MemorySink
from tests.support.fakes import FakeSageMaker
from tests.support.jobs import ALLOWED, DENIED, HOME, client, processing_request, status, training_request
from tests.support.records import denied
from tools.local_sagemaker import Control, set_status

PLENTY = 900.0


@dataclass
class Clock:
    """A time that a test moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def notices() -> list[dict[str, Any]]:
    """What the sweep told of."""
    return []


@pytest.fixture
def sweep(
    guard: Callable[..., Guard], table: StateTable, notices: list[dict[str, Any]], guard_client: Any
) -> Callable[..., Sweep]:
    """Make sweeps over the simulated SageMaker and one table."""

    def make(clock: Callable[[], datetime] = lambda: NOW, store: Any = table, **changes: Any) -> Sweep:
        fields = {name: changes.pop(name) for name in list(changes) if name in Sweep.__dataclass_fields__}
        made = Sweep(
            guard=replace(guard(**changes), clock=clock),
            client=guard_client,
            store=store,
            setup="setup",
            withheld_longest=timedelta(hours=1),
            undecided_after=timedelta(minutes=30),
            stop_undecided=False,
            notice=lambda message, facts: notices.append({"message": message, **facts}),
            clock=clock,
        )
        return replace(made, **fields)

    return make


@pytest.fixture
def train(sagemaker: Any) -> Callable[..., None]:
    """Create training jobs."""

    def create(*names: str, image: str = ALLOWED, **members: Any) -> None:
        for name in names:
            sagemaker.create_training_job(TrainingJobName=name, **training_request(image, **members))

    return create


def swept(sweep: Sweep, seconds: float = PLENTY) -> dict[str, Any]:
    """Run a sweep, and return what it says of itself."""
    return sweep.run(HOME, lambda: seconds).summary()


# What it finds


def test_a_denied_job_whose_event_never_came_is_stopped(
    sagemaker: Any, sweep: Any, train: Any, log: MemorySink
) -> None:
    train("denied", image=DENIED)
    train("allowed")
    sagemaker.create_processing_job(ProcessingJobName="denied", **processing_request(DENIED))
    report = swept(sweep())
    assert (report["listed"], report["judged"], report["outcomes"]) == (3, 3, {"not_denied": 1, "stopped": 2})
    assert (report["complete"], report["failures"]) == (True, {})
    assert status(sagemaker, "training", "allowed") == "InProgress"
    assert {status(sagemaker, kind, "denied") for kind in ("training", "processing")} <= {"Stopping", "Stopped"}
    assert {record.ref.source.type for record in log.records if record.ref} == {"sweep"}


def test_jobs_that_do_not_run_are_not_looked_at(sweep: Any, train: Any, control: Control) -> None:
    train("ended", "stopping", image=DENIED)
    set_status("ended", "Completed")
    set_status("stopping", "Stopping")
    assert swept(sweep())["listed"] == 0
    assert control.operations("Describe") == []


def test_every_kind_is_listed_in_every_running_status(sweep: Any, control: Control) -> None:
    swept(sweep())
    asked = [(call.operation, call.parameters["StatusEquals"]) for call in control.calls]
    expected = [
        (row.listing.operation, name) for row in JOB_KINDS for name in row.listing.statuses for _ in row.listing.each
    ]
    assert sorted(asked) == sorted(expected)


def test_all_pages_are_read(sweep: Any, train: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.aws.listing.PAGE", 2)
    train(*(f"job-{number}" for number in range(5)))
    assert swept(sweep())["listed"] == 5


def test_a_job_that_is_stopped_hides_none_on_the_next_page(
    sweep: Any, train: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped job leaves the list; where pages are numbers of jobs, the first of the next page moves to the one before."""
    monkeypatch.setattr("guard.aws.listing.PAGE", 2)
    train(*(f"job-{number}" for number in range(9)), image=DENIED)
    assert swept(sweep(together=1))["outcomes"] == {"stopped": 9}


def test_in_audit_mode_nothing_is_touched(sweep: Any, train: Any, control: Control) -> None:
    train("denied", image=DENIED)
    assert swept(sweep(mode="audit"))["outcomes"] == {"audited": 1}
    assert control.operations("Stop") == []


def test_a_job_that_went_while_the_sweep_looked_is_gone(sweep: Any, train: Any, control: Control) -> None:
    train("job")
    control.fail("DescribeTrainingJob", "ValidationException", "Requested resource not found.")
    assert swept(sweep())["outcomes"] == {"gone": 1}


# What it knows


def test_a_job_that_has_not_changed_is_described_once(sweep: Any, train: Any, control: Control) -> None:
    train("one", "two", "three")
    swept(sweep())
    control.calls.clear()
    report = swept(sweep())
    # One job is judged anew to learn the policies' revision.
    assert (report["listed"], report["known"], report["judged"]) == (3, 2, 1)
    assert len(control.operations("Describe")) == 1


def _changed_status(clock: Clock, sweep: Any) -> Sweep:
    set_status("two", "Stopped")
    set_status("two", "InProgress")
    return sweep(clock)


def _other_setup(clock: Clock, sweep: Any) -> Sweep:
    return sweep(clock, setup="another mode")


def _next_day(clock: Clock, sweep: Any) -> Sweep:
    clock.now += timedelta(days=1)
    return sweep(clock)


@pytest.mark.parametrize(
    ("change", "judged"),
    [
        pytest.param(_changed_status, 2, id="its status"),
        pytest.param(_other_setup, 3, id="the deployment"),
        pytest.param(_next_day, 3, id="the day"),
    ],
)
def test_what_can_decide_otherwise_is_judged_again(
    sweep: Any, train: Any, change: Callable[[Clock, Any], Sweep], judged: int
) -> None:
    clock = Clock()
    train("one", "two", "three")
    swept(sweep(clock))
    assert swept(change(clock, sweep))["judged"] == judged


def test_other_policies_are_asked_about_every_job(sweep: Any, train: Any, engine_with: Any, sagemaker: Any) -> None:
    train("one", "two")
    swept(sweep())
    images = {"pytorch-training:2.4-cpu-py311": {"reason": "a policy of today"}}
    report = swept(sweep(engine=engine_with(rules={"denied_image": {"images": images}})))
    assert report["outcomes"] == {"stopped": 2}


def test_an_exemption_that_ends_overnight_ends_for_a_job_that_was_judged(
    sweep: Any, train: Any, engine_with: Any
) -> None:
    exemption = {
        "id": "EX-1",
        "owner": "team",
        "reason": "moves soon",
        "rules": ["denied_image"],
        "scope": {"account": HOME.account},
        "expires": NOW.date().isoformat(),
    }
    engine, clock = engine_with(rules={}, exemptions=[exemption]), Clock()
    train("one", "two", image=DENIED)
    assert swept(sweep(clock, engine=engine))["outcomes"] == {"not_denied": 2}
    clock.now += timedelta(days=1)
    assert swept(sweep(clock, engine=engine))["outcomes"] == {"stopped": 2}


def test_an_exemption_that_ends_during_a_sweep_ends_for_the_next(sweep: Any, train: Any, engine_with: Any) -> None:
    """Jobs are judged by the time at which their sweep began."""
    exemption = {
        "id": "EX-1",
        "owner": "team",
        "reason": "moves soon",
        "rules": ["denied_image"],
        "scope": {"account": HOME.account},
        "expires": NOW.date().isoformat(),
    }
    engine, clock = engine_with(rules={}, exemptions=[exemption]), Clock(NOW.replace(hour=23, minute=59))
    train("one", "two", "three", image=DENIED)

    def remaining() -> float:
        clock.now += timedelta(minutes=1)
        return PLENTY

    assert sweep(clock, engine=engine).run(HOME, remaining).outcomes == {"not_denied": 3}
    assert clock.now.date() > NOW.date()
    assert swept(sweep(clock, engine=engine))["outcomes"] == {"stopped": 3}


def test_a_job_that_failed_is_not_known(sweep: Any, train: Any, control: Control) -> None:
    train("one")
    control.fail("ListTags", "ThrottlingException")
    assert swept(sweep())["outcomes"] == {"failed": 1}
    assert swept(sweep())["outcomes"] == {"not_denied": 1}


def test_jobs_that_ended_are_forgotten(sweep: Any, train: Any, table: StateTable) -> None:
    train("one", "two")
    swept(sweep())
    assert remembered(table) == 2
    set_status("one", "Completed")
    swept(sweep())
    assert remembered(table) == 1


def remembered(table: StateTable) -> int:
    items = [table.read(f"sweep#judged#{digit:x}").get("jobs", "{}") for digit in range(16)]
    return sum(len(json.loads(str(text))) for text in items)


# What it may call


class Counting(Budget):
    """A budget that counts."""

    def __init__(self) -> None:
        super().__init__(1, 1)
        self.taken = 0

    def take(self) -> None:
        self.taken += 1


def test_each_attempt_at_a_call_is_paid_for_and_stopping_a_job_is_free(train: Any, control: Control) -> None:
    budget, patient = Counting(), client(3, aws_access_key_id="testing", aws_secret_access_key="testing")
    spend(patient, budget)
    train("job")
    control.fail("DescribeTrainingJob", "ThrottlingException")
    patient.describe_training_job(TrainingJobName="job")
    patient.stop_training_job(TrainingJobName="job")
    assert (budget.taken, control.operations()[-3:]) == (2, ["DescribeTrainingJob"] * 2 + ["StopTrainingJob"])


def test_a_job_that_the_breaker_let_go_on_is_stopped_by_a_later_sweep(
    sweep: Any, train: Any, table: StateTable
) -> None:
    bounds = Bounds(stops=2, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)
    clock = Clock()
    train("one", "two", "three", image=DENIED)
    assert swept(sweep(clock, limits=Breaker(table, bounds, clock)))["outcomes"] == {"stopped": 2, "withheld": 1}
    clock.now += timedelta(minutes=11)
    assert swept(sweep(clock, limits=Breaker(table, bounds, clock)))["outcomes"] == {"stopped": 1}


@pytest.mark.parametrize("every", [3, 5, 10])
def test_a_suspected_rule_stops_every_job_in_the_end(sweep: Any, train: Any, table: StateTable, every: int) -> None:
    """Jobs that are withheld are judged again by each sweep: what is held against their rule is only what it stopped."""
    bounds = Bounds(stops=100, window=timedelta(minutes=10), rule_share=80, rule_jobs=5)
    clock, outcomes = Clock(), Counter[str]()
    train("allowed")
    train(*(f"denied-{number}" for number in range(12)), image=DENIED)
    for _ in range(1 + 30 // every):
        outcomes.update(sweep(clock, limits=Breaker(table, bounds, clock)).run(HOME, lambda: PLENTY).outcomes)
        clock.now += timedelta(minutes=every)
    assert outcomes["stopped"] == 12


def _starved(sweep: Any, clock: Clock, table: StateTable, minutes: int, switch: Permit) -> Counter[str]:
    """What becomes of jobs while others use all stops of each window."""
    bounds = Bounds(stops=2, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)
    breaker, outcomes = Breaker(table, bounds, clock), Counter[str]()
    for _ in range(minutes // 10 + 1):
        for _ in range(3):
            breaker.permit(denied())
        limits = SwitchedLimits(lambda: switch, breaker)
        outcomes.update(sweep(clock, limits=limits, withheld_longest=bounds.longest).run(HOME, lambda: PLENTY).outcomes)
        clock.now += timedelta(minutes=10)
    return outcomes


@pytest.mark.parametrize(
    ("minutes", "switch", "outcomes"),
    [
        pytest.param(50, Permit(), {"withheld": 6}, id="less than six windows"),
        pytest.param(60, Permit(), {"withheld": 6, "stopped": 1}, id="six windows"),
        pytest.param(60, Permit("switch"), {"withheld": 7}, id="by the switch"),
    ],
)
def test_a_job_that_others_keep_from_being_stopped_is_stopped_all_the_same(
    sweep: Any, train: Any, table: StateTable, log: MemorySink, minutes: int, switch: Permit, outcomes: Any
) -> None:
    train("denied", image=DENIED)
    assert _starved(sweep, Clock(), table, minutes, switch) == outcomes
    if "stopped" in outcomes:
        # Its name may be that of a schedule, which is started again.
        assert table.read(WITHHELD)["jobs"] == "{}"
        assert log.records[-1].reason == "the breaker has withheld the stop for 60 minutes already"


@pytest.mark.parametrize(
    ("operation", "stopped_after"),
    [
        pytest.param("DescribeTrainingJob", 60, id="a sweep that could not judge it"),
        pytest.param("StopTrainingJob", 70, id="a stop that failed"),
    ],
)
def test_one_call_that_fails_buys_no_other_hour(
    sweep: Any, train: Any, table: StateTable, control: Control, operation: str, stopped_after: int
) -> None:
    bounds = Bounds(stops=1, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)
    clock = Clock()
    breaker = Breaker(table, bounds, clock)
    train("denied", image=DENIED)
    for minutes in range(0, stopped_after + 1, 10):
        breaker.permit(denied())
        breaker.permit(denied())
        if minutes == (50 if operation.startswith("Describe") else 60):
            control.fail(operation, "ThrottlingException")
        outcomes = sweep(clock, limits=breaker, withheld_longest=bounds.longest).run(HOME, lambda: PLENTY).outcomes
        assert ("stopped" in outcomes) == (minutes == stopped_after), (minutes, outcomes)
        clock.now += timedelta(minutes=10)


def test_jobs_that_the_breaker_let_go_on_are_no_reason_to_suspect_their_rule(
    sweep: Any, train: Any, table: StateTable
) -> None:
    """They are judged by each sweep, and the allowed ones, which it knows, are not: but for those, the rule would deny most."""
    bounds = Bounds(stops=6, window=timedelta(minutes=10), rule_share=50, rule_jobs=3)
    clock = Clock()
    train(*(f"allowed-{number}" for number in range(20)))
    train(*(f"denied-{number}" for number in range(10)), image=DENIED)
    first = swept(sweep(clock, limits=Breaker(table, bounds, clock)))
    clock.now += timedelta(minutes=11)
    second = swept(sweep(clock, limits=Breaker(table, bounds, clock)))
    assert [(report["known"], report["outcomes"]) for report in (first, second)] == [
        (0, {"not_denied": 20, "stopped": 6, "withheld": 4}),
        (19, {"not_denied": 1, "stopped": 4}),  # the first job tells the revision, without which none is known
    ]


def test_the_report_tells_which_exemptions_end_soon_the_soonest_first(sweep: Any) -> None:
    dates = {"LATER": "2026-12-23", "SOON": "2026-11-24", "FAR": "2026-12-24", "GONE": "2026-11-01"}
    exemptions = [
        {"id": name, "owner": "o", "rules": ["*"], "expires": day, "reason": "r"} for name, day in dates.items()
    ]
    assert swept(sweep(exemptions=lambda: exemptions))["exemptions"] == [
        {"id": name, "owner": "o", "rules": ["*"], "expires": dates[name]} for name in ("GONE", "SOON", "LATER")
    ]


# What fails


def test_exemptions_that_can_not_be_read_keep_no_job_from_being_judged(sweep: Any, train: Any) -> None:
    def late() -> Any:
        raise OpaTimeout("OPA did not answer in time")

    train("denied", image=DENIED)
    report = swept(sweep(exemptions=late))
    assert (report["outcomes"], report["exemptions"], report["failures"]) == ({"stopped": 1}, [], {"OpaTimeout": 1})


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
    (failure,) = report.failures
    assert (type(failure), failure.evidence["operation"]) == (ListError, "ListAutoMLJobs")


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


def test_a_region_that_lacks_every_kind_is_none(sweep: Any, control: Control) -> None:
    """So answers another service of AWS behind a wrong endpoint."""
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
        {"failed": 1},
        {"UnexpectedError": 1},
        0,
    )


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


# Two sweeps, and a sweep cut off


def test_a_second_sweep_at_the_same_time_does_nothing(sweep: Any, train: Any, table: StateTable) -> None:
    train("denied", image=DENIED)
    table.claim(ITEM, "another", NOW + timedelta(minutes=1), NOW)
    report = swept(sweep())
    assert (report["skipped"], report["judged"]) == ("another sweep is at work", 0)


def test_a_finished_sweep_leaves_the_lease_to_the_next(sweep: Any, train: Any) -> None:
    train("one")
    assert [swept(sweep())["skipped"] for _ in range(2)] == [None, None]


def test_a_sweep_keeps_the_lease_for_as_long_as_it_works(sweep: Any, train: Any, table: StateTable) -> None:
    """It is held for two minutes at a time, and a sweep works for a quarter of an hour."""
    train(*(f"job-{number}" for number in range(10)))
    clock, taken = Clock(), []

    def remaining() -> float:
        clock.now += timedelta(minutes=1)
        taken.append(Lease(table, "another", clock).claim())
        return PLENTY

    report = sweep(clock).run(HOME, remaining)
    assert (report.listed, report.complete, any(taken)) == (10, True, False)
    assert clock.now - NOW > 4 * HELD


class Killed(BaseException):
    """The function's end, in the middle of whatever it does."""


def test_after_a_killed_sweep_the_next_goes_on(
    sweep: Any, train: Any, control: Control, sagemaker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.sweep.kept.SAVE_AFTER", timedelta(0))
    train("one", "two", "three", image=ALLOWED)
    clock = Clock()

    def kill(message: str, facts: Any) -> None:
        raise Killed

    killed = sweep(clock, notice=kill, undecided_after=timedelta(0), together=1)
    control.before("DescribeTrainingJob", lambda: control.fail("DescribeTrainingJob", "ThrottlingException"))
    with pytest.raises(Killed):
        killed.run(HOME, lambda: PLENTY)
    # Lambda's kill runs no `finally`: the lease stays until it expires.
    assert Lease(killed.store, "killed", clock).claim()
    assert swept(sweep(clock))["skipped"] is not None
    # The shortest interval of the schedule.
    clock.now += timedelta(minutes=5)
    report = swept(sweep(clock))
    assert (report["skipped"], report["listed"], report["known"] + report["judged"]) == (None, 3, 3)


@pytest.mark.parametrize(
    ("together", "before", "judged"),
    [
        pytest.param(1, 0, ["two", "three", "four", "one"], id="the first"),
        pytest.param(1, 2, ["four", "one", "two", "three"], id="one by one"),
        pytest.param(2, 1, ["four", "one", "two", "three"], id="a batch"),
    ],
)
def test_after_a_sweep_that_its_jobs_killed_the_next_begins_behind_them(
    sweep: Any,
    train: Any,
    control: Control,
    log: MemorySink,
    monkeypatch: pytest.MonkeyPatch,
    together: int,
    before: int,
    judged: list[str],
) -> None:
    """Else the same jobs would kill it again, and those behind them would never be judged."""
    # The jobs of a test are milliseconds apart.
    monkeypatch.setattr("guard.sweep.position._OVERLAP", timedelta(milliseconds=1))
    train("one", "two", "three", "four")

    def kill() -> None:
        raise Killed

    for act in [lambda: None] * before + [kill]:
        control.before("DescribeTrainingJob", act)
    clock = Clock()
    with pytest.raises(Killed):
        sweep(clock, together=together).run(HOME, lambda: PLENTY)
    log.written.clear()
    clock.now += timedelta(minutes=5)
    swept(sweep(clock))
    assert [record.ref.name for record in log.records if record.ref is not None] == judged


def test_a_job_that_kills_every_sweep_keeps_no_other_from_being_judged(
    sweep: Any, train: Any, sagemaker: Any, control: Control, log: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is judged with others of its kind, with those of another, or among the last."""
    monkeypatch.setattr("guard.sweep.position._OVERLAP", timedelta(milliseconds=1))
    train(*(f"job-{number}" for number in range(9)))
    for number in range(6):
        sagemaker.create_processing_job(ProcessingJobName=f"step-{number}", **processing_request(ALLOWED))
    described = control.admit

    def admit(operation: str, parameters: Any) -> None:
        described(operation, parameters)
        if parameters.get("TrainingJobName") == "job-4" and operation.startswith("Describe"):
            raise Killed

    monkeypatch.setattr(control, "admit", admit)
    clock = Clock()
    for _ in range(5):
        with suppress(Killed):
            sweep(clock, together=25).run(HOME, lambda: PLENTY)
        clock.now += timedelta(minutes=5)
    judged = {record.ref.name for record in log.records if record.ref is not None}
    assert judged == {f"job-{number}" for number in range(9) if number != 4} | {f"step-{number}" for number in range(6)}


def test_what_a_killed_sweep_had_saved_is_known_to_the_next(
    sweep: Any, train: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.sweep.kept.SAVE_AFTER", timedelta(0))
    train("one", "two", "three")
    looks = [PLENTY, PLENTY]

    def remaining() -> float:
        if not looks:
            raise Killed
        return looks.pop()

    with pytest.raises(Killed):
        sweep(together=1).run(HOME, remaining)
    # The first job is judged in any case, to learn the policies' revision.
    report = swept(sweep())
    assert (report["known"], report["judged"]) == (1, 2)


class Countdown:
    """The remaining time, used up by looking at it."""

    def __init__(self, jobs: int) -> None:
        self._left = jobs

    def __call__(self) -> float:
        self._left -= 1
        return PLENTY if self._left >= 0 else MARGIN_SECONDS


def runs(sweep: Callable[..., Sweep], looks: int) -> Iterator[dict[str, Any]]:
    while True:
        yield sweep().run(HOME, Countdown(looks)).summary()


def test_no_kind_waits_for_the_end_of_another(
    sweep: Any, train: Any, sagemaker: Any, log: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few of each kind after the other: many training jobs don't keep a processing job waiting."""
    monkeypatch.setattr("guard.sweep.position._SHARE", 2)
    train(*(f"job-{number}" for number in range(30)))
    sagemaker.create_processing_job(ProcessingJobName="denied", **processing_request(DENIED))
    report = next(runs(sweep, 30))
    assert not report["complete"]
    assert status(sagemaker, "processing", "denied") in {"Stopping", "Stopped"}


def test_jobs_that_fail_again_and_again_do_not_keep_those_behind_waiting(
    sweep: Any, train: Any, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep goes on where the last one was cut off, though nothing of what came before is settled."""
    # The jobs of a test are milliseconds apart.
    monkeypatch.setattr("guard.sweep.position._OVERLAP", timedelta(0))
    train(*(f"job-{number:02}" for number in range(12)))
    train("denied", image=DENIED)
    control.fail("DescribeTrainingJob", "AccessDeniedException", times=10_000)
    several = runs(sweep, 5)
    described = []
    for _ in range(4):
        next(several)
        described.append(
            {c.parameters["TrainingJobName"] for c in control.calls if c.operation == "DescribeTrainingJob"}
        )
    assert "denied" not in described[0]
    assert "denied" in described[-1]


# Jobs that nobody can judge


def test_a_job_that_can_not_be_judged_is_named_in_time_and_left(
    sweep: Any, train: Any, control: Control, notices: list[dict[str, Any]]
) -> None:
    clock = Clock()
    train("job")
    control.fail("DescribeTrainingJob", "AccessDeniedException", times=100)
    assert (swept(sweep(clock))["undecided"], notices) == ([], [])
    clock.now += timedelta(minutes=29)
    assert swept(sweep(clock))["undecided"] == []
    clock.now += timedelta(minutes=1)
    report = swept(sweep(clock))
    assert report["undecided"] == [f"arn:aws:sagemaker:eu-west-1:{HOME.account}:training-job/job"]
    assert notices == [
        {
            "message": "undecided job",
            "job_arn": report["undecided"][0],
            "since": NOW.isoformat(),
            "reason": "the SageMaker API call that describes the job failed",
        }
    ]
    assert control.operations("Stop") == []


def test_a_job_that_was_judged_meanwhile_is_not_named(sweep: Any, train: Any, control: Control, notices: Any) -> None:
    clock = Clock()
    train("job")
    for fails in (True, False, True):
        if fails:
            control.fail("DescribeTrainingJob", "AccessDeniedException")
        swept(sweep(clock, setup=str(clock.now)))
        clock.now += timedelta(minutes=29)
    assert notices == []


@pytest.mark.parametrize(("mode", "outcome", "stops"), [("enforce", "stopped", 1), ("audit", "audited", 0)])
def test_where_the_deployment_says_so_it_is_stopped_and_recorded_first(
    sweep: Any, train: Any, control: Control, log: MemorySink, mode: str, outcome: str, stops: int
) -> None:
    clock = Clock()
    train("job")
    control.fail("DescribeTrainingJob", "AccessDeniedException", times=100)
    swept(sweep(clock, mode=mode, stop_undecided=True))
    clock.now += timedelta(minutes=30)
    log.written.clear()
    report = swept(sweep(clock, mode=mode, stop_undecided=True))
    assert report["outcomes"] == {"failed": 1, outcome: 1}
    assert len(control.operations("Stop")) == stops
    final = log.written[-1]
    assert (final.outcome, final.decision) == (Outcome(outcome), None)
    assert final.reason is not None
    assert final.reason.startswith("no decision was possible for 30 minutes")
    assert [record.outcome for record in log.written if record.decision_id == final.decision_id] == (
        [None, Outcome.STOPPED] if stops else [Outcome.AUDITED]
    )
