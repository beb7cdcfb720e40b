"""The cost of a decision inside OPA, measured by `opa bench`: the shipped policies compared with a bare rule.

make benchmark

The bare rule only looks an image up in a mapping. All measurements take turns in one run, and only ratios can be compared across
machines.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from benchmarks.documents import document
from guard.authoring.bundle import pack_bundle
from guard.authoring.opa import LIMITS, Opa
from guard.opa.binary import find_opa

ROUNDS = 3
# A training job as an SDK creates it: script mode, some hyperparameters and variables, two channels, a VPC.
TYPICAL: dict[str, Any] = {
    "hyperparameters": [
        {"slot": "HyperParameters", "name": name, "value": value}
        for name, value in {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": '"s3://team-bucket/train-1/source/sourcedir.tar.gz"',
            "sagemaker_job_name": '"train-1"',
            "sagemaker_region": '"eu-west-1"',
            "sagemaker_container_log_level": "20",
            "epochs": "10",
            "batch_size": "64",
            "learning_rate": "0.001",
            "optimizer": '"adam"',
            "seed": "7",
        }.items()
    ],
    "environment": [
        {"slot": "Environment", "name": name, "value": value}
        for name, value in {"STAGE": "dev", "LOG_LEVEL": "INFO", "TEAM": "churn", "NCCL_DEBUG": "WARN"}.items()
    ],
    "network": {
        "isolated": False,
        "vpc": {"subnets": ["subnet-0a1b2c3d", "subnet-1b2c3d4e"], "security_groups": ["sg-0a1b2c3d"]},
        "encrypted_traffic": True,
    },
    "storage": {
        "inputs": [
            {
                "name": name,
                "type": "s3",
                "uri": f"s3://team-bucket/{name}",
                "bucket": "team-bucket",
                "account": None,
                "local_path": None,
            }
            for name in ("training", "validation")
        ],
        "outputs": [
            {
                "name": "OutputDataConfig",
                "uri": "s3://team-bucket/models",
                "bucket": "team-bucket",
                "account": None,
                "kms_key": None,
            }
        ],
        "volumes": [{"name": "ResourceConfig", "kms_key": None}],
    },
}
CONFIG = Path("guard/config/data.yaml")


# The same job by somebody who follows the rules: isolated, encrypted with the account's own key.
KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000"
CAREFUL = TYPICAL | {
    "network": TYPICAL["network"] | {"isolated": True},
    "storage": {
        "inputs": TYPICAL["storage"]["inputs"],
        "outputs": [output | {"kms_key": KEY} for output in TYPICAL["storage"]["outputs"]],
        "volumes": [{"name": "ResourceConfig", "kms_key": KEY}],
    },
}
DOCUMENTS = {"careful": CAREFUL, "careless": TYPICAL}
POLICIES = Path("policies")
LENGTHS = (10, 1_000, 100_000)
PATTERNS = (1, 10, 100)
LAST_PATTERNS = {"none names the image": "team/image-*", "the last one does": "pytorch-training:1.*"}
# Goals as multiples of the bare rule and of the deny list alone.
GOALS = {"deny list alone": (12.0, 1.0), "as shipped": (25.0, None), "all rules on": (60.0, 2.5)}
BARE = """package bare

