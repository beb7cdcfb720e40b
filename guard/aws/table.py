"""The table of the guard's state: small items by id, each with a time after which DynamoDB may delete it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from guard.aws.refusals import CALL_ERRORS, code
from guard.errors import StateError

Values = dict[str, str | int]
Result = TypeVar("Result")

_EXPIRATION = "expiration"
_LOST_CONDITION = "ConditionalCheckFailedException"


class StateTable:
    """Reads and writes items of strings and integers. Every method raises StateError when the table can't be used."""

    def __init__(self, client_of: Callable[[], Any], name: str) -> None:
        """The client is created on first use, so that a cold start doesn't wait for it."""
        self._client_of = client_of
        self._name = name

    def read(self, item: str) -> Values:
        """Return the item's values; empty if there is no such item."""
        answer = self._call("GetItem", lambda: self._client_of().get_item(**self._key(item), ConsistentRead=True))
        return _plain(answer.get("Item") or {})

    def write(self, item: str, values: Mapping[str, str | int], expires: datetime) -> None:
        """Replace the item's values."""
        content = _typed({**values, "id": item, _EXPIRATION: int(expires.timestamp())})
        self._call("PutItem", lambda: self._client_of().put_item(TableName=self._name, Item=content))

    def claim(self, item: str, owner: str, until: datetime, now: datetime) -> bool:
        """Lock the item for the owner until that time unless another owner holds it; return whether the owner holds it now."""
        content = _typed(
            {"id": item, "owner": owner, "until": _milliseconds(until), _EXPIRATION: int(until.timestamp())}
        )
        request = {
            "TableName": self._name,
            "Item": content,
            "ConditionExpression": "attribute_not_exists(id) OR #until <= :now OR #owner = :owner",
            "ExpressionAttributeNames": {"#until": "until", "#owner": "owner"},
            "ExpressionAttributeValues": _typed({":now": _milliseconds(now), ":owner": owner}),
        }
        return self._call("PutItem", lambda: self._client_of().put_item(**request)) is not None

    def release(self, item: str, owner: str) -> None:
        """Release the lock if the owner still holds it."""
        request = {
            **self._key(item),
            "ConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": _typed({":owner": owner}),
        }
        self._call("DeleteItem", lambda: self._client_of().delete_item(**request))

    def add(
        self, item: str, amounts: Mapping[str, int], remove: Iterable[str] = (), expires: datetime | None = None
    ) -> Values:
        """Add to numbers of the item, remove other numbers, and return all values that the item has afterwards."""
        names = {f"#a{index}": name for index, name in enumerate(amounts)}
        # After the clock was set back, a number to remove may be added to again: DynamoDB rejects both in one call.
        removed = {f"#r{index}": name for index, name in enumerate(remove) if name not in amounts}
        values: dict[str, str | int] = {f":a{index}": amount for index, amount in enumerate(amounts.values())}
        expression = "ADD " + ", ".join(f"{name} :{name[1:]}" for name in names)
        if removed:
            expression += " REMOVE " + ", ".join(removed)
        if expires is not None:
            names["#expiration"], values[":expiration"] = _EXPIRATION, int(expires.timestamp())
            expression += " SET #expiration = :expiration"
        request = {
            **self._key(item),
            "UpdateExpression": expression,
            "ExpressionAttributeNames": names | removed,
            "ExpressionAttributeValues": _typed(values),
            "ReturnValues": "ALL_NEW",
        }
        answer = self._call("UpdateItem", lambda: self._client_of().update_item(**request))
        return _plain(answer.get("Attributes") or {})

    def _key(self, item: str) -> dict[str, Any]:
        return {"TableName": self._name, "Key": {"id": {"S": item}}}

    def _call(self, operation: str, call: Callable[[], Any]) -> Any:
        """Return the response; None if the call's condition isn't met."""
        try:
            return call()
        except CALL_ERRORS as exc:
            if code(exc) == _LOST_CONDITION:
                return None
            raise StateError(
                "the table of the guard's state could not be used",
                table=self._name,
                operation=operation,
                code=code(exc),
                error=str(exc),
            ) from exc


def _typed(values: Mapping[str, str | int]) -> dict[str, Any]:
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in values.items()}


def _plain(item: Mapping[str, Any]) -> Values:
    """Return the strings and integers; values of other types weren't written by the guard."""
    texts: Values = {name: value["S"] for name, value in item.items() if "S" in value}
    numbers: Values = {name: int(value["N"]) for name, value in item.items() if _is_whole(value.get("N", ""))}
    return texts | numbers


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
