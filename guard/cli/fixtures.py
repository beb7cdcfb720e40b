"""`test`: a team's cases, which are a folder of events or documents with the expected decision on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from guard.authoring.wording import hint
from guard.cli.evaluate import Evaluated
from guard.decision import Finding
from guard.errors import ConfigError

EXPECTED = ".expected.yaml"
DESCRIBE = ".describe.json"
_FIRST = ("rule_id", "level", "message")


class _Expected(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExpectedFinding(_Expected):
    """The keys of a finding that are compared; the others may have any value."""

    rule_id: str = ""
    level: Literal["warn", "deny"] = "deny"
    level_source: str = ""
    message: str = ""
    remediation: str | None = None
    details: dict[str, Any] = {}
    exempted_by: str | None = None

    def given(self) -> dict[str, Any]:
        """Return only the keys that were given."""
        return self.model_dump(mode="json", exclude_unset=True)


class Expectation(_Expected):
    """The expected decision of a case, and optionally the ids of the rules with findings that count, and the findings.

    Both lists must be complete. Only the given keys of a finding are compared, and only the given keys of its details.
    """

    decision: Literal["allow", "warn", "deny"]
    rules: list[str] | None = None
    findings: list[ExpectedFinding] | None = None


@dataclass(frozen=True)
class Case:
    """One event or document of a folder, named by its path without the suffix."""

    name: str
    event: Path
    describe: Path | None
    expected: Path

    def expectation(self) -> Expectation:
        """Read the case's expectation. Raises ConfigError."""
        try:
            return Expectation.model_validate(yaml.safe_load(self.expected.read_text(encoding="utf-8")))
        except FileNotFoundError as exc:
            text = f"no expectation; write {self.expected.name} beside {self.event.name}, or run with --accept"
            raise ConfigError(text, path=str(self.expected)) from exc
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
            raise ConfigError("the expectation can't be read", path=str(self.expected), problem=str(exc)) from exc
        except ValidationError as exc:
            problems = [_problem(error) for error in exc.errors(include_url=False, include_input=False)]
            text = f"the expectation is invalid: {'; '.join(problems)}"
            raise ConfigError(text, path=str(self.expected)) from exc

    def accept(self, result: Evaluated) -> None:
        """Write the decision as the case's expectation. Raises ConfigError."""
        try:
            self.expected.write_text(expectation_of(result), encoding="utf-8")
        except OSError as exc:
            text = "the expectation can't be written"
            raise ConfigError(text, path=str(self.expected), problem=str(exc)) from exc


_FORMS = {
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
    "missing": "is missing",
    "model_type": "must be a mapping",
    "string_type": "must be a text",
}


def _problem(error: ErrorDetails) -> str:
    *outer, key = error["loc"] or ("the file",)
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    if error["type"] == "extra_forbidden":
        known = list((ExpectedFinding if outer else Expectation).model_fields)
        return f"{place} {hint('is an unknown key', str(key), known, 'known are ' + ', '.join(known))}"
    if error["type"] == "literal_error":
        return f"{place} must be {error['ctx']['expected']}"
    return f"{place or key} {_FORMS.get(error['type'], error['msg'])}"


def find_cases(folder: Path) -> list[Case]:
    """Return the cases of a folder and its subfolders, sorted: NAME.json with NAME.expected.yaml, perhaps NAME.describe.json.

    Raises ConfigError for a folder without cases, and for an expectation without its event.
    """
    if not folder.is_dir():
        raise ConfigError("the folder of cases doesn't exist", path=str(folder))
    cases = [_case(folder, event, describe) for event, describe in events_in(folder)]
    names = [case.name for case in cases]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"{twice[0]}.json and {twice[0]}.json.gz would be one case: keep one", path=str(folder))
    lonely = sorted(set(folder.rglob(f"*{EXPECTED}")) - {case.expected for case in cases})
    if lonely:
        event = lonely[0].name.removesuffix(EXPECTED) + ".json"
        raise ConfigError(f"the expectation has no event; write {event} beside it", path=str(lonely[0]))
    if not cases:
        raise ConfigError("the folder has no cases; add NAME.json with an event or a document", path=str(folder))
    return cases


