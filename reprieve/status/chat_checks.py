"""What `reprieve status` checks of the chat channels, which an account has once."""

from collections.abc import Iterator
from typing import Any, Final

from reprieve.guard.chat import chat_configurations
from reprieve.status.compare import compare, missing, title_of
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import Finding
from reprieve.status.kinds import chat as kind

_REGIONS: Final = ("us-east-2", "us-west-2", "eu-west-1", "ap-southeast-1")
"""The Regions with an endpoint (AWS General Reference, "Amazon Q Developer in chat applications").

Each of them shows the configurations of the whole account.
"""


def chat_findings(expected: ExpectedRegion) -> Iterator[list[Finding]]:
    """Yield the findings about each chat channel, with the first watched Region only."""
    if expected.region != expected.settings.regions.watched[0]:
        return
    wanted = chat_configurations(expected.settings, expected.guard.location)
    if not wanted:
        return
    region = expected.region if expected.region in _REGIONS else "us-west-2"
    deployed = _deployed(expected.account.client("chatbot", region))
    for each in wanted:
        title = title_of(f"{each.type.title()} channel", each.name)
        answer = deployed.get((each.type, each.name))
        if answer is None:
            yield [missing(title, each.name)]
        else:
            yield list(compare(title, each.name, kind.expected(each), kind.deployed(answer)))


def _deployed(chatbot: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the configurations of the account by type and name."""
    slack = chatbot.get_paginator("describe_slack_channel_configurations").paginate()
    teams = chatbot.get_paginator("list_microsoft_teams_channel_configurations").paginate()
    return {
        (type, each["ConfigurationName"]): each
        for type, pages, key in (
            ("slack", slack, "SlackChannelConfigurations"),
            ("teams", teams, "TeamChannelConfigurations"),
        )
        for page in pages
        for each in page[key]
    }
