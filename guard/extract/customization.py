"""Jobs that customize a model of the service: training sessions, and jobs that a document in the service's format configures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from guard.document import FoundationModel, Image, Origin, Setting, StorageInput, Vpc
from guard.extract.facts import Facts, common_vpc
from guard.extract.locations import storage_input, storage_output
from guard.extract.parts import JOB, image, roles, settings, unknown_image, vpc
from guard.extract.reading import Node, child, clean, flag, sequence, text
from guard.extract.resolve import Known
from guard.images import is_of_ecr

DOCUMENT = "JobConfigDocument"
LEAVES = 1000
"""A document with more values than this is shown as a single text, which limits the work on a job."""

PATH = 1000
"""Maximum length of a value's path. A normal path has ten names of about twenty characters. With the maximum number of values,
all paths take at most a megabyte; without this limit, each could be as long as the whole document."""

_ROLE_LENGTH = 2048
"""IAM's maximum length of a role's ARN: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html"""

_IMAGE_LENGTH = 600
"""No valid image reference is longer, even with the longest host, repository and tag and a digest."""

_ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+")
_S3 = re.compile(r"s3://.+", re.IGNORECASE | re.DOTALL)


def training_session(description: Node, name: str, _: Known) -> Facts:
    """Return the facts of a training session."""
    message = "the service trains its own model in its own container"
    place = child(description, "OutputConfig", "S3Location")
    uri = text(place, "Path")
    return Facts(
        images=(unknown_image("ModelConfig", Origin(type=JOB, name=name), "managed", message),),
        outputs=() if uri is None else (storage_output("OutputConfig", uri, text(place, "KmsKeyArn")),),
        hyperparameters=settings(description, "LoraConfig", "LoraConfig"),
        roles=roles(description, "RoleArn"),
        vpc=vpc(description, "VpcConfig"),
        base_model=_base_model(child(description, "ModelConfig")),
        package_group=text(description, "ModelPackageGroupArn"),
    )


def customization(description: Node, name: str, _: Known) -> Facts:
    """Return the facts of a job of CreateJob.

    AWS doesn't publish the meaning of the job's document. So each value in it is a setting; an S3 location is also an input, a
    role's ARN a role of the job, an ECR image an image in addition to the service's own, and an object with the fields of a VPC
    configuration the job's VPC. An unreadable document yields an unknown image. Values whose path is too long and roles that are
    too long are left out, but counted.
    """
    origin = Origin(type=JOB, name=name)
    raw = text(description, DOCUMENT)
    own = roles(description, "RoleArn")
    if raw is None:
        return Facts(images=(unknown_image(DOCUMENT, origin, "missing", "the job has no configuration"),), roles=own)
    try:
        found = json.loads(raw, object_pairs_hook=_object)
        leaves = _limited(_leaves(found))
    except (ValueError, RecursionError) as exc:
        problem = str(exc) if isinstance(exc, _Unreadable) else "is not JSON"
        whole = Setting(slot=DOCUMENT, name=DOCUMENT, value=raw)
        return Facts(
            images=(_unreadable_image(origin, f"the configuration {problem}"),), hyperparameters=(whole,), roles=own
        )
    message = "the service runs its own image"
    networks = [network for node in _nodes(found) if (network := _vpc(node)) is not None]
    named = [leaf.value for leaf in leaves if _ROLE.fullmatch(leaf.value)]
    others = [role for role in dict.fromkeys(named) if len(role) <= _ROLE_LENGTH]
    fitting = tuple(leaf for leaf in leaves if len(leaf.slot) <= PATH)
    return Facts(
        images=(unknown_image(DOCUMENT, origin, "managed", message), *_images(leaves, origin)),
        inputs=tuple(_inputs(leaves)),
        hyperparameters=fitting,
        unshown_settings=len(leaves) - len(fitting),
        roles=(*own, *others),
        unshown_entries=sum(len(role) > _ROLE_LENGTH for role in named),
        # All VPC configurations count, so that a decoy can't hide the real one.
        vpc=_merged_vpc(networks),
    )


def _base_model(config: Node) -> FoundationModel:
    return FoundationModel(
        name=text(config, "BaseModelArn"),
        eula_accepted=flag(config, "AcceptEula"),
        job_type=None,
        technique=None,
        evaluation=None,
        evaluator_arn=None,
    )


class _Unreadable(ValueError):
    """A document is valid JSON, but can't be shown; the message says why."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these members. Raises _Unreadable for a repeated name: only the service knows which one counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Unreadable("has an object with two values of one name")
    return found


