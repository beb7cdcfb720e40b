"""Which built-ins a policy may call: what is pure and bounded, asked of the pinned OPA with the capabilities that ship."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import LIMITS, Opa
from tests.support.policies import ROOT

ALLOWED: list[tuple[str, Any]] = [
    ('net.cidr_contains("10.0.0.0/8", "10.1.2.3")', True),
    ('net.cidr_contains("10.0.0.0/8", "11.1.2.3")', False),
    ('net.cidr_contains_matches(["10.0.0.0/8", "fd00::/8"], ["10.1.2.3/32", "fd00::1"])', [[0, 0], [1, 1]]),
    ('net.cidr_intersects("10.0.0.0/8", "10.1.0.0/16")', True),
    ('net.cidr_is_valid("AWS Internal")', False),
    ('net.cidr_merge(["10.0.0.0/25", "10.0.0.128/25"])', ["10.0.0.0/24"]),
]
REFUSED = [
    'net.cidr_expand("10.0.0.0/30")',
    'net.lookup_ip_addr("example.com")',
    'http.send({"method": "get", "url": "https://example.com"})',
    "time.now_ns()",
    "opa.runtime()",
    'rand.intn("x", 7)',
    'uuid.rfc4122("x")',
]


@pytest.mark.parametrize(("call", "answer"), ALLOWED, ids=lambda value: str(value))
def test_address_ranges_may_be_compared(opa: Path, call: str, answer: Any) -> None:
    got = Opa(opa, ROOT).json("eval", *LIMITS, "--strict-builtin-errors", f"answer := {call}")
    assert got["result"][0]["bindings"]["answer"] == answer


@pytest.mark.parametrize("call", REFUSED)
def test_network_clock_chance_and_environment_are_no_built_ins(opa: Path, call: str) -> None:
    ran = Opa(opa, ROOT).run("eval", *LIMITS, call)
    assert (ran.code, f"undefined function {call.partition('(')[0]}" in ran.output) == (2, True)
