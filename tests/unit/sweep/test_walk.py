"""A walk over lists that are slow, fail or find no connection: what is found is judged, the rest is left to the next sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from guard.denylist.deployment import deny_list
from guard.jobs import CUSTOMIZATION, JOB_KINDS, TRAINING_SESSION, JobKind
from guard.jobs import TRAINING as TRAINING_JOBS
from guard.log.sinks import DecisionLog
from guard.pipeline import Guard
from guard.record import Record
from guard.refs import job_arn
from guard.store import NoStore
from guard.sweep.lease import HELD, Lease
from guard.sweep.position import Position, Walk
from guard.sweep.run import MARGIN_SECONDS, Report, Sweep
from tests.support.fakes import refused
from tests.support.jobs import HOME
from tests.support.store import MemoryStore
from tests.support.sweeps import PLENTY, Clock

STREAMS = sum(len(kind.listing.statuses) * len(kind.listing.each) for kind in JOB_KINDS)
TRAINING = "training/InProgress"
RUNNING = "training-session/Running"
OPERATIONS = {xform_name(kind.listing.operation): kind.listing.operation for kind in JOB_KINDS}
BEGUN = datetime(2026, 11, 1, tzinfo=UTC)
PAGE = 100
# Three attempts of five seconds, and the pauses between them.
HANGS = timedelta(seconds=16)
NO_CONNECTION = (EndpointConnectionError(endpoint_url="sagemaker"), ReadTimeoutError(endpoint_url="sagemaker"))

Fault = Callable[[int], Exception | None]


class Lists:
    """SageMaker's List operations, which take their time: `jobs` training jobs run, one created a second, and no other ones.

    `ended` jobs were created before them.
    """

    def __init__(
        self, clock: Clock, seconds: float = 0, jobs: int = 0, fault: Fault = lambda _: None, ended: int = 0
    ) -> None:
        self.clock = clock
        self.seconds = seconds
        self.jobs = jobs
        self.fault = fault
        self.ended = ended
        self.calls = 0

    def __getattr__(self, method: str) -> Callable[..., Mapping[str, Any]]:
        def call(**parameters: Any) -> Mapping[str, Any]:
            self.calls += 1
            self.clock.now += timedelta(seconds=self.seconds)
            if fault := self.fault(self.calls):
                raise fault
            return self._asked(OPERATIONS[method], parameters)

        return call

    def _asked(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation != "ListTrainingJobs":
            return {}
        listed = page(TRAINING_JOBS, seconds(self.ended + self.jobs), parameters, BEGUN + timedelta(seconds=self.ended))
        # As its documentation has it: a page is taken of jobs in any status, and filtered then.
        asked = parameters.get("StatusEquals")
        field, status = TRAINING_JOBS.listing.field, TRAINING_JOBS.status_field
        return {**listed, field: [one for one in listed[field] if asked in {None, one[status]}]}


def seconds(number: int, begun: datetime = BEGUN) -> list[datetime]:
    """So many times, one a second."""
    return [begun + timedelta(seconds=number) for number in range(number)]


def page(
    kind: JobKind, created: list[datetime], parameters: Mapping[str, Any], running: datetime = BEGUN
) -> Mapping[str, Any]:
    """The page that is asked for, of jobs created then, in this order; those from `running` on run, and others have ended."""
    after, before = (parameters.get(f"CreationTime{side}") for side in ("After", "Before"))
    listed = [time for time in created if (not after or time >= after) and (not before or time <= before)]
    first = int(parameters.get("NextToken", 0))
    keys = tuple(parameters[key] for key in kind.key_fields)
    names = {f"job-{time:%d-%H-%M-%S}": time for time in listed[first : first + PAGE]}
    summaries = [
        {
            kind.name_field: name,
            kind.arn_field: job_arn(name, kind, HOME, keys),
            kind.status_field: parameters.get("StatusEquals", "InProgress") if time >= running else "Completed",
            "CreationTime": time,
        }
        for name, time in names.items()
    ]
    more = {"NextToken": str(first + PAGE)} if first + PAGE < len(listed) else {}
    return {kind.listing.field: summaries, **more}


def at(*calls: int, fault: Exception = NO_CONNECTION[0]) -> Fault:
    """A fault of these calls, counted from one."""
    return lambda call: fault if call in calls else None


def always(fault: Exception) -> Fault:
    return lambda _: fault


def walk(lists: Lists, position: Position | None = None, seconds: float = PLENTY) -> Walk:
    end = lists.clock.now + timedelta(seconds=seconds - MARGIN_SECONDS)
    return Walk(lists, HOME, position or Position(), lambda: lists.clock.now < end, lists.clock)


# Time


def test_slow_pages_leave_time_to_judge_the_jobs_on_them() -> None:
    lists = Lists(Clock(), seconds=4, jobs=300 * PAGE)
    begun, slow = lists.clock.now, walk(lists)
    jobs = slow.jobs()
    next(jobs)
    assert lists.clock.now - begun <= timedelta(minutes=1, seconds=4)
    assert sum(1 for _ in jobs) + 1 == 15 * PAGE
    assert (slow.complete, slow.failures) == (False, [])


def test_what_slow_pages_leave_is_listed_by_the_next_sweeps() -> None:
    lists, position, seen, sweeps = Lists(Clock(), seconds=4, jobs=40 * PAGE), Position(), set[str](), 0
    while len(seen) < lists.jobs and sweeps < 4:
        slow = walk(lists, position)
        seen |= {job.name for job in slow.jobs()}
        position, sweeps = slow.next_position(killed=False), sweeps + 1
    assert (len(seen), sweeps) == (lists.jobs, 3)


def test_running_jobs_are_found_behind_however_many_that_have_ended() -> None:
    lists, position, seen, sweeps = Lists(Clock(), seconds=0.3, jobs=5, ended=500 * PAGE), Position(), set[str](), 0
    while len(seen) < lists.jobs and sweeps < 10:
        slow = walk(lists, position)
        seen |= {job.name for job in slow.jobs()}
        position, sweeps = slow.next_position(killed=False), sweeps + 1
    assert (len(seen), sweeps) == (lists.jobs, 3)


def _old(days: float) -> Lists:
    """Lists of 50,000 jobs that have ended, of which all but the last ten are so old, and of five that run."""
    lists = Lists(Clock(BEGUN), seconds=0.3, jobs=5, ended=500 * PAGE)
    lists.clock.now += timedelta(seconds=lists.ended - 10, days=days)
    return lists


def test_recent_jobs_are_found_by_each_sweep_however_many_there_were_before() -> None:
    lists, position = _old(days=30), Position()
    now = lists.clock.now
    for _ in range(4):
        slow = walk(lists, position)
        assert len({job.name for job in slow.jobs()}) == lists.jobs
        position, lists.clock.now = slow.next_position(killed=False), now


def test_jobs_too_old_to_run_are_not_listed() -> None:
    lists = _old(days=90)
    prompt = walk(lists)
    assert len({job.name for job in prompt.jobs()}) == lists.jobs
    assert (prompt.complete, lists.calls < STREAMS + 3) == (True, True)


def test_a_place_that_has_become_too_old_is_the_beginning() -> None:
    lists = _old(days=90)
    late = walk(lists, Position(cut={TRAINING: BEGUN.isoformat()}))
    assert len({job.name for job in late.jobs()}) == lists.jobs
    assert late.complete


def test_many_pages_that_come_promptly_are_all_listed_by_one_sweep() -> None:
    lists = Lists(Clock(), seconds=0.5, jobs=50 * PAGE)
    prompt = walk(lists)
    assert sum(1 for _ in prompt.jobs()) == lists.jobs
    assert prompt.complete


def test_no_page_is_asked_for_once_there_is_no_time() -> None:
    lists = Lists(Clock(), seconds=10)
    late = walk(lists, Position(cut={TRAINING: BEGUN.isoformat()}), seconds=MARGIN_SECONDS + 35)
    assert list(late.jobs()) == []
    assert (lists.calls, late.complete) == (4, False)
    assert list(late.next_position(killed=False).cut) == []


def test_where_a_kind_was_cut_off_is_kept_when_there_was_no_time_to_list_it() -> None:
    late = walk(Lists(Clock()), Position(cut={TRAINING: BEGUN.isoformat()}), seconds=MARGIN_SECONDS)
    assert list(late.jobs()) == []
    assert list(late.next_position(killed=False).cut) == [TRAINING]


# Lists of one kind, and one that nobody sorts

CATEGORIES = tuple(more["JobCategory"] for more in CUSTOMIZATION.listing.each)
FIRST, *_, LAST = CATEGORIES


class Categories(Lists):
    """Customization jobs: `jobs` of the first category, and twenty of the last, created so many seconds after those."""

    def __init__(self, clock: Clock, seconds: float, jobs: int, later: int) -> None:
        super().__init__(clock, seconds, jobs)
        self.later = later

    def _asked(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        category = parameters.get("JobCategory")
        if operation != "ListJobs" or category not in {FIRST, LAST}:
            return {}
        created = seconds(self.jobs) if category == FIRST else seconds(20, BEGUN + timedelta(seconds=self.later))
        return page(CUSTOMIZATION, created, parameters)


class Sessions(Lists):
    """Training sessions, `jobs` of them running, which come the newest first."""

    def _asked(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation != "ListTrainingSessions" or parameters["StatusEquals"] != "Running":
            return {}
        return page(TRAINING_SESSION, seconds(self.jobs)[::-1], parameters)


@pytest.mark.parametrize("later", [-1000, 100, 5000], ids=["older", "among them", "newer"])
def test_a_category_behind_a_large_one_is_listed_by_the_first_sweep(later: int) -> None:
    slow = walk(Categories(Clock(), seconds=10, jobs=20 * PAGE, later=later))
    found = [job.arn.split("/")[-2] for job in slow.jobs()]
    assert (found.count(FIRST), found.count(LAST)) == (6 * PAGE, 20)
    assert list(slow.next_position(killed=False).cut) == [f"customization/InProgress/{FIRST}"]


def test_each_category_goes_on_from_its_own_time() -> None:
    lists, position, seen = Categories(Clock(), seconds=10, jobs=20 * PAGE, later=-1000), Position(), set[str]()
    for _ in range(4):
        slow = walk(lists, position)
        seen |= {job.arn for job in slow.jobs()}
        position = slow.next_position(killed=False)
    assert len(seen) == 20 * PAGE + 20


def test_the_time_that_an_earlier_version_kept_for_all_categories_is_that_of_each() -> None:
    at, own = BEGUN + timedelta(hours=1), BEGUN + timedelta(hours=2)
    kept = {"customization/InProgress": at.isoformat(), f"customization/InProgress/{LAST}": own.isoformat()}
    late = walk(Lists(Clock()), Position(cut=kept), seconds=MARGIN_SECONDS)
    assert list(late.jobs()) == []
    times = [at] * (len(CATEGORIES) - 1) + [own]
    assert late.next_position(killed=False).cut == {
        f"customization/InProgress/{category}": (time - timedelta(seconds=1)).isoformat()
        for category, time in zip(CATEGORIES, times, strict=True)
    }


def test_a_list_that_nobody_sorts_is_listed_to_its_end() -> None:
    """Else each sweep would list the same pages: there is no time behind which the others are."""
    slow = walk(Sessions(Clock(), seconds=10, jobs=20 * PAGE))
    assert len({job.arn for job in slow.jobs()}) == 20 * PAGE
    assert (slow.complete, slow.failures) == (True, [])


def test_a_list_that_nobody_sorts_ends_with_the_time_of_the_sweep() -> None:
    lists = Sessions(Clock(), seconds=10, jobs=20 * PAGE)
    late = walk(lists, seconds=MARGIN_SECONDS + 95)
    assert list(late.jobs()) == []
    assert (lists.clock.now, late.complete, late.failures) == (Clock().now + timedelta(seconds=100), False, [])


def test_a_sweep_that_ends_among_jobs_that_nobody_sorts_has_the_next_one_go_on_behind_them() -> None:
    """Also where none of them is settled: those that come behind don't wait for them."""
    lists, position, seen = Sessions(Clock(), seconds=1, jobs=4 * PAGE), Position(), set[str]()
    for _ in range(2):
        cut_off = walk(lists, position)
        seen |= {job.arn for job in islice(cut_off.jobs(), 3 * PAGE)}
        position = cut_off.next_position(killed=False)
    assert len(seen) == 4 * PAGE


