"""Arguments that are rejected before anything is built, and the fingerprint of a release, which changes only with its inputs."""

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


def test_an_explicit_default_has_the_same_fingerprint() -> None:
    assert fingerprint(PACKAGED, {"Mode": "enforce", "Release": "abc"}) == FIRST


@pytest.mark.parametrize(
    ("packaged", "parameters"),
    [
        pytest.param(PACKAGED.replace("0123", "4567"), {}, id="other code"),
        pytest.param(PACKAGED, {"Mode": "audit"}, id="another parameter"),
    ],
)
def test_other_code_or_parameters_have_another_fingerprint(packaged: str, parameters: dict[str, str]) -> None:
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
def test_data_is_kept_unless_it_is_to_be_deleted(on_delete: str) -> None:
    assert with_data_policy(DATA, on_delete) == DATA


def test_data_is_deleted_with_the_stack_but_not_when_a_resource_is_replaced() -> None:
    expected = DATA.replace("RetainExceptOnCreate", "Delete").replace(
        "DeletionPolicy: Retain\n", "DeletionPolicy: Delete\n"
    )
    assert with_data_policy(DATA, "delete") == expected


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize(
    ("bucket", "given", "expected"),
    [
        pytest.param("", "Mode=audit", "BUCKET is empty: give the bucket for the package, make dep", id="no bucket"),
        pytest.param("b", "OnDelete", "not a parameter: OnDelete; PARAMETERS holds NAME=VALUE ...", id="no value"),
        pytest.param("b", "Mode=audit", "give Mode as MODE=..., not in PARAMETERS", id="one with its own variable"),
        pytest.param("b", "Architecture=x86_64", "give Architecture as ARCH=..., not in", id="the processor likewise"),
        pytest.param(
            "b", "UndecidedJob=stop", "UndecidedJob is not a parameter; did you mean UndecidedJobs?", id="misspelt"
        ),
        pytest.param(
            "b", "Release=1", "Release is not a parameter; known are AlarmTopicArn, ", id="one that this tool sets"
        ),
        pytest.param("b", "Metrics=off", "Metrics is enabled or disabled, not 'off'", id="a value that is not allowed"),
        pytest.param("b", "SweepMinutes=7", "SweepMinutes is 5, 10, 15, 20 or 30, not '7'", id="a number that is not"),
        pytest.param("b", "OnDelete=keep", "`aws` is not on PATH: install the AWS CLI", id="no AWS CLI"),
    ],
)
def test_invalid_arguments_are_rejected_before_anything_is_built(
    capsys: pytest.CaptureFixture[str], bucket: str, given: str, expected: str
) -> None:
    """The AWS CLI silently ignores parameters that the template doesn't have."""
    assert main(bucket, "stack", given) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.usefixtures("no_programs")
def test_an_empty_stack_name_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    """For example in `make deploy STACK=$STACK` with an unset variable."""
    assert main("b", "") == 2
    assert capsys.readouterr().err == "STACK is empty: give the name of the stack\n"


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        pytest.param("ARCH", "mips", "ARCH is arm64 or x86_64, not 'mips'\n", id="an unknown processor"),
        pytest.param("MODE", "Audit", "MODE is enforce or audit, not 'Audit'\n", id="an unknown mode"),
    ],
)
def test_values_of_mode_and_arch_that_the_template_does_not_allow_are_rejected(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert main("b", "stack") == 2
    assert capsys.readouterr().err == expected


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
def test_only_subnets_or_only_groups_are_rejected_if_the_deployment_gives_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, current: list[str], given: list[str], refused: bool
) -> None:
    _stack_with(current, tmp_path, monkeypatch)
    # An accepted deployment ends with 1 at the build of the package, where `make` is `false`.
    assert main("b", "stack", *given) == (2 if refused else 1)


def test_a_deny_list_with_an_invalid_entry_is_rejected(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stack_with([], tmp_path, monkeypatch)
    assert main("b", "stack", "TrainingContainers=xgboost:1,quay.io") == 2
    assert capsys.readouterr().err.startswith("TrainingContainers: 'quay.io' is not a valid deny-list entry: ")


def _stack_with(given: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an `aws` on PATH that describes a stack with these parameters, and replace `make` by `false`."""
    keys = ("ParameterKey", "ParameterValue")
    parameters = [dict(zip(keys, each.split("="), strict=True)) for each in given]
    stack = json.dumps({"Stacks": [{"Parameters": parameters}]})
    (folder / "aws").write_text(f"#!/bin/sh\necho '{stack}'\n")
    (folder / "aws").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MAKE", "false")
