"""The Python document model and the policies agree: the policies demand each required key, and no rule misspells a key."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

import guard.document
from guard.authoring.opa import SCHEMAS
from guard.document import DenyList, Document, Image, Job, Model, Part, Source
from guard.images import ECR_DOMAINS
from tests.support.bundles import asked
from tests.support.documents import document

POLICIES = Path(__file__).resolve().parent.parent.parent / "policies"
PARTS: dict[str, tuple[type, Any]] = {
    "document": (Document, lambda body: body),
    "source": (Source, lambda body: body["source"]),
    "job": (Job, lambda body: body["job"]),
    "image": (Image, lambda body: body["images"][0]),
    "deny list": (DenyList, lambda body: body["deny_list"]),
}


Evaluate = Callable[..., Any]


@pytest.fixture(scope="module")
def evaluate(opa: Path, bundle: Path) -> Iterator[Evaluate]:
    """Return a function that evaluates a path of the shipped bundle for an input; it returns None if undefined."""
    with asked(opa, bundle) as ask:
        yield ask


def _decided(evaluate: Evaluate, body: dict[str, Any]) -> bool:
    return evaluate("guard/main/decision", body) is not None


@pytest.fixture
def body() -> dict[str, Any]:
    """Return a complete document."""
    return document().model_dump(mode="json")


def test_a_complete_document_is_decided(evaluate: Evaluate, body: dict[str, Any]) -> None:
    assert _decided(evaluate, body)


@pytest.mark.parametrize(
    ("part", "key"),
    [
        (part, key)
        for part, (model, _) in PARTS.items()
        for key, field in model.model_fields.items()
        if field.is_required() or key == "schema_version"
    ],
)
def test_a_document_without_a_key_is_not_decided(evaluate: Evaluate, body: dict[str, Any], part: str, key: str) -> None:
    del PARTS[part][1](body)[key]
    assert not _decided(evaluate, body)


@pytest.mark.parametrize(
    ("part", "key"),
    [
        (part, key)
        for part, (model, _) in PARTS.items()
        for key, field in model.model_fields.items()
        if not field.is_required() and key != "schema_version"
    ],
)
def test_a_document_recorded_before_a_key_was_added_is_decided(
    evaluate: Evaluate, body: dict[str, Any], part: str, key: str
) -> None:
    del PARTS[part][1](body)[key]
    assert _decided(evaluate, body)


def _additive(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        if not field.is_required() and name != "schema_version":
            yield f"{model.__name__}.{name}", field.default


def test_an_additive_field_has_the_default_null() -> None:
    """With any other default, documents recorded earlier would claim a fact that nobody recorded."""
    models = [model for _, model in inspect.getmembers(guard.document, inspect.isclass) if issubclass(model, Model)]
    wrong = [name for model in models for name, default in _additive(model) if default is not None]
    assert not wrong, f"guard/document.py: give these the default None, or raise schema_version: {wrong}"


@pytest.mark.parametrize("part", PARTS)
def test_a_document_with_a_key_of_a_later_release_is_decided(
    evaluate: Evaluate, body: dict[str, Any], part: str
) -> None:
    """A new field must not need a new bundle: the guard and its bundle are not always deployed together."""
    PARTS[part][1](body)["later"] = 1
    assert _decided(evaluate, body)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_document_of_another_version_is_not_decided(
    evaluate: Evaluate, body: dict[str, Any], version: object
) -> None:
    assert not _decided(evaluate, body | {"schema_version": version})


@pytest.mark.parametrize("content", [{}, {"schema_version": 1}], ids=["empty", "version only"])
def test_an_input_that_is_not_a_document_is_not_decided(evaluate: Evaluate, content: dict[str, Any]) -> None:
    assert not _decided(evaluate, content)


def test_the_policies_know_the_parts_that_a_job_can_have(evaluate: Evaluate) -> None:
    known = evaluate("guard/lib/parts/known")
    assert sorted(known) == sorted(get_args(Part)), "guard/document.py and policies/guard/lib/parts/parts.rego differ"


def test_the_policies_know_the_domains_of_ecrs_registries(evaluate: Evaluate) -> None:
    known = {"": evaluate("guard/lib/images/_default_suffixes"), **evaluate("guard/lib/images/_suffixes_by_region")}
    assert known == {region: [*domains] for region, domains in ECR_DOMAINS.items()}, (
        "ECR_DOMAINS in guard/images.py and policies/guard/lib/images/images.rego differ"
    )


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        ("denied_image", "input.images", "input.imagez"),
        ("region", "input.region", "input.regoin"),
        ("keep_alive", "input.compute.keep_alive_seconds", "input.compute.keepalive_seconds"),
    ],
)
def test_a_misspelt_input_field_fails_the_check(opa: Path, tmp_path: Path, rule: str, right: str, wrong: str) -> None:
    tree = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    path = tree / "guard" / "rules" / rule / f"{rule}.rego"
    source = path.read_text()
    assert right in source
    path.write_text(re.sub(rf"{re.escape(right)}\b", wrong, source))
    command = [opa, "check", "--strict", "--bundle", tree, "--schema", POLICIES.parent / SCHEMAS]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, "undefined ref: " + wrong in checked.stderr) == (1, True)
