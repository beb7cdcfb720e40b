"""`make deploy` with the AWS CLI against moto's CloudFormation, which can't update this stack: tests/deployment tests updates."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto.cloudformation import parsing, responses
from moto.cloudformation.models import Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.server import ThreadedMotoServer

from guard.opa.binary import OPA_VERSION
from tests.support.environment import clean_environment
from tests.support.jobs import REGION
from tools.package import command_line

ROOT = Path(__file__).resolve().parents[2]
# moto warns about parts of the template that it ignores; they aren't tested here.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
Deploy = Callable[..., subprocess.CompletedProcess[str]]

# Replaces Python in the Makefile: writes down the requested processor, and always leaves the same package.
PACKAGER = """#!/bin/sh
case "$*" in *--arch*) ;; *) touch build/bundle.tar.gz; exit;; esac
mkdir -p build/package
printf '%s\\n' "$@" > build/arguments
echo "$@" | sed -E 's/.*--arch ([a-z0-9_]+).*/\\1/' > build/arch
printf 'def handler(event, context): ...\\n' > build/package/handler.py
touch build/package/bundle.tar.gz
extra=$(echo "$@" | sed -nE 's/.*--extra ([^ ]+).*/\\1/p')
if [ -n "$extra" ]; then cp -r "$extra"/. build/package; fi
find build/package -exec touch -d 2026-01-01 {} +
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a local AWS and yield its address."""
    moto = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@contextmanager
def local_aws(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the local AWS a bucket for packages, and reset it at the end."""
    # In CloudFormation and in moto's stacks, a change set without changes gets the status FAILED with a reason. But moto rejects
    # it before that, and ignores the defaults of parameters that aren't given when it looks for changes.
    monkeypatch.setattr(CloudFormationResponse, "_validate_different_update", lambda *_: None)
    monkeypatch.setattr(Stack, "has_parameters", lambda stack, given: stack.stack_parameters == given)
    # moto's updates also create resources whose condition is false.
    update = parsing.parse_and_update_resource

    def conditional(name: str, resource: Any, resources: Any, **rest: Any) -> Any:
        condition = resource.get("Condition")
        wanted = condition is None or resources.lazy_condition_map[condition]
        return update(name, resource, resources, **rest) if wanted else None

    monkeypatch.setattr(parsing, "parse_and_update_resource", conditional)
    # moto reads the bucket from the path of a template's URL only if the host is localhost.
    from_url = responses.get_stack_from_s3_url
    at_localhost = lambda url, **rest: from_url(url.replace("127.0.0.1", "localhost"), **rest)  # noqa: E731
    monkeypatch.setattr(responses, "get_stack_from_s3_url", at_localhost)
    clean_environment(monkeypatch)
    s3 = boto3.client("s3", region_name=REGION, endpoint_url=server)
    s3.create_bucket(Bucket="packages", CreateBucketConfiguration={"LocationConstraint": REGION})
    try:
        yield
    finally:
        requests.post(f"{server}/moto-api/reset", timeout=10)


