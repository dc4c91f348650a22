"""The rules between remediation, threats and topics."""

import pytest

from tests.support.settings import GOOD, errors, read


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
            "needs remediation, which is off",
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
    ],
)
def test_settings_that_do_not_go_together(tmp_path, variables, key, rule):
    """Each with the setting that asks for what the others forbid."""
    variables = {f"REPRIEVE_{name}": text for name, text in variables.items()}
    (error,) = errors(tmp_path, GOOD, **variables)
    assert (error.key, error.rule.startswith(rule)) == (key, True)


def test_threats_may_leave_the_deletion_out_where_nothing_is_taken_back(tmp_path):
    """A near miss of the rule that remediation needs its threat."""
    settings = read(
        tmp_path, REPRIEVE_NOTIFY__THREATS="key-gone", REPRIEVE_REMEDIATION__ENABLED="false"
    )
    assert settings.notify.threats == ("key-gone",)
