"""What secret_in_environment takes for a credential as it is shipped: settings as jobs have them, and words of commands.

The credentials are made up, and put together here, so that no scanner takes this file for a leak.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import Opa
from tests.support.policies import POLICIES, SHIPPED

HEX = "0123456789abcdef"
MIXED = "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3cF6"
PATH = "/opt/ml/input/data/keys/key.json"

# Found by their name, whatever the value; here it is one that says nothing.
NAMES = [
    "ACCOUNT_KEY",
    "db.pwd",
    "trainer.logger.token",
    "ADMIN_PASSWORD",
    "ANTHROPIC_API_KEY",
    "API_TOKEN",
    "ARTIFACTORY_API_KEY",
    "AUTH_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "AZURE_OPENAI_KEY",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_CONNECTION_STRING",
    "BASIC_AUTH_PASSWORD",
    "CLIENT_SECRET",
    "COMET_API_KEY",
    "DATABASE_PASSWORD",
    "DATABRICKS_TOKEN",
    "DB_PASS",
    "DB_PASSWORD",
    "DD_API_KEY",
    "DJANGO_SECRET_KEY",
    "DOCKER_PASSWORD",
    "ENCRYPTION_KEY",
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
    "HFToken",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "JWT_SECRET",
    "KAGGLE_KEY_PASSPHRASE",
    "KEYSTORE_PASSWD",
    "LANGCHAIN_API_KEY",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "MYSQL_PWD",
    "NEPTUNE_API_TOKEN",
    "NPM_TOKEN",
    "OPENAI_API_KEY",
    "OPENAI_KEY",
    "PGPASS",
    "PGPASSWORD",
    "PRIVATE_KEY",
    "REDIS_PASSWORD",
    "REFRESH_TOKEN",
    "SAS_TOKEN",
    "SECRET",
    "SIGNING_KEY",
    "SLACK_BOT_TOKEN",
    "SMTP_PASSWORD",
    "SNOWFLAKE_PASSWORD",
    "SPLUNK_HEC_TOKEN",
    "SSH_PRIVATE_KEY",
    "TOKEN",
    "VAULT_SECRET_ID",
    "WANDB_API_KEY",
    "accessToken",
    "ACCESS_TOKEN_SECRET",
    "DB_CREDENTIALS",
    "REMOTE_FUNCTION_SECRET_KEY_2",
    "SECRETS",
    "api-key",
    "awscredentials",
    "clientsecret",
    "credentialJson",
    "credentialsId2",
    "db_secret",
    "mySecretValue",
    "secretaccesskey",
    "secretary_password",
    "secretid2",
    "secretkey",
    "secrettoken",
    "topSecret",
    "apikey",
    "db_pwd",
    "password",
    "user_token",
]
# Found by their value, whatever the name.
VALUES = {
    "AWS access key": "AKIA" + "ABCDEFGHIJKLMNOP",
    "AWS temporary access key": "ASIA" + "ABCDEFGHIJKLMNOP",
    "AWS session token": "IQoJb3JpZ2lu" + "X2VjEAAaCXVzLWVhc3QtMSJHMEUCIQ",
    "AWS older session token": "FwoGZXIvYXdz" + "EBYaDHqa0AP1AbcdefGhIjKlMn",
    "AWS Bedrock key": "ABSKQmVkcm9j" + "a0FQSUtleS1hYmNkZWZnaGlqa2w=",
    "AWS presigned URL": "https://b.s3.amazonaws.com/x?X-Amz-Signa" + f"ture={HEX * 4}",
    "RSA key": "-----BEGIN RSA" + " PRIVATE KEY-----\nMIIE",
    "key of OpenSSH": "-----BEGIN OPENSSH" + " PRIVATE KEY-----",
    "key in JSON": '{"private_key": "-----BEGIN' + ' PRIVATE KEY-----\\nMIIE"}',
    "age key": "AGE-SECRET-" + "KEY-1QQPQZRQ",
    "GitHub": "ghp" + f"_{MIXED}",
    "GitHub app": "ghs" + f"_{MIXED}",
    "GitHub, fine-grained": "github_" + f"pat_{MIXED}",
    "GitLab": "glpat" + f"-{MIXED[:20]}",
    "npm": "npm" + f"_{MIXED}",
    "npm's configuration": "//registry.example.com/:_authToken=npm" + f"_{MIXED}",
    "PyPI": "pypi" + f"-AgEIcHlwaS5vcmc{MIXED}",
    "Docker Hub": "dckr_" + f"pat_{MIXED[:27]}",
    "Atlassian": "ATATT" + f"3xFfGF0{MIXED}",
    "Hugging Face": "hf" + f"_{MIXED[:34]}",
    "Hugging Face, quoted": '"hf' + f'_{MIXED[:34]}"',
    "OpenAI": "sk" + f"-{MIXED}",
    "OpenAI project": "sk" + f"-proj-{MIXED}",
    "Anthropic": "sk" + f"-ant-api03-{MIXED}",
    "Groq": "gsk" + f"_{MIXED}",
    "NVIDIA": "nvapi" + f"-{MIXED}",
    "LangSmith": "lsv2_" + f"pt_{MIXED}",
    "Google": "AIza" + MIXED[:35],
    "Google OAuth": "ya29" + f".{MIXED}",
    "Google client secret": "GOCSPX" + f"-{MIXED[:28]}",
    "Azure client secret": "abc8" + f"Q~{MIXED[:34]}",
    "Azure storage": "DefaultEndpointsProtocol=https;AccountName=a;Account" + f"Key={MIXED}==;EndpointSuffix=x",
    "Azure service bus": "Endpoint=sb://a.example/;SharedAccessKeyName=r;SharedAccess" + f"Key={MIXED}=",
    "Azure SAS": "https://a.blob.example/c/x?sv=2024-11-04&sp=r&s" + f"ig={MIXED}%3D",
    "Databricks": "dapi" + HEX * 2,
    "Databricks, second": "dapi" + HEX * 2 + "-2",
    "DigitalOcean": "dop_" + f"v1_{HEX * 4}",
    "Vault": "hvs" + f".{MIXED}",
    "Terraform": "abcdefghij1234" + f".atlasv1.{MIXED}",
    "Grafana": "glsa" + f"_{MIXED}",
    "New Relic": "NRAK" + "-ABCDEFGHIJKLMNOPQRSTUVWXYZ1",
    "Postman": "PMAK" + f"-{HEX}{HEX}",
    "Doppler": "dp" + f".pt.{MIXED}",
    "Slack bot": "xoxb" + "-123456789012-abcdefghijkl",
    "Slack user": "xoxp" + "-123456789012-abcdefghijkl",
    "Slack app": "xapp" + "-1-A0123456789-123456",
    "Slack webhook": "https://hooks.slack.com/serv" + "ices/T0123/B0123/abcdefghijkl",
    "Stripe": "sk_" + f"live_{MIXED[:24]}",
    "Stripe test": "rk_" + f"test_{MIXED[:24]}",
    "Stripe webhook": "whsec" + f"_{MIXED[:32]}",
    "Square": "sq0" + f"atp-{MIXED[:22]}",
    "Shopify": "shpat" + f"_{HEX * 2}",
    "SendGrid": "SG" + f".{MIXED[:22]}.{MIXED}",
    "Mailgun": "key" + f"-{HEX * 2}",
    "Twilio": "SK" + HEX * 2,
    "JWT": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",
    "Bearer": "Bearer" + f" {MIXED}",
    "Bearer in a header": "Authorization: bearer" + f" {MIXED}",
    "Basic in a header": "Authorization: Basic" + " dXNlcjpodW50ZXIy",
    "Postgres": "postgresql://user" + ":hunter2@db.example:5432/x",
    "Postgres, percent-encoded": "postgresql://user" + ":%23hunter2@db.example:5432/x",
    "Redis": "redis://" + ":hunter2@cache.example:6379",
    "package index": "https://user" + ":hunter2@packages.example.com/simple",
    "Mongo with a colon": "mongodb+srv://user" + ":hun:ter2@db.example/x",
    "SQL Server": "Server=db;Database=x;User Id=a;Pass" + "word=hunter2;",
    "JDBC": "jdbc:postgresql://db.example/x?user=a&pass" + "word=hunter2",
    "JSON": '{"db": {"user": "a", "pass' + 'word": "hunter2"}}',
    "JSON in JSON": r'"{\"db\": {\"pass' + r'word\": \"hunter2\"}}"',
    "libpq": "host=db.example user=a pass" + "word=hunter2 dbname=x",
    "option": "python load.py --password hunter2",
    "list of arguments": json.dumps(["--epochs", "1", "--api-key", "hunter2"]),
    "quoted option": json.dumps('--db-password="hunter2"'),
    "variable before a program": "DB_PASSWORD=hunter2 python load.py",
    "variable for MPI": "-x NCCL_DEBUG=INFO -x DB_PASSWORD=hunter2",
    "property of Java": "-Djavax.net.ssl.keyStorePassword=hunter2",
    "property of Spark": "--conf spark.hadoop.fs.s3a.secret.key=hunter2",
}
# Neither their name nor their value is a credential's.
HARMLESS = {
    "AWS_REGION": "eu-west-1",
    "AZURE_CLIENT_SECRET_ID": "0a1b2c3d-0000-4000-8000-000000000000",
    "API_KEY_ENV": "OPENAI_API_KEY",
    "COMPASS": "north",
    "CREDENTIAL_SOURCE": "Ec2InstanceMetadata",
    "KMS_ENCRYPTION_KEY": "0a1b2c3d-0000-4000-8000-000000000000",
    "REMOTE_FUNCTION_SECRET_KEY": HEX * 4,
    "TOKEN_ENV_VAR": "HF_TOKEN",
    "accredentialed": "x",
    "api_key_env": "OPENAI_API_KEY",
    "credentialing": "x",
    "credentials": "instance-profile",
    "delimiter_token": "|",
    "insulin_secretion": "0.2",
    "masking_token": "mask",
    "mySecretion": "0.2",
    "secretary": "x",
    "secretion": "0.2",
    "secretory_rate": "0.2",
    "target_credential_rate": "0.2",
    "USER_TOKEN": "<|user|>",
    "inst_token": '"[/INST]"',
    "SPECIALToken": "<x>",
    "apiKeyId": "0a1b2c3d-0000-4000-8000-000000000000",
    "dbSecretName": "prod/db",
    "maxToken": "3",
    "numSecrets": "3",
    "padToken": "[PAD]",
    "passwordColumn": "pw_hash",
    "tokenUrl": "https://auth.example.com/token",
    "config_with_columns": '{"password_column": "pw_hash", "columns": ["password", "age"]}',
    "arguments_of_a_file": "--password-file /run/x --tokenizer bert",
    "arguments_of_a_model": json.dumps(["--max_new_tokens", "5", "--pad_token", "x", "--output_key", "y"]),
    "assignments": "max_token=5,tokenizer=bert,eos_token=</s>,learning_rate=0.1",
    "counts": '{"token_count": 5, "secret_name": "prod/db"}',
    "variables_for_mpi": "-x DB_PASSWORD -x NCCL_DEBUG=INFO -x TOKENIZERS_PARALLELISM=false",
    "references": "--db-secret arn:aws:secretsmanager:eu-west-1:1:secret:db --password ssm:/prod/db --token ${TOKEN}",
    "SPARK_CONF": "--conf spark.hadoop.fs.s3a.aws.credentials.provider=com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
    "SETUP": "git config --global credential.helper store; --git-credential-helper store",
    "config_with_reference": '{"password": "${DB_PASSWORD}", "passwd": null, "pwd": ""}',
    "CREDENTIALS_FILE": PATH,
    "DB_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db",
    "DB_SECRET_NAME": "prod/db",
    "GOOGLE_APPLICATION_CREDENTIALS": PATH,
    "HF_TOKEN_PATH": "/root/.cache/token",
    "KMS_KEY": "alias/ml",
    "NVIDIA_REQUIRE_CUDA": "cuda>=12.4 brand=unknown,driver>=470",
    "OLDPWD": "/root",
    "PATH": "/usr/bin:/bin",
    "PGPASSFILE": PATH,
    "PWD": "/opt/ml/code",
    "SAGEMAKER_SUBMIT_DIRECTORY": "s3://sagemaker-eu-west-1-123456789012/x/source/sourcedir.tar.gz",
    "SECRET": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db",
    "SECRET_ID": "prod/db",
    "SECRET_NAME": "prod/db",
    "SECRET_REF": "ssm:/prod/db/password",
    "DB_PASSWORD": "{{resolve:secretsmanager:db:SecretString:password}}",
    "API_KEY": "${API_KEY}",
    "AUTH_TOKEN": "$TOKEN",
    "CLIENT_SECRET": "<your client secret>",
    "ACCESS_TOKEN": "",
    "NPM_TOKEN": "null",
    "TOKEN": "false",
    "TOKENIZERS_PARALLELISM": "false",
    "TOKEN_COUNT": "3",
    "TOKEN_URL": "https://auth.example.com/token",
    "USE_AUTH_TOKEN": "1",
    "additional_special_token": "<x>",
    "assistant_token": "<|assistant|>",
    "bos_token": "<s>",
    "bypass": "1",
    "cls_token": "[CLS]",
    "credential_provider": "env",
    "credentials_type": "oauth",
    "decoder_start_token": "</s>",
    "design_url": "https://example.com/?design=" + MIXED,
    "encryption_key": "alias/ml",
    "encryption_key_id": "0a1b2c3d-0000-4000-8000-000000000000",
    "eos_token": "</s>",
    "eos_token_id": "2",
    "first_pass": "3",
    "git_commit": HEX * 2,
    "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a@sha256:" + HEX * 4,
    "job_id": "0a1b2c3d-0000-4000-8000-000000000000",
    "keyboard": "qwerty",
    "label_key": "label",
    "learning_rate": "0.001",
    "mask_token": "[MASK]",
    "max_new_tokens": "512",
    "max_token": "3",
    "max_tokens": "3",
    "model": "sk-learn-pipeline-of-the-churn-team",
    "monkey": "patch",
    "num_pass": "3",
    "num_secrets": "3",
    "optimizer": "adam",
    "pad_token": "[PAD]",
    "passenger_count": "3",
    "password_column": "pw_hash",
    "password_policy": "strong",
    "primary_key": "id",
    "prompt": "Write about the bearer of good news",
    "public_key": "ssh-ed25519 AAAAC3Nza",
    "s3_path": "s3://bucket/a:b@c",
    "secret-id": "prod/db",
    "secret_id": "prod/db",
    "WANDB_SECRET_ID": "prod/wandb",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "low_pass": "0.5",
    "bandpass": "0.1,0.5",
    "instruction_token": "[INST]",
    "response_token": "### Response",
    "sep_token": "[SEP]",
    "single_pass": "true",
    "sort_key": "date",
    "start_token": "1",
    "target_token": "yes",
    "token_field": "tokens",
    "tokenizer": "bert-base-uncased",
    "train_url": "https://example.com:443/a@b",
    "unk_token": "[UNK]",
}
COMMANDS = {
    "option and value": (["--password", "hunter2"], True),
    "option with value": (["--db-password=hunter2"], True),
    "variable of a shell": (["-c", "DB_PASSWORD=hunter2 python train.py"], True),
    "token behind an option": (["--hf-token", "hunter2"], True),
    "header": (["-c", "curl -H 'Authorization: Bearer" + f" {MIXED}' x"], True),
    "ARN behind an option": (["--secret", "arn:aws:secretsmanager:eu-west-1:1:secret:db"], False),
    "name behind an option": (["--secret-name", "prod/db"], False),
    "column behind an option": (["--password-column", "pw"], False),
    "variable that is passed on": (["-c", "DB_PASSWORD=$DB_PASSWORD python train.py"], False),
    "tokens to make": (["--max-new-tokens", "512", "--pad-token=x"], False),
    "option without value": (["--password", "--verbose"], False),
    "id of a secret": (["-c", "aws secretsmanager get-secret-value --secret-id prod/db --query SecretString"], False),
    "file behind an option": (["--credentials", PATH], False),
    "standard input": (["-c", "docker login -u AWS --password-stdin registry.example.com"], False),
}


def test_the_tables_are_long_enough_to_mean_something() -> None:
    assert len(NAMES) + len(VALUES) + len(HARMLESS) >= 200


@pytest.fixture(scope="module")
def findings(opa: Path) -> list[dict[str, Any]]:
    """What the shipped policies report of jobs that have all settings among them."""
    settings = [
        *({"slot": "named", "name": name, "value": "hunter2"} for name in NAMES),
        *({"slot": "valued", "name": name, "value": value} for name, value in VALUES.items()),
        *({"slot": "harmless", "name": name, "value": value} for name, value in HARMLESS.items()),
    ]
    # More than a hundred names like credentials' in one job are one finding.
    documents = [
        {"environment": settings[n : n + 50], "hyperparameters": [], "command": {"entrypoint": None, "arguments": None}}
        for n in range(0, len(settings), 50)
    ]
    return [finding for found in _findings(opa, documents) for finding in found]


def _findings(opa: Path, documents: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    rule = "data.guard.rules.secret_in_environment"
    query = f"[findings | some document in input; findings := {rule}.findings with input as document]"
    answer: list[list[dict[str, Any]]] = Opa(opa, SHIPPED).json(
        *("eval", "--format", "raw", "--bundle", POLICIES, "--stdin-input"), query, given=json.dumps(documents)
    )
    return answer


def _found(findings: list[dict[str, Any]], slot: str) -> list[str]:
    return sorted(one["details"]["setting"] for one in findings if one["details"]["slot"] == slot)


@pytest.mark.parametrize("name", NAMES)
def test_a_credentials_name_is_found_once(findings: list[dict[str, Any]], name: str) -> None:
    assert _found(findings, "named").count(name) == 1


@pytest.mark.parametrize("name", VALUES)
def test_a_credential_is_found_once(findings: list[dict[str, Any]], name: str) -> None:
    assert _found(findings, "valued").count(name) == 1


@pytest.mark.parametrize("name", HARMLESS)
def test_another_setting_is_harmless(findings: list[dict[str, Any]], name: str) -> None:
    assert name not in _found(findings, "harmless")


def test_no_value_is_shown(findings: list[dict[str, Any]]) -> None:
    shown = json.dumps(findings)
    assert not [value for value in ("hunter2", MIXED[:20], HEX) if value in shown]


def test_commands_with_a_credential_are_found_once_and_others_not(opa: Path) -> None:
    documents = [
        {"environment": [], "hyperparameters": [], "command": {"entrypoint": None, "arguments": words}}
        for words, _ in COMMANDS.values()
    ]
    found = [len(findings) for findings in _findings(opa, documents)]
    assert dict(zip(COMMANDS, found, strict=True)) == {name: int(expected) for name, (_, expected) in COMMANDS.items()}
