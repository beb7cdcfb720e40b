"""Input documents for tests."""

from __future__ import annotations

from typing import Any

from guard.document import Document

DENIED = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:1.10-cpu-py38"
ALLOWED = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.4-cpu-py311"


def document(*, repository: str = "pytorch-training", tag: str | None = "2.4-cpu-py311", **changes: Any) -> Document:
    """Return the document of a running training job with one image of AWS's registry in eu-west-1."""
    registry = "763104351884.dkr.ecr.eu-west-1.amazonaws.com"
    image = {
        "slot": "AlgorithmSpecification.TrainingImage",
        "raw": f"{registry}/{repository}" + (f":{tag}" if tag else ""),
        "registry": registry,
        "account": "763104351884",
        "region": "eu-west-1",
        "repository": repository,
        "tag": tag,
        "digest": None,
        "origin": {"type": "job", "name": "train-1"},
        "error": None,
    }
    fields: dict[str, Any] = {
        "source": {"type": "state-change", "id": "event-1", "time": "2026-11-23T10:00:00Z"},
        "account": "111122223333",
        "region": "eu-west-1",
        "partition": "aws",
        "job": {
            "kind": "training",
            "name": "train-1",
            "arn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/train-1",
            "status": "InProgress",
            "secondary_status": "Starting",
            "parent_arn": None,
            "created_at": "2026-11-23T09:59:00Z",
            "role_arn": "arn:aws:iam::111122223333:role/Train",
            "role_arns": ["arn:aws:iam::111122223333:role/Train"],
            "tags": {"project": "churn"},
        },
        "images": [image],
        "compute": {
            "instances": [{"type": "ml.m5.xlarge", "count": 1}],
            "max_runtime_seconds": 3600,
            "spot": False,
            "keep_alive_seconds": 0,
        },
        "network": {"isolated": True, "vpc": None, "encrypted_traffic": True},
        "storage": {"inputs": [], "outputs": [], "volumes": []},
        "command": {"entrypoint": None, "arguments": None},
        "hyperparameters": [],
        "environment": [],
        "remote_access": {"debug": False},
        "actor": None,
        "deny_list": {"images": {}, "patterns": []},
    }
    return Document.model_validate(fields | changes)
