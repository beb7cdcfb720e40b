"""The shipped volume_encryption_required lists every instance type of the API that has local storage."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
import yaml

from tests.support.policies import SHIPPED
from tests.support.shapes import service_model

HERE = "tests/contract/test_local_storage.py"
CONFIG = SHIPPED / "policies/guard/config/data.yaml"
# No size of these families has local storage, according to EC2's pages of instance types.
EBS_ONLY = frozenset(
    {
        *("c4", "c5", "c5n", "c6a", "c6g", "c6gn", "c6i", "c6in", "c7g", "c7i", "c7i-flex"),
        *("c8a", "c8g", "c8i", "c8i-flex", "eia1", "eia2", "geospatial", "inf1", "inf2"),
        *("m4", "m5", "m6a", "m6g", "m6i", "m7g", "m7i", "m7i-flex", "m8a", "m8g", "m8i", "m8i-flex"),
        *("p2", "p3", "r5", "r6g", "r6i", "r7i", "r8g", "r8i", "r8i-flex", "t2", "t3"),
    }
)


def _types() -> list[str]:
    """Return every instance type in the API's enums."""
    enums = (shape.get("enum", ()) for shape in service_model()["shapes"].values())
    return sorted({value for enum in enums for value in enum if value.startswith("ml.")})


def _family(instance_type: str) -> str:
    return instance_type.split(".")[1]


@pytest.fixture(scope="module")
def with_local_storage() -> list[str]:
    rules = yaml.safe_load(CONFIG.read_text())["rules"]
    globs: list[str] = rules["volume_encryption_required"]["local_storage_types"]
    return globs


def test_each_instance_family_is_listed_with_or_without_local_storage(with_local_storage: list[str]) -> None:
    local = {_family(one) for one in _types() if any(fnmatchcase(one, glob) for glob in with_local_storage)}
    unknown = {_family(one) for one in _types()} - local - EBS_ONLY
    assert not unknown, (
        f"new instance families: {sorted(unknown)}. Add those with local storage (NVMe SSD in EC2's documentation) to "
        f"local_storage_types of volume_encryption_required in {CONFIG.name}, the others to EBS_ONLY in {HERE}"
    )
    both = sorted(local & EBS_ONLY)
    assert not both, f"remove from EBS_ONLY in {HERE}, or from local_storage_types in {CONFIG.name}: {both}"


def test_each_listed_family_is_one_of_the_api(with_local_storage: list[str]) -> None:
    stale = [glob for glob in with_local_storage if not any(fnmatchcase(one, glob) for one in _types())]
    assert not stale, f"remove from local_storage_types in {CONFIG.name}: {stale}"
    gone = sorted(EBS_ONLY - {_family(one) for one in _types()})
    assert not gone, f"remove from EBS_ONLY in {HERE}: {gone}"
