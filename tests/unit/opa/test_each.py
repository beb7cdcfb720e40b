"""Evaluating the rules one by one: their order, the time of each, and the failures of rules for which no time was left."""

from __future__ import annotations

import json

import pytest

from guard.decision import Decision, Evaluation
from guard.document import Document
from guard.errors import EvaluationFailed, OpaTimeout, OpaUnavailable
from guard.opa.each import evaluate_each
from tests.support.documents import document
from tests.support.records import FINDING

ALLOW = Evaluation(Decision(decision="allow", findings=()), "r1", "1.22.2")


class Engine:
    """Rules that take the given seconds, but no longer than their limit; `given` lists the limit of each call."""

    def __init__(self, **seconds: float) -> None:
        self.seconds = seconds
        self.now = 100.0
        self.given: list[tuple[str, float]] = []

    def clock(self) -> float:
        return self.now

    def rule_ids(self, seconds: float) -> tuple[str, ...]:
        self.given.append(("*", seconds))
        return tuple(self.seconds)

    def evaluate_rule(self, document: Document, rule_id: str, seconds: float) -> Evaluation:
        self.given.append((rule_id, seconds))
        needed = self.seconds[rule_id]
        self.now += min(needed, seconds)
        if needed > seconds:
            raise OpaTimeout("OPA did not answer in time")
        return ALLOW


def test_each_rule_has_its_share_of_what_remains() -> None:
    engine = Engine(denied_image=2, first=1, second=0, third=0)
    each = evaluate_each(engine, document(), 8, engine.clock)
    expected = {"denied_image": 4, "*": 0.6, "first": 2, "second": 2.5, "third": 5}
    assert [rule for rule, _ in engine.given] == list(expected)
    assert dict(engine.given) == pytest.approx(expected)
    assert (each.evaluation, each.failures) == (ALLOW, ())


def test_a_rule_for_which_no_time_is_left_has_failed() -> None:
    engine = Engine(denied_image=0, slow=99, late=0)
    ids = engine.rule_ids

    def slowly(seconds: float) -> tuple[str, ...]:
        engine.now += 8
        return ids(seconds)

    engine.rule_ids = slowly  # type: ignore[method-assign]
    each = evaluate_each(engine, document(), 8, engine.clock)
    assert [(failure.rule_id, failure.error.message, failure.error.evidence) for failure in each.failures] == [
        ("slow", "no time was left to evaluate the rule", {"rule": "slow"}),
        ("late", "no time was left to evaluate the rule", {"rule": "late"}),
    ]
    assert each.evaluation == ALLOW


def test_a_rule_is_evaluated_with_less_than_a_second_left() -> None:
    engine = Engine(denied_image=0, other=0)
    each = evaluate_each(engine, document(), 0.5, engine.clock)
    assert (each.failures, engine.given[-1]) == ((), ("other", 0.5))


def test_without_the_list_of_rules_only_the_deny_list_is_evaluated() -> None:
    engine = Engine(denied_image=9)

    def fail(seconds: float) -> tuple[str, ...]:
        engine.given.append(("*", seconds))
        raise EvaluationFailed("no list")

    engine.rule_ids = fail  # type: ignore[method-assign]
    each = evaluate_each(engine, document(), 8, engine.clock)
    assert ([failure.rule_id for failure in each.failures], each.evaluation) == (["denied_image", "*"], None)


def test_the_list_of_rules_is_requested_even_without_time_left() -> None:
    engine = Engine(denied_image=8)
    evaluate_each(engine, document(), 16, engine.clock)
    evaluate_each(engine, document(), 0.0, engine.clock)
    assert engine.given[-1] == ("*", pytest.approx(0.0001))


def test_a_rule_has_five_seconds_at_most() -> None:
    engine = Engine(denied_image=99, first=99, second=0)
    each = evaluate_each(engine, document(), 60, engine.clock)
    assert [seconds for rule, seconds in engine.given if rule != "*"] == [5.0, 5.0, 5.0]
    assert [failure.rule_id for failure in each.failures] == ["denied_image", "first"]


def test_once_a_job_is_denied_the_others_have_two_seconds() -> None:
    deny = Evaluation(Decision(decision="deny", findings=(FINDING,)), "r1", "1.22.2")
    engine = Engine(denied_image=1, slow=99, last=0)
    ask = engine.evaluate_rule
    engine.evaluate_rule = lambda *asked: ask(*asked) and deny  # type: ignore[method-assign]
    evaluate_each(engine, document(), 60, engine.clock)
    assert engine.now - 100 <= 1 + 2


class Dying(Engine):
    """Loses OPA at a call for each id in `lost` (`*`: the list of rules); OPA is back at the next call."""

    def __init__(self, *lost: str, **seconds: float) -> None:
        super().__init__(**seconds)
        self._lost = [*lost]

    def rule_ids(self, seconds: float) -> tuple[str, ...]:
        self._lose("*")
        return super().rule_ids(seconds)

    def evaluate_rule(self, document: Document, rule_id: str, seconds: float) -> Evaluation:
        self._lose(rule_id)
        return super().evaluate_rule(document, rule_id, seconds)

    def _lose(self, what: str) -> None:
        if what in self._lost:
            self._lost.remove(what)
            raise OpaUnavailable("OPA can't be reached")


@pytest.mark.parametrize(
    ("lost", "failed"),
    [
        pytest.param(["denied_image"], [], id="at the deny list"),
        pytest.param(["*"], [], id="at the list of rules"),
        pytest.param(["denied_image"] * 2, ["denied_image"], id="twice at the deny list"),
        pytest.param(["*"] * 2, ["*"], id="twice at the list of rules"),
        pytest.param(["other"], ["other"], id="at another rule"),
    ],
)
def test_the_deny_list_and_the_list_of_rules_are_retried_when_opa_is_lost(lost: list[str], failed: list[str]) -> None:
    engine = Dying(*lost, denied_image=0, other=0)
    each = evaluate_each(engine, document(), 8, engine.clock)
    assert [failure.rule_id for failure in each.failures] == failed


def test_an_unexpected_error_fails_only_the_rule_that_it_occurs_in() -> None:
    engine = Engine(denied_image=0, broken=0, last=0)
    ask = engine.evaluate_rule

    def broken(subject: Document, rule_id: str, seconds: float) -> Evaluation:
        return ask(subject, rule_id, seconds) if rule_id != "broken" else int("x")  # type: ignore[return-value]

    engine.evaluate_rule = broken  # type: ignore[method-assign]
    (failure,) = evaluate_each(engine, document(), 8, engine.clock).failures
    assert (failure.rule_id, failure.error.message) == ("broken", "a fault of the engine")
    assert failure.error.evidence["error"].startswith("ValueError: ")
    assert isinstance(failure.error.__cause__, ValueError)


def test_findings_are_in_the_order_of_the_whole_decisions() -> None:
    findings = [
        FINDING.model_copy(update={"details": details}) for details in ({"b": 1, "a": 2}, {"a": 1, "b": 2}, {"a": 1})
    ]
    engine = Engine(denied_image=0)
    engine.evaluate_rule = lambda *_: Evaluation(  # type: ignore[method-assign]
        Decision(decision="deny", findings=tuple(findings)), "r1", "1.22.2"
    )
    each = evaluate_each(engine, document(), 8, engine.clock)
    assert each.evaluation is not None
    found = [json.dumps(finding.details, sort_keys=True) for finding in each.evaluation.decision.findings]
    assert found == ['{"a": 1, "b": 2}', '{"a": 1}', '{"a": 2, "b": 1}']
