"""OPA dies, hangs, doesn't start or has too few resources; and policies fail in decisions."""

from __future__ import annotations

from tests.faults.acts import (
    at,
    each_attempt,
    fresh,
    hang_opa,
    hang_opa_then_kill_it,
    kill_opa,
    lift_limits,
    limit,
    upon,
)
from tests.faults.fault import Fault, World

# At the first start only, another OPA, without policies, takes the port before the guard's OPA does, and answers its queries.
_TAKEN = """
[ -e /tmp/taken ] && exec "$OPA" "$@"
touch /tmp/taken
for word in "$@"; do case "$word" in --addr=*) address="$word";; esac; done
"$OPA" run --server "$address" --log-level=error --skip-version-check &
sleep 1
exec "$OPA" "$@"
"""

_IMPATIENT = (("GUARD_OPA_START_TIMEOUT_SECONDS", "1"),)

ENGINE: tuple[Fault, ...] = (
    Fault("engine", "opa killed before the first event", (fresh, kill_opa), attempts=1),
    Fault("engine", "opa killed between two events", (kill_opa,), attempts=1),
    Fault("engine", "opa killed before each attempt", (each_attempt(kill_opa),), attempts=1),
    Fault("engine", "opa killed while the job is described", (upon("DescribeTrainingJob", kill_opa),), attempts=1),
    Fault(
        "engine",
        "opa killed while it decides",
        (upon("DescribeTrainingJob", hang_opa_then_kill_it),),
        attempts=1,
    ),
    Fault("engine", "opa hangs", (upon("DescribeTrainingJob", hang_opa),), attempts=1),
    Fault(
        "engine",
        "opa hangs, and none starts after it",
        (upon("DescribeTrainingJob", hang_opa),),
        # Without a decision, nothing is known about the job.
        world=World(opa='[ -e /tmp/once ] && exec sleep 1000\ntouch /tmp/once\nexec "$OPA" "$@"', variables=_IMPATIENT),
        end="letter",
        attempts=3,
        spares=False,
    ),
    Fault("engine", "opa's port taken by another opa", world=World(opa=_TAKEN), attempts=1),
    Fault("engine", "opa slow to start", world=World(opa='sleep 3\nexec "$OPA" "$@"'), attempts=1, spares=False),
    Fault(
        "engine",
        "opa never ready",
        world=World(opa="exec sleep 1000", variables=_IMPATIENT),
        end="letter",
        attempts=3,
        spares=False,
    ),
    Fault(
        "engine",
        "opa missing",
        world=World(variables=(("GUARD_OPA_PATH", "{extra}/none"),)),
        end="letter",
        attempts=3,
        spares=False,
    ),
    Fault(
        "engine",
        "opa not a program",
        world=World(variables=(("GUARD_OPA_PATH", "{task}/bundle.tar.gz"),)),
        end="letter",
        attempts=3,
        spares=False,
    ),
    Fault(
        "engine",
        "bundle missing",
        world=World(variables=(("GUARD_BUNDLE_PATH", "{task}/none.tar.gz"),)),
        end="letter",
        attempts=3,
        spares=False,
    ),
    Fault(
        "engine",
        "bundle corrupt",
        world=World(variables=(("GUARD_BUNDLE_PATH", "{extra}/corrupt.tar.gz"),)),
        end="letter",
        attempts=3,
        spares=False,
    ),
    Fault(
        "engine",
        "bundle of another schema",
        world=World(policies="another schema"),
        end="letter",
        attempts=3,
        spares=False,
    ),
    Fault(
        "engine",
        "opa dead while no process can be started, for one attempt",
        (at(1, kill_opa), at(1, limit("NPROC", 0)), at(2, lift_limits)),
        attempts=2,
        sandboxed=True,
    ),
    Fault(
        "memory",
        "opa with little memory, and a large job",
        world=World(opa='ulimit -v 1400000; exec "$OPA" "$@"'),
        job="large",
        spares=False,  # a job with more settings than a document can hold is denied
    ),
    Fault(
        "memory",
        "opa with too little memory to start",
        world=World(opa='ulimit -v 100000; exec "$OPA" "$@"'),
        end="letter",
        attempts=3,
        spares=False,
    ),
)


def _policy(name: str, **expected: object) -> Fault:
    return Fault("policy", name, world=World(policies=name), **expected)  # type: ignore[arg-type]


_EVALUATION_FAILED = frozenset({"EvaluationFailed"})

POLICY: tuple[Fault, ...] = (
    _policy("a rule errs at warn", attempts=3, failures=_EVALUATION_FAILED),
    _policy("a rule errs at deny", attempts=3, failures=_EVALUATION_FAILED),
    _policy("a rule has conflicting values", attempts=3, failures=_EVALUATION_FAILED),
    _policy("a rule is slow", failures=frozenset({"OpaTimeout"}), spares=False),
    # A rule with invalid exports gives every job a finding at level deny.
    _policy("a rule is undefined", attempts=1, spares=False),
    _policy("a finding has no message", attempts=1, spares=False),
    _policy("a level is misspelt", attempts=1, spares=False),
    _policy("all rules but the deny list err", failures=_EVALUATION_FAILED),
    _policy("the decision is undefined", failures=frozenset({"DecisionMissing"})),
    _policy("the decision is not one", failures=frozenset({"DecisionInvalid"})),
    _policy("no rule ids", failures=frozenset({"DecisionMissing"})),
    # Without the deny list, it is unknown that the image is denied.
    _policy("the deny list errs", failures=_EVALUATION_FAILED, end="letter", attempts=3),
    _policy("no entrypoint", end="letter", attempts=3, spares=False),
)
