"""`sagemaker-guard evaluate`: exit codes, the table, the JSON object, and that object as input."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from guard.cli.app import app, main
from guard.errors import ConfigError
from tests.support.jobs import ALLOWED, DENIED
from tests.support.policies import CONFIG, POLICIES, few_policies

EVENT = Path("tests/events/training_starting.json")


@pytest.fixture
def run(opa: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command with the pinned OPA and, unless a test passes --bundle, the shipped bundle: a folder is checked first."""
    monkeypatch.setenv("GUARD_OPA_PATH", str(opa))

    def evaluate(*arguments: str | Path, **options: Any) -> Result:
        if "--bundle" not in arguments:
            arguments = (*arguments, "--bundle", bundle)
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
def test_the_exit_code_shows_the_decision(run, event, image, code) -> None:
    assert run(event(image)).exit_code == code


def test_a_folder_of_policies_can_be_evaluated_without_a_bundle(run, event) -> None:
    assert run(event(DENIED), "--bundle", POLICIES).exit_code == 1


def test_the_table_names_decision_job_rule_and_remedy(run, event) -> None:
    printed = " ".join(run(event(DENIED)).stdout.split())
    assert printed.startswith("deny training job ")
    assert "denied_image" in printed
    assert DENIED in printed


def _owned(text: str, event: Any, tmp_path: Path) -> Path:
    """Write an event that has this text in every field that the job's owner controls."""
    content = json.loads(event(DENIED).read_text())
    content["detail"]["TrainingJobName"] = f"churn{text}"
    content["detail"]["Environment"] = {f"NAME{text}_PASSWORD": "x"}
    content["detail"]["HyperParameters"] = {f"api_key{text}": "AKIAIOSFODNN7EXAMPLE"}
    path = tmp_path / "owned.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    "text", ["\x1b[2J\x1b[1;1H", "\x07\x08\r", "\x9b31m", "\N{RIGHT-TO-LEFT OVERRIDE}", "\u2028", "\u200b"], ids=ascii
)
def test_control_characters_are_escaped_in_the_table(run, event, tmp_path, text) -> None:
    result = run(_owned(text, event, tmp_path))
    assert result.exit_code == 1
    shown = result.stdout + result.stderr
    assert [character for character in shown if unicodedata.category(character)[0] == "C" and character != "\n"] == []
    assert not set(text) & set(shown) - set("[]0123456789;mJH")


def test_control_characters_are_escaped_in_an_error(run, tmp_path) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"source": "aws.sagemaker", "account": "\x1b[2J", "detail-type": "\x1b[2J"}))
    result = run(path)
    assert (result.exit_code, "\x1b" in result.stderr) == (2, False)


CREDENTIALS = [
    "https://bob:hunter2@registry.example.com/team/churn:1",
    "bob:hunter2@registry.example.com/team/churn@sha256:" + "0" * 64,
    "bob:hunt@er2@registry.example.com/churn",
]


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.parametrize("image", CREDENTIALS)
def test_user_and_password_of_an_image_reference_are_never_shown(run, event, image, options) -> None:
    result = run(event(image), *options)
    shown = result.stdout + result.stderr
    assert result.exit_code == 1
    assert "registry.example.com" in shown
    assert [part for part in ("bob", "hunter2", "hunt", "er2@") if part in shown] == []


def test_nor_are_those_in_a_recorded_document(run, event, tmp_path) -> None:
    answer = json.loads(run(event(CREDENTIALS[0]), "--json").stdout)
    answer["document"]["images"][0]["raw"] = CREDENTIALS[0]
    recorded = tmp_path / "recorded.json"
    recorded.write_text(json.dumps(answer))
    assert "hunter2" not in run(recorded, "--json").stdout + run(recorded).stdout


@pytest.mark.parametrize("image", [DENIED, "registry.example.com/" + "a" * 200], ids=["denied", "long"])
def test_the_table_fits_80_columns(run, event, image) -> None:
    lines = run(event(image), env={"COLUMNS": "80"}).stdout.splitlines()
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param(":1.10-cpu-py38", ":1.10-cpu-py38 ", "ends with white space", id="white space"),
        pytest.param(
            '"pytorch-training:1.10-cpu', '"PyTorch-training:1.10-cpu', "can never match an image", id="upper case"
        ),
        pytest.param("rules:\n", "rule:\n", "did you mean rules?", id="misspelt"),
    ],
)
def test_a_folder_with_errors_is_rejected(run, event, opa, tmp_path, old, new, says) -> None:
    tree = few_policies(tmp_path / "copy", opa, ("denied_image", "max_runtime"))
    config = tree.folder / CONFIG
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new))
    result = run(event(ALLOWED), "--bundle", tree.folder / POLICIES)
    assert (result.exit_code, says in result.stderr) == (2, True), result.stderr


