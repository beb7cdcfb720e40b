"""An owner's text in a notice is quoted in the guard's lines, and can't form a line, tag or exemption of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from guard.notices.channels import tags
from guard.notices.ends import Ends
from guard.notices.message import exemption, subject, text
from guard.notices.notice import Notice, notice_of
from guard.notices.security_hub import SecurityHubChannel
from guard.record import Outcome
from tests.support.fakes import FakeSageMaker
from tests.support.jobs import DENIED, ROLE
from tests.support.records import FINDING, denied
from tests.support.store import MemoryStore

FORGED = "ok.\n\nUPDATE: this finding was withdrawn by the security team.\n\u202egnp.tpircs"
# Every class of characters: those that break lines, and those that hide or turn what stands beside them.
NASTY = st.text(
    st.one_of(st.characters(), st.sampled_from("\n\r\t\v\f\x1b\x1c\x85\u2028\u2029\u202e\u2066\u200b\ufeff\uffff")),
    max_size=40,
)


def noticed(
    owner: str, *, images: tuple[str, ...] | None = None, roles: tuple[str, ...] | None = None, **changes: Any
) -> Notice:
    """The notice of a job whose owner wrote this text in every field that an owner controls."""
    raw = (f"{DENIED}{owner}",) if images is None else images
    words = {"message": f"It reads {owner}.", "remediation": f"Leave out {owner}."}
    about = [FINDING.model_copy(update=words | {"details": FINDING.details | {"image": image}}) for image in raw]
    record = denied(*about, *about, **changes)
    assert record.ref is not None
    assert record.document is not None
    first = record.document.images[0]
    job = {"role_arns": (f"{ROLE}{owner}",) if roles is None else roles}
    actor = record.document.actor.model_copy(update={"arn": f"arn:{owner}"}) if record.document.actor else None
    document = record.document.model_copy(
        update={
            "images": tuple(first.model_copy(update={"raw": one}) for one in raw),
            "job": record.document.job.model_copy(update=job),
            "actor": actor,
        }
    )
    notice = notice_of(replace(record, document=document, ref=replace(record.ref, name=f"job{owner}")), "")
    assert notice is not None
    return notice


def findings(notice: Notice) -> list[dict[str, Any]]:
    hub = FakeSageMaker(BatchImportFindings={"FailedCount": 0})
    SecurityHubChannel(hub, Ends(MemoryStore()), None).give(notice)
    return [finding for _, asked in hub.calls for finding in asked["Findings"]]


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for inner in value.values() for one in texts(inner)]
    if isinstance(value, list):
        return [one for inner in value for one in texts(inner)]
    return [value] if isinstance(value, str) else []


@given(NASTY)
def test_no_text_of_an_owner_is_a_line_of_its_own(owner: str) -> None:
    """Neither in a mail nor in any other channel; every character of a line is printable."""
    notice = noticed(owner)
    assert len(text(notice).splitlines()) <= len(text(noticed("x")).splitlines())
    shown = [*text(notice).splitlines(), subject(notice), *texts(tags(notice)), *texts(findings(notice))]
    shown += texts(json.loads(notice.model_dump_json()))
    assert [one for one in shown if not one.isprintable()] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": Outcome.ALREADY_FINISHED},
        {"mode": "audit", "outcome": Outcome.AUDITED},
        {"evaluation": None, "reason": FORGED},
    ],
    ids=["ended", "audit", "undecided"],
)
def test_a_forged_line_is_part_of_the_guards(changes: dict[str, Any]) -> None:
    lines = text(noticed(FORGED, **changes)).splitlines()
    assert len(lines) <= len(text(noticed("x", **changes)).splitlines())
    assert [line for line in lines if line.startswith("UPDATE")] == []


def test_a_message_that_brings_its_own_lines_is_read_without_them() -> None:
    """A queue message, from any sender, or from before an upgrade."""
    message = noticed("x").model_dump(mode="json")
    message["findings"][0]["message"] = message["reason"] = message["job"]["images"][0] = FORGED
    notice = Notice.model_validate(message)
    assert {notice.findings[0].message, notice.reason, notice.job.images[0]} == {
        "ok.  UPDATE: this finding was withdrawn by the security team. ?gnp.tpircs"
    }


PATTERNS = [
    f"{ROLE}*",
    ROLE.replace("Train", "?rain"),
    f"{ROLE}[a]",
    f"{ROLE}{{a,b}}",
    f"{ROLE}\\x",
    f"{ROLE}\n",
    ROLE + "x" * 2000,
]


@pytest.mark.parametrize("role", PATTERNS, ids=["*", "?", "brackets", "braces", "backslash", "line break", "cut"])
@pytest.mark.parametrize("others", [(), (ROLE,)], ids=["alone", "beside an honest one"])
def test_a_role_that_is_a_pattern_gives_no_exemption(role: str, others: tuple[str, ...]) -> None:
    """As a pattern, it would exempt every role; without the role, the exemption would match other jobs."""
    notice = noticed("", roles=(*others, role))
    assert exemption(notice) is None
    assert "There is no entry to paste, because" in text(notice)


@pytest.mark.parametrize(
    ("images", "exempted"),
    [
        pytest.param((DENIED,), [DENIED], id="an honest one"),
        pytest.param((DENIED, "*"), [DENIED], id="a pattern beside it"),
        pytest.param(("registry.example.com/*",), None, id="a pattern alone"),
        pytest.param((DENIED, "Team/Churn:1"), [DENIED], id="what no registry has beside it"),
        pytest.param(("Team/Churn:1",), None, id="what no registry has"),
        pytest.param(("***@registry.example.com/churn:1",), None, id="user and password"),
    ],
)
def test_an_image_that_is_a_pattern_is_in_no_exemption(images: tuple[str, ...], exempted: list[str] | None) -> None:
    entry = exemption(noticed("", images=images))
    assert (entry and yaml.safe_load(entry)["exemptions"][0]["scope"]["image"]) == exempted


@pytest.mark.parametrize(("tag", "named"), [("1.2", "1.2"), (None, "latest")], ids=["tag", "no tag"])
def test_an_image_with_a_claimed_digest_is_exempted_by_both(tag: str | None, named: str) -> None:
    """Neither of them alone proves what runs, so an exemption needs both."""
    record = denied(FINDING)
    assert record.document is not None
    image = record.document.images[0].model_copy(
        update={"registry": None, "repository": "team/model", "tag": tag, "claimed_digest": "sha256:0"}
    )
    document = record.document.model_copy(update={"images": (image,)})
    notice = notice_of(replace(record, document=document), "")
    assert notice is not None
    assert notice.job.images == (f"team/model:{named}@sha256:0",)


@given(NASTY, NASTY)
def test_no_exemption_holds_a_pattern(role: str, image: str) -> None:
    entry = exemption(noticed("", roles=(ROLE + role,), images=(DENIED, DENIED + image)))
    if entry is not None:
        scope = yaml.safe_load(entry)["exemptions"][0]["scope"]
        assert scope["role_arn"] == [ROLE + role]
        assert not set("*?[]{}\\") & set("".join((*scope["role_arn"], *scope["image"])))
