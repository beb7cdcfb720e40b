"""The problems of exemptions beyond their form, for given results of the policies' library."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.concern import Concern
from guard.authoring.exemption_check import day_of, exemption_concerns
from guard.authoring.rules import Rule
from guard.errors import ConfigError

POLICIES, TODAY = Path("policies"), date(2026, 11, 23)
RULES = [
    Rule(name, POLICIES / f"guard/rules/{name}/{name}.rego", 1, "", "", "low", "", (), {}) for name in ("a", "images")
]
LIMITED = {"account": "111122223333"}
Said = Callable[..., list[tuple[Any, str, str]]]


class Library:
    """An OPA that returns the results that a test sets for each exemption, and records its input."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer: Any = None
        self.given: Any = None

    def json(self, *arguments: str | Path, given: str = "") -> Any:
        if "rego.parse_module" in str(arguments[-1]):
            return [rule_id for rule_id, texts in json.loads(given).items() if "input.images" in "".join(texts)]
        # Not the libraries' tests: one that doesn't compile yet is no reason to judge no exemption.
        assert arguments[:5] == ("eval", "--data", POLICIES / "guard/lib", "--ignore", "*_test.rego")
        self.given = json.loads(given)
        return (
            [{"refused": [], "unlimited": []} for _ in self.given["exemptions"]] if self.answer is None else self.answer
        )


@pytest.fixture
def library(tmp_path: Path) -> Library:
    (tmp_path / POLICIES / "guard/lib/exemption_policy").mkdir(parents=True)
    for rule, reads in zip(RULES, ("input.job", "input.images"), strict=True):
        (tmp_path / rule.file.parent).mkdir(parents=True)
        (tmp_path / rule.file).write_text(f"package guard.rules.{rule.rule_id}\n\nx := {reads}\n")
        # What a test gives to its rule doesn't make the rule one about images.
        test = f"package guard.rules.{rule.rule_id}_test\n\ntest_x if input.images\n"
        (tmp_path / rule.file).with_name(f"{rule.rule_id}_test.rego").write_text(test)
    return Library(tmp_path)


@pytest.fixture
def said(library: Library) -> Said:
    """Return the problems of one exemption: the path below it, severity and text."""

    def say(
        days: int | None = 100, unlimited: Any = (), refused: Any = (), **changes: Any
    ) -> list[tuple[Any, str, str]]:
        library.answer = [{"refused": [*refused], "unlimited": [*unlimited]}]
        expires = {} if days is None else {"expires": str(TODAY + timedelta(days=days))}
        exemption = {"id": "EX-1", "owner": "churn", "rules": ["a"], "scope": LIMITED} | expires | changes
        found = exemption_concerns(library, POLICIES, {"exemptions": [exemption]}, RULES, TODAY)
        return [(each.path[2:], each.severity, each.text) for each in found]

    return say


IMAGE = "quay.io/team/churn:1"
EXPIRES, SCOPE = ("expires",), ("scope",)


@pytest.mark.parametrize(
    ("days", "when"),
    [
        (15, None),
        (14, "ends in 14 days, on 2026-12-07; tell its owner churn, and renew or remove it"),
        (2, "ends in 2 days, on 2026-11-25; tell its owner churn, and renew or remove it"),
        (1, "ends tomorrow, on 2026-11-24; tell its owner churn, and renew or remove it"),
        (0, "ends today, on 2026-11-23; tell its owner churn, and renew or remove it"),
        (-1, "expired on 2026-11-22 and exempts nothing; remove it, or let its owner renew it"),
    ],
)
def test_the_end_is_reported_from_14_days_before(said: Said, days: int, when: str | None) -> None:
    assert said(days) == ([(EXPIRES, "warning", f"EX-1 {when}")] if when else [])


def test_an_expired_exemption_has_only_one_warning(said: Said) -> None:
    assert len(said(-1, refused=["no"], unlimited=["account"], starts="2027-01-01")) == 1


