"""Models and model packages: the containers behind a model's name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial

from guard.document import ModelResource, Origin, StorageInput
from guard.extract.facts import Facts, join
from guard.extract.locations import inputs, objects
from guard.extract.parts import image, roles, settings, vpc, with_image_config
from guard.extract.reading import Node, child, children, flag, tags, text, value
from guard.extract.resolve import Known, resolve
from guard.resources import MODEL, MODEL_PACKAGE


def model(node: Node, origin: Origin, known: Known) -> Facts:
    """Return the facts of a model: its containers, role and network."""
    parts = _containers(node)
    itself = ModelResource(
        origin=origin,
        approval_status=None,
        group=None,
        stage=None,
        stage_status=None,
        product_ids=(),
        created_by=None,
        tags=tags(node.get("Tags")),
    )
    if not parts:
        return Facts(images=(image(None, MODEL.image_field, origin),), models=(itself,))
    facts = join(*(_container(container, path, origin, known) for path, container in parts))
    return replace(
        facts,
        models=(itself, *facts.models),
        roles=roles(node, "ExecutionRoleArn"),
        isolated=flag(node, "EnableNetworkIsolation"),
        vpc=vpc(node, "VpcConfig"),
    )


def named_packages(node: Node) -> Iterator[str]:
    """Yield the names of the packages that the model's containers come from."""
    for _, container in _containers(node):
        package = text(container, "ModelPackageName")
        if package is not None:
            yield package


def model_package(node: Node, origin: Origin, _: Known, *, wanted: Collection[str | None]) -> Facts:
    """Return the facts of the wanted inference specifications' containers; None stands for the package's main specification.

    If the package has none of the wanted ones, all its specifications count: better too many images than one unseen.
    """
    main = child(node, "InferenceSpecification")
    every: list[tuple[str | None, str, Node]] = [(None, "InferenceSpecification", main)] if main else []
    every += [
        (text(specification, "Name"), f"AdditionalInferenceSpecifications[{index}]", specification)
        for index, specification in children(node, "AdditionalInferenceSpecifications")
    ]
    chosen = [entry for entry in every if entry[0] in wanted] or every
    containers = [
        (f"{path}.Containers[{index}]", container)
        for _, path, specification in chosen
        for index, container in children(specification, "Containers")
    ]
    itself = Facts(models=(_package(node, origin, [container for _, container in containers]),))
    if not containers:
        return join(itself, Facts(images=(image(None, MODEL_PACKAGE.image_field, origin),)))
    return join(itself, *(_packaged(container, path, origin) for path, container in containers))


def _containers(node: Node) -> list[tuple[str, Node]]:
    """Return the containers of a model, each with its path."""
    primary = child(node, "PrimaryContainer")
    others = [(f"Containers[{index}]", container) for index, container in children(node, "Containers")]
    return [("PrimaryContainer", primary), *others] if primary else others


def _package(node: Node, origin: Origin, containers: Collection[Node]) -> ModelResource:
    products = (text(container, "ProductId") for container in containers)
    return ModelResource(
        origin=origin,
        approval_status=text(node, "ModelApprovalStatus"),
        group=text(node, "ModelPackageGroupName"),
        stage=text(node, "ModelLifeCycle", "Stage"),
        stage_status=text(node, "ModelLifeCycle", "StageStatus"),
        product_ids=tuple(product for product in products if product is not None),
        created_by=text(node, "CreatedBy", "IamIdentity", "Arn") or text(node, "CreatedBy", "UserProfileArn"),
        tags=tags(node.get("Tags")),
    )


def _container(node: Node, path: str, origin: Origin, known: Known) -> Facts:
    raw, package = value(node, "Image"), text(node, "ModelPackageName")
    own = Facts(
        images=()
        if package and raw in (None, "")
        else (with_image_config(image(raw, f"{path}.Image", origin), child(node, "ImageConfig")),),
        inputs=tuple(_artifacts(node, path)),
        environment=settings(node, "Environment", f"{path}.Environment"),
    )
    if package is None:
        return own
    wanted = (text(node, "InferenceSpecificationName"),)
    return join(own, resolve(MODEL_PACKAGE, package, known, partial(model_package, wanted=wanted)))


def _packaged(node: Node, path: str, origin: Origin) -> Facts:
    return Facts(
        images=(image(value(node, "Image"), f"{path}.Image", origin, digest=value(node, "ImageDigest")),),
        inputs=tuple(_artifacts(node, path)),
        environment=settings(node, "Environment", f"{path}.Environment"),
    )


def _artifacts(node: Node, path: str) -> Iterator[StorageInput]:
    yield from inputs(node, f"{path}.ModelDataUrl", "ModelDataUrl")
    yield from _objects(node, f"{path}.ModelDataSource", "ModelDataSource")
    yield from inputs(node, f"{path}.AdditionalS3DataSource", "AdditionalS3DataSource", "S3Uri")
    for index, source in children(node, "AdditionalModelDataSources"):
        yield from _objects(source, f"{path}.AdditionalModelDataSources[{index}]")


def _objects(node: Node, name: str, *path: str) -> Iterator[StorageInput]:
    """Yield the S3 location, and its manifest, which lists the model's objects and may be stored elsewhere."""
    source = child(node, *path, "S3DataSource")
    if text(source, "S3Uri") is not None:
        yield objects(source, name)
    yield from inputs(source, f"{name}.ManifestS3Uri", "ManifestS3Uri")
