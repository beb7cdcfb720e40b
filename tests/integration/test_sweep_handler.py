"""The handler of the schedule, imported as Lambda imports it: with its environment, the built bundle and the real OPA."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from guard.aws.table import StateTable
from guard.errors import OpaStartError, SweepError
from tests.support.entry_points import Import, entry_point
from tests.support.jobs import ACCOUNT, ALLOWED, DENIED, REGION, status, training_request
from tools.local_sagemaker import Control


@pytest.fixture
def entry(opa: Path, bundle: Path, sagemaker: Any, request: pytest.FixtureRequest) -> Iterator[Import]:
    """Import the handler in a function with these settings."""
    with entry_point("lambda_entry.sweep", opa, bundle, request.node.name) as load:
        yield load


@pytest.fixture
def sweep(entry: Import) -> Callable[..., dict[str, Any]]:
    """Run the handler as the schedule does, with so many seconds left."""

    def run(seconds: float = 900, **settings: str) -> dict[str, Any]:
        context = SimpleNamespace(
            invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:sweep",
            get_remaining_time_in_millis=lambda: seconds * 1000,
        )
        return entry(**settings).handler({}, context)

    return run


def test_a_denied_job_whose_event_never_came_is_stopped(sweep: Any, sagemaker: Any) -> None:
    sagemaker.create_training_job(TrainingJobName="job-1", **training_request(DENIED))
    report = sweep()
    assert (report["outcomes"], report["complete"], report["failures"]) == ({"stopped": 1}, True, {})
    assert status(sagemaker, "training", "job-1") in {"Stopping", "Stopped"}


def test_what_a_sweep_did_is_a_line_of_the_log(sweep: Any, capsys: pytest.CaptureFixture[str]) -> None:
    report = sweep()
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = [line for line in found if line["message"] == "sweep"]
    # The logger leaves out what is null.
    assert {name: told.get(name) for name in report} == report


def test_garbage_is_collected_again_once_the_handler_is_imported(entry: Import) -> None:
    gc.unfreeze()
    entry()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000


def test_a_sweep_without_policies_does_not_start(entry: Import, tmp_path: Path) -> None:
    with pytest.raises(OpaStartError):
        entry(GUARD_BUNDLE_PATH=str(tmp_path / "none.tar.gz"))


def test_a_sweep_ends_before_its_time_does(sweep: Any, sagemaker: Any) -> None:
    sagemaker.create_training_job(TrainingJobName="job-1", **training_request(DENIED))
    report = sweep(seconds=59)
    assert (report["judged"], report["complete"]) == (0, False)


def test_what_fails_is_raised_when_all_is_done(sweep: Any, sagemaker: Any, control: Control) -> None:
    sagemaker.create_training_job(TrainingJobName="job-1", **training_request(DENIED))
    control.fail("ListAutoMLJobs", "AccessDeniedException")
    with pytest.raises(SweepError) as caught:
        sweep()
    assert caught.value.evidence["ListError"] == 1
    assert "ListAutoMLJobs" in str(caught.value.evidence["first"])
    assert status(sagemaker, "training", "job-1") in {"Stopping", "Stopped"}


def test_what_a_sweep_covered_is_a_metric(sweep: Any, sagemaker: Any, capsys: pytest.CaptureFixture[str]) -> None:
    sagemaker.create_training_job(TrainingJobName="job-1", **training_request(DENIED))
    sweep(GUARD_METRICS_NAMESPACE="guard")
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (covered,) = [line for line in found if "SweepListed" in line]
    assert (covered["SweepListed"], covered["SweepJudged"], covered["SweepComplete"]) == ([1.0], [1.0], [1.0])


def test_each_release_judges_every_job_again(table: StateTable, sweep: Any, sagemaker: Any) -> None:
    """Even with the same policies: the new release may read more of a job than the previous one."""
    for name in ("one", "two"):
        sagemaker.create_training_job(TrainingJobName=name, **training_request(ALLOWED))
    reports = [
        sweep(GUARD_STATE_TABLE="state", AWS_LAMBDA_FUNCTION_VERSION=version)["judged"] for version in ("7", "7", "8")
    ]
    # One job is judged again to learn the policies' revision.
    assert reports == [2, 1, 2]