def test_a_folder_without_policies_is_rejected(run, event, tmp_path) -> None:
    result = run(event(ALLOWED), "--bundle", tmp_path)
    assert result.exit_code == 2
    assert result.stderr.replace("\n", "") == (
        f"error ConfigError: not a folder of policies: it has no guard/config/data.yaml (path={str(tmp_path)!r})"
    )


def test_json_holds_decision_findings_document_and_revision(run, event, bundle) -> None:
    answer = json.loads(run(event(DENIED), "--json", "--bundle", bundle).stdout)
    assert (answer["decision"], [finding["rule_id"] for finding in answer["findings"]]) == ("deny", ["denied_image"])
    assert answer["document"]["images"][0]["raw"] == DENIED
    assert len(answer["revision"]) >= 12


def test_the_output_of_json_can_be_evaluated_again(run, event, tmp_path) -> None:
    first = run(event(DENIED), "--json")
    recorded = tmp_path / "recorded.json"
    recorded.write_text(first.stdout)
    assert json.loads(run(recorded, "--json").stdout) == json.loads(first.stdout)


def test_a_describe_response_replaces_the_events_detail(run, event, tmp_path) -> None:
    described = json.loads(event(DENIED).read_text())["detail"]
    path = tmp_path / "describe.json"
    path.write_text(json.dumps(described))
    assert run(event(ALLOWED), "--describe", path).exit_code == 1


def test_the_deny_lists_of_the_settings_are_used(run, event, monkeypatch) -> None:
    monkeypatch.setenv("GUARD_TRAINING_CONTAINERS", "pytorch-training:2.4-cpu-py311")
    assert run(event(ALLOWED)).exit_code == 1


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda content: content, id="as it is"),
        pytest.param(gzip.compress, id="gzipped, as the bucket has records"),
        pytest.param(lambda content: codecs.BOM_UTF8 + content, id="with a byte order mark"),
        pytest.param(lambda content: content.decode().encode("utf-16"), id="as PowerShell writes it"),
    ],
)
def test_an_event_is_read_from_standard_input_as_from_a_file(run, event, tmp_path, written) -> None:
    content = written(event(DENIED).read_bytes())
    (tmp_path / "written").write_bytes(content)
    assert [run("-", input=content).exit_code, run(tmp_path / "written").exit_code] == [1, 1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("{", "not JSON", id="not JSON"),
        pytest.param("[" * 200_000, "not JSON", id="JSON without end"),
        pytest.param('{"source": "aws.sagemaker", "account": ["[/x]"]}', "[/x]", id="text that looks like markup"),
        pytest.param("{}", "EventError", id="not an event"),
        pytest.param('{"document": {"schema_version": 1}}', "document is invalid", id="an invalid document"),
    ],
)
def test_invalid_input_is_an_error(run, tmp_path, content, says) -> None:
    path = tmp_path / "event.json"
    path.write_text(content)
    result = run(path)
    assert (result.exit_code, says in result.stderr) == (2, True)


def test_the_error_of_invalid_json_names_the_path_and_the_position(run, tmp_path) -> None:
    path = tmp_path / "event.json"
    path.write_text("{\n7")
    error = run(path).stderr
    assert f"path={str(path)!r}" in error
    assert "line 2 column 1" in error


@pytest.mark.parametrize("kept", [3, 40], ids=["within the header", "within the data"])
def test_a_truncated_record_cannot_be_read(run, event, tmp_path, kept) -> None:
    path = tmp_path / "record.json.gz"
    path.write_bytes(gzip.compress(event(DENIED).read_bytes())[:kept])
    result = run(path)
    assert (result.exit_code, f"the file can't be read (path={str(path)!r}" in result.stderr) == (2, True)


def test_an_event_that_the_guard_ignores_is_an_error(run, event) -> None:
    result = run(event(ALLOWED, source="aws.ec2"))
    assert (result.exit_code, "ignores this event, so there is no decision (reason=" in result.stderr) == (2, True)


@pytest.mark.parametrize("option", ["--bundle", "--describe"])
def test_a_path_that_is_not_there_is_an_error(run, event, option) -> None:
    result = run(event(ALLOWED), option, "/nowhere")
    assert (result.exit_code, "/nowhere" in result.stderr) == (2, True)


