"""Facts that SageMaker spells alike in every API: images, instances, networks, settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guard.document import Image, ImageError, ImageErrorCode, Instance, Origin, Setting, Vpc
from guard.errors import ImageReferenceError
from guard.extract.reading import UNKNOWN_MEMBER, Node, children, clean, field_path, number, text, texts, value
from guard.images import parse_reference

JOB = "job"


def image(raw: object, slot: str, origin: Origin, *, digest: object = None) -> Image:
    """Return the image that a field names.

    A digest that SageMaker resolved beside the reference fills in for one that the reference lacks.
    """
    if raw is None or raw == "":
        return unknown_image(slot, origin, "missing", "the field that names the image is empty")
    if not isinstance(raw, str):
        return unknown_image(slot, origin, "unparseable", f"the field holds no text but {type(raw).__name__}")
    raw = clean(raw)
    try:
        reference = parse_reference(raw)
    except ImageReferenceError as exc:
        return unknown_image(slot, origin, "unparseable", exc.message, raw=raw)
    resolved = _resolved(digest) if reference.digest is None else None
    return Image(
        slot=slot,
        raw=raw,
        registry=reference.registry,
        account=reference.account,
        region=reference.region,
        repository=reference.repository,
        # A digest without a tag means "tag unknown"; here the reference itself says `latest` by having neither.
        tag="latest" if resolved and reference.tag is None else reference.tag,
        digest=resolved or reference.digest,
        origin=origin,
        error=None,
    )


def unknown_image(slot: str, origin: Origin, code: ImageErrorCode, message: str, *, raw: str | None = None) -> Image:
    """Return the place of an image that can't be known."""
    return Image(
        slot=slot,
        raw=raw,
        registry=None,
        account=None,
        region=None,
        repository=None,
        tag=None,
        digest=None,
        origin=origin,
        error=ImageError(code=code, message=message),
    )


def picked_image(path: str, config: Node, origin: Origin, message: str, *, field: str = "") -> Image:
    """Return the place of an image that the service picks for a member of a union.

    Of a member that it doesn't know, botocore tells the name alone: that one may name an image, so that it is unknown.
    """
    if path.endswith(UNKNOWN_MEMBER):
        name = text(config, "name") or path
        return unknown_image(path, origin, "failed", f"this version of the guard doesn't know {name}")
    return unknown_image(field_path(path, field) if field else path, origin, "managed", message)


def vpc(node: Node, *path: str) -> Vpc | None:
    """Return the VPC configuration at the path."""
    if not isinstance(value(node, *path), Mapping):
        return None
    return Vpc(subnets=texts(node, *path, "Subnets"), security_groups=texts(node, *path, "SecurityGroupIds"))


def settings(node: Node, field: str, slot: str) -> tuple[Setting, ...]:
    """Return the map at the field as settings."""
    found = value(node, field)
    if not isinstance(found, Mapping):
        return ()
    return tuple(
        Setting(slot=slot, name=clean(name), value=_shown(setting))
        for name, setting in found.items()
        if isinstance(name, str)
    )


def instances(config: Node, *lists: str) -> tuple[Instance, ...]:
    """Return every type that a resource configuration has, or may choose from these lists of it."""
    found = [instance for name in lists for _, instance in children(config, name)]
    if config and (not found or text(config, "InstanceType") is not None):
        found.insert(0, config)
    listed = [Instance(type=text(one, "InstanceType"), count=number(one, "InstanceCount")) for one in found]
    chosen = text(config, "SelectedInstanceType")
    if chosen is not None and chosen not in {instance.type for instance in listed}:
        listed.append(Instance(type=chosen, count=number(config, "SelectedInstanceCount")))
    return tuple(listed)


def roles(node: Node, *fields: str) -> tuple[str, ...]:
    """Return the role at each field that has one."""
    return tuple(role for field in fields if (role := text(node, field)) is not None)


def _shown(setting: Any) -> str:
    return clean(setting) if isinstance(setting, str) else "" if setting is None else clean(str(setting))


def _resolved(digest: object) -> str | None:
    if not isinstance(digest, str):
        return None
    try:
        return parse_reference(f"x@{digest.strip()}").digest
    except ImageReferenceError:
        return None
