"""What a job's owner chooses makes OPA's work grow in proportion at most, and not times what the configuration holds.

OPA's profiler counts the expressions that it evaluates: nothing here looks at a clock.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.samples import complete_with, sample_image
from tests.support.bundles import configured_bundle
from tests.support.policies import RULE_IDS

# It fails the owner's setting, so that many findings meet many exemptions.
HOSTILE = "--token x s3://elsewhere/x https://a:b@c/ password=hunter2"
Work = Callable[[int, int, int], int]


@pytest.fixture(scope="module")
def work(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Work:
    """How many expressions OPA evaluates for a job of so many settings and images, with so many exemptions and patterns."""

    @cache
    def bundle(entries: int) -> Path:
        rules = {rule_id: {"level": "warn"} for rule_id in RULE_IDS} | {
            "denied_image": {"level": "deny", "patterns": [_pattern(number) for number in range(entries)]}
        }
        folder = tmp_path_factory.mktemp("bounded")
        return configured_bundle(folder, opa, rules=rules, exemptions=[_exemption(number) for number in range(entries)])

    @cache
    def count(settings: int, images: int, entries: int) -> int:
        return _evaluated(opa, bundle(entries), _document(settings, images))

    return count


@pytest.fixture(scope="module")
def plain(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Return a bundle of every rule, and how many expressions OPA evaluates for values in which none finds anything."""
    rules = {rule_id: {"level": "warn"} for rule_id in RULE_IDS}
    bundle = configured_bundle(tmp_path_factory.mktemp("plain"), opa, rules=rules)
    return bundle, _evaluated(opa, bundle, _filled(lambda _: "words of no meaning "))


def _pattern(number: int) -> dict[str, Any]:
    return {"pattern": f"team/denied-{number}-*:1.*", "reason": "test"}


def _exemption(number: int) -> dict[str, Any]:
    image = [f"team/exempted-{number}", f"team/exempted-{number}-*"]
    return {
        "id": f"EX-{number}",
        "owner": "ml-platform",
        "reason": "test",
        "rules": ["*"],
        "scope": {"role_arn": "arn:aws:iam::*:role/*", "image": image},
        "expires": "2027-12-31" if number % 2 else "2025-01-31",
    }


def _document(settings: int, images: int) -> dict[str, Any]:
    environment = [{"slot": "Environment", "name": f"API_KEY_{n}", "value": HOSTILE} for n in range(settings)]
    named = [sample_image(f"pytorch-training-{n}", f"1.{n}") for n in range(images)]
    return complete_with({"environment": environment, "images": named}).model_dump(mode="json")


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + number // 26**place % 26) for place in range(4))