@pytest.fixture
def aws(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the address of a local AWS with a bucket for packages."""
    with local_aws(server, monkeypatch):
        yield server


@pytest.fixture
def deploy(tmp_path: Path, aws: str) -> Deploy:
    """Return a function that runs `make deploy` in a clone with a fake package build."""
    return deploying(tmp_path, aws)


def deploying(folder: Path, aws: str) -> Deploy:
    """Return a function that runs `make deploy` in a folder that looks like a clone."""
    (folder / "tools").mkdir()
    for name in ("Makefile", "tools/deploy.py", "tools/find-python"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "template.yml").write_text(_without_versions((ROOT / "template.yml").read_text()))
    (folder / "guard").symlink_to(ROOT / "guard")
    bundled = ("policies/any.rego", "schemas/any.json", "capabilities.json")
    for name in ("requirements/dev.txt", "pyproject.toml", ".venv/.ready", *bundled):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    _program(folder / ".venv" / "bin" / "python", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (folder / ".venv" / ".ready").touch()
    for goarch in ("amd64", "arm64"):
        _program(folder / "cache" / "sagemaker-guard" / f"opa-v{OPA_VERSION}-linux-{goarch}", "#!/bin/sh\n")
    _program(folder / "packager", PACKAGER)
    # Not the script that pip installs: its first line is invalid if the path of the clone has a space.
    _program(folder / "cli" / "aws", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m awscli "$@"\n')
    environment = {
        **os.environ,
        "PATH": f"{folder / 'cli'}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": "cache",  # relative: the absolute path may have a space, which make can't handle
        "AWS_ENDPOINT_URL": aws,
        "AWS_PAGER": "",
    }

    def run(*variables: str, target: str = "deploy", **more: str) -> subprocess.CompletedProcess[str]:
        command = ["make", target, "BUCKET=packages", "PYTHON=./packager", *variables]
        return subprocess.run(
            command, cwd=folder, env={**environment, **more}, capture_output=True, text=True, check=False
        )

    return run


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _without_versions(template: str) -> str:
    """Remove versions and aliases, which moto's CloudFormation doesn't support: tests/deployment has the whole stack."""
    without = re.sub(r"^  \w*Function(Version|Alias):\n(    .*\n)+\n", "", template, flags=re.MULTILINE)
    return re.sub(
        r"^    DependsOn: \w*Alias\n",
        "",
        re.sub(r"!Ref (\w*Function)Alias", r"!GetAtt \1.Arn", without),
        flags=re.MULTILINE,
    )


def parameters(aws: str, stack: str = "sagemaker-guard", region: str = REGION) -> dict[str, str]:
    stacks: Any = boto3.client("cloudformation", region_name=region, endpoint_url=aws)
    (described,) = stacks.describe_stacks(StackName=stack)["Stacks"]
    return {
        each["ParameterKey"]: each["ParameterValue"]
        for each in described["Parameters"]
        if each["ParameterKey"] != "Release"
    }


def stacks_in(region: str, aws: str) -> list[str]:
    client: Any = boto3.client("cloudformation", region_name=region, endpoint_url=aws)
    return [each["StackName"] for each in client.describe_stacks()["Stacks"]]


def deletion_policies(aws: str) -> set[str]:
    stacks: Any = boto3.client("cloudformation", region_name=REGION, endpoint_url=aws)
    template = stacks.get_template(StackName="sagemaker-guard")["TemplateBody"]
    return set(re.findall(r"DeletionPolicy\W+(\w+)", template if isinstance(template, str) else json.dumps(template)))


@dataclass(frozen=True)
class Twice:
    """The results of two equal deployments: the second one's output, the stack's parameters and deletion policies."""

    printed: str
    parameters: tuple[dict[str, str], dict[str, str]]
    deletion_policies: tuple[set[str], set[str]]
    processor: str


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory, server: str) -> Twice:
    """Deploy with settings, then again without them."""
    clone = tmp_path_factory.mktemp("twice")
    with pytest.MonkeyPatch.context() as patch, local_aws(server, patch):
        deploy = deploying(clone, server)
        chosen = "LogRetentionDays=30 TrainingContainers=xgboost:1,b:2 OnDelete=delete"
        first = deploy("MODE=audit", "ARCH=x86_64", f"PARAMETERS={chosen}")
        assert first.returncode == 0, first.stderr
        before, policies = parameters(server), deletion_policies(server)
        (clone / "build" / "arch").unlink()
        again = deploy()
        assert again.returncode == 0, again.stderr
        processor = (clone / "build" / "arch").read_text().strip()
        return Twice(again.stdout, (before, parameters(server)), (policies, deletion_policies(server)), processor)


def test_a_repeated_deployment_changes_nothing(twice: Twice) -> None:
    before, after = twice.parameters
    assert (before["Mode"], before["Architecture"], before["LogRetentionDays"]) == ("audit", "x86_64", "30")
    assert after == before
    assert "No changes to deploy" in twice.printed


def test_a_deployment_builds_for_the_stacks_processor(twice: Twice) -> None:
    assert twice.processor == "x86_64"


def test_later_deployments_keep_the_chosen_deletion_policy(twice: Twice) -> None:
    assert twice.deletion_policies == ({"Delete"}, {"Delete"})


ADDRESS = "https://tickets.example.com/new?project=(1);$x&type=*|`2`#a"


@dataclass(frozen=True)
class New:
    """The result of a first deployment, in AWS_REGION: the stack's parameters, and the stacks by region."""

    parameters: dict[str, str]
    stacks: dict[str, list[str]]
    processor: str


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory, server: str) -> New:
    clone = tmp_path_factory.mktemp("new")
    with pytest.MonkeyPatch.context() as patch, local_aws(server, patch):
        given = f"PARAMETERS='ProcessingContainers=a:1, b:2' ExemptionUrl={ADDRESS.replace('$', '$$')}"
        deployed = deploying(clone, server)("STACK=other", given, AWS_REGION="eu-north-1")
        assert deployed.returncode == 0, deployed.stderr
        stacks = {region: stacks_in(region, server) for region in (REGION, "eu-north-1")}
        processor = (clone / "build" / "arch").read_text().strip()
        return New(parameters(server, "other", "eu-north-1"), stacks, processor)


