"""The notice: what the owner of a denied job should know; of limited size, and without values of the job's settings.

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

# With these limits, a notice with a finding of every rule, each of maximum length, is below 256 KB of UTF-8 for any characters,
# the limit of SQS, SNS and EventBridge.
_TEXTS, _SHORT, _ENTRIES = 1000, 200, 10
# Outcomes that the owner is notified of. A failed stop is retried, and the owner is notified after that.
_NOTIFIED = frozenset({Outcome.STOPPED, Outcome.ALREADY_FINISHED, Outcome.AUDITED})

# Joins the text to one line, so that no text of a job's owner starts a line of its own; also in messages forged in the queue.
Line = Annotated[str, AfterValidator(line)]


class NoticeJob(Model):
    """The denied job."""

    kind: Line
    name: Line
    arn: Line
    role_arns: tuple[Line, ...]
    images: tuple[Line, ...]
    created_at: AwareDatetime | None
    started_by: Annotated[Line | None, Field(description="ARN of its creator, if a CloudTrail event named it.")]


class NoticeFinding(Model):
    """Why one rule denies the job, and what to do."""

    rule_id: Line
    message: Line
    remediation: Line | None


class Notice(Model):
    """A denial and the job's outcome. A new field has a default and keeps `schema_version`."""

    schema_version: Literal[1] = 1
    decision_id: Line
    time: AwareDatetime
    account: Line
    region: Line
    partition: Line
    mode: Mode
    decision: Annotated[
        Literal["deny"] | None,
        Field(description="Null for a job that was stopped because no decision was possible."),
    ]
    outcome: Annotated[Line, Field(description="stopped, already_finished or audited.")]
    ended: Annotated[
        bool | None,
        Field(
            description="For already_finished: true if the job had ended, false if its end is still to be reported. Else null."
        ),
    ] = None
    reason: Line | None
    job: NoticeJob
    rules: Annotated[tuple[Line, ...], Field(description="The rules that deny, sorted.")]
    findings: Annotated[
        tuple[NoticeFinding, ...], Field(description="The first ten, and one of each rule that isn't among these.")
    ]
    more_findings: Annotated[int, Field(description="How many further findings there are.")]
    revision: Annotated[Line | None, Field(description="The policies' revision.")]
    exemption_url: Annotated[Line, Field(description="Where to request an exemption; empty: not configured.")]
    about: Annotated[
        Line,
        Field(
            description="For a monitoring schedule: a digest of all denying findings, which changes with a denied image or role."
        ),
    ] = ""
    exempted_images: Annotated[
        tuple[Line, ...],
        Field(
            description="The images that the denying findings are about, as an exemption would name them, or as written if none "
            "can; empty if any of these findings isn't about an image, or for more than ten images."
        ),
    ] = ()
    faults: Annotated[
        tuple[Line, ...],
        Field(description="The rules that deny because of a fault in the policies, which no exemption covers, sorted."),
    ] = ()
    ran_before: Annotated[
        AwareDatetime | None,
        Field(description="For a monitoring schedule that was started again: when the previous run was over."),
    ] = None

    def key(self, channel: str) -> str:
        """Return a key that is the same for all notices of which a channel should deliver one."""
        created = self.job.created_at.isoformat() if self.job.created_at else None
        before = self.ran_before.isoformat() if self.ran_before else None
        same = [channel, self.job.arn, created, self.mode, self.rules, self.revision, self.about, before]
        return hashlib.sha256(json.dumps(same).encode()).hexdigest()


def notice_of(record: Record, exemption_url: str) -> Notice | None:
    """Return the notice for the record of a job that was denied, or stopped without a decision; None for any other record."""
    document, outcome, ref = record.document, record.outcome, record.ref
    denied = record.decision == "deny"
    if ref is None or outcome not in _NOTIFIED or not (denied or outcome is Outcome.STOPPED):
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
        # Other jobs run once: a further attempt may only have more details of the same denial, and must not give another notice.
        about=_digest(counting) if ref.kind.restarts else "",
        exempted_images=_exempted(document, counting) if document else (),
        faults=_rules([finding for finding in counting if finding.level_source == FAULT]),
    )


def _rules(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(sorted({finding.rule_id for finding in findings}))


def _had_ended(record: Record) -> bool | None:
    """Return whether a job that had already finished has ended: it may still be stopping, for example by another invocation.

    A job that was described as running has ended since, but counts as not ended if an event will report its end, which only some
    kinds have.
    """
    document, ref = record.document, record.ref
    if record.outcome is not Outcome.ALREADY_FINISHED or document is None or ref is None:
        return None
    if document.job.status in ref.kind.stopping:
        return False
    return document.job.status in ref.kind.ended or ref.kind.detail_type is None


def _exempted(document: Document, findings: list[Finding]) -> tuple[str, ...]:
    """Return the images that the findings are about, if an exemption by image covers them all; it can't name unknown images."""
    subjects = [(finding.details.get("slot"), finding.details.get("image")) for finding in findings]
    about = [[each for each in document.images if (each.slot, each.raw) == subject] for subject in subjects]
    images = [image for found in about for image in found]
    named = [text for image in images if (text := _named(image)) is not None]
    # An entry must not contain a user and password.
    entries = dict.fromkeys(entry_of_image(text) or redacted(text) for text in named)
    covered = all(about) and all(image.error is None for image in images) and len(entries) <= _ENTRIES
    return tuple(entries) if covered else ()


def _digest(findings: list[Finding]) -> str:
    """Return a digest of all findings, including those that the notice has no room for.

    It uses the details rather than the message where there are any: a message may quote AWS, whose wording differs per caller.
    """
    contents = sorted(json.dumps([one.rule_id, one.details or one.message], sort_keys=True) for one in findings)
    return hashlib.sha256(json.dumps(contents).encode()).hexdigest()


def _shown(findings: list[Finding]) -> tuple[NoticeFinding, ...]:
    """Return the first findings, and a shorter one for each rule that has none among them."""
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
    """Return the image as an exemption must name it: with both tag and claimed digest, since neither alone proves what runs."""
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
