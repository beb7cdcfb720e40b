"""What `sagemaker-guard evaluate` prints for people."""

from __future__ import annotations

import io
from typing import Any

import pytest

from guard.authoring.samples import complete
from guard.cli.evaluate import Evaluated
from guard.cli.output import print_table
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
def test_an_image_that_is_not_known_is_shown_by_what_is_known_of_it(image: Any, shown: str) -> None:
    sample = complete()
    images = (sample.images[0].model_copy(update=image),)
    lines = _printed("allow", document=sample.model_copy(update={"images": images})).splitlines()
    assert lines[1:] == [f"  {sample.images[0].slot}: {shown}"]


def test_a_long_image_is_shown_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    sample = complete()
    raw = "registry.example.com/" + "a" * 100 + "/z:1"
    image = sample.images[0].model_copy(update={"raw": raw})
    printed = _printed("allow", document=sample.model_copy(update={"images": (image,)}))
    assert raw in "".join(line.strip() for line in printed.splitlines())
