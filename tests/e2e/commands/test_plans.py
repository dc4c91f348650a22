"""What terraform would do after a change of the settings, by its own plan."""

from collections import Counter

import pytest

from tests.support.account import REGIONS

pytestmark = pytest.mark.long

GUARD = 46
"""The resources of a guard with one address: docs/architecture.md lists them."""


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


def resources(changes: dict[str, list[str]], place: str) -> dict[str, int]:
    """Return how many resources of a Region, or of the account, are changed in which way."""
    return Counter(
        "-".join(does)
        for address, does in changes.items()
        if address.split(".")[1].split("_")[0] == place
    )


def test_a_second_apply_changes_nothing(replan):
    """What was deployed is what the settings say."""
    assert replan() == {}


def test_the_order_of_regions_changes_nothing(replan):
    """The same Regions the other way round: an empty plan."""
    assert replan(REPRIEVE_REGIONS__WATCH=",".join(reversed(REGIONS))) == {}


def test_a_region_that_leaves_takes_its_own_guard_along(replan):
    """Terraform can still reach the Region: its provider alias is there for ever.

    The Region that stays alone forwards no events any more, and its patrol checks its own guard.
    """
    changes = replan(REPRIEVE_REGIONS__WATCH="us-east-1")
    assert resources(changes, "eu-west-1") == {"delete": GUARD}
    assert resources(changes, "us-east-1") == {"delete": 4, "update": 2, "create-delete": 1}
    assert resources(changes, "remediation") == {"update": 1}


def test_a_region_that_joins_brings_its_own_guard(replan):
    """Roles and other guards stay as they are, but for the patrol that checks the new guard."""
    changes = replan(REPRIEVE_REGIONS__WATCH=",".join((*REGIONS, "sa-east-1")))
    assert resources(changes, "sa-east-1") == {"create": GUARD}
    assert resources(changes, "eu-west-1") == {"update": 2, "create-delete": 1}
    assert len(changes) == GUARD + 3


def test_an_address_more_is_a_subscription_more_in_each_region(replan):
    """Nothing else is touched but the patrols, which know the addresses of the next guard."""
    changes = replan(REPRIEVE_NOTIFY__EMAILS="security@example.com,oncall@example.com")
    for region in REGIONS:
        assert resources(changes, region) == {"create": 1, "update": 2, "create-delete": 1}
    created = [address for address, does in changes.items() if does == ["create"]]
    assert {address.split(".")[0] for address in created} == {"aws_sns_topic_subscription"}
