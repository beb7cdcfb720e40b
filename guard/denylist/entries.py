"""The syntax of deny-list entries: `[registry/]repository[:tag][@digest]`, with `*` only in patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from guard.errors import EntryError, ImageReferenceError
from guard.images import ECR_DOMAINS, ECR_SUFFIX, ecr_home, join, parse_reference, split

# Replacements that are tried for a wildcard: if none of them makes a valid reference, no other text does.
_FILLERS = ("", "1", "1/1")
_DIGEST_PATTERN = re.compile(r"\*|sha(?:256|512|\*):?[0-9a-f*]*")
_DIGITS = {"sha256": (64,), "sha512": (128,)}
# Valid names of repositories that are almost certainly meant as an account or a registry.
_ACCOUNT = re.compile(r"[0-9]{10,13}")
_ACCOUNT_DIGITS = 12
_REGISTRIES = frozenset({"docker.io", "gcr.io", "ghcr.io", "localhost", "nvcr.io", "quay.io"})
# Country domains count as hosts, but not names in the order of Java packages (`de.example.churn`).
_HOST = re.compile(
    r"(?:[a-z0-9-]+\.){2,}(?:aws|cloud|cn|com|corp|dev|edu|eu|gov|internal|io|lan|local|mil|net|org)"
    r"|(?!(?:com|edu|gov|io|net|org|[a-z]{2})\.)(?:[a-z0-9-]+\.){2,}"
    r"(?:at|au|be|br|ca|ch|cz|de|dk|es|fi|fr|hk|ie|il|in|it|jp|kr|mx|nl|no|nz|pl|pt|ru|se|sg|tw|uk|us|za)",
    re.IGNORECASE,
)
_PORT = re.compile(r"[0-9]{2,5}")
# Also a valid name of a repository, but with ECR's domain: a host of ECR, perhaps with wildcards.
_HOST_OF_ECR = re.compile(rf"[0-9*]*\.(?:[a-z0-9*-]+\.)*(?:{ECR_SUFFIX})")
# Web pages of registries, and the host that the same images are pulled from.
_PAGES = (
    (re.compile(r"gallery\.ecr\.aws/(.+)", re.DOTALL), "public.ecr.aws"),
    (re.compile(r"hub\.docker\.com/(?:r/|_/)?(.+)", re.DOTALL), "docker.io"),
    (re.compile(r"quay\.io/repository/(.+)", re.DOTALL), "quay.io"),
)
_ACCOUNT_FIRST = re.compile(r"([0-9]{12})/(.+)", re.DOTALL)
_LIKE_ECR = re.compile(
    rf"(?:.+\.)?(?:dkr-)?ecr(?:-fips)?\.(?!.*\bvpce\.).*(?:{ECR_SUFFIX})"
    rf"|(?:[0-9]+\.)?(?:dkr\.)?[a-z]+(?:-[a-z]+)+-[0-9]+\.(?:{ECR_SUFFIX})"
)
_ECR_HOST = re.compile(r"(?P<account>[0-9*]+)\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]*)(?P<rest>.*)")


@dataclass(frozen=True)
class Entry:
    """A parsed entry; `str` returns its canonical form, which the deny list contains."""

    registry: str | None
    repository: str
    tag: str | None
    digest: str | None

    def __str__(self) -> str:
        return join(self.registry, self.repository, self.tag, self.digest)


def parse_entry(text: str, *, pattern: bool = False) -> Entry:
    """Return the parts of an entry of the deny list's `images`, or of its `patterns` when `pattern` is set.

    Raises EntryError, with the entry in its `evidence`, for an entry that can never match an image.
    """
    stripped = text.strip()
    _reject_unmatchable(stripped, text)
    registry, repository, tag, digest = split(stripped)
    if repository != repository.lower():
        raise EntryError("upper case in the repository: names of repositories are lower case", entry=text)
    if "*" in stripped:
        if not pattern:
            raise EntryError("a wildcard in an exact entry: it belongs in `patterns`", entry=text)
        return _checked_pattern(Entry(registry, repository, tag, digest), text)
    try:
        reference = parse_reference(stripped)
    except ImageReferenceError as exc:
        raise EntryError(exc.message, entry=text) from exc
    return Entry(reference.registry, reference.repository, reference.tag, reference.digest)


def canonical(text: str) -> str:
    """Return the canonical spelling of an entry or a pattern: no white space around it, host and digest in lower case.

    Raises EntryError for an entry that can never match an image.
    """
    return str(parse_entry(text, pattern=True))


def entry_of_image(text: str) -> str | None:
    """Return the entry for an image reference, as a scope's `image` accepts it; None if there is no valid one."""
    try:
        reference = parse_reference(text)
        # Port 443 is the default, so it is left out. `host:443/x` without its port is no longer a registry, but another image:
        # the comparison below finds this.
        registry = reference.registry and reference.registry.removesuffix(":443")
        entry = join(registry, reference.repository, reference.tag, reference.digest)
        reject_mistaken(entry)
        return entry if parse_entry(entry).registry == registry else None
    except (EntryError, ImageReferenceError):
        return None


