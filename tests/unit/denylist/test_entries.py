"""The syntax of deny-list entries, and the entries that are rejected because they can never match."""

from __future__ import annotations

import pytest

from guard.denylist.entries import Entry, canonical, entry_of_image, parse_entry, reject_mistaken
from guard.errors import ConfigError, EntryError

HEX = "059f4bfb27d2dc5aeca8a5f609398f3590379bdf0a8e40c6b59680cf02507a7b"


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        pytest.param("pytorch-training", Entry(None, "pytorch-training", None, None), id="repository"),
        pytest.param("team/x:1.10", Entry(None, "team/x", "1.10", None), id="path and tag"),
        pytest.param("r.io:5000/x", Entry("r.io:5000", "x", None, None), id="registry with port"),
        pytest.param("localhost/x", Entry("localhost", "x", None, None), id="localhost"),
    ],
)
def test_parse_entry(text, entry) -> None:
    assert parse_entry(text) == entry


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "empty entry", id="empty"),
        pytest.param("  ", "empty entry", id="white space"),
        pytest.param("Team/x:1", "upper case in the repository", id="upper case"),
        pytest.param("r.io/Team/x", "upper case in the repository", id="upper case behind a registry"),
        pytest.param("x:", "empty tag", id="empty tag"),
        pytest.param("x@", "empty digest", id="empty digest"),
        pytest.param("r.io/", "empty repository", id="registry alone"),
        pytest.param(f"x@sha256:{HEX}@sha256:{HEX}", "more than one `@`", id="two digests"),
        pytest.param("x : 1", "white space inside", id="white space inside"),
        pytest.param("x\u00a0y", "white space inside", id="no-break space inside"),
        pytest.param("x@sha256:12", "digest is not valid", id="short digest"),
        pytest.param("x:a b", "white space inside", id="white space in the tag"),
        pytest.param("x:1:2", "tag is not valid", id="two tags"),
        pytest.param("x:*", "wildcard in an exact entry", id="wildcard"),
        pytest.param("r.io:443/x", "port 443", id="the port of every registry"),
        pytest.param("https://r.io/x", "registry is not valid", id="URL"),
    ],
)
def test_parse_entry_rejects_an_entry_that_can_never_match(text, reason) -> None:
    with pytest.raises(EntryError, match=reason) as rejected:
        parse_entry(text)
    assert rejected.value.evidence["entry"] == text
    assert isinstance(rejected.value, ConfigError)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("pytorch-training:1.10", "pytorch-training:1.10", id="as it is"),
        pytest.param(" x:1\n", "x:1", id="white space around"),
        pytest.param("R.IO/x:V1", "r.io/x:V1", id="host in capitals"),
        pytest.param(f"x@SHA256:{HEX.upper()}", f"x@sha256:{HEX}", id="digest in capitals"),
        pytest.param("*.DKR.ecr.*.amazonaws.com/x:*", "*.dkr.ecr.*.amazonaws.com/x:*", id="pattern"),
        pytest.param("*", "*", id="everything"),
        pytest.param("x@sha256:*", "x@sha256:*", id="any digest"),
        pytest.param("x@*", "x@*", id="any digest of any algorithm"),
        pytest.param("r.io:*/x", "r.io:*/x", id="any port"),
        pytest.param(f"*@sha256:{HEX}", f"*@sha256:{HEX}", id="all digits"),
        pytest.param(f"*@sha256:{HEX}*", f"*@sha256:{HEX}*", id="all digits and a wildcard"),
        pytest.param(f"*@sha*:{HEX}*", f"*@sha*:{HEX}*", id="digits of any algorithm"),
        pytest.param("*@sha256*0a", "*@sha256*0a", id="last digits"),
        pytest.param(f"x:{'1' * 128}*", f"x:{'1' * 128}*", id="a wildcard for nothing"),
        pytest.param("*-x_*:v*-*", "*-x_*:v*-*", id="wildcards between separators"),
    ],
)
def test_canonical(text, written) -> None:
    assert canonical(text) == written
    assert canonical(written) == written


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("Team/*", "upper case in the repository", id="upper case"),
        pytest.param("x*:", "empty tag", id="empty tag"),
        pytest.param("x*@a@b", "more than one `@`", id="two digests"),
        pytest.param("x *", "white space inside", id="white space"),
        pytest.param("x?*", "the repository can't match any image", id="question mark"),
        pytest.param("x//b*", "the repository can't match any image", id="empty component"),
        pytest.param("_x*", "the repository can't match any image", id="separator in front"),
        pytest.param("x*.", "the repository can't match any image", id="separator at the end"),
        pytest.param("x:{a,b}*", "the tag can't match any image", id="braces"),
        pytest.param("x:.a*", "the tag can't match any image", id="tag that begins with a dot"),
        pytest.param("r.io!/x*", "the registry can't match any image", id="registry"),
        pytest.param("x*..com/y", "the registry can't match any image", id="empty label"),
        pytest.param("x@sha256:*!", "the digest can't match any image", id="digest"),
        pytest.param("x@md5:*", "the digest can't match any image", id="another algorithm"),
    ],
)
def test_canonical_rejects_a_pattern_that_can_never_match(text, reason) -> None:
    with pytest.raises(EntryError, match=reason) as rejected:
        canonical(text)
    assert rejected.value.evidence["entry"] == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(f"sha256:{HEX}", rf"write repository@sha256:..., or the pattern \*@sha256:{HEX}", id="a digest"),
        pytest.param("quay.io", r"write the pattern quay.io/\* for", id="a host"),
        pytest.param(
            "registry.example.com:5000", r"write the pattern registry.example.com:5000/\* for", id="a host and port"
        ),
        pytest.param("763104351884", r"write the pattern 763104351884.dkr.ecr.\* for", id="an account"),
        pytest.param(
            "76310435188.dkr.ecr.eu-west-1.amazonaws.com/x",
            r"not a host of an ECR registry: write <12 digits>\.dkr\.ecr\.<region>\.amazonaws\.com",
            id="11 digits",
        ),
        pytest.param("763104351884.ecr.eu-west-1.amazonaws.com/x:1", "not a host of an ECR registry", id="without dkr"),
        pytest.param("763104351884.dkr.ecr.amazonaws.com/x", "not a host of an ECR registry", id="without a region"),
        pytest.param("763104351884.dkr.ecr.eu-west.amazonaws.com/x", "not a host of an ECR registry", id="no region"),
        pytest.param(
            "763104351884.dkr-ecr.eu-west.on.aws/x", "not a host of an ECR registry", id="no region, dual-stack"
        ),
        pytest.param(
            "763104351884/tensorflow-training:2.1",
            r"an account in place of the registry: write 763104351884\.dkr\.ecr\.<region>\.amazonaws\.com/"
            r"tensorflow-training:2\.1, or only tensorflow-training:2\.1",
            id="an account as the registry",
        ),
        pytest.param(f"763104351884/x@sha256:{HEX}", rf"or only x@sha256:{HEX}", id="an account before a digest"),
        pytest.param("763104351884/*", r"amazonaws\.com/\*, or only \*", id="an account before a pattern"),
        pytest.param("eu-west-1.amazonaws.com/x", "not a host of an ECR registry", id="a region alone"),
        pytest.param("763104351884.eu-west-1.amazonaws.com/x", "not a host of an ECR registry", id="without dkr.ecr"),
        pytest.param(
            "763104351884.dkr.cn-north-1.amazonaws.com.cn/x", "not a host of an ECR registry", id="without ecr"
        ),
        pytest.param("localhost:5000", r"write the pattern localhost:5000/\* for", id="this machine"),
        pytest.param(
            "sha256:0a*", r"write repository@sha256:..., or the pattern \*@sha256:0a\*", id="part of a digest"
        ),
        pytest.param("sha256:0123456789ab", r"or the pattern \*@sha256:0123456789ab\* ", id="first digits of a digest"),
        pytest.param(f"sha256:{HEX}", rf"or the pattern \*@sha256:{HEX} ", id="all digits of a digest"),
        pytest.param("sha256:0a*", r"or the pattern \*@sha256:0a\* ", id="part of a digest as it stands"),
        pytest.param(f"*@sha512:{HEX}{HEX}0", "not a possible digest", id="a digit more than sha512 has"),
        pytest.param("*@sha256:0123456789ab", "not a possible digest", id="first digits without a wildcard"),
        pytest.param(f"*@sha256:{HEX}0*", "not a possible digest", id="more digits than there are"),
        pytest.param(f"*@sha512:{HEX}", "not a possible digest", id="digits of another algorithm"),
        pytest.param("*@sha256", "not a possible digest", id="algorithm alone"),
        pytest.param("*@sha2560a*", "not a possible digest", id="digits behind the algorithm"),
        pytest.param(
            "76310435188.dkr.ecr.eu-west-1.amazonaws.com/*", "not a host of an ECR registry", id="pattern of 11 digits"
        ),
        pytest.param(
            "76310435188.dkr.ecr.*.amazonaws.com/x", "not a host of an ECR registry", id="11 digits, any region"
        ),
        pytest.param("7631043518840*.dkr.ecr.*/x", "not a host of an ECR registry", id="13 digits, any region"),
        pytest.param(
            "763104351884.dkr.ecr.cn-north-1.amazonaws.com/x", "not a host of an ECR registry", id="another partition"
        ),
        pytest.param(
            "763104351884.dkr.ecr.us-east-1.amazonaws.com.cn/x", "not a host of an ECR registry", id="not in China"
        ),
        pytest.param(
            "763104351884.dkr.ecr.cn-*.amazonaws.com/x",
            "not a host of an ECR registry",
            id="another partition's regions",
        ),
        pytest.param(
            "763104351884.dkr-ecr.us-iso-east-1.on.aws/x", "not a host of an ECR registry", id="dual-stack elsewhere"
        ),
        pytest.param(
            "763104351884.ecr.eusc-de-east-1.amazonaws.eu/x",
            r"write <12 digits>\.dkr\.ecr\.<region>\.amazonaws\.eu\b",
            id="without dkr in the partition of its own domain",
        ),
        pytest.param(
            "763104351884.dkr.ecr.us-iso-east-1.amazonaws.com/x",
            r"write <12 digits>\.dkr\.ecr\.<region>\.c2s\.ic\.gov\b",
            id="the domain of another partition than the region's",
        ),
        pytest.param(
            "763104351884.dkr.ecr.eu-*.amazonaws.com.cn/x",
            "not a host of an ECR registry",
            id="of no region of that beginning",
        ),
        pytest.param(
            "763104351884.dkr.ecr.cn-*.amazonaws.eu/x", "not a host of an ECR registry", id="China's regions elsewhere"
        ),
        pytest.param(
            "763104351884.us-isof-south-1.csp.hci.ic.gov/x", "not a host of an ECR registry", id="without dkr.ecr there"
        ),
        pytest.param(
            "ecr.cn-north-1.on.amazonwebservices.com.cn/x", "not a host of an ECR registry", id="no account in China"
        ),
        pytest.param(
            "*.dkr.ecr.*.amazonaws.eu", r"write the pattern \*\.dkr\.ecr\.\*\.amazonaws\.eu/\*", id="alone there"
        ),
        pytest.param(
            "763104351884.dkr-ecr.us-isob-east-1.on.aws.scloud", "only a registry", id="alone, dual-stack there"
        ),
        pytest.param(
            "763104351884.dkr.ecr.eu-west-1.amazonaws.com:pytorch-training",
            "without a slash and an image: write 763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training",
            id="a colon for a slash",
        ),
        pytest.param(
            "763104351884.dkr.ecr.*.amazonaws.com",
            r"write the pattern 763104351884\.dkr\.ecr\.\*\.amazonaws\.com/\* for all",
            id="registries alone, any region",
        ),
        pytest.param(
            "*.amazonaws.com", r"write the pattern \*\.amazonaws\.com/\* for all", id="all registries of ECR alone"
        ),
        pytest.param("*.dkr.ecr.*.on.aws:1.10*", r"write \*\.dkr\.ecr\.\*\.on\.aws/1\.10\*", id="and a tag"),
        pytest.param("gallery.ecr.aws/team/x:1", "write public.ecr.aws/team/x:1", id="the page of ECR Public"),
        pytest.param("hub.docker.com/r/team/x", "write docker.io/team/x", id="the page of Docker Hub"),
        pytest.param("hub.docker.com/team/*", r"write docker\.io/team/\*", id="a pattern of pages"),
        pytest.param("quay.io/repository/team/x", "write quay.io/team/x", id="the page of Quay"),
        pytest.param("harbor.bank.de", r"write the pattern harbor.bank.de/\* for", id="a host of a country"),
        pytest.param("registry.company.co.uk:5000", r"registry.company.co.uk:5000/\* for", id="a country's, with port"),
    ],
)
def test_a_valid_entry_that_is_probably_a_mistake_is_rejected_when_it_is_written(text, reason) -> None:
    with pytest.raises(EntryError, match=reason) as rejected:
        reject_mistaken(text)
    assert rejected.value.evidence["entry"] == text
    assert canonical(text), "a deployed guard must keep accepting the entry"


