"""The rules one by one: what is left to ask when the whole decision is late, fails or is undefined."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Protocol

from guard.decision import Decision, EachRule, Evaluation, Finding, RuleFailure, verdict
from guard.document import Document
from guard.errors import PolicyError

FIRST = "denied_image"
"""Asked before anything else, as nothing else is denied as surely; also when the rules' ids are unknown."""

_LIST_SHARE = 0.1
_FIRST_SHARE = 0.5


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
    deadline = clock() + seconds
    failures: list[RuleFailure] = []
    answers: list[Evaluation] = []

    def ask(rule_id: str, share: float) -> None:
        remaining = deadline - clock()
        if remaining <= 0:
            failures.append(RuleFailure(rule_id, PolicyError("no time was left to evaluate the rule", rule=rule_id)))
            return
        try:
            answers.append(engine.evaluate_rule(document, rule_id, remaining * share))
        except PolicyError as exc:
            failures.append(RuleFailure(rule_id, exc))

    ask(FIRST, _FIRST_SHARE)
    try:
        others = [
            rule_id for rule_id in engine.rule_ids(max(deadline - clock(), 0.001) * _LIST_SHARE) if rule_id != FIRST
        ]
    except PolicyError as exc:
        failures.append(RuleFailure("*", exc))
        others = []
    for asked, rule_id in enumerate(others):
        ask(rule_id, 1 / (len(others) - asked))
    return EachRule(_merged(answers), tuple(failures))


def _merged(answers: list[Evaluation]) -> Evaluation | None:
    """One decision of several rules' own, with findings in the order of the whole decision's."""
    if not answers:
        return None
    findings = sorted((finding for answer in answers for finding in answer.decision.findings), key=_order)
    decision = Decision(decision=verdict(findings), findings=tuple(findings))
    return Evaluation(decision, answers[0].revision, answers[0].opa_version)


def _order(finding: Finding) -> tuple[str, str, str]:
    return finding.rule_id, finding.message, json.dumps(finding.details, sort_keys=True)
