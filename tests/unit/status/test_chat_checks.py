"""What `reprieve status` finds about chat channels."""

from types import SimpleNamespace
from typing import Any

import pytest

from reprieve.guard.chat import chat_configurations
from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.status.chat_checks import chat_findings
from tests.support import aws_answers as aws
from tests.support.synth import CHANNELS

SETTINGS = Settings(
    notify={"emails": ("security@example.com",)},
    regions={"watch": ("eu-central-1", "us-east-1")},
    channel=CHANNELS,
)
LOCATION = Location("aws", "eu-central-1", "111122223333")


class Chatbot:
    """Answers with these configurations."""

    def __init__(self, slack: list[dict[str, Any]], teams: list[dict[str, Any]]) -> None:
        self._pages = {
            "describe_slack_channel_configurations": {"SlackChannelConfigurations": slack},
            "list_microsoft_teams_channel_configurations": {"TeamChannelConfigurations": teams},
        }

    def get_paginator(self, operation: str) -> Any:
        """Return a paginator of one page."""
        return SimpleNamespace(paginate=lambda: [self._pages[operation]])


@pytest.fixture
def answers() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what AWS answers about the two channels."""
    slack, teams = map(aws.chat_answer, chat_configurations(SETTINGS, LOCATION))
    return slack, teams


def problems(chatbot: Chatbot, region: str = "eu-central-1") -> list[list[str]]:
    """Return the problems of each chat channel; the Region of the client is the nearest one."""
    asked: list[str] = []
    guard = regional_guard(SETTINGS, Location("aws", region, "111122223333"))

    def client(service: str, where: str) -> Chatbot:
        asked.append(where)
        return chatbot

    account = SimpleNamespace(client=client)
    expected: Any = SimpleNamespace(region=region, settings=SETTINGS, guard=guard, account=account)
    found = [[each.problem for each in findings] for findings in chat_findings(expected)]
    assert set(asked) <= {"us-west-2"}
    return found


def test_chat_channels_as_defined_have_no_problem(answers):
    """Each counts once, with the first watched Region."""
    slack, teams = answers
    assert problems(Chatbot([slack], [teams])) == [[], []]
    assert problems(Chatbot([], []), "us-east-1") == []


def test_a_missing_channel_and_one_that_lost_a_topic_are_found(answers):
    """By the name of the topic."""
    slack, _ = answers
    lost = slack["SnsTopicArns"].pop()
    assert problems(Chatbot([slack], [])) == [
        [f"The Slack channel reprieve-slack lacks {lost} in its topic arns."],
        ["The Teams channel reprieve-teams is missing."],
    ]