def reject_mistaken(text: str) -> None:
    """Raise EntryError for a valid entry that is probably a mistake: only a digest, registry or account, or an impossible host.

    Called when an entry is written. A deployed guard doesn't call it, so that entries which are deployed already keep working.
    """
    stripped = text.strip()
    registry, repository, tag, digest = split(stripped)
    if registry is None and (led := _ACCOUNT_FIRST.fullmatch(repository)):
        rest = join(None, led[2], tag, digest)
        host = f"{led[1]}.dkr.ecr.<region>.amazonaws.com"
        raise EntryError(f"an account in place of the registry: write {host}/{rest}, or only {rest}", entry=text)
    if digest is not None and "*" in stripped and not _may_be_digest(digest):
        raise EntryError(
            "not a possible digest: write all of its digits, or the first ones and `*`", entry=text, digest=digest
        )
    for page, host in _PAGES:
        if found := page.fullmatch(stripped):
            raise EntryError(
                f"the web page of a registry, not the host of its images: write {host}/{found[1]}", entry=text
            )
    if registry is None and digest is None:
        _reject_repository(repository, tag, text)
    elif registry is not None and _is_invalid_ecr_host(registry):
        form = f"<12 digits>.dkr.ecr.<region>.{_domain_of(registry)}"
        raise EntryError(f"not a host of an ECR registry: write {form}", entry=text, registry=registry)


def _is_invalid_ecr_host(registry: str) -> bool:
    """Whether a host resembles one of ECR, but ECR has no such host for any replacement of its wildcards."""
    found = _ECR_HOST.fullmatch(registry.removesuffix(":443"))
    if found is not None:
        digits = found["account"].replace("*", "")
        if len(digits) > _ACCOUNT_DIGITS or ("*" not in found["account"] and len(digits) < _ACCOUNT_DIGITS):
            return True
    if "*" in registry:
        return found is not None and not _may_have_domain(found["region"], found["rest"])
    return bool(_LIKE_ECR.fullmatch(registry)) and not (
        ecr_home(registry)[0] and found is not None and _may_have_domain(found["region"], found["rest"])
    )


def _domain_of(registry: str) -> str:
    """Return the plain ECR domain of a host's partition, found by its region or its own domain; by default that of `aws`."""
    found = (
        plain
        for first, (plain, dual_stack) in ECR_DOMAINS.items()
        if first and (f".{first}-" in registry or registry.endswith((f".{plain}", f".{dual_stack}")))
    )
    return next(found, ECR_DOMAINS[""][0])


def _may_have_domain(region: str, rest: str) -> bool:
    """Whether `rest`, the text after a region or the beginning of one, can be or end with a domain of that region."""
    end = rest.rpartition("*")[2]
    endings = [f".{domain}" for domains in _domains(region, is_cut=rest.startswith("*")) for domain in domains]
    return any(rest == each or ("*" in rest and (each.endswith(end) or end.endswith(each))) for each in endings)


