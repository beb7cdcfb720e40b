"""A notice once, however many events arrive: remembered in the table of the guard's state, or in memory when that is out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from guard.errors import NoticeUnderWay

Give = Callable[[], str | None]
_REMEMBERED_SECONDS = 30 * 24 * 3600
# A delivery that takes longer was cut off with its invocation; another one may try then.
_IN_PROGRESS_SECONDS = 60
_MOST_IN_MEMORY = 10_000


class Once(Protocol):
    """Does what has to be done once."""

    def run(self, key: str, give: Give) -> str | None:
        """Call `give` unless that was done for this key; return what it returned then or now. Raises what it raises."""
        ...


class OnceInMemory:
    """Remembers for as long as the process lives: a notice may come again from another one."""

    def __init__(self) -> None:
        self._given: dict[str, str | None] = {}

    def run(self, key: str, give: Give) -> str | None:
        """Call `give` unless this process did so for the key."""
        if key not in self._given:
            self._given[key] = give()
            while len(self._given) > _MOST_IN_MEMORY:
                del self._given[next(iter(self._given))]
        return self._given[key]


class OnceInTable:
    """Remembers in DynamoDB, through Powertools' idempotency. Without the table a notice may repeat, but never be lost."""

    def __init__(self, client: Any, table: str, memory: OnceInMemory) -> None:
        # Powertools' idempotency costs a cold start more than the rest of the notices: it is imported where one is given.
        from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig

        self._store = DynamoDBPersistenceLayer(table_name=table, boto3_client=client)
        self._config = IdempotencyConfig(expires_after_seconds=_REMEMBERED_SECONDS)
        self._config.register_lambda_context(_LambdaContext())  # type: ignore[arg-type]  # of the context it reads the time only
        self._memory = memory

    def run(self, key: str, give: Give) -> str | None:
        """Call `give` unless anybody did so for the key within 30 days.

        Raises NoticeUnderWay while another invocation is at it: it may fail, so this one has to be tried again.
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
    """One call of `give`, and what became of it even if the table's failure hides that."""

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
        """Return the answer of the call, which is made if it wasn't."""
        return self._answer if self._done else self.first("")


class _LambdaContext:
    """Stands for the Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Return after how long an unfinished delivery counts as lost."""
        return _IN_PROGRESS_SECONDS * 1000
