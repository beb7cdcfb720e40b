"""The address and the header of the client's queries, and the errors of an OPA that doesn't respond."""

from __future__ import annotations

import socket

import pytest

from guard.errors import OpaTimeout, OpaUnavailable
from guard.opa.client import PolicyClient


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("http://127.0.0.1", "http://127.0.0.1:80/v1"),
        ("http://127.0.0.1:8181", "http://127.0.0.1:8181/v1"),
        ("http://127.0.0.1:8181/", "http://127.0.0.1:8181/v1"),
        ("https://opa.internal", "https://opa.internal:443/v1"),
        ("https://opa.internal:8443", "https://opa.internal:8443/v1"),
        ("http://[::1]", "http://[::1]:80/v1"),
    ],
)
def test_the_default_port_is_that_of_the_scheme(url: str, root: str) -> None:
    assert PolicyClient(url, timeout=1)._opa.root_url == root


def test_a_connection_sends_the_same_header_as_the_client() -> None:
    head = PolicyClient("http://127.0.0.1:8181", timeout=1, token="t0ken")._opa.head("guard/main/decision")
    first, *fields = head.decode().split("\r\n")
    assert first == "POST /v1/data/guard/main/decision?strict-builtin-errors=true&provenance=true HTTP/1.1"
    assert fields[-1] == "Content-Length: "
    expected = {
        "Host: 127.0.0.1:8181",
        "Authorization: Bearer t0ken",
        "Content-Type: application/json",
        "Accept-Encoding: identity",
    }
    assert expected <= set(fields)
    assert sum(field.startswith("Content-Length") for field in fields) == 1


def test_an_opa_that_does_not_respond_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(OpaTimeout) as caught:
            PolicyClient(url, timeout=5).rule_ids(0.1)
    assert caught.value.evidence == {"url": url, "seconds": 0.1}


@pytest.mark.parametrize("answer", [[], {"result": []}, {"result": {"labels": "x"}}, None])
def test_an_invalid_configuration_has_no_label(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    client = PolicyClient("http://127.0.0.1:8181", timeout=1)
    monkeypatch.setattr(client._opa, "get_config", lambda: answer)
    assert client.label("guard_process") is None


def test_an_opa_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with pytest.raises(OpaUnavailable) as caught:
        PolicyClient(url, timeout=5).rule_ids(5)
    assert caught.value.evidence == {"url": url}
