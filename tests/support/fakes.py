"""A SageMaker client with responses that a test sets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from guard.aws.refusals import checked

Answer = Mapping[str, Any] | Exception | Callable[..., Mapping[str, Any]]


def refused(code: str, message: str = "", status: int = 400) -> ClientError:
    """Return botocore's error for a refusal."""
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


class FakeSageMaker:
    """Returns the responses set by operation; any other call is a mistake in the test."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = {xform_name(operation): (operation, answer) for operation, answer in answers.items()}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._lock = threading.Lock()

    def __getattr__(self, method: str) -> Callable[..., Mapping[str, Any]]:
        operation, answer = self.answers[method]

        def call(**parameters: Any) -> Mapping[str, Any]:
            with self._lock:
                self.calls.append((operation, parameters))
            if isinstance(answer, Exception):
                raise answer
            # The guard's clients check responses in the same way.
            return checked(operation, answer(**parameters) if callable(answer) else answer)

        return call

    def operations(self) -> list[str]:
        """The operations called, sorted: they run at the same time."""
        return sorted(operation for operation, _ in self.calls)
