"""The image lists of the deployment's parameters are converted to the shape of the bundle's deny list."""

from __future__ import annotations

import pytest

from guard.denylist.deployment import check_list, deny_list
from guard.document import DeniedImage, DeniedPattern, DenyList
from guard.errors import ConfigError

BY_TRAINING = "denied by the deployment's parameter TrainingContainers"
BY_PROCESSING = "denied by the deployment's parameter ProcessingContainers"
BY_BOTH = "denied by the deployment's parameter ProcessingContainers and TrainingContainers"


@pytest.mark.parametrize(
    ("processing", "training", "expected"),
    [
        pytest.param("", "", DenyList(images={}, patterns=()), id="both empty"),
        pytest.param(" , ,", "\n", DenyList(images={}, patterns=()), id="only separators and white space"),
        pytest.param(
            "",
            "pytorch-training:1.10-cpu-py38",
            DenyList(
                images={"pytorch-training:1.10-cpu-py38": DeniedImage(reason=BY_TRAINING, job_kinds=("training",))},
                patterns=(),
            ),
            id="one kind",
        ),
        pytest.param(
            "xgboost:1, xgboost:2\n",
            "",
            DenyList(
                images={
                    "xgboost:1": DeniedImage(reason=BY_PROCESSING, job_kinds=("processing",)),
                    "xgboost:2": DeniedImage(reason=BY_PROCESSING, job_kinds=("processing",)),
                },
                patterns=(),
            ),
            id="white space after the comma and at the end",
        ),
        pytest.param(
            "xgboost:1",
            "xgboost:1",
            DenyList(
                images={"xgboost:1": DeniedImage(reason=BY_BOTH, job_kinds=("processing", "training"))}, patterns=()
            ),
            id="the same entry for both kinds",
        ),
        pytest.param(
            "",
            "pytorch-*:1.10*",
            DenyList(
                images={},
                patterns=(DeniedPattern(pattern="pytorch-*:1.10*", reason=BY_TRAINING, job_kinds=("training",)),),
            ),
            id="wildcards are patterns",
        ),
        pytest.param(
            "",
            "My.Registry:5000/xgboost:1",
            DenyList(
                images={"my.registry:5000/xgboost:1": DeniedImage(reason=BY_TRAINING, job_kinds=("training",))},
                patterns=(),
            ),
            id="registry host in lower case",
        ),
    ],
)
def test_deny_list(processing: str, training: str, expected: DenyList) -> None:
    assert deny_list({"processing": processing, "training": training}) == expected


@pytest.mark.parametrize("entry", ["PyTorch:1", "pytorch:", "a@b@c", "py torch:1"])
def test_an_entry_that_can_never_match_is_rejected(entry: str) -> None:
    with pytest.raises(ConfigError):
        deny_list({"training": entry})


@pytest.mark.parametrize("entry", ["PyTorch:1", "py torch:1", "quay.io", "763104351884"])
def test_a_list_is_checked_before_it_is_deployed(entry: str) -> None:
    check_list(" xgboost:1,,pytorch-* ")
    with pytest.raises(ConfigError):
        check_list(f"xgboost:1, {entry}")


def test_mistaken_entries_of_a_deployed_list_are_accepted() -> None:
    """An entry that `check_list` rejects today must not keep a deployed guard from starting, nor change its other entries."""
    assert set(deny_list({"training": "quay.io, 763104351884, xgboost:1"}).images) == {
        "quay.io",
        "763104351884",
        "xgboost:1",
    }
