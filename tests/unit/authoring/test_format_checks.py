"""The texts that each format accepts, and the messages for others; whether OPA can read them is checked elsewhere."""

from __future__ import annotations

import re
import zoneinfo

import pytest

from guard.authoring.format_checks import FormatDoubt, FormatProblem, time_zone
from guard.authoring.formats import FORMATS
from guard.jobs import BY_KIND

EMPTY = "is empty and matches nothing; remove it"
EMPTY_SCOPE = 'is empty and matches nothing; write "*" for everything'
COMMA = "has a comma, which doesn't separate globs; write a list, or ? where the value has a comma"
PLACEHOLDER = "has the unknown placeholder {}; known are {{account}}, {{region}}, {{partition}}"
BRACKET = "has a bracket or a backslash; only * and ? are special here, write a list instead"
NO_DAY = "is not a date of the years 2000 to 2199; write one as YYYY-MM-DD"
NO_ACCOUNT = "matches no account; write its 12 digits in quotes, or a glob of digits, * and ?"
NO_REGION = "matches no region; write one as eu-west-1, or a glob as eu-*"
NO_ROLE = "matches no role; write arn:<partition>:iam::<account>:role/<path and name>, where each part may be a glob"
SHORT = "matches no role: {} is not an account, which has 12 digits"
NO_BUCKET = "matches no bucket: it is compared with the bare name; write"
KINDS = f"known are {', '.join(BY_KIND)}"

WHOLE_ARN = "matches no role: it is compared with the whole ARN; write"
NO_TYPE = "matches no instance type; write one as ml.p4d.24xlarge, or a glob as ml.p4*"
ACCEPTED = [
    ("glob", "ml.p4d.24xlarge"),
    ("glob", "ml.{g{4,5},p5}.*"),
    ("glob", "ml.[g,p]*"),
    ("glob", r"a\,b"),
    ("glob", r"a\{b"),
    ("glob", "[{x}]"),
    ("glob", "arn:{partition}:s3:::{account}-{region}"),
    ("glob", "{a,b}"),
    ("regex", "a,b"),
    ("image-entry", "pytorch-training:1.10"),
    ("image-pattern", "tensorflow-*:1.*"),
    ("image-scope", "pytorch-training:1.10"),
    ("image-scope", "*/churn:*"),
    ("image-entry", "763104351884.dkr.ecr.eu-west-1.amazonaws.com/x:1"),
    ("image-entry", "763104351884.dkr-ecr-fips.us-east-1.on.aws/x:1"),
    ("image-pattern", "763104351884.dkr.ecr.*.amazonaws.com/x"),
    ("image-pattern", "763104351884.dkr.ecr.us*com/x"),
    ("image-pattern", "*.dkr.ecr.eu-*.amazonaws.com/x"),
    ("image-entry", "quay.io/dkr.ecr.eu-wset-1.x/y"),
    ("day", "2000-01-01"),
    ("day", "2024-02-29"),
    ("day", "2199-12-31"),
    ("scope-glob", "churn-*?"),
    ("account", "111122223333"),
    ("account-glob", "111122223333"),
    ("account-glob", "*"),
    ("account-glob", "1111????3333"),
    ("account-glob", "????????????"),
    ("account-glob", "11112222333?*"),
    ("region-glob", "eu-west-1"),
    ("region-glob", "*-west-?"),
    ("region-glob", "us-gov-west-1"),
    ("region-glob", "eusc-de-east-1"),
    ("region-glob", "eu-west*"),
    ("role-glob", "arn:aws:iam::111122223333:role/service/Churn"),
    ("role-glob", "arn:*:iam::*:role/x\ny"),
    ("role-glob", "*"),
    ("role-glob", "?rn:aws:*"),
    ("role-glob", "*user/Churn"),
    ("role-glob", "arn:aws:iam::1111????3333:role/*"),
    ("role-glob", "arn:aws-*:iam::*:role/Churn"),
    ("role-glob", "arn:aws-eusc:iam::111122223333:role/Churn"),
    ("role-glob", "arn:*"),
    ("role-glob", "arn:aws:iam::1111*"),
    ("role-glob", "arn:aws*:role/Churn"),
    ("role-glob", "arn:aws*:*Churn"),
    ("role-glob", "arn:aws*Churn"),
    ("glob-of-roles", "*:role/*Admin*"),
    ("glob-of-roles", "ARN:AWS:iam::111122223333:role/Team"),
    ("glob-of-roles", "arn:{partition}:iam::{account}:role/Team-{region}-*"),
    ("glob-of-roles", "arn:aws:iam::111122223333:role/{a{b,c},d}*"),
    ("glob-of-roles", "arn:aws:iam::11112222333[34]:role/[A-Z]*"),
    ("glob-of-roles", r"arn:aws:iam::111122223333:role/\*"),
    ("glob-of-accounts", "111122223333"),
    ("glob-of-accounts", "{account}"),
    ("glob-of-accounts", "{111122223333,4444*}"),
    ("glob-of-accounts", "11112222333[34]"),
    ("glob-of-accounts", "*"),
    ("glob-of-regions", "eu-west-1"),
    *(
        ("glob-of-instance-types", text)
        for text in (
            "*",
            "ml.p4d.24xlarge",
            "ml.p4*",
            "*.48xlarge",
            "ml.{g5,g6}.*",
            "ml.[gp]5.*",
            "ml.p6-b200.*",
            "ml.{m5,g5}",
        )
    ),
    ("glob-of-regions", "{eu,us}-west-[12]"),
    ("glob-of-regions", "{region}"),
    ("glob-of-buckets", "sagemaker-{region}-{account}"),
    ("glob-of-buckets", "arn:aws:s3:eu-west-1:111122223333:accesspoint/data"),
    ("glob-of-buckets", "arn:aws:s3:eu-west-1:111122223333:accesspoint:data"),
    ("glob-of-buckets", "arn:aws:s3:eu-west-1:{account}:*/data"),
    ("glob-of-buckets", "*accesspoint/data"),
    ("path-of-images", "/usr"),
    ("path-of-images", "/opt/conda"),
    ("path-of-images", "/opt/mla"),
    ("path-of-images", "/tmpfiles"),
    ("job-kind", "training"),
    ("job-kind-glob", "trans*"),
    ("time-zone", "Europe/Berlin"),
    ("time-zone", "UTC"),
]

