"""A walk over lists of one job kind in several categories, and over an unsorted list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from guard.jobs import CUSTOMIZATION, TRAINING_SESSION
from guard.sweep.position import Position
from guard.sweep.run import MARGIN_SECONDS
from tests.support.lists import (
    BEGUN,
    PAGE,
    Lists,
    page,
    seconds,
    walk,
)
from tests.support.sweeps import Clock

CATEGORIES = tuple(more["JobCategory"] for more in CUSTOMIZATION.listing.each)
FIRST, *_, LAST = CATEGORIES


class Categories(Lists):
    """Customization jobs: `jobs` of the first category, and twenty of the last, created so many seconds after those."""

    def __init__(self, clock: Clock, seconds: float, jobs: int, later: int) -> None:
        super().__init__(clock, seconds, jobs)
        self.later = later

    def _asked(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        category = parameters.get("JobCategory")
        if operation != "ListJobs" or category not in {FIRST, LAST}:
            return {}
        created = seconds(self.jobs) if category == FIRST else seconds(20, BEGUN + timedelta(seconds=self.later))
        return page(CUSTOMIZATION, created, parameters)


class Sessions(Lists):
    """Training sessions, `jobs` of them running, which come the newest first."""

    def _asked(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation != "ListTrainingSessions" or parameters["StatusEquals"] != "Running":
            return {}
        return page(TRAINING_SESSION, seconds(self.jobs)[::-1], parameters)


@pytest.mark.parametrize("later", [-1000, 100, 5000], ids=["older", "among them", "newer"])
def test_a_category_behind_a_large_one_is_listed_by_the_first_sweep(later: int) -> None:
    slow = walk(Categories(Clock(), seconds=10, jobs=20 * PAGE, later=later))
    found = [job.arn.split("/")[-2] for job in slow.jobs()]
    assert (found.count(FIRST), found.count(LAST)) == (6 * PAGE, 20)
    assert list(slow.next_position(killed=False).cut) == [f"customization/InProgress/{FIRST}"]


def test_each_category_goes_on_from_its_own_time() -> None:
    lists, position, seen = Categories(Clock(), seconds=10, jobs=20 * PAGE, later=-1000), Position(), set[str]()
    for _ in range(4):
        slow = walk(lists, position)
        seen |= {job.arn for job in slow.jobs()}
        position = slow.next_position(killed=False)
    assert len(seen) == 20 * PAGE + 20


def test_the_time_that_an_earlier_version_kept_for_all_categories_is_that_of_each() -> None:
    at, own = BEGUN + timedelta(hours=1), BEGUN + timedelta(hours=2)
    kept = {"customization/InProgress": at.isoformat(), f"customization/InProgress/{LAST}": own.isoformat()}
    late = walk(Lists(Clock()), Position(cut=kept), seconds=MARGIN_SECONDS)
    assert list(late.jobs()) == []
    times = [at] * (len(CATEGORIES) - 1) + [own]
    assert late.next_position(killed=False).cut == {
        f"customization/InProgress/{category}": (time - timedelta(seconds=1)).isoformat()
        for category, time in zip(CATEGORIES, times, strict=True)
    }


def test_an_unsorted_list_is_listed_completely() -> None:
    """Otherwise each sweep would list the same pages: without sorting, there is no time to continue from."""
    slow = walk(Sessions(Clock(), seconds=10, jobs=20 * PAGE))
    assert len({job.arn for job in slow.jobs()}) == 20 * PAGE
    assert (slow.complete, slow.failures) == (True, [])


def test_an_unsorted_list_ends_with_the_time_of_the_sweep() -> None:
    lists = Sessions(Clock(), seconds=10, jobs=20 * PAGE)
    late = walk(lists, seconds=MARGIN_SECONDS + 95)
    assert list(late.jobs()) == []
    assert (lists.clock.now, late.complete, late.failures) == (Clock().now + timedelta(seconds=100), False, [])


def test_after_a_sweep_that_ended_in_an_unsorted_list_the_next_one_continues_there() -> None:
    """Even if none of them is settled, the later ones don't wait for them."""
    lists, position, seen = Sessions(Clock(), seconds=1, jobs=4 * PAGE), Position(), set[str]()
    for _ in range(2):
        cut_off = walk(lists, position)
        seen |= {job.arn for job in islice(cut_off.jobs(), 3 * PAGE)}
        position = cut_off.next_position(killed=False)
    assert len(seen) == 4 * PAGE


def test_a_job_that_kills_a_sweep_comes_last_in_unsorted_lists_too() -> None:
    lists = Sessions(Clock(), seconds=1, jobs=PAGE)
    killed = walk(lists)
    reached = list(islice(killed.jobs(), 40))[-1]
    again = [job.arn for job in walk(lists, killed.next_position(killed=True)).jobs()]
    assert len(again) == PAGE
    assert again.index(reached.arn) >= PAGE - 3
