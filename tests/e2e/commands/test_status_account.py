"""`reprieve status` finds changes to the roles and the trail, and mail that was not confirmed."""

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support import breaking, breaking_quietly
from tests.support.breaking import BROKEN, EMAIL, damaged
from tests.support.operator import Operator
from tests.support.status import DEPLOYED, SETTINGS, THREE, WATCHED, findings

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to three Regions. Tests leave it as they found it."""
    return deployments.account(sandbox, tmp_path_factory.mktemp("account"), **DEPLOYED)


@pytest.fixture
def operator(account):
    """The account's root, with the settings that were deployed."""
    return Operator(account.sandbox, SETTINGS)


def _other_account(document):
    statement = document["Statement"][0]
    statement["Condition"]["StringEquals"]["aws:SourceAccount"] = "444455556666"


DENY = f"arn:aws:iam::{ACCOUNT_ID}:policy/deny"
ROLES = {
    "permissions": (
        breaking.role(lambda p: p["Statement"].pop(0), "reprieve-automation", trust=False),
        "The role reprieve-automation has another inline policy: the statement CancelKeyDeletion "
        "is missing.",
    ),
    "no permissions": (
        breaking.role_policy_is_gone,
        "The role reprieve-automation has no inline policy.",
    ),
} | {
    f"{role}: {name}": (how(role), f"The role {role} {sentence}.")
    for role in ("reprieve-automation", "reprieve-eventbridge")
    for name, how, sentence in (
        (
            "trust",
            lambda role: breaking.role(_other_account, role, trust=True),
            "has another trust policy: the statement #1 was changed",
        ),
        (
            "second policy",
            breaking_quietly.role_has_a_second_policy,
            "has deny in its other inline policies, which the settings do not define",
        ),
        (
            "attached policy",
            breaking_quietly.role_has_an_attached_policy,
            f"has {DENY} in its attached policies, which the settings do not define",
        ),
        (
            "boundary",
            breaking_quietly.role_has_a_boundary,
            f"has the permissions boundary {DENY}, which the settings do not define",
        ),
    )
}


@pytest.mark.parametrize(("how", "expected"), ROLES.values(), ids=ROLES)
def test_a_role_that_was_changed_is_found(operator, how, expected):
    """For the account, and not in the Region."""
    with damaged(operator.sandbox, how):
        printed = operator.run("status", "--json", "--region", BROKEN)
    assert findings(printed, None) == {("roles", expected)}
    assert findings(printed, BROKEN) == set()
    assert printed.exit_code == 1


def advanced(*fields):
    """Return advanced event selectors: management events under these conditions."""
    management = {"Field": "eventCategory", "Equals": ["Management"]}
    return {"AdvancedEventSelectors": [{"FieldSelectors": [management, *fields]}]}


def basic(**selector):
    """Return one basic event selector."""
    return {
        "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True} | selector]
    }


DATA = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
NOT_SELECTED = "none of its advanced event selectors selects them"
BLIND = "the calls that Reprieve watches"
ALICE = f"arn:aws:iam::{ACCOUNT_ID}:user/alice"
TRAILS = {
    "stopped": (breaking.trail_is_stopped, BLIND, "its logging is stopped"),
    "without KMS": (
        breaking.trail_selects(**basic(ExcludeManagementEventSources=["kms.amazonaws.com"])),
        BLIND,
        "it excludes kms.amazonaws.com",
    ),
    "reads only": (
        breaking.trail_selects(**basic(ReadWriteType="ReadOnly")),
        BLIND,
        "it logs read calls only",
    ),
    "data only": (
        breaking.trail_selects(AdvancedEventSelectors=[DATA]),
        BLIND,
        NOT_SELECTED,
    ),
    "some calls": (
        breaking.trail_selects(
            **advanced(
                {"Field": "eventName", "NotEquals": ["DisableKey", "DeleteImportedKeyMaterial"]}
            )
        ),
        "DisableKey",
        NOT_SELECTED,
    ),
    "some callers": (
        breaking.trail_selects(**advanced({"Field": "userIdentity.arn", "NotEquals": [ALICE]})),
        BLIND,
        "its advanced event selectors exclude some by userIdentity.arn",
    ),
}


@pytest.mark.parametrize(("how", "what", "reason"), TRAILS.values(), ids=TRAILS)
def test_a_trail_that_does_not_see_keys_is_found_in_every_region(operator, how, what, reason):
    """The trail is one for all Regions; what it does not log is shown as one finding."""
    with damaged(operator.sandbox, how):
        printed = operator.run("status", "--json", *THREE)
        text = operator.run("status", *THREE).text
    expected = f"No trail is known to log {what} (sandbox: {reason})."
    for region in WATCHED:
        ((check, problem),) = findings(printed, region)
        assert (check, problem.startswith(expected)) == ("trail", True)
    assert " ".join(text.split()).count(expected) == 1


def test_a_subscription_that_sns_may_have_suspended_is_told_from_one_that_never_confirmed(operator):
    """Only a topic that got many messages at once can have suspended anybody."""
    breaker = breaking.Breaker(operator.sandbox)
    with damaged(operator.sandbox, breaking.subscription_is_pending):
        breaking_quietly.publish_at_once(breaker, messages=10)
        before = operator.run("status", "--json", "--region", BROKEN)
        breaking_quietly.publish_at_once(breaker, messages=1000)
        after = operator.run("status", "--json", "--region", BROKEN)
    never = f"{EMAIL} has not confirmed, and is not notified."
    either = f"{EMAIL} is not notified: it has not confirmed, or SNS has suspended it."
    assert findings(before, BROKEN) == {("subscriptions", never)}
    assert findings(after, BROKEN) == {("subscriptions", either)}
