"""A real OPA, embedded or remote: its decisions, and its failures as typed errors."""

from __future__ import annotations

import socket
import traceback
from pathlib import Path

import pytest

from guard.errors import (
    DecisionInvalid,
    DecisionMissing,
    EvaluationFailed,
    OpaStartError,
    OpaTimeout,
    OpaUnavailable,
    PolicyError,
)
from guard.opa.client import PolicyClient
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from guard.opa.remote import RemoteOpa
from tests.support.documents import document
from tests.support.engines import ALLOW

SECRET = "s3cret"


def test_evaluate_returns_the_decision_with_revision_and_version(engine, policies) -> None:
    answer = engine(policies(ALLOW)).evaluate(document())
    assert (answer.decision.decision, answer.revision, answer.opa_version) == ("allow", "r1", "1.22.2")


@pytest.mark.parametrize(
    ("config", "found"),
    [
        pytest.param("exemptions: [{id: EX-1, owner: team}, {id: EX-2}]", ["EX-1", "EX-2"], id="two"),
        pytest.param("exemptions: [{id: EX-1}, 7]", ["EX-1"], id="one that isn't an object"),
        pytest.param("exemptions: {id: EX-1}", [], id="not a list"),
        pytest.param("rules: {}", [], id="none"),
    ],
)
def test_the_exemptions_are_those_of_the_configuration(engine, policies, config: str, found: list[str]) -> None:
    root = policies(ALLOW)
    (root / "guard" / "config").mkdir()
    (root / "guard" / "config" / "data.yaml").write_text(config)
    assert [exemption["id"] for exemption in engine(root).exemptions(5).listed] == found


def test_evaluate_decides_with_the_shipped_bundle(engine, bundle) -> None:
    answer = engine(bundle).evaluate(document(tag="1.10-cpu-py38"))
    assert (answer.decision.decision, answer.decision.rule_ids) == ("deny", ("denied_image",))


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        pytest.param('decision := {"decision": "allow"} if input.schema_version == 2', DecisionMissing, id="undefined"),
        pytest.param("other := 1", DecisionMissing, id="no entrypoint"),
        pytest.param('decision := {"decision": "allow", "findings": [], "x": 1}', DecisionInvalid, id="unknown field"),
        pytest.param('decision := {"decision": "perhaps", "findings": []}', DecisionInvalid, id="unknown verdict"),
        pytest.param('decision := {"decision": "allow"}', DecisionInvalid, id="no findings"),
        pytest.param('decision := "allow"', DecisionInvalid, id="not an object"),
        pytest.param("decision := false", DecisionInvalid, id="false"),
        pytest.param("decision := null", DecisionInvalid, id="null"),
        pytest.param(
            'decision := {"decision": "allow", "findings": [], "n": to_number(input.account[0])} if to_number("x") == 1\n\n'
            'decision := {"decision": "allow", "findings": []} if not to_number(input.region)',
            EvaluationFailed,
            id="failing built-in",
        ),
        pytest.param("decision := 1\n\ndecision := 2 if input.account", EvaluationFailed, id="conflict"),
    ],
)
def test_a_broken_answer_is_an_error(engine, policies, rule, error) -> None:
    with pytest.raises(error):
        engine(policies(rule)).evaluate(document())


def test_a_failing_builtin_names_file_and_row(engine, policies) -> None:
    with pytest.raises(EvaluationFailed) as failed:
        engine(policies('decision := {"decision": "allow", "findings": []} if to_number(input.region)')).evaluate(
            document()
        )
    assert (Path(str(failed.value.evidence["file"])).name, failed.value.evidence["row"]) == ("main.rego", 5)


def test_the_error_of_a_failing_builtin_does_not_quote_its_argument(engine, policies) -> None:
    subject = document(environment=[{"slot": "Environment", "name": "TOKEN", "value": SECRET}])
    rule = 'decision := {"decision": "allow", "findings": []} if to_number(input.environment[0].value) == 1'
    with pytest.raises(EvaluationFailed) as failed:
        engine(policies(rule)).evaluate(subject)
    assert (failed.value.evidence["code"], failed.value.evidence["problem"]) == ("eval_builtin_error", "to_number")
    assert SECRET not in "".join(traceback.format_exception(failed.value))


def test_an_invalid_decision_is_not_quoted(engine, policies) -> None:
    with pytest.raises(DecisionInvalid) as failed:
        engine(policies(f'decision := {{"decision": "{SECRET}", "findings": []}}')).evaluate(document())
    assert SECRET not in "".join(traceback.format_exception(failed.value))


def test_an_ipv6_address_can_be_used(policies, opa) -> None:
    with socket.socket(socket.AF_INET6) as server:
        server.bind(("::1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(OpaTimeout):
            PolicyClient(f"http://[::1]:{port}", timeout=0.2).evaluate(document())
        connection, _ = server.accept()
        assert connection.recv(4) == b"POST"
        connection.close()


def test_proxy_settings_of_the_environment_are_not_used(engine, policies, monkeypatch) -> None:
    """The proxy doesn't exist: a client that used it couldn't reach OPA."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert engine(policies(ALLOW)).evaluate(document()).decision.decision == "allow"


def test_a_remote_opa_has_the_same_interface(policies, opa) -> None:
    started = OpaProcess(opa, policies(ALLOW))
    local = EmbeddedOpa(lambda: started, timeout=5, start_timeout=10)
    local.wait_until_ready()
    remote = RemoteOpa(f"http://127.0.0.1:{started.port}", timeout=5)
    remote.wait_until_ready()
    assert remote.evaluate(document()).decision.decision == "allow"
    remote.close()
    local.close()


def test_a_remote_opa_that_is_down_is_unavailable(policies, opa) -> None:
    ended = OpaProcess(opa, policies(ALLOW))
    ended.stop()
    with pytest.raises(OpaUnavailable):
        RemoteOpa(f"http://127.0.0.1:{ended.port}", timeout=1).evaluate(document())


def test_every_failure_of_the_engine_is_a_policy_error() -> None:
    failures = (OpaStartError, OpaUnavailable, OpaTimeout, EvaluationFailed, DecisionMissing, DecisionInvalid)
    assert all(issubclass(failure, PolicyError) for failure in failures)
