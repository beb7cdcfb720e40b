"""Build the package and deploy the stack: `PARAMETERS="NAME=VALUE ..." python tools/deploy.py BUCKET STACK`.

The environment variables MODE and ARCH set the parameters Mode and Architecture, EXTRA is a folder whose files are added to the
package, and PARAMETERS holds the other parameters, with quotes around values with spaces. Parameters that aren't given keep the
stack's values; a new stack gets the template's defaults.
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
# Parameters with their own variables, because they also decide what is built.
OWN_VARIABLES = {"Mode": "MODE", "Architecture": "ARCH"}
# Parameters that name files of the package.
IN_PACKAGE = ("BundleInPackage", "OpaCaFile")


class _Loader(LOADER):  # type: ignore[misc]
    """Ignores the short forms of CloudFormation's functions, as only the parameters are read here."""


_Loader.add_multi_constructor("!", lambda *_: None)


def main(bucket: str, stack: str, *given: str) -> int:
    """Deploy. Return 0, 2 for invalid arguments, or the exit code of the command that failed."""
    parameters = _parameters(bucket, stack, given)
    if parameters is None:
        return 2
    if shutil.which("aws") is None:
        print("`aws` is not on PATH: install the AWS CLI, which deploys the stack", file=sys.stderr)
        return 2
    try:
        current = _current(stack)
        if not (_deny_lists_are_valid(current | parameters) and _vpc_is_complete(current, parameters)):
            return 2
        # The package must match the function's processor architecture.
        architecture = parameters.get("Architecture") or current.get("Architecture") or ARCHITECTURES[0]
        extra = os.environ.get("EXTRA", "")
        subprocess.run(
            [os.environ.get("MAKE", "make"), "package", f"ARCH={architecture}", f"EXTRA={extra}"], check=True
        )
        if not _named_files_exist(current | parameters):
            return 2
        package = ["package", "--template-file", "template.yml", "--s3-bucket", bucket]
        _aws(*package, "--output-template-file", str(PACKAGED))
        PACKAGED.write_text(with_data_policy(PACKAGED.read_text(), (current | parameters).get("OnDelete", "keep")))
        parameters["Release"] = fingerprint(PACKAGED.read_text(), current | parameters)
        # The template goes through the bucket, because a request may contain at most 51,200 bytes of it.
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


def _deny_lists_are_valid(parameters: dict[str, str]) -> bool:
    """Whether the parameters' deny lists are valid; otherwise print the error. With an invalid one, no function starts."""
    for name in PARAMETERS.values():
        try:
            check_list(parameters.get(name, ""))
        except EntryError as exc:
            print(f"{name}: {exc.evidence['entry']!r} is not a valid deny-list entry: {exc.message}", file=sys.stderr)
            return False
    return True


def _vpc_is_complete(current: dict[str, str], parameters: dict[str, str]) -> bool:
    """Whether both subnets and security groups are given, or neither; otherwise print the error.

    With subnets only, Lambda rejects the functions and the stack is rolled back. With groups only, the functions wouldn't be
    attached to a VPC, and nobody would notice. Groups that only the stack has, and aren't given now, are accepted: they may be
    left from a VPC that the stack no longer uses.
    """
    wanted = current | parameters
    missing = [name for name in ("SubnetIds", "SecurityGroupIds") if not wanted.get(name)]
    if len(missing) != 1 or (missing == ["SubnetIds"] and not parameters.get("SecurityGroupIds")):
        return True
    print(f"{missing[0]} is empty: give SubnetIds and SecurityGroupIds, or neither of them", file=sys.stderr)
    return False


def _named_files_exist(parameters: dict[str, str]) -> bool:
    """Whether the package has the files that the parameters name: a new package lacks those of an earlier deployment."""
    named = {name: parameters.get(name, "") for name in IN_PACKAGE}
    missing = {name: path for name, path in named.items() if path and not (PACKAGE / path).is_file()}
    for name, path in missing.items():
        print(f"the package has no {path}, which {name} names: add it with EXTRA=folder, at that path", file=sys.stderr)
    return not missing


def with_data_policy(template: str, on_delete: str) -> str:
    """Return the template; if `on_delete` is "delete", its data is deleted with the stack. No transform can do this."""
    if on_delete != "delete":
        return template
    return re.sub(r"^( +DeletionPolicy: )Retain(ExceptOnCreate)?$", r"\1Delete", template, flags=re.MULTILINE)


def fingerprint(packaged: str, given: dict[str, str]) -> str:
    """Return the release's id: a hash of the packaged template and of all parameters, including those with their defaults.

    The packaged template names the functions' code by the hash of its content. So another fingerprint means another version of
    the functions, and the same fingerprint means that there is nothing to deploy.
    """
    parameters = {name: str(body.get("Default", "")) for name, body in _declared(packaged).items()} | given
    parameters.pop("Release", None)
    return hashlib.sha256(json.dumps([packaged, sorted(parameters.items())]).encode()).hexdigest()


def _declared(template: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.load(template, _Loader)["Parameters"]  # a SafeLoader, too
    return found


def _parameters(bucket: str, stack: str, given: tuple[str, ...]) -> dict[str, str] | None:
    problem = None if stack else "STACK is empty: give the name of the stack"
    problem = problem if bucket else "BUCKET is empty: give the bucket for the package, make deploy BUCKET=my-bucket"
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
            # The AWS CLI silently ignores parameters that the template doesn't have.
            problem = problem or f"{name} {hint('is not a parameter', name, known, 'known are ' + ', '.join(known))}"
        parameters[name] = value
    problem = problem or next(_invalid_values(declared, parameters), None)
    if problem is not None:
        print(problem, file=sys.stderr)
        return None
    return parameters


def _invalid_values(declared: dict[str, dict[str, Any]], parameters: dict[str, str]) -> Iterator[str]:
    """Yield an error for each value that the template doesn't allow; CloudFormation would report it only after the upload."""
    for name, value in parameters.items():
        allowed = [str(each) for each in declared[name].get("AllowedValues", [value])]
        if value not in allowed:
            *others, last = allowed
            yield f"{OWN_VARIABLES.get(name, name)} is {', '.join(others)} or {last}, not {value!r}"


def _current(stack: str) -> dict[str, str]:
    """Return the stack's parameters, none for a new stack. Other errors than a missing stack are raised: an existing stack may
    have another architecture than the default.
    """
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
    """Return the environment for the AWS CLI, whose version 1 doesn't read AWS_REGION."""
    region = region_of(os.environ)
    return {**os.environ, **({"AWS_DEFAULT_REGION": region} if region else {})}


def run(bucket: str, stack: str, parameters: str) -> int:
    """Deploy with parameters that are quoted as for a shell, but not expanded. Return the exit code."""
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
