"""Read template.yml and resolve it as CloudFormation would with given parameters."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yml"
NO_VALUE = {"Ref": "AWS::NoValue"}


class _Loader(yaml.SafeLoader):
    """Parses the short forms of CloudFormation's functions."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def template() -> dict[str, Any]:
    """Return the unresolved template, with the functions in their long form."""
    return copy.deepcopy(_parsed())


@cache
def _parsed() -> Any:
    return yaml.load(TEMPLATE.read_text(), _Loader)  # a SafeLoader, too


def rendered(**parameters: str) -> dict[str, Any]:
    """Return the resources with parameters and conditions applied; values that only CloudFormation knows stay unresolved."""
    document = template()
    values: dict[str, Any] = {name: body.get("Default") for name, body in document["Parameters"].items()} | parameters
    for name, body in document["Parameters"].items():
        if body["Type"] == "CommaDelimitedList":
            values[name] = values[name].split(",")
    conditions: dict[str, Any] = {}
    for name, condition in document["Conditions"].items():
        conditions[name] = _resolve(condition, values, conditions)
    return {
        name: _resolve(resource, values, conditions)
        for name, resource in document["Resources"].items()
        if conditions.get(resource.get("Condition"), True)
    }


def role_statements(**parameters: str) -> list[dict[str, Any]]:
    """Return the statements of the role's inline policies."""
    policies = rendered(**parameters)["Role"]["Properties"]["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def actions(statement: dict[str, Any]) -> list[str]:
    """Return the actions of a statement; IAM accepts a single one without a list."""
    return statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]


class Function(NamedTuple):
    """The settings of a function's environment in the template."""

    handler: str
    variables: dict[str, str]
    timeout: float


# Names of these resources in tests, where the template isn't deployed.
STATE_TABLE = "state"
SWITCH = "/sagemaker-guard/stack/enforcement"


def function_of_template(task: str, logical_id: str = "Function", **parameters: str) -> Function:
    """Return a function of the template, with its package in the folder `task`."""
    function = rendered(**parameters)[logical_id]["Properties"]
    variables = {
        name: str(_substituted(value, parameters)).replace("/var/task", task)
        for name, value in function["Environment"]["Variables"].items()
    }
    return Function(function["Handler"], variables, function["Timeout"])


def _substituted(value: Any, parameters: dict[str, str]) -> Any:
    match value:
        case {"Ref": "StateTable"}:
            return STATE_TABLE
        case {"Ref": "Switch"}:
            return SWITCH
        case {"Fn::Sub": text}:
            return text.replace("${BundleInPackage}", parameters.get("BundleInPackage", "bundle.tar.gz"))
        case _:
            return value


def of_type(resources: dict[str, Any], resource_type: str) -> dict[str, dict[str, Any]]:
    """Return the properties of every resource of a type, by logical id."""
    return {name: body["Properties"] for name, body in resources.items() if body["Type"] == resource_type}


_OPERATORS: dict[str, Callable[[list[Any]], Any]] = {
    "Fn::And": all,
    "Fn::Equals": lambda pair: pair[0] == pair[1],
    "Fn::Join": lambda given: given[0].join(map(str, given[1])),
    "Fn::Not": lambda one: not one[0],
    "Fn::Or": any,
}


def _resolve(value: Any, parameters: dict[str, Any], conditions: dict[str, Any]) -> Any:
    def inner(part: Any) -> Any:
        return _resolve(part, parameters, conditions)

    match value:
        case {"Ref": name} if name in parameters:
            return parameters[name]
        case {"Condition": str(name)} if len(value) == 1:
            return conditions[name]
        case {"Fn::If": [condition, then, otherwise]}:
            return inner(then if conditions[condition] else otherwise)
        case dict() if len(value) == 1 and (operator := _OPERATORS.get(next(iter(value)))):
            return operator(inner(next(iter(value.values()))))
        case dict():
            members = {key: inner(part) for key, part in value.items()}
            return value if value == NO_VALUE else {key: part for key, part in members.items() if part != NO_VALUE}
        case list():
            return [part for part in map(inner, value) if part != NO_VALUE]
        case _:
            return value
