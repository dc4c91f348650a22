"""The exempt principals and keys."""

import re

import pytest

from tests.support.settings import GOOD, ROLE, errors, read, rules

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


MRK = "mrk-1234abcd12ab34cd56ef1234567890ab"


USER = "arn:aws:iam::111122223333:user/keys/alice"


def test_exemptions_that_pass(tmp_path):
    """Roles and users with or without a path; keys by id, of several Regions too, and by ARN."""
    key_arn = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY}"
    settings = read(
        tmp_path,
        REPRIEVE_EXEMPT__PRINCIPALS=f"{ROLE},{USER}",
        REPRIEVE_EXEMPT__KEYS=f"{key_arn},{MRK}",
    )
    assert settings.exempt.principals == (ROLE, USER)
    assert settings.exempt.keys == (key_arn, MRK)


@pytest.mark.parametrize(
    ("key", "text", "rule"),
    [
        ("principals", "alice", "is not the ARN of an IAM role or user"),
        ("principals", "arn:aws:iam::111122223333:root", "is not the ARN of an IAM role or user"),
        (
            "principals",
            "arn:aws:sts::111122223333:assumed-role/Admin/alice",
            "is a session of a role; the role itself covers all of its sessions",
        ),
        (
            "principals",
            "arn:aws-cn:iam::111122223333:role/Admin",
            "is in the partition aws-cn; the Regions to watch are in aws",
        ),
        ("keys", "alias/app", "is an alias, which can be moved to another key at any time"),
        ("keys", "1234abcd", "is neither the id nor the ARN of a KMS key"),
        (
            "keys",
            f"arn:aws:kms:af-south-1:111122223333:key/{KEY}",
            "is in af-south-1, which is not watched",
        ),
    ],
)
def test_exemptions_that_do_not(tmp_path, key, text, rule):
    """Each that would silently exempt nothing is refused."""
    toml = f'{GOOD}\n[exempt]\n{key} = ["{text}"]'
    assert rules(tmp_path, toml) == [(f"exempt.{key}[0]", rule)]


def test_exemptions_that_make_too_long_a_pattern_are_refused_with_the_number(tmp_path):
    """Found out here, not at apply: EventBridge accepts 2,048 characters."""
    arns = ",".join(f"arn:aws:iam::111122223333:role/KeyAdministrator{n:02}" for n in range(40))
    assert read(tmp_path, REPRIEVE_EXEMPT__PRINCIPALS=",".join(arns.split(",")[:30]))
    (error,) = errors(tmp_path, GOOD, REPRIEVE_EXEMPT__PRINCIPALS=arns)
    assert error.key == "exempt"
    assert re.search(
        r"event pattern of 2,\d{3} characters in .*; EventBridge accepts 2,048", error.rule
    )
