"""`sagemaker-guard test` and `exemptions`: a team's cases, and the exemptions."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from guard.authoring.opa import Opa
from guard.cli.app import app
from guard.errors import ConfigError
from tests.support.bundles import configured_bundle
from tests.support.jobs import ALLOWED
from tests.support.policies import CONFIG, POLICIES, copy_policies

RECORDED = Path("tests/golden/schema-1/training_denied.json")
EVENT = Path("tests/events/training_starting.json")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROLE = json.loads(RECORDED.read_text())["document"]["job"]["role_arn"]


@pytest.fixture
def run(opa: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command with the pinned OPA at a fixed time, so that tests don't fail at midnight."""
    monkeypatch.setenv("GUARD_OPA_PATH", str(opa))
    monkeypatch.setattr("guard.cli.authoring.utc_now", lambda: NOW)

    def command(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "80"})

    return command


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """A folder with a recorded document and an event, each expected to be denied."""
    folder = tmp_path / "cases"
    folder.mkdir()
    shutil.copy(RECORDED, folder / "recorded.json")
    shutil.copy(EVENT, folder / "event.json")
    for name in ("recorded", "event"):
        (folder / f"{name}.expected.yaml").write_text("decision: deny\nrules: [denied_image]\n")
    return folder


def test_passed_cases_exit_with_0(run: Any, cases: Path, bundle: Path) -> None:
    result = run("test", cases, "--bundle", bundle)
    assert result.stdout == "ok      event\nok      recorded\n2 cases: 2 passed\n"
    assert result.exit_code == 0


def test_a_failed_case_is_shown_with_a_diff_and_exits_with_1(run: Any, cases: Path, bundle: Path) -> None:
    (cases / "event.expected.yaml").write_text("decision: allow\nrules: [region]\n")
    result = run("test", cases, "--bundle", bundle)
    diff = "    decision\n      - allow\n      + deny\n    rules\n      - region\n      + denied_image\n"
    assert result.stdout == f"FAILED  event\n{diff}ok      recorded\n2 cases: 1 passed, 1 failed\n"
    assert result.exit_code == 1


def test_a_case_that_cannot_be_decided_is_an_error_and_the_others_run(run: Any, cases: Path, bundle: Path) -> None:
    (cases / "event.json").write_text("{")
    (cases / "recorded.expected.yaml").write_text("decision: allow\n")
    result = run("test", cases, "--bundle", bundle)
    assert "ERROR   event\n    the file is not JSON" in result.stdout
    assert (result.exit_code, "2 cases: 1 failed, 1 with errors" in result.stdout) == (2, True)


def test_accept_writes_only_missing_expectations(run: Any, cases: Path, bundle: Path) -> None:
    (cases / "event.expected.yaml").unlink()
    (cases / "recorded.expected.yaml").write_text("decision: allow\n")
    assert run("test", cases, "--bundle", bundle, "--accept").exit_code == 1
    written = yaml.safe_load((cases / "event.expected.yaml").read_text())
    assert (written["decision"], written["findings"][0]["rule_id"]) == ("deny", "denied_image")
    assert (cases / "recorded.expected.yaml").read_text() == "decision: allow\n"


def test_an_expectation_that_can_not_be_written_is_an_error_of_its_case(run: Any, cases: Path, bundle: Path) -> None:
    (cases / "event.expected.yaml").unlink()
    (cases / "event.expected.yaml").symlink_to(cases / "gone" / "event.expected.yaml")
    result = run("test", cases, "--bundle", bundle, "--accept")
    assert "ERROR   event\n    the expectation can't be written" in result.stdout
    assert (result.exit_code, "2 cases: 1 passed, 1 with errors" in result.stdout) == (2, True)


def test_a_describe_response_beside_the_event_is_used(run: Any, cases: Path, bundle: Path) -> None:
    described = json.loads(EVENT.read_text())["detail"]
    described["AlgorithmSpecification"]["TrainingImage"] = "registry.example.com/fine:1"
    (cases / "event.describe.json").write_text(json.dumps(described))
    (cases / "event.expected.yaml").write_text("decision: allow\n")
    assert run("test", cases, "--bundle", bundle).exit_code == 0


