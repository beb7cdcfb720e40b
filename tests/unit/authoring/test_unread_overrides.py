"""An override of a mapping is reported if its rule looks the mapping up only in its section."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import Opa
from guard.authoring.rules import Rule
from guard.authoring.unread_overrides import unread_overrides
from tests.support.own_rule import FILE, PARAMETERS

SECTION = "_found if data.guard.config.rules.own.images[input.region]"
OVERRIDE = "_changed if data.guard.config.rules.own.overrides[number].images[input.region]"
GIVEN = {"account": "111122223333", "images": {"a": True}}
Found = Callable[..., list[Any]]


@pytest.fixture
def found(opa: Path, tmp_path: Path) -> Found:
    """Return the problems of the overrides of a rule with this body, with their paths."""
    fields: dict[str, Any] = dict.fromkeys(("title", "description", "severity", "remediation"), "x")

    def find(body: str, *overrides: Any, in_place: tuple[str, ...] = ("images",), imported: str = "") -> list[Any]:
        (tmp_path / FILE).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / FILE).write_text(f"package guard.rules.own\n{imported}\n{body}\n")
        (tmp_path / FILE).with_name("own_test.rego").write_text(f"package guard.rules.own_test\n{OVERRIDE}\n")
        rule = Rule("own", FILE, 1, resources=(), parameters=PARAMETERS, in_place=in_place, **fields)
        config = {
            "rules": {
                "own": {"level": "deny", "images": {}, "overrides": [*overrides]},
                "other": {"overrides": [GIVEN]},
            }
        }
        return [*unread_overrides(Opa(opa, tmp_path), [rule], config)]

    return find


def test_a_mapping_that_the_rule_reads_only_in_its_section_is_reported(found: Found) -> None:
    text = (
        "the rule looks images up only in its section, so that this override has no effect; have the rule read "
        "data.guard.config.rules.own.overrides[number].images[key], with parameters.changed.own.images as the number, "
        "as denied_image does"
    )
    assert found(SECTION, {"account": "1", "level": "warn"}, GIVEN) == [
        (("rules", "own", "overrides", 1, "images"), text)
    ]


def test_a_mapping_that_the_rule_reads_in_overrides_is_not_reported(found: Found) -> None:
    assert found(f"{SECTION}\n\n{OVERRIDE}", GIVEN) == []


def test_a_mapping_that_the_rule_reads_by_an_imported_name_is_not_reported(found: Found) -> None:
    shorter = OVERRIDE.replace("data.guard.config.rules.own", "section")
    assert found(shorter, GIVEN, imported="import data.guard.config.rules.own as section") == []


def test_parameters_that_are_not_read_in_place_are_not_reported(found: Found) -> None:
    assert found(SECTION, GIVEN, in_place=()) == []
    assert found(SECTION, {"account": "1", "level": "warn"}) == []


def test_an_override_that_is_read_without_a_key_is_still_reported(found: Found) -> None:
    (told,) = found("_all := data.guard.config.rules.own.overrides[0]", GIVEN)
    assert told[0] == ("rules", "own", "overrides", 0, "images")
