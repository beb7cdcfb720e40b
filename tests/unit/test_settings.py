"""Settings: read from a mapping, wrong ones refused by name."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from guard.errors import ConfigError
from guard.settings import ENVIRONMENT_LIMIT_BYTES, Settings


def test_without_variables_the_embedded_opa_decides_and_jobs_are_stopped() -> None:
    assert Settings.from_environment({}).model_dump() == {
        "mode": "enforce",
        "opa_url": "",
        "opa_token_arn": "",
        "opa_ca_file": "",
        "opa_path": "",
        "bundle_path": "",
        "opa_timeout_seconds": 2.0,
        "opa_start_timeout_seconds": 8.0,
        "processing_containers": "",
        "training_containers": "",
        "state_table": "",
        "switch_parameter": "",
        "breaker_stops": 100,
        "breaker_minutes": 10,
        "breaker_rule_share": 80,
        "breaker_rule_jobs": 40,
        "sweep_calls_per_second": 15.0,
        "undecided_minutes": 30,
        "undecided_jobs": "leave",
        "record_bucket": "",
        "record_key_arn": "",
        "metrics_namespace": "",
        "notice_tags": "disabled",
        "notice_bus": "",
        "notice_topic_arn": "",
        "notice_queue_url": "",
        "security_hub": "disabled",
        "exemption_url": "",
    }


def test_fields_are_read_from_guard_variables_only() -> None:
    settings = Settings.from_environment({"GUARD_MODE": "audit", "MODE": "enforce", "PATH": "/bin"})
    assert settings.mode == "audit"


def test_the_process_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARD_MODE", "audit")
    assert Settings.from_environment({}).mode == "enforce"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("GUARD_MODE", "stop", id="unknown mode"),
        pytest.param("GUARD_MODE", "Enforce", id="mode in another case"),
        pytest.param("GUARD_MOOD", "audit", id="misspelt variable"),
        pytest.param("GUARD_RECORD_KEY_ARN", "alias/records", id="an alias in place of a key's ARN"),
        pytest.param("GUARD_OPA_URL", "opa:8181", id="no scheme"),
        pytest.param("GUARD_OPA_URL", "http://opa:8181/v1", id="with a path"),
        pytest.param("GUARD_OPA_URL", "http://user:word@opa", id="with credentials"),
        pytest.param("GUARD_OPA_URL", "https://opa/v1", id="https with a path"),
        pytest.param("GUARD_OPA_URL", "https://user@opa", id="with a user"),
        pytest.param("GUARD_OPA_URL", "https://:word@opa", id="with a password"),
        pytest.param("GUARD_OPA_URL", "https://opa?x", id="with a query"),
        pytest.param("GUARD_OPA_URL", "https://opa#x", id="with a fragment"),
        pytest.param("GUARD_OPA_URL", "https://opa:port", id="port not a number"),
        pytest.param("GUARD_OPA_URL", "https://", id="no host"),
        pytest.param("GUARD_OPA_URL", "ftp://opa", id="another scheme"),
        pytest.param("GUARD_OPA_URL", "http://opa", id="plain http to another host"),
        pytest.param("GUARD_OPA_URL", "http://10.0.0.1:8181", id="plain http to a private address"),
        pytest.param("GUARD_OPA_URL", "http://localhost.example.com", id="a host that begins like loopback"),
        pytest.param("GUARD_OPA_TOKEN_ARN", "s3cret", id="a token in place of its ARN"),
        pytest.param("GUARD_OPA_TOKEN_ARN", "arn:aws:s3:::bucket", id="the ARN of something else"),
        pytest.param("GUARD_OPA_TIMEOUT_SECONDS", "0", id="no time"),
        pytest.param("GUARD_OPA_TIMEOUT_SECONDS", "soon", id="not a number"),
        pytest.param("GUARD_OPA_START_TIMEOUT_SECONDS", "61", id="longer than the function runs"),
    ],
)
def test_a_wrong_setting_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as refused:
        Settings.from_environment({name: value})
    assert refused.value.evidence["variable"] == name


@pytest.mark.parametrize(
    "url",
    [
        "https://opa.internal:8181",
        "https://opa.internal",
        "http://127.0.0.1:8181/",
        "http://127.0.0.1",
        "http://127.9.9.9:1",
        "http://[::1]:8181",
        "http://localhost:8181",
    ],
)
def test_a_remote_opa_is_named_by_its_origin(url: str) -> None:
    assert Settings.from_environment({"GUARD_OPA_URL": url}).opa_url == url


def test_an_empty_address_is_that_of_the_embedded_opa() -> None:
    """The template sets each variable; this one is empty unless OPA is remote."""
    assert Settings.from_environment({"GUARD_OPA_URL": ""}) == Settings.from_environment({})


def test_settings_stay_as_they_were_read() -> None:
    with pytest.raises(ValidationError):
        Settings.from_environment({}).mode = "audit"  # type: ignore[misc]


def _of_size(size: int) -> dict[str, str]:
    name = "GUARD_TRAINING_CONTAINERS"
    return {name: "a" * (size - len(name))}


def test_lists_beyond_the_environment_of_a_lambda_are_refused_with_the_place_where_they_belong() -> None:
    with pytest.raises(ConfigError, match=r"data\.yaml") as refused:
        Settings.from_environment(_of_size(ENVIRONMENT_LIMIT_BYTES + 1))
    assert refused.value.evidence == {"bytes": ENVIRONMENT_LIMIT_BYTES + 1, "limit": ENVIRONMENT_LIMIT_BYTES}


def test_the_other_variables_of_the_function_count() -> None:
    with pytest.raises(ConfigError, match="don't fit"):
        Settings.from_environment({**_of_size(ENVIRONMENT_LIMIT_BYTES - 10), "POWERTOOLS_SERVICE_NAME": "guard"})


def test_lists_that_just_fit_are_taken() -> None:
    assert Settings.from_environment(_of_size(ENVIRONMENT_LIMIT_BYTES)).training_containers.startswith("aaa")


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:opa-AbCdEf",
        "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/guard/opa",
    ],
)
def test_a_token_is_named_by_its_arn(arn: str) -> None:
    assert Settings.from_environment({"GUARD_OPA_TOKEN_ARN": arn}).opa_token_arn == arn


def test_the_limit_is_what_lambda_takes_and_counts_bytes() -> None:
    assert ENVIRONMENT_LIMIT_BYTES == 4096
    with pytest.raises(ConfigError, match="don't fit"):
        Settings.from_environment({"GUARD_TRAINING_CONTAINERS": "\u00e9" * 2048})


def test_the_other_variables_of_the_machine_do_not_count() -> None:
    assert Settings.from_environment({"PATH": "x" * 5000}).mode == "enforce"


def test_an_unknown_variable_is_distinguished_from_a_wrong_value() -> None:
    with pytest.raises(ConfigError, match="GUARD_MOOD: there is no such setting"):
        Settings.from_environment({"GUARD_MOOD": "audit"})
    with pytest.raises(ConfigError, match="GUARD_MODE: Input should be 'enforce' or 'audit'"):
        Settings.from_environment({"GUARD_MODE": "stop"})


@pytest.mark.parametrize("part", ["http", "nothing more", "https: documents"])
def test_the_error_for_a_wrong_url_says_what_is_expected(part: str) -> None:
    url = "http://10.0.0.1" if "documents" in part else "https://opa/v1"
    with pytest.raises(ConfigError, match=part):
        Settings.from_environment({"GUARD_OPA_URL": url})