def events_in(folder: Path) -> list[tuple[Path, Path | None]]:
    """Return the events and documents of a folder and its subfolders, sorted, each with its Describe response if it has one."""
    # The guard writes records as .json.gz.
    files = sorted({*folder.rglob("*.json"), *folder.rglob("*.json.gz")})
    return [(file, _description(_plain(file))) for file in files if not _plain(file).name.endswith(DESCRIBE)]


def _description(plain: Path) -> Path | None:
    described = (plain.with_suffix(DESCRIBE), plain.with_suffix(f"{DESCRIBE}.gz"))
    return next(filter(Path.exists, described), None)


def _case(folder: Path, event: Path, describe: Path | None) -> Case:
    plain = _plain(event)
    name = str(plain.relative_to(folder).with_suffix(""))
    return Case(name, event, describe, plain.with_suffix(EXPECTED))


def _plain(file: Path) -> Path:
    return file.with_suffix("") if file.suffix == ".gz" else file


def expectation_of(result: Evaluated) -> str:
    """Return the expectation, as YAML, that matches the result."""
    findings = [
        {"rule_id": finding.rule_id, "level": finding.level, "message": finding.message}
        | ({"exempted_by": finding.exempted_by} if finding.exempted_by else {})
        for finding in result.evaluation.decision.findings
    ]
    expected = {"decision": result.evaluation.decision.decision, "findings": findings}
    text: str = yaml.safe_dump(expected, sort_keys=False, allow_unicode=True, width=120)
    return text


def differences(expected: Expectation, result: Evaluated) -> list[str]:
    """Return the lines of a diff, `-` for the expectation and `+` for the decision; none if they agree."""
    decision, lines = result.evaluation.decision, []
    if expected.decision != decision.decision:
        lines += ["decision", f"  - {expected.decision}", f"  + {decision.decision}"]
    counting = {finding.rule_id for finding in decision.findings if finding.exempted_by is None}
    if expected.rules is not None and set(expected.rules) != counting:
        lines += ["rules", *(f"  - {rule_id}" for rule_id in sorted(set(expected.rules) - counting))]
        lines += [f"  + {rule_id}" for rule_id in sorted(counting - set(expected.rules))]
    if expected.findings is not None:
        found = list(_finding_lines([finding.given() for finding in expected.findings], decision.findings))
        lines += ["findings", *found] if found else []
    return lines


def _finding_lines(expected: list[dict[str, Any]], findings: tuple[Finding, ...]) -> Iterator[str]:
    left = [finding.model_dump(mode="json") for finding in findings]
    missing = []
    for wanted in expected:
        found = next((finding for finding in left if _matches(wanted, finding)), None)
        if found is None:
            missing.append(wanted)
        else:
            left.remove(found)
    yield from (f"  - {_line(wanted)}" for wanted in missing)
    yield from (f"  + {_line(_comparable(finding, missing))}" for finding in left)


def _comparable(finding: Mapping[str, Any], missing: list[dict[str, Any]]) -> dict[str, Any]:
    """Reduce a finding to the keys that are shown first, and those by which the missing findings are compared."""
    keys = {*_FIRST, "exempted_by"}.union(*missing)
    names: set[str] = set().union(*(wanted.get("details", {}) for wanted in missing))
    shown = {key: finding[key] for key in keys}
    return shown | {"details": {key: value for key, value in finding["details"].items() if key in names}}


def _matches(wanted: Mapping[str, Any], finding: Mapping[str, Any]) -> bool:
    details = finding["details"]
    if any(name not in details or details[name] != value for name, value in wanted.get("details", {}).items()):
        return False
    return all(finding[key] == value for key, value in wanted.items() if key != "details")


def _line(finding: Mapping[str, Any]) -> str:
    shown = [str(finding[key]) for key in _FIRST if key in finding]
    if finding.get("exempted_by"):
        shown.append(f"(exempted by {finding['exempted_by']})")
    elif "exempted_by" in finding and not shown:
        shown.append("(not exempted)")
    shown += [f"{key} {finding[key]}" for key in ("level_source", "remediation", "details") if finding.get(key)]
    return "  ".join(shown)
