"""How long calls to AWS may take, and how often they are tried."""

from __future__ import annotations

import pytest

from lambda_entry.clients import BOTO, BRIEF


@pytest.mark.parametrize(
    ("config", "connect", "read", "attempts"),
    [pytest.param(BOTO, 2, 5, 3, id="decides"), pytest.param(BRIEF, 1, 2, 2, id="tells")],
)
def test_all_attempts_at_a_call_fit_in_the_functions_timeout(config, connect, read, attempts) -> None:
    assert (config.connect_timeout, config.read_timeout, config.tcp_keepalive) == (connect, read, True)
    assert config.retries == {"mode": "legacy", "total_max_attempts": attempts}