def test_a_single_case_is_one_case(run: Any, cases: Path, bundle: Path) -> None:
    for file in cases.glob("recorded*"):
        file.unlink()
    assert run("test", cases, "--bundle", bundle).stdout.endswith("\n1 case: 1 passed\n")


def test_an_empty_folder_is_an_error(run: Any, tmp_path: Path, bundle: Path) -> None:
    result = run("test", tmp_path, "--bundle", bundle)
    assert isinstance(result.exception, ConfigError)


def _day(days: int) -> str:
    return str(NOW.date() + timedelta(days=days))


def _exemption(name: str, **changes: Any) -> dict[str, Any]:
    fields = {"id": name, "owner": "churn-team", "reason": "moves in January", "rules": ["denied_image"]}
    return fields | {"scope": {"role_arn": ROLE}, "expires": _day(12)} | changes


@pytest.fixture
def policies(tmp_path: Path, opa: Path) -> Any:
    """Write policies with these exemptions and other parts of the configuration, such as an exemption_policy."""

    def write(*exemptions: dict[str, Any], **others: Any) -> Path:
        tree = copy_policies(tmp_path / "copy", opa)
        config = yaml.safe_load((tree.folder / CONFIG).read_text())
        config |= {"exemptions": list(exemptions)} | others
        (tree.folder / CONFIG).write_text(yaml.safe_dump(config))
        return tree.folder / POLICIES

    return write


def test_exemptions_are_listed_with_days_left_and_what_they_cover(run: Any, policies: Any, tmp_path: Path) -> None:
    recorded = json.loads(RECORDED.read_text())
    recorded["document"]["source"]["time"] = NOW.isoformat()
    shutil.copy(EVENT, tmp_path / "event.json")
    (tmp_path / "recorded.json").write_text(json.dumps(recorded))
    folder = policies(
        _exemption("EX-1", ticket="OPS-7", starts=_day(-3)),
        _exemption("EX-2", scope={"account": "999999999999"}, expires=_day(-1)),
        _exemption("EX-3", scope={"account": "999999999999"}, starts=_day(2)),
        _exemption("EX-4", scope={"account": "999999999999"}, expires=_day(1)),
    )
    result = run("exemptions", tmp_path / "recorded.json", "--bundle", folder)
    text = " ".join(result.stdout.split())
    assert result.exit_code == 0, result.stdout
    assert f"EX-1 active, 12 days left {_day(-3)} until {_day(12)}, churn-team, OPS-7: moves in January" in text
    assert "covers denied_image (1) in the document" in text
    assert "EX-2 expired until" in text
    assert "EX-3 not yet, 12 days left" in text
    assert "EX-4 active, 1 day left" in text
    assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("rules", "shown"),
    [(None, "rules null"), ("denied_image", "rules denied_image"), (["denied_image", "x"], "rules denied_image, x")],
)
def test_an_exemption_with_invalid_rules_is_listed(run: Any, policies: Any, rules: object, shown: str) -> None:
    result = run("exemptions", "--bundle", policies(_exemption("EX-1", rules=rules)))
    assert result.exit_code == 0, result.exception
    assert f"{shown}; role_arn" in " ".join(result.stdout.split())


def test_json_lists_everything_about_each(run: Any, policies: Any) -> None:
    folder = policies(_exemption("EX-1"))
    (listed,) = json.loads(run("exemptions", "--json", "--bundle", folder).stdout)
    assert listed == _exemption("EX-1") | {
        "state": "active",
        "days_left": 12,
        "problems": [],
        "covered": {},
        "jobs": [],
        "undecided": {},
    }