REFUSED = [
    ("glob", "", EMPTY),
    ("glob", "a,b", COMMA),
    ("glob", "{a,b},c", COMMA),
    ("glob", r"\\,", COMMA),
    ("glob", "x[a]{accuont}", PLACEHOLDER.format("{accuont}")),
    ("glob", "{account}{}", PLACEHOLDER.format("{}")),
    ("regex", "", EMPTY),
    ("image-entry", "pytorch-*", "can never match an image: a wildcard in an exact entry: it belongs in `patterns`"),
    ("image-entry", " a:1 ", "is not in canonical form; write a:1"),
    ("image-pattern", "a:1", "has no wildcard; move it to `images`, where a lookup is fast in a list of any length"),
    ("image-pattern", "A*", "can never match an image: upper case in the repository: names of repositories are lower case"),
    ("image-scope", "Host.example.com/a*", "is not in canonical form; write host.example.com/a*"),
    ("day", "1999-12-31", NO_DAY),
    ("day", "2200-01-01", NO_DAY),
    ("day", "20261231", NO_DAY),
    ("day", "2026-12-31T00:00:00Z", NO_DAY),
    ("day", "2026-W01-1", NO_DAY),
    ("day", "٢٠٢٦-12-31", NO_DAY),
    ("day", "", NO_DAY),
    ("day", "2023-02-29", "is not a valid date (day is out of range for month); write one as YYYY-MM-DD"),
    ("scope-glob", "", EMPTY_SCOPE),
    ("scope-glob", "a[b", BRACKET),
    ("scope-glob", "a]b", BRACKET),
    ("scope-glob", "a{b", BRACKET),
    ("scope-glob", "a}b", BRACKET),
    ("scope-glob", "a\\b", BRACKET),
    ("scope-glob", "a,b", COMMA),
    ("account", "11112222333", "is not an account; write its 12 digits in quotes"),
    ("account", "1111222233334", "is not an account; write its 12 digits in quotes"),
    ("account", "١١١١٢٢٢٢٣٣٣٣", "is not an account; write its 12 digits in quotes"),
    ("account-glob", "", EMPTY_SCOPE),
    ("account-glob", "11112222333", NO_ACCOUNT),
    ("account-glob", "a*", NO_ACCOUNT),
    ("account-glob", "1111????", NO_ACCOUNT),
    ("account-glob", "11112222333?4*", NO_ACCOUNT),
    ("account-glob", "1111222233334*", NO_ACCOUNT),
    ("region-glob", "", EMPTY_SCOPE),
    ("region-glob", "EU-west-1", NO_REGION),
    ("region-glob", "eu_*", NO_REGION),
    ("region-glob", "eu-west", NO_REGION),
    ("region-glob", "us-east1", NO_REGION),
    ("region-glob", "aws-global", NO_REGION),
    ("role-glob", "", EMPTY_SCOPE),
    ("role-glob", "arn:aws:iam::111122223333:user/Churn", NO_ROLE),
    ("role-glob", "arn:aws:iam::111122223333:role/", NO_ROLE),
    ("role-glob", "arn:aws:iam::*:user/Churn", NO_ROLE),
    ("role-glob", "arn:aws:s3*", NO_ROLE),
    ("role-glob", "ARN:AWS:IAM::111122223333:USER/X", NO_ROLE),
    ("role-glob", "ARN:AWS:IAM::11112222333:ROLE/X", SHORT.format("11112222333")),
    ("role-glob", "role/Churn", f"{WHOLE_ARN} arn:aws:iam::*:role/Churn"),
    ("role-glob", "111122223333:role/a/Churn", f"{WHOLE_ARN} arn:aws:iam::111122223333:role/a/Churn"),
    ("role-glob", "iam::111122223333:role/Churn", f"{WHOLE_ARN} arn:aws:iam::111122223333:role/Churn"),
    ("role-glob", "111122223333:Churn", f"{WHOLE_ARN} arn:aws:iam::111122223333:role/Churn"),
    ("role-glob", "service-role/Churn", f"{WHOLE_ARN} arn:aws:iam::*:role/service-role/Churn"),
    ("role-glob", "Role/Churn", f"{WHOLE_ARN} arn:aws:iam::*:role/Churn"),
    ("role-glob", "1111:role/Churn", f"{WHOLE_ARN} arn:aws:iam::*:role/1111:role/Churn"),
    ("role-glob", "arn:aws:iam:::role/Churn", NO_ROLE),
    ("role-glob", "Churn*", "matches no role: it is compared with the whole ARN; write arn:aws:iam::*:role/Churn*"),
    ("role-glob", "?rn:x", NO_ROLE),
    ("role-glob", "arn:aws:iam::1111:role/x", SHORT.format("1111")),
    ("role-glob", "arn:*:iam::11112222333:role/*", SHORT.format("11112222333")),
    ("role-glob", "arn:aws:iam::1111????:role/*", SHORT.format("1111????")),
    ("role-glob", "arn:aws:iam::1?:ro*", NO_ROLE),
    ("glob-of-roles", "", EMPTY),
    ("glob-of-roles", "a,b", COMMA),
    ("glob-of-roles", "Admin*", "matches no role: it is compared with the whole ARN; write arn:aws:iam::*:role/Admin*"),
    ("glob-of-roles", "arn:aws:iam::11112222333:role/{a,b}", SHORT.format("11112222333")),
    ("glob-of-roles", "[a]:iam::111122223333:role/x", NO_ROLE),
    ("glob-of-roles", "arn:aws:iam::{account}:user/x", NO_ROLE),
    (
        "glob-of-roles",
        "arn:aws:sts::111122223333:assumed-role/Batch/*",
        "is the ARN of a session, but jobs have that of its role; write arn:aws:iam::111122223333:role/Batch",
    ),
    (
        "role-glob",
        "arn:aws-cn:sts::111122223333:assumed-role/Batch/i-1",
        "is the ARN of a session, but jobs have that of its role; write arn:aws-cn:iam::111122223333:role/Batch",
    ),
    ("glob-of-accounts", "", EMPTY),
    ("glob-of-accounts", "11112222333", NO_ACCOUNT),
    ("glob-of-accounts", "1111-2222-3333", NO_ACCOUNT),
    ("glob-of-accounts", "111122223333,444455556666", COMMA),
    ("glob-of-regions", "", EMPTY),
    ("glob-of-regions", "eu-west-1,eu-west-2", COMMA),
    ("glob-of-regions", "EU-WEST-1", NO_REGION),
    ("glob-of-regions", "{region}_", NO_REGION),
    ("glob-of-instance-types", "", EMPTY),
    ("glob-of-instance-types", "ml.m5", NO_TYPE),
    ("glob-of-instance-types", "p4d.24xlarge", NO_TYPE),
    ("glob-of-instance-types", "ML.P4*", NO_TYPE),
    ("glob-of-instance-types", "ml.p4d.", NO_TYPE),
    ("glob-of-instance-types", "ml.p4d.24xlarge.x", NO_TYPE),
    ("glob-of-buckets", "", EMPTY),
    ("glob-of-buckets", "s3://data/raw", f"{NO_BUCKET} data"),
    ("glob-of-buckets", "S3A://data", f"{NO_BUCKET} data"),
    ("glob-of-buckets", "https://", f"{NO_BUCKET} its name"),
    ("glob-of-buckets", "data/*", f"{NO_BUCKET} data"),
    ("glob-of-buckets", "*/raw", f"{NO_BUCKET} *"),
    ("glob-of-buckets", "arn:aws:s3:::data", f"{NO_BUCKET} data"),
    ("job-kind", "train*", f"is not a known job kind; {KINDS}"),
    ("job-kind-glob", "", EMPTY_SCOPE),
    ("job-kind-glob", "label?", f"matches no known job kind; {KINDS}"),
    ("time-zone", "Europe/Berlim", "is not a time zone; did you mean Europe/Berlin?"),
    ("time-zone", "7", "is not a time zone; write one as Europe/Berlin, or UTC"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "text"), ACCEPTED, ids=str)