def _limited(leaves: Iterator[Setting]) -> list[Setting]:
    """Return all values as a list. Raises _Unreadable if there are more than the guard shows."""
    found = list(leaves)
    if len(found) > LEAVES:
        raise _Unreadable(f"has more than {LEAVES} values")
    return found


def _unreadable_image(origin: Origin, message: str) -> Image:
    return unknown_image(DOCUMENT, origin, "unparseable", message)


def _leaves(root: Any) -> Iterator[Setting]:
    """Yield each value that isn't an object or a list, with its path; at most one value more than allowed.

    A path that is too long is cut to one character more than allowed. Not recursive, because the owner chooses the document's
    depth. Paths are built lazily, because there may be as many pending values as the document has characters.
    """
    waiting = [iter([(root, DOCUMENT, "")])]
    count = 0
    while waiting and count <= LEAVES:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
            continue
        node, slot, key = entry
        if isinstance(node, Mapping | list):
            waiting.append(_members(node, slot, key))
        else:
            count += 1
            value = node if isinstance(node, str) else json.dumps(node)
            yield Setting(slot=slot, name=key, value=clean(value))


def _members(node: Mapping[str, Any] | list[Any], slot: str, key: str) -> Iterator[tuple[Any, str, str]]:
    """Yield the members of an object or a list, each with its path and name; elements of a list have the list's name."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            shown = clean(name)
            yield value, _extended(slot, f".{shown}"), shown
    else:
        for index, value in enumerate(node):
            yield value, _extended(slot, f"[{index}]"), key


def _extended(path: str, step: str) -> str:
    """Return the path with the step appended, cut to one character more than allowed."""
    return path if len(path) > PATH else f"{path}{step}"[: PATH + 1]


def _nodes(root: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            yield node
            waiting.extend(reversed(list(node.values())))
        elif isinstance(node, list):
            waiting.extend(reversed(node))


def _vpc(node: Mapping[str, Any]) -> Vpc | None:
    """Return the node as a VPC configuration, if it has the fields of one, with the values of all their spellings."""
    found: dict[str, list[Any]] = {"subnets": [], "securitygroupids": []}
    seen = set()
    for key, value in node.items():
        plain = key.replace("_", "").lower()
        if plain in found:
            seen.add(plain)
            found[plain] += [value] if isinstance(value, str) else sequence(value)
    if seen < found.keys():
        return None
    return vpc({"VpcConfig": {"Subnets": found["subnets"], "SecurityGroupIds": found["securitygroupids"]}}, "VpcConfig")


def _merged_vpc(networks: list[Vpc]) -> Vpc | None:
    """Return all VPCs as one. If one of them lacks subnets or groups, the result lacks them too, whatever the others have."""
    merged = common_vpc(networks) if networks else None
    return merged and Vpc(
        subnets=merged.subnets if all(one.subnets for one in networks) else (),
        security_groups=merged.security_groups if all(one.security_groups for one in networks) else (),
    )


def _images(leaves: list[Setting], origin: Origin) -> Iterator[Image]:
    """Yield every ECR image; images of other registries can't be distinguished from addresses."""
    for leaf in leaves:
        # A value with further words is a text that only begins with an image.
        words = leaf.value.split(maxsplit=1)
        if len(words) == 1 and len(words[0]) <= _IMAGE_LENGTH and is_of_ecr(words[0]):
            yield image(leaf.value, leaf.slot[:PATH], origin)


def _inputs(leaves: list[Setting]) -> Iterator[StorageInput]:
    """Yield every S3 location as an input, since the document doesn't show which locations are outputs."""
    for leaf in leaves:
        if _S3.fullmatch(leaf.value):
            yield storage_input(leaf.slot[:PATH], leaf.value)
