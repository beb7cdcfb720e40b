"""A deployed stack: its resources, and the settings of its functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guard.aws.clients import ClientOf
from guard.aws.refusals import CALL_ERRORS, code
from guard.errors import ConfigError
from guard.settings import PREFIX, Settings

# FunctionArn includes the alias: after a rollback, it refers to an earlier version than the function's latest.
FUNCTION_AND_LETTERS = ("FunctionArn", "DeadLetterQueueUrl")


@dataclass(frozen=True)
class Stack:
    """What `status` needs to know about a stack; `unknown` are variables that only another release has as settings."""

    name: str
    function: str
    queue_url: str
    settings: Settings
    unknown: tuple[str, ...] = ()


def find_stack(name: str, client_of: ClientOf) -> Stack:
    """Return the stack of this name in the account and region of the clients. Raises ConfigError."""
    function, queue_url = outputs(name, FUNCTION_AND_LETTERS, client_of)
    try:
        configuration = client_of("lambda").get_function_configuration(FunctionName=function)
    except CALL_ERRORS as exc:
        raise ConfigError("the stack can't be read", stack=name, code=code(exc), error=str(exc)) from exc
    environment = configuration.get("Environment") or {}
    refused = environment.get("Error")
    if refused:
        # The call succeeds even if Lambda may not decrypt the variables; without them, every setting would have its default.
        reason = {"code": refused.get("ErrorCode"), "error": refused.get("Message")}
        raise ConfigError("the function's settings can't be read", stack=name, **reason)
    variables = environment.get("Variables") or {}
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    unknown = {each for each in variables if each.startswith(PREFIX)} - known
    settings = Settings.from_environment({each: variables[each] for each in variables.keys() - unknown})
    return Stack(name, function, queue_url, settings, tuple(sorted(unknown)))


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