def test_a_text_that_can_match_is_accepted(form: str, text: str) -> None:
    FORMATS[form].check(text)


@pytest.mark.parametrize(("form", "text", "said"), REFUSED, ids=[f"{form} {text!a}" for form, text, _ in REFUSED])
def test_a_text_that_can_never_match_is_rejected_with_a_remedy(form: str, text: str, said: str) -> None:
    with pytest.raises(FormatProblem, match=f"^{re.escape(said)}$"):
        FORMATS[form].check(text)


@pytest.mark.parametrize("text", ["/opt", "/opt/ml", "/opt/ml/code", "/tmp", "/tmp/a"])
def test_a_path_that_a_job_writes_to_is_a_doubt(text: str) -> None:
    root = "/opt/ml" if text.startswith("/opt") else "/tmp"
    said = f"is at, above or below {root}, where a job's owner writes; write only folders of the image itself"
    with pytest.raises(FormatDoubt, match=f"^{re.escape(said)}$"):
        FORMATS["path-of-images"].check(text)


@pytest.mark.parametrize("form", ["region-glob", "glob-of-regions"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("eu-wset-1", "is not among the regions that botocore lists; did you mean eu-west-1?"),
        ("zz-nowhere-1", "is not among the regions that botocore lists; correct it, unless the region is a new one"),
        ("eu-wset-*", "matches none of the regions that botocore lists; did you mean eu-west-3?"),
        ("eu-wset-?", "matches none of the regions that botocore lists; did you mean eu-west-3?"),
        ("zz-*", "matches none of the regions that botocore lists; correct it, unless the region is a new one"),
    ],
)
def test_a_region_that_may_be_new_is_a_doubt(form: str, text: str, said: str) -> None:
    with pytest.raises(FormatDoubt, match=f"^{re.escape(said)}$"):
        FORMATS[form].check(text)


