"""Recorded EventBridge events: documentation samples, fixtures of published handlers, and variants of them; anonymized."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from guard.refs import Home

HOME = Home("111122223333", "eu-west-1", "aws")
"""The account of the recorded events and of the complete document; tests.support.jobs has that of the simulated SageMaker."""
EVENTS = Path(__file__).resolve().parent.parent / "events"
NAMES = sorted(path.stem for path in EVENTS.glob("*.json"))

# The events of running jobs, with the job's kind and name.
RUNNING = {
    "api_create_training_job": ("training", "pytorch-training-2024-03-05-10-14-58-456"),
    "api_create_training_job_algorithm_name": ("training", "pytorch-training-2024-03-05-10-14-58-456"),
    "api_create_training_job_rule": ("training", "pytorch-training-2024-03-05-10-14-58-456"),
    "api_create_transform_job": ("transform", "batch-2024-03-05"),
    "processing_in_progress": ("processing", "sklearn-preprocess-2024-03-05-10-14-58-123"),
    "processing_in_progress_debugger_rule": (
        "processing",
        "pytorch-training-2024-03-05-LowGPUUtilization-0f3a9c1e",
    ),
    "training_downloading": ("training", "pytorch-training-2024-03-05-10-14-58-456"),
    "training_in_progress_nulls": ("training", "UnitTestTrainingJob"),
    "training_starting": ("training", "pytorch-training-2024-03-05-10-14-58-456"),
    "training_starting_algorithm_name": ("training", "pytorch-training-2024-03-05-10-14-58-456"),
    "training_starting_digest": ("training", "pytorch-training-2024-03-05-10-14-58-456"),
    "training_starting_tuning_child": ("training", "pytorch-tuning-240305-1014-001-6a1f0b2c"),
    "training_training": ("training", "pytorch-training-2024-03-05-10-14-58-456"),
    "transform_in_progress_nulls": ("transform", "UnitTestTransformJob"),
    "transform_placeholders": ("transform", "4b52bd8f-e034-4345-818d-884bdd7c9724"),
    "tuning_in_progress": ("hyperparameter-tuning", "pytorch-tuning-240305-1014"),
    "tuning_placeholders": ("hyperparameter-tuning", "016bffd3-6d71-4d3a-9710-0a332b2759fc"),
    "tuning_running_nulls": ("hyperparameter-tuning", "UnitTestHPO"),
}


def load_event(name: str, **detail: Any) -> dict[str, Any]:
    """Return the event in tests/events/<name>.json with these changes of its detail."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    event["detail"].update(detail)
    return event


def without(event: dict[str, Any], *path: str) -> dict[str, Any]:
    """Return the event without the field at the path."""
    node = event
    for step in path[:-1]:
        node = node[step]
    del node[path[-1]]
    return event
