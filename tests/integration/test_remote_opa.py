"""An OPA that somebody else runs: redirects, slow answers, tokens and certificates."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from guard.aws.secrets import token_from
from guard.decision import Exemptions
from guard.errors import (
    ConfigError,
    DecisionInvalid,
    DecisionMissing,
    EvaluationFailed,
    OpaTimeout,
    OpaUnauthorized,
    OpaUnavailable,
    PolicyError,
    SchemaMismatch,
)
from guard.opa.client import PolicyClient
from guard.opa.remote import RemoteOpa
from tests.support.documents import document
from tests.support.threads import no_threads

ALLOW = json.dumps({"result": {"decision": "allow", "findings": []}}).encode()
Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serve HTTP on loopback with this answer to each POST, and return the address."""
    with ExitStack() as running:

        def start(answer: Answer) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_POST(self) -> None:
                    self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    answer(self)

                def log_message(self, *_: Any) -> None:
                    """Print nothing."""

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.daemon_threads = True
            server.block_on_close = False
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            running.callback(server.server_close)
            running.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield start


def answering(status: int, body: bytes, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(serve, status: int) -> None:
    received: list[str] = []

    def thief(request: BaseHTTPRequestHandler) -> None:
        received.append(request.path)
        answering(200, ALLOW)(request)

    elsewhere = serve(thief)
    opa = RemoteOpa(serve(answering(status, b"", Location=f"{elsewhere}/v1/data/guard/main/decision")), timeout=5)
    with pytest.raises(OpaUnavailable, match="redirects") as failed:
        opa.evaluate(document())
    assert (failed.value.evidence["status"], received) == (status, [])


def _trickle(request: BaseHTTPRequestHandler, parts: list[bytes]) -> None:
    request.wfile.flush()
    for part in parts:
        try:
            request.wfile.write(part)
            request.wfile.flush()
        except OSError:
            return
        time.sleep(0.1)


def test_the_exemptions_are_read_from_the_configuration_of_the_remote_opa(serve) -> None:
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path.partition("?")[0])
        answering(200, b'{"result": [{"id": "EX-1"}], "provenance": {"bundles": {"b": {"revision": "r1"}}}}')(request)

    assert RemoteOpa(serve(answer), timeout=5).exemptions(5) == Exemptions(({"id": "EX-1"},), "r1")
    assert asked == ["/v1/data/guard/config/exemptions"]


@pytest.mark.parametrize(
    "headers", [pytest.param(True, id="headers that trickle"), pytest.param(False, id="a body that trickles")]
)
def test_the_timeout_bounds_the_whole_call(serve, headers: bool) -> None:
    """Each read ends in time, but the answer doesn't."""

    def slow(request: BaseHTTPRequestHandler) -> None:
        if not headers:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            _trickle(request, [b" "] * 100)
        else:
            request.wfile.write(b"HTTP/1.1 200 OK\r\n")
            _trickle(request, [b"X"] * 100)

    url = serve(slow)
    opa = RemoteOpa(url, timeout=0.5)
    started = time.monotonic()
    with pytest.raises(OpaTimeout) as failed:
        opa.evaluate(document())
    assert failed.value.evidence == {"url": url, "seconds": 0.5}
    assert time.monotonic() - started < 5, "ten times the timeout: the reads were bounded one by one"


def test_after_a_timeout_the_next_call_has_a_connection_of_its_own(serve) -> None:
    calls: list[int] = []

    def first_slow(request: BaseHTTPRequestHandler) -> None:
        calls.append(1)
        if len(calls) == 1:
            _trickle(request, [b"HTTP/1.1 200 OK\r\n", *[b"X"] * 30])
        else:
            answering(200, ALLOW)(request)

    opa = RemoteOpa(serve(first_slow), timeout=0.4)
    with pytest.raises(OpaTimeout):
        opa.evaluate(document())
    assert opa.evaluate(document()).decision.decision == "allow"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"[]", DecisionInvalid, id="a list"),
        pytest.param(b'"allow"', DecisionInvalid, id="a text"),
        pytest.param(b"null", DecisionInvalid, id="null"),
        pytest.param(b"allow", DecisionInvalid, id="not JSON"),
        pytest.param(b'{"result": "allow"}', DecisionInvalid, id="a text for a decision"),
        pytest.param(b"{}", PolicyError, id="no result"),
    ],
)
def test_an_invalid_decision_is_an_error(serve, body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        RemoteOpa(serve(answering(200, body)), timeout=5).evaluate(document())


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b'{"errors": null}', b'{"code": "internal_error"}'])
def test_an_error_body_of_any_form_is_a_failed_evaluation(serve, body: bytes) -> None:
    with pytest.raises(EvaluationFailed) as failed:
        RemoteOpa(serve(answering(500, body)), timeout=5).evaluate(document())
    assert failed.value.evidence["status"] == 500