def test_without_a_database_no_time_zone_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoneinfo, "available_timezones", set)
    time_zone("Europe/Berlim")


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        (
            "image-entry",
            "763104351884.dkr.ecr.eu-wset-1.amazonaws.com/x:1",
            "eu-wset-1, which is not among the regions",
        ),
        (
            "image-pattern",
            "763104351884.dkr.ecr.eu-wset-1.amazonaws.com/*",
            "eu-wset-1, which is not among the regions",
        ),
        ("image-pattern", "*.dkr.ecr.eu-wset-*.amazonaws.com/x", "eu-wset-*, which matches none of the regions"),
        ("image-scope", "763104351884.dkr-ecr.eu-wset-1.on.aws/x", "eu-wset-1, which is not among the regions"),
    ],
    ids=str,
)
def test_an_ecr_registry_in_an_unknown_region_is_a_doubt(form: str, text: str, said: str) -> None:
    with pytest.raises(FormatDoubt, match=f"^names the region {re.escape(said)}.*; did you mean eu-west-"):
        FORMATS[form].check(text)


PARTITIONS = "they are aws, aws-cn, aws-eusc, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f, aws-us-gov"
NO_PARTITION = "matches no role: {} is not a partition that botocore lists; {}"
COLON = (
    "matches a role only if its path has a colon; write arn:<partition>:iam::<account>:role/<path and name>, where each "
    "part may be a glob"
)


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("role-glob", "arn:asw:iam::111122223333:role/x", NO_PARTITION.format("asw", "did you mean aws?")),
        ("role-glob", "arn:asw*:iam::*:role/x", NO_PARTITION.format("asw*", "did you mean aws?")),
        ("role-glob", "arn:cloud:iam::*:role/x", NO_PARTITION.format("cloud", PARTITIONS)),
        ("role-glob", "arn?cloud?iam*", NO_PARTITION.format("arn?cloud?iam*", PARTITIONS)),
        ("role-glob", "*:user/Churn", COLON),
        ("role-glob", "*:11112222333:role/Churn", COLON),
        ("glob-of-roles", "arn:asw:iam::{account}:role/x", NO_PARTITION.format("asw", "did you mean aws?")),
        ("glob-of-roles", "*:roles/*Admin*", COLON),
    ],
    ids=str,
)
def test_an_unusual_role_is_a_doubt(form: str, text: str, said: str) -> None:
    """AWS may open new partitions, and a path may have a colon."""
    with pytest.raises(FormatDoubt, match=f"^{re.escape(said)}$"):
        FORMATS[form].check(text)
