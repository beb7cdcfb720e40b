"""The forms of the facts' texts, by which impossible comparisons are found: no account has 11 digits, no type begins with p4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guard.authoring.facts import Path
from guard.authoring.glob_meets import Part, literal, meets
from guard.authoring.scope_checks import ACCOUNT, INSTANCE_TYPE, REGION, ROLE


@dataclass(frozen=True)
class Form:
    """The alternative forms of a text, and the advice for text of another form."""

    forms: tuple[Sequence[Part], ...]
    advice: str

    def meets(self, glob: str, within: str = "") -> bool:
        """Return whether a glob matches some text of one of the forms; its `*` doesn't match the separator `within`."""
        return any(meets(glob, form, within) for form in self.forms)


def _of(characters: str, advice: str) -> Form:
    return Form(([Part(characters, repeated=True)],), advice)


_ACCOUNT = Form((ACCOUNT,), "write the 12 digits of an account")
_REGION = Form((REGION,), "write a region as eu-west-1")
_TYPE = Form((INSTANCE_TYPE,), "write an instance type as ml.p4d.24xlarge")
_ROLE = Form((ROLE,), "it is a whole ARN: arn:<partition>:iam::<account>:role/<path and name>")
_BUCKET = Form(
    ([Part("[^/:]", repeated=True)], [*literal("arn:"), Part("(?s:.)", repeated=True)]),
    "write the name of a bucket, or the ARN of an access point",
)
_DIGEST = Form(([*literal("sha"), Part("[0-9a-f:]", repeated=True)],), "it begins with sha256: or sha512:")

FORMS: dict[Path, Form] = {
    ("input", "account"): _ACCOUNT,
    ("input", "region"): _REGION,
    ("input", "compute", "instances", None, "type"): _TYPE,
    ("input", "images", None, "account"): _ACCOUNT,
    ("input", "images", None, "region"): _REGION,
    ("input", "images", None, "registry"): _of(r"[a-z0-9.:\[\]-]", "it is a host, in lower case and without a path"),
    ("input", "images", None, "repository"): _of("[a-z0-9._/-]", "it is in lower case, and has no tag"),
    ("input", "images", None, "tag"): _of("[A-Za-z0-9_.-]", "it is the text after the colon"),
    ("input", "images", None, "digest"): _DIGEST,
    ("input", "job", "name"): _of(r"[^\0\s]", "this compares exactly; use globs.matches for a glob"),
    ("input", "job", "role_arn"): _ROLE,
    ("input", "job", "role_arns", None): _ROLE,
    ("input", "job", "execution_role_arns", None): _ROLE,
    ("input", "storage", "inputs", None, "bucket"): _BUCKET,
    ("input", "storage", "outputs", None, "bucket"): _BUCKET,
    ("input", "storage", "volumes", None, "instance_types", None): _TYPE,
}


def form_of(path: Path) -> Form | None:
    """Return the form of a fact's texts; None if it may be any text."""
    return FORMS.get(path)
