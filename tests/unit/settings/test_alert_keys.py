"""The keys that encrypt the alerts."""

import pytest

from tests.support.settings import GOOD, errors

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


ALERT_KEY = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY}"


@pytest.mark.parametrize(
    ("encryption", "key", "rule"),
    [
        ("alias/aws/sns", "notify.encryption", "is an AWS managed key"),
        (
            "arn:aws:kms:eu-west-1:111122223333:alias/aws/sns",
            "notify.encryption[0]",
            "is an AWS managed key",
        ),
        ("mine", "notify.encryption", 'is not "none", "own" or a list of key ARNs'),
        (f'["{KEY}"]', "notify.encryption[0]", "is the id of a key"),
        ('["own"]', "notify.encryption[0]", "applies to every Region"),
        (
            f"{ALERT_KEY},{ALERT_KEY.replace('eu-west-1', 'sa-east-1')}",
            "notify.encryption[1]",
            "is in sa-east-1, which is not watched",
        ),
        (
            f"{ALERT_KEY},{ALERT_KEY.replace('1234abcd', 'abcd1234')}",
            "notify.encryption[1]",
            "is the second key in eu-west-1",
        ),
        (
            ALERT_KEY.replace("arn:aws", "arn:aws-cn"),
            "notify.encryption[0]",
            "is in the partition aws-cn",
        ),
    ],
)
def test_keys_that_cannot_encrypt_alerts(tmp_path, encryption, key, rule):
    """Found out here, and not when no alert arrives."""
    found = errors(
        tmp_path,
        GOOD,
        REPRIEVE_NOTIFY__ENCRYPTION=encryption,
        REPRIEVE_REGIONS__WATCH="eu-west-1",
    )
    assert found[0].key == key
    assert found[0].rule.startswith(rule)


def test_every_watched_region_needs_its_key(tmp_path):
    """The missing ones are named."""
    (error,) = errors(
        tmp_path,
        GOOD,
        REPRIEVE_NOTIFY__ENCRYPTION=ALERT_KEY,
        REPRIEVE_REGIONS__WATCH="eu-west-1,us-east-1",
    )
    assert (error.key, error.rule) == ("notify.encryption", "has no key in us-east-1")