@pytest.mark.parametrize(
    "text",
    [
        "quay.io/x",
        "ml.net",
        "ml.net:3",
        "resnet.dev:1.2-cpu",
        "registry.example.com:latest",
        "com.example.churn",
        "model.v1.2",
        "123456789012:latest",
        "team/123456789012",
        "sha256",
        "sha256/x:1",
        f"sha256@sha256:{HEX}",
        "76310435188/x",
        "7631043518840/x",
        "quay.io/763104351884/x",
        "my-lb-1.eu-west-1.elb.amazonaws.com/x",
        "ec2-1-2-3-4.eu-west-1.compute.amazonaws.com:5000/x",
        "*.eu-west-1.amazonaws.com/x",
        "7631043518*.dkr.ecr.eu-*.amazonaws.com/x",
        "x@*",
        "x@sha256*",
        "x@sha*:0a*",
        f"*@sha256:{HEX}",
        f"*@sha256:{HEX}*",
        "763104351884.dkr.ecr.*/x",
        "763104351884.dkr.ecr.*.com/x",
        "763104351884.dkr.ecr.cn-*.cn/x",
        "763104351884.dkr.ecr.cn-*/x",
        "763104351884.dkr-ecr.us-iso-east-1.on.aws.ic.gov/x",
        "de.example.churn",
        "model.v1.db",
        "public.ecr.aws/x",
        "vpce-1-a.dkr.ecr.eu-west-1.vpce.amazonaws.com/x",
        "763104351884.dkr.ecr-fips.us-east-1.amazonaws.com/x",
        "*.dkr.ecr.*.amazonaws.com/x",
        "*.dkr.ecr.*.amazonaws.eu/x",
        "*.dkr.ecr.*.amazonaws.com.cn/x",
        "763104351884.dkr.ecr.c*.amazonaws.com.cn/x",
        "763104351884.dkr-ecr.us-iso*.on.aws.scloud/x",
        "763104351884.dkr.ecr.us-*.amazonaws.com/x",
        "763104351884.dkr.ecr.c*.amazonaws.com/x",
        "763104351884.dkr.ecr.us-isof-south-1.csp.hci.ic.gov/x",
        "*.dkr.ecr.*",
        "763104351884.*",
        "*.amazonaws.com*",
        "amazonaws.com",
        "mirror.amazonaws.com/x:1",
        "team/x.amazonaws.com:1",
        "quay.io/team/repository/x",
        "quay.io/repository",
        "*",
    ],
)
def test_a_plausible_entry_is_not_rejected(text: str) -> None:
    reject_mistaken(text)


@pytest.mark.parametrize(
    ("image", "entry"),
    [
        pytest.param("R.io:443/team/churn:V1", "r.io/team/churn:V1", id="port 443"),
        pytest.param("localhost:443/churn", "localhost/churn", id="port 443 of this machine"),
        pytest.param("r.io:4430/churn", "r.io:4430/churn", id="another port"),
        pytest.param(f" r.io/churn@SHA256:{'AB' * 32}\n", f"r.io/churn@sha256:{'ab' * 32}", id="digest"),
        pytest.param("host:443/churn", None, id="a registry by its port alone"),
        pytest.param("123456789012/churn", None, id="an account for a registry"),
        pytest.param("r.io/Churn", None, id="upper case"),
        pytest.param("r.io/churn*", None, id="a pattern"),
        pytest.param("bob:secret@r.io/churn", None, id="user and password"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_entry_of_an_image_is_accepted_by_the_check(image: str, entry: str | None) -> None:
    assert entry_of_image(image) == entry
