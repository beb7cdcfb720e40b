"""The committed JSON schemas of documents, records and notices match the models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.document import Model
from tests.conftest import ROOT
from tools.schema import SCHEMAS


@pytest.mark.parametrize(("path", "model"), SCHEMAS.items(), ids=[path.stem for path in SCHEMAS])
def test_the_schema_is_that_of_the_model(path: Path, model: type[Model]) -> None:
    committed = json.loads((ROOT / path).read_text())
    assert committed == model.model_json_schema(mode="serialization"), "run `make schema`"
