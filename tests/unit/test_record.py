"""The times and verdict of a record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from guard.decision import Decision, Evaluation, RuleFailure
from guard.errors import OpaTimeout, StopError
from guard.record import Outcome, Record, WithheldBy
from tests.support.events import HOME

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
RECORD = Record("decision-1", "event-1", HOME, "enforce", START)


@pytest.mark.parametrize(
    ("decided", "finished", "milliseconds"),
    [
        pytest.param(None, None, 0.0, id="only started"),
        pytest.param(25, None, 25.0, id="decided"),
        pytest.param(25, 1500, 1500.0, id="finished"),
        pytest.param(None, 40, 40.0, id="finished without a decision"),
    ],
)
def test_milliseconds_count_from_the_start_to_the_latest_time(decided, finished, milliseconds) -> None:
    def at(offset: int | None) -> datetime | None:
        return None if offset is None else START + timedelta(milliseconds=offset)

    assert replace(RECORD, decided_at=at(decided), finished_at=at(finished)).milliseconds == milliseconds


def test_the_words_of_a_record_are_what_readers_of_the_log_look_for() -> None:
    assert {str(outcome) for outcome in Outcome} == {
        "stopped",
        "already_finished",
        "gone",
        "not_denied",
        "audited",
        "withheld",
        "ignored",
        "stop_failed",
        "failed",
    }
    assert get_args(WithheldBy) == ("switch", "breaker", "rule")


@pytest.mark.parametrize(
    ("verdict", "failed", "decision"),
    [
        pytest.param(None, (), None, id="none"),
        pytest.param("allow", (), "allow", id="allow"),
        pytest.param("deny", ("slow",), "deny", id="deny, a rule failed"),
        pytest.param("warn", ("slow",), None, id="warn, a rule failed"),
    ],
)
def test_only_a_deny_holds_without_the_rules_that_failed(verdict, failed, decision) -> None:
    evaluation = Evaluation(Decision(decision=verdict, findings=()), "r1", "1.22.2") if verdict else None
    failures = tuple(RuleFailure(rule, OpaTimeout("late")) for rule in failed)
    assert replace(RECORD, evaluation=evaluation, rule_failures=failures).decision == decision


@pytest.mark.parametrize(
    ("changes", "degraded"),
    [
        pytest.param({}, False, id="decided"),
        pytest.param({"failures": (StopError("no"),)}, False, id="decided, not stopped"),
        pytest.param({"failures": (OpaTimeout("late"),)}, True, id="late, every rule answered by itself"),
        pytest.param({"rule_failures": (RuleFailure("slow", OpaTimeout("late")),)}, True, id="a rule failed"),
    ],
)
def test_a_decision_is_degraded_when_the_whole_one_failed(changes, degraded) -> None:
    assert replace(RECORD, **changes).degraded is degraded
