"""Applies the masks of the masking policy to a record, as OPA does with `data.system.log.mask`.

A mask is a JSON pointer below `/input` or `/result`. As a string, or with `"op": "remove"`, it erases a field; with
`"op": "upsert"` and a `value` it replaces the value there. A pointer to a missing field changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from guard.decision import Decision
from guard.document import Document, Model
from guard.errors import MaskInvalid, PolicyError

ROOTS = ("input", "result")
# Each is an object in the record and in the Athena table: with a string in its place, the record could not be written.
_WHOLE = frozenset(f"/{root}" for root in ROOTS)


class Subject(Model):
    """The input of the masking policy."""

    input: Document
    result: Decision | None


class MaskPolicy(Protocol):
    """Decides which values are hidden."""

    def masks(self, subject: Mapping[str, Any]) -> object:
        """Return the masks of `{"input": document, "result": decision}`, or raise PolicyError."""
        ...


@dataclass(frozen=True)
class Masked:
    """Masked document and decision, with the pointers of the hidden values.

    `failure` is set if the masking policy failed or its masks can't be applied: then everything that a job's owner wrote is
    hidden.
    """

    input: dict[str, Any] | None
    result: dict[str, Any] | None
    erased: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    failure: PolicyError | None = None


def masked(subject: dict[str, Any], policy: MaskPolicy) -> Masked:
    """Return the subject with the policy's masks applied; if the policy fails, without document and findings. Never raises.

    `subject` has the keys `input` and `result`, and is modified.
    """
    verdict = {"decision": subject["result"]["decision"], "findings": []} if subject["result"] else None
    if subject["input"] is None:
        return Masked(None, subject["result"])
    try:
        return applied(subject, policy.masks(subject))
    except PolicyError as exc:
        return Masked(None, verdict, erased=("/input", "/result/findings"), failure=exc)


def applied(subject: dict[str, Any], masks: object) -> Masked:
    """Apply the masks to the subject. Raises MaskInvalid for a mask that can't be applied exactly as written."""
    if not isinstance(masks, list):
        raise MaskInvalid("the masking policy didn't return a list of masks", type=type(masks).__name__)
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
    # A policy may return an unhashable op, a list or an object: so this is a tuple, not a set.
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
    """Return the object or list that contains the value at the end of the steps; None if there is no such value."""
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
