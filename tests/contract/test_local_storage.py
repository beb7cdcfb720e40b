"""The shipped volume_encryption_required knows which instance types have local storage, of all that the API has."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
import yaml

from tests.support.policies import SHIPPED
from tests.support.shapes import service_model

CONFIG = SHIPPED / "policies/guard/config/data.yaml"
# Of these families no size has storage of its own, as EC2's pages of instance types say.
EBS_ONLY = frozenset(
    {
        *("c4", "c5", "c5n", "c6a", "c6g", "c6gn", "c6i", "c6in", "c7g", "c7i", "c7i-flex"),
        *("c8a", "c8g", "c8i", "c8i-flex", "eia1", "eia2", "geospatial", "inf1", "inf2"),
        *("m4", "m5", "m6a", "m6g", "m6i", "m7g", "m7i", "m7i-flex", "m8a", "m8g", "m8i", "m8i-flex"),
        *("p2", "p3", "r5", "r6g", "r6i", "r7i", "r8g", "r8i", "r8i-flex", "t2", "t3"),
    }
)


def _types() -> list[str]:
    """Every instance type of the API's enums."""
    enums = (shape.get("enum", ()) for shape in service_model()["shapes"].values())
    return sorted({value for enum in enums for value in enum if value.startswith("ml.")})


def _family(instance_type: str) -> str:
    return instance_type.split(".")[1]


@pytest.fixture(scope="module")
def with_local_storage() -> list[str]:
    rules = yaml.safe_load(CONFIG.read_text())["rules"]
    globs: list[str] = rules["volume_encryption_required"]["local_storage_types"]
    return globs


def test_each_instance_type_of_the_api_has_local_storage_or_none(with_local_storage: list[str]) -> None:
    local = {_family(one) for one in _types() if any(fnmatchcase(one, glob) for glob in with_local_storage)}
    unknown = {_family(one) for one in _types()} - local - EBS_ONLY
    assert not unknown, (
        f"families of instances that are new: {sorted(unknown)}. With local storage (NVMe SSD at EC2) they belong in "
        f"local_storage_types of volume_encryption_required in {CONFIG.name}, without in EBS_ONLY here"
    )
    assert not local & EBS_ONLY


def test_each_listed_family_is_one_of_the_api(with_local_storage: list[str]) -> None:
    stale = [glob for glob in with_local_storage if not any(fnmatchcase(one, glob) for one in _types())]
    assert not stale
    assert not EBS_ONLY - {_family(one) for one in _types()}
