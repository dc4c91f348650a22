"""AWS Config's rules whose remediation is Amazon's runbook: another way to cancel deletions."""

from collections.abc import Iterator
from typing import Final

from reprieve.aws.account import Account
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION

_AT_ONCE: Final = 25
"""How many rules one call may name (AWS Config API, DescribeRemediationConfigurations)."""


def remediating_rules(account: Account, region: str) -> Iterator[str]:
    """Yield the names of the rules of a Region that start Amazon's runbook, by hand or not."""
    config = account.client("config", region)
    pages = config.get_paginator("describe_config_rules").paginate()
    names = [rule["ConfigRuleName"] for page in pages for rule in page["ConfigRules"]]
    for start in range(0, len(names), _AT_ONCE):
        asked = names[start : start + _AT_ONCE]
        answer = config.describe_remediation_configurations(ConfigRuleNames=asked)
        for each in answer["RemediationConfigurations"]:
            if each["TargetId"].rpartition("/")[2] == CANCEL_KEY_DELETION.id:
                yield each["ConfigRuleName"]
