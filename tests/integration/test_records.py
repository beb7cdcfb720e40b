"""Whole records in a bucket: masked by the real OPA, written around the stop, and decided on again."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from guard.authoring.opa import Opa
from guard.authoring.reads import rules_that_read
from guard.authoring.rules import read_rules
from guard.cli.app import app
from guard.errors import LogError
from guard.log.objects import ObjectSink
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from guard.refs import JobRef
from guard.sources.events import parse_event
from tests.support.bundles import configured_bundle
from tests.support.jobs import ALLOWED, DENIED, HOME, REGION, aws_client, started_event, status, training_request
from tests.support.policies import POLICIES, SHIPPED
from tests.support.records import denied

BUCKET = "records"
SECRETS = {
    "Environment": {"DB_PASSWORD": "s3cret-v4lue", "STAGE": "st4ge"},
    "HyperParameters": {"epochs": "hyp3r-v4lue"},
}


@pytest.fixture
def s3(sagemaker: Any) -> Any:
    """A client of the simulated S3 with the bucket, which keeps every version."""
    client = aws_client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def ref(sagemaker: Any) -> Any:
    """Create a training job on the image and return a reference to it."""

    def create(image: str = DENIED, **changes: Any) -> JobRef:
        request = training_request(image, **SECRETS | changes)
        request["AlgorithmSpecification"]["ContainerEntrypoint"] = ["python", "w0rd-v4lue"]
        sagemaker.create_training_job(TrainingJobName="job-1", **request)
        found = parse_event(started_event(sagemaker, "training", "job-1"), HOME)
        assert isinstance(found, JobRef)
        return found

    return create


def _records(s3: Any) -> list[dict[str, Any]]:
    """Every version of every record, the oldest first."""
    versions = s3.list_object_versions(Bucket=BUCKET).get("Versions", [])
    read = [s3.get_object(Bucket=BUCKET, Key=v["Key"], VersionId=v["VersionId"])["Body"].read() for v in versions]
    return [json.loads(gzip.decompress(body)) for body in reversed(read)]


def test_a_denied_jobs_record_is_kept_before_the_stop_and_replaced_after_it(guard, s3, ref, shipped_engine) -> None:
    record = guard(sinks=[ObjectSink(lambda: s3, BUCKET, shipped_engine)]).judge(ref())
    (listed,) = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    partitions = f"account={HOME.account}/region={REGION}/date=2026-11-23"
    assert listed["Key"] == f"decisions/{partitions}/{record.decision_id}.json.gz"
    before, after = _records(s3)
    assert (before["outcome"], after["outcome"]) == (None, "stopped")
    assert before["decision_id"] == after["decision_id"] == record.decision_id
    assert before["result"]["decision"] == "deny"


KEY = f"arn:aws:kms:{REGION}:{HOME.account}:key/11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("key", "encrypted"), [(KEY, ("aws:kms", KEY)), ("", ("AES256", None))], ids=["a key", "the bucket's own"]
)
def test_a_record_in_a_bucket_of_the_operator_is_encrypted_with_the_deployments_key(
    s3: Any, shipped_engine: Any, key: str, encrypted: tuple[str, str | None]
) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    ObjectSink(lambda: s3, BUCKET, shipped_engine, key).write(denied())
    (listed,) = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    kept = s3.head_object(Bucket=BUCKET, Key=listed["Key"])
    assert (kept["ServerSideEncryption"], kept.get("SSEKMSKeyId")) == encrypted


def test_values_are_hidden_and_listed_and_names_stay(guard, s3, ref, shipped_engine) -> None:
    guard(sinks=[ObjectSink(lambda: s3, BUCKET, shipped_engine)]).judge(ref())
    (_, record) = _records(s3)
    assert "v4lue" not in json.dumps(record)
    assert "st4ge" not in json.dumps(record)
    assert {setting["name"] for setting in record["input"]["environment"]} == {"DB_PASSWORD", "STAGE"}
    assert (record["erased"], record["masked"]) == (
        [],
        [
            "/input/command/entrypoint/0",
            "/input/command/entrypoint/1",
            "/input/environment/0/value",
            "/input/environment/1/value",
            "/input/hyperparameters/0/value",
        ],
    )


def test_an_allowed_job_has_one_record_and_an_ignored_event_none(guard, s3, ref, shipped_engine) -> None:
    allowed = guard(sinks=[ObjectSink(lambda: s3, BUCKET, shipped_engine)])
    allowed.handle({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification"}, HOME)
    assert _records(s3) == []
    allowed.judge(ref(ALLOWED))
    assert [(record["decision"], record["outcome"]) for record in _records(s3)] == [("warn", "not_denied")]


@pytest.mark.parametrize("fault", ["no bucket", "no masking policy"])
def test_a_record_that_cant_be_stored_stops_the_job_and_is_reported(
    guard, sagemaker, s3, ref, shipped_engine, opa, tmp_path, fault
) -> None:
    policy, bucket = shipped_engine, BUCKET
    if fault == "no bucket":
        bucket = "gone"
    else:
        (tmp_path / "main.rego").write_text("package guard.main\n\nschema_version := 1\n")
        policy = EmbeddedOpa(lambda: OpaProcess(opa, tmp_path), timeout=10, start_timeout=20)
    record = guard(sinks=[ObjectSink(lambda: s3, bucket, policy)]).judge(ref())
    assert record.outcome == "stopped"
    assert status(sagemaker, "training", "job-1") in {"Stopping", "Stopped"}
    assert [type(failure) for failure in record.failures] == [LogError, LogError]
    kept = _records(s3)
    assert "v4lue" not in json.dumps(kept)
    assert [kept_record["input"] for kept_record in kept] == ([] if fault == "no bucket" else [None, None])
    if policy is not shipped_engine:
        policy.close()


# Decided again


@pytest.fixture
def kept(guard: Any, s3: Any, ref: Any, shipped_engine: EmbeddedOpa, tmp_path: Path) -> Any:
    """Judge a job and return the file with its record as the bucket has it."""

    def keep(image: str, **changes: Any) -> Path:
        guard(mode="audit", sinks=[ObjectSink(lambda: s3, BUCKET, shipped_engine)]).judge(ref(image, **changes))
        (listed,) = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
        path = tmp_path / "record.json.gz"
        path.write_bytes(s3.get_object(Bucket=BUCKET, Key=listed["Key"])["Body"].read())
        return path

    return keep


@pytest.fixture
def evaluate(opa: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command with the bundle that ships."""
    monkeypatch.setenv("GUARD_OPA_PATH", str(opa))
    return lambda path, *more: CliRunner().invoke(app, ["evaluate", str(path), "--bundle", str(bundle), *more])