def test_a_job_that_kills_a_sweep_comes_last_also_where_nobody_sorts() -> None:
    lists = Sessions(Clock(), seconds=1, jobs=PAGE)
    killed = walk(lists)
    reached = list(islice(killed.jobs(), 40))[-1]
    again = [job.arn for job in walk(lists, killed.next_position(killed=True)).jobs()]
    assert len(again) == PAGE
    assert again.index(reached.arn) >= PAGE - 3


# No connection


@pytest.mark.parametrize("fault", NO_CONNECTION, ids=lambda fault: type(fault).__name__)
def test_a_walk_that_finds_no_connection_asks_three_times_and_tells(fault: Exception) -> None:
    lists = Lists(Clock(), seconds=HANGS.total_seconds(), fault=always(fault))
    lost = walk(lists, Position(turn=3, cut={TRAINING: BEGUN.isoformat()}))
    assert list(lost.jobs()) == []
    assert (lists.calls, lost.complete) == (3, False)
    *each, last = [failure.message for failure in lost.failures]
    assert each == ["the SageMaker API call that lists jobs failed"] * 3
    assert last == "SageMaker can't be reached: no other kind of jobs was listed"
    assert (lost.next_position(killed=False).turn, *lost.next_position(killed=False).cut) == (4, TRAINING)


