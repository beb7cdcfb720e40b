"""The output contract: what OPA must return for a document, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from guard.document import Model
from guard.errors import PolicyError

Verdict = Literal["allow", "warn", "deny"]
GRAVITY: tuple[Verdict, ...] = get_args(Verdict)
"""The verdicts in order of severity, the most severe last."""

FAULT = "guard"
"""The `level_source` of a finding about the policies themselves."""


class Finding(Model):
    """What one rule reports about one fact of the job."""

    rule_id: Annotated[str, Field(min_length=1)]
    level: Literal["warn", "deny"]
    level_source: Annotated[str, Field(description="The config entry that set the level: `level`, `overrides[0]`, ...")]
    message: Annotated[str, Field(min_length=1)]
    remediation: str | None
    details: dict[str, Any]
    exempted_by: Annotated[
        str | None, Field(description="Id of the exemption that excludes this finding from the verdict.")
    ]


class Decision(Model):
    """The verdict on a document with every finding, exempted ones included, in a fixed order."""

    decision: Verdict
    findings: tuple[Finding, ...]

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Ids of the rules with findings that count for the verdict, sorted, each once."""
        return tuple(sorted({finding.rule_id for finding in self.findings if finding.exempted_by is None}))


def verdict(findings: Iterable[Finding]) -> Verdict:
    """Return the most severe level of the findings that aren't exempted, or `allow` if there are none."""
    levels = {finding.level for finding in findings if finding.exempted_by is None}
    return "deny" if "deny" in levels else "warn" if "warn" in levels else "allow"


@dataclass(frozen=True)
class Evaluation:
    """A decision with the engine that made it: the bundle's revision and OPA's version (null when OPA doesn't report them)."""

    decision: Decision
    revision: str | None
    opa_version: str | None


@dataclass(frozen=True)
class Exemptions:
    """The exemptions of a bundle's configuration, unchanged, and the bundle's revision."""

    listed: tuple[Mapping[str, Any], ...] = ()
    revision: str | None = None


@dataclass(frozen=True)
class RuleFailure:
    """A rule that could not be evaluated separately, and the error."""

    rule_id: str
    error: PolicyError


@dataclass(frozen=True)
class EachRule:
    """The result of evaluating the rules one by one: the decision of those that succeeded, None if none did, and the failures."""

    evaluation: Evaluation | None
    failures: tuple[RuleFailure, ...]
