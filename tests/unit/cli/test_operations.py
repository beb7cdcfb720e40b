"""What `sagemaker-guard status` and `redrive` print."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from guard.cli.operations import SHORT, print_letters, print_letters_json, print_status, print_status_json
from guard.errors import StateError
from guard.operations.letters import Letter
from guard.operations.redrive import Count, Redriven
from guard.operations.status import Part

EVENT = {"detail-type": "Change", "detail": {"TrainingJobName": "churn"}}
SENT = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)


def _row(result: str = "stopped", *, done: bool = True, **changes: Any) -> Redriven:
    fields: dict[str, Any] = {"shape": "undelivered event", "event": EVENT, "sent_at": SENT, "error": "THROTTLING"}
    return Redriven(Letter(id="m", receipt="h", **(fields | changes)), result, done)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")


def _none_left() -> Count:
    return Count(0, 0)


def _printed(*rows: Redriven) -> list[list[str]]:
    """The words of each line."""
    out = io.StringIO()
    print_letters(rows, _none_left, out)
    return [line.split() for line in out.getvalue().splitlines()]


def _shown(*parts: Part) -> list[str]:
    out = io.StringIO()
    print_status("guard-prod", parts, out)
    return out.getvalue().splitlines()


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that shows colours."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")


def test_the_status_begins_with_the_name_of_the_stack() -> None:
    lines = _shown(Part("mode", "audit", {}), Part("dead letters", "none", {}))
    assert [line.split() for line in lines] == [["guard-prod"], ["mode", "audit"], ["dead", "letters", "none"]]


@pytest.mark.usefixtures("colours")
def test_what_needs_attention_is_red_and_nothing_else() -> None:
    lines = _shown(Part("mode", "audit", {}), Part("switch", "OFF", {}, attention=True))
    assert [("\x1b[1;31m" in line, "OFF" in line) for line in lines] == [(False, False), (False, False), (True, True)]


def test_the_facts_of_the_status_are_one_object() -> None:
    out = io.StringIO()
    print_status_json("s", [Part("dead letters", "1", {"number": 1}, attention=True)], out)
    assert json.loads(out.getvalue()) == {"stack": "s", "dead_letters": {"number": 1, "attention": True}}
    assert out.getvalue().endswith("}\n")


def test_a_letter_is_a_row_with_its_time_event_error_and_result() -> None:
    assert _printed(_row(), _row("kept", sent_at=None)) == [
        ["since", "letter", "event", "and", "error", "result"],
        ["11-23", "09:05", "undelivered", "event", "Change:", "churn", "stopped"],
        ["THROTTLING"],
        ["-", "undelivered", "event", "Change:", "churn", "kept"],
        ["THROTTLING"],
    ]


def _failing() -> Iterator[Redriven]:
    yield _row()
    raise StateError("the dead-letter queue could not be used")


def test_each_row_is_printed_at_once() -> None:
    out = io.StringIO()
    with pytest.raises(StateError):
        print_letters(_failing(), _none_left, out)
    assert [line.split()[-1] for line in out.getvalue().splitlines()] == ["result", "stopped", "THROTTLING"]


def test_after_a_failure_the_object_is_still_valid_json() -> None:
    out = io.StringIO()
    with pytest.raises(StateError):
        print_letters_json(_failing(), _none_left, out)
    found = json.loads(out.getvalue())
    assert ([letter["result"] for letter in found["letters"]], found["others"]) == (["stopped"], None)


@pytest.mark.usefixtures("colours")
@pytest.mark.parametrize(("done", "colour"), [(True, "\x1b[32m"), (False, "\x1b[33m")], ids=["done", "kept"])
def test_the_result_of_a_letter_has_its_colour(done: bool, colour: str) -> None:
    out = io.StringIO()
    print_letters([_row("end", done=done)], _none_left, out)
    assert f"{colour}end" in out.getvalue()


def test_long_texts_are_cut() -> None:
    fits, longer = "x" * SHORT, "x" * (SHORT + 1)
    assert _printed(_row(fits, error=fits))[1:] == [[*_ROW, fits], [fits]]
    assert _printed(_row(longer, error=longer))[1:] == [[*_ROW, f"{fits}..."], [f"{fits}..."]]


_ROW = ["11-23", "09:05", "undelivered", "event", "Change:", "churn"]


def test_control_characters_are_escaped_in_both_tables() -> None:
    """In an event that SageMaker rejected, a job's name and a quoted error may be any text."""
    named = EVENT | {"detail": {"TrainingJobName": "churn\x1b[2J"}}
    lines = _shown(Part("last sweep", "first\x1b[2J", {}))
    printed = _printed(_row("kept\x1b[2J", event=named, error="no\x1b[2J"))
    assert lines[1].endswith(r"first\x1b[2J")
    assert [word for words in printed for word in words if "[2J" in word] == [
        r"churn\x1b[2J",
        r"kept\x1b[2J",
        r"no\x1b[2J",
    ]


def test_letters_are_one_object_with_their_events() -> None:
    out = io.StringIO()
    print_letters_json([_row(), _row("kept", done=False, event=None, sent_at=None)], _none_left, out)
    first, second = json.loads(out.getvalue())["letters"]
    assert first == {
        "id": "m",
        "shape": "undelivered event",
        "sent_at": "2026-11-23T09:05:00+00:00",
        "error": "THROTTLING",
        "event": EVENT,
        "result": "stopped",
        "done": True,
    }
    assert (second["sent_at"], second["event"], second["result"], second["done"]) == (None, None, "kept", False)
    assert out.getvalue().endswith("}\n")


@pytest.mark.parametrize(
    ("rows", "count", "expected"),
    [
        pytest.param([], Count(0, 0), "no dead letters", id="none"),
        pytest.param([], Count(2, 0), "SQS counts 2 more in the queue", id="beyond the limit"),
        pytest.param(
            [_row("kept", done=False), _row()],
            Count(3, 3),
            "SQS counts 2 more in the queue, 2 of them hidden for up to 200 seconds by another `redrive`",
            id="hidden, beside one of this run",
        ),
        pytest.param([_row()], Count(0, 0), "", id="all deleted"),
        pytest.param([_row("kept", done=False)], Count(1, 0), "", id="one kept"),
    ],
)
def test_the_letters_that_a_run_did_not_receive_are_counted(rows: list[Redriven], count: Count, expected: str) -> None:
    table, data = io.StringIO(), io.StringIO()
    left = print_letters(rows, lambda: count, table)
    assert print_letters_json(rows, lambda: count, data) == left == bool(count.number)
    assert ("" if "THROTTLING" in (last := table.getvalue().splitlines()[-1]) else last) == expected
    others = count.besides(sum(not row.done for row in rows))
    assert json.loads(data.getvalue())["others"] == {"number": others.number, "hidden": others.hidden}
