"""What the settings define in a Region, watched or not."""

from reprieve.aws.account import Account
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


def test_other_regions_have_nothing_to_forward():
    """The watched ones have their guard, the others nothing."""
    assert [relay_in(ACCOUNT, SETTINGS, region) for region in (*WATCHED, "us-west-2")] == [None] * 3
    assert rules_in(ACCOUNT, SETTINGS, "us-west-2") == ()
    assert rules_in(ACCOUNT, SETTINGS, WATCHED[0])
