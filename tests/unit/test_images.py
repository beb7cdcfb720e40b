"""Image references: the OCI grammar, the hosts of ECR, and texts that are neither."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import ImageReferenceError
from guard.images import Reference, parse_reference, redacted

HEX = "059f4bfb27d2dc5aeca8a5f609398f3590379bdf0a8e40c6b59680cf02507a7b"
ECR = "763104351884.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("raw", "registry", "repository", "tag", "digest"),
    [
        pytest.param("alpine", None, "alpine", None, None, id="repository alone"),
        pytest.param("alpine:3", None, "alpine", "3", None, id="tag"),
        pytest.param("team/alpine", None, "team/alpine", None, None, id="nested without registry"),
        pytest.param(f"alpine@sha256:{HEX}", None, "alpine", None, f"sha256:{HEX}", id="digest"),
        pytest.param(f"{ECR}/a:1@sha256:{HEX}", ECR, "a", "1", f"sha256:{HEX}", id="tag and digest"),
        pytest.param(f"a@SHA256:{HEX.upper()}", None, "a", None, f"sha256:{HEX}", id="digest in capitals"),
        pytest.param(f"a@sha512:{HEX * 2}", None, "a", None, f"sha512:{HEX * 2}", id="sha512"),
        pytest.param(f"{ECR.upper()}/a:V1", ECR, "a", "V1", None, id="host in capitals, tag keeps its case"),
        pytest.param(f" \t{ECR}/a:1\n", ECR, "a", "1", None, id="white space around"),
        pytest.param(f"{ECR}/x/y/z:1", ECR, "x/y/z", "1", None, id="nested"),
        pytest.param("registry.example.com:5000/a:1", "registry.example.com:5000", "a", "1", None, id="port and tag"),
        pytest.param("registry.example.com:5000/a", "registry.example.com:5000", "a", None, None, id="port, no tag"),
        pytest.param("host:5000", None, "host", "5000", None, id="without a slash it is a tag"),
        pytest.param("localhost/a", "localhost", "a", None, None, id="localhost"),
        pytest.param("[::1]:5000/a", "[::1]:5000", "a", None, None, id="IPv6"),
        pytest.param("public.ecr.aws/x/y:1", "public.ecr.aws", "x/y", "1", None, id="public ECR"),
        pytest.param("a--b/c__d/e.f:x_y.z-1", None, "a--b/c__d/e.f", "x_y.z-1", None, id="every separator"),
    ],
)
def test_parse_reference(raw, registry, repository, tag, digest) -> None:
    found = parse_reference(raw)
    assert (found.registry, found.repository, found.tag, found.digest) == (registry, repository, tag, digest)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("", id="empty"),
        pytest.param("   ", id="white space"),
        pytest.param("Team/alpine", id="upper case in the repository"),
        pytest.param(f"{ECR}/Alpine:1", id="upper case behind a registry"),
        pytest.param("alpine:", id="empty tag"),
        pytest.param("alpine@", id="empty digest"),
        pytest.param("alpine@sha256:abc", id="short digest"),
        pytest.param(f"alpine@md5:{HEX}", id="unknown algorithm"),
        pytest.param(f"alpine@sha256:{HEX}@sha256:{HEX}", id="two digests"),
        pytest.param(f"alpine@sha256:{HEX}:1", id="tag behind the digest"),
        pytest.param("alpine:1:2", id="two tags"),
        pytest.param("alpine :1", id="white space inside"),
        pytest.param("alpine:1\nevil", id="new line inside"),
        pytest.param(f"alpine:{'x' * 129}", id="tag too long"),
        pytest.param("a" * 256, id="repository too long"),
        pytest.param("/alpine", id="leading slash"),
        pytest.param("alpine/", id="trailing slash"),
        pytest.param("a//b", id="empty component"),
        pytest.param("a..b", id="double dot"),
        pytest.param("a___b", id="triple underscore"),
        pytest.param("-a", id="leading separator"),
        pytest.param("registry.example.com/", id="registry alone"),
        pytest.param("registry.example.com./a", id="host with a final dot"),
        pytest.param("registry.example.com:port/a", id="port that is none"),
        pytest.param("registry.example.com:05000/a", id="port with a second spelling"),
        pytest.param("https://registry.example.com/a", id="URL"),
        pytest.param("s3://bucket/a", id="S3 URI"),
        pytest.param("größe", id="letter beyond ASCII"),
        pytest.param("alpine:٣", id="digit beyond ASCII"),
        pytest.param("alpine\x00", id="null byte"),
    ],
)
def test_parse_reference_refuses(raw) -> None:
    with pytest.raises(ImageReferenceError) as refused:
        parse_reference(raw)
    assert refused.value.evidence["reference"] == raw


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("763104351884.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"),
        ("763104351884.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("763104351884.dkr.ecr.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("763104351884.dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
        ("763104351884.dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
        ("763104351884.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
        ("763104351884.dkr.ecr.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"),
        ("763104351884.dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ("763104351884.dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1"),
        ("763104351884.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
        ("763104351884.dkr-ecr-fips.us-east-1.on.aws", "us-east-1"),
        ("763104351884.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", "cn-north-1"),
        ("763104351884.dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu", "eusc-de-east-1"),
        ("763104351884.dkr-ecr.us-iso-east-1.on.aws.ic.gov", "us-iso-east-1"),
        ("763104351884.dkr-ecr.us-isob-east-1.on.aws.scloud", "us-isob-east-1"),
        ("763104351884.dkr-ecr.eu-isoe-west-1.on.cloud-aws.adc-e.uk", "eu-isoe-west-1"),
        ("763104351884.dkr-ecr.us-isof-south-1.on.aws.hci.ic.gov", "us-isof-south-1"),
        ("763104351884.dkr.ecr.ap-southeast-2.amazonaws.com:443", "ap-southeast-2"),
    ],
)
def test_an_ecr_host_tells_account_and_region(host, region) -> None:
    found = parse_reference(f"{host}/team/image:1")
    assert (found.registry, found.account, found.region) == (host, "763104351884", region)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("763104351884.dkr.ecr.eu-west-1.amazonaws.com.evil.io", id="suffix of another"),
        pytest.param("evil.io.763104351884.dkr.ecr.eu-west-1.amazonaws.com", id="prefix of another"),
        pytest.param("x763104351884.dkr.ecr.eu-west-1.amazonaws.com", id="no account"),
        pytest.param("76310435188.dkr.ecr.eu-west-1.amazonaws.com", id="eleven digits"),
        pytest.param("763104351884.dkr.ecr.eu-west-1.amazonaws.org", id="another domain"),
        pytest.param("763104351884.dkr.ecr.eu-west-1.amazonaws.com:8443", id="another port"),
        pytest.param("public.ecr.aws", id="public ECR"),
        pytest.param("registry.example.com:5000", id="private registry"),
    ],
)
def test_another_host_tells_no_account(host) -> None:
    found = parse_reference(f"{host}/a")
    assert (found.account, found.region) == (None, None)


labels = st.from_regex(r"[a-z0-9]{1,8}(-{1,2}[a-z0-9]{1,4})?", fullmatch=True)
components = st.from_regex(r"[a-z0-9]{1,6}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}", fullmatch=True)
hosts = st.one_of(
    st.just("localhost"),
    st.just(ECR),
    st.lists(labels, min_size=2, max_size=4).map(".".join),
    st.builds("{}:{}".format, labels, st.integers(1, 65535)),
)
references = st.builds(
    lambda registry, path, tag, digest: Reference(registry, None, None, "/".join(path), tag, digest),
    st.none() | hosts,
    st.lists(components, min_size=1, max_size=4),
    st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
    st.none() | st.just(f"sha256:{HEX}"),
).filter(
    lambda found: found.registry is not None or "." not in found.repository.split("/")[0] or "/" not in found.repository
)


@given(references)
def test_a_reference_written_and_parsed_is_the_same(reference) -> None:
    found = parse_reference(str(reference))
    assert (found.registry, found.repository, found.tag, found.digest) == (
        reference.registry,
        reference.repository,
        reference.tag,
        reference.digest,
    )


@given(references, st.sampled_from(["", " ", "\n", "\t "]))
def test_spelling_makes_no_difference(reference, space) -> None:
    host, digest = (reference.registry or ""), (reference.digest or "")
    text = str(reference).replace(host, host.upper(), 1) if host else str(reference)
    spelt = text.removesuffix(digest) + digest.upper() if digest else text
    assert parse_reference(space + spelt + space) == parse_reference(str(reference))


def test_many_texts_raise_only_the_parsers_own_error() -> None:
    """Texts composed from parts of references, so that many of them are nearly valid."""
    pieces = (
        "a",
        "b1",
        "A",
        "/",
        "//",
        ":",
        "@",
        ".",
        "-",
        "_",
        "__",
        " ",
        "\n",
        "é",
        "\ud800",
        "\x00",
        "[::1]",
        "localhost",
    )
    pieces += (":443", "sha256:", HEX, HEX.upper(), ECR, ".dkr.ecr.", "latest", "*", "%", "\u0663")
    generator = random.Random(20261123)
    parsed = 0
    for _ in range(100_000):
        text = "".join(generator.choices(pieces, k=generator.randrange(1, 7)))
        try:
            parse_reference(text)
        except ImageReferenceError:
            continue
        parsed += 1
    assert parsed > 1_000


@pytest.mark.parametrize("piece", ["a", "a-", "a.", "a_", "a/", "-", ":", "@", "a__", "1.dkr.ecr."])
def test_a_long_text_is_read_in_linear_time(piece) -> None:
    """Quadratic work on a text of this length would run for hours."""
    with pytest.raises(ImageReferenceError):
        parse_reference(f"registry.example.com/{piece * 500_000}!")
    with pytest.raises(ImageReferenceError):
        parse_reference(f"{piece * 500_000}!.example.com/a")


def test_a_repository_has_255_characters_at_most() -> None:
    assert parse_reference("a" * 255).repository == "a" * 255
    with pytest.raises(ImageReferenceError, match="too long") as failed:
        parse_reference("a" * 256)
    assert failed.value.evidence == {"reference": "a" * 256, "limit": 255}


@pytest.mark.parametrize("algorithm", ["sha256", "SHA256", "sha512", "sha384"])
def test_a_digest_is_no_password(algorithm: str) -> None:
    shown = f"alpine@{algorithm}:{HEX}"
    hidden = f"***@{algorithm}:{HEX}"
    assert redacted(shown) == (hidden if algorithm == "sha384" else shown)
