"""What secret_in_environment takes for a credential's name as it is shipped: the names of its tests are their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.authoring.opa import Opa
from tests.support.policies import POLICIES, ROOT

CREDENTIALS = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET_ID",
    "DATABRICKS_TOKEN",
    "DB_PASS",
    "DB_PASSWORD",
    "HF_TOKEN",
    "MYSQL_PWD",
    "NPM_TOKEN",
    "OPENAI_KEY",
    "OPENAI_API_KEY",
    "PGPASS",
    "PGPASSWORD",
    "REFRESH_TOKEN",
    "SAS_TOKEN",
    "SLACK_BOT_TOKEN",
    "TOKEN",
    "WANDB_API_KEY",
    "accessToken",
    "api-key",
]
OTHERS = [
    "DB_SECRET_ARN",
    "HF_TOKEN_PATH",
    "OLDPWD",
    "PWD",
    "SECRET_NAME",
    "additional_special_token",
    "bos_token",
    "bypass",
    "cls_token",
    "compass",
    "encryption_key_id",
    "eos_token",
    "eos_token_id",
    "label_key",
    "mask_token",
    "max_new_tokens",
    "max_token",
    "max_tokens",
    "monkey",
    "num_secrets",
    "num_pass",
    "pad_token",
    "sep_token",
    "single_pass",
    "sort_key",
    "tokenizer",
    "unk_token",
]


@pytest.fixture(scope="module")
def found(opa: Path) -> set[str]:
    """The names that the shipped policies report of a job that sets them all."""
    settings = [{"slot": "Environment", "name": name, "value": "3"} for name in CREDENTIALS + OTHERS]
    findings = Opa(opa, ROOT).json(
        *("eval", "--format", "raw", "--bundle", POLICIES, "--stdin-input"),
        "data.guard.rules.secret_in_environment.findings",
        given=json.dumps({"environment": settings, "hyperparameters": []}),
    )
    return {finding["details"]["setting"] for finding in findings}


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credentials_name_is_found(found: set[str], name: str) -> None:
    assert name in found


@pytest.mark.parametrize("name", OTHERS)
def test_another_name_is_harmless(found: set[str], name: str) -> None:
    assert name not in found
