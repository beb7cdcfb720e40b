"""What is refused before anything is built, and the fingerprint of a release: another one for each change, and only then."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tools.deploy import fingerprint, main, with_data_policy

PACKAGED = """
Parameters:
  Mode: {Type: String, Default: enforce}
  Release: {Type: String, Default: ""}
Resources:
  Function: {Code: {S3Key: 0123}, Role: !GetAtt Role.Arn}
"""
FIRST = fingerprint(PACKAGED, {})


def test_a_default_is_the_same_said_or_not() -> None:
    assert fingerprint(PACKAGED, {"Mode": "enforce", "Release": "abc"}) == FIRST


@pytest.mark.parametrize(
    ("packaged", "parameters"),
    [
        pytest.param(PACKAGED.replace("0123", "4567"), {}, id="other code"),
        pytest.param(PACKAGED, {"Mode": "audit"}, id="another parameter"),
    ],
)
def test_what_the_functions_are_made_of_makes_another_release(packaged: str, parameters: dict[str, str]) -> None:
    assert fingerprint(packaged, parameters) != FIRST


DATA = """
  Log:
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
  Bucket:
    DeletionPolicy: Retain
    Description: "DeletionPolicy: Retain is for audits"
"""


@pytest.mark.parametrize("on_delete", ["keep", ""])
def test_data_stays_unless_it_is_to_go(on_delete: str) -> None:
    assert with_data_policy(DATA, on_delete) == DATA


def test_data_goes_with_the_stack_and_is_still_not_lost_when_a_resource_is_replaced() -> None:
    expected = DATA.replace("RetainExceptOnCreate", "Delete").replace(
        "DeletionPolicy: Retain\n", "DeletionPolicy: Delete\n"
    )
    assert with_data_policy(DATA, "delete") == expected


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize(
    ("bucket", "given", "told"),
    [
        pytest.param("", "Mode=audit", "say where the package goes: make deploy BUCKET=my-bucket", id="no bucket"),
        pytest.param("b", "OnDelete", "not a parameter: OnDelete; PARAMETERS holds NAME=VALUE ...", id="no value"),
        pytest.param("b", "Mode=audit", "give Mode as MODE=..., not in PARAMETERS", id="one with its own variable"),
        pytest.param("b", "Architecture=x86_64", "give Architecture as ARCH=..., not in", id="the processor likewise"),
        pytest.param(
            "b", "UndecidedJob=stop", "UndecidedJob is no parameter; did you mean UndecidedJobs?", id="a misspelt one"
        ),
        pytest.param(
            "b", "Release=1", "Release is no parameter; there are AlarmTopicArn, ", id="one that is not for people"
        ),
        pytest.param("b", "Metrics=off", "Metrics is enabled or disabled, not 'off'", id="a value that is not allowed"),
        pytest.param("b", "SweepMinutes=7", "SweepMinutes is 5, 10, 15, 20 or 30, not '7'", id="a number that is not"),
        pytest.param("b", "OnDelete=keep", "there is no `aws` on PATH", id="no AWS CLI"),
    ],
)
def test_what_can_not_be_meant_is_refused_before_anything_is_built(
    capsys: pytest.CaptureFixture[str], bucket: str, given: str, told: str
) -> None:
    """The AWS CLI leaves parameters that the template hasn't out without a word."""
    assert main(bucket, "stack", given) == 2
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("no_programs")
def test_a_stack_without_a_name_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """As in `make deploy STACK=$STACK`, of a variable that nobody set."""
    assert main("b", "") == 2
    assert capsys.readouterr().err == "say which stack: STACK is empty\n"


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        pytest.param("ARCH", "mips", "ARCH is arm64 or x86_64, not 'mips'\n", id="an unknown processor"),
        pytest.param("MODE", "Audit", "MODE is enforce or audit, not 'Audit'\n", id="an unknown mode"),
    ],
)
def test_variables_of_their_own_have_values_that_the_template_allows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert main("b", "stack") == 2
    assert capsys.readouterr().err == told


GROUPS, SUBNETS = "SecurityGroupIds=sg-1a", "SubnetIds=subnet-1a"


@pytest.mark.parametrize(
    ("current", "given", "refused"),
    [
        pytest.param([], [GROUPS], True, id="groups alone"),
        pytest.param([], [SUBNETS], True, id="subnets alone"),
        pytest.param([GROUPS, SUBNETS], ["SecurityGroupIds="], True, id="a VPC that loses its groups"),
        pytest.param([GROUPS, SUBNETS], ["SubnetIds="], False, id="a stack that leaves its VPC"),
        pytest.param([GROUPS], ["OnDelete=keep"], False, id="a stack with groups from before"),
        pytest.param([GROUPS], [SUBNETS], False, id="subnets for the stack's groups"),
    ],
)
def test_subnets_and_groups_are_refused_alone_where_a_deployment_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, current: list[str], given: list[str], refused: bool
) -> None:
    _stack_with(current, tmp_path, monkeypatch)
    # What isn't refused ends where the package would be built.
    assert main("b", "stack", *given) == (2 if refused else 1)


def test_a_deny_list_with_an_entry_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stack_with([], tmp_path, monkeypatch)
    assert main("b", "stack", "TrainingContainers=xgboost:1,quay.io") == 2
    assert capsys.readouterr().err.startswith("TrainingContainers: 'quay.io' is not an image of the deny list: ")


def _stack_with(given: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `aws` describe a stack with these parameters, and `make` build nothing."""
    keys = ("ParameterKey", "ParameterValue")
    parameters = [dict(zip(keys, each.split("="), strict=True)) for each in given]
    stack = json.dumps({"Stacks": [{"Parameters": parameters}]})
    (folder / "aws").write_text(f"#!/bin/sh\necho '{stack}'\n")
    (folder / "aws").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MAKE", "false")
