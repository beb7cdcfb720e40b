"""The rules one by one: what is left to ask when the whole decision is late, fails or is undefined."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Protocol

from guard.decision import Decision, EachRule, Evaluation, Finding, RuleFailure, verdict
from guard.document import Document
from guard.errors import OpaUnavailable, PolicyError, policy_error

FIRST = "denied_image"
"""Asked before anything else, as nothing else is denied as surely; also when the rules' ids are unknown."""

_LIST_SHARE = 0.1
_FIRST_SHARE = 0.5
# What one rule may take, so that a slow one doesn't take the time of all, and what is left once the job is denied anyway.
_LONGEST = 5.0
_AFTER_DENIAL = 2.0


class RuleEngine(Protocol):
    """Decides with one rule at a time; each call ends within its seconds."""

    def rule_ids(self, seconds: float) -> tuple[str, ...]:
        """Return the ids of the rules that can have findings, or raise PolicyError."""
        ...

    def evaluate_rule(self, document: Document, rule_id: str, seconds: float) -> Evaluation:
        """Return the decision with this rule alone, or raise PolicyError."""
        ...


def evaluate_each(
    engine: RuleEngine, document: Document, seconds: float, clock: Callable[[], float] = time.monotonic
) -> EachRule:
    """Return what the rules answer within this time, each within its share of what remains; never raises PolicyError."""
    asking = _Asking(engine, document, clock() + seconds, clock)
    asking.ask(FIRST, _FIRST_SHARE)
    if asking.failures and isinstance(asking.failures[0].error, OpaUnavailable):
        # Nothing is said of the rule: OPA was gone, and there is another one now.
        asking.failures.clear()
        asking.ask(FIRST, _FIRST_SHARE)
    others = [rule_id for rule_id in asking.rule_ids() if rule_id != FIRST]
    for asked, rule_id in enumerate(others):
        asking.ask(rule_id, 1 / (len(others) - asked))
    return EachRule(_merged(asking.answers), tuple(asking.failures))


class _Asking:
    """What has been asked about one document until the deadline; a fault of the engine costs no other rule its answer."""

    def __init__(self, engine: RuleEngine, document: Document, deadline: float, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._document = document
        self._deadline = deadline
        self._clock = clock
        self.failures: list[RuleFailure] = []
        self.answers: list[Evaluation] = []

    def ask(self, rule_id: str, share: float) -> None:
        """Ask one rule, within this share of what remains."""
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
        """The rules that can be asked; none, and a failure, where nobody can say that."""
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
    """One decision of several rules' own, with findings in the order of the whole decision's."""
    if not answers:
        return None
    findings = sorted((finding for answer in answers for finding in answer.decision.findings), key=_order)
    decision = Decision(decision=verdict(findings), findings=tuple(findings))
    return Evaluation(decision, answers[0].revision, answers[0].opa_version)


def _order(finding: Finding) -> tuple[str, str, str]:
    return finding.rule_id, finding.message, json.dumps(finding.details, sort_keys=True)