def test_a_masked_record_decides_the_same_where_no_hidden_value_is_read(evaluate, kept) -> None:
    ran = evaluate(kept(DENIED), "--json")
    answer = json.loads(ran.stdout)
    assert (ran.exit_code, answer["decision"]) == (1, "deny")
    assert [finding["rule_id"] for finding in answer["findings"]] == ["denied_image"]
    assert answer["undecided_rules"] == ["remote_access", "secret_in_environment"]


def test_without_a_deny_a_masked_record_has_no_verdict_and_says_which_rules_need_more(evaluate, kept) -> None:
    ran = evaluate(kept(ALLOWED))
    assert (ran.exit_code, ran.stdout.startswith("undecided")) == (2, True)
    assert (
        "not decided, since the record hides fields that they read: remote_access, secret_in_environment"
        in " ".join(ran.stdout.split())
    )


def test_a_record_that_hides_nothing_is_decided_as_before(evaluate, kept, tmp_path) -> None:
    read = json.loads(gzip.decompress(kept(ALLOWED).read_bytes()))
    read["input"] |= {"environment": [], "hyperparameters": [], "command": {"entrypoint": None, "arguments": None}}
    plain = tmp_path / "record.json"
    plain.write_text(json.dumps(read | {"masked": []}))
    assert evaluate(plain).exit_code == 0


