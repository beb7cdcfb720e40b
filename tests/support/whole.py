"""Descriptions in which every field has a unique value, and documents that show the origin of each value.

A document's value that comes from a description is replaced by its field there: `$.RoleArn` in the job's description,
`$model.ExecutionRoleArn` in a resource's. Values that the guard adds are shown unchanged. `python -m tests.support.whole` writes
the extractors' current results to tests/contract/facts, to be reviewed as a diff.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from guard.document import DenyList, Document, Source
from guard.extract import extract
from guard.jobs import BY_KIND
from guard.normalize import PIPELINE_TAG, normalize
from guard.refs import Collected, JobRef, job_arn
from guard.resources import BY_RESOURCE_KIND, DESCRIBED, Resource
from tests.support.events import HOME
from tests.support.shapes import service_model

FACTS = Path(__file__).resolve().parent.parent / "contract" / "facts"
FROM_DESCRIPTIONS = tuple(name for name in Document.model_fields if name == "job" or name in DESCRIBED)
"""The parts of a document that descriptions fill; the others come from the source, the deployment and failed calls."""

SOURCE = Source(type="state-change", id="event-1", time=datetime(2026, 11, 23, 10, tzinfo=UTC))

_IMAGE = re.compile(r"^(TrainingImage|RuleEvaluatorImage|ImageUri|Image)$")
_LOCATION = re.compile(r"S3|Uri$|Url$|^Path$")
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
# Alternative members, of which a description has only one, although the API's model doesn't mark them as a union.
_ALTERNATIVES = {
    "DataSource": ("S3DataSource", "FileSystemDataSource", "DatasetSource"),
    "ProcessingInput": ("S3Input", "DatasetDefinition"),
    "ProcessingOutput": ("S3Output", "FeatureStoreOutput"),
    "MonitoringInput": ("EndpointInput", "BatchTransformInput"),
}


@dataclass(frozen=True)
class Case:
    """One description: `without` are fields that the variant lacks, `given` are fields whose values the guard interprets."""

    name: str
    kind: str
    operation: str = ""
    without: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The file with the origins of the document's values."""
        return FACTS / f"{self.name}.yaml"


def _problem(member: str) -> tuple[str, ...]:
    members = service_model()["shapes"]["AutoMLProblemTypeConfig"]["members"]
    return tuple(f"AutoMLProblemTypeConfig.{other}" for other in members if other != member)


def _definition(monitoring_type: str) -> Case:
    return Case(
        f"monitoring-schedule-{monitoring_type}",
        "monitoring-schedule",
        without=("MonitoringScheduleConfig.MonitoringJobDefinition",),
        given={"MonitoringScheduleConfig.MonitoringType": monitoring_type},
    )


