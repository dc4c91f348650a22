"""The rules between remediation, threats and topics."""

import pytest

from tests.support.settings import GOOD, errors, read, rules


@pytest.mark.parametrize(
    ("variables", "key", "rule"),
    [
        (
            {"NOTIFY__THREATS": "key-gone"},
            "notify.threats",
            'does not include "key-deletion-scheduled"',
        ),
        ({"NOTIFY__THREATS": ""}, "notify.threats", "is an empty list"),
        ({"NOTIFY__THREATS": "key-deletion"}, "notify.threats[0]", "is not a threat that"),
        (
            {"REMEDIATION__RE_ENABLE": "true", "REMEDIATION__RUNBOOK": "aws"},
            "remediation.re_enable",
            "needs a runbook that can enable keys",
        ),
        (
            {"REMEDIATION__RE_ENABLE": "true", "REMEDIATION__ENABLED": "false"},
            "remediation.re_enable",
            "has no effect with remediation.enabled = false",
        ),
        (
            {
                "REMEDIATION__ENABLE_DISABLED": "true",
                "NOTIFY__THREATS": "key-deletion-scheduled,key-gone",
            },
            "remediation.enable_disabled",
            'needs "key-disabled" in notify.threats',
        ),
        (
            {"NOTIFY__TOPIC_NAME": "reprieve-lifeline", "NOTIFY__ENCRYPTION": "own"},
            "notify.topic_name",
            "is the name of the topic that warns",
        ),
        (
            {"NOTIFY__TOPIC_NAME": "reprieve-alarms"},
            "notify.topic_name",
            "is the name of the topic that sends the alarms",
        ),
        *(
            (
                {"REMEDIATION__AUTOMATION_ROLE_ARN": f"arn:aws:iam::111122223333:role/{name}"},
                "remediation.automation_role_arn",
                "is a role that Reprieve itself creates",
            )
            for name in ("reprieve-automation", "reprieve-eventbridge", "reprieve-patrol")
        ),
    ],
)
def test_settings_that_exclude_each_other_are_refused(tmp_path, variables, key, rule):
    """The error is reported at the setting that needs the other one."""
    variables = {f"REPRIEVE_{name}": text for name, text in variables.items()}
    (error,) = errors(tmp_path, GOOD, **variables)
    assert (error.key, error.rule.startswith(rule)) == (key, True)


def test_without_remediation_the_threats_need_no_deletion(tmp_path):
    """Only remediation needs the threat."""
    settings = read(
        tmp_path, REPRIEVE_NOTIFY__THREATS="key-gone", REPRIEVE_REMEDIATION__ENABLED="false"
    )
    assert settings.notify.threats == ("key-gone",)


@pytest.mark.parametrize("name", ["reprieve-patrol", "Reprieve-Automation"])
def test_a_role_of_reprieves_own_is_neither_given_nor_a_deployer(tmp_path, name):
    """IAM's names are unique regardless of upper and lower case."""
    arn = f"arn:aws:iam::111122223333:role/{name}"
    found = rules(
        tmp_path,
        REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN=arn,
        REPRIEVE_EXEMPT__DEPLOYERS=arn,
    )
    assert found == [
        (
            "remediation.automation_role_arn",
            "is a role that Reprieve itself creates, and would delete if the setting named it",
        ),
        (
            "exempt.deployers[0]",
            "is a role that Reprieve itself uses: its changes would send no alert",
        ),
    ]
