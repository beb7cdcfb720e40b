"""Documents that meet conditions of the rules: with tags and settings that rules name, and values that they compare with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guard.authoring.forms import FORMS
from guard.authoring.trial.variations import Json, Trial
from guard.aws.regions import known_regions

_VALUE = "x"
_SLOTS = {"environment": "Environment", "hyperparameters": "HyperParameters"}
_SIZES = ("", ".24xlarge", "xlarge", "p5.48xlarge")


def with_tags(trial: Trial, names: Iterable[str]) -> Trial:
    """Return the document with a tag of each name."""
    job = trial.document["job"]
    tags = {**dict.fromkeys(names, _VALUE), **job["tags"]}
    return _changed(trial, {"job": {**job, "tags": tags}}, "the tags that rules name")


def with_settings(trial: Trial, names: Iterable[str]) -> Trial:
    """Return the document with a hyperparameter and an environment variable of each name."""
    named = {part: [{"slot": slot, "name": name, "value": _VALUE} for name in names] for part, slot in _SLOTS.items()}
    settings = {part: [*trial.document[part], *added] for part, added in named.items()}
    return _changed(trial, settings, "the settings that rules name")


def with_values(trial: Trial, texts: Iterable[str]) -> Iterator[Trial]:
    """Yield the document with instances of each type, and in each region and account, that a text is or begins."""
    beginnings = {text.partition("*")[0] for text in texts}
    types = sorted({found for text in beginnings if (found := _instance_type(text))})
    if types:
        compute = trial.document["compute"]
        instances = [{**compute["instances"][0], "type": each} for each in types]
        changed = {**compute, "instances": [*compute["instances"], *instances]}
        yield _changed(trial, {"compute": changed}, "the instance types that rules name")
    for fact, value_of in (("region", _region), ("account", _account)):
        for value in sorted({found for text in beginnings if (found := value_of(text))}):
            yield _changed(trial, {fact: value}, f"{fact} = {value}")


def _changed(trial: Trial, parts: Json, change: str) -> Trial:
    together = f"{trial.change} and {change}" if trial.change else change
    return Trial(trial.sample, {**trial.document, **parts}, together)


def _instance_type(text: str) -> str | None:
    form = FORMS["input", "compute", "instances", None, "type"]
    return next((text + size for size in _SIZES if form.meets(text + size)), None)


def _region(text: str) -> str | None:
    return next((region for region in known_regions() if "-" in text and region.startswith(text)), None)


def _account(text: str) -> str | None:
    return text if FORMS["input", "account"].meets(text) else None