CASES: tuple[Case, ...] = (
    Case("training", "training"),
    Case("processing", "processing"),
    # Some containers of models are left out here, because another case has them.
    Case("transform", "transform", without=("PrimaryContainer.ModelPackageName", "Containers[0].ModelPackageName")),
    Case("hyperparameter-tuning", "hyperparameter-tuning"),
    Case("hyperparameter-tuning-one-definition", "hyperparameter-tuning", without=("TrainingJobDefinitions",)),
    Case("automl-image-classification", "automl", without=_problem("ImageClassificationJobConfig")),
    Case("automl-tabular", "automl", without=_problem("TabularJobConfig")),
    Case("automl-text-classification", "automl", without=_problem("TextClassificationJobConfig")),
    Case("automl-text-generation", "automl", without=_problem("TextGenerationJobConfig")),
    Case("automl-time-series", "automl", without=_problem("TimeSeriesForecastingJobConfig")),
    Case("automl-first-version", "automl", operation="CreateAutoMLJob"),
    Case("optimization", "optimization"),
    Case(
        "monitoring-schedule",
        "monitoring-schedule",
        without=("MonitoringScheduleConfig.MonitoringJobDefinitionName",),
    ),
    *map(_definition, ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")),
    Case("compilation", "compilation"),
    Case("inference-recommendations", "inference-recommendations", without=("Containers",)),
    Case("labeling", "labeling", without=("Containers",)),
    Case(
        "customization",
        "customization",
        given={"JobConfigDocument": '{"learning_rate": "$.JobConfigDocument", "data": "s3://data/x"}'},
    ),
    Case("training-session", "training-session"),
    Case("ai-recommendation", "ai-recommendation"),
    Case("ai-benchmark", "ai-benchmark"),
    Case("edge-packaging", "edge-packaging"),
)


@dataclass
class Whole:
    """Makes descriptions; records the field of each value, and the boolean fields."""

    case: Case
    flipped: str | None = None
    on: bool = True
    told_by: dict[object, str] = field(default_factory=dict)
    parts: dict[str, dict[str, str | None]] = field(default_factory=dict)
    booleans: set[str] = field(default_factory=set)
    _count: int = 0

    def description(self, operation: str, root: str, within: tuple[str, ...] = ()) -> dict[str, Any]:
        """Return the operation's output, or the input of a Create operation, with all fields; their paths begin with `root`."""
        model = service_model()["operations"][operation]
        shape = model["input" if operation.startswith("Create") else "output"]["shape"]
        for step in within:
            shape = service_model()["shapes"][shape]["members"][step]["shape"]
        made: dict[str, Any] = self._structure(shape, root, ())
        return made

    def _value(self, name: str, path: str, above: tuple[str, ...], *, digest: bool = False) -> Any:
        shape = service_model()["shapes"][name]
        kind = shape["type"]
        if kind == "structure":
            return self._structure(name, path, above)
        if kind == "list":
            return self._items(shape["member"]["shape"], path, above)
        if kind == "map":
            key, value = self.recorded(f"{path}{{name}}"), self.recorded(f"{path}{{}}")
            return {key: value if self._is_text(shape["value"]["shape"]) else {}}
        return self._scalar(kind, path, digest=digest)

    def _structure(self, name: str, path: str, above: tuple[str, ...], only: str | None = None) -> dict[str, Any]:
        if name in above:
            return {}
        members = service_model()["shapes"][name]["members"]
        others = set(_alternatives(name)) - {only} if only else set()
        digest = any(member.endswith("ImageDigest") for member in members)
        return {
            member: self._value(reference["shape"], f"{path}.{member}", (*above, name), digest=digest)
            for member, reference in members.items()
            if member not in others and f"{path}.{member}".partition(".")[2] not in self.case.without
        }

    def _items(self, item: str, path: str, above: tuple[str, ...]) -> list[Any]:
        if service_model()["shapes"][item]["type"] != "structure":
            return [self._value(item, f"{path}[{index}]", above) for index in range(2)]
        return [
            self._structure(item, f"{path}[{index}]", above, only)
            if only in _alternatives(item)
            else self._with(item, f"{path}[{index}]", above, only)
            for index, only in enumerate(self._choices(item, outer="[" not in path))
        ]

    def _choices(self, item: str, *, outer: bool) -> tuple[str, ...]:
        """Return the alternative of each item of a list, `""` if there are none; lists at the first level have two items then."""
        inner = [reference["shape"] for reference in service_model()["shapes"][item]["members"].values()]
        found = _alternatives(item) or tuple(one for shape in inner for one in _alternatives(shape))
        return found or ("", "")[: 2 if outer else 1]

    def _with(self, item: str, path: str, above: tuple[str, ...], only: str) -> dict[str, Any]:
        """Return a structure in which one member has alternatives."""
        made = self._structure(item, path, above)
        for member, reference in service_model()["shapes"][item]["members"].items():
            if only in _alternatives(reference["shape"]):
                made[member] = self._structure(reference["shape"], f"{path}.{member}", (*above, item), only)
        return made

    def _scalar(self, kind: str, path: str, *, digest: bool) -> Any:
        if kind == "boolean":
            self.booleans.add(path)
            return self.on ^ (path == self.flipped)
        self._count += 1
        if kind == "timestamp":
            return self.recorded(path, _EPOCH + timedelta(seconds=self._count))
        if kind != "string":
            # In the form of a setting.
            self.told_by[str(self._count)] = path
            return self.recorded(path, self._count)
        return self._text(path, path.rpartition(".")[2].partition("[")[0], digest=digest)

    def _text(self, path: str, member: str, *, digest: bool) -> str:
        number = f"{self._count:012}"
        if given := self.case.given.get(path.partition(".")[2]):
            return given
        if _IMAGE.match(member):
            return self._image(path, number, digest=digest)
        if member.endswith("ImageDigest"):
            return str(self.recorded(path, f"sha256:{self._count:064}"))
        if _LOCATION.search(member):
            bucket = f"arn:aws:s3:eu-west-1:{number}:accesspoint/{path}"
            self.parts[path] = {"bucket": bucket, "account": number}
            return str(self.recorded(path, f"s3://{bucket}/key"))
        if member.endswith("Arn"):
            self.parts[path] = {"bucket": None, "account": number}
            return str(self.recorded(path, f"arn:aws:service:eu-west-1:{number}:thing/{path}"))
        return str(self.recorded(path))

    def _image(self, path: str, number: str, *, digest: bool) -> str:
        """Return a reference with a part of each kind, without a digest if another field has it."""
        registry, repository, tag = f"{number}.dkr.ecr.us-west-{self._count}.amazonaws.com", f"r{number}", f"t{number}"
        own = None if digest else f"sha256:{self._count:064}"
        self.parts[path] = {
            "registry": registry,
            "account": number,
            "region": f"us-west-{self._count}",
            "repository": repository,
            "tag": tag,
        } | ({"digest": own} if own else {})
        return str(self.recorded(path, f"{registry}/{repository}:{tag}" + (f"@{own}" if own else "")))

    def recorded(self, path: str, value: Any = None) -> Any:
        """Return the value, or the path if there is no value, and record its origin."""
        value = path if value is None else value
        self.told_by[value] = path
        return value

    def _is_text(self, shape: str) -> bool:
        return bool(service_model()["shapes"][shape]["type"] == "string")


def _alternatives(shape: str) -> tuple[str, ...]:
    found = service_model()["shapes"][shape]
    return tuple(found["members"]) if found.get("union") else _ALTERNATIVES.get(shape, ())


def document_of(whole: Whole) -> Document:
    """Return the document of the case's description, with a complete description of each resource that it names."""
    kind = BY_KIND[whole.case.kind]
    operation = whole.case.operation or kind.describe_operation
    description = whole.description(operation, "$", kind.within)
    known: dict[Resource, Any] = {}
    while wanted := sorted(set(extract(kind.id, description, "job-1", known).unresolved)):
        for resource in wanted:
            root = f"${resource.kind}" + "'" * sum(one.kind == resource.kind for one in known)
            row = BY_RESOURCE_KIND[resource.kind]
            # The guard reads tags in a separate call.
            tags = {"Tags": [{"Key": "team", "Value": whole.recorded(f"{root}.Tags[]")}]} if row.arn_field else {}
            known[resource] = whole.description(row.describe_operation, root) | tags
    ref = JobRef(kind, "job-1", job_arn("job-1", kind, HOME), HOME, SOURCE, None, {})
    collected = Collected(description, {PIPELINE_TAG: "an execution"}, known)
    return normalize(ref, collected, DenyList(images={}, patterns=()))


def shown(case: Case) -> dict[str, Any]:
    """Return the document with each value replaced by the field that it comes from."""
    whole = Whole(case)
    document = document_of(whole).model_dump(include=set(FROM_DESCRIPTIONS))
    deciding = _deciding(case, whole.booleans)
    ordered = {name: document[name] for name in FROM_DESCRIPTIONS}
    found: dict[str, Any] = _sources(ordered, whole, deciding, "")
    return found


def without_absent(node: Any) -> Any:
    """Return the value without nulls and empty lists, at every depth."""
    if isinstance(node, dict):
        kept = {key: without_absent(value) for key, value in node.items()}
        return {key: value for key, value in kept.items() if value is not None and value != []}
    return [without_absent(item) for item in node] if isinstance(node, list) else node


def absent(node: Any, path: str = "") -> set[str]:
    """Return the paths of nulls and empty lists; below a list, those that are null or empty in all of its items."""
    if node is None or node == []:
        return {path}
    if isinstance(node, dict):
        return {place for key, value in node.items() for place in absent(value, f"{path}.{key}" if path else key)}
    if isinstance(node, list):
        return set.intersection(*(absent(item, f"{path}[]") for item in node))
    return set()


def _deciding(case: Case, booleans: set[str]) -> dict[str, set[str]]:
    """Return for each boolean of the document the fields that change it when only that field is on, or only that field is off."""
    found: dict[str, set[str]] = {}
    for on in (True, False):
        before = dict(_flags(document_of(Whole(case, on=on)).model_dump()))
        for path in booleans:
            after = dict(_flags(document_of(Whole(case, flipped=path, on=on)).model_dump()))
            for place in {place for place in before if before[place] != after.get(place)}:
                found.setdefault(place, set()).add(path)
    return found


def _flags(node: Any, path: str = "") -> Iterator[tuple[str, bool]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _flags(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list | tuple):
        for index, item in enumerate(node):
            yield from _flags(item, f"{path}[{index}]")
    elif isinstance(node, bool):
        yield path, node


def _sources(node: Any, whole: Whole, deciding: Mapping[str, set[str]], path: str) -> Any:
    if isinstance(node, dict):
        return {
            key: _sources(value, whole, deciding, f"{path}.{key}" if path else key)
            for key, value in _without_parts(node, whole).items()
        }
    if isinstance(node, list | tuple):
        return [_sources(item, whole, deciding, f"{path}[{index}]") for index, item in enumerate(node)]
    if isinstance(node, bool):
        return " and ".join(sorted(deciding[path])) if path in deciding else node
    return whole.told_by.get(node, node)


def _without_parts(node: dict[Any, Any], whole: Whole) -> dict[Any, Any]:
    """Leave out parts that follow from an image's reference or a location's URI, and parts that an image lacks."""
    source = whole.told_by.get(node.get("raw", node.get("uri")))
    parts: dict[str, str | None] = whole.parts.get(source or "", {})
    if "raw" in node:
        parts = dict.fromkeys((key for key, value in node.items() if value is None), None) | parts
    return {key: value for key, value in node.items() if key not in parts or value != parts[key]}


def main() -> None:
    """Write the origins of the values of each case's document."""
    FACTS.mkdir(exist_ok=True)
    for case in CASES:
        case.file.write_text(
            yaml.safe_dump(without_absent(shown(case)), sort_keys=False, width=120, default_flow_style=None)
        )


if __name__ == "__main__":
    main()
