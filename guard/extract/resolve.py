"""Resolves named resources: the facts of an algorithm, a model, a model package or a job definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from guard.document import ImageError, Origin
from guard.extract.facts import Facts
from guard.extract.parts import unknown_image
from guard.extract.reading import Node
from guard.resources import Resource, ResourceKind

Known = Mapping[Resource, Node | ImageError]

NOT_DESCRIBED = ImageError(code="failed", message="it has not been described")


def resolve(kind: ResourceKind, name: str, known: Known, extract: Callable[[Node, Origin, Known], Facts]) -> Facts:
    """Return the facts of the resource, or an image entry with the reason why they are unknown."""
    resource = Resource(kind=kind.id, name=name)
    origin = Origin(type=kind.origin, name=name)
    description = known.get(resource, NOT_DESCRIBED)
    if not isinstance(description, ImageError):
        return extract(description, origin, known)
    message = f"{kind.id} {name}: {description.message}"
    return Facts(
        images=(unknown_image(kind.image_field, origin, description.code, message),),
        unresolved=() if resource in known else (resource,),
    )
