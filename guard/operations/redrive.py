"""Redrives dead letters through the function: a letter is deleted only after the function has succeeded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from guard.aws.refusals import CALL_ERRORS, code
from guard.errors import StateError
from guard.operations.letters import Letter, read_letter

# The visibility timeout of received letters: longer than an invocation may take.
HIDDEN_SECONDS = 200
# With a wait time, SQS queries all its servers; without, an empty response may come from servers without letters.
_WAIT_SECONDS = 1
_MOST_AT_ONCE = 10
# SQS's error for a letter that is already visible to others.
_VISIBLE = "MessageNotInflight"
_VISIBLE_TEXT = "not available for visibility timeout change"
_WAITING = "ApproximateNumberOfMessages"
_HIDDEN = "ApproximateNumberOfMessagesNotVisible"


@dataclass(frozen=True)
class Redriven:
    """The result of redriving a letter."""

    letter: Letter
    result: str
    done: bool


@dataclass(frozen=True)
class Count:
    """The number of letters according to SQS, which may take a minute to be exact; it includes the `hidden` ones."""

    number: int
    hidden: int

    def besides(self, kept: int) -> Count:
        """Return the count without this number of letters, which SQS may or may not count as hidden."""
        number = max(0, self.number - kept)
        return Count(number, min(self.hidden, number))


class Queue:
    """The dead-letter queue. Every method raises StateError if an SQS call fails."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self._url = url
        self._receipts: dict[str, str] = {}

    def letters(self, limit: int, at_once: int = _MOST_AT_ONCE) -> Iterator[Letter]:
        """Yield each letter once, and hide it from other receivers for some time.

        A letter that is received again after that time is hidden again. Ends when there are only such letters: when more
        responses in a row than there are letters contained no new one.
        """
        seen: set[str] = set()
        known = 0
        while len(seen) < limit and known <= len(seen):
            answer = self._call(
                "receive_message",
                MaxNumberOfMessages=min(at_once, limit - len(seen)),
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=_WAIT_SECONDS,
                MessageAttributeNames=["All"],
                AttributeNames=["SentTimestamp"],
            )
            messages = answer.get("Messages") or []
            if not messages:
                return
            new = [letter for letter in map(read_letter, messages) if letter.id not in seen]
            known = 0 if new else known + 1
            seen.update(letter.id for letter in new)
            self._receipts.update((message["MessageId"], message["ReceiptHandle"]) for message in messages)
            yield from new

    def delete(self, letter: Letter) -> None:
        """Delete the letter for good."""
        self._call("delete_message", ReceiptHandle=self._receipt(letter))

    def make_visible(self, letters: Iterable[Letter]) -> None:
        """Make the letters visible to other receivers again. Raises the first error, after trying all letters."""
        failures: list[StateError] = []
        for letter in letters:
            try:
                self._call("change_message_visibility", ReceiptHandle=self._receipt(letter), VisibilityTimeout=0)
            except StateError as exc:
                if not _is_visible(exc):
                    failures.append(exc)
        if failures:
            raise failures[0]

    def count(self) -> Count:
        """Return the number of letters, including those that other receivers have hidden."""
        found = self._call("get_queue_attributes", AttributeNames=[_WAITING, _HIDDEN]).get("Attributes") or {}
        hidden = int(found.get(_HIDDEN, 0))
        return Count(int(found.get(_WAITING, 0)) + hidden, hidden)

    def _receipt(self, letter: Letter) -> str:
        """Return the letter's latest receipt; SQS doesn't accept earlier ones."""
        return self._receipts.get(letter.id, letter.receipt)

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


def _is_visible(error: StateError) -> bool:
    return str(error.evidence["code"]).endswith(_VISIBLE) or _VISIBLE_TEXT in str(error.evidence["error"])


def shown(queue: Queue, limit: int) -> list[Letter]:
    """Return the letters, and leave them in the queue."""
    letters: list[Letter] = []
    try:
        letters += queue.letters(limit)
    finally:
        queue.make_visible(letters)
    return letters


def redrive(queue: Queue, function: Any, name: str, limit: int) -> Iterator[Redriven]:
    """Invoke the function with each letter's event and yield the results; `function` is a Lambda client."""
    kept: list[Letter] = []
    try:
        # One at a time, because the visibility timeout starts when a letter is received.
        for letter in queue.letters(limit, at_once=1):
            row = _deleted(queue, _invoked(function, name, letter))
            if not row.done:
                kept.append(letter)
            yield row
    finally:
        # Only at the end, or this run would receive them again immediately.
        queue.make_visible(kept)


def _deleted(queue: Queue, row: Redriven) -> Redriven:
    """Delete the letter if the function has handled it; if that fails, the letter is received again later."""
    if not row.done:
        return row
    try:
        queue.delete(row.letter)
    except StateError as exc:
        return replace(row, result=f"{row.result}, but kept: it can't be deleted ({exc.evidence['code']})", done=False)
    return row


def _invoked(function: Any, name: str, letter: Letter) -> Redriven:
    result, done = _result(function, name, letter)
    return Redriven(letter, result, done)


def _result(function: Any, name: str, letter: Letter) -> tuple[str, bool]:
    if letter.event is None:
        return "kept: it contains no event; look at it in the queue", False
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
