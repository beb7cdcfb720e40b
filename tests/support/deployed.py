"""The values of the template's functions (names, URLs and ARNs) in a deployed stack, with realistic lengths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.support.cloudformation import rendered, template

LONGEST_STACK_NAME = 128
ACCOUNT = "123456789012"
STACK_UUID = "12345678-1234-1234-1234-123456789012"
# The suffix that CloudFormation appends to generated names, and the services' limits for their lengths.
_SUFFIX = "X" * 13
_LONGEST_NAMES = {
    "AWS::DynamoDB::Table": 255,
    "AWS::Events::Rule": 64,
    "AWS::Lambda::Function": 64,
    "AWS::Logs::LogGroup": 512,
    "AWS::S3::Bucket": 63,
    "AWS::SQS::Queue": 80,
}
_ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
}


@dataclass(frozen=True)
class Place:
    """The location of a stack; the domain is that of the partition's URLs."""

    partition: str
    region: str
    domain: str


# For each partition, a region with a name of maximum length.
PLACES = (
    Place("aws", "ap-southeast-1", "amazonaws.com"),
    Place("aws-cn", "cn-northwest-1", "amazonaws.com.cn"),
    Place("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
    Place("aws-iso", "us-iso-east-1", "c2s.ic.gov"),
    Place("aws-iso-b", "us-isob-east-1", "sc2s.sgov.gov"),
    Place("aws-iso-e", "eu-isoe-west-1", "cloud.adc-e.uk"),
    Place("aws-iso-f", "us-isof-south-1", "csp.hci.ic.gov"),
    Place("aws-eusc", "eusc-de-east-1", "amazonaws.eu"),
)


class Deployed:
    """A stack of this name with these parameters in this place."""

    def __init__(self, place: Place, stack_name: str, **parameters: str) -> None:
        self.resources = rendered(**parameters)
        self._place = place
        self._stack = stack_name
        given = {name: body.get("Default", "") for name, body in template()["Parameters"].items()} | parameters
        self._values = {
            "AWS::Partition": place.partition,
            "AWS::Region": place.region,
            "AWS::AccountId": ACCOUNT,
            "AWS::StackName": stack_name,
            "AWS::URLSuffix": place.domain,
            "AWS::StackId": f"arn:{place.partition}:cloudformation:{place.region}:{ACCOUNT}:stack/{stack_name}/{STACK_UUID}",
            **given,
        }

    def value(self, part: Any) -> Any:
        """Return a part of the template with its functions resolved."""
        match part:
            case {"Ref": name}:
                return self._named(name)
            case {"Fn::GetAtt": [name, "Arn"]}:
                return self._arn(name)
            case {"Fn::Sub": text}:
                return self._filled(text)
            case {"Fn::Select": [index, parts]}:
                return self.value(parts)[index]
            case {"Fn::Split": [separator, text]}:
                return self.value(text).split(separator)
            case dict():
                return {key: self.value(inner) for key, inner in part.items()}
            case list():
                return [self.value(inner) for inner in part]
        return part

    def _filled(self, text: str | list[Any]) -> str:
        pattern, given = text if isinstance(text, list) else (text, {})
        local = {name: self.value(part) for name, part in given.items()}
        return re.sub(r"\$\{([\w:]+)\}", lambda found: str(local.get(found[1]) or self._named(found[1])), str(pattern))

    def _named(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        resource = self.resources[name]
        if resource["Type"] == "AWS::SQS::Queue":
            return f"https://sqs.{self._place.region}.{self._place.domain}/{ACCOUNT}/{self._name(name)}"
        return self._name(name)

    def _name(self, logical_id: str) -> str:
        resource = self.resources[logical_id]
        for own in ("Name", "QueueName"):
            if own in resource["Properties"]:
                return str(self.value(resource["Properties"][own]))
        longest = _LONGEST_NAMES[resource["Type"]]
        given = f"-{logical_id}-{_SUFFIX}"
        return f"{self._stack[: longest - len(given)]}{given}"

    def _arn(self, logical_id: str) -> str:
        kind = _ARNS[self.resources[logical_id]["Type"]]
        place = self._place
        arn = kind.format(region=place.region, account=ACCOUNT, name=self._name(logical_id))
        return f"arn:{place.partition}:{arn}"
