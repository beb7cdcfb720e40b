"""The built package works as documented in a local stand-in for Lambda."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.jobs import ALLOWED, DENIED, processing_request, started_event, status, training_request
from tests.support.lambda_runtime import LambdaFailed
from tools.local_sagemaker import CONTROL

NUMBERS = count(1)
SECRET = "correct-horse-battery-staple"


@pytest.fixture
def job(sagemaker: Any) -> Any:
    """Return a function that creates a job and returns its name and its start event."""

    def create(kind: str, image: str, **members: Any) -> tuple[str, dict[str, Any]]:
        name = f"Job-{next(NUMBERS)}"
        if kind == "training":
            sagemaker.create_training_job(TrainingJobName=name, **training_request(image, **members))
        else:
            sagemaker.create_processing_job(ProcessingJobName=name, **processing_request(image, **members))
        event = started_event(sagemaker, kind, name)
        CONTROL.reset()
        return name, event

    return create


def decisions(log: str) -> list[dict[str, Any]]:
    """Return the decision lines of the log."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line for line in lines if "outcome" in line]


@pytest.mark.parametrize("kind", ["training", "processing"])
def test_a_denied_job_is_stopped_and_an_allowed_one_keeps_running(
    start: Any, sagemaker: Any, job: Any, kind: str
) -> None:
    with start() as environment:
        denied, event = job(kind, DENIED)
        (result,) = environment.invoke(event)["results"]
        assert (result["decision"], result["rules"], result["outcome"]) == ("deny", ["denied_image"], "stopped")
        allowed, event = job(kind, ALLOWED)
        (result,) = environment.invoke(event)["results"]
        assert (result["decision"], result["outcome"]) == ("allow", "not_denied")
    assert [status(sagemaker, kind, name) for name in (denied, allowed)] == ["Stopping", "InProgress"]


def test_the_sweep_stops_a_job_whose_event_was_lost(start: Any, sagemaker: Any, job: Any) -> None:
    missed, _ = job("training", DENIED)
    with start(function="SweepFunction") as environment:
        first, second = (environment.invoke({"source": "aws.events"}) for _ in range(2))
        assert environment.log().count('"message":"sweep"') == 2
    assert (first["outcomes"]["stopped"], first["complete"], first["failures"]) == (1, True, {})
    assert (second["outcomes"].get("stopped"), second["skipped"]) == (None, None)
    assert status(sagemaker, "training", missed) in {"Stopping", "Stopped"}


def test_audit_mode_decides_and_stops_nothing(start: Any, sagemaker: Any, job: Any) -> None:
    name, event = job("training", DENIED)
    (result,) = start(Mode="audit").invoke(event)["results"]
    assert (result["decision"], result["outcome"], CONTROL.operations("Stop")) == ("deny", "audited", [])
    assert status(sagemaker, "training", name) == "InProgress"


def test_the_parameters_deny_images_for_their_own_kind_only(start: Any, job: Any) -> None:
    environment = start(ProcessingContainers=" other:1 , pytorch-training:2.4-cpu-py311 ")
    outcomes = [
        environment.invoke(job(kind, ALLOWED)[1])["results"][0]["outcome"] for kind in ("training", "processing")
    ]
    assert outcomes == ["not_denied", "stopped"]


def test_opa_answers_after_the_environment_was_frozen(start: Any, job: Any) -> None:
    environment = start()
    before = environment.pids
    outcomes = [environment.invoke(job("training", DENIED)[1])["results"][0]["outcome"] for _ in range(3)]
    assert (outcomes, environment.pids, len(before)) == (["stopped"] * 3, before, 2)


def test_a_sagemaker_error_fails_the_invocation_but_the_denied_job_is_stopped(
    start: Any, sagemaker: Any, job: Any
) -> None:
    environment = start()
    _, event = job("training", DENIED)
    CONTROL.fail("DescribeTrainingJob", "AccessDeniedException")
    with pytest.raises(LambdaFailed) as failed:
        environment.invoke(event)
    assert failed.value.body["errorType"] == "CollectError"
    assert CONTROL.operations("Stop") == ["StopTrainingJob"]
    (result,) = environment.invoke(event)["results"]
    assert (result["decision"], result["outcome"]) == ("deny", "already_finished")


def test_throttled_calls_are_retried(start: Any, job: Any) -> None:
    _, event = job("training", DENIED)
    CONTROL.fail("StopTrainingJob", "ThrottlingException", "Rate exceeded", times=2)
    assert start().invoke(event)["results"][0]["outcome"] == "stopped"
    assert CONTROL.operations("Stop") == ["StopTrainingJob"] * 3


def test_the_log_has_one_line_per_decision_and_no_values(start: Any, job: Any) -> None:
    environment = start()
    _, event = job("training", DENIED, HyperParameters={"token": SECRET}, Environment={"TOKEN": SECRET})
    environment.invoke(event)
    log = environment.log()
    assert [line["decision"] for line in decisions(log)] == ["deny"]
    assert SECRET not in log


def test_a_package_without_its_bundle_fails_the_start(start: Any) -> None:
    with pytest.raises(LambdaFailed) as failed:
        start(BundleInPackage="missing.tar.gz")
    assert failed.value.body["errorType"] == "OpaStartError"
    assert "missing.tar.gz" in failed.value.body["errorMessage"]


def test_an_invalid_setting_fails_the_start(start: Any) -> None:
    with pytest.raises(LambdaFailed) as failed:
        start({"GUARD_OPA_TIMEOUT_SECONDS": "soon"})
    assert failed.value.body["errorType"] == "ConfigError"
    assert "GUARD_OPA_TIMEOUT_SECONDS" in failed.value.body["errorMessage"]


def test_the_package_has_the_modules_that_deliver_a_notice_once(package: Path) -> None:
    """They are imported only to deliver a notice, which no other test of the package does."""
    program = "import lambda_entry.notices; from guard.notices.once import OnceInMemory as M, OnceInTable; "
    program += "import botocore.session as b; c = b.get_session().create_client('dynamodb', region_name='eu-west-1'); "
    program += "print(type(OnceInTable(c, 'state', M())).__name__)"
    only_the_package = {"PYTHONPATH": str(package)}
    ran = subprocess.run([sys.executable, "-S", "-c", program], env=only_the_package, capture_output=True, text=True)
    assert ran.stdout == "OnceInTable\n", ran.stderr
