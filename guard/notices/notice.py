"""The notice: what the owner of a denied job should learn; bounded, and without any value of the job's settings.

It is the detail of the EventBridge event `SageMaker Guard Decision`; `schemas/notice.json` is generated from these models.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from guard.decision import FAULT, Finding
from guard.denylist.entries import entry_of_image
from guard.document import Document, Image, Model
from guard.images import join, redacted
from guard.log.plain import cut, line
from guard.record import Mode, Outcome, Record

# With a finding of each rule, as long as they can be, a notice is still a message that SQS, SNS and EventBridge take: 256 KB of
# UTF-8, whatever its characters.
_TEXTS, _SHORT, _ENTRIES = 1000, 200, 10
# What became of a job that its owner should know. A stop that failed is tried again, and then told.
_TOLD = frozenset({Outcome.STOPPED, Outcome.ALREADY_FINISHED, Outcome.AUDITED})

# No text of an owner's begins a line of its own in what a person reads; whoever wrote the message in the queue.
Line = Annotated[str, AfterValidator(line)]


class NoticeJob(Model):
    """The job as its owner knows it."""

    kind: Line
    name: Line
    arn: Line
    role_arns: tuple[Line, ...]
    images: tuple[Line, ...]
    created_at: AwareDatetime | None
    started_by: Annotated[Line | None, Field(description="Who created it, where CloudTrail told the guard.")]


class NoticeFinding(Model):
    """Why one rule denies the job, and what to do."""

    rule_id: Line
    message: Line
    remediation: Line | None


class Notice(Model):
    """A denial and what became of the job. A new field has a default and keeps `schema_version`."""

    schema_version: Literal[1] = 1
    decision_id: Line
    time: AwareDatetime
    account: Line
    region: Line
    partition: Line
    mode: Mode
    decision: Annotated[
        Literal["deny"] | None,
        Field(description="Null for a job that nobody could decide on and that was stopped for it."),
    ]
    outcome: Annotated[Line, Field(description="stopped, already_finished or audited.")]
    ended: Annotated[
        bool | None,
        Field(
            description="Of already_finished, whether the job had ended; false where its end is still to be told. Else null."
        ),
    ] = None
    reason: Line | None
    job: NoticeJob
    rules: Annotated[tuple[Line, ...], Field(description="The rules that deny, sorted.")]
    findings: Annotated[tuple[NoticeFinding, ...], Field(description="The first ten, and one of each other rule.")]
    more_findings: Annotated[int, Field(description="How many there are besides.")]
    revision: Annotated[Line | None, Field(description="The policies' revision.")]
    exemption_url: Annotated[Line, Field(description="Where to ask for an exemption; empty: not given.")]
    about: Annotated[
        Line,
        Field(
            description="Of a monitoring schedule, a digest of all that denies it: another image, role or place has another one."
        ),
    ] = ""
    exempted_images: Annotated[
        tuple[Line, ...],
        Field(
            description="The images that all that denies the job is about, as an exemption names them, or as they are written "
            "where none can; empty where it is about more than images, or more than ten."
        ),
    ] = ()
    faults: Annotated[
        tuple[Line, ...],
        Field(
            description="Of the rules those that deny through a fault of the policies, which no exemption covers, sorted."
        ),
    ] = ()
    ran_before: Annotated[
        AwareDatetime | None,
        Field(description="By when the run before was over, of a monitoring schedule that was started again."),
    ] = None

    def key(self, channel: str) -> str:
        """Return what is the same for every notice that a channel should give once."""
        created = self.job.created_at.isoformat() if self.job.created_at else None
        before = self.ran_before.isoformat() if self.ran_before else None
        same = [channel, self.job.arn, created, self.mode, self.rules, self.revision, self.about, before]
        return hashlib.sha256(json.dumps(same).encode()).hexdigest()


def notice_of(record: Record, exemption_url: str) -> Notice | None:
    """Return the notice that the record is worth, if any: of a job that was denied, or stopped without a decision."""
    document, outcome, ref = record.document, record.outcome, record.ref
    denied = record.decision == "deny"
    if ref is None or outcome not in _TOLD or not (denied or outcome is Outcome.STOPPED):
        return None
    counting = [finding for finding in record.findings if finding.exempted_by is None and finding.level == "deny"]
    shown = _shown(counting)
    home = record.home
    return Notice(
        decision_id=record.decision_id,
        time=record.decided_at or record.started_at,
        account=home.account,
        region=home.region,
        partition=home.partition,
        mode=record.mode,
        decision="deny" if denied else None,
        outcome=outcome.value,
        ended=_had_ended(record),
        reason=cut(record.reason, _TEXTS),
        job=NoticeJob(
            kind=ref.kind.id,
            name=ref.name,
            arn=ref.arn,
            role_arns=_texts(document.job.role_arns) if document else (),
            images=_texts(_images(document.images)) if document else (),
            created_at=document.job.created_at if document else None,
            started_by=cut(document.actor.arn, _TEXTS) if document and document.actor else None,
        ),
        rules=_rules(counting),
        findings=shown,
        more_findings=len(counting) - len(shown),
        revision=record.evaluation.revision if record.evaluation else None,
        exemption_url=exemption_url,
        # Of other jobs, another attempt may only know more of the same denial: one stop, one notice.
        about=_digest(counting) if ref.kind.restarts else "",
        exempted_images=_exempted(document, counting) if document else (),
        faults=_rules([finding for finding in counting if finding.level_source == FAULT]),
    )


def _rules(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(sorted({finding.rule_id for finding in findings}))


def _had_ended(record: Record) -> bool | None:
    """Whether a job that the guard could not stop any more had ended: it may be another event's invocation that stops it.

    A job that was described as running has ended since; its event says so, of kinds that have one.
    """
    document, ref = record.document, record.ref
    if record.outcome is not Outcome.ALREADY_FINISHED or document is None or ref is None:
        return None
    if document.job.status in ref.kind.stopping:
        return False
    return document.job.status in ref.kind.ended or ref.kind.detail_type is None


def _exempted(document: Document, findings: list[Finding]) -> tuple[str, ...]:
    """The images that the findings are about, if an exemption by image can cover them all: it names known images only."""
    subjects = [(finding.details.get("slot"), finding.details.get("image")) for finding in findings]
    about = [[each for each in document.images if (each.slot, each.raw) == subject] for subject in subjects]
    images = [image for found in about for image in found]
    named = [text for image in images if (text := _named(image)) is not None]
    # No entry holds a user and password.
    entries = dict.fromkeys(entry_of_image(text) or redacted(text) for text in named)
    covered = all(about) and all(image.error is None for image in images) and len(entries) <= _ENTRIES
    return tuple(entries) if covered else ()


def _digest(findings: list[Finding]) -> str:
    """Of what the findings are about, also what a notice has no room for.

    Of their details, where there are any: a message may quote AWS, which answers each caller otherwise.
    """
    said = sorted(json.dumps([one.rule_id, one.details or one.message], sort_keys=True) for one in findings)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _shown(findings: list[Finding]) -> tuple[NoticeFinding, ...]:
    """The first findings, and briefly one of each rule that has none among them."""
    first, others = findings[:_ENTRIES], findings[_ENTRIES:]
    of_rules = {finding.rule_id: finding for finding in reversed(others)}
    for finding in first:
        of_rules.pop(finding.rule_id, None)
    rest = sorted(of_rules.values(), key=lambda finding: finding.rule_id)
    return (*(_brief(finding, _TEXTS) for finding in first), *(_brief(finding, _SHORT) for finding in rest))


def _images(images: Sequence[Image]) -> list[str]:
    named = [text for image in images if (text := _named(image)) is not None]
    return [redacted(text) for text in dict.fromkeys(named)]


def _named(image: Image) -> str | None:
    """The image as an exemption must name it: neither the tag nor a digest that is claimed beside it tells what runs."""
    if image.claimed_digest is None or image.repository is None:
        return image.raw
    return join(image.registry, image.repository, image.tag or "latest", image.claimed_digest)


def _texts(owners: Sequence[str]) -> tuple[str, ...]:
    return tuple(cut(text, _TEXTS) for text in owners[:_ENTRIES])


def _brief(finding: Finding, texts: int) -> NoticeFinding:
    return NoticeFinding(
        rule_id=finding.rule_id,
        message=cut(finding.message, texts),
        remediation=cut(finding.remediation, texts),
    )
