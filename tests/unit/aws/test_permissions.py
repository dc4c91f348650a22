"""What the printed policies allow, and what they must not allow."""

import pytest

from reprieve.aws.permissions import COMMANDS, policy_for
from tests.support.settings import ROLE, load_one

SETTINGS = {
    "REPRIEVE_REGIONS__WATCH": "eu-west-1",
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
}
OWN_KEY = SETTINGS | {"REPRIEVE_NOTIFY__ENCRYPTION": "own"}


def actions(command, settings, directory):
    """Return the actions that a policy allows."""
    policy = policy_for(command, load_one(settings, directory))
    return {action for each in policy["Statement"] for action in each["Action"]}


@pytest.mark.parametrize("command", COMMANDS)
def test_only_a_drill_may_schedule_a_deletion(command, tmp_path):
    """Reprieve guards against that call."""
    allowed = actions(command, OWN_KEY, tmp_path)
    assert ("kms:ScheduleKeyDeletion" in allowed) == (command == "drill")


def test_only_a_deployment_that_changes_the_service_setting_may(tmp_path):
    """The setting applies to all automations of the account."""
    adaptive = SETTINGS | {"REPRIEVE_REMEDIATION__ADAPTIVE_CONCURRENCY": "true"}
    write = {"ssm:ResetServiceSetting", "ssm:UpdateServiceSetting"}
    assert write <= actions("deploy", adaptive, tmp_path)
    assert write.isdisjoint(actions("deploy", SETTINGS, tmp_path))
    assert write.isdisjoint(actions("plan", adaptive, tmp_path))


def test_aliases_are_limited_to_the_alert_keys_own(tmp_path):
    """An alias of another name can be neither moved to another key nor deleted."""
    policy = policy_for("deploy", load_one(OWN_KEY, tmp_path))
    (statement,) = (each for each in policy["Statement"] if "kms:DeleteAlias" in each["Action"])
    aliases = [arn for arn in statement["Resource"] if ":alias/" in arn]
    assert aliases == ["arn:aws:kms:*:*:alias/reprieve-alerts"]


def test_a_plan_only_reads(tmp_path):
    """Each of its actions gets, lists or describes."""
    verbs = {action.partition(":")[2] for action in actions("plan", OWN_KEY, tmp_path)}
    assert all(verb.startswith(("Get", "List", "Describe")) for verb in verbs)


def test_a_deployment_needs_kms_only_for_its_own_key(tmp_path):
    """Without one it needs no permissions on keys."""
    for command in ("plan", "deploy"):
        without = actions(command, SETTINGS, tmp_path)
        assert not any(action.startswith("kms:") for action in without)
        assert actions(command, OWN_KEY, tmp_path) > without


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, False),
        ({"REPRIEVE_EXEMPT__PRINCIPALS": ROLE}, False),
        ({"REPRIEVE_EXEMPT__TAGS": '{"temporary": "true"}'}, True),
        # Only its tag says that a key encrypted the alerts.
        ({"REPRIEVE_EXEMPT__DEPLOYERS": ROLE}, True),
    ],
)
def test_a_sweep_reads_tags_if_they_decide_what_is_exempt(more, expected, tmp_path):
    """Without the permission such a key would seem to be in danger."""
    assert ("kms:ListResourceTags" in actions("sweep", SETTINGS | more, tmp_path)) == expected
