"""Builds the package and deploys the stack: `PARAMETERS="NAME=VALUE ..." python tools/deploy.py BUCKET STACK`.

MODE and ARCH, from the environment, are the parameters Mode and Architecture, EXTRA is a folder whose files are added to the
package, and PARAMETERS holds the other parameters, a value with a space in quotes. Whatever parameter isn't given keeps the value
that the stack has; a new stack takes the template's defaults.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from guard.authoring.wording import hint
from guard.authoring.yaml_positions import LOADER
from guard.cli.region import region_of
from guard.denylist.deployment import PARAMETERS, check_list
from guard.errors import EntryError

ROOT = Path(__file__).resolve().parent.parent
PACKAGED = Path("build/packaged.yml")
PACKAGE = Path("build/package")
ARCHITECTURES = ("arm64", "x86_64")
# What has variables of its own, because it decides what is built.
OWN_VARIABLES = {"Mode": "MODE", "Architecture": "ARCH"}
# The files of the package that parameters name.
IN_PACKAGE = ("BundleInPackage", "OpaCaFile")


class _Loader(LOADER):  # type: ignore[misc]
    """Passes over the short forms of CloudFormation's functions: only the parameters are read here."""


_Loader.add_multi_constructor("!", lambda *_: None)


def main(bucket: str, stack: str, *given: str) -> int:
    """Deploy; the exit code of the command that failed, 2 for what can't be meant."""
    parameters = _parameters(bucket, stack, given)
    if parameters is None:
        return 2
    if shutil.which("aws") is None:
        print("the AWS CLI deploys the stack, and there is no `aws` on PATH: install it", file=sys.stderr)
        return 2
    try:
        current = _current(stack)
        if not (_denies_what_it_says(current | parameters) and _has_a_whole_vpc(current, parameters)):
            return 2
        # The package must be built for the processor that the function has.
        architecture = parameters.get("Architecture") or current.get("Architecture") or ARCHITECTURES[0]
        extra = os.environ.get("EXTRA", "")
        subprocess.run(
            [os.environ.get("MAKE", "make"), "package", f"ARCH={architecture}", f"EXTRA={extra}"], check=True
        )
        if not _has_what_is_named(current | parameters):
            return 2
        package = ["package", "--template-file", "template.yml", "--s3-bucket", bucket]
        _aws(*package, "--output-template-file", str(PACKAGED))
        PACKAGED.write_text(with_data_policy(PACKAGED.read_text(), (current | parameters).get("OnDelete", "keep")))
        parameters["Release"] = fingerprint(PACKAGED.read_text(), current | parameters)
        # Through the bucket: a template that is sent along may have 51,200 bytes at most.
        deploy = ["deploy", "--template-file", str(PACKAGED), "--s3-bucket", bucket, "--stack-name", stack]
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        _aws(
            *deploy,
            "--capabilities",
            "CAPABILITY_IAM",
            "--no-fail-on-empty-changeset",
            "--parameter-overrides",
            *overrides,
        )
    except subprocess.CalledProcessError as exc:
        return exc.returncode
    return 0


def _denies_what_it_says(parameters: dict[str, str]) -> bool:
    """Whether the parameters' deny lists can be read: with one that can't, no function starts."""
    for name in PARAMETERS.values():
        try:
            check_list(parameters.get(name, ""))
        except EntryError as exc:
            print(f"{name}: {exc.evidence['entry']!r} is not an image of the deny list: {exc.message}", file=sys.stderr)
            return False
    return True


def _has_a_whole_vpc(current: dict[str, str], parameters: dict[str, str]) -> bool:
    """Whether subnets come with security groups: without them Lambda refuses the functions, and the stack is rolled back.

    Groups without subnets would attach the functions to no VPC, and nobody would notice. Those that the stack has already are
    left from before, or from a VPC that it is taken out of.
    """
    wanted = current | parameters
    missing = [name for name in ("SubnetIds", "SecurityGroupIds") if not wanted.get(name)]
    if len(missing) != 1 or (missing == ["SubnetIds"] and not parameters.get("SecurityGroupIds")):
        return True
    print(f"{missing[0]} is empty: give SubnetIds and SecurityGroupIds, or neither of them", file=sys.stderr)
    return False


