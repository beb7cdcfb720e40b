"""Models and model packages: the containers behind a model's name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial

from guard.document import Image, Origin, StorageInput
from guard.extract.facts import Facts, join
from guard.extract.locations import inputs
from guard.extract.parts import image, roles, settings, vpc
from guard.extract.reading import Node, child, children, flag, text, value
from guard.extract.resolve import Known, resolve
from guard.resources import MODEL, MODEL_PACKAGE


def model(node: Node, origin: Origin, known: Known) -> Facts:
    """Return the facts of a model: its containers, role and network."""
    primary = child(node, "PrimaryContainer")
    parts = [("PrimaryContainer", primary)] if primary else []
    parts += [(f"Containers[{index}]", container) for index, container in children(node, "Containers")]
    if not parts:
        return Facts(images=(image(None, MODEL.image_field, origin),))
    facts = join(*(_container(container, path, origin, known) for path, container in parts))
    return replace(
        facts,
        roles=roles(node, "ExecutionRoleArn"),
        isolated=flag(node, "EnableNetworkIsolation"),
        vpc=vpc(node, "VpcConfig"),
    )


def model_package(node: Node, origin: Origin, _: Known, *, wanted: Collection[str | None]) -> Facts:
    """Return the containers of the wanted inference specifications; None is the package's main one.

    When the package has none of them, those of all: better too many images than an unseen one.
    """
    main = child(node, "InferenceSpecification")
    every: list[tuple[str | None, str, Node]] = [(None, "InferenceSpecification", main)] if main else []
    every += [
        (text(specification, "Name"), f"AdditionalInferenceSpecifications[{index}]", specification)
        for index, specification in children(node, "AdditionalInferenceSpecifications")
    ]
    chosen = [entry for entry in every if entry[0] in wanted] or every
    parts = [
        _packaged(container, f"{path}.Containers[{index}]", origin)
        for _, path, specification in chosen
        for index, container in children(specification, "Containers")
    ]
    return join(*parts) if parts else Facts(images=(image(None, MODEL_PACKAGE.image_field, origin),))


def _container(node: Node, path: str, origin: Origin, known: Known) -> Facts:
    raw, package = value(node, "Image"), text(node, "ModelPackageName")
    own = Facts(
        images=() if package and raw in (None, "") else (image(raw, f"{path}.Image", origin),),
        inputs=tuple(_artifacts(node, path)),
        environment=settings(node, "Environment", f"{path}.Environment"),
    )
    if package is None:
        return own
    wanted = (text(node, "InferenceSpecificationName"),)
    return join(own, resolve(MODEL_PACKAGE, package, known, partial(model_package, wanted=wanted)))


def _packaged(node: Node, path: str, origin: Origin) -> Facts:
    found: Image = image(value(node, "Image"), f"{path}.Image", origin, digest=value(node, "ImageDigest"))
    return Facts(
        images=(found,),
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
    """The prefix, and the manifest that says which of its objects are the model: it may lie elsewhere."""
    yield from inputs(node, name, *path, "S3DataSource", "S3Uri")
    yield from inputs(node, f"{name}.ManifestS3Uri", *path, "S3DataSource", "ManifestS3Uri")
