"""Container image references, as the OCI distribution spec and Amazon ECR define them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from guard.errors import ImageReferenceError

# Every pattern is used with fullmatch, and none can match a text in two ways, so no input makes them backtrack.
_LABEL = r"[a-z0-9]+(?:-+[a-z0-9]+)*"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:]+\])(?::[1-9][0-9]{{0,4}})?")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_LONGEST_REPOSITORY = 255

ECR_DOMAINS = {
    "cn": ("amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    "eu-isoe": ("cloud.adc-e.uk", "on.cloud-aws.adc-e.uk"),
    "eusc": ("amazonaws.eu", "on.amazonwebservices.eu"),
    "us-iso": ("c2s.ic.gov", "on.aws.ic.gov"),
    "us-isob": ("sc2s.sgov.gov", "on.aws.scloud"),
    "us-isof": ("csp.hci.ic.gov", "on.aws.hci.ic.gov"),
    "": ("amazonaws.com", "on.aws"),
}
"""The domains of ECR's registries (plain and dual-stack endpoints) by the prefix of the region's name; the empty prefix stands
for all other regions."""
ECR_SUFFIX = "|".join(re.escape(domain) for domains in ECR_DOMAINS.values() for domain in domains)
"""A regular expression that matches any of these domains."""
_ECR = re.compile(
    rf"(?P<account>[0-9]{{12}})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z]+(?:-[a-z]+)+-[0-9]+)\.(?:{ECR_SUFFIX})(?::443)?"
)

# https://docs.aws.amazon.com/AmazonECR/latest/public/public-ecr-requests.html
_ECR_PUBLIC = frozenset({"public.ecr.aws", "ecr-public.aws.com"})


@dataclass(frozen=True)
class Reference:
    """A parsed image reference; `str` returns its canonical form."""

    registry: str | None
    account: str | None
    region: str | None
    repository: str
    tag: str | None
    digest: str | None

    def __str__(self) -> str:
        return join(self.registry, self.repository, self.tag, self.digest)


def parse_reference(raw: str) -> Reference:
    """Return the parts of a reference, with surrounding white space stripped, host and digest in lower case.

    A repository with an upper-case letter is invalid, as it is for every registry: the guard would otherwise judge an image that
    nobody can pull. Raises ImageReferenceError.

    >>> reference = parse_reference("763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.4-cpu-py311")
    >>> reference.account, reference.region, reference.repository, reference.tag
    ('763104351884', 'eu-west-1', 'pytorch-training', '2.4-cpu-py311')
    >>> str(parse_reference("Registry.Example.com:5000/team/churn"))
    'registry.example.com:5000/team/churn'
    """
    registry, repository, tag, digest = split(raw.strip())
    for what, pattern, part in (
        ("registry", _REGISTRY, registry),
        ("repository", _REPOSITORY, repository),
        ("tag", _TAG, tag),
        ("digest", _DIGEST, digest),
    ):
        if part is not None and not pattern.fullmatch(part):
            raise ImageReferenceError(f"the {what} is not valid", reference=raw, **{what: part})
    if len(repository) > _LONGEST_REPOSITORY:
        raise ImageReferenceError("the repository is too long", reference=raw, limit=_LONGEST_REPOSITORY)
    account, region = ecr_home(registry)
    return Reference(registry, account, region, repository, tag, digest)


def redacted(raw: str) -> str:
    """Return the text with user and password (anything before an `@`) replaced by `***`; a digest stays."""
    name, at, digest = raw.rpartition("@")
    if not (at and re.fullmatch(r"sha(256|512):[0-9a-f]*", digest, re.IGNORECASE)):
        name, at, digest = raw, "", ""
    credentials, found, rest = name.rpartition("@")
    if not found:
        return raw
    scheme, separator, _ = credentials.partition("://")
    return f"{scheme + separator if separator else ''}***@{rest}{at}{digest}"


def ecr_home(registry: str | None) -> tuple[str | None, str | None]:
    """Return account and region of an ECR registry host, of any partition and endpoint; None for both if it is another host."""
    match = _ECR.fullmatch(registry or "")
    return (match["account"], match["region"]) if match else (None, None)


def is_of_ecr(text: str) -> bool:
    """Return whether the text, valid or not, names an image in an account's ECR registry or in ECR Public."""
    registry = split(text)[0]
    return registry is not None and (registry.removesuffix(":443") in _ECR_PUBLIC or ecr_home(registry)[0] is not None)


def split(text: str) -> tuple[str | None, str, str | None, str | None]:
    """Return registry and digest in lower case, repository and tag unchanged; nothing is validated."""
    name, at, digest = text.partition("@")
    head, slash, tail = name.rpartition("/")
    tail, colon, tag = tail.partition(":")
    first, first_slash, rest = (head + slash + tail).partition("/")
    named = bool(first_slash) and ("." in first or ":" in first or first.lower() == "localhost")
    return (
        first.lower() if named else None,
        rest if named else first + first_slash + rest,
        tag if colon else None,
        digest.lower() if at else None,
    )


def join(registry: str | None, repository: str, tag: str | None, digest: str | None) -> str:
    """Return `[registry/]repository[:tag][@digest]`."""
    return "".join(
        (
            f"{registry}/" if registry else "",
            repository,
            f":{tag}" if tag is not None else "",
            f"@{digest}" if digest is not None else "",
        )
    )