def _has_what_is_named(parameters: dict[str, str]) -> bool:
    """Whether the package has the files that the parameters name: those of an earlier deployment are gone from it."""
    named = {name: parameters.get(name, "") for name in IN_PACKAGE}
    missing = {name: path for name, path in named.items() if path and not (PACKAGE / path).is_file()}
    for name, path in missing.items():
        print(f"the package has no {path}, which {name} names: add it with EXTRA=folder, at that path", file=sys.stderr)
    return not missing


def with_data_policy(template: str, on_delete: str) -> str:
    """Return the template whose data goes with the stack, if `on_delete` is "delete"; no transform does that."""
    if on_delete != "delete":
        return template
    return re.sub(r"^( +DeletionPolicy: )Retain(ExceptOnCreate)?$", r"\1Delete", template, flags=re.MULTILINE)


def fingerprint(packaged: str, given: dict[str, str]) -> str:
    """Return what makes a release: a hash of the packaged template and of all parameters, those with their defaults included.

    The packaged template names the functions' code by the hash of its content. So another fingerprint is another version of the
    functions, and with the same one there is nothing to deploy.
    """
    parameters = {name: str(body.get("Default", "")) for name, body in _declared(packaged).items()} | given
    parameters.pop("Release", None)
    return hashlib.sha256(json.dumps([packaged, sorted(parameters.items())]).encode()).hexdigest()


def _declared(template: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.load(template, _Loader)["Parameters"]  # a SafeLoader, too
    return found


def _parameters(bucket: str, stack: str, given: tuple[str, ...]) -> dict[str, str] | None:
    problem = None if stack else "say which stack: STACK is empty"
    problem = problem if bucket else "say where the package goes: make deploy BUCKET=my-bucket"
    declared = _declared(Path("template.yml").read_text())
    known = sorted(declared.keys() - OWN_VARIABLES.keys() - {"Release"})
    parameters = {name: os.environ[variable] for name, variable in OWN_VARIABLES.items() if os.environ.get(variable)}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            problem = problem or f"not a parameter: {each}; PARAMETERS holds NAME=VALUE ..."
        elif name in OWN_VARIABLES:
            problem = problem or f"give {name} as {OWN_VARIABLES[name]}=..., not in PARAMETERS"
        elif name not in known:
            # The AWS CLI leaves out what the template hasn't, without a word.
            problem = problem or f"{name} {hint('is no parameter', name, known, 'there are ' + ', '.join(known))}"
        parameters[name] = value
    problem = problem or next(_other_values(declared, parameters), None)
    if problem is not None:
        print(problem, file=sys.stderr)
        return None
    return parameters


def _other_values(declared: dict[str, dict[str, Any]], parameters: dict[str, str]) -> Iterator[str]:
    """Say which values aren't among those that the template allows: CloudFormation would, when the package is uploaded."""
    for name, value in parameters.items():
        allowed = [str(each) for each in declared[name].get("AllowedValues", [value])]
        if value not in allowed:
            *others, last = allowed
            yield f"{OWN_VARIABLES.get(name, name)} is {', '.join(others)} or {last}, not {value!r}"


def _current(stack: str) -> dict[str, str]:
    """The stack's parameters, none for a new one; only "no such stack" means a new one, which may have another processor."""
    command = ["aws", "cloudformation", "describe-stacks", "--stack-name", stack, "--output", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    if ran.returncode:
        if "does not exist" in ran.stderr:
            return {}
        print(ran.stderr, file=sys.stderr)
        raise subprocess.CalledProcessError(ran.returncode, command)
    (described,) = json.loads(ran.stdout)["Stacks"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}


def _aws(*arguments: str) -> None:
    command = ["aws", "cloudformation", *arguments]
    print("+", *command, file=sys.stderr, flush=True)
    subprocess.run(command, check=True, env=_environment())


def _environment() -> dict[str, str]:
    """The environment of the AWS CLI, whose version 1 reads the other variable of the region only."""
    region = region_of(os.environ)
    return {**os.environ, **({"AWS_DEFAULT_REGION": region} if region else {})}


def run(bucket: str, stack: str, parameters: str) -> int:
    """Deploy with parameters that are quoted as for a shell, in which nothing else has a meaning; the exit code."""
    try:
        given = shlex.split(parameters)
    except ValueError as exc:
        print(
            f"PARAMETERS can't be read: {exc}; it holds NAME=VALUE ..., a value with a space in quotes", file=sys.stderr
        )
        return 2
    return main(bucket, stack, *given)


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(run(*sys.argv[1:], os.environ.get("PARAMETERS", "")))
