"""The settings of a deployment: one frozen object, built by an entry point from its environment."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from guard.errors import ConfigError

PREFIX = "GUARD_"

ENVIRONMENT_LIMIT_BYTES = 4096
"""Lambda's limit for all environment variables of a function: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

DENY_LIST = "rules.denied_image in policies/guard/config/data.yaml"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(BaseModel):
    """The settings of a deployment; each field is the environment variable `GUARD_` plus its name in upper case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Annotated[
        Literal["enforce", "audit"], Field(description="`enforce` stops denied jobs; `audit` decides and records only.")
    ] = "enforce"
    opa_url: Annotated[
        str,
        Field(description="A remote OPA, as https://host:port (http on loopback only); empty: the embedded OPA."),
    ] = ""
    opa_token_arn: Annotated[
        str,
        Field(
            pattern=r"^(arn:[a-z-]+:(secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+|ssm:[a-z0-9-]+:[0-9]{12}:parameter/.+))?$",
            description="Secrets Manager secret or SSM parameter with the remote OPA's bearer token; empty: no token.",
        ),
    ] = ""
    opa_ca_file: Annotated[
        str, Field(description="CA certificates (PEM) for the remote OPA; empty: the public authorities.")
    ] = ""
    # Read by lambda_entry/start_opa.py, before anything that is slow to import.
    opa_path: Annotated[str, Field(description="The OPA binary; empty: the one in the deployment package.")] = ""
    bundle_path: Annotated[
        str,
        Field(
            description="The policy bundle, a .tar.gz or the policies folder; empty: the one in the deployment package."
        ),
    ] = ""
    # Deciding on the largest job of each kind takes half a second of processor time (benchmarks/worst_case.py). After the
    # timeout, the rules are evaluated one by one, the deny list first.
    opa_timeout_seconds: Annotated[float, Field(gt=0, le=60, description="Time that one decision may take.")] = 2.0
    opa_start_timeout_seconds: Annotated[float, Field(gt=0, le=60, description="Time that OPA may take to start.")] = (
        8.0
    )
    processing_containers: Annotated[
        str, Field(description="Images denied for processing jobs: a comma-separated list of deny-list entries.")
    ] = ""
    training_containers: Annotated[
        str, Field(description="Images denied for training jobs: a comma-separated list of deny-list entries.")
    ] = ""
    state_table: Annotated[
        str,
        Field(description="DynamoDB table of the guard's state between invocations; empty: no state is kept."),
    ] = ""
    switch_parameter: Annotated[
        str, Field(description="SSM parameter whose value `off` keeps every job from being stopped; empty: no switch.")
    ] = ""
    breaker_stops: Annotated[
        int, Field(ge=0, description="Maximum number of jobs stopped in the breaker's window; 0: no limit.")
    ] = 100
    breaker_minutes: Annotated[int, Field(ge=1, le=1440, description="The breaker's sliding window.")] = 10
    breaker_rule_share: Annotated[
        int,
        Field(ge=0, le=100, description="Percentage of the jobs in the window that one rule may deny; 0: no limit."),
    ] = 80
    breaker_rule_jobs: Annotated[
        int,
        Field(ge=1, description="The percentage applies once one rule has denied more jobs than this in the window."),
    ] = 40
    sweep_calls_per_second: Annotated[
        float, Field(gt=0, le=1000, description="Maximum number of SageMaker API calls per second of a sweep.")
    ] = 15.0
    undecided_minutes: Annotated[
        int, Field(ge=0, description="Minutes without a decision on a running job, after which the sweep reports it.")
    ] = 30
    undecided_jobs: Annotated[
        Literal["leave", "stop"],
        Field(description="What the sweep does with a job that it reports as undecided: `leave` or `stop` it."),
    ] = "leave"
    record_bucket: Annotated[
        str,
        Field(
            pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$",
            description="S3 bucket for the complete, masked record of every decision; empty: the log line only.",
        ),
    ] = ""
    record_key_arn: Annotated[
        str,
        Field(
            pattern=r"^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+)?$",
            description="KMS key that encrypts the records; empty: the bucket's default encryption.",
        ),
    ] = ""
    metrics_namespace: Annotated[
        str, Field(description="CloudWatch namespace of the metrics about decisions and sweeps; empty: none.")
    ] = ""
    notice_tags: Annotated[
        Literal["enabled", "disabled"], Field(description="Whether a denied job is tagged with the decision.")
    ] = "disabled"
    notice_bus: Annotated[
        str, Field(description="Event bus that gets an event for each denied job, e.g. `default`; empty: none.")
    ] = ""
    notice_topic_arn: Annotated[
        str,
        Field(
            pattern=r"^(arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+)?$",
            description="SNS topic that gets a message for each denied job; empty: none.",
        ),
    ] = ""
    security_hub: Annotated[
        Literal["enabled", "disabled"], Field(description="Whether denied jobs are findings in Security Hub.")
    ] = "disabled"
    notice_queue_url: Annotated[
        str,
        Field(
            description="SQS queue from which notices are delivered, with retries; empty: the guard sends them itself."
        ),
    ] = ""
    exemption_url: Annotated[
        str, Field(description="Page for requesting an exemption, linked in each notice; empty: none.")
    ] = ""

    @field_validator("opa_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        more = parts.username or parts.password or parts.query or parts.fragment or parts.path not in {"", "/"}
        if parts.scheme not in {"http", "https"} or not parts.hostname or more:
            raise ValueError("must be http(s)://host[:port] and nothing more")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError(
                "must use https: documents contain the configuration of jobs, and http is allowed on loopback only"
            )
        _ = parts.port
        return value

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Return the settings of these variables.

        Raises ConfigError for an invalid value, an unknown `GUARD_` variable, or image lists that don't fit in a Lambda's
        environment.
        """
        ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
        of_the_function = {
            name: value for name, value in environment.items() if name.startswith((PREFIX, "POWERTOOLS_"))
        }
        size = sum(len(name.encode()) + len(value.encode()) for name, value in of_the_function.items())
        if size > ENVIRONMENT_LIMIT_BYTES:
            raise ConfigError(
                "the image lists don't fit in a Lambda's environment: move their entries to the deny list, "
                + DENY_LIST,
                bytes=size,
                limit=ENVIRONMENT_LIMIT_BYTES,
            )
        try:
            return cls.model_validate({name.removeprefix(PREFIX).lower(): value for name, value in ours.items()})
        except ValidationError as exc:
            first = exc.errors(include_url=False)[0]
            variable = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
            problem = "there is no such setting" if first["type"] == "extra_forbidden" else first["msg"]
            raise ConfigError(f"{variable}: {problem}", variable=variable) from exc
