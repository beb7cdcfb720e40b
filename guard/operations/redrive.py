"""Dead letters once more through the function: a letter is deleted when the function has returned, and only then."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from guard.aws.refusals import CALL_ERRORS, code
from guard.errors import StateError
from guard.operations.letters import Letter, read_letter

# A letter that is looked at is hidden from others for so long: longer than an invocation may take.
HIDDEN_SECONDS = 200
# With some time to wait SQS asks all parts of the queue; without, an empty answer may come from one that has no letters.
_WAIT_SECONDS = 1
_MOST_AT_ONCE = 10
# What SQS says of a letter that others can see already.
_VISIBLE = "MessageNotInflight"
_VISIBLE_TEXT = "not available for visibility timeout change"
_WAITING = "ApproximateNumberOfMessages"
_HIDDEN = "ApproximateNumberOfMessagesNotVisible"


@dataclass(frozen=True)
class Redriven:
    """What became of a letter."""

    letter: Letter
    result: str
    done: bool


@dataclass(frozen=True)
class Count:
    """Letters of the queue as SQS counts them, which may take a minute to be exact; `hidden` ones are among them."""

    number: int
    hidden: int

    def besides(self, kept: int) -> Count:
        """Return the count without so many letters, whether SQS still counts those as hidden or not."""
        number = max(0, self.number - kept)
        return Count(number, min(self.hidden, number))


class Queue:
    """The dead-letter queue. Every method raises StateError when SQS refuses."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self._url = url
        self._receipts: dict[str, str] = {}

    def letters(self, limit: int, at_once: int = _MOST_AT_ONCE) -> Iterator[Letter]:
        """Yield the letters, each once, and hide each of them for a while.

        A letter that comes again, since it was hidden long enough, is hidden anew. When they do nothing else but come again, this
        ends: more answers in a row than there are letters have none that is new.
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
        """Let others see the letters again: all that SQS lets, whatever becomes of one."""
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
        """Return how many letters there are, also those that others are looking at."""
        found = self._call("get_queue_attributes", AttributeNames=[_WAITING, _HIDDEN]).get("Attributes") or {}
        hidden = int(found.get(_HIDDEN, 0))
        return Count(int(found.get(_WAITING, 0)) + hidden, hidden)

    def _receipt(self, letter: Letter) -> str:
        """The last one: SQS takes an earlier one no more."""
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
    """Return the letters, which stay as they are."""
    letters: list[Letter] = []
    try:
        letters += queue.letters(limit)
    finally:
        queue.make_visible(letters)
    return letters


def redrive(queue: Queue, function: Any, name: str, limit: int) -> Iterator[Redriven]:
    """Invoke the function with each letter's event, and yield what became of it; `function` is a client of Lambda."""
    kept: list[Letter] = []
    try:
        # One at once: the time for which a letter is hidden begins when it is taken.
        for letter in queue.letters(limit, at_once=1):
            row = _deleted(queue, _invoked(function, name, letter))
            if not row.done:
                kept.append(letter)
            yield row
    finally:
        # Not before the end: this run would meet them again at once.
        queue.make_visible(kept)


def _deleted(queue: Queue, row: Redriven) -> Redriven:
    """Delete the letter if the function is done with it; one that can't be deleted comes again."""
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
