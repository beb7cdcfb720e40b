"""The notice as text for the job's owner: what happened, why, what to do, and how to request an exemption."""

from __future__ import annotations

import json
import re
from datetime import timedelta

from guard.denylist.entries import entry_of_image
from guard.notices.notice import Notice

_SUBJECT_LENGTH = 100
# 30 days, including the first and the last one.
_EXEMPTED_FOR = timedelta(days=29)
CONFIG = "policies/guard/config/data.yaml"
PLACEHOLDERS = {"owner": "YOUR TEAM", "reason": "WHY THIS JOB MUST RUN AS IT IS"}
"""Values to be replaced by whoever pastes an exemption; `make check` rejects them."""
# Excludes patterns, and texts that were cut or contained unprintable characters.
_EXACT = re.compile(r"[^\s*?\[\]{}\\]+")
_NO_ENTRY = ""


def subject(notice: Notice) -> str:
    """Return a subject that SNS accepts: printable ASCII, below 100 characters."""
    verb = {"audited": "would be stopped", "already_finished": "is denied"}.get(notice.outcome, "was stopped")
    rules = ", ".join(notice.rules) or "no decision"
    text = f"SageMaker {notice.job.kind} job {notice.job.name} {verb}: {rules}"
    plain = re.sub(r"[^ -~]", "?", text)
    return plain if len(plain) < _SUBJECT_LENGTH else f"{plain[: _SUBJECT_LENGTH - 4]}..."


def text(notice: Notice) -> str:
    """Return the whole message."""
    parts = [summary(notice), _why(notice), _job(notice)]
    if notice.rules:
        parts.append(_exemption(notice))
    parts.append(f"Decision {notice.decision_id}, policies {notice.revision or 'unknown'}.")
    return "\n\n".join(parts) + "\n"


def summary(notice: Notice) -> str:
    """Return a short summary of what happened to the job."""
    job = f"The {notice.job.kind} job {notice.job.name}"
    if notice.decision is None:
        return f"{job} was stopped, because no decision on it could be made: {notice.reason or 'see the log'}."
    ends = {
        "audited": "is denied by policy. It keeps running, because the policies are being tried out (audit mode); later, "
        "such a job will be stopped.",
        "already_finished": f"is denied by policy. {_over(notice)}",
    }
    return f"{job} {ends.get(notice.outcome, 'was stopped, because policy denies it.')}"


def _over(notice: Notice) -> str:
    """Return what happened to a job that had ended before the guard could act on it."""
    ended = "It had ended" if notice.ended else "It had ended, or was being stopped,"
    if notice.mode == "enforce":
        return f"{ended} before the guard could stop it."
    tried = "The policies are being tried out (audit mode); later, such a job will be stopped."
    return f"{ended} when the guard examined it. {tried}"


def exemption(notice: Notice) -> str | None:
    """Return the exemption to paste, as YAML: for this job's account, role and kind, and its images if these were denied.

    None if the entry would match other jobs too, because a text that the owner wrote would be a pattern in a scope. None also if
    any finding is a fault of the policies themselves.
    """
    if notice.faults:
        return None
    scope: dict[str, object] = {"account": notice.account, "job_kind": notice.job.kind}
    for name, values in _narrowing(notice).items():
        exact = [value for value in values if _EXACT.fullmatch(value)]
        # An exemption by role applies only if all roles of the job match; by image, it applies to each image separately.
        if not exact or (name == "role_arn" and len(exact) < len(values)):
            return None
        scope[name] = exact
    lines = [
        "exemptions:",
        f"  - id: {_yaml(f'EX-{notice.job.name}')}",
        *(f"    {name}: {_yaml(value)}" for name, value in PLACEHOLDERS.items()),
        f"    rules: {_yaml(list(notice.rules))}",
        "    scope:",
        *(f"      {name}: {_yaml(value)}" for name, value in scope.items()),
        f"    starts: {_yaml(notice.time.date().isoformat())}",
        f"    expires: {_yaml((notice.time + _EXEMPTED_FOR).date().isoformat())}",
    ]
    return "\n".join(lines)


def _narrowing(notice: Notice) -> dict[str, tuple[str, ...]]:
    """Return the job's roles and images, which limit the exemption to fewer jobs than all of this kind in the account."""
    # A notice from an earlier version has the images exactly as their owner wrote them.
    images = tuple(entry_of_image(image) or _NO_ENTRY for image in notice.exempted_images)
    found = {"role_arn": notice.job.role_arns, "image": images}
    return {name: values for name, values in found.items() if values}


def _yaml(value: object) -> str:
    """Return the value as YAML: JSON with unprintable characters replaced, since YAML doesn't support JSON's escapes for them."""
    printed = json.dumps(value, ensure_ascii=False)
    return "".join(character if character.isprintable() else "?" for character in printed)


def _why(notice: Notice) -> str:
    if not notice.findings:
        return "For the reason, ask the operators of the guard: it is in the log."
    lines = ["Why, and what to do:"]
    for number, finding in enumerate(notice.findings, 1):
        lines.append(f"{number}. {finding.message} [{finding.rule_id}]")
        if finding.remediation:
            lines.append(f"   What to do: {finding.remediation}")
    if notice.more_findings:
        lines.append(f"... and {notice.more_findings} more.")
    return "\n".join(lines)


def _job(notice: Notice) -> str:
    job = notice.job
    facts = {
        "Job": job.arn,
        "Account": f"{notice.account}, {notice.region}",
        "Images": ", ".join(job.images),
        "Role": ", ".join(job.role_arns),
        "Started by": job.started_by or "",
    }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value)


def _exemption(notice: Notice) -> str:
    if notice.faults:
        there = f": {notice.exemption_url}" if notice.exemption_url else ""
        return (
            f"The policies themselves have a fault, which no exemption can cover: {', '.join(notice.faults)}. The job isn't the "
            f"cause. Tell the team that owns the policies{there}"
        )
    where = notice.exemption_url or "the team that owns the policies"
    asking = f"If the job must run as it is, ask for an exemption: {where}"
    entry = exemption(notice)
    if entry is None:
        return (
            f"{asking}\nThere is no entry to paste, because it would match other jobs too: a role or an image of this job is too "
            "long, contains characters that form a pattern in an exemption, or can't be named in one."
        )
    return f"{asking}\nIt is this entry in {CONFIG}; fill in the owner, the reason and the last day:\n\n{entry}"
