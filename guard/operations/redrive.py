"""Dead letters once more through the function: a letter is deleted when the function has returned, and only then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from guard.aws.refusals import CALL_ERRORS, code
from guard.errors import StateError
from guard.operations.letters import Letter, read_letter

# A letter that is looked at is hidden from others for so long: longer than an invocation may take.
HIDDEN_SECONDS = 200
# An empty answer may come from a part of the queue that has none: ask twice.
_EMPTY_ANSWERS = 2


@dataclass(frozen=True)
class Redriven:
    """What became of a letter."""

    letter: Letter
    result: str
    done: bool


class Queue:
    """The dead-letter queue. Every method raises StateError when SQS refuses."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def letters(self, limit: int) -> Iterator[Letter]:
        """Yield the letters, each once, and hide each of them for a while."""
        seen: set[str] = set()
        empty = 0
        while len(seen) < limit and empty < _EMPTY_ANSWERS:
            answer = self._call(
                "receive_message",
                MaxNumberOfMessages=min(10, limit - len(seen)),
                VisibilityTimeout=HIDDEN_SECONDS,
                MessageAttributeNames=["All"],
                AttributeNames=["SentTimestamp"],
            )
            new = [message for message in answer.get("Messages") or [] if message["MessageId"] not in seen]
            empty = 0 if new else empty + 1
            seen.update(message["MessageId"] for message in new)
            yield from map(read_letter, new)

    def delete(self, letter: Letter) -> None:
        """Delete the letter for good."""
        self._call("delete_message", ReceiptHandle=letter.receipt)

    def show(self, letter: Letter) -> None:
        """Let others see the letter again."""
        self._call("change_message_visibility", ReceiptHandle=letter.receipt, VisibilityTimeout=0)

    def _call(self, operation: str, **parameters: Any) -> Any:
        try:
            return getattr(self._sqs, operation)(QueueUrl=self._url, **parameters)
        except CALL_ERRORS as exc:
            raise StateError(
                "the dead-letter queue could not be used",
                queue=self._url,
                operation=operation,
                code=code(exc),
                error=str(exc),
            ) from exc


def shown(queue: Queue, limit: int) -> list[Letter]:
    """Return the letters, which stay as they are."""
    letters: list[Letter] = []
    try:
        letters += queue.letters(limit)
    finally:
        for letter in letters:
            queue.show(letter)
    return letters


def redrive(queue: Queue, function: Any, name: str, limit: int) -> Iterator[Redriven]:
    """Invoke the function with each letter's event, and yield what became of it; `function` is a client of Lambda."""
    kept: list[Letter] = []
    try:
        for letter in queue.letters(limit):
            result, done = _invoked(function, name, letter)
            if done:
                queue.delete(letter)
            else:
                kept.append(letter)
            yield Redriven(letter, result, done)
    finally:
        # Not before the end: this run would meet it again.
        for letter in kept:
            queue.show(letter)


def _invoked(function: Any, name: str, letter: Letter) -> tuple[str, bool]:
    if letter.event is None:
        return "kept: it holds no event; look at it in the queue", False
    payload = json.dumps(letter.event).encode()
    try:
        answer = function.invoke(FunctionName=name, InvocationType="RequestResponse", Payload=payload)
        body = json.loads(answer["Payload"].read() or b"null")
    except CALL_ERRORS as exc:
        return f"kept: the function could not be invoked ({code(exc)})", False
    except ValueError:
        return "kept: the function's answer is not JSON", False
    body = body if isinstance(body, dict) else {}
    if not answer.get("FunctionError") and "messages" in body:
        return "given", True
    if answer.get("FunctionError") or "results" not in body:
        return f"kept: {body.get('errorType', 'the function failed')}: {body.get('errorMessage', '')}", False
    outcomes = (str(result.get("outcome")) for result in body["results"])
    return ", ".join(outcomes) or "nothing to do", True