def test_decisions_work_if_no_thread_can_be_started(serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    url = serve(answering(200, ALLOW))
    refused = no_threads(monkeypatch, "opa-call")
    assert RemoteOpa(url, timeout=5).evaluate(document()).decision.decision == "allow"
    assert refused == ["opa-call"]


def test_an_answer_that_is_nested_too_deeply_is_invalid(serve: Callable[..., str]) -> None:
    with pytest.raises(DecisionInvalid, match="not JSON"):
        RemoteOpa(serve(answering(200, b"[" * 200_000)), timeout=5).evaluate(document())


class TestToken:
    def test_the_time_to_fetch_it_counts(self, serve: Callable[..., str]) -> None:
        released = threading.Event()

        def token() -> str:
            released.wait(10)
            return "t0ken"

        opa = RemoteOpa(serve(answering(200, ALLOW)), timeout=0.2, token=token)
        begun = time.monotonic()
        with pytest.raises(OpaTimeout):
            opa.evaluate(document())
        assert time.monotonic() - begun < 5
        released.set()
        assert (
            RemoteOpa(serve(answering(200, ALLOW)), timeout=5, token=token).evaluate(document()).decision.decision
            == "allow"
        )

    def test_it_is_sent_with_every_query(self, serve) -> None:
        seen: list[str | None] = []

        def answer(request: BaseHTTPRequestHandler) -> None:
            seen.append(request.headers.get("Authorization"))
            answering(200, ALLOW)(request)

        opa = RemoteOpa(serve(answer), timeout=5, token=lambda: "t0ken")
        opa.evaluate(document())
        opa.evaluate(document())
        assert seen == ["Bearer t0ken", "Bearer t0ken"]

    def test_it_is_fetched_again_when_opa_rejects_it(self, serve) -> None:
        tokens = iter(["old", "new"])

        def answer(request: BaseHTTPRequestHandler) -> None:
            right = request.headers.get("Authorization") == "Bearer new"
            answering(200 if right else 401, ALLOW if right else b"{}")(request)

        opa = RemoteOpa(serve(answer), timeout=5, token=lambda: next(tokens))
        assert opa.evaluate(document()).decision.decision == "allow"

    def test_a_rejected_token_is_fetched_once_for_many_documents(self, serve) -> None:
        fetched: list[str] = []

        def token() -> str:
            fetched.append("new" if fetched else "old")
            return fetched[-1]

        def answer(request: BaseHTTPRequestHandler) -> None:
            right = request.headers.get("Authorization") == "Bearer new"
            answering(200 if right else 401, ALLOW if right else b"{}")(request)

        answers = list(RemoteOpa(serve(answer), timeout=5, token=token).evaluate_many([document()] * 30))
        assert [answer.decision.decision for answer in answers] == ["allow"] * 30
        assert fetched == ["old", "new"]

    def test_a_token_that_is_rejected_twice_is_an_error(self, serve) -> None:
        opa = RemoteOpa(serve(answering(401, b"{}")), timeout=5, token=lambda: "wrong")
        with pytest.raises(OpaUnauthorized) as failed:
            opa.evaluate(document())
        assert "wrong" not in str(failed.value)

    @pytest.mark.parametrize("service", ["secretsmanager", "ssm"])
    def test_it_is_read_from_secrets_manager_or_parameter_store(self, service: str) -> None:
        with mock_aws():
            client = boto3.client(service, region_name="eu-west-1")
            if service == "ssm":
                client.put_parameter(Name="/guard/opa", Value="t0ken\n", Type="SecureString")
                arn = client.get_parameter(Name="/guard/opa")["Parameter"]["ARN"]
            else:
                arn = client.create_secret(Name="opa", SecretString="t0ken")["ARN"]
            assert token_from(arn, lambda name: boto3.client(name, region_name="eu-west-1")) == "t0ken"

    def test_a_token_that_cannot_be_read_is_an_error_with_its_arn(self) -> None:
        arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf"
        with mock_aws(), pytest.raises(OpaUnauthorized) as failed:
            token_from(arn, lambda name: boto3.client(name, region_name="eu-west-1"))
        assert failed.value.evidence == {"arn": arn, "code": "ResourceNotFoundException"}


def test_policies_of_another_schema_are_refused_at_the_start(serve) -> None:
    with pytest.raises(SchemaMismatch) as failed:
        RemoteOpa(serve(answering(200, b'{"result": 2}')), timeout=5).wait_until_ready()
    assert failed.value.evidence == {"bundle": 2, "guard": 1}


def test_an_opa_that_is_down_does_not_keep_the_guard_from_starting() -> None:
    RemoteOpa("http://127.0.0.1:1", timeout=1).wait_until_ready()


@pytest.fixture
def tls_opa(opa: Path, bundle: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of an OPA that serves the shipped bundle over TLS, and its certificate."""
    certificate, key = tmp_path / "opa.pem", tmp_path / "opa.key"
    signing = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    signing += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(signing, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [opa, "run", "--server", f"--addr=127.0.0.1:{port}", "--log-level=error", "--skip-version-check"]
    command += [f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}", "--bundle", bundle]
    child = subprocess.Popen(command)
    url = f"https://127.0.0.1:{port}"
    client = PolicyClient(url, timeout=5, ca_file=str(certificate))
    while not client.ready():
        assert child.poll() is None
    client.close()
    yield url, certificate
    child.kill()
    child.wait()


def test_a_private_authority_is_trusted_by_its_file(tls_opa: tuple[str, Path]) -> None:
    url, certificate = tls_opa
    opa = RemoteOpa(url, timeout=10, ca_file=str(certificate))
    opa.wait_until_ready()
    denied = opa.evaluate(document(tag="1.10-cpu-py38"))
    each = opa.evaluate_each(document(tag="1.10-cpu-py38"), 10)
    assert (denied.decision.rule_ids, each.evaluation) == (("denied_image",), denied)
    assert list(opa.evaluate_many([document(tag="1.10-cpu-py38")] * 3)) == [denied] * 3


def test_the_certificates_are_read_once_for_all_connections(
    tls_opa: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, certificate = tls_opa
    client = PolicyClient(url, timeout=5, ca_file=str(certificate))
    read: list[str] = []
    make = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda cafile: (read.append(cafile), make(cafile=cafile))[1])
    for _ in range(3):
        client.connect().close()
    assert read == [str(certificate)]


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"], ids=["missing", "empty", "no PEM"])
def test_a_file_without_certificates_is_refused_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match="GUARD_OPA_CA_FILE") as refused:
        RemoteOpa("https://127.0.0.1:1", timeout=1, ca_file=str(file))
    assert (refused.value.evidence["file"], isinstance(refused.value.__cause__, OSError)) == (str(file), True)


def test_a_missing_file_of_certificates_is_an_error_for_each_document(tls_opa: tuple[str, Path]) -> None:
    url, certificate = tls_opa
    opa = RemoteOpa(url, timeout=5, ca_file=str(certificate))
    certificate.unlink()
    answers = list(opa.evaluate_many([document()] * 2))
    assert [type(answer) for answer in answers] == [OpaUnavailable] * 2
    with pytest.raises(OpaUnavailable, match=re.escape(str(certificate))):
        PolicyClient(url, timeout=5, ca_file=str(certificate)).connect()


def test_many_documents_are_not_sent_to_a_host_with_an_untrusted_certificate(tls_opa: tuple[str, Path]) -> None:
    answers = RemoteOpa(tls_opa[0], timeout=10).evaluate_many([document()] * 2)
    assert [type(answer) for answer in answers] == [OpaUnavailable] * 2


def test_without_the_file_the_certificate_is_refused(tls_opa: tuple[str, Path]) -> None:
    with pytest.raises(OpaUnavailable):
        RemoteOpa(tls_opa[0], timeout=10).evaluate(document())


# Queries other than decisions


def _client(serve: Callable[..., str], body: bytes) -> PolicyClient:
    return PolicyClient(serve(answering(200, body)), timeout=5)


def test_the_list_of_rules_is_read(serve: Callable[..., str]) -> None:
    assert _client(serve, b'{"result": ["a", "b"]}').rule_ids(5) == ("a", "b")


@pytest.mark.parametrize("body", [b"{}", b'{"result": "a"}', b'{"result": ["a", 1]}'])
def test_an_invalid_list_of_rules_is_an_error(serve: Callable[..., str], body: bytes) -> None:
    with pytest.raises(DecisionInvalid, match="not a list of rule ids"):
        _client(serve, body).rule_ids(5)


def test_the_masks_are_read(serve: Callable[..., str]) -> None:
    assert _client(serve, b'{"result": ["/input/environment"]}').masks({}) == ["/input/environment"]


def test_a_bundle_without_a_masking_policy_is_an_error(serve: Callable[..., str]) -> None:
    with pytest.raises(DecisionMissing, match=r"the bundle lacks guard\.mask"):
        _client(serve, b"{}").masks({})
