"""No rule disables another: broken, slow and undefined rules together with a denied image, in a real OPA."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from guard.errors import DecisionMissing, EvaluationFailed, OpaStartError, OpaTimeout, PolicyError
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from guard.record import Outcome
from tests.support.documents import document
from tests.support.jobs import ALLOWED, DENIED, HOME, started_event, training_request
from tests.support.policies import CONFIG, POLICIES, few_policies

HEAD = 'package guard.rules.{name}\n\nremediation := "none"\n\n'
FAILING = HEAD + 'findings contains {{"message": "x"}} if to_number(input.job.name) > 1\n'
CONFLICTING = HEAD + 'findings := {{"a"}} if input.job.name\n\nfindings := {{"b"}} if input.job.arn\n'
# Some 10^9 combinations: minutes of work, of which the first second is enough.
SLOW = (
    HEAD
    + 'findings contains {{"message": "x"}} if {{\n'
    + "\tsome a in numbers.range(1, 1000)\n\tsome b in numbers.range(1, 1000)\n\tsome c in numbers.range(1, 1000)\n"
    + "\ta + b + c < 0\n}}\n"
)


@pytest.fixture
def engine_of(opa: Path, tmp_path: Path) -> Iterator[Callable[..., EmbeddedOpa]]:
    """Make an engine on a folder of two shipped policies with these rules beside them, unchecked as they are."""
    with ExitStack() as running:

        def make(timeout: float = 10, level: str = "warn", **rules: str) -> EmbeddedOpa:
            few_policies(tmp_path, opa, ("denied_image", "max_runtime"))
            config = yaml.safe_load((tmp_path / CONFIG).read_text())
            for name, source in rules.items():
                folder = tmp_path / POLICIES / "guard" / "rules" / name
                folder.mkdir()
                (folder / f"{name}.rego").write_text(source.format(name=name))
                config["rules"][name] = {"level": level}
            (tmp_path / CONFIG).write_text(yaml.safe_dump(config))
            policies = tmp_path / POLICIES
            return running.enter_context(
                EmbeddedOpa(lambda: OpaProcess(opa, policies), timeout=timeout, start_timeout=20)
            )

        yield make


@pytest.fixture
def start(sagemaker) -> Any:
    """Create a training job and return the event of its start."""

    def create(image: str) -> dict[str, Any]:
        sagemaker.create_training_job(TrainingJobName="job-1", **training_request(image))
        return started_event(sagemaker, "training", "job-1")

    return create


@pytest.mark.parametrize("level", ["warn", "deny"])
@pytest.mark.parametrize(
    "source", [pytest.param(FAILING, id="failing built-in"), pytest.param(CONFLICTING, id="conflicting values")]
)
def test_a_failing_rule_does_not_keep_a_denied_job_alive(guard, engine_of, start, log, source, level) -> None:
    engine = engine_of(level=level, broken=source)
    with pytest.raises(EvaluationFailed):
        guard(engine=engine).handle(start(DENIED), HOME)
    (record,) = log.records
    assert (record.decision, record.rule_ids, record.outcome) == ("deny", ("denied_image",), Outcome.STOPPED)
    assert [(failure.rule_id, type(failure.error)) for failure in record.rule_failures] == [
        ("broken", EvaluationFailed)
    ]


def test_a_failing_rule_beside_a_good_job_is_an_error_and_not_an_allow(guard, engine_of, start, control, log) -> None:
    engine = engine_of(broken=FAILING)
    with pytest.raises(EvaluationFailed):
        guard(engine=engine).handle(start(ALLOWED), HOME)
    (record,) = log.records
    assert (record.decision, record.outcome, control.operations("Stop")) == (None, Outcome.FAILED, [])


def test_a_slow_rule_does_not_keep_a_denied_job_alive(guard, engine_of, start, log) -> None:
    engine = engine_of(timeout=0.5, slow=SLOW)
    with pytest.raises(OpaTimeout):
        guard(engine=engine, fallback_seconds=2).handle(start(DENIED), HOME)
    (record,) = log.records
    assert (record.rule_ids, record.outcome) == (("denied_image",), Outcome.STOPPED)
    assert [failure.rule_id for failure in record.rule_failures] == ["slow"]


def test_every_rule_but_the_failing_one_is_evaluated(engine_of) -> None:
    engine = engine_of(broken=FAILING, broken_too=CONFLICTING)
    each = engine.evaluate_each(document(tag="1.10-cpu-py38"), 20)
    assert sorted(failure.rule_id for failure in each.failures) == ["broken", "broken_too"]
    assert each.evaluation is not None
    assert each.evaluation.decision.decision == "deny"


def test_rules_one_by_one_decide_as_the_whole_does(shipped_engine) -> None:
    subject = document(
        tag="1.10-cpu-py38", environment=[{"slot": "Environment", "name": "DB_PASSWORD", "value": "hunter2hunter2"}]
    )
    each = shipped_engine.evaluate_each(subject, 20)
    assert (each.evaluation, each.failures) == (shipped_engine.evaluate(subject), ())


def test_a_bundle_that_decides_nothing_leaves_every_rule_failed(opa: Path, tmp_path: Path) -> None:
    (tmp_path / "other.rego").write_text("package other\n")
    with EmbeddedOpa(lambda: OpaProcess(opa, tmp_path), timeout=5, start_timeout=20) as engine:
        each = engine.evaluate_each(document(), 5)
    assert each.evaluation is None
    assert all(isinstance(failure.error, PolicyError) for failure in each.failures)
    assert {"denied_image"} <= {failure.rule_id for failure in each.failures}


def test_an_opa_that_is_killed_meanwhile_is_restarted(opa: Path, bundle: Path) -> None:
    with EmbeddedOpa(lambda: OpaProcess(opa, bundle), timeout=10, start_timeout=20) as engine:
        engine.wait_until_ready()
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        each = engine.evaluate_each(document(tag="1.10-cpu-py38"), 20)
    assert each.failures == ()
    assert each.evaluation is not None
    assert each.evaluation.decision.rule_ids == ("denied_image",)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_an_opa_that_is_lost_at_both_attempts_keeps_no_denied_job_alive(
    guard, opa: Path, bundle: Path, start, log, how: signal.Signals
) -> None:
    """As with a rule whose memory grows with the document: a third OPA must evaluate the deny list."""
    lost: list[int] = []

    class Losing(EmbeddedOpa):
        def _launched(self, process: OpaProcess) -> Any:
            running = super()._launched(process)
            if len(lost) < 2:
                lost.append(process.pid)
                os.kill(process.pid, how)
            return running

    with Losing(lambda: OpaProcess(opa, bundle), timeout=1, start_timeout=20) as engine, pytest.raises(PolicyError):
        guard(engine=engine).handle(start(DENIED), HOME)
    (record,) = log.records
    assert (len(lost), record.rule_ids, record.outcome, record.rule_failures) == (
        2,
        ("denied_image",),
        Outcome.STOPPED,
        (),
    )


def test_a_log_that_is_full_keeps_no_lost_opa_from_being_restarted(opa: Path, bundle: Path) -> None:
    def fail(_: PolicyError) -> None:
        raise OSError(28, "No space left on device")

    start_one = lambda: OpaProcess(opa, bundle)  # noqa: E731
    with EmbeddedOpa(start_one, timeout=10, start_timeout=20, on_restart=fail) as engine:
        engine.wait_until_ready()
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        assert engine.evaluate(document(tag="1.10-cpu-py38")).decision.decision == "deny"


def test_an_opa_that_cannot_be_started_fails_every_rule_within_the_time(bundle: Path) -> None:
    with EmbeddedOpa(lambda: OpaProcess(Path("/nowhere/opa"), bundle), timeout=1, start_timeout=1) as engine:
        each = engine.evaluate_each(document(), 2)
    assert each.evaluation is None
    assert {type(failure.error) for failure in each.failures} == {OpaStartError}


def test_a_document_outside_the_contract_stays_undefined(shipped_engine) -> None:
    subject = document()
    outside = subject.model_copy(update={"schema_version": 2})
    each = shipped_engine.evaluate_each(outside, 10)
    assert each.evaluation is None
    assert {type(failure.error) for failure in each.failures} == {DecisionMissing}