def test_violations_of_the_exemption_policy_are_sorted(said: Said) -> None:
    start = "EX-1 breaks the exemption policy:"
    assert said(refused=["b", "a"]) == [((), "error", f"{start} a"), ((), "error", f"{start} b")]


@pytest.mark.parametrize(
    ("key", "written", "meant"),
    [
        pytest.param("owner", "YOUR TEAM", "who is responsible for it", id="owner"),
        pytest.param("reason", "WHY THIS JOB MUST RUN AS IT IS", "why the job must run as it is", id="reason"),
        pytest.param("owner", " Your\nteam ", "who is responsible for it", id="in another spelling"),
    ],
)
def test_a_placeholder_of_a_notice_is_rejected(said: Said, key: str, written: str, meant: str) -> None:
    ((path, severity, text),) = said(**{key: written})
    assert (path, severity, text.endswith(f" as {key}; write {meant}")) == ((key,), "error", True)


@pytest.mark.parametrize("reason", ["why this job must run", "YOUR TEAM", "it must run as it is", 7, None], ids=repr)
def test_another_text_than_the_placeholder_is_accepted(said: Said, reason: object) -> None:
    assert said(owner="your team of churn", reason=reason) == []


@pytest.mark.parametrize(("starts", "wrong"), [("2027-03-02", False), ("2027-03-03", False), ("2027-03-04", True)])
def test_a_first_day_after_the_last_is_reported(said: Said, starts: str, wrong: bool) -> None:
    text = "EX-1 starts after its last day, 2027-03-03; correct one of them"
    assert said(starts=starts) == ([(("starts",), "error", text)] if wrong else [])


def test_a_first_day_without_an_end_is_accepted(said: Said) -> None:
    """The schema reports the missing end."""
    assert said(None, starts="2027-03-04") == []


LONG = "EX-1 lasts 1,367 days more; choose a day within a year, and renew it if it is still needed"
LATER = "EX-1 lasts 367 days; choose a day within a year, and renew it if it is still needed"
FOR_EVER = "EX-1 is for every job, for 1,367 days; set the rule's level instead, or limit scope and days"
EVERYBODY = "EX-1 is for every job: its scope excludes none; add an account, a region or a role"


@pytest.mark.parametrize(
    ("days", "unlimited", "expected"),
    [
        (366, [], []),
        (1367, [], [(EXPIRES, "warning", LONG)]),
        (366, ["account"], [(SCOPE, "warning", EVERYBODY)]),
        (None, ["account"], [(SCOPE, "warning", EVERYBODY)]),
        (1367, ["account"], [(SCOPE, "error", FOR_EVER)]),
    ],
    ids=["a year", "longer", "everybody for a year", "everybody", "everybody for longer"],
)  # fmt: skip
def test_long_exemptions_and_those_for_every_job_are_reported(
    said: Said, days: int | None, unlimited: Any, expected: Any
) -> None:
    assert said(days, unlimited) == expected


@pytest.mark.parametrize(
    ("starts", "days", "unlimited", "expected"),
    [
        (1000, 1091, [], []),
        (1000, 1091, ["account"], [(SCOPE, "warning", EVERYBODY)]),
        (1000, 1365, [], []),
        (1000, 1366, [], [(EXPIRES, "warning", LATER)]),
        (1, 366, [], []),
        (-1000, 366, [], []),
        (0, 1367, [], [(EXPIRES, "warning", LONG)]),
        (-1000, 1367, [], [(EXPIRES, "warning", LONG)]),
    ],
    ids=str,
)
def test_the_days_of_a_future_exemption_count_from_its_first_day(
    said: Said, starts: int, days: int, unlimited: Any, expected: Any
) -> None:
    assert said(days, unlimited, starts=str(TODAY + timedelta(days=starts))) == expected


