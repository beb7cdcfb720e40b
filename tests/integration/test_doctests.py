"""The examples in docstrings of public functions, run with a real OPA and a simulated SageMaker."""

from __future__ import annotations

import doctest
import importlib
from typing import Any

import pytest

from guard.sources.events import parse_event
from tests.support.documents import document
from tests.support.jobs import DENIED, HOME, started_event, training_request

EXAMPLES = [
    ("guard.images", "parse_reference"),
    ("guard.opa.engine", "EmbeddedOpa.evaluate"),
    ("guard.pipeline", "Guard.judge"),
]


@pytest.mark.parametrize(("module", "name"), EXAMPLES, ids=lambda value: str(value))
def test_the_example_of_a_public_function_is_right(module: str, name: str, guard, sagemaker, shipped_engine) -> None:
    sagemaker.create_training_job(TrainingJobName="job-1", **training_request(DENIED))
    ref = parse_event(started_event(sagemaker, "training", "job-1"), HOME)
    given: dict[str, Any] = {
        "guard": guard(),
        "ref": ref,
        "engine": shipped_engine,
        "document": document(tag="1.10-cpu-py38"),
    }
    found = doctest.DocTestFinder(recurse=True).find(importlib.import_module(module), extraglobs=given)
    (example,) = [test for test in found if test.name == f"{module}.{name}"]
    assert example.examples
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example).failed == 0
