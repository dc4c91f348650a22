"""What terraform would do after a change of the settings, by its own plan."""

import pytest

from tests.support.account import REGIONS


@pytest.fixture
def replan(account):
    """Return a function: new settings in, terraform's plan out; the settings are put back."""
    former = dict(account.deployment.settings)

    def plan(**settings: str) -> dict[str, list[str]]:
        account.deployment.settings.update(settings)
        account.deployment.synth()
        return account.deployment.plan()

    yield plan
    account.deployment.settings.clear()
    account.deployment.settings.update(former)
    account.deployment.synth()


def places(changes: dict[str, list[str]]) -> set[tuple[str, ...]]:
    """Return where changes are and what they are: (Region, action …)."""
    return {(address.split(".")[1].split("_")[0], *does) for address, does in changes.items()}


def test_a_second_apply_changes_nothing(replan):
    """What was deployed is what the settings say."""
    assert replan() == {}


def test_the_order_of_regions_changes_nothing(replan):
    """The same Regions the other way round: an empty plan."""
    assert replan(REPRIEVE_REGIONS__WATCH=",".join(reversed(REGIONS))) == {}


def test_a_region_that_leaves_takes_its_own_guard_along_and_nothing_else(replan):
    """Terraform can still reach the Region: its provider alias is there for ever."""
    changes = replan(REPRIEVE_REGIONS__WATCH="us-east-1")
    assert places(changes) == {("eu-west-1", "delete")}
    assert len(changes) == 30


def test_a_region_that_joins_brings_its_own_guard_and_nothing_else(replan):
    """Roles and other guards stay as they are."""
    changes = replan(REPRIEVE_REGIONS__WATCH=",".join((*REGIONS, "sa-east-1")))
    assert places(changes) == {("sa-east-1", "create")}
    assert len(changes) == 30


def test_an_address_more_is_a_subscription_more_in_each_region(replan):
    """No other resource is touched."""
    changes = replan(REPRIEVE_NOTIFY__EMAILS="security@example.com,oncall@example.com")
    assert {(region, "create") for region in REGIONS} == places(changes)
    assert {address.split(".")[0] for address in changes} == {"aws_sns_topic_subscription"}
