"""Facts that have the same form in all SageMaker APIs: images, instances, networks, settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guard.document import (
    Experiment,
    Image,
    ImageError,
    ImageErrorCode,
    Instance,
    Mlflow,
    Origin,
    Setting,
    Volume,
    Vpc,
)
from guard.errors import ImageReferenceError
from guard.extract.reading import (
    UNKNOWN_MEMBER,
    Node,
    child,
    children,
    clean,
    field_path,
    number,
    sequence,
    text,
    texts,
    value,
)
from guard.images import parse_reference, redacted

JOB = "job"


def image(raw: object, slot: str, origin: Origin, *, digest: object = None) -> Image:
    """Return the image that a field names.

    `digest` comes from a separate field. The creator of an algorithm or model package can set it, and AWS doesn't document
    whether SageMaker pulls the image by it.
    """
    if raw is None or raw == "":
        return unknown_image(slot, origin, "missing", "the field that names the image is empty")
    if not isinstance(raw, str):
        return unknown_image(slot, origin, "unparseable", f"the field must be a string, not {type(raw).__name__}")
    raw = clean(raw)
    try:
        reference = parse_reference(raw)
    except ImageReferenceError as exc:
        return unknown_image(slot, origin, "unparseable", exc.message, raw=redacted(raw))
    return Image(
        slot=slot,
        raw=raw,
        registry=reference.registry,
        account=reference.account,
        region=reference.region,
        repository=reference.repository,
        tag=reference.tag,
        digest=reference.digest,
        origin=origin,
        error=None,
        claimed_digest=_claimed(digest) if reference.digest is None else None,
    )


def with_image_config(found: Image, config: Node, prefix: str = "") -> Image:
    """Return the image with the fields of its image configuration: access mode and provider of the registry's credentials."""
    login = child(config, f"{prefix}RepositoryAuthConfig")
    return found.model_copy(
        update={
            "access_mode": text(config, f"{prefix}RepositoryAccessMode"),
            "credentials_provider": text(login, f"{prefix}RepositoryCredentialsProviderArn"),
        }
    )


def unknown_image(slot: str, origin: Origin, code: ImageErrorCode, message: str, *, raw: str | None = None) -> Image:
    """Return an image entry with an error, for a field whose image is unknown."""
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
    """Return a `managed` image entry for a union member without an image of its own, for which the service picks one.

    For a member that it doesn't know, botocore returns only the name. Such a member may name an image, so the image is unknown.
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


# The lists of instances in resource configurations, and whether SageMaker picks one entry of the list for a job.
_GROUPS = {"InstanceGroups": False, "InstancePreferences": True, "InstanceConfigs": True}


def instances(config: Node, path: str) -> tuple[Instance, ...]:
    """Return every instance group of the resource configuration at the path, including all alternatives in its lists."""
    listed = [
        Instance(
            type=text(one, "InstanceType"),
            # Without its own count, a preference uses the configuration's: see `InstancePreference` in botocore's service model.
            count=number(config if one.get("InstanceCount") is None else one, "InstanceCount"),
            volume_size_gb=number(one, "VolumeSizeInGB"),
            one_of=field_path(path, name) if is_choice else None,
        )
        for name, is_choice in _GROUPS.items()
        for _, one in children(config, name)
    ]
    if config and (not listed or text(config, "InstanceType") is not None):
        # Without a volume size, since storage.volumes has it.
        listed.insert(0, Instance(type=text(config, "InstanceType"), count=number(config, "InstanceCount")))
    chosen = text(config, "SelectedInstanceType")
    if chosen is not None and chosen not in {instance.type for instance in listed}:
        listed.append(
            Instance(
                type=chosen,
                count=number(config, "SelectedInstanceCount"),
                one_of=field_path(path, "InstancePreferences"),
            )
        )
    return tuple(listed)


def volume(config: Node, name: str) -> tuple[Volume, ...]:
    """Return the volume of a resource configuration, if there is one."""
    if not config:
        return ()
    types = tuple(dict.fromkeys(instance.type for instance in instances(config, name)))
    return (
        Volume(
            name=name,
            kms_key=text(config, "VolumeKmsKeyId"),
            size_gb=number(config, "VolumeSizeInGB"),
            instance_types=None if None in types else types,
        ),
    )


def ranges(node: Node, path: str, *values: str) -> tuple[Setting, ...]:
    """Return each value of parameter ranges as a setting, since a started job may get any of them.

    `values` are the fields of a range that hold one value or a list of values.
    """
    return tuple(
        Setting(slot=f"{path}.{kind}[{index}].{field}", name=text(one, "Name") or "", value=_shown(each))
        for kind in sorted(key for key in node if isinstance(key, str))
        for index, one in children(node, kind)
        for field in values
        if one.get(field) is not None
        for each in (sequence(one[field]) or (one[field],))
    )


def experiment(node: Node) -> Experiment | None:
    """Return the experiment of the description, if it has one."""
    config = child(node, "ExperimentConfig")
    if not config:
        return None
    return Experiment(
        name=text(config, "ExperimentName"),
        trial=text(config, "TrialName"),
        run=text(config, "RunName"),
        display_name=text(config, "TrialComponentDisplayName"),
    )


def mlflow(node: Node) -> Mlflow | None:
    """Return the MLflow target of the description, if it has one."""
    config = child(node, "MlflowConfig")
    if not config:
        return None
    return Mlflow(
        arn=text(config, "MlflowResourceArn"),
        experiment=text(config, "MlflowExperimentName"),
        run=text(config, "MlflowRunName"),
    )


def roles(node: Node, *fields: str) -> tuple[str, ...]:
    """Return the role at each field that has one."""
    return tuple(role for field in fields if (role := text(node, field)) is not None)


def _shown(setting: Any) -> str:
    return clean(setting) if isinstance(setting, str) else "" if setting is None else clean(str(setting))


def _claimed(digest: object) -> str | None:
    if not isinstance(digest, str):
        return None
    try:
        return parse_reference(f"x@{digest.strip()}").digest
    except ImageReferenceError:
        return None
