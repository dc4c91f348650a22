"""What CloudFormation makes of a template in a Region of an account: its resources, resolved.

CloudFormation user guide, "Intrinsic function reference" and "Conditions".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
"""The id of every KMS key that a stack creates."""

_NO_VALUE = object()
_REFERENCE: dict[str, Callable[[dict[str, Any], str, str], str]] = {
    "AWS::SNS::Topic": lambda of, region, account: (
        f"arn:aws:sns:{region}:{account}:{of['TopicName']}"
    ),
    "AWS::SQS::Queue": lambda of, region, account: (
        f"https://sqs.{region}.amazonaws.com/{account}/{of['QueueName']}"
    ),
    "AWS::KMS::Key": lambda of, region, account: KEY_ID,
    "AWS::SSM::Document": lambda of, region, account: str(of["Name"]),
}
_ARN: dict[str, Callable[[dict[str, Any], str, str], str]] = {
    "AWS::IAM::Role": lambda of, region, account: (
        f"arn:aws:iam::{account}:role{of.get('Path', '/')}{of['RoleName']}"
    ),
    "AWS::KMS::Key": lambda of, region, account: f"arn:aws:kms:{region}:{account}:key/{KEY_ID}",
}


@dataclass
class Deployment:
    """A template in a Region of an account, with the values of its parameters."""

    body: dict[str, Any]
    region: str
    account: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def resources(self, only: str | None = None) -> dict[str, dict[str, Any]]:
        """Return the resources that are created: their Type and their resolved Properties.

        With `only` just the one with this logical id.
        """
        return {
            id: {"Type": each["Type"], "Properties": self.value(each["Properties"])}
            for id, each in self.body["Resources"].items()
            if only in (None, id) and ("Condition" not in each or self.holds(each["Condition"]))
        }

    def holds(self, condition: str) -> bool:
        """Return whether a condition is true."""
        return bool(self.value(self.body["Conditions"][condition]))

    def value(self, given: Any) -> Any:
        """Return a value without functions."""
        if isinstance(given, list):
            return [value for each in given if (value := self.value(each)) is not _NO_VALUE]
        if not isinstance(given, dict):
            return given
        if len(given) == 1:
            ((name, argument),) = given.items()
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](self, argument)
        return {
            name: value
            for name, each in given.items()
            if (value := self.value(each)) is not _NO_VALUE
        }

    def reference(self, name: str) -> Any:
        """Return what Ref returns."""
        pseudo = {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::NoValue": _NO_VALUE,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.body.get("Parameters", {}):
            parameter = self.body["Parameters"][name]
            return self.parameters[name] if name in self.parameters else parameter["Default"]
        return self._of_resource(_REFERENCE, name)

    def attribute(self, names: list[str]) -> str:
        """Return what Fn::GetAtt returns."""
        resource, name = names
        assert name == "Arn"
        return self._of_resource(_ARN, resource)

    def sub(self, argument: Any) -> str:
        """Return what Fn::Sub returns."""
        text, variables = argument if isinstance(argument, list) else (argument, {})

        def replaced(found: re.Match[str]) -> str:
            name = found[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in variables:
                return str(self.value(variables[name]))
            if "." in name:
                return self.attribute(name.split("."))
            return str(self.reference(name))

        return re.sub(r"\$\{([^}]*)\}", replaced, text)

    def _of_resource(self, table: Mapping[str, Callable[..., str]], id: str) -> str:
        resource = self.body["Resources"][id]
        # CloudFormation refuses a reference to a resource that is not created.
        assert "Condition" not in resource or self.holds(resource["Condition"]), id
        return table[resource["Type"]](
            self.value(resource["Properties"]), self.region, self.account
        )


def _find(deployment: Deployment, argument: list[Any]) -> Any:
    mapping, key, attribute = (deployment.value(each) for each in argument)
    return deployment.body["Mappings"][mapping][key][attribute]


def _if(deployment: Deployment, argument: list[Any]) -> Any:
    condition, then, otherwise = argument
    return deployment.value(then if deployment.holds(condition) else otherwise)


def _join(deployment: Deployment, argument: list[Any]) -> str:
    delimiter, texts = argument
    return str(delimiter.join(deployment.value(texts)))


_FUNCTIONS: dict[str, Callable[[Deployment, Any], Any]] = {
    "Ref": lambda deployment, argument: deployment.reference(argument),
    "Fn::GetAtt": lambda deployment, argument: deployment.attribute(argument),
    "Fn::Sub": lambda deployment, argument: deployment.sub(argument),
    "Fn::FindInMap": _find,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Split": lambda deployment, argument: deployment.value(argument[1]).split(argument[0]),
    "Fn::Select": lambda deployment, argument: deployment.value(argument[1])[argument[0]],
    "Fn::Equals": lambda deployment, argument: len(set(map(deployment.value, argument))) == 1,
    "Fn::Not": lambda deployment, argument: not deployment.value(argument[0]),
    "Fn::Or": lambda deployment, argument: any(map(deployment.value, argument)),
    "Fn::And": lambda deployment, argument: all(map(deployment.value, argument)),
    "Condition": lambda deployment, argument: deployment.holds(argument),
}
