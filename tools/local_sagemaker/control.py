"""Control of the simulated SageMaker: make calls fail, act just before a call, and read the calls."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """An error of the API, sent with HTTP 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Call:
    """One API call that was received, including refused ones."""

    operation: str
    parameters: Mapping[str, Any]


class Control:
    """Faults, interventions and recorded calls, for all accounts and regions of the process.

    `calls` are all received calls, `served` are the successful ones that this package answered in place of moto.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.served: list[Call] = []
        self._faults: defaultdict[str, deque[tuple[str, str]]] = defaultdict(deque)
        self._interventions: defaultdict[str, deque[Callable[[], object]]] = defaultdict(deque)

    def fail(self, operation: str, code: str, message: str = "injected fault", times: int = 1) -> None:
        """Refuse the next `times` calls of the operation with HTTP 400 and this error."""
        self._faults[operation].extend([(code, message)] * times)

    def before(self, operation: str, act: Callable[[], object]) -> None:
        """Call `act` once, just before the next call of the operation is served."""
        self._interventions[operation].append(act)

    def operations(self, prefix: str = "") -> list[str]:
        """Return the operations called so far whose names begin with the prefix, in order."""
        return [call.operation for call in self.calls if call.operation.startswith(prefix)]

    def reset(self) -> None:
        """Forget faults, interventions and calls."""
        self.calls.clear()
        self.served.clear()
        self._faults.clear()
        self._interventions.clear()

    def admit(self, operation: str, parameters: Mapping[str, Any]) -> None:
        """Record a call. Raises the fault that was set for it."""
        self.calls.append(Call(operation, parameters))
        if self._interventions[operation]:
            self._interventions[operation].popleft()()
        if self._faults[operation]:
            raise Refused(*self._faults[operation].popleft())


CONTROL = Control()