def test_a_new_stack_takes_the_templates_defaults(new: New) -> None:
    assert (new.parameters["Mode"], new.parameters["Architecture"], new.processor) == ("enforce", "arm64", "arm64")


def test_a_url_keeps_characters_that_are_special_in_a_shell(new: New) -> None:
    assert (new.parameters["ExemptionUrl"], new.parameters["ProcessingContainers"]) == (ADDRESS, "a:1, b:2")


def test_the_stack_is_in_the_region_that_version_2_of_the_cli_would_use(new: New) -> None:
    assert new.stacks == {REGION: [], "eu-north-1": ["other"]}


def test_every_package_must_have_the_files_named_in_the_parameters(deploy: Deploy, aws: str, tmp_path: Path) -> None:
    (tmp_path / "mine" / "certs").mkdir(parents=True)
    (tmp_path / "mine" / "certs" / "ca.pem").touch()
    named = "PARAMETERS=OpaCaFile=certs/ca.pem"
    without = deploy(named)
    assert (without.returncode, "no certs/ca.pem, which OpaCaFile names: add it with EXTRA=" in without.stderr) == (
        2,
        True,
    )
    assert deploy(named, "EXTRA=mine").returncode == 0
    shutil.rmtree(tmp_path / "build" / "package")
    later = deploy()
    assert (later.returncode, "OpaCaFile" in later.stderr) == (2, True)
    assert parameters(aws)["OpaCaFile"] == "certs/ca.pem"


@pytest.mark.parametrize("python", ["", "/usr/bin/python3.13"], ids=["none", "one"])
def test_a_machine_without_lambdas_python_can_build_the_package(deploy: Deploy, tmp_path: Path, python: str) -> None:
    """On such a machine, tools/find-python prints nothing."""
    (tmp_path / "mine").mkdir()
    packaged = deploy(f"PYTHON313={python}", "EXTRA=mine", "ARCH=arm64", target="package")
    assert packaged.returncode == 0, packaged.stderr
    read = command_line().parse_args((tmp_path / "build" / "arguments").read_text().splitlines()[1:])
    assert (read.python, read.extra, read.arch) == (python, Path("mine"), "arm64")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        pytest.param(["BUCKET="], "BUCKET=my-bucket", id="no bucket"),
        pytest.param(["PARAMETERS=OnDelete='keep"], "PARAMETERS can't be read", id="a quote that isn't closed"),
        pytest.param(
            ["PARAMETERS=SubnetIds=subnet-1a,subnet-2b"], "SecurityGroupIds is empty: give", id="a VPC without groups"
        ),
    ],
)
def test_invalid_settings_are_rejected_before_a_package_is_built(
    deploy: Deploy, tmp_path: Path, variables: list[str], message: str
) -> None:
    rejected = deploy(*variables)
    assert rejected.returncode != 0
    assert message in rejected.stderr
    assert not (tmp_path / "build" / "arch").exists()


def test_a_stack_that_cannot_be_described_is_not_treated_as_new(
    deploy: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Any:
        raise RuntimeError("not today")

    monkeypatch.setattr(CloudFormationResponse, "describe_stacks", refuse)
    failed = deploy("PARAMETERS=LogRetentionDays=30")
    assert failed.returncode != 0
    assert not (tmp_path / "build" / "arch").exists()
