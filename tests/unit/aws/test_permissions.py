"""What the policies that are printed hold, and what they must not."""

import pytest

from reprieve.aws.permissions import COMMANDS, policy_for
from reprieve.settings.loader import load

SETTINGS = {
    "REPRIEVE_REGIONS__WATCH": "eu-west-1",
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
}
OWN_KEY = SETTINGS | {"REPRIEVE_NOTIFY__ENCRYPTION": "own"}


def actions(command, settings, directory):
    """Return the actions that a policy allows."""
    policy = policy_for(command, load(settings, directory))
    return {action for each in policy["Statement"] for action in each["Action"]}


@pytest.mark.parametrize("command", COMMANDS)
def test_only_a_drill_may_schedule_a_deletion(command, tmp_path):
    """It is what Reprieve is there against."""
    allowed = actions(command, OWN_KEY, tmp_path)
    assert ("kms:ScheduleKeyDeletion" in allowed) == (command == "drill")


def test_who_plans_changes_nothing(tmp_path):
    """Each action reads."""
    verbs = {action.partition(":")[2] for action in actions("plan", OWN_KEY, tmp_path)}
    assert all(verb.startswith(("Get", "List", "Describe")) for verb in verbs)


def test_a_deployment_needs_kms_only_for_a_key_of_its_own(tmp_path):
    """Without one no right on keys is asked for."""
    for command in ("plan", "deploy"):
        without = actions(command, SETTINGS, tmp_path)
        assert not any(action.startswith("kms:") for action in without)
        assert actions(command, OWN_KEY, tmp_path) > without