def test_json_files_in_subfolders_are_read(run: Any, policies: Any, tmp_path: Path) -> None:
    recorded = json.loads(RECORDED.read_text())
    recorded["document"]["source"]["time"] = NOW.isoformat()
    folder = tmp_path / "documents"
    for name in ("first.json", "below/second.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(recorded))
    (folder / "record.json.gz").write_bytes(gzip.compress(json.dumps(recorded).encode()))
    (folder / "README.md").write_text("not a document")
    result = run("exemptions", folder, "--json", "--bundle", policies(_exemption("EX-1")))
    assert result.exit_code == 0, result.output
    (listed,) = json.loads(result.stdout)
    assert listed["covered"] == {"denied_image": 3}


def test_records_of_jobs_without_a_document_are_left_out_by_name(run: Any, policies: Any, tmp_path: Path) -> None:
    """The job didn't exist any more, or couldn't be described."""
    folder = tmp_path / "records"
    folder.mkdir()
    gone = {"decision_id": "d-1", "input": None, "result": None, "outcome": "gone"}
    (folder / "d-1.json.gz").write_bytes(gzip.compress(json.dumps(gone).encode()))
    shutil.copy(RECORDED, folder / "recorded.json")
    result = run("exemptions", folder, "--bundle", policies(_exemption("EX-1")))
    assert result.exit_code == 0, result.output
    (left_out,) = result.stderr.splitlines()
    assert left_out.startswith(
        f"left out: {folder / 'd-1.json.gz'}: the record has no document, since the job had none"
    )
    assert "(outcome gone)" in left_out


@pytest.mark.parametrize(
    ("rules", "code", "told"),
    [
        (
            ["secret_in_environment"],
            2,
            "not decided in the document, which hides fields that secret_in_environment reads",
        ),
        (["max_runtime"], 0, "covers nothing in the document"),
    ],
    ids=["hidden", "open"],
)
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_an_exemption_is_undecided_if_a_record_hides_fields_that_its_rule_reads(
    run: Any, policies: Any, tmp_path: Path, rules: list[str], code: int, told: str, options: list[str]
) -> None:
    document = json.loads(RECORDED.read_text())["document"]
    record = {
        "decision_id": "d-1",
        "input": document,
        "masked": ["/input/environment/0/value"],
        "outcome": "not_denied",
    }
    (tmp_path / "d-1.json").write_text(json.dumps(record))
    result = run("exemptions", tmp_path / "d-1.json", "--bundle", policies(_exemption("EX-1", rules=rules)), *options)
    assert result.exit_code == code, result.output
    if options:
        assert json.loads(result.stdout)[0]["undecided"] == ({rules[0]: 1} if code else {})
    else:
        assert told in " ".join(result.stdout.split())
        assert ("covers nothing" in result.stdout) == (code == 0)


def test_a_folder_without_json_files_is_an_error(run: Any, policies: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused = run("exemptions", tmp_path / "empty", "--bundle", policies(_exemption("EX-1")))
    assert (
        str(refused.exception)
        == f"there is no .json or .json.gz file in this folder (path={str(tmp_path / 'empty')!r})"
    )


def test_events_that_the_guard_ignores_are_left_out_by_name(run: Any, policies: Any, tmp_path: Path) -> None:
    """A folder of archived events also has those of ended jobs."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("training_completed.json", "training_starting.json"):
        shutil.copy(Path("tests/events") / name, folder / name)
    result = run("exemptions", folder, "--bundle", policies(_exemption("EX-1")))
    assert result.exit_code == 0, result.output
    assert "covers denied_image (1) in the document\n" in result.stdout
    (left_out,) = result.stderr.splitlines()
    assert left_out.startswith(f"left out: {folder / 'training_completed.json'}: ")


def test_exemptions_reads_a_folder_of_cases_with_their_describe_responses(
    run: Any, policies: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    event = json.loads(EVENT.read_text()) | {"time": NOW.isoformat()}
    (folder / "churn.describe.json").write_text(json.dumps(event["detail"]))
    event["detail"] = event["detail"] | {"AlgorithmSpecification": {"TrainingImage": ALLOWED}}
    (folder / "churn.json").write_text(json.dumps(event))
    assert run("test", folder, "--accept").exit_code == 0
    result = run("exemptions", folder, "--json", "--bundle", policies(_exemption("EX-1", scope={"role_arn": "*"})))
    assert result.exit_code == 0, result.output
    (listed,) = json.loads(result.stdout)
    assert listed["covered"] == {"denied_image": 1}


def test_a_document_that_cannot_be_decided_on_is_named(run: Any, policies: Any, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(
        json.dumps({"source": "aws.sagemaker", "detail-type": "SageMaker Training Job State Change"})
    )
    error = run("exemptions", tmp_path / "other.json", "--bundle", policies(_exemption("EX-1"))).exception
    assert error.evidence["path"] == str(tmp_path / "other.json")


def test_an_exemption_that_the_policy_refuses_is_listed_with_the_reason(run: Any, policies: Any) -> None:
    folder = policies(_exemption("EX-1"), exemption_policy={"ticket_required": True})
    text = " ".join(run("exemptions", "--bundle", folder).stdout.split())
    assert "EX-1 refused, 12 days left" in text
    assert "exempts nothing: it has no ticket, which exemption_policy requires" in text


def test_a_bundle_without_exemptions_prints_that_there_are_none(run: Any, bundle: Path) -> None:
    assert run("exemptions", "--bundle", bundle).stdout == "There are no exemptions.\n"


def test_cases_are_decided_with_the_bundles_exemptions(run: Any, cases: Path, opa: Path, tmp_path: Path) -> None:
    """On the day of each case: exemptions compare with the time of the document."""
    exempted = [
        _exemption("EX-1", scope={"role_arn": ROLE, "job_kind": "training"}, expires="2024-12-31"),
        _exemption("EX-2", scope={"account": "999999999999"}, expires="2024-12-31"),
    ]
    folder = configured_bundle(tmp_path / "copy", opa, rules={}, exemptions=exempted)
    finding = "findings:\n- {rule_id: denied_image, level: deny, exempted_by: %s}\n"
    (cases / "recorded.expected.yaml").write_text("decision: allow\nrules: []\n" + finding % "EX-1")
    (cases / "event.expected.yaml").write_text("decision: allow\n" + finding % "EX-2")
    result = run("test", cases, "--bundle", folder)
    assert (result.exit_code, "ok      recorded\n" in result.stdout) == (1, True), result.stdout
    assert re.search(
        r"findings\n      - denied_image  deny  \(exempted by EX-2\)\n      \+ denied_image  deny  ", result.stdout
    )
    assert "(exempted by EX-1)" in result.stdout


def test_an_accepted_expectation_of_an_exempted_case_requires_the_exemption(
    run: Any, cases: Path, opa: Path, tmp_path: Path
) -> None:
    (cases / "event.expected.yaml").unlink()
    with_it = [_exemption("EX-1", expires="2024-12-31")]
    for number, exempted in enumerate([with_it, with_it, []]):
        folder = configured_bundle(tmp_path / str(number), opa, rules={}, exemptions=exempted)
        (cases / "recorded.json").unlink(missing_ok=True)
        (cases / "recorded.expected.yaml").unlink(missing_ok=True)
        result = run("test", cases, "--bundle", folder, *(["--accept"] if number == 0 else []))
        assert result.exit_code == (1 if exempted == [] else 0), result.stdout
    assert "- allow\n      + deny" in result.stdout


OLD = "package guard.main\n\nschema_version := %d\n\ndecision := %s\n"
FINDING = {"rule_id": "region", "level": "deny", "message": "far away", "remediation": None, "details": {}}
OLD_BUNDLES = {
    "of the first release": (
        OLD
        % (1, json.dumps({"decision": "deny", "findings": [FINDING | {"level_source": "level", "exempted_by": None}]})),
        1,
        "rules\n      - denied_image\n      + region\n",
    ),
    "with findings of another form": (
        OLD % (1, json.dumps({"decision": "deny", "findings": [FINDING]})),
        2,
        "ERROR   event\n    OPA's answer is not a decision (field='findings.0.level_source'",
    ),
    "of another schema version": (
        OLD % (0, '"deny"'),
        2,
        "ERROR   event\n    the bundle was made for documents of another schema version: build it with this",
    ),
}


@pytest.mark.parametrize(("text", "code", "told"), OLD_BUNDLES.values(), ids=OLD_BUNDLES)
def test_cases_with_an_older_bundle_are_decided_or_report_why_not(
    run: Any, cases: Path, opa: Path, tmp_path: Path, text: str, code: int, told: str
) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "main.rego").write_text(text)
    assert Opa(opa, folder).run("build", "--bundle", ".", "--output", "old.tar.gz").code == 0
    result = run("test", cases, "--bundle", folder / "old.tar.gz")
    assert (result.exit_code, told in result.stdout) == (code, True), result.stdout


def test_exemptions_of_an_older_bundle_are_an_error(run: Any, opa: Path, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps({"guard": {"config": {"exemptions": []}}}))
    assert Opa(opa, tmp_path).run("build", "--bundle", ".", "--output", "old.tar.gz").code == 0
    result = run("exemptions", "--bundle", tmp_path / "old.tar.gz")
    assert "the exemptions of a bundle of an older release can't be listed" in str(result.exception)
