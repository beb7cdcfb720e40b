"""A remote OPA is down or slow, redirects, or sends an invalid decision."""

from __future__ import annotations

from tests.faults import front
from tests.faults.acts import at, reopen_opa, shut_opa, spoil_opa, warm
from tests.faults.fault import REMOTE, Act, Fault
from tests.faults.front import ALWAYS

_ALLOW = b'{"result": {"decision": "allow", "findings": []}}'


def _remote(name: str, *acts: Act, **expected: object) -> Fault:
    # A cold start also sends a query, which would use up the fault.
    return Fault("remote opa", name, (warm, *acts), world=REMOTE, **expected)  # type: ignore[arg-type]


_LETTER = {"end": "letter", "attempts": 3, "spares": False}

REMOTE_OPA: tuple[Fault, ...] = (
    _remote("all is well", attempts=1),
    _remote("down always", shut_opa, **_LETTER),
    _remote("down for one attempt", at(1, shut_opa), at(2, reopen_opa), attempts=2),
    _remote("connection reset once", spoil_opa(front.reset), attempts=1),
    # The rules are evaluated one by one in the rest of the time.
    _remote("slow once", spoil_opa(front.slow(3)), attempts=2, failures=frozenset({"OpaTimeout"}), spares=False),
    _remote("500 always", spoil_opa(front.status(500), ALWAYS), **_LETTER),
    _remote("500 once", spoil_opa(front.status(500)), attempts=2, spares=False),
    _remote(
        "redirects to one that allows all",
        spoil_opa(front.redirect("/v1/data/thief"), ALWAYS),
        spoil_opa(front.respond(_ALLOW), ALWAYS, operation="thief"),
        **_LETTER,
    ),
    _remote("answers a list", spoil_opa(front.respond(b"[]"), ALWAYS), **_LETTER),
    _remote("answers a page", spoil_opa(front.not_json, ALWAYS), **_LETTER),
    _remote("answers no result", spoil_opa(front.respond(b"{}"), ALWAYS), **_LETTER),
    _remote("refuses the token always", spoil_opa(front.status(401), ALWAYS), **_LETTER),
)
