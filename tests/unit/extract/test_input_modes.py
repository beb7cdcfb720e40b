"""How the data of a training job's channel comes into the container."""

from __future__ import annotations

from typing import Any

import pytest

from guard.extract import extract

S3 = {"DataSource": {"S3DataSource": {"S3Uri": "s3://data/x"}}}
FILES = {"DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-1"}}}
DATASET = {"DataSource": {"DatasetSource": {"DatasetArn": "arn:aws:s:r:111122223333:x"}}}
UNKNOWN: dict[str, Any] = {"DataSource": {"TelepathySource": {}}}


@pytest.mark.parametrize("channel", [S3, FILES, DATASET, UNKNOWN], ids=["S3", "file system", "dataset", "unknown"])
@pytest.mark.parametrize(
    ("own", "algorithms", "mode"),
    [
        pytest.param({"InputMode": "Pipe"}, {"TrainingInputMode": "File"}, "Pipe", id="the channel's own"),
        pytest.param({}, {"TrainingInputMode": "File"}, "File", id="the algorithm's"),
        pytest.param({}, {}, None, id="none"),
    ],
)
def test_a_channel_has_its_own_mode_or_that_of_the_algorithm(channel, own, algorithms, mode) -> None:
    description = {"AlgorithmSpecification": algorithms, "InputDataConfig": [channel | own]}
    (found,) = extract("training", description, "job-1", {}).inputs
    assert found.input_mode == mode