@pytest.mark.parametrize(
    ("scope", "rules", "unlimited", "chosen"),
    [
        ({"job_name": "churn-*"}, ["a"], [], "job_name"),
        ({"job_name": "churn-*", "job_kind": "training"}, ["a"], [], "job_kind and job_name"),
        ({"job_name": "churn-*", "account": "*"}, ["a"], ["account"], "job_name"),
        ({"job_name": "churn-*", "image": IMAGE}, ["*"], [], "image and job_name"),
        ({"job_name": "churn-*", "image": IMAGE}, ["images"], [], None),
        ({"image": IMAGE}, ["*"], [], "image"),
        ({"image": IMAGE}, ["*", "images"], [], "image"),
        ({"image": IMAGE}, ["a"], [], "image"),
        ({"image": IMAGE}, ["a", "images"], [], "image"),
        ({"image": IMAGE}, ["images"], [], None),
        ({"image": IMAGE, "account": [f"{digit}*" for digit in range(10)]}, ["a"], [], "image"),
        ({"image": IMAGE, "role_arn": "arn:aws:iam::111122223333:role/x"}, ["a"], [], None),
        ({"image": IMAGE}, "images", [], "image"),
        ({"job_name": "churn-*", "region": "eu-*"}, ["*"], [], None),
    ],
    ids=str,
)
def test_a_scope_that_the_owner_of_a_job_chooses_is_reported(
    said: Said, scope: Any, rules: list[str], unlimited: Any, chosen: str | None
) -> None:
    text = f"EX-1 is limited only by {chosen}, which a job's owner chooses; add an account, a region or a role"
    assert said(scope=scope, rules=rules, unlimited=unlimited) == ([(SCOPE, "warning", text)] if chosen else [])


@pytest.mark.parametrize(
    ("scope", "facts"),
    [({"account": [f"{digit}*" for digit in range(10)]}, "account"), ({"region": "*-?"}, "region"), ({"role_arn": "a*"}, "role")],
    ids=str,
)  # fmt: skip
def test_globs_that_together_match_everything_are_for_every_job(said: Said, scope: Any, facts: str) -> None:
    assert said(scope=scope) == [(SCOPE, "warning", EVERYBODY)]


PUBLIC = [
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
]
FOREIGN = (
    "EX-1: {} also matches foreign registries, even one that the job's owner fills; "
    "name the whole registry, as 111122223333.dkr.ecr.eu-west-1.amazonaws.com/..."
)


@pytest.mark.parametrize(
    ("image", "foreign"),
    [
        ("churn:1", [(("scope", "image"), "churn:1")]),
        ([IMAGE, "*/churn:*"], [(("scope", "image", 1), "*/churn:*")]),
        ("*.dkr.ecr.eu-west-1.amazonaws.com/churn", [(("scope", "image"), "*.dkr.ecr.eu-west-1.amazonaws.com/churn")]),
        ("1*.dkr.ecr.*.amazonaws.com/churn", [(("scope", "image"), "1*.dkr.ecr.*.amazonaws.com/churn")]),
        ("111122223333.dkr.ecr.*/churn", [(("scope", "image"), "111122223333.dkr.ecr.*/churn")]),
        ("*.amazonaws.com/churn", [(("scope", "image"), "*.amazonaws.com/churn")]),
        ("*.eu-west-1.amazonaws.com/churn", [(("scope", "image"), "*.eu-west-1.amazonaws.com/churn")]),
        ("11112222333*.on.aws/churn", [(("scope", "image"), "11112222333*.on.aws/churn")]),
        ("*.cn-north-1.amazonaws.com.cn/churn", [(("scope", "image"), "*.cn-north-1.amazonaws.com.cn/churn")]),
        ("*.com/churn", [(("scope", "image"), "*.com/churn")]),
        ("111122223333*.eu-west-1.amazonaws.com/churn", []),
        ("registry.example.*:5000/churn", [(("scope", "image"), "registry.example.*:5000/churn")]),
        *((f"{host}/*", [(("scope", "image"), f"{host}/*")]) for host in PUBLIC),
        ("public.ecr.aws/*/churn:1", [(("scope", "image"), "public.ecr.aws/*/churn:1")]),
        ("public.ecr.aws/team/*", []),
        ("*.example.com/churn", []),
        ("localhost:*/churn", []),
        ("111122223333.dkr.ecr.*.amazonaws.com/churn", []),
        (f"churn@sha256:{'0a' * 32}", []),
        (f"churn:1@sha512:{'0a' * 64}", []),
        ("churn@sha256:0a*", [(("scope", "image"), "churn@sha256:0a*")]),
        (7, []),
    ],
    ids=str,
)
def test_an_image_of_foreign_registries_is_reported_for_any_scope(said: Said, image: Any, foreign: Any) -> None:
    expected = [(path, "warning", FOREIGN.format(entry)) for path, entry in foreign]
    assert said(scope=LIMITED | {"image": image}) == expected


