"""All rules on against the deny list alone, inside the engine, as `opa bench` measures it.

make benchmark
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from benchmarks.documents import document
from guard.opa.binary import find_opa

ROUNDS = 3
# A training job as an SDK makes it: script mode, some hyperparameters and variables, two channels, a VPC.
TYPICAL: dict[str, Any] = {
    "hyperparameters": [
        {"slot": "HyperParameters", "name": name, "value": value}
        for name, value in {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": '"s3://team-bucket/train-1/source/sourcedir.tar.gz"',
            "sagemaker_job_name": '"train-1"',
            "sagemaker_region": '"eu-west-1"',
            "sagemaker_container_log_level": "20",
            "epochs": "10",
            "batch_size": "64",
            "learning_rate": "0.001",
            "optimizer": '"adam"',
            "seed": "7",
        }.items()
    ],
    "environment": [
        {"slot": "Environment", "name": name, "value": value}
        for name, value in {"STAGE": "dev", "LOG_LEVEL": "INFO", "TEAM": "churn", "NCCL_DEBUG": "WARN"}.items()
    ],
    "network": {
        "isolated": False,
        "vpc": {"subnets": ["subnet-0a1b2c3d", "subnet-1b2c3d4e"], "security_groups": ["sg-0a1b2c3d"]},
        "encrypted_traffic": True,
    },
    "storage": {
        "inputs": [
            {
                "name": name,
                "type": "s3",
                "uri": f"s3://team-bucket/{name}",
                "bucket": "team-bucket",
                "account": None,
                "local_path": None,
            }
            for name in ("training", "validation")
        ],
        "outputs": [
            {
                "name": "OutputDataConfig",
                "uri": "s3://team-bucket/models",
                "bucket": "team-bucket",
                "account": None,
                "kms_key": None,
            }
        ],
        "volumes": [{"name": "ResourceConfig", "kms_key": None}],
    },
}
CONFIG = Path("guard/config/data.yaml")


# The same job where people know the rules: isolated, encrypted with the account's own key.
KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000"
CAREFUL = TYPICAL | {
    "network": TYPICAL["network"] | {"isolated": True},
    "storage": {
        "inputs": TYPICAL["storage"]["inputs"],
        "outputs": [output | {"kms_key": KEY} for output in TYPICAL["storage"]["outputs"]],
        "volumes": [{"name": "ResourceConfig", "kms_key": KEY}],
    },
}
DOCUMENTS = {"careful": CAREFUL, "careless": TYPICAL}


def configured(folder: Path, name: str, levels: dict[str, str]) -> Path:
    """Copy the policies; with levels, they have these and no overrides, so that a rule that is on is on for every job."""
    policies = folder / name
    shutil.copytree("policies", policies, ignore=shutil.ignore_patterns("*_test.rego"))
    config: dict[str, Any] = yaml.safe_load((policies / CONFIG).read_text())
    for rule_id, rule in config["rules"].items():
        if levels:
            rule["level"] = levels.get(rule_id, levels["*"])
            rule.pop("overrides", None)
    (policies / CONFIG).write_text(yaml.safe_dump(config))
    return policies


def bench(opa: Path, policies: Path, payload: Path) -> float:
    """Return the microseconds of one evaluation."""
    command = [opa, "bench", "--bundle", policies, "--input", payload, "--format", "json", "data.guard.main.decision"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return float(answer["T"]) / float(answer["N"]) / 1000


def findings(opa: Path, policies: Path, payload: Path) -> int:
    """Return how many findings the decision has."""
    command = [
        opa,
        "eval",
        "--bundle",
        policies,
        "--input",
        payload,
        "--format",
        "raw",
        "count(data.guard.main.decision.findings)",
    ]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    opa = find_opa({**os.environ, "GUARD_OPA_PATH": os.environ.get("PINNED_OPA", "")})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kinds = {
            "deny list alone": configured(folder, "alone", {"*": "off", "denied_image": "deny"}),
            "as shipped": configured(folder, "shipped", {}),
            "all rules on": configured(folder, "all", {"*": "warn", "denied_image": "deny"}),
        }
        for title, fields in DOCUMENTS.items():
            payload = folder / f"{title}.json"
            payload.write_text(document(tag="1.10-cpu-py38", **fields).model_dump_json())
            times: dict[str, list[float]] = {kind: [] for kind in kinds}
            for _ in range(ROUNDS):
                for kind, policies in kinds.items():
                    times[kind].append(bench(opa, policies, payload))
            alone = min(times["deny list alone"])
            for kind, values in times.items():
                count = findings(opa, kinds[kind], payload)
                sys.stdout.write(
                    f"{title} job, {kind:16} {min(values):6.0f} us = {min(values) / alone:.2f}x the deny list alone, "
                    f"{count} findings\n"
                )
    sys.stdout.write("goal: at most 3x\n")


if __name__ == "__main__":
    main()
