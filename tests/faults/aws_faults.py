"""SageMaker throttles, rejects or fails calls, is slow or out of reach; and jobs change while they are evaluated."""

from __future__ import annotations

import random

from guard.aws.enforce import PATIENCE
from tests.faults import front
from tests.faults.acts import at, becomes, older, refuse, rename, reopen, shut, spoil, upon
from tests.faults.fault import Fault
from tests.faults.front import ALWAYS
from tests.faults.scene import Scene

DESCRIBE, STOP = "DescribeTrainingJob", "StopTrainingJob"
_COLLECT = frozenset({"CollectError"})
_NOT_FOUND = ("ValidationException", ALWAYS, "Requested resource not found.")


def _half(scene: Scene) -> None:
    """Half of all calls are throttled for a long time; the same calls in each campaign."""
    fates = random.Random(12)
    for _ in range(400):
        busy = fates.random() < 0.5
        scene.front.spoil("*", front.fail(400, "ThrottlingException") if busy else front.serve)


AWS: tuple[Fault, ...] = (
    # Describe.
    Fault("aws", "describe throttled once", (refuse(DESCRIBE, "ThrottlingException"),), attempts=1),
    Fault(
        "aws",
        "describe throttled always",
        (refuse(DESCRIBE, "ThrottlingException", ALWAYS),),
        failures=_COLLECT,
    ),
    Fault(
        "aws", "describe 500 always", (spoil(DESCRIBE, front.fail(500, "InternalFailure"), ALWAYS),), failures=_COLLECT
    ),
    Fault(
        "aws", "describe 502 with a page", (spoil(DESCRIBE, front.status(502, b"<html>"), ALWAYS),), failures=_COLLECT
    ),
    Fault(
        "aws",
        "describe denied",
        (refuse(DESCRIBE, "AccessDeniedException", ALWAYS),),
        failures=_COLLECT,
        attempts=3,
    ),
    Fault("aws", "describe's connection reset once", (spoil(DESCRIBE, front.reset),), attempts=1),
    Fault("aws", "describe's connection reset always", (spoil(DESCRIBE, front.reset, ALWAYS),), failures=_COLLECT),
    Fault("aws", "describe's answer not JSON", (spoil(DESCRIBE, front.not_json, ALWAYS),), failures=_COLLECT),
    Fault("aws", "describe's answer cut off", (spoil(DESCRIBE, front.truncate, ALWAYS),), failures=_COLLECT),
    # JSON that isn't from the service, as a gateway may send it.
    Fault(
        "aws", "describe's answer a list", (spoil(DESCRIBE, front.respond(b'["blocked"]'), ALWAYS),), failures=_COLLECT
    ),
    Fault("aws", "describe slow once", (spoil(DESCRIBE, front.slow(8)),), attempts=1, spares=False),
    Fault(
        "aws",
        "all reads slow, for one attempt",
        (spoil(DESCRIBE, front.slow(8), 3), spoil("ListTags", front.slow(8), 3)),
        failures=_COLLECT,
        attempts=2,
        spares=False,
    ),
    Fault(
        "aws",
        "job not found, young event",
        (refuse(DESCRIBE, *_NOT_FOUND),),
        failures=frozenset({"JobNotFound"}),
        attempts=3,
    ),
    Fault("aws", "job not found once, young event", (refuse(DESCRIBE, _NOT_FOUND[0], 1, _NOT_FOUND[2]),), attempts=2),
    Fault("aws", "job gone, old event", (rename, older(minutes=6)), end="untouched", attempts=1, outcome="gone"),
    Fault("aws", "job gone, young event", (rename,), end="letter", attempts=3),
    Fault("aws", "credentials expired once", (refuse(DESCRIBE, "ExpiredTokenException"),), attempts=2),
    Fault("aws", "sagemaker out of reach, for one attempt", (at(1, shut), at(2, reopen)), attempts=2),
    Fault("aws", "sagemaker out of reach always", (shut,), end="letter", attempts=3, outcome="stop_failed"),
    Fault("aws", "half of all calls throttled", (_half,)),
    # Tags and resources.
    Fault(
        "aws",
        "tags throttled always",
        (refuse("ListTags", "ThrottlingException", ALWAYS),),
        failures=_COLLECT,
    ),
    Fault(
        "aws", "tags 500 always", (spoil("ListTags", front.fail(500, "InternalFailure"), ALWAYS),), failures=_COLLECT
    ),
    Fault("aws", "tags denied", (refuse("ListTags", "AccessDeniedException", ALWAYS),), attempts=1),
    Fault("aws", "tags a list", (spoil("ListTags", front.respond(b'["blocked"]'), ALWAYS),), failures=_COLLECT),
    Fault("aws", "tags not JSON", (spoil("ListTags", front.not_json, ALWAYS),), failures=_COLLECT),
    Fault(
        "aws",
        "model busy for one attempt",
        (refuse("DescribeModel", "ThrottlingException", 3),),
        job="by model",
        attempts=2,
    ),
    Fault(
        "aws",
        "model busy always",
        (refuse("DescribeModel", "ThrottlingException", ALWAYS),),
        job="by model",
        # The image stays unknown as long as the model can't be described.
        end="letter",
        attempts=3,
    ),
    Fault(
        "aws",
        "model denied",
        (refuse("DescribeModel", "AccessDeniedException", ALWAYS),),
        job="by model",
        attempts=1,
        # An image is denied, too, if the guard has no permission to read it.
        spares=False,
    ),
    Fault(
        "aws",
        "model gone",
        (refuse("DescribeModel", "ValidationException", ALWAYS, 'Could not find model "x".'),),
        job="by model",
        attempts=1,
        spares=False,
    ),
    Fault(
        "aws",
        "model package busy for one attempt",
        (refuse("DescribeModelPackage", "ThrottlingException", 3),),
        job="by model package",
        attempts=2,
    ),
    Fault(
        "aws",
        "algorithm busy for one attempt",
        (refuse("DescribeAlgorithm", "ThrottlingException", 3),),
        job="by algorithm",
        attempts=2,
    ),
    Fault(
        "aws",
        "algorithm busy always, beside a denied image",
        (refuse("DescribeAlgorithm", "ThrottlingException", ALWAYS),),
        job="rule beside algorithm",
        failures=_COLLECT,
    ),
    # Stop.
    # Each of the guard's attempts consists of three attempts of botocore.
    Fault(
        "aws", "stop throttled for a moment", (refuse(STOP, "ThrottlingException", 5),), attempts=1, outcome="stopped"
    ),
    Fault(
        "aws",
        "stop throttled for one attempt",
        (refuse(STOP, "ThrottlingException", 3 * (1 + len(PATIENCE))),),
        attempts=2,
        failures=frozenset({"StopError"}),
    ),
    Fault("aws", "stop 500 for one attempt", (spoil(STOP, front.fail(500, "InternalFailure"), 3),), attempts=2),
    Fault("aws", "stop denied for one attempt", (refuse(STOP, "AccessDeniedException"),), attempts=2),
    Fault(
        "aws",
        "stop denied always",
        (refuse(STOP, "AccessDeniedException", ALWAYS),),
        end="letter",
        attempts=3,
        outcome="stop_failed",
    ),
    Fault("aws", "stop's answer lost", (spoil(STOP, front.lose_answer),), attempts=1, outcome="stopped"),
    Fault("aws", "stop's connection reset for one attempt", (spoil(STOP, front.reset, 3),), attempts=2),
    Fault(
        "aws",
        "stop's connection refused for one attempt",
        (spoil(STOP, front.refuse_from_now, 3), at(2, reopen)),
        attempts=2,
    ),
    Fault("aws", "stop's answer not JSON, for one attempt", (spoil(STOP, front.not_json),), attempts=2),
    Fault("aws", "stop's answer a list, for one attempt", (spoil(STOP, front.respond(b'["blocked"]')),), attempts=2),
    Fault(
        "aws",
        "tuning job's stop throttled",
        (refuse("StopHyperParameterTuningJob", "ThrottlingException", 3 * (1 + len(PATIENCE))),),
        job="tuning",
        attempts=2,
    ),
    # The job.
    Fault(
        "aws",
        "job ends before it is stopped",
        (upon(STOP, becomes("Completed")),),
        end="untouched",
        attempts=1,
        outcome="already_finished",
    ),
    Fault(
        "aws",
        "job fails before it is described",
        (upon(DESCRIBE, becomes("Failed")),),
        end="untouched",
        attempts=1,
        outcome="already_finished",
    ),
    Fault(
        "aws",
        "job is being stopped already",
        (becomes("Stopping"),),
        end="untouched",
        attempts=1,
        outcome="already_finished",
    ),
    Fault(
        "aws",
        "job stopped by its owner meanwhile",
        (upon(STOP, becomes("Stopping")),),
        end="untouched",
        attempts=1,
        outcome="already_finished",
    ),
)
