"""Write botocore's models of the services that the guard calls, reduced to the operations that it calls.

    python tools/botocore_data.py TARGET     # TARGET is a folder for AWS_DATA_PATH, or a package's botocore/data

Most of a client's creation at a cold start is parsing SageMaker's whole model, with some 400 operations, and the endpoints of all
services.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from guard.jobs import JOB_KINDS
from guard.resources import RESOURCE_KINDS


def _sagemaker() -> frozenset[str]:
    """Return the SageMaker operations in the guard's tables of jobs and resources."""
    jobs = {
        name for kind in JOB_KINDS for name in (kind.describe_operation, kind.stop_operation, kind.listing.operation)
    }
    resources = {kind.describe_operation for kind in RESOURCE_KINDS}
    return frozenset(jobs | resources | {"AddTags", "ListTags"})


OPERATIONS: dict[str, frozenset[str]] = {
    "dynamodb": frozenset({"DeleteItem", "GetItem", "PutItem", "UpdateItem"}),
    "events": frozenset({"PutEvents"}),
    "s3": frozenset({"PutObject"}),
    "sagemaker": _sagemaker(),
    "secretsmanager": frozenset({"GetSecretValue"}),
    "securityhub": frozenset({"BatchImportFindings", "GetFindings"}),
    "sns": frozenset({"Publish"}),
    "sqs": frozenset({"SendMessage"}),
    "ssm": frozenset({"GetParameter"}),
}
"""The operations that the guard calls, by service; the package contains no other models."""


def pruned(service: str, model: dict[str, Any]) -> dict[str, Any]:
    """Return the model with the guard's operations and the shapes that they need, without documentation."""
    kept = {name: operation for name, operation in model["operations"].items() if name in OPERATIONS[service]}
    shapes: dict[str, Any] = {}
    wanted = [name for operation in kept.values() for name in _references(operation)]
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            wanted.extend(_references(shapes[name]))
    undocumented: dict[str, Any] = _without_documentation({**model, "operations": kept, "shapes": shapes})
    # The only documentation that botocore itself reads.
    for parameter in undocumented.get("clientContextParams", {}).values():
        parameter["documentation"] = ""
    return undocumented


def _references(node: Any) -> Iterator[str]:
    """Yield the names of the shapes that a node refers to."""
    if isinstance(node, dict):
        if isinstance(node.get("shape"), str):
            yield node["shape"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _without_documentation(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: _without_documentation(value)
            for key, value in node.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    return [_without_documentation(value) for value in node] if isinstance(node, list) else node


def write(target: Path) -> list[Path]:
    """Write the pruned models and endpoints in botocore's folder layout, and return the models' paths."""
    loader = Loader()
    models: dict[Path, dict[str, Any]] = {}
    for service in OPERATIONS:
        version = loader.determine_latest_version(service, "service-2")
        model = loader.load_data(f"{service}/{version}/service-2")
        models[target / service / version / "service-2.json"] = pruned(service, model)
    for path, model in models.items():
        _write(path, model)
    _write(target / "endpoints.json", _endpoints(loader.load_data("endpoints"), list(models.values())))
    return list(models)


def _endpoints(endpoints: dict[str, Any], models: list[dict[str, Any]]) -> dict[str, Any]:
    """Keep only the endpoints of the models' services, in every region: each cold start would parse a megabyte of others."""
    prefixes = {model["metadata"]["endpointPrefix"] for model in models}
    partitions = [
        partition | {"services": {name: each for name, each in partition["services"].items() if name in prefixes}}
        for partition in endpoints["partitions"]
    ]
    return endpoints | {"partitions": partitions}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, separators=(",", ":")))


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in write(Path(sys.argv[1])))
