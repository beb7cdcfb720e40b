"""A deployed stack: where its parts are, and how its functions are configured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from guard.aws.refusals import CALL_ERRORS, code
from guard.errors import ConfigError
from guard.settings import Settings

ClientOf = Callable[[str], Any]


@dataclass(frozen=True)
class Stack:
    """What the commands need of a stack."""

    name: str
    function: str
    queue_url: str
    settings: Settings


def find_stack(name: str, client_of: ClientOf) -> Stack:
    """Return the stack of this name in the account and region of the clients. Raises ConfigError."""
    try:
        (found,) = client_of("cloudformation").describe_stacks(StackName=name)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs") or []}
        # With the alias: what runs after a rollback is an earlier version than the function's latest.
        function = outputs["FunctionArn"]
        configuration = client_of("lambda").get_function_configuration(FunctionName=function)
        variables = (configuration.get("Environment") or {}).get("Variables") or {}
        return Stack(name, function, outputs["DeadLetterQueueUrl"], Settings.from_environment(variables))
    except CALL_ERRORS as exc:
        raise ConfigError("the stack can't be read", stack=name, code=code(exc), error=str(exc)) from exc
    except KeyError as exc:
        raise ConfigError(
            "the stack has no such output: is it one of sagemaker-guard?", stack=name, output=exc.args[0]
        ) from exc
