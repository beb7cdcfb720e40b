"""`make check` and `make bundle`: evaluate the configured rules on complete, incomplete and hostile documents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Set
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from guard.authoring.compiled import copy_compiled
from guard.authoring.diagnostics import Diagnostic
from guard.authoring.opa import Opa
from guard.authoring.samples import complete_of_each_kind
from guard.authoring.trial.conditions import with_settings, with_tags, with_values
from guard.authoring.trial.defaults import missing_defaults
from guard.authoring.trial.engine import EvaluationError, Findings, TrialEngine
from guard.authoring.trial.names import names_among, texts_of_rules
from guard.authoring.trial.variations import (
    LACKING,
    UNSHOWN,
    Trial,
    hostile,
    hostile_throughout,
    lacking,
    nulled,
    secret,
)
from guard.document import Document

# The project's recorded documents, which are evaluated as well.
_RECORDED = "tests/golden/schema-*/*.json"
_BATCH = 64
_AT_ONCE = 4
Item = TypeVar("Item")


def trial_problems(opa: Opa, policies: Path) -> list[Diagnostic]:
    """Return the problems that evaluating the configured rules finds; rules that are off for every job are left out.

    Each rule is reported once, with the first document on which it fails. The configuration must have been checked.
    Raises ConfigError when OPA can't load the policies.
    """
    samples = list(_samples())
    recorded = list(_recorded(opa.folder))
    with TemporaryDirectory() as folder, TrialEngine(opa.binary, _compiled(opa, policies, Path(folder))) as engine:
        rules = _Rules(engine, policies)
        rules.try_all([*samples, *recorded])
        rules.try_all(chain.from_iterable(nulled(sample) for sample in samples))
        rules.try_all(chain.from_iterable(hostile_throughout(sample) for sample in samples))
        rules.try_all(hostile(samples[0]))
        texts = texts_of_rules(opa, policies)
        names = names_among(texts)
        rules.try_all(secret(sample, names) for sample in samples)
        rules.try_without_facts(samples)
        tagged = [with_tags(sample, names) for sample in samples]
        rules.try_without_facts(tagged, {"job.tags"})
        rules.try_without_facts([with_settings(samples[0], names)], {"environment", "hyperparameters"})
        rules.try_without_facts(with_values(tagged[0], texts))
        if not rules.problems:
            decisions = [*samples, *recorded, *nulled(samples[0]), *hostile_throughout(samples[0])]
            rules.problems += _undecided(engine, policies, decisions)
            rules.problems += missing_defaults(opa, policies, engine, samples)
    return sorted(rules.problems)


class _Rules:
    """The rules that haven't failed yet, and the problems of the others."""

    def __init__(self, engine: TrialEngine, policies: Path) -> None:
        self._engine = engine
        self._policies = policies
        self._rules = engine.rule_ids()
        self.problems: list[Diagnostic] = []

    def try_all(self, trials: Iterable[Trial]) -> None:
        """Evaluate the rules on the documents, with several requests at a time: OPA uses one processor for each."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for batches in _lists(_lists(trials, _BATCH), _AT_ONCE):
                for pending in [(batch, self._submit(pool, batch)) for batch in batches]:
                    self._check_batch(*pending)

    def _submit(self, pool: ThreadPoolExecutor, batch: list[Trial]) -> Future[list[Findings]]:
        return pool.submit(self._engine.findings, [*self._rules], [trial.document for trial in batch])

    def _check_batch(self, batch: list[Trial], answer: Future[list[Findings]]) -> None:
        try:
            found = answer.result()
        except EvaluationError:
            found = self._found(batch)
        for trial, findings in zip(batch, found, strict=True):
            self._check_findings(trial, findings)

    def try_without_facts(self, samples: Iterable[Trial], chosen: Set[str] = LACKING.keys()) -> None:
        """Check that temporarily unavailable facts, the chosen ones in turn, only suppress findings and never add one."""
        for sample in samples:
            fields, trials = zip(*(each for each in lacking(sample) if each[0] in chosen), strict=True)
            complete, *found = self._found([sample, *trials])
            for field, findings in zip(fields, found, strict=True):
                self._check_withheld(sample, field, findings, complete)

    def _found(self, batch: list[Trial]) -> list[Findings]:
        """Return the findings; whenever a rule fails, report it and evaluate the others again."""
        while True:
            try:
                return self._engine.findings(self._rules, [trial.document for trial in batch])
            except EvaluationError as exc:
                self._report(*self._failing(batch, exc))

    def _failing(self, batch: list[Trial], whole: EvaluationError) -> tuple[str, Trial, EvaluationError]:
        for trial in batch:
            try:
                self._engine.findings(self._rules, [trial.document])
            except EvaluationError:
                for rule in self._rules:
                    try:
                        self._engine.findings([rule], [trial.document])
                    except EvaluationError as exc:
                        return rule, trial, exc
        raise whole

    def _report(self, rule: str, trial: Trial, error: EvaluationError) -> None:
        own = f"guard/rules/{rule}/"
        file, row = next((place for place in error.places if place[0].startswith(own)), (f"{own}{rule}.rego", 1))
        failed = error.places[0] if error.places else (file, row)
        where = "" if failed == (file, row) else f", in {self._policies / failed[0]}:{failed[1]}"
        self._give_up(
            rule,
            Path(file),
            row,
            f"the rule fails on {trial}: {error.message}{where}; every decision on such a job would be an error. "
            "Check the type or the value first, or correct the parameter in the configuration",
        )

    def _check_findings(self, trial: Trial, findings: Findings) -> None:
        for rule, found in findings.items():
            wrong = next((text for finding in found if (text := _wrong(finding)) is not None), None)
            if wrong:
                self._give_up(rule, None, 1, f"the rule returns an invalid finding on {trial}: {wrong}")
            elif UNSHOWN in json.dumps(found):
                self._give_up(
                    rule,
                    None,
                    1,
                    "the rule reports the value of a hyperparameter or of an environment variable, which may be a secret, and "
                    "findings are logged; report the setting's name and slot instead",
                )

    def _check_withheld(self, sample: Trial, field: str, findings: Findings, complete: Findings) -> None:
        for rule, found in findings.items():
            added = [finding for finding in found if finding not in complete.get(rule, [])]
            if added:
                self._give_up(
                    rule,
                    None,
                    1,
                    f'the rule reports "{_message(added[0])}" on {sample} only because {field} is unavailable, so that '
                    "a throttled API would stop the job; require "
                    f'`availability.known("{field}", input)` of data.guard.lib.availability there',
                )

    def _give_up(self, rule: str, file: Path | None, row: int, text: str) -> None:
        if rule in self._rules:
            self._rules.remove(rule)
            place = self._policies / (file or f"guard/rules/{rule}/{rule}.rego")
            self.problems.append(Diagnostic(place, row, 1, text))


def _undecided(engine: TrialEngine, policies: Path, trials: list[Trial]) -> Iterator[Diagnostic]:
    for batch in _lists(trials, _BATCH):
        try:
            for number in engine.undecided([trial.document for trial in batch]):
                yield Diagnostic(
                    policies / "guard/main/main.rego", 1, 1, f"the decision on {batch[number]} is undefined"
                )
        except EvaluationError as exc:
            file, row = exc.places[0] if exc.places else ("guard/main/main.rego", 1)
            yield Diagnostic(policies / file, row, 1, f"the decision on {batch[0]} or a document like it fails: {exc}")


def _compiled(opa: Opa, policies: Path, folder: Path) -> Path:
    # Precomputed as in the bundle: otherwise OPA would compute the plan of the configuration again for each document.
    copied = copy_compiled(opa, policies, folder)
    return copied.folder / policies


def _samples() -> Iterator[Trial]:
    for document in complete_of_each_kind():
        yield Trial(f"a complete {document.job.kind} job", document.model_dump(mode="json"))


def _recorded(folder: Path) -> Iterator[Trial]:
    for file in sorted(folder.glob(_RECORDED)):
        document = Document.model_validate(json.loads(file.read_text())["document"])
        yield Trial(str(file.relative_to(folder)), document.model_dump(mode="json"))


def _lists(items: Iterable[Item], length: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while some := list(islice(iterator, length)):
        yield some


def _wrong(finding: Any) -> str | None:
    """Return the reason why a finding has an invalid form; None if it is valid."""
    if not isinstance(finding, dict) or not isinstance(finding.get("message"), str) or not finding["message"].strip():
        return f"expected an object with a message, not {_shown(finding)}"
    if not isinstance(finding.get("details", {}), dict):
        return f"details must be an object, not {_shown(finding['details'])}"
    unknown = sorted(finding.keys() - {"details", "message"})
    return f"{', '.join(unknown)} would be lost: a finding has only message and details" if unknown else None


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:100]


def _message(finding: Any) -> str:
    return str(finding.get("message") if isinstance(finding, dict) else finding)[:120]
