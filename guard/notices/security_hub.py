"""Notices as Security Hub findings: one per job and rule, updated by later notices, and archived when the job has ended."""

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

    Security Hub allows an account three GetFindings calls per second, and every job in the account ends: `notified` knows the
    jobs that have a finding. Without it, the guard calls GetFindings for every end.
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
        """Import a finding for each rule, archived if the job has ended, and archive those of rules that no longer deny the job.

        Raises NoticeError if Security Hub rejects a finding.
        """
        # Before the import, since the job may end at any time.
        earlier = self._remember(notice.job.arn)
        ended = self._has_ended(notice)
        self._give(notice, ended=ended)
        # An end that was handled meanwhile found no finding to archive.
        if not ended and self._has_ended(notice):
            self._give(notice, ended=True)
        if earlier:
            self._archive(notice.job.arn, but=frozenset(_id(notice, finding) for finding in notice.findings))
        return None

    def _remember(self, job_arn: str) -> bool:
        """Remember that the job has a finding, and return whether it may already have others.

        If the state can't be used, the finding is imported anyway and stays active until somebody archives it.
        """
        with suppress(StateError):
            return self._notified is not None and self._notified.remember(job_arn, self._clock())
        return False

    def _has_ended(self, notice: Notice) -> bool:
        # Messages of earlier versions lack `ended`; with this outcome, their jobs had ended.
        over = notice.outcome == "already_finished" if notice.ended is None else notice.ended
        # A job that can't be started again ends only once, so its end counts at any time.
        since = notice.time if _restarts(notice) else datetime.min.replace(tzinfo=UTC)
        return over or self._ends.has_ended_since(notice.job.arn, since)

    def _give(self, notice: Notice, *, ended: bool) -> None:
        by_rule: dict[str, NoticeFinding] = {}
        for finding in notice.findings:
            by_rule.setdefault(finding.rule_id, finding)
        self._import([_asff(notice, finding, self._clock(), ended=ended) for finding in by_rule.values()])

    def ended(self, job_arn: str, at: datetime | None) -> None:
        """Archive the findings about a job that has ended, including those that arrive later; `at` is None for an unknown time.

        Raises NoticeError, and StateError if the end can't be remembered, after archiving the existing findings.
        """
        try:
            self._ends.remember(job_arn, at or self._clock())
        finally:
            # First remember, then archive; `give` first imports, then checks the end. So at least one of them sees the other.
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
    """Return the message and the job's outcome. If too long, the message is cut: only the rest tells whether the job runs."""
    end = f" {became}"[: _DESCRIPTION // 2]
    return f"{message[: _DESCRIPTION - len(end)]}{end}"


# The fields that may be sent when importing a finding again that Security Hub returned.
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
