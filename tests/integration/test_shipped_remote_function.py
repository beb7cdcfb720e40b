"""A remote function, as AWS's SDK starts it, is an honest job to the policies as they ship."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_every_rule_denies import document_of
from tests.support.bundles import asked, configured_bundle

BOOTSTRAP = "sagemaker_remote_function_bootstrap"
ROOT_URI = "s3://sagemaker-eu-west-1-123456789012/churn-2026-11-24-12-00-00-000"


def _channel(name: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"{ROOT_URI}/{name}", "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


JOB: dict[str, Any] = {
    "AlgorithmSpecification": {
        "TrainingImage": "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311",
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["/bin/bash", f"/opt/ml/input/data/{BOOTSTRAP}/job_driver.sh"],
        "ContainerArguments": [
            *("--s3_base_uri", ROOT_URI),
            *("--region", "eu-west-1"),
            *("--client_python_version", "3.11"),
            *("--client_sagemaker_pysdk_version", "2.250.0"),
            *("--dependency_settings", '{"dependency_file": "requirements.txt"}'),
            *("--s3_kms_key", "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d"),
            *("--run_in_context", '{"experiment_name": "churn", "run_name": "1"}'),
        ],
    },
    "RoleArn": "arn:aws:iam::123456789012:role/Train",
    "InputDataConfig": [_channel(BOOTSTRAP), _channel("pre_exec_script_and_dependencies")],
    "OutputDataConfig": {"S3OutputPath": ROOT_URI},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    "RetryStrategy": {"MaximumRetryAttempts": 1},
    "EnableNetworkIsolation": False,
    "EnableInterContainerTrafficEncryption": True,
    "Environment": {"AWS_DEFAULT_REGION": "eu-west-1", "REMOTE_FUNCTION_SECRET_KEY": "0123456789abcdef" * 4},
}


# Off as they ship, for want of a team's places; those of the SDK are listed.
ABOUT_CODE = ["data_location", "entrypoint_override", "loader_environment", "remote_code", "script_mode"]


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param({}, id="as shipped"),
        pytest.param({rule: {"level": "warn"} for rule in ABOUT_CODE}, id="with the rules about code and data"),
    ],
)
def test_nothing_warns_of_a_remote_function(opa: Path, tmp_path: Path, rules: dict[str, dict[str, Any]]) -> None:
    document = document_of({"kind": "training", "description": JOB}, careless=False).model_dump(mode="json")
    with asked(opa, configured_bundle(tmp_path, opa, rules=rules)) as ask:
        decision = ask("guard/main/decision", document)
    assert (decision["decision"], decision["findings"]) == ("allow", [])