def test_the_error_of_a_missing_bundle_says_how_to_get_one(run, event) -> None:
    error = "run this in the repository, or give --bundle (path='/nowhere'"
    assert error in run(event(ALLOWED), "--bundle", "/nowhere").stderr


def test_the_error_of_an_unreadable_file_has_the_reason(run, tmp_path) -> None:
    assert "problem='Is a directory'" in run(tmp_path).stderr
    assert "problem='No such file or directory'" in run(tmp_path / "none.json").stderr


def test_a_describe_response_in_place_of_the_event_is_an_error(run, event, tmp_path) -> None:
    path = tmp_path / "describe.json"
    path.write_text(json.dumps(json.loads(event(DENIED).read_text())["detail"]))
    refused = run(path)
    assert (refused.exit_code, "give the job's event, and this file with --describe" in refused.stderr) == (
        2,
        True,
    )


@pytest.mark.parametrize(
    "content", ["{}", '{"TransformJobName": "churn-42"}', "[]"], ids=["empty", "another kind", "list"]
)
def test_an_invalid_describe_response_is_an_error(run, event, tmp_path, content) -> None:
    path = tmp_path / "describe.json"
    path.write_text(content)
    refused = run(event(ALLOWED), "--describe", path)
    error = "Describe response" if content == "[]" else "the file is not a DescribeTrainingJob response"
    assert (refused.exit_code, error in refused.stderr, f"path={str(path)!r}" in refused.stderr) == (2, True, True)


def test_a_recorded_document_cannot_have_a_describe_response(run, event, tmp_path) -> None:
    recorded = tmp_path / "recorded.json"
    recorded.write_text(run(event(ALLOWED), "--json").stdout)
    refused = run(recorded, "--describe", recorded)
    error = f"--describe can't be combined with a recorded document (path={str(recorded)!r}"
    assert (refused.exit_code, error in refused.stderr) == (2, True)


@pytest.mark.parametrize("error", [RuntimeError("surprise"), ConfigError("surprise")], ids=["defect", "known"])
def test_any_exception_of_a_command_exits_with_2(monkeypatch, capsys, error) -> None:
    def broken() -> None:
        raise error

    monkeypatch.setattr("guard.cli.app.app", broken)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, "surprise" in capsys.readouterr().err) == (2, True)


def _printed(error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    def broken() -> None:
        raise error

    monkeypatch.setattr("guard.cli.app.app", broken)
    with pytest.raises(SystemExit):
        main()
    return capsys.readouterr().err.splitlines()


def test_characters_that_the_terminals_encoding_lacks_are_escaped(monkeypatch) -> None:
    """The arrow before a remediation isn't in Latin-1, and a job's owner may use any character."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding="latin-1") for name in ("stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(
        "guard.cli.app.app", lambda: [print("→", file=stream, flush=True) for stream in streams.values()]
    )
    main()
    assert [stream.buffer.getvalue() for stream in streams.values()] == [rb"\u2192" + b"\n"] * 2


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["table", "JSON"])
def test_output_that_nobody_reads_exits_with_2(event, bundle, opa, options) -> None:
    """For example in `evaluate ... | head -1`. Without line buffering, Python would write short output only when it ends."""
    readers, writers = os.pipe()
    os.close(readers)
    command = [sys.executable, "-c", "from guard.cli.app import main; main()", "evaluate", str(event(ALLOWED))]
    ran = subprocess.run(
        [*command, "--bundle", str(bundle), *options],
        stdout=writers,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "GUARD_OPA_PATH": str(opa)},
        check=False,
    )
    os.close(writers)
    assert (ran.returncode, ran.stderr) == (2, "")


def test_an_error_of_several_lines_keeps_its_lines(monkeypatch, capsys) -> None:
    assert _printed(ConfigError("two\nproblems"), monkeypatch, capsys) == ["error ConfigError: two", "problems"]


def test_a_defect_is_printed_with_its_traceback_and_escaped(monkeypatch, capsys) -> None:
    lines = _printed(RuntimeError("a\x1b[2Jb"), monkeypatch, capsys)
    assert (lines[0], lines[-1]) == ("error Traceback (most recent call last):", r"RuntimeError: a\x1b[2Jb")
    assert any("in broken" in line for line in lines)


def test_the_help_lists_the_commands_but_no_option_to_install_shell_completion() -> None:
    """That option would write into the configuration files of the caller's shell."""
    result = CliRunner().invoke(app, [])
    assert "evaluate" in result.output
    assert "completion" not in CliRunner().invoke(app, ["--help"]).output
