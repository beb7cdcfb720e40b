"""Each known way to spell a denied image so that a deny list misses it, and beside each the near miss that must go on.

Every row is a whole run: a job in the simulated SageMaker, its event, real OPA with a built bundle, and the Stop call or none.
The other ways around are in the modules test_bypasses_*.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guard.opa.engine import EmbeddedOpa
from guard.record import Outcome, Record
from tests.support.jobs import ACCOUNT, ALLOWED, AWS_ECR, HOME, REGION, started_event, status, training_request
from tests.support.jobs import OWN_ECR as OWN

AWS = "763104351884"
DIGEST, OTHER_DIGEST = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
REASON = {"reason": "denied by the security team"}

TAG = "pytorch-training:1.10-cpu-py38"
REPOSITORY = "tensorflow-training"
NESTED = "team/vision/trainer:2"
FULL = f"{OWN}/team/base:7"
CHINA = "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/mxnet-training:1.9"
GOVCLOUD = "442386744353.dkr.ecr.us-gov-west-1.amazonaws.com/mxnet-training:1.9"
PORT = "registry.example.com:5000/team/model"
LATEST = "scratch:latest"
BY_DIGEST = f"sagemaker-xgboost@{DIGEST}"
BOTH = f"autogluon-training:0.8@{DIGEST}"
LONG = "filler-3999:1"
ALIASES = "pytorch-inference:1.10*"
CONTENT = f"*@sha256:{'ef' * 32}"
ANY_REGION = "666666666666.dkr.ecr.*.amazonaws.com/*"

EXEMPT = f"{OWN}/approved/{TAG}"
CONFIG: dict[str, Any] = {
    "rules": {
        "denied_image": {
            "images": {
                **{f"filler-{number}:1": REASON for number in range(4000)},
                **dict.fromkeys(
                    (TAG, REPOSITORY, NESTED, FULL, CHINA, GOVCLOUD, PORT, LATEST, BY_DIGEST, BOTH), REASON
                ),
            },
            "patterns": [{"pattern": pattern, **REASON} for pattern in (ALIASES, CONTENT, ANY_REGION)],
        }
    },
    "exemptions": [
        {
            "id": "EX-1",
            "owner": "ml-platform",
            "reason": "a patched copy",
            "rules": ["denied_image"],
            "scope": {"image": EXEMPT},
            "expires": "2030-12-31",
        }
    ],
}

# The entry that must catch the image, the image, and the nearest image that isn't denied.
SPELLINGS = [
    pytest.param(TAG, f"{AWS_ECR}/{TAG}", f"{AWS_ECR}/pytorch-training:1.10-cpu-py39", id="as it is listed"),
    pytest.param(TAG, f"{OWN}/{TAG}", f"{OWN}/pytorch-training-x:1.10-cpu-py38", id="copied to another account"),
    pytest.param(
        TAG,
        f"{AWS}.dkr.ecr.us-east-1.amazonaws.com/{TAG}",
        f"{AWS}.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:1.10-CPU-py38",
        id="another region; case counts in tags",
    ),
    pytest.param(
        TAG,
        f"{OWN}/ecr-public/deep-learning/{TAG}",
        f"{OWN}/ecr-public/deep-learning/my-{TAG}",
        id="pull-through cache; only on a path border",
    ),
    pytest.param(TAG, f"public.ecr.aws/deep-learning/{TAG}", f"public.ecr.aws/{TAG}-x", id="public ECR"),
    pytest.param(TAG, f"index.docker.io/someone/{TAG}", f"index.docker.io/{TAG}.1", id="another public registry"),
    pytest.param(TAG, TAG, "pytorch-training:1.10", id="without a registry"),
    pytest.param(TAG, f"{AWS_ECR}/{TAG}@{DIGEST}", f"{AWS_ECR}/pytorch-training:2.4@{DIGEST}", id="tag and digest"),
    pytest.param(
        BY_DIGEST,
        f"{AWS_ECR}/sagemaker-xgboost@{DIGEST}",
        f"{AWS_ECR}/sagemaker-xgboost@{OTHER_DIGEST}",
        id="digest",
    ),
    pytest.param(
        BY_DIGEST,
        f"{AWS_ECR}/sagemaker-xgboost@SHA256:{'Ab' * 32}",
        f"{AWS_ECR}/sagemaker-xgboost@SHA256:{'Ac' * 32}",
        id="digest in mixed case",
    ),
    pytest.param(
        BY_DIGEST,
        f"{AWS_ECR}/sagemaker-xgboost:approved@{DIGEST}",
        f"{AWS_ECR}/sagemaker-xgboost:approved",
        id="denied digest behind a harmless tag",
    ),
    pytest.param(
        BOTH,
        f"{OWN}/autogluon-training:0.8@{DIGEST}",
        f"{OWN}/autogluon-training:0.8@{OTHER_DIGEST}",
        id="entry with tag and digest; the tag of another build",
    ),
    pytest.param(
        CONTENT, f"{OWN}/innocent@sha256:{'ef' * 32}", f"{OWN}/innocent@sha256:{'ee' * 32}", id="renamed, by its digest"
    ),
    pytest.param(REPOSITORY, f"{OWN}/tensorflow-training:any", f"{OWN}/tensorflow-training2:any", id="any tag"),
    pytest.param(REPOSITORY, f"{OWN}/tensorflow-training@{DIGEST}", f"{OWN}/tensorflow@{DIGEST}", id="any digest"),
    pytest.param(REPOSITORY, f"{OWN}/tensorflow-training", f"{OWN}/tensorflow-training/x", id="no tag at all"),
    pytest.param(REPOSITORY, f"{OWN}/tensorflow-training:latest", f"{OWN}/tensorflow:latest", id="entry without a tag"),
    pytest.param(LATEST, f"{OWN}/scratch", f"{OWN}/scratch:1", id="no tag means latest"),
    pytest.param(LATEST, f"{OWN}/scratch:latest", f"{OWN}/scratch:latest-1", id="latest itself"),
    pytest.param(
        ALIASES,
        f"{AWS_ECR}/pytorch-inference:1.10.2-cpu-py38-ubuntu20.04-sagemaker",
        f"{AWS_ECR}/pytorch-inference:1.9.1-cpu-py38-ubuntu20.04-sagemaker",
        id="alias tag, long",
    ),
    pytest.param(
        ALIASES,
        f"{OWN}/mirror/pytorch-inference:1.10.0-cpu-py38",
        f"{OWN}/mirror/pytorch-inference:11.10.0-cpu-py38",
        id="alias tag, short, in a mirror",
    ),
    pytest.param(NESTED, f"{OWN}/mirror/{NESTED}", f"{OWN}/vision/trainer:2", id="nested path"),
    pytest.param(FULL, FULL, f"{OWN}/approved/team/base:7", id="entry with a registry means one repository"),
    pytest.param(
        FULL,
        f"{ACCOUNT}.dkr.ecr-fips.{REGION}.amazonaws.com/team/base:7",
        f"{AWS}.dkr.ecr-fips.{REGION}.amazonaws.com/team/base:7",
        id="FIPS endpoint",
    ),
    pytest.param(
        FULL,
        f"{ACCOUNT}.dkr-ecr.{REGION}.on.aws/team/base:7",
        f"{ACCOUNT}.dkr-ecr.eu-west-2.on.aws/team/base:7",
        id="dual-stack endpoint",
    ),
    pytest.param(
        FULL,
        f"{ACCOUNT}.dkr-ecr-fips.{REGION}.on.aws/team/base:7",
        f"{ACCOUNT}.dkr-ecr-fips.{REGION}.on.aws/team/base:8",
        id="dual-stack FIPS endpoint",
    ),
    pytest.param(FULL, f"{OWN}:443/team/base:7", f"{OWN}:8443/team/base:7", id="default port"),
    pytest.param(FULL, f"{OWN.upper()}/team/base:7", f"{OWN.upper()}/team/base:70", id="host in capitals"),
    pytest.param(FULL, f"  {FULL}", "  " + FULL.replace("base", "case"), id="space before"),
    pytest.param(FULL, f"{FULL} \n", f"{FULL}0 \n", id="white space behind"),
    pytest.param(FULL, f"\u00a0{FULL}\t", f"\u00a0{FULL}0\t", id="white space that isn't a space"),
    pytest.param(CHINA, CHINA, CHINA.replace("1.9", "1.8"), id="China"),
    pytest.param(
        CHINA,
        "727897471807.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/mxnet-training:1.9",
        "727897471807.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn/mxnet-training:1.9",
        id="China, dual-stack",
    ),
    pytest.param(
        GOVCLOUD, GOVCLOUD.replace(".ecr.", ".ecr-fips."), GOVCLOUD.replace("gov-west", "gov-east"), id="GovCloud, FIPS"
    ),
    pytest.param(PORT, f"{PORT}:9", PORT.replace("5000", "5001") + ":9", id="private registry with a port"),
    pytest.param(
        PORT,
        f"Registry.Example.COM:5000/team/model@{DIGEST}",
        "registry.example.com/team/model",
        id="private, capitals",
    ),
    pytest.param(
        ANY_REGION,
        "666666666666.dkr-ecr.ap-east-1.on.aws/whatever/it/is:1",
        "666666666667.dkr-ecr.ap-east-1.on.aws/whatever/it/is:1",
        id="a whole account by pattern, dual-stack",
    ),
    pytest.param(LONG, f"{OWN}/filler-3999:1", f"{OWN}/filler-4000:1", id="at the end of a long list"),
]

# What no registry would take as a name; beside each the spelling that one does take.
UNREADABLE = [
    pytest.param(f"{AWS_ECR}/PyTorch-training:2.4", f"{AWS_ECR}/pytorch-training:2.4", id="capitals in the repository"),
    pytest.param(f"{AWS_ECR}/x/../pytorch-training:2.4", f"{AWS_ECR}/x/pytorch-training:2.4", id="way up the path"),
    pytest.param(f"{AWS_ECR}//pytorch-training:2.4", f"{AWS_ECR}/pytorch-training:2.4", id="two slashes"),
    pytest.param(f"https://{ALLOWED}", ALLOWED, id="scheme"),
    pytest.param(f"{AWS_ECR}/pytorch%2Dtraining:2.4", f"{AWS_ECR}/pytorch-training:2.4", id="percent-encoded"),
    pytest.param(
        f"{AWS_ECR}/pyt\u043erch-training:2.4", f"{AWS_ECR}/pytorch-training:2.4", id="letter that looks alike"
    ),
    pytest.param(f"{AWS_ECR}/pytorch\u200b-training:2.4", f"{AWS_ECR}/pytorch-training:2.4", id="invisible character"),
    pytest.param(f"{AWS_ECR}/pytorch-training :2.4", f"{AWS_ECR}/pytorch-training:2.4", id="white space inside"),
    pytest.param(f"{AWS_ECR}/pytorch-training:", f"{AWS_ECR}/pytorch-training", id="empty tag"),
    pytest.param(f"{AWS_ECR}/pytorch-training@sha256:abab", f"{AWS_ECR}/pytorch-training@{DIGEST}", id="short digest"),
    pytest.param(f"{AWS_ECR}./pytorch-training:2.4", f"{AWS_ECR}/pytorch-training:2.4", id="host with a last dot"),
    pytest.param("r.example.com:05000/a:1", "r.example.com:5000/a:1", id="port with a leading zero"),
    pytest.param("", ALLOWED, id="empty"),
]


@pytest.fixture
def run(guard, sagemaker, engine_with) -> Callable[..., Record]:
    """Run a training job on an image through the guard; without an engine, the one that has CONFIG."""

    def start(image: str, engine: EmbeddedOpa | None = None, **members: Any) -> Record:
        sagemaker.create_training_job(TrainingJobName="job-1", **training_request(image, **members))
        event = started_event(sagemaker, "training", "job-1")
        (record,) = guard(engine=engine or engine_with(**CONFIG)).handle(event, HOME)
        return record

    return start


def entries(record: Record) -> list[str]:
    return [
        finding.details["entry"]
        for finding in record.findings
        if finding.rule_id == "denied_image" and finding.exempted_by is None
    ]


@pytest.mark.parametrize(("entry", "image", "near_miss"), SPELLINGS)
class TestSpellings:
    def test_stopped(self, run, sagemaker, entry, image, near_miss) -> None:
        record = run(image)
        assert (record.outcome, entries(record)) == (Outcome.STOPPED, [entry])
        assert status(sagemaker, "training", "job-1") in {"Stopping", "Stopped"}

    def test_near_miss_goes_on(self, run, sagemaker, control, entry, image, near_miss) -> None:
        record = run(near_miss)
        assert (record.outcome, entries(record), control.operations("Stop")) == (Outcome.NOT_DENIED, [], [])
        assert status(sagemaker, "training", "job-1") == "InProgress"


@pytest.mark.parametrize(("image", "near_miss"), UNREADABLE)
class TestUnreadable:
    """A reference that can't be read is denied for that, and by no entry."""

    def test_stopped(self, run, sagemaker, shipped_engine, image, near_miss) -> None:
        record = run(image, shipped_engine)
        assert (record.outcome, entries(record)) == (Outcome.STOPPED, [])
        assert "unresolved_image" in record.evaluation.decision.rule_ids
        assert status(sagemaker, "training", "job-1") in {"Stopping", "Stopped"}

    def test_near_miss_goes_on(self, run, sagemaker, control, shipped_engine, image, near_miss) -> None:
        record = run(near_miss, shipped_engine)
        assert (record.outcome, control.operations("Stop")) == (Outcome.NOT_DENIED, [])
        assert status(sagemaker, "training", "job-1") == "InProgress"


def test_an_entry_without_a_registry_stops_a_reviewed_copy_too(run) -> None:
    """The price of catching mirrors: what is at the end of a longer path counts as the same image."""
    assert run(f"{OWN}/reviewed/{TAG}").outcome == Outcome.STOPPED


def test_a_reviewed_copy_goes_on_by_an_exemption_of_its_full_name(run, control) -> None:
    record = run(EXEMPT)
    assert (record.outcome, control.operations("Stop")) == (Outcome.NOT_DENIED, [])
    assert [finding.exempted_by for finding in record.findings if finding.rule_id == "denied_image"] == ["EX-1"]


def test_the_tag_of_an_exempted_image_vouches_for_no_digest_behind_it(run) -> None:
    record = run(f"{EXEMPT}@sha256:{'cd' * 32}")
    assert (record.outcome, entries(record)) == (Outcome.STOPPED, [TAG])


def test_an_exempted_image_vouches_for_no_other_image_of_the_job(run) -> None:
    rules = [{"RuleConfigurationName": "rule", "RuleEvaluatorImage": f"{AWS_ECR}/{TAG}"}]
    record = run(EXEMPT, DebugRuleConfigurations=rules)
    assert (record.outcome, entries(record)) == (Outcome.STOPPED, [TAG])
