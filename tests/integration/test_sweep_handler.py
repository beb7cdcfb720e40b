"""The handler of the schedule, imported as Lambda imports it: with its environment, the built bundle and the real OPA."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import botocore.session
import pytest

from guard.errors import OpaStartError, SweepError
from tests.support.jobs import ACCOUNT, DENIED, REGION, status, training_request
from tests.support.shipped_model import shipped_session
from tools.local_sagemaker import Control


def _forget() -> None:
    for name in [name for name in sys.modules if name.startswith("lambda_entry")]:
        del sys.modules[name]


@pytest.fixture
def entry(
    opa: Path, bundle: Path, sagemaker: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., ModuleType]]:
    """Import the handler in a function with these settings; OPA is ended after the test."""
    imported: list[ModuleType] = []

    def load(**settings: str) -> ModuleType:
        _forget()
        for name, value in {"GUARD_OPA_PATH": str(opa), "GUARD_BUNDLE_PATH": str(bundle), **settings}.items():
            monkeypatch.setenv(name, value)
        imported.append(importlib.import_module("lambda_entry.sweep"))
        return imported[-1]

    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", request.node.name)
    monkeypatch.setattr(botocore.session, "get_session", shipped_session)
    yield load
    gc.enable()
    for module in imported:
        module.ENGINE.close()
    _forget()


@pytest.fixture
def sweep(entry: Callable[..., ModuleType]) -> Callable[..., dict[str, Any]]:
    """Run the handler as the schedule does, with so many seconds left."""

    def run(seconds: float = 900) -> dict[str, Any]:
        context = SimpleNamespace(
            invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:sweep",
            get_remaining_time_in_millis=lambda: seconds * 1000,
        )
        return entry().handler({}, context)

    return run


def test_a_denied_job_whose_event_never_came_is_stopped(sweep: Any, sagemaker: Any) -> None:
    sagemaker.create_training_job(TrainingJobName="job-1", **training_request(DENIED))
    report = sweep()
    assert (report["outcomes"], report["complete"], report["failures"]) == ({"stopped": 1}, True, {})
    assert status(sagemaker, "training", "job-1") in {"Stopping", "Stopped"}


def test_garbage_is_collected_again_once_the_handler_is_imported(entry: Callable[..., ModuleType]) -> None:
    gc.unfreeze()
    entry()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000


def test_a_sweep_without_policies_does_not_start(entry: Callable[..., ModuleType], tmp_path: Path) -> None:
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