decision := {"decision": "deny", "reason": data.images[image.repository].reason} if some image in input.images
"""


def configured(folder: Path, name: str, levels: dict[str, str], more: dict[str, Any] | None = None) -> Path:
    """Copy the policies into a folder of this name, and return it; if levels are given, rules have these and no overrides.

    `more` has `exemptions`, and `images` and `patterns` of `denied_image`, which are added to the configuration, and `parameters`
    by rule id, which replace those of the configuration.
    """
    root = folder / name
    shutil.copytree(POLICIES, root / POLICIES, ignore=shutil.ignore_patterns("*_test.rego"))
    shutil.copytree("schemas", root / "schemas")
    for file in LIMITS[1:]:
        shutil.copyfile(file, root / file)
    config: dict[str, Any] = yaml.safe_load((root / POLICIES / CONFIG).read_text())
    for rule_id, rule in config["rules"].items():
        if levels:
            rule["level"] = levels.get(rule_id, levels["*"])
            rule.pop("overrides", None)
    given = more or {}
    for rule_id, parameters in given.get("parameters", {}).items():
        config["rules"][rule_id] |= parameters
    config["exemptions"] += given.get("exemptions", [])
    config["rules"]["denied_image"]["images"] |= given.get("images", {})
    config["rules"]["denied_image"]["patterns"] += given.get("patterns", [])
    (root / POLICIES / CONFIG).write_text(yaml.dump(config, Dumper=yaml.CSafeDumper))
    return root


def packed(opa: Path, root: Path) -> Path:
    """Build the bundle of the policies of `configured`."""
    target = Path("bundle.tar.gz")
    ran = pack_bundle(Opa(opa, root), POLICIES, target)
    if ran.code != 0:
        raise RuntimeError(ran.output)
    return root / target


def bench(opa: Path, payload: Path, query: str, *source: str | Path) -> float:
    """Return the microseconds of one evaluation."""
    command = [opa, "bench", *source, "--input", payload, "--format", "json", query]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return float(answer["T"]) / float(answer["N"]) / 1000


def findings(opa: Path, bundle: Path, payload: Path) -> int:
    """Return how many findings the decision has."""
    query = "count(data.guard.main.decision.findings)"
    command = [opa, "eval", "--bundle", bundle, "--input", payload, "--format", "raw", query]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def in_turns(opa: Path, payload: Path, bare: Path, bundles: dict[Any, Path]) -> tuple[float, dict[Any, float]]:
    """Return the microseconds of the bare rule and of each bundle's decision, the minimum of ROUNDS."""
    plain: list[float] = []
    times: dict[Any, list[float]] = {name: [] for name in bundles}
    for _ in range(ROUNDS):
        plain.append(bench(opa, payload, "data.bare.decision", "--data", bare))
        for name, bundle in bundles.items():
            times[name].append(bench(opa, payload, "data.guard.main.decision", "--bundle", bundle))
    return min(plain), {name: min(values) for name, values in times.items()}


def main() -> None:
    opa = find_opa(os.environ)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = folder / "bare"
        bare.mkdir()
        (bare / "bare.rego").write_text(BARE)
        images = {f"image-{n}": {"reason": "benchmark"} for n in range(10)} | {"pytorch-training": {"reason": "old"}}
        (bare / "data.json").write_text(json.dumps({"images": images}))
        alone = {"*": "off", "denied_image": "deny"}
        bundles = {
            "deny list alone": packed(opa, configured(folder, "alone", alone)),
            "as shipped": packed(opa, configured(folder, "shipped", {})),
            "all rules on": packed(opa, configured(folder, "all", {"*": "warn", "denied_image": "deny"})),
        }
        payloads = {title: folder / f"{title}.json" for title in DOCUMENTS}
        for title, payload in payloads.items():
            payload.write_text(document(tag="1.10-cpu-py38", **DOCUMENTS[title]).model_dump_json())
            least, times = in_turns(opa, payload, bare, bundles)
            sys.stdout.write(f"{title} job, bare rule: {least:.0f} us\n")
            for kind, value in times.items():
                most, most_alone = GOALS[kind]
                against = value / times["deny list alone"]
                goal = "" if most_alone in (None, 1.0) else f" (goal {most_alone:g}x)"
                sys.stdout.write(
                    f"{title} job, {kind:16} {value:6.0f} us, {findings(opa, bundles[kind], payload)} findings: "
                    f"{value / least:.1f}x the bare rule (goal {most:g}x), {against:.2f}x the deny list alone{goal}\n"
                )
        lists = {
            length: packed(opa, configured(folder, f"list-{length}", alone, {"images": entries(length)}))
            for length in LENGTHS
        }
        _, times = in_turns(opa, payloads["careful"], bare, lists)
        for length, value in times.items():
            sys.stdout.write(
                f"{length:7,} entries: {value:6.0f} us = {value / times[LENGTHS[0]]:.2f}x (goal 1.0x: flat)\n"
            )
        many = {
            (length, title): packed(opa, configured(folder, f"{length}-{title}", alone, patterns(length, last)))
            for length in PATTERNS
            for title, last in LAST_PATTERNS.items()
        }
        _, times = in_turns(opa, payloads["careful"], bare, many)
        for (length, title), value in times.items():
            against = value / times[PATTERNS[0], title]
            sys.stdout.write(f"{length:7,} patterns, {title:21}{value:6.0f} us = {against:.2f}x\n")


def entries(count: int) -> dict[str, Any]:
    """Return this number of exact entries, none of which matches an image of the documents."""
    return {f"team/image-{n}:1.{n}": {"reason": "benchmark"} for n in range(count)}


def patterns(count: int, last: str) -> dict[str, Any]:
    """Return this number of patterns, of which only the last can match the documents' image, and no exact entries."""
    entries = [*(f"team-{n}/*-tool:{n}.*" for n in range(1, count)), last]
    given = {"images": {}, "patterns": [{"pattern": pattern, "reason": "benchmark"} for pattern in entries]}
    return {"parameters": {"denied_image": given}}


if __name__ == "__main__":
    main()
