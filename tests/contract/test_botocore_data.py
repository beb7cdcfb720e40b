"""The pruned botocore models in the package keep every member of the calls that they include."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from tests.support.shipped_model import shipped_session
from tools.botocore_data import OPERATIONS, pruned, write

KEPT = sorted((service, operation) for service, operations in OPERATIONS.items() for operation in operations)


@cache
def _models(service: str) -> tuple[ServiceModel, ServiceModel]:
    whole = Loader().load_service_model(service, "service-2")
    return ServiceModel(whole, service), ServiceModel(pruned(service, whole), service)


def _members(model: ServiceModel, operation: str) -> set[str]:
    """Return every path of members that an operation can take or return; recursive shapes are entered twice."""
    found: set[str] = set()

    def walk(shape: object, path: str, seen: tuple[str, ...]) -> None:
        found.add(path)
        if shape is None or seen.count(shape.name) > 1:
            return
        for name, member in getattr(shape, "members", {}).items():
            walk(member, f"{path}.{name}:{member.type_name}", (*seen, shape.name))
        for part in ("member", "key", "value"):
            if hasattr(shape, part):
                walk(getattr(shape, part), f"{path}[{part}]", (*seen, shape.name))

    walk(model.operation_model(operation).input_shape, "input", ())
    walk(model.operation_model(operation).output_shape, "output", ())
    return found


@pytest.mark.parametrize(("service", "operation"), KEPT)
def test_an_operation_keeps_every_member(service: str, operation: str) -> None:
    whole, kept = _models(service)
    lost = _members(whole, operation) - _members(kept, operation)
    assert not lost, f"pruned() in tools/botocore_data.py loses members of {operation}: {sorted(lost)}"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write all pruned models to a folder."""
    folder = tmp_path_factory.mktemp("data")
    write(folder)
    return folder


@pytest.mark.parametrize("service", OPERATIONS)
def test_botocore_finds_the_pruned_model(written: Path, service: str) -> None:
    loaded = Loader(extra_search_paths=[str(written)]).load_service_model(service, "service-2")
    assert set(loaded["operations"]) == OPERATIONS[service]


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_client_can_be_made_of_the_pruned_model(service: str) -> None:
    made = shipped_session().create_client(service, region_name="eu-west-1")
    assert set(made.meta.method_to_api_mapping.values()) == OPERATIONS[service]
