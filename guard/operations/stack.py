"""A deployed stack: where its parts are, and how its functions are configured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guard.aws.clients import ClientOf
from guard.aws.refusals import CALL_ERRORS, code
from guard.errors import ConfigError
from guard.settings import Settings


@dataclass(frozen=True)
class Stack:
    """What the commands need of a stack."""

    name: str
    function: str
    queue_url: str
    settings: Settings


def find_stack(name: str, client_of: ClientOf) -> Stack:
    """Return the stack of this name in the account and region of the clients. Raises ConfigError."""
    # With the alias: what runs after a rollback is an earlier version than the function's latest.
    function, queue_url = outputs(name, ("FunctionArn", "DeadLetterQueueUrl"), client_of)
    try:
        configuration = client_of("lambda").get_function_configuration(FunctionName=function)
    except CALL_ERRORS as exc:
        raise ConfigError("the stack can't be read", stack=name, code=code(exc), error=str(exc)) from exc
    variables = (configuration.get("Environment") or {}).get("Variables") or {}
    return Stack(name, function, queue_url, Settings.from_environment(variables))


def outputs(stack: str, names: Sequence[str], client_of: ClientOf) -> list[str]:
    """Return these outputs of the stack, in this order. Raises ConfigError."""
    if not stack:
        raise ConfigError("the name of the stack is empty")
    try:
        (found,) = client_of("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        values = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs") or []}
        return [values[name] for name in names]
    except CALL_ERRORS as exc:
        raise ConfigError("the stack can't be read", stack=stack, code=code(exc), error=str(exc)) from exc
    except KeyError as exc:
        raise ConfigError(
            "the stack has no such output: is it one of sagemaker-guard?", stack=stack, output=exc.args[0]
        ) from exc
