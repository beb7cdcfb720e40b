"""Storage locations: S3 URIs in every spelling, ARNs, file systems, data sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from guard.document import InputType, StorageInput, StorageOutput
from guard.extract.reading import Node, accepted, child, text
from guard.images import ECR_DOMAINS

_ACCESS_POINT = re.compile(
    r"(?P<bucket>arn:[^:/]*:s3[^:/]*:[^:/]*:(?P<account>[0-9]*):accesspoint[/:][^/:]+)(?:/.*)?", re.DOTALL
)
_ARN_ACCOUNT = re.compile(r"arn:[^:/]*:[^:/]*:[^:/]*:(?P<account>[0-9]{12}):.*", re.DOTALL)
_S3 = re.compile(r"s3://(?P<rest>(?P<bucket>[^/]+).*)", re.DOTALL | re.IGNORECASE)
# The plain domains of all partitions.
_DOMAINS = "|".join(re.escape(plain) for plain, _ in ECR_DOMAINS.values())
# Text before an `@` isn't a bucket. The match requires the last `s3` of the host, so that a host with many of them isn't slow.
_HTTPS = re.compile(
    r"https://(?:(?P<virtual>[^/@]+)\.)?s3(?:-[a-z0-9-]+)?(?:\.(?!s3[.-])[a-z0-9-]*)*"
    rf"\.(?:{_DOMAINS})(?::[0-9]+)?(?:/(?P<path>[^/]*).*)?",
    re.DOTALL | re.IGNORECASE,
)
# `bucket` in the host name of a VPC interface endpoint (`.vpce.`); in other host names, it is a bucket's name.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html
_ENDPOINT = re.compile(r"(https://(?:[^/@]+\.)?)bucket\.vpce-[a-z0-9-]+\.(s3\.[a-z0-9-]+\.vpce\.)", re.IGNORECASE)


def bucket_and_account(uri: str | None) -> tuple[str | None, str | None]:
    """Return bucket (or access point ARN) and account from a URI; None for each that it doesn't contain."""
    if uri is None:
        return None, None
    if match := _S3.fullmatch(uri):
        point = _ACCESS_POINT.fullmatch(match["rest"])
        return (point["bucket"], point["account"] or None) if point else (match["bucket"], None)
    if match := _HTTPS.fullmatch(_without_endpoint(uri)):
        return match["virtual"] or match["path"] or None, None
    match = _ARN_ACCOUNT.fullmatch(uri)
    return None, match["account"] if match else None


def _without_endpoint(uri: str) -> str:
    found = _ENDPOINT.match(uri)
    return f"{found[1]}{found[2]}{uri[found.end() :]}" if found else uri


def storage_input(
    name: str, uri: str | None, local_path: str | None = None, kind: InputType = "s3", **more: Any
) -> StorageInput:
    """Return an input with bucket and account from its URI; `more` are further fields."""
    bucket, account = bucket_and_account(uri)
    return StorageInput(name=name, type=kind, uri=uri, bucket=bucket, account=account, local_path=local_path, **more)


def storage_output(name: str, uri: str | None, kms_key: str | None, local_path: str | None = None) -> StorageOutput:
    """Return an output with bucket and account from its URI."""
    bucket, account = bucket_and_account(uri)
    return StorageOutput(name=name, uri=uri, bucket=bucket, account=account, kms_key=kms_key, local_path=local_path)


def outputs(node: Node, name: str, uri_field: str, *path: str) -> tuple[StorageOutput, ...]:
    """Return the output of the configuration at the path, if it has a location."""
    found = child(node, *path)
    uri = text(found, uri_field)
    return () if uri is None else (storage_output(name, uri, text(found, "KmsKeyId"), text(found, "LocalPath")),)


def inputs(node: Node, name: str, *path: str) -> tuple[StorageInput, ...]:
    """Return the S3 input at the path, if there is one."""
    uri = text(node, *path)
    return () if uri is None else (storage_input(name, uri),)


def objects(source: Node, name: str, local_path: str | None = None, **more: Any) -> StorageInput:
    """Return the input of an S3DataSource."""
    return storage_input(
        name,
        text(source, "S3Uri"),
        local_path,
        data_type=text(source, "S3DataType"),
        hub_content_arn=text(source, "HubAccessConfig", "HubContentArn"),
        eula_accepted=accepted(source, "ModelAccessConfig"),
        **more,
    )


def data_sources(source: Node, name: str, input_mode: str | None = None) -> Iterator[StorageInput]:
    """Yield the inputs of a channel's or transform's DataSource, one for each known type in it.

    A source of an unknown type yields an input of type `other`.
    """
    known = [kind for kind in _SOURCES if kind in source]
    for kind in known:
        yield _SOURCES[kind](child(source, kind), name, input_mode)
    if not known:
        yield storage_input(name, None, kind="other", input_mode=input_mode)


def _of_objects(source: Node, name: str, input_mode: str | None) -> StorageInput:
    return objects(source, name, input_mode=input_mode)


def _of_a_file_system(system: Node, name: str, input_mode: str | None) -> StorageInput:
    return storage_input(
        name,
        text(system, "FileSystemId"),
        kind="file-system",
        input_mode=input_mode,
        path=text(system, "DirectoryPath"),
        file_system_type=text(system, "FileSystemType"),
        access_mode=text(system, "FileSystemAccessMode"),
    )


def _of_a_dataset(dataset: Node, name: str, input_mode: str | None) -> StorageInput:
    return storage_input(name, text(dataset, "DatasetArn"), kind="dataset", input_mode=input_mode)


_SOURCES: dict[str, Callable[[Node, str, str | None], StorageInput]] = {
    "S3DataSource": _of_objects,
    "FileSystemDataSource": _of_a_file_system,
    "DatasetSource": _of_a_dataset,
}
