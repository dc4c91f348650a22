"""What the settings define in a Region, watched or not."""

from reprieve.aws.account import Account
from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.settings.hub import HubSettings
from reprieve.status.expected import relay_in, rules_in
from tests.support.settings import load_one

ACCOUNT = Account(None, None, "111122223333", "arn:aws:iam::111122223333:user/alice")
WATCHED = ("eu-central-1", "eu-west-1")
KEYS = [f"arn:aws:kms:{region}:111122223333:key/mrk-{'0' * 32}" for region in WATCHED]
SETTINGS = load_one(
    {
        "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
        "REPRIEVE_NOTIFY__ENCRYPTION": ",".join(KEYS),
        "REPRIEVE_REGIONS__WATCH": ",".join(WATCHED),
        "REPRIEVE_SETTINGS": "/dev/null",
    }
)


def test_a_region_that_is_not_watched_may_forward_events():
    """IAM's events appear in one Region: there the forwarding rules are expected, and no more."""
    relay = relay_in(ACCOUNT, SETTINGS, "us-east-1")
    assert relay
    assert relay.region == "us-east-1"
    assert relay.guard.rules == rules_in(ACCOUNT, SETTINGS, "us-east-1")
    assert {target.transformer for rule in relay.guard.rules for target in rule.targets} == {None}


def test_a_region_that_only_forwards_has_nothing_else_of_the_first_watched_one():
    """If that is the hub, status looked for its event buses where nothing is watched."""
    hub = SETTINGS.model_copy(
        update={
            "notify": SETTINGS.notify.model_copy(
                update={"topology": "hub", "hub": HubSettings(region=WATCHED[0])}
            )
        }
    )
    assert regional_guard(hub, Location("aws", WATCHED[0], ACCOUNT.id)).buses
    for settings in (SETTINGS, hub):
        relay = relay_in(ACCOUNT, settings, "us-east-1")
        assert relay
        guard = relay.guard
        assert guard.rules
        assert (guard.buses, guard.topics, guard.documents, guard.alarms) == ((), (), (), ())
        assert (guard.key, guard.key_arn, guard.service_setting) == (None, None, None)


def test_other_regions_have_nothing_to_forward():
    """The watched ones have their guard, the others nothing."""
    assert [relay_in(ACCOUNT, SETTINGS, region) for region in (*WATCHED, "us-west-2")] == [None] * 3
    assert rules_in(ACCOUNT, SETTINGS, "us-west-2") == ()
    assert rules_in(ACCOUNT, SETTINGS, WATCHED[0])
