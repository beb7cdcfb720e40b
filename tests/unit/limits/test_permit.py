"""The switch before the breaker."""

from __future__ import annotations

from guard.errors import StateError
from guard.limits.permit import Permit, SwitchedLimits
from guard.record import Record
from tests.support.records import denied


class Counting:
    """A breaker that is open, has a warning, and records its calls."""

    def __init__(self) -> None:
        self.warning = StateError("no table")
        self.told: list[Record | str] = []

    def judged(self, job_arn: str) -> None:
        self.told.append(job_arn)

    def permit(self, record: Record) -> Permit:
        self.told.append(record)
        return Permit("breaker", "open", (self.warning,))


def test_the_breaker_counts_each_decision() -> None:
    breaker = Counting()
    SwitchedLimits(Permit, breaker).judged("job-1")
    assert breaker.told == ["job-1"]


def test_the_breaker_is_not_used_if_the_switch_is_off() -> None:
    breaker, off = Counting(), Permit("switch", "off")
    assert SwitchedLimits(lambda: off, breaker).permit(denied()).withheld_by == "switch"
    assert breaker.told == []


def test_the_breaker_decides_if_the_switch_is_on_and_both_may_warn() -> None:
    breaker, warning = Counting(), StateError("no parameter")
    permit = SwitchedLimits(lambda: Permit(warnings=(warning,)), breaker).permit(denied())
    assert (permit.withheld_by, set(permit.warnings)) == ("breaker", {warning, breaker.warning})


def test_a_stop_that_can_not_be_counted_is_made_all_the_same() -> None:
    def fail() -> None:
        raise RuntimeError("the table's client has a defect")

    given_back: list[str] = []
    permit = Permit("breaker", "open", count=fail, give_back=lambda: given_back.append("a stop"))
    overruled = permit.overruled("because")
    overruled.give_back()
    assert (overruled.withheld_by, given_back) == (None, [])
