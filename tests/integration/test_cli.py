"""`sagemaker-guard evaluate`: exit codes, the table, the JSON object, and its way back in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from guard.cli.app import app, main
from tests.support.jobs import ALLOWED, DENIED

EVENT = Path("tests/events/training_starting.json")


@pytest.fixture
def run(opa: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command with the pinned OPA."""
    monkeypatch.setenv("GUARD_OPA_PATH", str(opa))

    def evaluate(*arguments: str | Path, **options: Any) -> Result:
        return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], **options)

    return evaluate


@pytest.fixture
def event(tmp_path: Path) -> Any:
    """Write a training event whose image is the given one."""

    def write(image: str | None, **changes: Any) -> Path:
        content = json.loads(EVENT.read_text())
        content["detail"]["AlgorithmSpecification"]["TrainingImage"] = image
        path = tmp_path / "event.json"
        path.write_text(json.dumps(content | changes))
        return path

    return write


@pytest.mark.parametrize(("image", "code"), [(ALLOWED, 0), (DENIED, 1)], ids=["allow", "deny"])
def test_the_exit_code_tells_the_decision(run, event, image, code) -> None:
    assert run(event(image)).exit_code == code


def test_the_table_names_decision_job_rule_and_remedy(run, event) -> None:
    printed = " ".join(run(event(DENIED)).stdout.split())
    assert printed.startswith("deny training job ")
    assert "denied_image" in printed
    assert DENIED in printed


def test_json_holds_decision_findings_document_and_revision(run, event, bundle) -> None:
    answer = json.loads(run(event(DENIED), "--json", "--bundle", bundle).stdout)
    assert (answer["decision"], [finding["rule_id"] for finding in answer["findings"]]) == ("deny", ["denied_image"])
    assert answer["document"]["images"][0]["raw"] == DENIED
    assert len(answer["revision"]) >= 12


def test_what_json_printed_is_decided_again(run, event, tmp_path) -> None:
    first = run(event(DENIED), "--json")
    recorded = tmp_path / "recorded.json"
    recorded.write_text(first.stdout)
    assert json.loads(run(recorded, "--json").stdout) == json.loads(first.stdout)


def test_describe_stands_in_for_the_events_own_detail(run, event, tmp_path) -> None:
    described = json.loads(event(DENIED).read_text())["detail"]
    path = tmp_path / "describe.json"
    path.write_text(json.dumps(described))
    assert run(event(ALLOWED), "--describe", path).exit_code == 1


def test_the_image_lists_of_the_deployment_count(run, event, monkeypatch) -> None:
    monkeypatch.setenv("GUARD_TRAINING_CONTAINERS", "pytorch-training:2.4-cpu-py311")
    assert run(event(ALLOWED)).exit_code == 1


def test_an_event_is_read_from_standard_input(run, event) -> None:
    assert run("-", input=event(DENIED).read_text()).exit_code == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("{", "not JSON", id="not JSON"),
        pytest.param("[" * 200_000, "not JSON", id="JSON without end"),
        pytest.param('{"source": "aws.sagemaker", "account": ["[/x]"]}', "[/x]", id="text that looks like markup"),
        pytest.param("{}", "EventError", id="no event"),
        pytest.param('{"document": {"schema_version": 1}}', "outside the contract", id="a broken document"),
    ],
)
def test_what_cannot_be_decided_is_an_error(run, tmp_path, content, says) -> None:
    path = tmp_path / "event.json"
    path.write_text(content)
    result = run(path)
    assert (result.exit_code, says in result.stderr) == (2, True)


def test_an_event_that_the_guard_ignores_is_no_allow(run, event) -> None:
    result = run(event(ALLOWED, source="aws.ec2"))
    assert (result.exit_code, "ignores this event" in result.stderr) == (2, True)


@pytest.mark.parametrize("option", ["--bundle", "--describe"])
def test_a_path_that_is_not_there_is_an_error(run, event, option) -> None:
    assert run(event(ALLOWED), option, "/nowhere").exit_code == 2


def test_a_recorded_document_needs_no_description(run, event, tmp_path) -> None:
    recorded = tmp_path / "recorded.json"
    recorded.write_text(run(event(ALLOWED), "--json").stdout)
    assert run(recorded, "--describe", recorded).exit_code == 2


def test_a_defect_of_the_command_is_an_error_and_no_deny(monkeypatch, capsys) -> None:
    def broken() -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr("guard.cli.app.app", broken)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, "surprise" in capsys.readouterr().err) == (2, True)
