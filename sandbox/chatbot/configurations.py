"""The configurations of chat channels, as the service's API keeps them.

Source: AWS Chatbot API reference. The service is global: it has one list for each account. It
subscribes to the topics of a configuration itself, in every Region, with an endpoint of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from moto.iam.models import iam_backends
from moto.sns.models import sns_backends

from sandbox.core.account import account_of, current_account
from sandbox.core.errors import AwsError

Json = dict[str, Any]

ENDPOINT: Final = "https://global.sns-api.chatbot.amazonaws.com"
# An attribute of moto's backend, so that a reset and a snapshot of the account include it.
_KEPT: Final = "sandbox_chat_configurations"


@dataclass(frozen=True)
class _Kind:
    """One kind of chat: its name in ARNs, and its required parameters."""

    name: str
    required: tuple[str, ...]


_SLACK: Final = _Kind("slack-channel", ("SlackTeamId", "SlackChannelId"))
_TEAMS: Final = _Kind("ms-teams-channel", ("TeamId", "TenantId", "ChannelId"))


def configurations_of(account: str) -> dict[str, Json]:
    """Return the configurations of an account by their ARN. Changing the dictionary keeps them."""
    kept: dict[str, Json] = vars(iam_backends[account]["aws"]).setdefault(_KEPT, {})
    return kept


def is_teams(configuration: Mapping[str, Any]) -> bool:
    """Tell whether a configuration is one of Microsoft Teams."""
    return "TenantId" in configuration


def _create(kind: _Kind) -> Callable[[Json], Json]:
    def create(given: Json) -> Json:
        required = (*kind.required, "IamRoleArn", "ConfigurationName")
        if missing := [name for name in required if not given.get(name)]:
            raise AwsError("InvalidParameterException", f"missing: {', '.join(missing)}")
        account, name = current_account(), given["ConfigurationName"]
        arn = f"arn:aws:chatbot::{account}:chat-configuration/{kind.name}/{name}"
        if arn in configurations_of(account):
            raise AwsError("ConflictException", f"{name} exists already.", status=409)
        kept = {
            "LoggingLevel": "NONE",
            "SnsTopicArns": [],
            "UserAuthorizationRequired": False,
            # Administrator guide, "Channel guardrail policies": the default.
            "GuardrailPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
            "Tags": [],
            **given,
            "ChatConfigurationArn": arn,
            "State": "ENABLED",
        }
        if kind is _SLACK:
            kept.setdefault("SlackTeamName", given["SlackTeamId"])
            kept.setdefault("SlackChannelName", given["SlackChannelId"])
        configurations_of(account)[arn] = kept
        _subscribe(kept["SnsTopicArns"])
        return {"ChannelConfiguration": kept}

    return create


def _update(given: Json) -> Json:
    kept = _found(given["ChatConfigurationArn"])
    before = kept["SnsTopicArns"]
    kept.update(given)
    _subscribe(kept["SnsTopicArns"])
    _unsubscribe(before)
    return {"ChannelConfiguration": kept}


def _delete(given: Json) -> Json:
    kept = _found(given["ChatConfigurationArn"])
    del configurations_of(current_account())[kept["ChatConfigurationArn"]]
    _unsubscribe(kept["SnsTopicArns"])
    return {}


def _describe_slack(given: Json) -> Json:
    arn = given.get("ChatConfigurationArn")
    return {
        "SlackChannelConfigurations": [
            each
            for each in configurations_of(current_account()).values()
            if not is_teams(each) and arn in (None, each["ChatConfigurationArn"])
        ]
    }


def _get_teams(given: Json) -> Json:
    return {"ChannelConfiguration": _found(given["ChatConfigurationArn"])}


def _list_teams(given: Json) -> Json:
    team = given.get("TeamId")
    return {
        "TeamChannelConfigurations": [
            each
            for each in configurations_of(current_account()).values()
            if is_teams(each) and team in (None, each["TeamId"])
        ]
    }


def _list_tags(given: Json) -> Json:
    return {"Tags": _found(given["ResourceARN"])["Tags"]}


def _tag(given: Json) -> Json:
    kept = _found(given["ResourceARN"])
    names = {tag["TagKey"] for tag in given["Tags"]}
    kept["Tags"] = [tag for tag in kept["Tags"] if tag["TagKey"] not in names] + given["Tags"]
    return {}


def _untag(given: Json) -> Json:
    kept = _found(given["ResourceARN"])
    kept["Tags"] = [tag for tag in kept["Tags"] if tag["TagKey"] not in given["TagKeys"]]
    return {}


def _found(arn: str) -> Json:
    kept = configurations_of(current_account()).get(arn)
    if kept is None:
        raise AwsError("ResourceNotFoundException", f"{arn} does not exist.", status=404)
    return kept


def _subscribe(topic_arns: list[str]) -> None:
    for arn in topic_arns:
        backend = sns_backends[account_of(arn)][arn.split(":")[3]]
        if arn not in backend.topics:
            raise AwsError("InvalidParameterException", f"The topic {arn} does not exist.")
        subscription = backend.subscribe(arn, ENDPOINT, "https")
        # The service confirms its subscriptions itself.
        subscription.attributes["PendingConfirmation"] = "false"


def _unsubscribe(topic_arns: list[str]) -> None:
    """Remove the service from topics that no configuration has any more."""
    configurations = configurations_of(current_account()).values()
    wanted = {arn for each in configurations for arn in each["SnsTopicArns"]}
    for arn in set(topic_arns) - wanted:
        backend = sns_backends[account_of(arn)][arn.split(":")[3]]
        if arn in backend.topics and (found := backend._find_subscription(arn, ENDPOINT, "https")):
            backend.unsubscribe(found.arn)


OPERATIONS: Final[dict[str, Callable[[Json], Json]]] = {
    "CreateSlackChannelConfiguration": _create(_SLACK),
    "UpdateSlackChannelConfiguration": _update,
    "DeleteSlackChannelConfiguration": _delete,
    "DescribeSlackChannelConfigurations": _describe_slack,
    "CreateMicrosoftTeamsChannelConfiguration": _create(_TEAMS),
    "UpdateMicrosoftTeamsChannelConfiguration": _update,
    "DeleteMicrosoftTeamsChannelConfiguration": _delete,
    "GetMicrosoftTeamsChannelConfiguration": _get_teams,
    "ListMicrosoftTeamsChannelConfigurations": _list_teams,
    "ListTagsForResource": _list_tags,
    "TagResource": _tag,
    "UntagResource": _untag,
}
"""By name of the call: a function of its parameters."""
