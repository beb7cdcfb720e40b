"""Jobs that no sweep can decide on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from guard.record import Outcome
from tests.integration.conftest import NOW, MemorySink
from tests.support.jobs import DENIED, HOME
from tests.support.sweeps import Clock, swept
from tools.local_sagemaker import Control


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


def test_the_time_restarts_for_a_job_that_earlier_policies_let_run(
    sweep: Any, train: Any, control: Control, engine_with: Any, shipped_engine: Any, notices: list[dict[str, Any]]
) -> None:
    """The policies that could not decide on it were rolled back, and are deployed again hours later."""
    clock = Clock()
    train("first", "job")
    reads_tags = engine_with(rules={"required_tags": {"level": "deny", "tags": {"team": ["*"]}}})

    def run(engine: Any, failures: int) -> None:
        # With a kind that can't be listed, the sweep is incomplete: otherwise jobs that it didn't list are forgotten.
        control.fail("ListCompilationJobs", "AccessDeniedException", times=2)
        control.fail("ListTags", "ThrottlingException", times=failures)
        swept(sweep(clock, engine=engine))
        clock.now += timedelta(minutes=10)

    run(shipped_engine, 0)
    run(reads_tags, 2)
    run(shipped_engine, 0)
    clock.now += timedelta(hours=5)
    run(reads_tags, 2)
    assert notices == []


def test_a_log_that_can_not_be_written_keeps_no_denied_job_running(sweep: Any, train: Any, control: Control) -> None:
    """Failing to log an undecided job used to end the sweep: the jobs after it were never judged."""

    def broken(message: str, facts: dict[str, Any]) -> None:
        raise OSError(28, "No space left on device")

    train("undecided")
    train("denied", image=DENIED)
    control.fail("DescribeTrainingJob", "ThrottlingException")
    report = swept(sweep(notice=broken, undecided_after=timedelta(0), together=1))
    assert (report["outcomes"], report["undecided_jobs"]) == ({"failed": 1, "stopped": 1}, 1)
    assert (report["complete"], report["failures"]) == (True, {"LogError": 1})
