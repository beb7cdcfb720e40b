"""Two sweeps at once, and sweeps that are cut off or killed: the next one continues, and no job delays others forever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from guard.aws.table import StateTable
from guard.errors import NoticeError
from guard.record import Record
from guard.sweep.lease import HELD, ITEM, Lease
from guard.sweep.run import MARGIN_SECONDS, Sweep
from tests.integration.conftest import NOW, MemorySink
from tests.support.jobs import ALLOWED, DENIED, HOME, processing_request, status
from tests.support.sweeps import PLENTY, Clock, swept
from tools.local_sagemaker import Control, set_created


def test_a_second_sweep_at_the_same_time_does_nothing(sweep: Any, train: Any, table: StateTable) -> None:
    train("denied", image=DENIED)
    table.claim(ITEM, "another", NOW + timedelta(minutes=1), NOW)
    report = swept(sweep())
    assert (report["skipped"], report["judged"]) == ("another sweep is running", 0)


def test_a_finished_sweep_leaves_the_lease_to_the_next(sweep: Any, train: Any) -> None:
    train("one")
    assert [swept(sweep())["skipped"] for _ in range(2)] == [None, None]


def test_a_sweep_keeps_the_lease_for_as_long_as_it_works(sweep: Any, train: Any, table: StateTable) -> None:
    """It is held for two minutes at a time, but a sweep runs for a quarter of an hour."""
    train(*(f"job-{number}" for number in range(10)))
    clock, taken = Clock(), []

    def remaining() -> float:
        clock.now += timedelta(seconds=10)
        taken.append(Lease(table, "another", clock).claim())
        return PLENTY

    report = sweep(clock).run(HOME, remaining)
    assert (report.listed, report.complete, any(taken)) == (10, True, False)
    assert clock.now - NOW > 4 * HELD


@pytest.fixture
def train_apart(train: Any) -> Callable[..., None]:
    """Create training jobs a minute apart: those of a fast machine have the same millisecond."""

    def create(*names: str, **members: Any) -> None:
        train(*names, **members)
        for age, name in enumerate(reversed(names), start=1):
            set_created(name, NOW - timedelta(minutes=age))

    return create


class Killed(BaseException):
    """The function is killed in the middle of its work."""


def test_after_a_killed_sweep_the_next_goes_on(
    sweep: Any, train: Any, control: Control, sagemaker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.sweep.state.SAVE_AFTER", timedelta(0))
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
    train_apart: Any,
    control: Control,
    log: MemorySink,
    together: int,
    before: int,
    judged: list[str],
) -> None:
    """Otherwise the same jobs would kill the next sweep, and the jobs after them would never be judged."""
    train_apart("one", "two", "three", "four")

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
    sweep: Any, train_apart: Any, sagemaker: Any, control: Control, log: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Regardless of whether it is judged with others of its kind, with another kind, or among the last."""
    train_apart(*(f"job-{number}" for number in range(9)))
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
    sweep: Any, train: Any, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.sweep.state.SAVE_AFTER", timedelta(0))
    train("one", "two", "three")

    def remaining() -> float:
        if len(control.operations("Describe")) == 2:
            raise Killed
        return PLENTY

    with pytest.raises(Killed):
        sweep(together=1).run(HOME, remaining)
    # The first job is judged in any case, to learn the policies' revision.
    report = swept(sweep())
    assert (report["known"], report["judged"]) == (1, 2)


