"""Whether an exemption applies today, what it covers, and its scope as text."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from guard.cli.evaluate import Evaluated
from guard.cli.exemptions import Listed, count_covered, coverage, scope_text
from guard.decision import Decision, Evaluation
from tests.support.documents import document
from tests.unit.cli.test_fixtures import finding

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("exemption", "state", "days"),
    [
        pytest.param({"expires": "2026-11-24"}, "active", 1, id="until tomorrow"),
        pytest.param({"expires": "2026-11-23"}, "active", 0, id="on its last day"),
        pytest.param({"expires": "2026-11-22"}, "expired", -1, id="the day after"),
        pytest.param({"starts": "2026-11-23", "expires": "2026-12-01"}, "active", 8, id="on its first day"),
        pytest.param({"starts": "2026-11-24", "expires": "2026-12-01"}, "not yet", 8, id="the day before"),
        pytest.param({}, "expired", None, id="without an end"),
    ],
)
def test_an_exemption_is_active_from_its_first_day_to_its_last(exemption: Any, state: str, days: int | None) -> None:
    listed = Listed(exemption, (), TODAY)
    assert (listed.state, listed.days_left) == (state, days)


def test_an_exemption_without_id_has_a_placeholder() -> None:
    assert Listed({}, ("it has no id",), TODAY).id == "(without id)"


def test_covered_findings_are_counted_by_rule_and_jobs_are_listed_once() -> None:
    one, other = Listed({"id": "EX-1"}, (), TODAY), Listed({"id": "EX-2"}, (), TODAY)
    findings = (
        finding(exempted_by="EX-1"),
        finding(exempted_by="EX-1"),
        finding(rule_id="region", exempted_by="EX-1"),
        finding(rule_id="region", exempted_by=None),
    )
    evaluation = Evaluation(Decision(decision="allow", findings=findings), "r", "1")
    count_covered([one, other], [Evaluated(document(), evaluation)] * 2)
    assert (one.covered, len(one.jobs)) == ({"max_runtime": 4, "region": 2}, 1)
    assert one.jobs[0].startswith("training job ")
    assert (other.covered, other.jobs) == ({}, [])


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        pytest.param({"account": "1", "tag": "x"}, "account 1, tag x", id="several keys"),
        pytest.param({"account": ["1", "2"]}, "account 1 or 2", id="a list"),
        pytest.param("everywhere", '"everywhere"', id="not a mapping"),
        pytest.param(None, "null", id="none"),
    ],
)
def test_a_scope_is_shown_on_one_line(scope: Any, text: str) -> None:
    assert scope_text(scope) == text


def _evaluated(*undecided: str, exempted_by: str | None = None) -> Evaluated:
    findings = (finding(exempted_by=exempted_by),) if exempted_by else ()
    return Evaluated(document(), Evaluation(Decision(decision="allow", findings=findings), "r", "1"), undecided)


@pytest.mark.parametrize(
    ("rules", "undecided"),
    [
        pytest.param(["tags"], {"tags": 1}, id="one"),
        pytest.param(["tags", "region"], {"tags": 1}, id="one of two"),
        pytest.param(["*"], {"tags": 1, "volume": 1}, id="all"),
        pytest.param(["region"], {}, id="another"),
        pytest.param(["tag"], {}, id="part of a name"),
    ],
)
def test_documents_that_hide_fields_of_its_rules_are_counted(rules: list[str], undecided: dict[str, int]) -> None:
    listed = Listed({"id": "EX-1", "rules": rules}, (), TODAY)
    count_covered([listed], [_evaluated("tags", "volume"), _evaluated()])
    assert (listed.undecided, listed.undecided_documents) == (undecided, int(bool(undecided)))
    assert listed.as_json()["undecided"] == undecided


def test_documents_are_not_counted_for_a_refused_exemption() -> None:
    listed = Listed({"id": "EX-1", "rules": "*"}, ("rules must be a list of rule ids",), TODAY)
    count_covered([listed], [_evaluated("tags")])
    assert listed.undecided == {}


JOB = f"  training job {document().job.name}"
HIDDEN, OPEN, USED = _evaluated("tags", "volume"), _evaluated(), _evaluated(exempted_by="EX-1")


@pytest.mark.parametrize(
    ("results", "rules", "expected"),
    [
        pytest.param([OPEN], ["tags"], ["covers nothing in the document"], id="one, open"),
        pytest.param([OPEN, OPEN], ["tags"], ["covers nothing in 2 documents"], id="two, open"),
        pytest.param(
            [HIDDEN],
            ["tags"],
            ["not decided in the document, which hides fields that tags reads: it may be in use there"],
            id="one, hidden",
        ),
        pytest.param(
            [HIDDEN, OPEN, OPEN],
            ["*"],
            [
                "covers nothing in 2 of 3 documents",
                "not decided in 1 of 3 documents, which hides fields that tags, volume read: it may be in use there",
            ],
            id="one of three hidden",
        ),
        pytest.param(
            [HIDDEN, HIDDEN, USED],
            ["*"],
            [
                "covers max_runtime (1) in 1 of 3 documents",
                JOB,
                "not decided in 2 of 3 documents, which hide fields that tags, volume read: it may be in use there",
            ],
            id="used, and two hidden",
        ),
        pytest.param([HIDDEN, USED], ["max_runtime"], ["covers max_runtime (1) in 1 of 2 documents", JOB], id="other"),
    ],
)
def test_the_lines_show_what_is_covered_and_what_is_undecided(
    results: list[Evaluated], rules: list[str], expected: list[str]
) -> None:
    listed = Listed({"id": "EX-1", "rules": rules}, (), TODAY)
    assert coverage(listed, count_covered([listed], results)) == expected
