"""Settings: read from a mapping, wrong ones refused by name."""

from __future__ import annotations

import pytest

from guard.errors import ConfigError
from guard.settings import ENVIRONMENT_LIMIT_BYTES, Settings


def test_defaults_enforce_with_the_embedded_opa() -> None:
    settings = Settings.from_environment({})
    assert (settings.mode, settings.opa_url, settings.training_containers) == ("enforce", "", "")


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
def test_an_opa_elsewhere_is_named_by_its_origin(url: str) -> None:
    assert Settings.from_environment({"GUARD_OPA_URL": url}).opa_url == url


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
