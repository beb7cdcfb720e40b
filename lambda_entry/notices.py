"""Builds the delivery of notices; imported only if a channel is enabled, or a message of the guard's queue arrives.

Every client is created on first use.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from guard.aws.created import created_at
from guard.aws.table import StateTable
from guard.notices.channels import Channel, EventsChannel, TagsChannel, TopicChannel
from guard.notices.deliver import Deliverer, NoticeSink
from guard.notices.ends import Ends, NotifiedJobs, Runs
from guard.notices.once import Once, OnceInMemory, OnceInTable
from guard.notices.security_hub import SecurityHubChannel
from guard.settings import Settings
from guard.store import Store
from lambda_entry.clients import BRIEF, client


def build_notices(settings: Settings, logger: Logger) -> NoticeSink:
    """Return the sink that sends notices to the queue, or delivers them itself without a queue."""
    sqs: Any = cache(lambda: client("sqs", BRIEF))

    def send(body: str, delay_seconds: int) -> None:
        sqs().send_message(QueueUrl=settings.notice_queue_url, MessageBody=body, DelaySeconds=delay_seconds)

    deliverer = build_deliverer(settings, logger)
    return NoticeSink(deliverer, send if settings.notice_queue_url else None, Runs(_store(settings)))


def build_deliverer(settings: Settings, logger: Logger) -> Deliverer:
    """Return the deliverer for the channels of these settings."""
    sagemaker: Any = cache(lambda: client("sagemaker", BRIEF))
    return Deliverer(
        channels=cache(lambda: _channels(settings)),
        once=cache(lambda: _once(settings)),
        report=lambda message, facts: logger.info(message, extra=facts),
        exemption_url=settings.exemption_url,
        created=lambda notice: created_at(sagemaker(), notice),
    )


def _channels(settings: Settings) -> list[Channel]:
    channels: list[Channel] = []
    if settings.notice_tags == "enabled":
        channels.append(TagsChannel(client("sagemaker", BRIEF)))
    if settings.notice_bus:
        channels.append(EventsChannel(client("events", BRIEF), settings.notice_bus))
    if settings.notice_topic_arn:
        channels.append(TopicChannel(client("sns", BRIEF, settings.notice_topic_arn), settings.notice_topic_arn))
    if settings.security_hub == "enabled":
        store = _store(settings)
        notified = NotifiedJobs(store) if settings.state_table else None
        channels.append(SecurityHubChannel(client("securityhub", BRIEF), Ends(store), notified))
    return channels


def _store(settings: Settings) -> Store:
    if settings.state_table:
        return StateTable(cache(lambda: client("dynamodb", BRIEF)), settings.state_table)
    from guard.store import NoStore

    return NoStore()


def _once(settings: Settings) -> Once:
    memory = OnceInMemory()
    return OnceInTable(client("dynamodb", BRIEF), settings.state_table, memory) if settings.state_table else memory
