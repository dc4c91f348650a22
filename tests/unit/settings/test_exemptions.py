"""The exempt principals and keys."""

import re

import pytest

from tests.support.settings import GOOD, ROLE, errors, read, rules

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


MRK = "mrk-1234abcd12ab34cd56ef1234567890ab"


USER = "arn:aws:iam::111122223333:user/keys/alice"


def test_exemptions_by_role_user_key_id_and_key_arn_are_accepted(tmp_path):
    """With and without a path; keys of one Region and multi-Region keys."""
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
        ("deployers", "alice", "is not the ARN of an IAM role or user"),
        (
            "principals",
            "arn:aws:iam::111122223333:role/*/Admin",
            "contains a wildcard, which EventBridge does not expand: it would match nobody",
        ),
        (
            "deployers",
            "arn:aws:iam::111122223333:user/team?/alice",
            "contains a wildcard, which EventBridge does not expand: it would match nobody",
        ),
        (
            "deployers",
            "arn:aws:sts::111122223333:assumed-role/Deployment/session",
            "is a session of a role; the role itself covers all of its sessions",
        ),
        (
            "deployers",
            "arn:aws-cn:iam::111122223333:role/Deployment",
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
def test_an_exemption_without_effect_is_refused(tmp_path, key, text, rule):
    """It would exempt nothing, and nobody would notice."""
    toml = f'{GOOD}\n[exempt]\n{key} = ["{text}"]'
    assert rules(tmp_path, toml) == [(f"exempt.{key}[0]", rule)]


def test_exemptions_that_exceed_the_pattern_limit_are_refused(tmp_path):
    """EventBridge accepts 2,048 characters. Report the number before Terraform applies."""
    arns = ",".join(f"arn:aws:iam::111122223333:role/KeyAdministrator{n:02}" for n in range(40))
    assert read(tmp_path, REPRIEVE_EXEMPT__PRINCIPALS=",".join(arns.split(",")[:30]))
    (error,) = errors(tmp_path, GOOD, REPRIEVE_EXEMPT__PRINCIPALS=arns)
    assert error.key == "exempt"
    assert re.search(
        r"event pattern of 2,\d{3} characters in .*; EventBridge accepts 2,048", error.rule
    )