def test_a_record_without_a_document_cant_be_decided(evaluate, kept, tmp_path) -> None:
    erased = {"input": None, "erased": ["/input", "/result/findings"]}
    path = tmp_path / "record.json"
    path.write_text(json.dumps(json.loads(gzip.decompress(kept(ALLOWED).read_bytes())) | erased))
    ran = evaluate(path)
    assert (ran.exit_code, "document was erased by the masking policy" in " ".join(ran.stderr.split())) == (2, True)


def test_a_hidden_part_that_exemptions_read_leaves_no_rule_decided(evaluate, kept, tmp_path) -> None:
    path = tmp_path / "record.json"
    read = json.loads(gzip.decompress(kept(DENIED).read_bytes()))
    path.write_text(json.dumps(read | {"masked": ["/input/job/role_arns/0"]}))
    ran = evaluate(path, "--json")
    assert (ran.exit_code, json.loads(ran.stdout)["findings"]) == (2, [])


# What rules read


@pytest.fixture(scope="module")
def rule_ids(opa: Path) -> list[str]:
    """The ids of all rules."""
    rules, _ = read_rules(Opa(opa, SHIPPED), Path("policies"))
    return [rule.rule_id for rule in rules]


@pytest.fixture(scope="module")
def all_on(opa: Path, tmp_path_factory: pytest.TempPathFactory, rule_ids: list[str]) -> Path:
    """A bundle of all rules."""
    rules = {rule_id: {"level": "warn"} for rule_id in rule_ids}
    return configured_bundle(tmp_path_factory.mktemp("on"), opa, rules=rules)


def test_the_rules_that_read_settings_or_commands_are_these(opa, all_on, rule_ids) -> None:
    pointers = ["/input/environment/0/value", "/input/hyperparameters/0/value", "/input/command/arguments/0"]
    found = rules_that_read(Opa(opa, SHIPPED), all_on, rule_ids, pointers)
    assert found == (
        "data_location",
        "entrypoint_override",
        "loader_environment",
        "remote_access",
        "remote_code",
        "script_mode",
        "secret_in_environment",
    ), "a rule reads settings or commands now, or none: correct this list"


# To ask OPA of every rule takes it seven seconds.
BESIDE_THE_WHOLE = [
    "instance_count",
    "network_isolation_required",
    "region",
    "required_tags",
    "spot_required",
    "traffic_encryption_required",
    "vpc_required",
]


@pytest.mark.parametrize(
    ("pointer", "rules"),
    [
        ("/input/network/isolated", ("network_isolation_required",)),
        ("/input/network/encrypted_traffic", ("traffic_encryption_required",)),
        ("/input/network/vpc", ("vpc_required",)),
        ("/input/compute/spot", ("instance_count", "spot_required")),
        ("/input/job/tags/cost-center", ("required_tags",)),
    ],
    ids=str,
)
def test_what_a_rule_reads_beside_the_whole_document_is_read(opa, all_on, pointer, rules) -> None:
    """OPA names no part of the document that a rule reads where it gives a library all of it."""
    assert rules_that_read(Opa(opa, SHIPPED), all_on, BESIDE_THE_WHOLE, [pointer]) == rules


def test_no_library_reads_settings_or_commands_of_a_whole_document() -> None:
    """What `opa deps` says of a rule has the document's parts that the rule names, not those that a library takes from it."""
    libraries = [path for path in (POLICIES / "guard" / "lib").rglob("*.rego") if not path.match("*_test.rego")]
    names_only = 'field in {"environment", "hyperparameters"}'
    reading = [
        path.name
        for path in libraries
        for part in ("environment", "hyperparameters", "command")
        if f".{part}" in path.read_text() or f'"{part}"' in path.read_text().replace(names_only, "")
    ]
    assert set(reading) <= {"contract.rego"}, f"give these the values instead of the document: {reading}"
