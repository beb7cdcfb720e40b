"""What the masking policy says to hide in a record, carried out: as OPA does it with `data.system.log.mask`.

A mask is a JSON pointer below `/input` or `/result`: as a text, or with `"op": "remove"`, it erases a field; with
`"op": "upsert"` and a `value` it replaces what is there. A pointer to nothing changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from guard.decision import Decision
from guard.document import Document, Model
from guard.errors import MaskInvalid, PolicyError

ROOTS = ("input", "result")
# An object of the record, and of the Athena table: a text in its place would keep the record from being written.
_WHOLE = frozenset(f"/{root}" for root in ROOTS)


class Subject(Model):
    """What the masking policy is given."""

    input: Document
    result: Decision | None


class MaskPolicy(Protocol):
    """Decides what is hidden."""

    def masks(self, subject: Mapping[str, Any]) -> object:
        """Return the masks of `{"input": document, "result": decision}`, or raise PolicyError."""
        ...


@dataclass(frozen=True)
class Masked:
    """Document and decision as they may be kept, with the pointers of what was hidden.

    `failure` is why everything that a job's owner wrote was hidden: the masking policy gave no answer that can be followed.
    """

    input: dict[str, Any] | None
    result: dict[str, Any] | None
    erased: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    failure: PolicyError | None = None


def masked(subject: dict[str, Any], policy: MaskPolicy) -> Masked:
    """Return the subject without what the policy hides; if it fails, without the document and the findings: never raises.

    `subject` has the keys `input` and `result`, and is changed.
    """
    verdict = {"decision": subject["result"]["decision"], "findings": []} if subject["result"] else None
    if subject["input"] is None:
        return Masked(None, subject["result"])
    try:
        return applied(subject, policy.masks(subject))
    except PolicyError as exc:
        return Masked(None, verdict, erased=("/input", "/result/findings"), failure=exc)


def applied(subject: dict[str, Any], masks: object) -> Masked:
    """Carry out the masks on the subject. Raises MaskInvalid for one that can't be followed to the letter."""
    if not isinstance(masks, list):
        raise MaskInvalid("the masking policy returned no list of masks", type=type(masks).__name__)
    erased, replaced = [], []
    for mask in masks:
        pointer, operation, value = _parsed(mask)
        steps = _steps(pointer)
        parent = _parent(subject, steps)
        if parent is None:
            continue
        if operation == "upsert":
            parent[steps[-1] if isinstance(parent, dict) else int(steps[-1])] = value
            replaced.append(pointer)
        elif isinstance(parent, dict):
            del parent[steps[-1]]
            erased.append(pointer)
        else:
            raise MaskInvalid("an element of a list can be replaced (op upsert) but not erased", path=pointer)
    return Masked(subject.get("input"), subject.get("result"), tuple(sorted(erased)), tuple(sorted(replaced)))


def _parsed(mask: object) -> tuple[str, str, object]:
    if isinstance(mask, str):
        return mask, "remove", None
    if not isinstance(mask, dict) or not isinstance(mask.get("path"), str):
        raise MaskInvalid("a mask is a JSON pointer, or an object with op and path", type=type(mask).__name__)
    operation = mask.get("op")
    if operation == "upsert" and mask["path"] in _WHOLE:
        raise MaskInvalid(
            "the whole document or decision can be erased but not replaced (op upsert)", path=mask["path"]
        )
    # A policy may answer with a list or an object, which no set can look for.
    if operation not in ("remove", "upsert") or (operation == "upsert" and "value" not in mask):
        raise MaskInvalid("a mask's op is remove, or upsert with a value", path=mask["path"], op=str(operation))
    return mask["path"], operation, mask.get("value")


def _steps(pointer: str) -> list[str]:
    first, *steps = pointer.split("/")
    if first or not steps or steps[0] not in ROOTS:
        raise MaskInvalid("a mask's path is a JSON pointer below /input or /result", path=pointer)
    return [unescaped(step) for step in steps]


def unescaped(step: str) -> str:
    """Return the key that a step of a JSON pointer stands for."""
    return step.replace("~1", "/").replace("~0", "~")


def _parent(subject: dict[str, Any], steps: Sequence[str]) -> Any:
    """Return what holds the value that the steps lead to; None if there is no such value."""
    holder: Any = None
    value: Any = subject
    for step in steps:
        holder = value
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return holder
