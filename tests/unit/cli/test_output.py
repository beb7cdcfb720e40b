"""What `sagemaker-guard evaluate` prints for people."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from guard.authoring.samples import complete
from guard.cli.evaluate import Evaluated
from guard.cli.output import print_json, print_table
from guard.decision import Decision, Evaluation
from guard.document import Document, ImageError

RED, YELLOW, GREEN = "\x1b[1;31m", "\x1b[33m", "\x1b[32m"


def _finding(level: str, **more: Any) -> dict[str, Any]:
    return {
        "rule_id": "region",
        "level": level,
        "level_source": "level",
        "message": "No.",
        "remediation": None,
        "details": {},
        "exempted_by": None,
    } | more


def _printed(decision: str, *findings: dict[str, Any], document: Document | None = None) -> str:
    evaluation = Evaluation(
        decision=Decision.model_validate({"decision": decision, "findings": [*findings]}), revision="r", opa_version="1"
    )
    out = io.StringIO()
    print_table(Evaluated(document or complete(), evaluation), out)
    return out.getvalue()


def test_a_finding_is_shown_with_its_rule_message_and_remediation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    printed = _printed("deny", _finding("deny", remediation="Move it."), _finding("warn", exempted_by="EX-1"))
    lines = [line.rstrip() for line in printed.splitlines()]
    assert lines[1 + len(complete().images) :] == [
        "deny  region",
        "      No.",
        "      → Move it.",
        "warn  region (exempted by EX-1)",
        "      No.",
    ]


def test_a_long_word_is_folded_and_the_level_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    printed = _printed("deny", _finding("deny", message="x" * 200))
    assert printed.count("x" * 3) > 0
    assert sum(line.count("x") for line in printed.splitlines() if set(line.split()[-1]) == {"x"}) == 200
    assert any(line.startswith("deny ") for line in printed.splitlines()[1:])


def _undecided() -> Evaluated:
    decision = Decision.model_validate({"decision": "warn", "findings": [_finding("warn")]})
    return Evaluated(complete(), Evaluation(decision=decision, revision="r", opa_version="1"), ("tags", "volume"))


def test_an_undecided_result_names_the_undecided_rules() -> None:
    out = io.StringIO()
    print_table(_undecided(), out)
    first, second, *_ = out.getvalue().splitlines()
    assert first == f"undecided  training job {complete().job.name}"
    assert " ".join(second.split()) == "not decided, since the record hides fields that they read: tags, volume"


def test_the_object_of_an_undecided_result_is_complete() -> None:
    out = io.StringIO()
    print_json(_undecided(), out)
    assert json.loads(out.getvalue()) == {
        "decision": None,
        "findings": [_finding("warn")],
        "undecided_rules": ["tags", "volume"],
        "document": complete().model_dump(mode="json"),
        "revision": "r",
        "opa_version": "1",
    }
    assert out.getvalue().endswith("}\n")


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that shows colours."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.usefixtures("colours")
@pytest.mark.parametrize(("decision", "colour"), [("allow", GREEN), ("warn", YELLOW), ("deny", RED)])
def test_the_verdict_has_its_colour(decision: str, colour: str) -> None:
    assert _printed(decision).startswith(f"{colour}{decision}\x1b[0m")


@pytest.mark.usefixtures("colours")
def test_a_finding_has_the_colour_of_its_level_unless_it_is_exempted() -> None:
    printed = _printed("deny", _finding("deny"), _finding("warn"), _finding("deny", exempted_by="EX-1"))
    rows = [line for line in printed.splitlines() if "region" in line]
    assert [row.partition("m")[0] + "m" for row in rows] == [RED, YELLOW, "\x1b[2m"]


GONE = ImageError(code="not-found", message="there is no such model")


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        pytest.param({"raw": None, "error": GONE}, "there is no such model", id="why"),
        pytest.param({"raw": None, "error": None}, "unknown", id="no reason"),
    ],
)
def test_an_unknown_image_is_shown_with_its_reason(image: Any, shown: str) -> None:
    sample = complete()
    images = (sample.images[0].model_copy(update=image),)
    lines = _printed("allow", document=sample.model_copy(update={"images": images})).splitlines()
    assert lines[1:] == [f"  {sample.images[0].slot}: {shown}"]


def test_a_long_image_is_shown_completely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    sample = complete()
    raw = "registry.example.com/" + "a" * 100 + "/z:1"
    image = sample.images[0].model_copy(update={"raw": raw})
    printed = _printed("allow", document=sample.model_copy(update={"images": (image,)}))
    assert raw in "".join(line.strip() for line in printed.splitlines())
