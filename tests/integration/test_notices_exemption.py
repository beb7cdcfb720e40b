"""The exemption that a notice offers: pasted and filled in, it passes the check, and OPA allows the job with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml

from guard.document import Document
from guard.images import parse_reference
from guard.notices.message import exemption, text
from guard.notices.notice import Notice, notice_of
from guard.opa.engine import EmbeddedOpa
from tests.support.jobs import ACCOUNT, DENIED
from tests.support.records import denied

HOST, _, PATH = DENIED.partition("/")
DIGEST = "sha256:" + "ab" * 32
MINE = "registry.example.com/team/churn"
FORMS = {
    "as it is": DENIED,
    "port 443": f"{HOST}:443/{PATH}",
    "registry in upper case": f"{HOST.upper()}/{PATH}",
    "spaces around it": f"  {DENIED}\n",
    "digest": f"{HOST}/pytorch-training@{DIGEST}",
    "digest in upper case": f"{HOST}/pytorch-training@{DIGEST.upper()}",
    "tag and digest": f"{DENIED}@{DIGEST}",
    "all at once": f" {HOST.upper()}:443/{PATH}@{DIGEST.upper()} ",
    "another registry": f"{MINE}:1",
    "another registry, port 443": f"{MINE.replace('/', ':443/', 1)}:1",
    "another registry, another port": f"{MINE.replace('/', ':5000/', 1)}:1",
    "no tag": MINE,
    "no registry": "team/churn:1",
    "Docker Hub": "docker.io/python:3.9",
}
ENTRIES = (
    "pytorch-training:1.10-cpu-py38",
    f"pytorch-training@{DIGEST}",
    "team/churn:1",
    "team/churn",
    "team/other:1",
    "docker.io/python:3.9",
)
RULES: dict[str, Any] = {"denied_image": {"images": {entry: {"reason": "old"} for entry in ENTRIES}}}


def _document(image: str, document: Document) -> Document:
    """The document of a job that has this image, as it is written."""
    parts = parse_reference(image)
    fields = ("registry", "account", "region", "repository", "tag", "digest")
    changed = {"raw": image} | {name: getattr(parts, name) for name in fields}
    images = (document.images[0].model_copy(update=changed),)
    return document.model_copy(update={"images": images, "account": ACCOUNT})


def _notice(engine: EmbeddedOpa, image: str) -> tuple[Document, Notice]:
    record = denied()
    assert record.document is not None
    document = _document(image, record.document)
    evaluation = engine.evaluate(document)
    assert evaluation.decision.decision == "deny"
    notice = notice_of(replace(record, document=document, evaluation=evaluation), "")
    assert notice is not None
    return document, notice


def _filled_in(entry: str) -> dict[str, Any]:
    (pasted,) = yaml.safe_load(entry)["exemptions"]
    return {**pasted, "owner": "churn-team", "reason": "moves in January"}


@pytest.mark.parametrize("image", FORMS.values(), ids=FORMS)
def test_a_pasted_exemption_is_effective(engine_with: Callable[..., EmbeddedOpa], image: str) -> None:
    document, notice = _notice(engine_with(rules=RULES), image)
    entry = exemption(notice)
    assert entry is not None
    # It is checked as `make check` does, and refused with an error.
    exempting = engine_with(rules=RULES, exemptions=[_filled_in(entry)])
    decision = exempting.evaluate(document).decision
    assert {finding.exempted_by for finding in decision.findings if finding.level == "deny"} == {"EX-churn-42"}
    assert exempting.evaluate(_document("team/other:1", document)).decision.decision == "deny"


def test_an_exemption_pasted_unchanged_is_rejected(engine_with: Callable[..., EmbeddedOpa]) -> None:
    _, notice = _notice(engine_with(rules=RULES), DENIED)
    (pasted,) = yaml.safe_load(exemption(notice) or "")["exemptions"]
    with pytest.raises(ValueError, match="YOUR TEAM") as refused:
        engine_with(rules=RULES, exemptions=[pasted])
    assert re.findall(r"data\.yaml:\d+:\d+: exemptions\[0\]\.(\w+): ", str(refused.value)) == ["owner", "reason"]


@pytest.mark.parametrize("image", ["host:443/team/churn:1", "123456789012/churn:1"], ids=["only the port", "account"])
def test_without_an_entry_for_the_image_alone_no_exemption_is_offered(
    engine_with: Callable[..., EmbeddedOpa], image: str
) -> None:
    patterns = [{"pattern": "*churn:1", "reason": "old"}]
    _, notice = _notice(engine_with(rules={"denied_image": {"patterns": patterns}}), image)
    assert exemption(notice) is None
    assert "There is no entry to paste" in text(notice)


def test_a_notice_of_an_earlier_version_has_the_image_as_it_was_written(
    engine_with: Callable[..., EmbeddedOpa],
) -> None:
    _, notice = _notice(engine_with(rules=RULES), DENIED)
    before = notice.model_copy(update={"exempted_images": (FORMS["port 443"],)})
    assert _filled_in(exemption(before) or "")["scope"]["image"] == [DENIED]
