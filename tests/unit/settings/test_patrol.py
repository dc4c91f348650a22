"""The settings of the patrol, of the alarms, and of Systems Manager."""

import pytest

from tests.support.settings import GOOD, errors, read, rules


@pytest.mark.parametrize(
    "every", ["15 minutes", "59 minutes", "1 hour", "6 hours", "24 hours", "1 day", "1440 minutes"]
)
def test_intervals_that_eventbridge_accepts_are_accepted(tmp_path, every):
    """From 15 minutes to a day."""
    assert read(tmp_path, REPRIEVE_PATROL__EVERY=every).patrol.every == every


@pytest.mark.parametrize(
    "every", ["", "6", "6 h", "1 hours", "2 hour", "1 days", "06 hours", "6  hours", "rate(1 day)"]
)
def test_what_is_no_interval_is_refused(tmp_path, every):
    """EventBridge wants the singular for 1, and the plural for others."""
    assert rules(tmp_path, REPRIEVE_PATROL__EVERY=every) == [("patrol.every", "is not an interval")]


@pytest.mark.parametrize("every", ["1 minute", "14 minutes", "2 days", "25 hours", "9999 hours"])
def test_an_interval_that_is_too_short_or_too_long_is_refused(tmp_path, every):
    """A key is lost after 7 days; and each patrol costs money."""
    rule = "is shorter than 15 minutes, or longer than a day"
    assert rules(tmp_path, REPRIEVE_PATROL__EVERY=every) == [("patrol.every", rule)]


@pytest.mark.parametrize("text", ["1", "10", "10000"])
def test_a_number_can_come_from_a_variable(tmp_path, text):
    """In digits."""
    settings = read(tmp_path, REPRIEVE_RELIABILITY__STORM_THRESHOLD=text)
    assert settings.reliability.storm_threshold == int(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0", "is not 1 to 10,000"),
        ("10001", "is not 1 to 10,000"),
        ("-1", "is not 1 to 10,000"),
        ("1.5", "is not a whole number"),
        ("", "is not a whole number"),
        ("ten", "is not a whole number"),
        ("9" * 5000, "is not 1 to 10,000"),
    ],
)
def test_another_number_of_deletions_is_refused(tmp_path, text, rule):
    """As text it is not converted; and no number is too long to be reported."""
    found = errors(tmp_path, REPRIEVE_RELIABILITY__STORM_THRESHOLD=text)
    assert [(error.key, error.rule, error.origin) for error in found] == [
        ("reliability.storm_threshold", rule, "REPRIEVE_RELIABILITY__STORM_THRESHOLD")
    ]


@pytest.mark.parametrize("value", ['"10"', "10.0", "true", "[10]"])
def test_a_number_in_the_file_is_a_number(tmp_path, value):
    """A text, a fraction or a truth value is none."""
    toml = f"{GOOD}[reliability]\nstorm_threshold = {value}\n"
    assert rules(tmp_path, toml) == [("reliability.storm_threshold", "is not a whole number")]


def test_the_new_switches_are_off_and_the_patrol_is_on(tmp_path):
    """Each can come from a variable."""
    plain = read(tmp_path)
    assert (plain.patrol.enabled, plain.patrol.rescue_earlier) == (True, False)
    assert plain.remediation.adaptive_concurrency is False
    assert plain.reliability.alarm_emails == ()
    changed = read(
        tmp_path,
        REPRIEVE_PATROL__RESCUE_EARLIER="true",
        REPRIEVE_REMEDIATION__ADAPTIVE_CONCURRENCY="true",
        REPRIEVE_RELIABILITY__ALARM_EMAILS="security@example.com,oncall@example.com",
    )
    assert (changed.patrol.enabled, changed.patrol.rescue_earlier) == (True, True)
    assert changed.remediation.adaptive_concurrency is True
    assert changed.reliability.alarm_emails == ("security@example.com", "oncall@example.com")


def test_addresses_of_alarms_follow_the_rules_of_the_others(tmp_path):
    """Each is an address, and occurs once."""
    toml = f'{GOOD}[reliability]\nalarm_emails = ["a@example.com", "A@example.com", "b"]\n'
    assert rules(tmp_path, toml) == [
        ("reliability.alarm_emails[1]", "is the same as reliability.alarm_emails[0]"),
        ("reliability.alarm_emails[2]", "is not an e-mail address"),
    ]
