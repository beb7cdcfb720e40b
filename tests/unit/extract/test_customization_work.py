"""A document of CreateJob uses limited memory, and values that are left out are counted."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from guard.document import DenyList, Document, Source
from guard.extract import extract
from guard.extract.bounds import ENTRIES
from guard.extract.customization import LEAVES, PATH
from guard.extract.facts import Facts
from guard.jobs import BY_KIND
from guard.normalize import normalize
from guard.refs import Collected, JobRef, job_arn
from tests.support.jobs import HOME

KIND = BY_KIND["customization"]
MOST = 262_144
"""The characters that the API takes."""
WIDE = "\N{PILE OF POO}"
SECRET = "arn:aws:iam::999999999999:role/Reward"


def facts(raw: str) -> Facts:
    return extract(KIND.id, {"JobConfigDocument": raw}, "job-1", {})


def document(raw: str) -> Document:
    source = Source(type="sweep", id="e", time=datetime(2026, 11, 23, tzinfo=UTC))
    ref = JobRef(KIND, "job-1", job_arn("job-1", KIND, HOME, ("AgentRFT",)), HOME, source, None, {})
    return normalize(ref, Collected({"JobConfigDocument": raw}, None, {}), DenyList(images={}, patterns=()))


def below(name: str, depth: int, inner: str) -> str:
    """The JSON of a value so many objects deep, each with this one name."""
    return f'{{"{name}":' * depth + inner + "}" * depth


def ones(number: int) -> str:
    return f"[{','.join(['1'] * number)}]"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(below("k" * 1040, 248, ones(LEAVES)), id="many values below a long path"),
        pytest.param(below(WIDE + "k" * 1040, 248, ones(LEAVES)), id="the same in wide characters"),
        pytest.param(below(WIDE + "k" * 130_000, 1, ones(60_000)), id="more values than are shown, below a long name"),
        pytest.param(below(WIDE + "k" * 130_000, 1, f"[{','.join(['[]'] * 40_000)}]"), id="lists without values"),
        pytest.param(
            below(WIDE + "k" * 990, 1, ones(130_000)), id="more values than are shown, below a path that fits"
        ),
        pytest.param(below(WIDE, 900, ones(120_000)), id="deep and wide"),
    ],
)
def test_memory_is_bounded(raw: str) -> None:
    """Without the limit, each value had its whole path: a gigabyte in total."""
    assert len(raw) <= MOST
    tracemalloc.start()
    try:
        facts(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16e6


def nested(length: int, value: Any) -> str:
    """A document whose only value has a path of this length."""
    name = "k" * (length - len("JobConfigDocument."))
    return json.dumps({name: value})


class TestAPathThatIsTooLong:
    """A setting is never shown with a cut path: the value is left out and counted, which `omitted_facts` denies."""

    def test_is_left_out_and_counted(self) -> None:
        fits, too_long = (document(nested(length, "v")) for length in (PATH, PATH + 1))
        assert ([len(one.slot) for one in fits.hyperparameters], fits.settings_omitted) == ([PATH], None)
        assert (too_long.hyperparameters, too_long.settings_omitted) == ((), 1)

    def test_hides_neither_a_role_nor_a_location(self) -> None:
        found = document(nested(PATH + 1, [SECRET, "s3://data/x"]))
        assert (found.job.role_arns, [one.bucket for one in found.storage.inputs]) == ((SECRET,), ["data"])
        assert [len(one.name) for one in found.storage.inputs] == [PATH]
        assert found.settings_omitted == 2

    def test_leaves_its_neighbours(self) -> None:
        found = document(json.dumps({"k" * PATH: {"deeper": 1}, "Epochs": 3, "List": [{"k" * PATH: 1}, 4]}))
        assert [(one.slot, one.value) for one in found.hyperparameters] == [
            ("JobConfigDocument.Epochs", "3"),
            ("JobConfigDocument.List[1]", "4"),
        ]
        assert found.settings_omitted == 2

    def test_counts_besides_what_has_no_room(self) -> None:
        found = document(json.dumps({"k" * PATH: 1, "text": WIDE * 120_000}))
        assert (found.hyperparameters, found.settings_omitted) == ((), 2)


@pytest.mark.parametrize(
    ("length", "shown", "omitted"),
    [
        pytest.param(2048, 1, None, id="as long as IAM takes them"),
        pytest.param(2049, 0, 1, id="longer"),
        pytest.param(250_000, 0, 1, id="as long as the document takes them"),
    ],
)
def test_a_role_that_is_too_long_is_left_out_and_counted(length: int, shown: int, omitted: int | None) -> None:
    role = SECRET + "x" * (length - len(SECRET))
    found = document(json.dumps({"Role": role}))
    assert (len(found.job.role_arns), found.entries_omitted) == (shown, omitted)
    assert found.job.role_arns_omitted is None


@pytest.mark.parametrize(("count", "omitted"), [(ENTRIES, None), (ENTRIES + 5, 5)], ids=["all", "too many"])
def test_omitted_roles_are_counted_separately(count: int, omitted: int | None) -> None:
    """An exemption by role must not apply to a job some of whose roles aren't shown."""
    found = document(json.dumps({"Roles": [f"{SECRET}{number}" for number in range(count)]}))
    assert (len(found.job.role_arns), found.job.role_arns_omitted) == (ENTRIES, omitted)
    assert found.entries_omitted == omitted
