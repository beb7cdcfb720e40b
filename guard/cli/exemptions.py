"""`exemptions`: the exemptions of a bundle, their remaining days, and what they cover in given documents."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from guard.authoring.exemption_check import day_of
from guard.authoring.opa import Opa
from guard.cli.evaluate import Evaluated
from guard.errors import ConfigError

# The libraries that decide whether an exemption applies also report its problems here.
_QUERY = """[{"exemption": exemption, "problems": problems} |
	some exemption in data.guard.config.exemptions
	policy := object.get(data.guard.config, "exemption_policy", {})
	refused := data.guard.lib.exemption_policy.problems(exemption, policy)
	problems := data.guard.lib.exemptions.problems(exemption) | refused
]"""


@dataclass
class Listed:
    """One exemption of a bundle; `covered` counts the covered findings by rule, `jobs` are the jobs that have them.

    `undecided` counts by rule the documents that hide fields which the rule reads; `undecided_documents` counts each such
    document once.
    """

    exemption: Mapping[str, Any]
    problems: tuple[str, ...]
    today: date
    covered: Counter[str] = field(default_factory=Counter)
    jobs: list[str] = field(default_factory=list)
    undecided: Counter[str] = field(default_factory=Counter)
    undecided_documents: int = 0

    @property
    def id(self) -> str:
        """The exemption's id, or a placeholder."""
        return str(self.exemption.get("id", "(without id)"))

    @property
    def days_left(self) -> int | None:
        """Days after today on which it still applies; negative if it has expired, None without a valid expiry date."""
        expires = day_of(self.exemption.get("expires"))
        return (expires - self.today).days if expires else None

    @property
    def state(self) -> str:
        """Whether it applies today, in one word."""
        starts = day_of(self.exemption.get("starts"))
        if self.problems:
            return "refused"
        if self.days_left is None or self.days_left < 0:
            return "expired"
        return "not yet" if starts and starts > self.today else "active"

    def count_undecided(self, rule_ids: Iterable[str]) -> None:
        """Add a document that hides fields which these rules read, if the exemption is for any of them and isn't refused."""
        rules = () if self.problems else self.exemption.get("rules", ())
        missing = [rule_id for rule_id in rule_ids if rule_id in rules or "*" in rules]
        self.undecided.update(missing)
        self.undecided_documents += bool(missing)

    def as_json(self) -> dict[str, Any]:
        """Return all facts about the exemption in the types of JSON."""
        return dict(self.exemption) | {
            "state": self.state,
            "days_left": self.days_left,
            "problems": list(self.problems),
            "covered": dict(sorted(self.covered.items())),
            "jobs": self.jobs,
            "undecided": dict(sorted(self.undecided.items())),
        }


def list_exemptions(opa: Path, bundle: Path, today: date) -> list[Listed]:
    """Return the exemptions of a bundle or a policies folder, in their order. Raises ConfigError."""
    arguments = ("eval", "--bundle", bundle, "--ignore", "*_test.rego", "--format", "raw", _QUERY)
    try:
        found = Opa(opa, Path.cwd()).json(*arguments)
    except ConfigError as exc:
        if "undefined function data.guard.lib" not in exc.message:
            raise
        text = "the exemptions of a bundle of an older release can't be listed: build it with this version of the guard"
        raise ConfigError(text, bundle=str(bundle)) from exc
    return [
        Listed(each["exemption"] if isinstance(each["exemption"], dict) else {}, tuple(sorted(each["problems"])), today)
        for each in found
    ]


def count_covered(listed: Sequence[Listed], results: Iterable[Evaluated]) -> int:
    """Add to each exemption what it covers, or may cover, in these decisions, and return the number of decisions.

    If several exemptions cover a finding, only the first one counts.
    """
    by_id: dict[str | None, Listed] = {each.id: each for each in listed}
    number = 0
    for result in results:
        number += 1
        for each in listed:
            each.count_undecided(result.undecided)
        job = result.document.job
        for finding in result.evaluation.decision.findings:
            exemption = by_id.get(finding.exempted_by)
            if exemption is not None:
                exemption.covered[finding.rule_id] += 1
                name = f"{job.kind} job {job.name}"
                exemption.jobs += [name] if name not in exemption.jobs else []
    return number


def coverage(listed: Listed, documents: int) -> list[str]:
    """Return lines about what an exemption covers in this number of documents, and what it may cover in hidden fields."""
    rules = ", ".join(f"{rule_id} ({count})" for rule_id, count in sorted(listed.covered.items()))
    decided, hiding = documents - listed.undecided_documents, listed.undecided_documents
    if rules:
        lines = [f"covers {rules} in {_part_of(len(listed.jobs), documents)}", *(f"  {job}" for job in listed.jobs)]
    else:
        lines = [f"covers nothing in {_part_of(decided, documents) if hiding else _all(documents)}"] if decided else []
    if hiding:
        readers, verb = ", ".join(sorted(listed.undecided)), "reads" if len(listed.undecided) == 1 else "read"
        which = f"{_part_of(hiding, documents)}, which {'hides' if hiding == 1 else 'hide'}"
        lines.append(f"not decided in {which} fields that {readers} {verb}: it may be in use there")
    return lines


def _part_of(some: int, documents: int) -> str:
    return f"{some} of {documents} documents" if documents > 1 else "the document"


def _all(documents: int) -> str:
    return f"{documents} documents" if documents > 1 else "the document"


def rules_text(rules: Any) -> str:
    """Return the rules of an exemption on one line, valid or not."""
    return ", ".join(each if isinstance(each, str) else json.dumps(each) for each in _listed(rules))


def scope_text(scope: Any) -> str:
    """Return a scope on one line."""
    if not isinstance(scope, Mapping):
        return json.dumps(scope)
    return ", ".join(f"{key} {' or '.join(map(str, _listed(value)))}" for key, value in scope.items())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
