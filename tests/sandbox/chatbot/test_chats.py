"""Chat channels: what they show, and the provider's resources for them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION, TOPIC_ARN, allow, policy, trust
from tests.support.terraform import Configuration

pytestmark = pytest.mark.long

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/chat"
SLACK = {
    "SlackTeamId": "T07EA123LEP",
    "SlackChannelId": "C07EZ1ABC23",
    "IamRoleArn": ROLE,
    "ConfigurationName": "alerts",
    "SnsTopicArns": [TOPIC_ARN],
}
TEAMS = {
    "TeamId": "74361522-da01-538d-aa2e-ac7918c6bb92",
    "TenantId": "12345678-1234-1234-1234-123456789012",
    "ChannelId": "19%3Aab6ef35dc342d56ba5654e6fc6d25a071%40thread.tacv2",
    "IamRoleArn": ROLE,
    "ConfigurationName": "alerts",
    "SnsTopicArns": [TOPIC_ARN],
}
CUSTOM: dict[str, Any] = {
    "version": "1.0",
    "source": "custom",
    "content": {
        "textType": "client-markdown",
        "title": "A key is pending deletion",
        "description": "It was scheduled by *alice*.",
        "nextSteps": ["Run `reprieve status`"],
    },
}


@pytest.fixture
def chat(sandbox):
    """Return a client of the service, in an account with a topic."""
    sandbox.client("sns", REGION).create_topic(Name="alerts")
    return sandbox.client("chatbot", "us-east-2")


def publish(sandbox, message):
    """Publish a message to the topic."""
    text = message if isinstance(message, str) else json.dumps(message)
    sandbox.client("sns", REGION).publish(TopicArn=TOPIC_ARN, Message=text)
    sandbox.settle()


def test_a_custom_notification_appears_in_both_chats(sandbox, chat):
    """With its title, text and next steps."""
    chat.create_slack_channel_configuration(**SLACK)
    chat.create_microsoft_teams_channel_configuration(**TEAMS)
    publish(sandbox, CUSTOM)
    found = [(p.chat, p.channel, p.title, p.text, p.next_steps) for p in sandbox.chat_posts]
    content = CUSTOM["content"]
    shown = content["title"], content["description"], tuple(content["nextSteps"])
    assert found == [
        ("slack", SLACK["SlackChannelId"], *shown),
        ("teams", TEAMS["ChannelId"], *shown),
    ]


@pytest.mark.parametrize(
    "message",
    [
        "a text",
        '"Reprieve: a key"',
        {"severity": "critical"},
        {**CUSTOM, "version": "2.0"},
        {**CUSTOM, "source": "reprieve"},
        {**CUSTOM, "content": {"title": "no description"}},
        {**CUSTOM, "content": {"description": "x", "nextSteps": "no list"}},
        {**CUSTOM, "content": {"description": "x", "textType": "html"}},
    ],
)
def test_every_other_message_is_dropped_in_silence(sandbox, chat, message):
    """Its sender does not learn that."""
    chat.create_slack_channel_configuration(**SLACK)
    publish(sandbox, message)
    assert sandbox.chat_posts == []
    (notification,) = sandbox.notifications
    assert "no form that a chat channel shows" in notification.error


def test_the_service_subscribes_to_the_topics_of_its_channels(sandbox, chat):
    """And ends the subscription with the last of them."""
    arn = chat.create_slack_channel_configuration(**SLACK)["ChannelConfiguration"][
        "ChatConfigurationArn"
    ]
    sns = sandbox.client("sns", REGION)
    (found,) = sns.list_subscriptions_by_topic(TopicArn=TOPIC_ARN)["Subscriptions"]
    assert found["Endpoint"] == "https://global.sns-api.chatbot.amazonaws.com"
    assert found["SubscriptionArn"].startswith(TOPIC_ARN)
    chat.delete_slack_channel_configuration(ChatConfigurationArn=arn)
    assert sns.list_subscriptions_by_topic(TopicArn=TOPIC_ARN)["Subscriptions"] == []


def test_a_user_needs_the_permission(sandbox, chat):
    """As for every other call."""
    iam = sandbox.client("iam", REGION)
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    client = sandbox._clients.make(
        "chatbot", "us-east-2", key["AccessKeyId"], key["SecretAccessKey"]
    )
    action = "chatbot:DescribeSlackChannelConfigurations"
    with pytest.raises(ClientError, match=f"not authorized to perform: {action}"):
        client.describe_slack_channel_configurations()
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow(action)))
    assert client.describe_slack_channel_configurations()["SlackChannelConfigurations"] == []


def test_a_snapshot_has_the_configurations(sandbox, chat):
    """A reset removes them."""
    chat.create_slack_channel_configuration(**SLACK)
    copy = sandbox.snapshot()
    sandbox.reset()
    assert chat.describe_slack_channel_configurations()["SlackChannelConfigurations"] == []
    sandbox.restore(copy)
    (found,) = chat.describe_slack_channel_configurations()["SlackChannelConfigurations"]
    assert found["SnsTopicArns"] == [TOPIC_ARN]


CONFIGURATION = {
    "provider": {"aws": {"region": REGION}},
    "resource": {
        "aws_sns_topic": {"alerts": {"name": "alerts"}},
        "aws_iam_role": {
            "chat": {"name": "chat", "assume_role_policy": trust("chatbot.amazonaws.com")}
        },
        "aws_chatbot_slack_channel_configuration": {
            "alerts": {
                "configuration_name": "alerts",
                "iam_role_arn": "${aws_iam_role.chat.arn}",
                "slack_team_id": SLACK["SlackTeamId"],
                "slack_channel_id": SLACK["SlackChannelId"],
                "sns_topic_arns": ["${aws_sns_topic.alerts.arn}"],
                "tags": {"team": "security"},
            }
        },
        "aws_chatbot_teams_channel_configuration": {
            "alerts": {
                "configuration_name": "alerts",
                "iam_role_arn": "${aws_iam_role.chat.arn}",
                "team_id": TEAMS["TeamId"],
                "tenant_id": TEAMS["TenantId"],
                "channel_id": TEAMS["ChannelId"],
                "sns_topic_arns": ["${aws_sns_topic.alerts.arn}"],
                "guardrail_policy_arns": ["arn:aws:iam::aws:policy/AWSDenyAll"],
            }
        },
    },
}


def test_the_provider_deploys_chat_channels(sandbox, tmp_path):
    """A second plan is empty, and nothing is left in the end."""
    terraform = Configuration(tmp_path, sandbox.environment(), CONFIGURATION)
    terraform.apply()
    assert terraform.planned() == []
    publish(sandbox, CUSTOM)
    assert {post.chat for post in sandbox.chat_posts} == {"slack", "teams"}
    terraform.write({"provider": CONFIGURATION["provider"]})
    terraform.apply()
    chat = sandbox.client("chatbot", "us-east-2")
    assert chat.describe_slack_channel_configurations()["SlackChannelConfigurations"] == []
    teams = chat.list_microsoft_teams_channel_configurations()
    assert teams["TeamChannelConfigurations"] == []