def _filled(content: Callable[[int], str]) -> dict[str, Any]:
    """Return a document with as many hyperparameters as a job may have, each as long as it may be."""
    numbers = itertools.count()
    values = ["".join(content(next(numbers)) for _ in range(2500 // len(content(0)))) for _ in range(100)]
    listed = [{"slot": "HyperParameters", "name": f"p{n}", "value": value} for n, value in enumerate(values)]
    return complete_with({"hyperparameters": listed}).model_dump(mode="json")


def _evaluated(opa: Path, bundle: Path, document: dict[str, Any]) -> int:
    command = [
        opa,
        "eval",
        "--profile",
        "--profile-limit",
        "100000",
        "--format",
        "json",
        "--stdin-input",
        "--bundle",
        bundle,
    ]
    query = "data.guard.main.decision.decision"
    ran = subprocess.run([*command, query], input=json.dumps(document), capture_output=True, text=True, check=True)
    answer = json.loads(ran.stdout)
    assert answer["result"][0]["expressions"][0]["value"] == "warn"
    return sum(line["num_eval"] for line in answer["profile"])


@pytest.mark.parametrize("job", [lambda n: (n, 1), lambda n: (1, n)], ids=["settings", "images"])
def test_work_grows_in_proportion_to_what_a_job_has(work: Work, job: Callable[[int], tuple[int, int]]) -> None:
    few, more, most = (work(*job(number), 25) for number in (50, 100, 200))
    assert 0 < most - more <= 2.1 * (more - few)


def test_work_grows_in_proportion_to_exemptions_and_patterns(work: Work) -> None:
    few, more, most = (work(50, 50, number) for number in (25, 50, 100))
    assert 0 < most - more <= 2.1 * (more - few)


@pytest.mark.parametrize("job", [lambda n: (n, 1), lambda n: (1, n)], ids=["settings", "images"])
def test_exemptions_and_patterns_cost_the_same_for_a_larger_job(
    work: Work, job: Callable[[int], tuple[int, int]]
) -> None:
    small, large = (work(*job(number), 100) - work(*job(number), 25) for number in (50, 200))
    # A product would make this four times as much.
    assert 0 < large <= 1.3 * small


# What a rule looks for in values, each of which may be there a thousand times.
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda n: f"a{_letters(n).title()}=1,", id="names"),
        pytest.param(lambda n: f"a{_letters(n).title()}=1,trust_remote_code=no,", id="names and switches that are off"),
        pytest.param(lambda n: f"a{_letters(n).title()}=1,trust_remote_code=1,", id="names and switches that are on"),
        pytest.param(lambda n: f"--tr {_letters(n)} ", id="options"),
        pytest.param(lambda n: f"--{_letters(n)}Token x ", id="names of credentials"),
        pytest.param(lambda n: f"--{'password' if n == 0 else _letters(n)} x ", id="a credential among options"),
        pytest.param(lambda n: f"pip install https://{_letters(n)}.example\n", id="packages"),
        pytest.param(lambda n: f"PIP_INDEX_URL=https://{_letters(n)}.example ", id="variables for packages"),
        pytest.param(lambda n: f"--index https://{_letters(n)}.example ", id="package indexes"),
        pytest.param(
            lambda n: f"{'--index' if n == 0 else _letters(n)} https://{_letters(n)}.example ",
            id="an index among others",
        ),
        pytest.param(lambda n: f" s3://{_letters(n)}", id="buckets"),
        pytest.param(lambda n: f" https://{_letters(n)}.s3.amazonaws.com/", id="addresses"),
    ],
)
def test_work_does_not_depend_on_what_values_hold(
    opa: Path, plain: tuple[Path, int], content: Callable[[int], str]
) -> None:
    bundle, harmless = plain
    # A look at each name, option or place would make this thirty times as much, or six hundred.
    assert 0 < _evaluated(opa, bundle, _filled(content)) <= 8 * harmless


def _named(number: int) -> dict[str, Any]:
    listed = [{"slot": "Environment", "name": f"{_letters(n)}_TOKEN", "value": "x"} for n in range(number)]
    return complete_with({"environment": listed}).model_dump(mode="json")


def _commanded(content: Callable[[int], str], number: int) -> dict[str, Any]:
    words = ["".join(content(30 * word + n) for n in range(30)) for word in range(number)]
    return complete_with({"command": {"entrypoint": words, "arguments": None}}).model_dump(mode="json")


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(_named, id="settings"),
        pytest.param(lambda n: _commanded(lambda n: f"--{_letters(n)}Token x ", n // 10), id="options"),
        pytest.param(lambda n: _commanded(lambda n: f"{_letters(n)}=1 ", n // 10), id="variables"),
    ],
)
def test_names_cost_a_look_each_however_they_are_like_those_of_credentials(
    opa: Path, plain: tuple[Path, int], document: Callable[[int], dict[str, Any]]
) -> None:
    few, many = (_evaluated(opa, plain[0], document(number)) for number in (200, 1000))
    # What looks at one name with each expression evaluates two or four times as much.
    assert 0 < many - few <= 100 * 800


def test_overrides_and_exemptions_of_others_cost_a_job_nothing(opa: Path, tmp_path: Path) -> None:
    def evaluated(number: int) -> int:
        accounts = [str(444400000000 + n) for n in range(number)]
        roles = [f"arn:aws:iam::{account}:role/Trainer" for account in accounts]
        rules: dict[str, dict[str, Any]] = {rule_id: {"level": "warn"} for rule_id in RULE_IDS}
        rules["max_runtime"]["overrides"] = [{"role_arn": role, "region": "*", "level": "off"} for role in roles]
        exemptions = [_exemption(n) | {"scope": {"account": account}} for n, account in enumerate(accounts)]
        folder = tmp_path / str(number)
        folder.mkdir()
        return _evaluated(opa, configured_bundle(folder, opa, rules=rules, exemptions=exemptions), _document(1, 1))

    assert 0 < evaluated(200) <= evaluated(1)
