"""The settings that `evaluate` uses, and the file that an error names."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.cli.evaluate import Evaluator
from guard.errors import EvaluationFailed, GuardError, OpaStartError, SchemaMismatch
from guard.opa.engine import EmbeddedOpa
from guard.settings import ENVIRONMENT_LIMIT_BYTES

EVENT = Path(__file__).parents[2] / "events" / "training_starting.json"
LISTS = "GUARD_TRAINING_CONTAINERS"


def test_guard_opa_path_does_not_count_towards_the_size_of_the_environment(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tar.gz"
    bundle.touch()
    environment = {LISTS: "a" * (ENVIRONMENT_LIMIT_BYTES - len(LISTS)), "GUARD_OPA_PATH": "/somewhere/else/opa"}
    with Evaluator(bundle, opa=Path("opa"), environment=environment):
        pass


@pytest.mark.parametrize(
    ("error", "named"),
    [
        pytest.param(
            OpaStartError("OPA ended while it started", log="bundle read failed"), "bundle", id="broken bundle"
        ),
        pytest.param(SchemaMismatch("made for other documents"), "bundle", id="bundle for other documents"),
        pytest.param(OpaStartError("OPA can't be run", path="opa"), "opa", id="no OPA"),
        pytest.param(EvaluationFailed("a policy is broken"), "event", id="decision on the event"),
    ],
)
def test_an_error_names_the_file_that_caused_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: GuardError, named: str
) -> None:
    bundle = tmp_path / "bundle.tar.gz"
    bundle.touch()

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(EmbeddedOpa, "evaluate", fail)
    with Evaluator(bundle, opa=Path("opa"), environment={}) as evaluator, pytest.raises(GuardError) as raised:
        evaluator.evaluate(EVENT, None)
    assert raised.value.evidence["path"] == {"bundle": str(bundle), "event": str(EVENT), "opa": "opa"}[named]
