"""Every way in which the guard can fail, as types.

GuardError
  ConfigError            a setting or a policy configuration is wrong
    EntryError           a deny-list entry can never match an image
  ImageReferenceError    a text is not a container image reference
  EventError             an event claims to be a SageMaker job event and can't be read
    ScopeError           the event is of another account, region or partition
    IgnoredEvent         the guard ignores the event, so that there is no decision on it
  CollectError           SageMaker refused or failed a Describe or ListTags call
    JobNotFound          the job doesn't exist (any more)
    RightMissing         the guard lacks a permission on a resource of its own account
  ListError              SageMaker refused or failed a call that lists jobs
    ListUnsupported      the region has no such operation, and so no such jobs
  StateError             the guard's stored state, its switch or a queue could not be read or written
  SweepError             a sweep could not do all that it should
  PolicyError            OPA gave no decision that can be trusted
    OpaStartError        OPA didn't start, or not with the bundle
    SchemaMismatch       the bundle was made for documents of another schema version
    OpaUnavailable       OPA can't be reached
    OpaUnauthorized      OPA refused the guard's token
    OpaTimeout           OPA didn't answer in time
    EvaluationFailed     OPA answered with an error: a policy is broken
    DecisionMissing      the decision is undefined: the input is outside the contract
    DecisionInvalid      the answer doesn't have the shape of a decision
    MaskInvalid          the masking policy returned masks that can't be applied
  StopError              SageMaker refused or failed a Stop call for a running job
  LogError               a sink of the decision log could not store a record
  NoticeError            a notice about a denied job could not be delivered
    NoticeUnderWay       another invocation is delivering it
  UnexpectedError        a fault of the guard itself
"""

from __future__ import annotations

from typing import TypeVar

_SHOWN = 1000


class GuardError(Exception):
    """Base of all errors of this package; `evidence` holds the facts as data, so that no caller has to parse the message."""

    def __init__(self, message: str, **evidence: object) -> None:
        super().__init__(message)
        self.message = message
        self.evidence = evidence

    def __str__(self) -> str:
        if not self.evidence:
            return self.message
        facts = ", ".join(f"{name}={_short(repr(value))}" for name, value in self.evidence.items())
        return f"{self.message} ({facts})"


def _short(text: str) -> str:
    """Shorten a piece of evidence, which may be as long as what a job's owner wrote; `evidence` holds all of it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text):,} characters)"


_Error = TypeVar("_Error", bound=GuardError)


class ConfigError(GuardError):
    """A setting or a policy configuration is wrong; nothing was evaluated."""


class EntryError(ConfigError):
    """A deny-list entry can never match an image; `evidence` holds the entry."""


class ImageReferenceError(GuardError):
    """A text is not a container image reference; `evidence` holds it."""


class EventError(GuardError):
    """An event claims to be a SageMaker job event and can't be read; `evidence` names the field."""


class ScopeError(EventError):
    """The event is of another account, region or partition than the guard's own."""


class IgnoredEvent(EventError):
    """The guard ignores the event, so that there is no decision on it; `evidence` has the reason."""


class CollectError(GuardError):
    """SageMaker refused or failed a call that describes the job."""


class JobNotFound(CollectError):
    """The job doesn't exist (any more)."""


class RightMissing(CollectError):
    """AWS refused a call on a resource of the guard's own account, though the template grants it; `evidence` names the call."""


class ListError(GuardError):
    """SageMaker refused or failed a call that lists jobs; `evidence` names the operation."""


class ListUnsupported(ListError):
    """The region has no such operation, and so no jobs of that kind; `evidence` names the operation."""


class StateError(GuardError):
    """The guard's stored state could not be read or written: its state table, its switch, or a queue."""


class SweepError(GuardError):
    """A sweep could not list, store or stop everything that it should; `evidence` counts the failures by type."""


class PolicyError(GuardError):
    """OPA gave no decision that can be trusted; never an allow."""


class OpaStartError(PolicyError):
    """OPA didn't start, or not with the bundle; `evidence` holds the end of its log."""


class SchemaMismatch(PolicyError):
    """The bundle was made for documents of another schema version; `evidence` has both versions."""


class OpaUnavailable(PolicyError):
    """OPA can't be reached, not even after one restart."""


class OpaUnauthorized(PolicyError):
    """OPA refused the guard's token, even after the guard fetched it again; or the token can't be read."""


class OpaTimeout(PolicyError):
    """OPA didn't answer in time, not even after one restart."""


class EvaluationFailed(PolicyError):
    """OPA answered with an error; `evidence` names the policy file and row if OPA reports them."""


class DecisionMissing(PolicyError):
    """The decision is undefined: the input document is outside the policies' contract."""


class DecisionInvalid(PolicyError):
    """OPA's answer doesn't have the shape of a decision."""


class MaskInvalid(PolicyError):
    """The masking policy returned masks that can't be applied; `evidence` has the path, never a value."""


class StopError(GuardError):
    """SageMaker refused or failed a Stop call for a job that is still running."""


class LogError(GuardError):
    """A sink of the decision log could not store a record; `evidence` names the sink."""


class NoticeError(GuardError):
    """A notice about a denied job could not be delivered; `evidence` has the result of each channel."""


class NoticeUnderWay(NoticeError):
    """Another invocation is delivering the notice and may still fail, so the delivery has to be retried."""


class UnexpectedError(GuardError):
    """A bug or an unexpected failure in the guard itself while it judged one job; the cause is the exception."""


def caused_by(fault: Exception, kind: type[_Error], message: str, **evidence: object) -> _Error:
    """Return an error that names the fault and has it as its cause, for callers that collect errors instead of raising them."""
    error = kind(message, **evidence, error=f"{type(fault).__name__}: {fault}")
    error.__cause__ = fault
    return error


def policy_error(error: Exception) -> PolicyError:
    """Return the error itself if it is a PolicyError, else a PolicyError caused by it, so that the rules are still evaluated."""
    return error if isinstance(error, PolicyError) else caused_by(error, PolicyError, "a fault of the engine")


def stop_error(error: Exception) -> StopError:
    """Return the error itself if it is a StopError, else a StopError caused by it: in both cases a denied job keeps running."""
    return error if isinstance(error, StopError) else caused_by(error, StopError, "a fault of the guard")