@pytest.mark.parametrize(
    ("fault", "failures"),
    [
        pytest.param(at(1, 2, 4, 5), 4, id="two in a row, and again two"),
        pytest.param(always(refused("AccessDeniedException")), STREAMS, id="refusals"),
        pytest.param(always(refused("ServiceUnavailable", status=503)), STREAMS, id="a service that is broken"),
    ],
)
def test_a_service_that_answers_is_asked_for_each_kind(fault: Fault, failures: int) -> None:
    lists = Lists(Clock(), fault=fault)
    answered = walk(lists)
    assert list(answered.jobs()) == []
    assert len(answered.failures) == failures
    assert lists.calls >= STREAMS
    assert not answered.complete


class Silent(Lists):
    """SageMaker where these operations find no connection, and others are refused as they say; `asked` counts the calls."""

    def __init__(self, *silent: str, refusals: Mapping[str, str] | None = None) -> None:
        super().__init__(Clock())
        self.silent = silent
        self.refusals = refusals or {}
        self.asked: Counter[str] = Counter()

    def _asked(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked[operation] += 1
        if operation in self.silent:
            self.clock.now += HANGS
            raise NO_CONNECTION[1]
        if code := self.refusals.get(operation):
            raise refused(code)
        return {}


ALL = {kind.listing.operation for kind in JOB_KINDS}
IN_TURN = [kind.listing.operation for kind in JOB_KINDS]


@pytest.mark.parametrize("turn", range(0, STREAMS, 3))
@pytest.mark.parametrize("operation", ["ListTrainingSessions", "ListJobs", "ListTrainingJobs"])
def test_an_operation_that_hangs_keeps_no_other_from_being_listed(operation: str, turn: int) -> None:
    lists = Silent(operation)
    hanging = walk(lists, Position(turn=turn))
    assert list(hanging.jobs()) == []
    assert lists.asked.keys() == ALL
    assert (lists.asked[operation], len(hanging.failures), hanging.complete) == (1, 1, False)


def test_the_jobs_of_an_operation_that_hung_are_gone_on_with_by_the_next_sweep() -> None:
    cut = {f"training-session/{status}": BEGUN.isoformat() for status in ("Created", "Running")}
    hanging = walk(Silent("ListTrainingSessions"), Position(cut=cut))
    assert list(hanging.jobs()) == []
    assert list(hanging.next_position(killed=False).cut) == list(cut)


def test_an_operation_that_hung_is_asked_again_by_the_next_sweep() -> None:
    lists = Silent("ListTrainingSessions")
    for _ in range(2):
        list(walk(lists).jobs())
    assert lists.asked["ListTrainingSessions"] == 2


@pytest.mark.parametrize(
    ("silent", "answers", "stops"),
    [
        pytest.param((0, 1, 2), {}, True, id="three in a row"),
        pytest.param((8, 9, 10), {}, True, id="three in a row, two lists each or five"),
        pytest.param((0, 1, 3, 4), {}, False, id="two, an answer, two"),
        pytest.param((0, 1, 3), {2: "AccessDeniedException"}, False, id="a refusal between"),
        pytest.param((0, 1, 3), {2: "UnknownOperationException"}, False, id="a region that lacks the one between"),
        pytest.param((9, 11), {}, False, id="four lists of one and two of another"),
    ],
)
def test_only_three_operations_in_a_row_tell_that_there_is_no_connection(
    silent: tuple[int, ...], answers: Mapping[int, str], stops: bool
) -> None:
    lists = Silent(
        *(IN_TURN[at] for at in silent), refusals={IN_TURN[number]: code for number, code in answers.items()}
    )
    lost = walk(lists)
    assert list(lost.jobs()) == []
    assert (lists.asked.keys() != ALL) is stops
    assert any("no other kind" in failure.message for failure in lost.failures) is stops
    assert all(lists.asked[IN_TURN[at]] == 1 for at in silent)


def test_jobs_that_were_listed_before_the_connection_was_lost_are_judged() -> None:
    lists = Lists(Clock(), jobs=3 * PAGE, fault=lambda call: NO_CONNECTION[0] if call > 3 else None)
    lost = walk(lists)
    assert sum(1 for _ in lost.jobs()) == 3 * PAGE
    assert (lists.calls, lost.complete) == (6, False)


# A page that fails


def test_what_comes_before_a_page_that_fails_is_judged_and_the_next_sweep_begins_there() -> None:
    failing = walk(Lists(Clock(), jobs=5 * PAGE, fault=at(3)))
    assert sum(1 for _ in failing.jobs()) == 2 * PAGE
    reached = BEGUN + timedelta(seconds=2 * PAGE - 1)
    assert failing.next_position(killed=False).cut == {TRAINING: (reached - timedelta(seconds=1)).isoformat()}


def test_the_next_sweep_goes_on_behind_ended_jobs_before_a_page_that_fails() -> None:
    failing = walk(Lists(Clock(), ended=5 * PAGE, fault=at(3)))
    assert list(failing.jobs()) == []
    reached = BEGUN + timedelta(seconds=2 * PAGE - 1)
    assert failing.next_position(killed=False).cut == {TRAINING: (reached - timedelta(seconds=1)).isoformat()}


def test_a_list_that_fails_where_the_sweep_begins_has_the_next_one_begin_with_the_first_job() -> None:
    failing = walk(Lists(Clock(), jobs=5 * PAGE, fault=at(1)), Position(cut={TRAINING: BEGUN.isoformat()}))
    assert list(failing.jobs()) == []
    assert failing.next_position(killed=False).cut == {}


# The whole sweep


class NoLog:
    """No job runs here, and so there are no records."""

    name = "none"

    def write(self, record: Record) -> None:
        raise AssertionError(record)


def swept(store: Any, lists: Lists) -> Report:
    guard = Guard(
        engine=None,  # type: ignore[arg-type]
        sagemaker=lists,
        log=DecisionLog(NoLog()),
        mode="enforce",
        deny_list=deny_list({}),
    )
    sweep = Sweep(
        guard=guard,
        client=lists,
        store=store,
        setup="setup",
        undecided_after=timedelta(minutes=30),
        withheld_longest=timedelta(hours=1),
        stop_undecided=False,
        notice=lambda _message, _facts: None,
        clock=lists.clock,
    )
    begun = lists.clock.now
    return sweep.run(HOME, lambda: PLENTY - (lists.clock.now - begun).total_seconds())


def test_a_sweep_whose_lists_are_slow_keeps_its_lease() -> None:
    store, clock, taken = MemoryStore(), Clock(), list[bool]()
    begun = clock.now

    def another(_call: int) -> None:
        taken.append(Lease(store, "another", clock).claim())

    swept(store, Lists(clock, seconds=HANGS.total_seconds(), fault=another))
    assert clock.now - begun > 2 * HELD
    assert not any(taken)


def test_a_sweep_without_a_connection_ends_soon_and_says_why() -> None:
    clock = Clock()
    begun = clock.now
    report = swept(NoStore(), Lists(clock, seconds=HANGS.total_seconds(), fault=always(NO_CONNECTION[1])))
    assert clock.now - begun < HELD
    assert (report.complete, report.summary()["failures"]) == (False, {"ListError": 4})
