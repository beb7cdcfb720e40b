"""Further notices: for another denial of the same job, and for the same denial of a schedule that was started again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from guard.aws.created import created_at
from guard.document import Source
from guard.errors import CollectError, StateError
from guard.jobs import BY_KIND, TRAINING
from guard.notices.deliver import Deliverer, NoticeSink
from guard.notices.ends import Ends, NotifiedJobs, Runs
from guard.notices.notice import Notice
from guard.notices.once import OnceInMemory
from guard.notices.security_hub import SecurityHubChannel
from guard.record import Outcome
from guard.refs import job_from_arn
from tests.integration.conftest import NOW
from tests.support.carriers import monitoring_config
from tests.support.cloudtrail import called_event
from tests.support.jobs import DENIED, HOME, started_event, training_request
from tests.support.store import MemoryStore
from tools.local_sagemaker import set_status

NAME = "job-1"
KIND = BY_KIND["monitoring-schedule"]
ALSO_DENIED = DENIED.replace("-cpu-", "-gpu-")


class Topic:
    """Counts what it is given."""

    name = "topic"

    def __init__(self) -> None:
        self.given: list[Notice] = []

    def give(self, notice: Notice) -> None:
        self.given.append(notice)


class Hub:
    """Keeps findings by id, as Security Hub does."""

    def __init__(self) -> None:
        self.findings: dict[str, dict[str, Any]] = {}

    def batch_import_findings(self, Findings: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # the API's own names
        self.findings |= {finding["Id"]: finding for finding in Findings}
        return {"FailedCount": 0}

    def get_findings(self, **_: Any) -> dict[str, Any]:
        return {"Findings": [one for one in self.findings.values() if one["RecordState"] == "ACTIVE"]}

    def states(self) -> list[str]:
        return [finding["RecordState"] for finding in self.findings.values()]


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def state() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def deliverer(topic: Topic, hub: Hub, state: MemoryStore, guard_client: Any) -> Deliverer:
    """Gives on a topic and in Security Hub, each notice once."""
    channels = [topic, SecurityHubChannel(hub, Ends(state), NotifiedJobs(state), lambda: NOW)]
    once = OnceInMemory()
    return Deliverer(lambda: channels, lambda: once, lambda *_: None, "", partial(created_at, guard_client))


@pytest.fixture
def judged(guard, sagemaker, deliverer, state) -> Callable[..., Outcome]:
    """Judge the schedule, so long after the beginning."""

    def judge(after: timedelta = timedelta(), mode: str = "enforce") -> Outcome:
        arn = sagemaker.describe_monitoring_schedule(MonitoringScheduleName=NAME)["MonitoringScheduleArn"]
        source = Source(type="sweep", id="e", time=NOW + after)
        sink = NoticeSink(deliverer, None, Runs(state))
        judging = guard(mode=mode, sinks=[sink], now=NOW + after)
        outcome: Outcome = judging.judge(job_from_arn(arn, KIND, HOME, source)).outcome
        return outcome

    return judge


@pytest.fixture
def start(sagemaker) -> Callable[[str], None]:
    """Start the schedule with this image, again if there is one."""

    def started(image: str) -> None:
        config = monitoring_config(image)
        try:
            sagemaker.create_monitoring_schedule(MonitoringScheduleName=NAME, MonitoringScheduleConfig=config)
        except sagemaker.exceptions.ResourceInUse:
            sagemaker.update_monitoring_schedule(MonitoringScheduleName=NAME, MonitoringScheduleConfig=config)
            sagemaker.start_monitoring_schedule(MonitoringScheduleName=NAME)

    return started


def minutes(*numbers: int) -> list[timedelta]:
    return [timedelta(minutes=number) for number in numbers]


def test_another_denied_image_gets_a_notice_and_its_finding_is_active_again(
    judged, start, topic, hub, deliverer
) -> None:
    start(DENIED)
    assert judged() is Outcome.STOPPED
    deliverer.end(topic.given[0].job.arn, NOW + timedelta(minutes=1))
    assert hub.states() == ["ARCHIVED"]
    start(ALSO_DENIED)
    assert [judged(after) for after in minutes(2, 3, 4)] == [Outcome.STOPPED, *[Outcome.ALREADY_FINISHED] * 2]
    assert ([list(one.job.images) for one in topic.given], hub.states()) == ([[DENIED], [ALSO_DENIED]], ["ACTIVE"])


@pytest.mark.parametrize("mode", ["enforce", "audit"])
def test_the_same_image_gets_a_notice_when_the_schedule_is_started_after_its_end(
    judged, start, topic, hub, deliverer, mode
) -> None:
    start(DENIED)
    judged(mode=mode)
    deliverer.end(topic.given[0].job.arn, NOW + timedelta(minutes=1))
    start(DENIED)
    for after in minutes(2, 3):
        judged(after, mode)
    assert (len(topic.given), hub.states()) == (2, ["ACTIVE"])


@pytest.mark.parametrize(
    ("later", "told"),
    [
        pytest.param(minutes(0, 1), 1, id="events about one stop"),
        pytest.param(minutes(10), 1, id="the last event about one stop"),
        pytest.param(minutes(11), 2, id="started again"),
        pytest.param(minutes(11, 12), 2, id="events about the second stop"),
        pytest.param(minutes(4, 8, 12, 16, 20, 24), 3, id="started again and again"),
        pytest.param([timedelta(days=1), timedelta(days=2)], 3, id="started on each day"),
    ],
)
def test_the_same_image_gets_a_notice_when_the_guard_stops_the_schedule_again(
    judged, start, topic, later, told
) -> None:
    """Even if its end was not reported. While it is being stopped, it is described as running."""
    start(DENIED)
    outcomes = [judged()]
    for after in later:
        start(DENIED)
        outcomes.append(judged(after))
    assert (set(outcomes), len(topic.given)) == ({Outcome.STOPPED}, told)


def test_a_schedule_that_is_found_stopped_gets_no_other_notice(judged, start, topic) -> None:
    start(DENIED)
    outcomes = [judged(after) for after in minutes(0, 60, 120)]
    assert (outcomes, len(topic.given)) == ([Outcome.STOPPED, *[Outcome.ALREADY_FINISHED] * 2], 1)


def test_without_the_table_each_run_gets_a_notice(judged, start, topic, state) -> None:
    """A repeated notice is better than none."""
    for after, refuses in zip(minutes(0, 60, 120), (False, True, False), strict=True):
        state.refuses = refuses
        start(DENIED)
        judged(after)
    assert len(topic.given) == 3


def test_a_stop_that_cannot_be_remembered_gets_a_notice(judged, start, topic, state, monkeypatch) -> None:
    start(DENIED)
    judged()
    write = state.write
    monkeypatch.setattr(state, "write", lambda *_: (_ for _ in ()).throw(StateError("throttled")))
    start(DENIED)
    judged(timedelta(hours=1))
    monkeypatch.setattr(state, "write", write)
    assert len(topic.given) == 2


def test_a_run_whose_stop_failed_gets_a_notice_once_it_has_ended(judged, start, topic, control) -> None:
    start(DENIED)
    judged()
    start(DENIED)
    control.fail("StopMonitoringSchedule", "AccessDeniedException")
    assert (judged(timedelta(hours=1)), len(topic.given)) == (Outcome.STOP_FAILED, 1)
    set_status(NAME, "Stopped")
    outcomes = [judged(timedelta(hours=1, minutes=number)) for number in (1, 3)]
    assert (outcomes, len(topic.given)) == ([Outcome.ALREADY_FINISHED] * 2, 2)


def test_a_stop_is_remembered_for_30_days(judged, start, state) -> None:
    start(DENIED)
    judged()
    (expires,) = [expires for item, expires in state.expires.items() if item.startswith("stopped#")]
    assert timedelta(days=30) <= expires - NOW < timedelta(days=30, minutes=1)


@pytest.mark.parametrize(
    "told", [pytest.param("call", id="the call first"), pytest.param("state", id="the state first")]
)
def test_a_job_that_could_not_be_described_gets_one_notice(
    guard, sagemaker, deliverer, state, topic, control, told: str
) -> None:
    """CloudTrail's event has no creation time: once the job could be described, it used to get a second notice."""
    sagemaker.create_training_job(TrainingJobName=NAME, **training_request(DENIED))
    call = called_event(sagemaker, TRAINING, "CreateTrainingJob")
    started = started_event(sagemaker, "training", NAME)
    now = sagemaker.describe_training_job(TrainingJobName=NAME)["CreationTime"] + timedelta(seconds=5)
    judging = guard(sinks=[NoticeSink(deliverer, None, Runs(state))], now=now)

    def blind() -> None:
        control.fail("DescribeTrainingJob", "ThrottlingException")
        with pytest.raises(CollectError):
            judging.handle(call, HOME)

    def seen() -> None:
        judging.handle(started, HOME)

    for handle in (blind, seen) if told == "call" else (seen, blind):
        handle()
    (notice,) = topic.given
    assert (notice.outcome, notice.job.created_at is not None) == ("stopped", True)
