"""Evaluate the rules one by one: the fallback when the whole decision is late, fails or is undefined."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Protocol

from guard.decision import Decision, EachRule, Evaluation, Finding, RuleFailure, verdict
from guard.document import Document
from guard.errors import OpaUnavailable, PolicyError, policy_error

FIRST = "denied_image"
"""Evaluated before the other rules, because its denials are the most certain; also if the rules' ids are unknown."""

_LIST_SHARE = 0.1
_FIRST_SHARE = 0.5
# The most seconds for one rule, so that a slow one doesn't use up the time of all, and for the rest once the job is denied.
_LONGEST = 5.0
_AFTER_DENIAL = 2.0


class RuleEngine(Protocol):
    """Evaluates one rule at a time; each call ends within its seconds."""

    def rule_ids(self, seconds: float) -> tuple[str, ...]:
        """Return the ids of the rules that can have findings, or raise PolicyError."""
        ...

    def evaluate_rule(self, document: Document, rule_id: str, seconds: float) -> Evaluation:
        """Return the decision with this rule alone, or raise PolicyError."""
        ...


def evaluate_each(
    engine: RuleEngine, document: Document, seconds: float, clock: Callable[[], float] = time.monotonic
) -> EachRule:
    """Return the rules' merged decision and failures, each rule within its share of the time left; never raises PolicyError."""
    rules = _RuleByRule(engine, document, clock() + seconds, clock)
    rules.evaluate(FIRST, _FIRST_SHARE)
    if rules.failures and isinstance(rules.failures[0].error, OpaUnavailable):
        # The rule isn't to blame: OPA was lost, and the next call starts it or connects again.
        rules.failures.clear()
        rules.evaluate(FIRST, _FIRST_SHARE)
    others = [rule_id for rule_id in rules.rule_ids() if rule_id != FIRST]
    for evaluated, rule_id in enumerate(others):
        rules.evaluate(rule_id, 1 / (len(others) - evaluated))
    return EachRule(_merged(rules.answers), tuple(rules.failures))


class _RuleByRule:
    """The evaluations on one document until the deadline; an engine's failure on one rule doesn't affect the others."""

    def __init__(self, engine: RuleEngine, document: Document, deadline: float, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._document = document
        self._deadline = deadline
        self._clock = clock
        self.failures: list[RuleFailure] = []
        self.answers: list[Evaluation] = []

    def evaluate(self, rule_id: str, share: float) -> None:
        """Evaluate one rule within this share of the time left, and add its answer or failure."""
        remaining = self._deadline - self._clock()
        if remaining <= 0:
            error = PolicyError("no time was left to evaluate the rule", rule=rule_id)
            self.failures.append(RuleFailure(rule_id, error))
            return
        try:
            answer = self._engine.evaluate_rule(self._document, rule_id, min(remaining * share, _LONGEST))
        except Exception as exc:
            self.failures.append(RuleFailure(rule_id, policy_error(exc)))
            return
        self.answers.append(answer)
        if answer.decision.decision == "deny":
            self._deadline = min(self._deadline, self._clock() + _AFTER_DENIAL)

    def rule_ids(self) -> tuple[str, ...]:
        """Return the ids of the rules; if OPA can't list them, add a failure and return none."""
        try:
            return self._listed()
        except Exception as exc:
            self.failures.append(RuleFailure("*", policy_error(exc)))
            return ()

    def _listed(self) -> tuple[str, ...]:
        seconds = max(self._deadline - self._clock(), 0.001) * _LIST_SHARE
        try:
            return self._engine.rule_ids(seconds)
        except OpaUnavailable:
            return self._engine.rule_ids(seconds)


def _merged(answers: list[Evaluation]) -> Evaluation | None:
    """Merge the decisions of single rules, with the findings in the order of the whole decision."""
    if not answers:
        return None
    findings = sorted((finding for answer in answers for finding in answer.decision.findings), key=_order)
    decision = Decision(decision=verdict(findings), findings=tuple(findings))
    return Evaluation(decision, answers[0].revision, answers[0].opa_version)


def _order(finding: Finding) -> tuple[str, str, str]:
    return finding.rule_id, finding.message, json.dumps(finding.details, sort_keys=True)