class Slow:
    """A sink of the decision log that takes so many seconds for each record, from the first of the sweep or a later one on."""

    name = "objects"

    def __init__(self, clock: Clock, seconds: float, first: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._first = first
        self.written = 0

    def write(self, record: Record) -> None:
        self.written += 1
        if self.written > self._first:
            self._clock.now += timedelta(seconds=self._seconds)


@pytest.mark.parametrize("first", [pytest.param(0, id="from the start"), pytest.param(30, id="from then on")])
@pytest.mark.parametrize("seconds", [8, 24])
def test_jobs_that_each_take_long_do_not_take_a_sweep_over_its_time(
    sweep: Any, train: Any, seconds: float, first: int
) -> None:
    """A batch of 25 was begun with time left for four jobs: the function was killed, and the sweep had no report."""
    train(*(f"job-{number:03}" for number in range(150)))
    clock = Clock()
    slow = Slow(clock, seconds, first)

    def remaining() -> float:
        return PLENTY - (clock.now - NOW).total_seconds()

    report = sweep(clock, sinks=[slow], together=25).run(HOME, remaining)
    assert not report.complete
    # It uses its time except for less than one job's, and keeps the margin for the slowest job.
    assert 0 <= remaining() - MARGIN_SECONDS + seconds < 2 * seconds
    assert slow.written == report.judged


class Countdown:
    """The remaining time, used up by so many jobs that are described."""

    def __init__(self, control: Control, jobs: int) -> None:
        self._control = control
        self._end = len(control.operations("Describe")) + jobs

    def __call__(self) -> float:
        return PLENTY if len(self._control.operations("Describe")) < self._end else MARGIN_SECONDS


def runs(sweep: Callable[..., Sweep], control: Control, jobs: int) -> Iterator[dict[str, Any]]:
    while True:
        yield sweep(together=1).run(HOME, Countdown(control, jobs)).summary()


def test_no_kind_waits_for_the_end_of_another(
    sweep: Any, train: Any, sagemaker: Any, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kinds take turns: many training jobs don't delay a processing job."""
    monkeypatch.setattr("guard.sweep.position._SHARE", 2)
    train(*(f"job-{number}" for number in range(30)))
    sagemaker.create_processing_job(ProcessingJobName="denied", **processing_request(DENIED))
    report = next(runs(sweep, control, 30))
    assert not report["complete"]
    assert status(sagemaker, "processing", "denied") in {"Stopping", "Stopped"}


def test_jobs_that_fail_again_and_again_do_not_keep_those_behind_waiting(
    sweep: Any, train: Any, train_apart: Any, control: Control
) -> None:
    """A sweep continues where the last one was cut off, even if none of the earlier jobs is settled."""
    train("denied", image=DENIED)
    train_apart(*(f"job-{number:02}" for number in range(12)))
    control.fail("DescribeTrainingJob", "AccessDeniedException", times=10_000)
    several = runs(sweep, control, 5)
    described = []
    for _ in range(4):
        next(several)
        described.append(
            {c.parameters["TrainingJobName"] for c in control.calls if c.operation == "DescribeTrainingJob"}
        )
    assert "denied" not in described[0]
    assert "denied" in described[-1]


class Notices:
    """The sink of notices: the error that it raises once, and the jobs that it reported."""

    name = "notices"

    def __init__(self, end: BaseException | None) -> None:
        self.end = end
        self.told: list[tuple[str, str]] = []

    def write(self, record: Record) -> None:
        if record.decision != "deny" or record.outcome is None or record.ref is None:
            return
        if self.end is not None:
            end, self.end = self.end, None
            raise end
        self.told.append((record.ref.name, record.outcome.value))


@pytest.mark.parametrize(
    "end",
    [pytest.param(Killed(), id="killed"), pytest.param(NoticeError("no channel takes it"), id="no channel takes it")],
)
def test_the_next_sweep_notifies_the_owner_if_a_sweep_stopped_a_job_without_a_notice(
    sweep: Any, train: Any, sagemaker: Any, end: BaseException
) -> None:
    """The job isn't listed any more, and no event will report it."""
    train("denied", image=DENIED)
    notices, clock = Notices(end), Clock()
    with suppress(Killed):
        sweep(clock, sinks=[notices]).run(HOME, lambda: PLENTY)
    assert (status(sagemaker, "training", "denied") in {"Stopping", "Stopped"}, notices.told) == (True, [])
    train("another")
    clock.now += timedelta(minutes=10)
    reports = [swept(sweep(clock, sinks=[notices])) for _ in range(2)]
    assert notices.told == [("denied", "already_finished")]
    assert [report["outcomes"].get("already_finished") for report in reports] == [1, None]


def test_a_reported_job_is_not_judged_again(sweep: Any, train: Any, control: Control) -> None:
    train("denied", image=DENIED)
    swept(sweep())
    control.reset()
    assert swept(sweep())["judged"] == 0
    assert "DescribeTrainingJob" not in control.operations()


def test_unreported_jobs_come_after_running_jobs_if_there_is_time(sweep: Any, train: Any, log: MemorySink) -> None:
    train("denied", image=DENIED)
    swept(sweep(sinks=[Notices(NoticeError("no channel takes it"))]))
    train("another")
    log.written.clear()
    swept(sweep())
    assert [record.ref.name for record in log.records if record.ref is not None] == ["another", "denied"]


def test_without_time_unreported_jobs_are_left_to_the_next_sweep(sweep: Any, train: Any) -> None:
    train("denied", image=DENIED)
    swept(sweep(sinks=[Notices(NoticeError("no channel takes it"))]))
    notices = Notices(None)
    assert swept(sweep(sinks=[notices]), MARGIN_SECONDS)["judged"] == 0
    swept(sweep(sinks=[notices]))
    assert notices.told == [("denied", "already_finished")]
