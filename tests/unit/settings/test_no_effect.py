"""Settings without effect are errors: what they are about is turned off, or can never happen."""

import pytest

from tests.support.settings import GOOD, ROLE, errors, read, rules

OFF = "has no effect with {} = false"
CASES = [
    ("remediation.enabled", "remediation.runbook", "aws"),
    ("remediation.enabled", "remediation.automation_role_arn", ROLE),
    ("remediation.enabled", "remediation.adaptive_concurrency", "true"),
    ("remediation.enabled", "remediation.re_enable", "true"),
    ("remediation.enabled", "remediation.enable_disabled", "true"),
    ("remediation.enabled", "patrol.rescue_earlier", "true"),
    ("reliability.alarms", "reliability.storm_threshold", "20"),
    ("patrol.enabled", "patrol.every", "1 day"),
    ("patrol.enabled", "patrol.rescue_earlier", "true"),
]


def variable(key):
    """Return the environment variable of a setting."""
    return f"REPRIEVE_{key.replace('.', '__').upper()}"


@pytest.mark.parametrize(("switch", "key", "value"), CASES)
def test_what_is_turned_off_needs_no_settings(tmp_path, switch, key, value):
    """The default, written out, is no error; neither is the setting with the switch on."""
    variables = {variable(switch): "false", variable(key): value}
    (found,) = errors(tmp_path, **variables)
    assert (found.key, found.rule) == (key, OFF.format(switch))
    assert found.hint == f"remove it, or set {switch} = true"
    assert read(tmp_path, **variables | {variable(switch): "true"})
    assert read(tmp_path, **{variable(switch): "false"})


def test_an_invalid_value_has_one_error(tmp_path):
    """Not a second one because it has no effect either."""
    toml = f'{GOOD}[remediation]\nenabled = false\nrunbook = ["aws"]\n'
    assert rules(tmp_path, toml) == [("remediation.runbook", "is not text")]


def test_exemptions_have_an_effect_without_remediation(tmp_path):
    """`reprieve sweep` and the patrol's reminders use them."""
    toml = f'{GOOD}[remediation]\nenabled = false\n[exempt]\nprincipals = ["{ROLE}"]\n'
    assert read(tmp_path, toml).exempt.principals == (ROLE,)


@pytest.mark.parametrize(
    ("pattern", "rule", "hint"),
    [
        (
            '"Detail": {"eventName": ["DisableKey"]}',
            'has the field "Detail", which no event has',
            'did you mean "detail"?',
        ),
        (
            '"$or": [{"acount": ["111122223333"]}, {"region": ["eu-west-1"]}]',
            'has the field "acount", which no event has',
            'did you mean "account"?',
        ),
        (
            '"detail": ["DisableKey"]',
            'has a list as "detail", which is an object in every event',
            'write it like "detail": {"eventName": ["DisableKey"]}',
        ),
        (
            '"region": {"name": ["eu-west-1"]}',
            'has an object as "region", which is none in any event',
            'write a list: "region": ["…"]',
        ),
    ],
)
def test_a_pattern_that_never_matches_is_refused(tmp_path, pattern, rule, hint):
    """EventBridge accepts it, and no event has such a field."""
    toml = (
        f'{GOOD}[[watch]]\nname = "x"\nsummary = "x"\n'
        f"""pattern = '{{"source": ["aws.kms"], {pattern}}}'\n"""
    )
    (found,) = errors(tmp_path, toml)
    assert (found.key, found.rule, found.hint) == ("watch[0].pattern", rule, hint)
