"""The composition root: builds the guard with all its dependencies, for every entry point.

Modules that only some entry points or settings need are imported where they are used, to keep cold starts short.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from guard.aws.enforce import PATIENCE
from guard.aws.switch import Switch
from guard.aws.table import StateTable
from guard.denylist.deployment import deny_list
from guard.errors import ConfigError
from guard.limits.breaker import Bounds, Breaker
from guard.limits.permit import NO_LIMITS, Limits, Permit, SwitchedLimits
from guard.log.line import LineSink
from guard.log.sinks import DecisionLog, Sink
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from guard.pipeline import Guard
from guard.refs import Home
from guard.settings import Settings
from lambda_entry.clients import BRIEF, client

if TYPE_CHECKING:
    from guard.opa.remote import RemoteOpa
    from guard.store import Store
    from guard.sweep.run import Sweep

    Engine = EmbeddedOpa | RemoteOpa


def build_engine(
    settings: Settings, start: Callable[[], OpaProcess], process: OpaProcess | None, logger: Logger
) -> Engine:
    """Return the engine for these settings; `process` is an OPA that is already starting."""
    if settings.opa_url:
        from guard.aws.secrets import token_from
        from guard.opa.remote import RemoteOpa

        arn = settings.opa_token_arn
        return RemoteOpa(
            settings.opa_url,
            timeout=settings.opa_timeout_seconds,
            token=partial(token_from, arn, partial(client, arn=arn)) if arn else None,
            ca_file=settings.opa_ca_file or None,
        )
    return EmbeddedOpa(
        start,
        timeout=settings.opa_timeout_seconds,
        start_timeout=settings.opa_start_timeout_seconds,
        process=process,
        on_restart=lambda exc: logger.warning("engine restarted", extra={"reason": str(exc)}),
    )


def build_guard(
    settings: Settings, engine: Engine, logger: Logger, sagemaker: Any = None, counted_together: int = 1
) -> Guard:
    """Return the guard for these settings; `sagemaker` replaces the client of the function's own account and region.

    `counted_together` is how many jobs that aren't denied are counted with one call.
    """
    return Guard(
        engine=engine,
        sagemaker=sagemaker or client("sagemaker"),
        log=build_log(settings, engine, logger),
        mode=settings.mode,
        deny_list=deny_list({"processing": settings.processing_containers, "training": settings.training_containers}),
        limits=build_limits(settings, counted_together),
        patience=PATIENCE,
    )


def build_limits(settings: Settings, counted_together: int = 1) -> Limits:
    """Return the limits that may keep a denied job from being stopped."""
    if settings.mode == "audit":
        return NO_LIMITS
    switch = (
        Switch(cache(lambda: client("ssm", BRIEF)), settings.switch_parameter) if settings.switch_parameter else Permit
    )
    bounds = Bounds.of(settings)
    counts = settings.state_table and (bounds.stops or bounds.rule_share)
    table = StateTable(cache(lambda: client("dynamodb", BRIEF)), settings.state_table)
    return SwitchedLimits(switch, Breaker(table, bounds, together=counted_together) if counts else NO_LIMITS)


def build_sweep(settings: Settings, engine: Engine, logger: Logger, version: str = "") -> Sweep:
    """Return the sweep for these settings, with a SageMaker client whose calls are spread over time.

    `version` is the function's version, which differs between releases.
    """
    from guard.aws.budget import Budget, spend
    from guard.sweep.run import TOGETHER, Sweep

    # With few calls per second, the calls of a large batch would take longer than the function's timeout.
    together = max(1, min(TOGETHER, int(settings.sweep_calls_per_second)))
    sagemaker = client("sagemaker")
    spend(sagemaker, Budget(settings.sweep_calls_per_second, burst=settings.sweep_calls_per_second))
    guard = build_guard(settings, engine, logger, sagemaker, counted_together=together)
    return Sweep(
        guard=guard,
        client=sagemaker,
        store=_store(settings),
        setup=_setup(settings, guard, version),
        undecided_after=timedelta(minutes=settings.undecided_minutes),
        withheld_longest=Bounds.of(settings).longest,
        stop_undecided=settings.undecided_jobs == "stop",
        notice=lambda message, facts: logger.error(message, extra=facts),
        exemptions=lambda: engine.exemptions(settings.opa_timeout_seconds),
        together=together,
    )


def function_home(function_arn: str) -> Home:
    """Return the account, region and partition in the function's own ARN, which saves a call to STS."""
    parts = function_arn.split(":")
    if len(parts) < 6:
        raise ConfigError("the function's ARN can't be read", arn=function_arn)
    return Home(account=parts[4], region=parts[3], partition=parts[1])


def _setup(settings: Settings, guard: Guard, version: str) -> str:
    """Return a digest of what affects decisions besides job and policies: the mode, the deployment's deny lists, the release.

    The release counts because a later version may read more of a job under the same policies.
    """
    decides = [settings.mode, guard.deny_list.model_dump(mode="json"), version]
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]


def _store(settings: Settings) -> Store:
    from guard.store import NoStore

    return StateTable(cache(lambda: client("dynamodb")), settings.state_table) if settings.state_table else NoStore()


def build_log(settings: Settings, engine: Engine, logger: Logger) -> DecisionLog:
    """Return the decision log: always the log line, and the further sinks that these settings enable.

    The sinks' clients are created on first use, so that a cold start doesn't wait for them.
    """
    sinks: list[Sink] = []
    if settings.record_bucket:
        from guard.log.objects import ObjectSink

        s3 = cache(lambda: client("s3", BRIEF))
        sinks.append(ObjectSink(s3, settings.record_bucket, engine, settings.record_key_arn))
    if gives_notices(settings):
        from lambda_entry.notices import build_notices

        sinks.append(build_notices(settings, logger))
    if settings.metrics_namespace:
        from guard.log.metrics import MetricsSink

        metrics = MetricsSink(settings.metrics_namespace)
        return DecisionLog(LineSink(logger), *sinks, metrics, on_failure=metrics.failed)
    return DecisionLog(LineSink(logger), *sinks)


def gives_notices(settings: Settings) -> bool:
    """Return whether any channel for notices is enabled."""
    switches = (settings.notice_tags, settings.security_hub)
    return "enabled" in switches or bool(settings.notice_bus or settings.notice_topic_arn)
