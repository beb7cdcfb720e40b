"""Delivers each notice once, however many events arrive: remembered in the state table, or in memory if the table fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from guard.errors import NoticeUnderWay

Give = Callable[[], str | None]
_REMEMBERED_SECONDS = 30 * 24 * 3600
# A delivery that takes longer was cut off with its invocation; after this time another invocation may retry it.
_IN_PROGRESS_SECONDS = 60
_MOST_IN_MEMORY = 10_000


class Once(Protocol):
    """Runs a delivery once per key."""

    def run(self, key: str, give: Give) -> str | None:
        """Call `give` unless it was already called for this key; return its result, from now or then. Raises what it raises."""
        ...


class OnceInMemory:
    """Remembers for the lifetime of the process; another process may repeat the notice."""

    def __init__(self) -> None:
        self._given: dict[str, str | None] = {}

    def run(self, key: str, give: Give) -> str | None:
        """Call `give` unless this process already called it for the key."""
        if key not in self._given:
            self._given[key] = give()
            while len(self._given) > _MOST_IN_MEMORY:
                del self._given[next(iter(self._given))]
        return self._given[key]


class OnceInTable:
    """Remembers in DynamoDB, through Powertools' idempotency. If the table fails, a notice may be repeated, but isn't lost."""

    def __init__(self, client: Any, table: str, memory: OnceInMemory) -> None:
        # Importing Powertools' idempotency takes longer than the rest of the notices, so it is imported only to deliver one.
        from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig

        self._store = DynamoDBPersistenceLayer(table_name=table, boto3_client=client)
        self._config = IdempotencyConfig(expires_after_seconds=_REMEMBERED_SECONDS)
        self._config.register_lambda_context(_LambdaContext())  # type: ignore[arg-type]  # of the context it reads the time only
        self._memory = memory

    def run(self, key: str, give: Give) -> str | None:
        """Call `give` unless any process called it for the key within 30 days.

        Raises NoticeUnderWay while another invocation is running the delivery: it may fail, so this one must be retried.
        """
        from aws_lambda_powertools.utilities.idempotency import idempotent_function
        from aws_lambda_powertools.utilities.idempotency.exceptions import (
            IdempotencyAlreadyInProgressError,
            IdempotencyPersistenceLayerError,
        )

        attempt = _Attempt(give)
        decorate = idempotent_function(
            data_keyword_argument="key", persistence_store=self._store, config=self._config, key_prefix="notice"
        )
        try:
            answer: str | None = decorate(attempt.first)(key=key)
        except IdempotencyAlreadyInProgressError as exc:
            raise NoticeUnderWay("the notice is being given by another invocation") from exc
        except IdempotencyPersistenceLayerError:
            if attempt.error is not None:
                raise attempt.error from None
            return self._memory.run(key, attempt.result)
        return answer


class _Attempt:
    """One call of `give`, whose result or error is kept in case a failure of the table hides it."""

    def __init__(self, give: Give) -> None:
        self._give = give
        self._done = False
        self._answer: str | None = None
        self.error: Exception | None = None

    def first(self, key: str) -> str | None:  # noqa: ARG002 - Powertools identifies the call by it
        """Call `give`, and keep what it returns or raises."""
        try:
            self._answer = self._give()
        except Exception as exc:
            self.error = exc
            raise
        self._done = True
        return self._answer

    def result(self) -> str | None:
        """Return the result of the call; make the call first if it wasn't made."""
        return self._answer if self._done else self.first("")


class _LambdaContext:
    """Replaces the Lambda context, to set Powertools' time limit."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the time after which an unfinished delivery counts as lost."""
        return _IN_PROGRESS_SECONDS * 1000
