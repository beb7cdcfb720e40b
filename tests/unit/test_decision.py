"""The verdict on findings."""

from __future__ import annotations

import pytest

from guard.decision import verdict
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
def test_the_gravest_finding_that_counts_is_the_verdict(findings, expected) -> None:
    assert verdict(findings) == expected
