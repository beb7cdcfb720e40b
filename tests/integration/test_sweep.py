"""The sweep over the simulated SageMaker with the shipped policies: finds jobs whose events were lost, and judges none twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from guard.aws.budget import Budget, spend
from guard.aws.table import StateTable
from guard.decision import Exemptions
from guard.jobs import JOB_KINDS
from guard.sweep.run import Sweep
from tests.integration.conftest import NOW, MemorySink
from tests.support.jobs import DENIED, HOME, client, processing_request, status
from tests.support.sweeps import PLENTY, Clock, swept
from tools.local_sagemaker import Control, set_status

EXEMPTION = {
    "id": "EX-1",
    "owner": "team",
    "reason": "moves soon",
    "rules": ["denied_image"],
    "scope": {"account": HOME.account},
    "expires": NOW.date().isoformat(),
}


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
    asked = [(call.operation, call.parameters.get("StatusEquals", "any")) for call in control.calls]
    expected = [
        (row.listing.operation, name if row.listing.filters else "any")
        for row in JOB_KINDS
        for name in row.listing.statuses
        for _ in row.listing.each
    ]
    # The recent training jobs, and those before.
    assert sorted(asked) == sorted([*expected, ("ListTrainingJobs", "any")])


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
    # One job is judged again to learn the policies' revision.
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


def test_other_policies_judge_every_job(sweep: Any, train: Any, engine_with: Any, sagemaker: Any) -> None:
    train("one", "two")
    swept(sweep())
    images = {"pytorch-training:2.4-cpu-py311": {"reason": "a policy of today"}}
    report = swept(sweep(engine=engine_with(rules={"denied_image": {"images": images}})))
    assert report["outcomes"] == {"stopped": 2}


def test_an_exemption_that_ends_overnight_ends_for_a_job_that_was_judged(
    sweep: Any, train: Any, engine_with: Any
) -> None:
    engine, clock = engine_with(rules={}, exemptions=[EXEMPTION]), Clock()
    train("one", "two", image=DENIED)
    assert swept(sweep(clock, engine=engine))["outcomes"] == {"not_denied": 2}
    clock.now += timedelta(days=1)
    assert swept(sweep(clock, engine=engine))["outcomes"] == {"stopped": 2}


def test_an_exemption_that_ends_during_a_sweep_ends_for_the_next(sweep: Any, train: Any, engine_with: Any) -> None:
    """Jobs are judged by the time at which their sweep began."""
    engine, clock = engine_with(rules={}, exemptions=[EXEMPTION]), Clock(NOW.replace(hour=23, minute=59))
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


def test_each_attempt_at_a_call_uses_the_budget_and_stopping_a_job_does_not(train: Any, control: Control) -> None:
    budget, patient = Counting(), client(3, aws_access_key_id="testing", aws_secret_access_key="testing")
    spend(patient, budget)
    train("job")
    control.fail("DescribeTrainingJob", "ThrottlingException")
    patient.describe_training_job(TrainingJobName="job")
    patient.stop_training_job(TrainingJobName="job")
    assert (budget.taken, control.operations()[-3:]) == (2, ["DescribeTrainingJob"] * 2 + ["StopTrainingJob"])


def test_the_report_has_the_exemptions_that_end_soon_in_order(sweep: Any) -> None:
    dates = {"LATER": "2026-12-23", "SOON": "2026-11-24", "FAR": "2026-12-24", "GONE": "2026-11-01"}
    exemptions = [
        {"id": name, "owner": "o", "rules": ["*"], "expires": day, "reason": "r"} for name, day in dates.items()
    ]
    assert swept(sweep(exemptions=lambda: Exemptions(tuple(exemptions))))["exemptions"] == [
        {"id": name, "owner": "o", "rules": ["*"], "expires": dates[name]} for name in ("GONE", "SOON", "LATER")
    ]
