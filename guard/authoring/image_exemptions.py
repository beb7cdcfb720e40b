"""Exemptions for images: those that match foreign registries, and the rules that read images at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from guard.authoring.concern import Concern
from guard.authoring.glob_meets import Part, literal, meets
from guard.authoring.opa import Opa
from guard.authoring.rego_text import read_texts
from guard.authoring.rules import Rule
from guard.authoring.yaml_positions import KeyPath
from guard.images import ECR_DOMAINS, split

_QUERY = """[rule_id | some rule_id, texts in input
	some text in texts
	walk(rego.parse_module("rule.rego", text), [_, node])
	node.type == "ref"
	[node.value[0].value, node.value[1].value] == ["input", "images"]
]"""
_DIGEST = re.compile(r"sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})")
# Public registries, where anybody can have an account: the first part of the path names the owner of the images.
_PUBLIC = frozenset(
    (
        "docker.io",
        "ecr-public.aws.com",
        "gcr.io",
        "ghcr.io",
        "index.docker.io",
        "public.ecr.aws",
        "quay.io",
        "registry-1.docker.io",
        "registry.gitlab.com",
        "registry.hub.docker.com",
    )
)
_ACCOUNT_DIGITS = 12
# The hosts of ECR, one form for each domain; the kind of endpoint and the region are between account and domain.
_ECR = [
    [*[Part("[0-9]")] * _ACCOUNT_DIGITS, *literal(".dkr"), Part("[a-z0-9.-]", repeated=True), *literal(f".{domain}")]
    for domains in ECR_DOMAINS.values()
    for domain in domains
]


def foreign_images(path: KeyPath, exemption: Mapping[str, Any]) -> Iterator[Concern]:
    """Yield the images of an exemption's scope that a foreign registry can have as well.

    Entries with a full digest are fine: it fixes the content of the image.
    """
    given = exemption["scope"].get("image")
    for index, entry in enumerate(given if isinstance(given, list) else [given]):
        if isinstance(entry, str) and _is_foreign(entry):
            at = (*path, "scope", "image", index) if isinstance(given, list) else (*path, "scope", "image")
            text = (
                f"{exemption.get('id')}: {entry} also matches foreign registries, even one that the job's owner fills"
            )
            yield Concern(
                at, f"{text}; name the whole registry, as 111122223333.dkr.ecr.eu-west-1.amazonaws.com/...", "warning"
            )


def rules_about_images(opa: Opa, rules: Iterable[Rule]) -> set[str]:
    """Return the ids of the rules that read `input.images` in their own files; reads by libraries don't count."""
    texts = {
        rule.rule_id: [each.text for each in read_texts(opa.folder / rule.file.parent) if not each.is_test]
        for rule in rules
    }
    return set(opa.json("eval", "--format", "raw", "--stdin-input", _QUERY, given=json.dumps(texts)))


def _is_foreign(entry: str) -> bool:
    registry, repository, _, digest = split(entry)
    if _DIGEST.fullmatch(digest or ""):
        return False
    return registry is None or _is_anybodys(registry) or (registry in _PUBLIC and "*" in repository.partition("/")[0])


def _is_anybodys(registry: str) -> bool:
    """Whether wildcards in the name of a registry leave its owner open: its domain, or the account of an ECR registry."""
    host = registry.partition(":")[0]
    domain = "".join(host.split(".")[-2:])
    return "*" in domain or ("*" in host[:_ACCOUNT_DIGITS] and any(meets(host, form) for form in _ECR))
