"""Defaults that only the METADATA has: without the parameter in the configuration, the rule finds nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guard.authoring.compiled import copy_compiled
from guard.authoring.diagnostics import Diagnostic
from guard.authoring.layout import CONFIG
from guard.authoring.opa import Opa
from guard.authoring.quick_copy import quick_copy
from guard.authoring.rules import Rule, read_rules
from guard.authoring.trial.engine import TrialEngine
from guard.authoring.trial.variations import Trial


def missing_defaults(opa: Opa, policies: Path, engine: TrialEngine, trials: list[Trial]) -> Iterator[Diagnostic]:
    """Yield the rules that find nothing in a document without a parameter, but do with its default.

    The rules must not fail on the documents. Raises ConfigError when OPA can't load the policies.
    """
    config = opa.read_yaml(policies / CONFIG)
    tried = {*engine.rule_ids()}
    rules = [rule for rule in read_rules(opa, policies)[0] if rule.rule_id in tried]
    left_out = {rule.rule_id: _left_out(rule, config["rules"][rule.rule_id]) for rule in rules}
    asked = [rule_id for rule_id, values in left_out.items() if values]
    if not asked:
        return
    filled = {rule_id: {**section, **left_out.get(rule_id, {})} for rule_id, section in config["rules"].items()}
    documents = [trial.document for trial in trials]
    found = engine.findings(asked, documents)
    meant = _findings_with(opa, policies, {**config, "rules": filled}, asked, documents)
    for rule in (rule for rule in rules if rule.rule_id in asked):
        pairs = zip(trials, found, meant, strict=True)
        silent = (trial for trial, now, then in pairs if then.get(rule.rule_id) and not now.get(rule.rule_id))
        if trial := next(silent, None):
            yield Diagnostic(rule.file, rule.row, 1, _text(left_out[rule.rule_id], trial))


def _left_out(rule: Rule, section: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults of the parameters that a section doesn't have."""
    return {
        name: schema["default"]
        for name, schema in rule.parameters.items()
        if "default" in schema and name not in section
    }


def _findings_with(opa: Opa, policies: Path, config: Any, rule_ids: list[str], documents: Iterable[Any]) -> list[Any]:
    """Return the findings with another configuration."""
    with TemporaryDirectory() as folder, quick_copy(opa, policies) as copied:
        (copied.folder / policies / CONFIG).with_suffix(".json").write_text(json.dumps(config))
        compiled = copy_compiled(copied, policies, Path(folder))
        with TrialEngine(opa.binary, compiled.folder / policies) as engine:
            return engine.findings(rule_ids, [*documents])


def _text(values: Mapping[str, Any], trial: Trial) -> str:
    names, written = ", ".join(values), ", ".join(f"{name}: {json.dumps(value)}" for name, value in values.items())
    return (
        f"without {names} in the configuration the rule finds nothing on {trial}, but with the default of its METADATA it does; "
        f"OPA doesn't read that default, so set it in the rule, as `default _limit := 60`, or configure {written}"
    )