def test_a_long_exemption_with_a_chosen_scope_is_reported_twice(said: Said) -> None:
    assert [path for path, *_ in said(367, scope={"job_name": "churn-*"})] == [SCOPE, EXPIRES]


@pytest.mark.parametrize("scope", [None, {}, [], "x"], ids=str)
def test_an_invalid_scope_is_skipped(said: Said, scope: Any) -> None:
    """The schema reports it."""
    assert said(1367, scope=scope) == []


def test_each_duplicate_id_is_reported_with_the_first_one(library: Library) -> None:
    exemptions = [{"id": "A"}, {"id": "B"}, 7, {"id": 7}, {"id": 7}, {"id": "A"}, {}, {"id": "A"}, {"id": "B"}]
    found = list(exemption_concerns(library, POLICIES, {"exemptions": exemptions}, (), TODAY))
    assert found == [
        Concern(("exemptions", at, "id"), f"{name} is also the id of exemptions[{first}]; choose another", "error")
        for at, name, first in ((5, "A", 0), (7, "A", 0), (8, "B", 1))
    ]


def test_without_the_library_the_other_problems_are_reported(library: Library) -> None:
    (library.folder / POLICIES / "guard/lib/exemption_policy").rmdir()
    exemption = {"id": "EX-1", "rules": ["a"], "scope": {"account": "*"}, "expires": "2027-01-31"}
    (told,) = exemption_concerns(library, POLICIES, {"exemptions": [exemption]}, RULES, TODAY)
    assert (told.path, told.text, library.given) == (("exemptions", 0, "scope"), EVERYBODY, None)


@pytest.mark.parametrize("policy", [None, {"never": ["a"]}], ids=str)
def test_the_library_is_given_every_exemption_and_the_policy(library: Library, policy: Any) -> None:
    """An invalid exemption is replaced by an empty one, so that the results keep their order."""
    config = {"exemptions": [7, {"id": "A"}]} | ({"exemption_policy": policy} if policy else {})
    library.answer = [{"refused": ["x"], "unlimited": []}, {"refused": ["y"], "unlimited": []}]
    found = list(exemption_concerns(library, POLICIES, config, (), TODAY))
    assert library.given == {"exemptions": [{}, {"id": "A"}], "policy": policy or {}}
    assert found == [Concern(("exemptions", 1), "A breaks the exemption policy: y", "error")]


def test_missing_results_of_the_library_are_an_error(library: Library) -> None:
    library.answer = []
    with pytest.raises(
        ConfigError, match="guard/lib/exemption_policy returned no result for some exemptions: run `make test-policies`"
    ):
        list(exemption_concerns(library, POLICIES, {"exemptions": [{}]}, (), TODAY))


def test_policies_without_the_library_reject_nothing(library: Library) -> None:
    (library.folder / POLICIES / "guard/lib/exemption_policy").rmdir()
    library.answer = [{"refused": ["x"], "unlimited": []}]
    assert list(exemption_concerns(library, POLICIES, {"exemptions": [{"id": "A"}]}, (), TODAY)) == []


@pytest.mark.parametrize(
    ("value", "day"), [("2026-11-23", TODAY), ("2026-02-30", None), ("soon", None), (7, None), (None, None)], ids=str
)
def test_a_day_is_read_from_its_text(value: object, day: date | None) -> None:
    assert day_of(value) == day
