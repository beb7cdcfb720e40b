"""What the owner of a job reads: subject, message, tags, and the exemption to paste."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from guard.document import ImageError
from guard.jobs import MONITORING_SCHEDULE
from guard.notices.channels import tags
from guard.notices.deliver import Deliverer, NoticeSink
from guard.notices.ends import Runs
from guard.notices.message import exemption, subject, summary, text
from guard.notices.notice import Notice, notice_of
from guard.notices.once import OnceInMemory
from guard.record import Outcome
from tests.conftest import ROOT
from tests.support.jobs import ACCOUNT, DENIED, ROLE
from tests.support.records import ARN, FINDING, STARTED, denied
from tests.support.store import MemoryStore

# What the service takes: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Tag.html
TAG_VALUE = re.compile(r"[\w\s.:/=+\-@]{0,256}")


def _notice(*findings: Any, url: str = "https://wiki.example.com/exemptions", **changes: Any) -> Notice:
    notice = notice_of(denied(*findings, **changes), url)
    assert notice is not None
    return notice


def _pasted(notice: Notice) -> dict[str, Any]:
    """The exemption as somebody pastes it."""
    entry = exemption(notice)
    assert entry is not None
    (pasted,) = yaml.safe_load(entry)["exemptions"]
    return dict(pasted)


def test_the_message_of_a_stopped_job() -> None:
    assert text(_notice()) == (
        "The training job churn-42 was stopped, because policy denies it.\n"
        "\n"
        "Why, and what to do:\n"
        f"1. The image {DENIED} is on the deny list: out of support. [denied_image]\n"
        "   What to do: Use a current image.\n"
        "\n"
        f"Job: {ARN}\n"
        f"Account: {ACCOUNT}, eu-west-1\n"
        f"Images: {DENIED}\n"
        f"Role: {ROLE}\n"
        "Started by: arn:aws:sts::111122223333:assumed-role/Scientist/ada\n"
        "\n"
        "If the job must run as it is, ask for an exemption: https://wiki.example.com/exemptions\n"
        "It is this entry in policies/guard/config/data.yaml; fill in the owner, the reason and the last day:\n"
        "\n"
        "exemptions:\n"
        '  - id: "EX-churn-42"\n'
        '    owner: "YOUR TEAM"\n'
        '    reason: "WHY THIS JOB MUST RUN AS IT IS"\n'
        '    rules: ["denied_image"]\n'
        "    scope:\n"
        f'      account: "{ACCOUNT}"\n'
        '      job_kind: "training"\n'
        f'      role_arn: ["{ROLE}"]\n'
        f'      image: ["{DENIED}"]\n'
        '    starts: "2026-11-23"\n'
        '    expires: "2026-12-22"\n'
        "\n"
        "Decision decision-1, policies r1.\n"
    )


def test_the_message_of_a_job_that_nobody_could_decide_on() -> None:
    notice = _notice(url="", evaluation=None, document=None, reason=None)
    assert text(notice) == (
        "The training job churn-42 was stopped, because no decision on it could be made: see the log.\n"
        "\n"
        "For the reason, ask the operators of the guard: it is in the log.\n"
        "\n"
        f"Job: {ARN}\n"
        f"Account: {ACCOUNT}, eu-west-1\n"
        "\n"
        "Decision decision-1, policies unknown.\n"
    )
    assert subject(notice) == "SageMaker training job churn-42 was stopped: no decision"


def test_a_message_numbers_the_findings_and_counts_those_that_it_leaves_out() -> None:
    other = FINDING.model_copy(update={"message": "Another one.", "remediation": None})
    why = text(_notice(FINDING, *[other] * 11)).split("\n\n")[1].splitlines()
    assert why[:4] == [
        "Why, and what to do:",
        f"1. {FINDING.message} [denied_image]",
        "   What to do: Use a current image.",
        "2. Another one. [denied_image]",
    ]
    assert why[-2:] == ["10. Another one. [denied_image]", "... and 2 more."]


def test_without_a_page_the_message_names_the_team_to_ask() -> None:
    asked = "If the job must run as it is, ask for an exemption: the team that owns the policies\n"
    assert asked in text(_notice(url=""))


FAULT = FINDING.model_copy(
    update={
        "rule_id": "broken",
        "level_source": "guard",
        "message": "The rule exports no set of findings.",
        "details": {},
    }
)


@pytest.mark.parametrize("others", [(), (FINDING,)], ids=["alone", "beside an honest denial"])
@pytest.mark.parametrize(
    ("url", "where"), [("", ""), ("https://wiki.example.com", ": https://wiki.example.com")], ids=["no page", "page"]
)
def test_a_fault_of_the_policies_has_no_exemption_to_paste(others: tuple[Any, ...], url: str, where: str) -> None:
    notice = _notice(*others, FAULT, url=url)
    assert (notice.faults, exemption(notice)) == (("broken",), None)
    told = (
        "The policies themselves have a fault, which no exemption can cover: broken. The job isn't the cause. Tell the team that "
        f"owns the policies{where}\n"
    )
    assert told in text(notice)
    assert "entry" not in text(notice)


@pytest.mark.parametrize(
    "changes",
    [{"level": "warn"}, {"exempted_by": "EX-1"}, {"level_source": "level"}],
    ids=["a warning", "exempted", "not of the guard"],
)
def test_a_fault_that_does_not_deny_still_allows_an_exemption(changes: dict[str, Any]) -> None:
    notice = _notice(FINDING, FAULT.model_copy(update=changes))
    assert (notice.faults, exemption(notice) is None) == ((), False)


def test_a_notice_of_a_version_without_faults_has_none() -> None:
    before = _notice(FAULT).model_dump(mode="json", exclude={"faults"})
    assert Notice.model_validate(before).faults == ()


def test_a_job_without_role_and_images_has_an_exemption_for_its_kind() -> None:
    pasted = _pasted(_notice(document=None))
    assert pasted["scope"] == {"account": ACCOUNT, "job_kind": "training"}


def test_what_can_not_be_printed_is_a_question_mark_in_an_exemption() -> None:
    notice = _notice()
    named = notice.model_copy(update={"job": notice.job.model_copy(update={"name": "a\u2028b\u200bc"})})
    assert _pasted(named)["id"] == "EX-a?b?c"


@pytest.mark.parametrize(
    ("changes", "says", "verb"),
    [
        ({"mode": "audit", "outcome": Outcome.AUDITED}, "audit mode", "would be stopped"),
        ({"outcome": Outcome.ALREADY_FINISHED}, "before the guard could stop it", "is denied"),
        ({"evaluation": None, "reason": "undecided for 30 minutes"}, "undecided for 30 minutes", "was stopped"),
    ],
    ids=["audit", "ended already", "undecided"],
)
def test_the_summary_says_what_happened(changes: dict[str, Any], says: str, verb: str) -> None:
    notice = _notice(**changes)
    assert (says in text(notice), verb in subject(notice)) == (True, True)


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        (True, "It had ended before the guard could stop it."),
        (False, "It had ended, or was being stopped, before the guard could stop it."),
        (None, "It had ended, or was being stopped, before the guard could stop it."),
    ],
)
def test_a_job_is_said_to_have_ended_where_that_is_known(*, ended: bool | None, says: str) -> None:
    notice = _notice(outcome=Outcome.ALREADY_FINISHED).model_copy(update={"ended": ended})
    assert summary(notice).endswith(f"is denied by policy. {says}")


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        (True, "It had ended when the guard examined it."),
        (False, "It had ended, or was being stopped, when the guard examined it."),
    ],
)
def test_in_audit_mode_a_job_that_ended_is_not_said_to_have_escaped_a_stop(*, ended: bool, says: str) -> None:
    notice = _notice(mode="audit", outcome=Outcome.ALREADY_FINISHED).model_copy(update={"ended": ended})
    tried = "The policies are being tried out (audit mode); later, such a job will be stopped."
    assert summary(notice).endswith(f"is denied by policy. {says} {tried}")


@pytest.mark.parametrize(
    "outcome",
    [None, Outcome.STOP_FAILED, Outcome.FAILED, Outcome.GONE],
    ids=["before the stop", "refused", "failed", "gone"],
)
def test_a_job_whose_fate_is_open_gives_no_notice(outcome: Outcome | None) -> None:
    assert notice_of(denied(outcome=outcome), "") is None


SLOT = FINDING.details["slot"]


@pytest.mark.parametrize(
    ("details", "for_images"),
    [
        pytest.param({"slot": SLOT, "image": DENIED}, True, id="an image"),
        pytest.param({"slot": SLOT, "image": "pytorch-training"}, False, id="a part of an image"),
        pytest.param({"slot": SLOT, "image": [DENIED]}, False, id="a list"),
        pytest.param({"slot": "Environment"}, False, id="a setting"),
        pytest.param({"image": DENIED}, False, id="an image without its place"),
        pytest.param({}, False, id="the job"),
    ],
)
def test_an_exemption_is_for_images_where_all_findings_are_about_images(
    details: dict[str, Any], for_images: bool
) -> None:
    """Whatever their rules are called: those of a team are, too."""
    other = FINDING.model_copy(update={"rule_id": "rule_of_a_team", "details": details})
    scope = _pasted(_notice(FINDING, other))["scope"]
    assert scope.keys() == {"account", "job_kind", "role_arn", *(["image"] if for_images else [])}


def _of_containers(count: int, error: ImageError | None = None) -> Notice:
    """A job with twenty containers, the last of which are denied."""
    (first,) = denied().document.images  # type: ignore[union-attr]
    images = [first.model_copy(update={"slot": f"Containers[{n}]", "raw": f"{DENIED}-{n}"}) for n in range(20)]
    images[-1] = images[-1].model_copy(update={"error": error})
    about = [{"slot": image.slot, "image": image.raw} for image in images[-count:]]
    record = denied(*(FINDING.model_copy(update={"details": each}) for each in about))
    assert record.document is not None
    notice = notice_of(replace(record, document=record.document.model_copy(update={"images": tuple(images)})), "")
    assert notice is not None
    return notice


def test_an_exemption_is_for_the_denied_images_alone() -> None:
    assert _pasted(_of_containers(2))["scope"]["image"] == [f"{DENIED}-18", f"{DENIED}-19"]


@pytest.mark.parametrize(
    ("count", "error"),
    [
        pytest.param(11, None, id="more than ten"),
        pytest.param(2, ImageError(code="not-found", message="gone"), id="one that isn't known"),
    ],
)
def test_an_exemption_that_could_not_name_them_all_is_for_the_role(count: int, error: ImageError | None) -> None:
    assert "image" not in _pasted(_of_containers(count, error))["scope"]


def test_only_denying_findings_are_in_the_notice() -> None:
    warned = FINDING.model_copy(update={"rule_id": "mutable_tag", "level": "warn"})
    exempted = FINDING.model_copy(update={"rule_id": "region", "exempted_by": "EX-1"})
    assert _notice(FINDING, warned, exempted).rules == ("denied_image",)


def test_a_finding_without_remediation_has_none_in_the_notice() -> None:
    (finding,) = _notice(FINDING.model_copy(update={"message": "", "remediation": None})).findings
    assert finding.model_dump() == {"rule_id": "denied_image", "message": "", "remediation": None}


@pytest.mark.parametrize(
    ("decided", "told"),
    [
        pytest.param(STARTED + timedelta(seconds=2), STARTED + timedelta(seconds=2), id="decided"),
        pytest.param(None, STARTED, id="by nobody"),
    ],
)
def test_a_notice_has_the_time_of_the_decision(decided: datetime | None, told: datetime) -> None:
    assert _notice(decided_at=decided).time == told


def test_an_image_that_is_not_known_is_not_named() -> None:
    record = denied()
    assert record.document is not None
    unknown = record.document.images[0].model_copy(update={"raw": None})
    document = record.document.model_copy(update={"images": (unknown, *record.document.images)})
    assert _notice(document=document).job.images == (record.document.images[0].raw,)


def test_no_value_of_the_jobs_settings_is_in_the_notice() -> None:
    told = text(_notice()) + _notice().model_dump_json()
    assert [value for value in ("s3cret", "hyp3r", "cmd-w0rd") if value in told] == []


def test_rules_after_the_tenth_finding_are_included() -> None:
    other = FINDING.model_copy(update={"rule_id": "vpc_required", "message": "m" * 1000})
    notice = _notice(*[FINDING] * 12, other, other)
    assert [finding.rule_id for finding in notice.findings] == ["denied_image"] * 10 + ["vpc_required"]
    assert (notice.rules, notice.more_findings) == (("denied_image", "vpc_required"), 3)
    assert len(notice.findings[-1].message) < 300


WIDE = "\U0001f600"
RULES = sorted(path.name for path in (ROOT / "policies" / "guard" / "rules").iterdir())


@pytest.mark.parametrize("rules", [RULES, ["denied_image"]], ids=["of every rule", "with an exemption for its images"])
@pytest.mark.parametrize("character", ["x", WIDE, '"', "\n"], ids=["plain", "wide", "quoted", "line break"])
def test_a_notice_fits_in_a_message(rules: list[str], character: str) -> None:
    """SQS, SNS and EventBridge take 256 KB, and the owner chooses the texts."""
    long = character * 5000
    findings = [
        FINDING.model_copy(update={"rule_id": rule, "message": long, "remediation": "r" * 5000}) for rule in rules
    ]
    record = denied(*[findings[0]] * 20, *findings)
    assert record.document is not None
    job = record.document.job.model_copy(update={"role_arns": tuple(f"{long}{number}" for number in range(20))})
    image = record.document.images[0]
    images = tuple(image.model_copy(update={"raw": f"{number}{long}"}) for number in range(20))
    owners = record.document.model_copy(update={"job": job, "images": images})
    sent: list[str] = []
    deliverer = Deliverer(list, OnceInMemory, lambda *_: None, "https://wiki.example.com/exemptions")
    NoticeSink(deliverer, lambda body, _: sent.append(body), Runs(MemoryStore())).write(
        replace(record, document=owners)
    )
    notice = notice_of(replace(record, document=owners), "")
    assert notice is not None
    assert {finding.rule_id for finding in notice.findings} == set(rules)
    for message in (*sent, notice.model_dump_json(), text(notice)):
        assert len(message.encode()) < 256 * 1024


def test_a_job_with_thousands_of_findings_has_a_message_that_sns_takes() -> None:
    long = FINDING.model_copy(update={"message": "m" * 100_000, "remediation": "r" * 100_000})
    notice = _notice(*[long] * 5000)
    assert (len(notice.findings), notice.more_findings) == (10, 4990)
    assert len(notice.model_dump_json().encode()) < 100_000
    assert len(text(notice).encode()) < 200_000


@given(name=st.text(min_size=1, max_size=300), message=st.text(max_size=600))
def test_any_text_becomes_a_subject_tags_and_yaml_that_are_taken(name: str, message: str) -> None:
    record = denied(FINDING.model_copy(update={"message": message}))
    notice = notice_of(replace(record, ref=replace(record.ref, name=name)), "")
    assert notice is not None
    assert re.fullmatch(r"[ -~]{1,99}", subject(notice))
    assert [tag for tag in tags(notice) if not TAG_VALUE.fullmatch(tag["Value"])] == []
    assert _pasted(notice)["id"].startswith("EX-")


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"decision_id": "another", "event_id": "another"}, True),
        ({"mode": "audit", "outcome": Outcome.AUDITED}, False),
        ({"outcome": Outcome.ALREADY_FINISHED}, True),
    ],
    ids=["the same", "another event", "another mode", "found stopping by another event"],
)
def test_a_notice_is_the_same_for_a_job_its_rules_and_the_policies(changes: dict[str, Any], same: bool) -> None:
    assert (_notice().key("topic") == _notice(**changes).key("topic")) is same


def test_a_later_job_of_the_same_name_gets_its_own_notice() -> None:
    notice = _notice()
    times = [notice.job.created_at, notice.time, None]
    jobs = [notice.job.model_copy(update={"created_at": time}) for time in times]
    assert len({notice.model_copy(update={"job": job}).key("topic") for job in jobs}) == len(times)


def test_a_denial_by_other_policies_gets_its_own_notice() -> None:
    notice = _notice()
    assert notice.model_copy(update={"revision": "r2"}).key("topic") != notice.key("topic")


IMAGE = FINDING.model_copy(update={"details": {"image": "another"}})
SENTENCE = FINDING.model_copy(update={"message": "another"})
TURNED = FINDING.model_copy(update={"details": dict(reversed(FINDING.details.items()))})


def _bare(finding: Any) -> Any:
    return finding.model_copy(update={"details": {}})


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param([FINDING], [IMAGE], False, id="another image"),
        pytest.param([FINDING], [SENTENCE], True, id="other words about the same"),
        pytest.param([FINDING], [TURNED], True, id="its details in another order"),
        pytest.param([_bare(FINDING)], [_bare(SENTENCE)], False, id="other words, and nothing else"),
        pytest.param([FINDING] * 12, [FINDING] * 11 + [IMAGE], False, id="one that has no room in the notice"),
        pytest.param([FINDING, IMAGE], [IMAGE, FINDING], True, id="another order"),
        pytest.param([FINDING], [FINDING, IMAGE.model_copy(update={"level": "warn"})], True, id="one that only warns"),
    ],
)
def test_another_denial_of_a_schedule_by_the_same_rules_gets_its_own_notice(
    first: Any, second: Any, same: bool
) -> None:
    ref = denied().ref
    assert ref is not None
    keys = {_notice(*findings, ref=replace(ref, kind=MONITORING_SCHEDULE)).key("topic") for findings in (first, second)}
    assert (len(keys) == 1) is same


def test_a_job_that_runs_once_gets_one_notice_even_if_a_later_attempt_has_more_details() -> None:
    assert _notice(FINDING).key("topic") == _notice(FINDING, IMAGE).key("topic")


def test_a_later_run_gets_its_own_notice() -> None:
    notice = _notice()
    times = [None, notice.time]
    assert len({notice.model_copy(update={"ran_before": time}).key("topic") for time in times}) == 2


def test_each_channel_and_rule_set_counts_by_itself() -> None:
    other = FINDING.model_copy(update={"rule_id": "max_runtime"})
    keys = {_notice().key("topic"), _notice().key("tags"), _notice(FINDING, other).key("topic")}
    assert len(keys) == 3


def test_a_subject_names_every_rule() -> None:
    other = FINDING.model_copy(update={"rule_id": "max_runtime"})
    assert subject(_notice(FINDING, other)).endswith("was stopped: denied_image, max_runtime")


def test_a_subject_is_ascii_and_short() -> None:
    notice = _notice()
    named = notice.model_copy(update={"job": notice.job.model_copy(update={"name": "jöb"})})
    assert subject(named) == "SageMaker training job j?b was stopped: denied_image"
    long = notice.model_copy(update={"job": notice.job.model_copy(update={"name": "x" * 200})})
    assert (len(subject(long)), subject(long)[-4:]) == (99, "x...")
    room = 99 - len(subject(notice).replace(notice.job.name, ""))
    for name, end in (("x" * room, "denied_image"), ("x" * (room + 1), "denied_i...")):
        just = notice.model_copy(update={"job": notice.job.model_copy(update={"name": name})})
        assert (len(subject(just)), subject(just).split()[-1]) == (99, end)
