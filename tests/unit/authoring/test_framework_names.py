"""Frameworks that no image has are reported; the table is a fake, as only OPA can read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guard.authoring.concern import Concern
from guard.authoring.framework_names import unknown_frameworks

POLICIES = Path("policies")
TABLE = POLICIES / "guard/lib/aws_images/table.rego"
SCHEMA = {
    "properties": {
        "minimum": {"propertyNames": {"format": "framework"}, "additionalProperties": {"type": "string"}},
        "others": {"additionalProperties": {"type": "string"}},
    }
}


class Table:
    """An OPA whose table has two frameworks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = 0

    def json(self, *arguments: Any) -> Any:
        assert arguments[:5] == ("eval", "--data", TABLE, "--format", "raw")
        self.asked += 1
        return ["xgboost", "pytorch", "pytorch"]


@pytest.fixture
def opa(tmp_path: Path) -> Table:
    (tmp_path / TABLE).parent.mkdir(parents=True)
    (tmp_path / TABLE).write_text("package guard.lib.aws_images\n")
    return Table(tmp_path)


def _said(opa: Any, config: Any) -> list[Concern]:
    return list(unknown_frameworks(opa, POLICIES, SCHEMA, config))


@pytest.mark.parametrize("name", ["pytorch", "xgboost", "transformers", "tgi", "ubuntu"])
def test_a_framework_of_the_table_and_a_word_of_tags_are_known(opa: Table, name: str) -> None:
    assert _said(opa, {"minimum": {name: "1"}}) == []


@pytest.mark.parametrize(
    ("name", "remedy"), [("pytroch", "did you mean pytorch?"), ("zzz", "correct it, unless the image is a new one")]
)
def test_an_unknown_framework_is_a_warning_with_the_nearest_name(opa: Table, name: str, remedy: str) -> None:
    text = f"{name} is neither a framework of AWS images nor a word of their tags; {remedy}"
    assert _said(opa, {"minimum": {name: "1"}, "others": {"zzz": "1"}}) == [Concern(("minimum", name), text, "warning")]


def test_the_table_is_not_read_without_names_of_frameworks(opa: Table) -> None:
    assert (_said(opa, {"others": {"zzz": "1"}}), opa.asked) == ([], 0)


def test_without_a_table_no_name_is_reported(opa: Table) -> None:
    (opa.folder / TABLE).unlink()
    assert (_said(opa, {"minimum": {"zzz": "1"}}), opa.asked) == ([], 0)