def _domains(region: str, *, is_cut: bool) -> Iterator[tuple[str, str]]:
    """Yield the domains of a region, or of all regions with this beginning: every partition's if it is empty."""
    for first, domains in ECR_DOMAINS.items():
        if not first or region.startswith(f"{first}-"):
            yield domains
            return
        if is_cut and first.startswith(region):
            yield domains


def _reject_repository(repository: str, tag: str | None, text: str) -> None:
    if repository in {"sha256", "sha512"} and tag is not None:
        more = "" if "*" in tag or len(tag) in _DIGITS[repository] else "*"
        raise EntryError(
            f"only a digest: write repository@{repository}:..., or the pattern *@{repository}:{tag}{more}", entry=text
        )
    whole = "; if this is the name of a repository, write it with its registry"
    if (_HOST.fullmatch(repository) or repository.lower() in _REGISTRIES) and (tag is None or _PORT.fullmatch(tag)):
        raise EntryError(
            f"only a registry: write the pattern {text.strip().lower()}/* for all of its images{whole}", entry=text
        )
    if _HOST_OF_ECR.fullmatch(repository):
        host = repository.lower()
        meant = f"the pattern {host}/* for all of its images" if tag is None else f"{host}/{tag}"
        raise EntryError(f"only a registry, without a slash and an image: write {meant}", entry=text)
    if _ACCOUNT.fullmatch(repository) and tag is None:
        pattern = f"{repository}.dkr.ecr.*"
        raise EntryError(f"only an account: write the pattern {pattern} for all of its images{whole}", entry=text)


def _reject_unmatchable(stripped: str, text: str) -> None:
    if not stripped:
        raise EntryError("an empty entry", entry=text)
    if any(character.isspace() for character in stripped):
        raise EntryError("white space inside the entry", entry=text)
    if stripped.count("@") > 1:
        raise EntryError("more than one `@`", entry=text)
    registry, repository, tag, digest = split(stripped)
    if registry is not None and registry.endswith(":443"):
        raise EntryError("port 443 is the default of every registry: leave it out", entry=text)
    for what, part in (("repository", repository), ("tag", tag), ("digest", digest)):
        if part == "":
            raise EntryError(f"an empty {what}", entry=text)


def _checked_pattern(entry: Entry, text: str) -> Entry:
    """Return the pattern; raise EntryError if a part of it can't match any image."""
    for what, part in (("registry", entry.registry), ("repository", entry.repository), ("tag", entry.tag)):
        if part is not None and not any(_is_valid(what, part.replace("*", filler)) for filler in _FILLERS):
            raise EntryError(f"the {what} can't match any image", entry=text, **{what: part})
    if entry.digest is not None and not _DIGEST_PATTERN.fullmatch(entry.digest):
        raise EntryError("the digest can't match any image", entry=text, digest=entry.digest)
    return entry


def _may_be_digest(pattern: str) -> bool:
    """Whether a digest can match, by the number of digits: exactly the algorithm's, or no more than that with a wildcard."""
    algorithm, colon, digits = pattern.partition(":")
    if not colon:
        # A wildcard right after the algorithm also matches the colon.
        return re.fullmatch(r"(?:sha(?:256|512)?)?\*.*", pattern) is not None
    given = len(digits.replace("*", ""))
    lengths = _DIGITS.get(algorithm, (64, 128))
    return any(given == length or ("*" in digits and given < length) for length in lengths)


def _is_valid(what: str, part: str) -> bool:
    parts = {"registry": "r.io", "repository": "x", "tag": "1", what: part}
    try:
        reference = parse_reference(join(parts["registry"], parts["repository"], parts["tag"], None))
    except ImageReferenceError:
        return False
    found: str | None = getattr(reference, what)
    return found == part
