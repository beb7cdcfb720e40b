"""Notices as findings of Security Hub: one for each job and rule, updated by later notices, archived when the job has ended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from guard.errors import NoticeError, StateError
from guard.jobs import BY_KIND
from guard.notices.ends import Ends, NotifiedJobs
from guard.notices.message import summary
from guard.notices.notice import Notice, NoticeFinding
from guard.times import utc_now

GENERATOR = "sagemaker-guard"
_TYPE = "Software and Configuration Checks/AWS Security Best Practices"
_TITLE, _DESCRIPTION, _REMEDIATION = 256, 1024, 512


class SecurityHubChannel:
    """Imports findings into the Security Hub of the guard's own account and region.

    Security Hub takes three questions a second of an account, and every job in it ends: `told` knows those that have a finding.
    Without it each end is a question.
    """

    name = "security_hub"

    def __init__(
        self, client: Any, ends: Ends, notified: NotifiedJobs | None, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._client = client
        self._ends = ends
        self._notified = notified
        self._clock = clock

    def give(self, notice: Notice) -> str | None:
        """Import a finding for each rule, archived when the job has ended, and archive those of rules that no longer deny it.

        Raises NoticeError when Security Hub refuses one.
        """
        # Before the finding is there: its job may end at once.
        earlier = self._remember(notice.job.arn)
        ended = self._has_ended(notice)
        self._give(notice, ended=ended)
        # An end that came meanwhile found nothing to archive.
        if not ended and self._has_ended(notice):
            self._give(notice, ended=True)
        if earlier:
            self._archive(notice.job.arn, but=frozenset(_id(notice, finding) for finding in notice.findings))
        return None

    def _remember(self, job_arn: str) -> bool:
        """Remember that the job has a finding, and return whether it may have others.

        While the state can't be used, the finding comes all the same, and stays active until somebody archives it.
        """
        with suppress(StateError):
            return self._notified is not None and self._notified.remember(job_arn, self._clock())
        return False

    def _has_ended(self, notice: Notice) -> bool:
        # A message from before notices told of ends has none, and was about a job that had ended.
        over = notice.outcome == "already_finished" if notice.ended is None else notice.ended
        # A job that can't be started again ends once, whenever that was.
        since = notice.time if _restarts(notice) else datetime.min.replace(tzinfo=UTC)
        return over or self._ends.has_ended_since(notice.job.arn, since)

    def _give(self, notice: Notice, *, ended: bool) -> None:
        by_rule: dict[str, NoticeFinding] = {}
        for finding in notice.findings:
            by_rule.setdefault(finding.rule_id, finding)
        self._import([_asff(notice, finding, self._clock(), ended=ended) for finding in by_rule.values()])

    def ended(self, job_arn: str, at: datetime | None) -> None:
        """Archive the findings about a job that has ended, at an unknown time now; also those that come later.

        Raises NoticeError, and StateError when the end can't be remembered: what is there is archived before that.
        """
        try:
            self._ends.remember(job_arn, at or self._clock())
        finally:
            # In this order, and the other way round in `give`: one of both sees the other.
            if self._notified is None or self._notified.may_contain(job_arn):
                self._archive(job_arn)

    def _archive(self, job_arn: str, but: frozenset[str] = frozenset()) -> None:
        filters = {
            "ResourceId": [{"Value": job_arn, "Comparison": "EQUALS"}],
            "GeneratorId": [{"Value": f"{GENERATOR}/", "Comparison": "PREFIX"}],
            "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
        }
        found = self._client.get_findings(Filters=filters, MaxResults=100)["Findings"]
        time = self._clock().isoformat()
        self._import(
            [
                {name: value for name, value in finding.items() if name in _IMPORTED}
                | {"RecordState": "ARCHIVED", "UpdatedAt": time}
                for finding in found
                if finding["GeneratorId"].startswith(f"{GENERATOR}/")
                and _is_about(finding, job_arn)
                and finding["Id"] not in but
            ]
        )

    def _import(self, findings: list[dict[str, Any]]) -> None:
        if not findings:
            return
        answer = self._client.batch_import_findings(Findings=findings)
        if answer["FailedCount"]:
            first = answer["FailedFindings"][0]
            raise NoticeError("Security Hub refused a finding", finding=first.get("Id"), code=first.get("ErrorCode"))


def _restarts(notice: Notice) -> bool:
    kind = BY_KIND.get(notice.job.kind)
    return kind is None or kind.restarts


def _id(notice: Notice, finding: NoticeFinding) -> str:
    return f"{notice.job.arn}/{GENERATOR}/{finding.rule_id}"


def _asff(notice: Notice, finding: NoticeFinding, now: datetime, *, ended: bool) -> dict[str, Any]:
    """Return the finding in the AWS Security Finding Format."""
    job = notice.job
    remedy = finding.remediation or "Ask the team that owns the policies."
    recommendation = {"Text": remedy[:_REMEDIATION]} | ({"Url": notice.exemption_url} if notice.exemption_url else {})
    return {
        "SchemaVersion": "2018-10-08",
        "Id": _id(notice, finding),
        "ProductArn": (
            f"arn:{notice.partition}:securityhub:{notice.region}:{notice.account}:product/{notice.account}/default"
        ),
        "GeneratorId": f"{GENERATOR}/{finding.rule_id}",
        "AwsAccountId": notice.account,
        "Types": [_TYPE],
        "CreatedAt": (job.created_at or notice.time).isoformat(),
        "UpdatedAt": now.isoformat(),
        "Severity": {"Label": "HIGH"},
        "Title": f"SageMaker {job.kind} job {job.name}: {finding.rule_id}"[:_TITLE],
        "Description": _description(finding.message, summary(notice)),
        "Remediation": {"Recommendation": recommendation},
        "Resources": [
            {
                "Type": "Other",
                "Id": job.arn,
                "Partition": notice.partition,
                "Region": notice.region,
                "Details": {
                    "Other": {"kind": job.kind, "outcome": notice.outcome, "revision": notice.revision or "unknown"}
                },
            }
        ],
        "Compliance": {"Status": "FAILED"},
        "RecordState": "ARCHIVED" if ended else "ACTIVE",
    }


def _description(message: str, became: str) -> str:
    """The message and what became of the job; what is too long is cut from the message: only the rest says whether it runs."""
    end = f" {became}"[: _DESCRIPTION // 2]
    return f"{message[: _DESCRIPTION - len(end)]}{end}"


# What a finding that Security Hub returned may be imported with again.
_IMPORTED = frozenset(
    {
        "SchemaVersion",
        "Id",
        "ProductArn",
        "GeneratorId",
        "AwsAccountId",
        "Types",
        "CreatedAt",
        "Severity",
        "Title",
        "Description",
        "Remediation",
        "Resources",
        "Compliance",
    }
)


def _is_about(finding: dict[str, Any], job_arn: str) -> bool:
    return any(resource["Id"] == job_arn for resource in finding["Resources"])
