"""The verdict on findings."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from guard.decision import Decision, verdict
from tests.support.records import FINDING

DENY = FINDING
WARN = FINDING.model_copy(update={"level": "warn"})
EXEMPTED = FINDING.model_copy(update={"exempted_by": "EX-1"})


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param([], "allow", id="none"),
        pytest.param([WARN], "warn", id="warn"),
        pytest.param([WARN, DENY], "deny", id="the gravest"),
        pytest.param([EXEMPTED, WARN], "warn", id="beside an exempted one"),
        pytest.param([EXEMPTED], "allow", id="an exempted one alone"),
    ],
)
def test_the_most_severe_finding_that_counts_is_the_verdict(findings, expected) -> None:
    assert verdict(findings) == expected


def test_a_decision_is_one_of_three_words_and_stays_as_it_is() -> None:
    decisions = [Decision(decision=word, findings=()) for word in ("allow", "warn", "deny")]
    with pytest.raises(ValidationError, match="decision"):
        Decision(decision="maybe", findings=())  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="frozen"):
        decisions[2].decision = "allow"  # type: ignore[misc]
