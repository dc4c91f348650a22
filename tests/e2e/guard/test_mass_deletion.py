"""Very many deletions at once: `make burst`, scaled down with AWS's quotas."""

from dataclasses import replace

import pytest

from bench import burst

pytestmark = pytest.mark.long

SCALE = 25


@pytest.fixture(scope="module")
def deployed(sandbox, deployments, tmp_path_factory) -> bytes:
    """Deploy what `make burst` deploys; return a copy of the account."""
    deployments.account(sandbox, tmp_path_factory.mktemp("account"), **burst.SETTINGS)
    return bytes(sandbox.snapshot())


@pytest.fixture(scope="module")
def results(sandbox, deployed) -> dict[str, burst.Result]:
    """Run every scenario, each in the account as it was deployed."""
    found = {}
    for scenario in burst.SCENARIOS:
        sandbox.restore(deployed)
        sandbox.quotas = burst.quotas(SCALE)
        found[scenario.name] = burst.run(sandbox, scenario.scaled(SCALE))
    return found


def test_no_key_is_lost_and_nobody_is_alerted_twice(results):
    """By its event or by the patrol; in every scenario."""
    assert {name: each.lost for name, each in results.items()} == dict.fromkeys(results, 0)
    assert {name: each.alerts_twice for name, each in results.items()} == dict.fromkeys(results, 0)


def test_every_event_that_arrives_saves_its_key(results):
    """What the patrol has to do is what no event reported."""
    by_patrol = {name: each.by_patrol for name, each in results.items()}
    keys = {each.name: each.keys // SCALE for each in burst.SCENARIOS}
    assert by_patrol == {
        "1,000": 0,
        "3,000": 0,
        "5 % of the events are lost": keys["5 % of the events are lost"] // 20,
        # The events of the keys after the middle one.
        "the rule is disabled half-way": by_patrol["the rule is disabled half-way"],
    }
    assert 0 < by_patrol["the rule is disabled half-way"] <= keys["the rule is disabled half-way"]


def test_the_storm_is_reported_while_it_lasts(results):
    """The alarm goes off before the last rescue, and its mailbox still works."""
    for result in results.values():
        assert result.storm is not None
        assert result.storm < result.last_rescue
        assert not result.is_alarm_suspended


def test_the_attack_on_the_rule_is_reported_in_the_home_region(results):
    """Where its topic is not flooded."""
    reported = {name for name, result in results.items() if result.attack is not None}
    assert reported == {"the rule is disabled half-way"}


def test_rescues_that_have_to_wait_are_reported(results):
    """More deletions than Systems Manager's slots and queue take."""
    assert results["3,000"].waiting is not None


def test_a_patrol_over_many_keys_takes_a_small_part_of_a_scripts_time(sandbox, deployed):
    """10,000 keys, scaled down; a script has 600 seconds. KMS's quotas on reading are AWS's."""
    sandbox.restore(deployed)
    sandbox.quotas = burst.quotas(1)
    assert burst.time_patrol(sandbox, burst.KEYS_OF_A_PATROL // SCALE) < 600 / SCALE


def test_the_quotas_are_scaled_with_the_keys():
    """The rates per second stay as they are."""
    scaled = burst.quotas(SCALE)
    assert (scaled.running_automations, scaled.queued_automations) == (4, 40)
    unscaled = burst.quotas(1)
    assert (
        replace(scaled, running_automations=100, queued_automations=1000, alarm_period=60.0)
        == unscaled
    )
