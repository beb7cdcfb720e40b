"""LocalStack plugins: run functions as child processes under AWS's runtime client, and DynamoDB with moto.

With them, no containers or downloads are needed. LocalStack loads them by their entry points and runs them with its own Python;
other tests never import them.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor
from localstack.services.lambda_.resource_providers.lambda_alias import LambdaAliasProvider
from localstack.services.plugins import Service, aws_provider

from tests.support.lambda_runtime import Environment, LambdaFailed

RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")


class ProcessExecutor(RuntimeExecutor):
    """One execution environment of a function."""

    environment: Environment
    _seen = 0

    def start(self, env_vars: dict[str, Any]) -> None:
        """Start the function's process, with the endpoints in LocalStack's environment of services that LocalStack lacks."""
        config = self.function_version.config
        code = config.code.get_unzipped_code_location()
        elsewhere = {name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL_")}
        variables = {name: str(value).replace("/var/task", str(code)) for name, value in env_vars.items()}
        self.environment = Environment(
            [code, _runtime_client()],
            config.handler,
            python=Path(sys.executable),
            variables=variables | elsewhere,
            timeout=config.timeout,
        )

    def stop(self) -> None:
        """End the function's processes."""
        self.environment.close()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Return the function's response or error, with its output."""
        try:
            body, failed = self.environment.invoke(json.loads(payload["payload"])), False
        except LambdaFailed as exc:
            body, failed = exc.body, True
        return InvocationResult(payload["invoke-id"], json.dumps(body).encode(), failed, self.get_logs())

    def get_logs(self) -> str:
        """Return the output since the last call."""
        log = self.environment.log()
        new, self._seen = log[self._seen :], len(log)
        return new

    def get_address(self) -> str:
        """Return the address on which the function would listen."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Return the address of LocalStack for the function."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Return nothing: the runtime client uses the environment's own Runtime API."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: Any) -> None:
        """Unpack the package."""
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: Any) -> None:
        """Keep the unpacked package, because after a change of settings only, the next version uses it, too."""


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """The plugin of the entry point."""

    name = "process"

    def load(self, *_: object, **__: object) -> type[ProcessExecutor]:
        """Return the executor."""
        LambdaAliasProvider.create = _set_alias
        LambdaAliasProvider.delete = _leave_alias
        return ProcessExecutor


def _set_alias(self: Any, request: Any) -> ProgressEvent:
    """Update the alias in place, as CloudFormation does; LocalStack would create a second alias of the same name, and fail."""
    functions = request.aws_client_factory.lambda_
    alias = {name: request.desired_state[name] for name in ("FunctionName", "Name", "FunctionVersion")}
    try:
        found = functions.update_alias(**alias)
    except functions.exceptions.ResourceNotFoundException:
        found = functions.create_alias(**alias)
    return ProgressEvent(OperationStatus.SUCCESS, {**request.desired_state, "Id": found["AliasArn"]})


def _leave_alias(self: Any, request: Any) -> ProgressEvent:
    """Keep the alias: LocalStack would delete it as replaced, but it is in use; it is deleted with its function."""
    return ProgressEvent(OperationStatus.SUCCESS, request.previous_state)


@aws_provider(api="dynamodb", name="moto")
def dynamodb() -> Service:
    """Return a service in which moto serves every operation."""
    from localstack.aws.api.dynamodb import DynamodbApi
    from localstack.services.moto import MotoFallbackDispatcher

    return Service.for_provider(DynamodbApi(), dispatch_table_factory=MotoFallbackDispatcher)


def _runtime_client() -> Path:
    """Return a folder with AWS's runtime client, copied so that functions can't import LocalStack's other packages."""
    folder = Path(tempfile.gettempdir()) / "runtime-client"
    if not folder.exists():
        making = Path(tempfile.mkdtemp())
        for name in RUNTIME_CLIENT:
            for file in distribution(name).files or ():
                if ".." not in file.parts:
                    (making / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(str(file.locate()), making / file)
        making.rename(folder)
    return folder
