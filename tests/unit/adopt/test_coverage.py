"""What a deployment of the pattern does not cover: one change, one finding."""

from dataclasses import replace

import pytest

from reprieve.adopt.adopt import _principals
from reprieve.adopt.coverage import gaps_of
from reprieve.adopt.found import Subscriber
from reprieve.settings.schema import NotifySettings, RemediationSettings
from reprieve.status.findings import Kind
from tests.support.aws_pattern import PATTERN, RESCUER
from tests.support.emulated_account import RUNBOOK, policy, role_arn
from tests.unit.adopt import making
from tests.unit.adopt.making import ID, START, TRUST, cancel, deployment, notify, rule, topic

QUEUE = {"Arn": f"arn:aws:sqs:eu-west-1:{ID}:lost"}
BY_ID = {
    "InputPathsMap": {"key": "$.detail.requestParameters.id"},
    "InputTemplate": f'{{"KeyId": ["<key>"], "AutomationAssumeRole": ["{role_arn(RESCUER)}"]}}',
}
ATTRIBUTES = topic().attributes or {}
# A deployment with nothing to find but the threats that its pattern does not match.
TARGETS = (
    notify(DeadLetterConfig=QUEUE),
    cancel(DeadLetterConfig=QUEUE, InputTransformer=BY_ID),
)


def problems(found=None, settings=None, roles=TRUST):
    """Return what is found of a deployment, without the threats that it does not match."""
    found = found or deployment(rules=(rule(targets=TARGETS),))
    sentences = [each.problem for each in gaps_of(found, settings or making.settings(), ID, roles)]
    return [each for each in sentences if "threats of the settings" not in each]


def with_rule(**changes):
    """Return a deployment with a changed rule."""
    return deployment(rules=(rule(**({"targets": TARGETS} | changes)),))


def with_target(**changes):
    """Return a deployment with a changed runbook target."""
    given = {"DeadLetterConfig": QUEUE, "InputTransformer": BY_ID, **changes}
    return with_rule(targets=(TARGETS[0], cancel(**given)))


def with_topic(**changes):
    """Return a deployment with a changed topic."""
    return deployment(rules=(rule(targets=TARGETS),), topics=(topic(**changes),))


def by_path(path):
    """Return an input that takes the key from this path."""
    return {"InputTransformer": BY_ID | {"InputPathsMap": {"key": path}}}


def test_the_threats_that_it_does_not_match():
    """Of the settings; the one that it is for is none of them."""
    found = list(gaps_of(with_rule(), making.settings(), ID, TRUST))
    (finding,) = found
    assert finding.kind is Kind.MISSING
    assert finding.problem.startswith("It does not match 10 of the 11 threats of the settings: ")
    assert "key-disabled" in finding.problem
    assert "key-deletion-scheduled" not in finding.problem


GAPS = {
    "disabled": (
        with_rule(is_enabled=False),
        "Its rule is disabled: nobody is notified, and nothing is cancelled.",
    ),
    "narrow": (
        with_rule(pattern=PATTERN | {"region": ["eu-west-1"]}),
        'Its rule may not match every scheduled deletion: region is a new filter: ["eu-west-1"].',
    ),
    "no topic": (with_rule(targets=TARGETS[1:]), "Its rule has no topic: nobody is notified."),
    "no runbook": (with_rule(targets=TARGETS[:1]), "Remediation is off: it cancels nothing."),
    "no queue": (
        with_rule(targets=(notify(), cancel(InputTransformer=BY_ID))),
        "No dead-letter queue: an event that cannot be delivered is lost without notice.",
    ),
    "one queue": (
        with_rule(targets=(notify(), TARGETS[1])),
        "No dead-letter queue for the target notify.",
    ),
    "no retries": (
        with_target(RetryPolicy={"MaximumRetryAttempts": 0}),
        "A target has no retries.",
    ),
    "document": (
        with_target(Arn=f"arn:aws:ssm:eu-west-1::document/{RUNBOOK}"),
        "Its target names the document, not the automation definition: no runbook starts.",
    ),
    "no version": (
        with_target(Arn=f"arn:aws:ssm:eu-west-1::automation-definition/{RUNBOOK}"),
        "Its target names no version of the runbook: EventBridge does not start it.",
    ),
    "no start role": (
        with_target(RoleArn=None),
        "Its target has no role: EventBridge cannot start the runbook.",
    ),
    "no rescue role": (
        with_target(InputTransformer=BY_ID | {"InputTemplate": '{"KeyId": ["<key>"]}'}),
        "Its target gives the runbook no AutomationAssumeRole, which is required.",
    ),
    "key as typed": (
        with_target(**by_path("$.detail.requestParameters.keyId")),
        "It gives Amazon's runbook the key as the caller named it. The runbook expects the id: "
        "where the caller used the ARN, it fails.",
    ),
    "key by ARN": (
        with_target(**by_path("$.detail.resources[0].ARN")),
        "It gives Amazon's runbook the ARN of the key. The runbook expects the id, and fails.",
    ),
    "no such topic": (
        with_topic(attributes=None),
        "The topic kms-deletions does not exist: nobody is notified.",
    ),
    "closed topic": (
        with_topic(attributes={"Policy": policy()}),
        "The policy of the topic kms-deletions does not let EventBridge publish.",
    ),
    "encrypted topic": (
        with_topic(attributes={**ATTRIBUTES, "KmsMasterKeyId": "alias/aws/sns"}),
        "The topic kms-deletions is encrypted with alias/aws/sns: EventBridge cannot publish to "
        "it.",
    ),
    "no subscriber": (with_topic(subscribers=()), "Nobody subscribes to the topic kms-deletions."),
    "unconfirmed": (
        with_topic(subscribers=(Subscriber("email", "security@example.com", False),)),
        "security@example.com has not confirmed, and is not notified.",
    ),
    "another address": (
        with_topic(subscribers=(Subscriber("email", "ops@example.com", True),)),
        "ops@example.com gets its alerts, and is not in notify.emails.",
    ),
    "a web hook": (
        with_topic(subscribers=(Subscriber("https", "https://example.com", True),)),
        "https://example.com (https) gets its alerts, and may get none of Reprieve's.",
    ),
    "another call": (
        with_rule(
            pattern=PATTERN
            | {"detail": PATTERN["detail"] | {"eventName": ["ScheduleKeyDeletion", "EnableKey"]}}
        ),
        "It matches EnableKey, which the settings do not watch.",
    ),
    "failed stack": (
        deployment(rules=(rule(targets=TARGETS),), stack=making.stack(status="DELETE_FAILED")),
        "Its stack has the status DELETE_FAILED.",
    ),
    "no rule": (
        deployment(rules=(), topics=(), stack=making.stack()),
        "Its stack has no rule for scheduled deletions any more: it does nothing.",
    ),
}


def test_the_sample_has_no_other_gap():
    """So each of the following changes is what is found."""
    assert problems() == []


@pytest.mark.parametrize("name", GAPS)
def test_one_gap(name):
    """And no other."""
    found, expected = GAPS[name]
    assert problems(found) == [expected]


def test_an_input_without_parameters():
    """Nothing starts: both parameters are required."""
    assert problems(with_target(InputTransformer={}, Input="{}")) == [
        "Its target gives the runbook no AutomationAssumeRole, which is required.",
        "Its target gives the runbook no KeyId, which is required.",
    ]


def test_roles():
    """Missing, of another account, without trust, unread."""
    missing = TRUST | {role_arn(RESCUER): None}
    assert problems(roles=missing) == ["The role of the runbook, KeyRescue, does not exist."]
    untrusting = TRUST | {START: TRUST[role_arn(RESCUER)]}
    assert problems(roles=untrusting) == [
        "The role of EventBridge, kms-deletion-start, does not trust events.amazonaws.com."
    ]
    unread = TRUST | {START: ValueError("no")}
    assert problems(roles=unread) == [
        "The role of EventBridge, kms-deletion-start, could not be read."
    ]
    foreign = with_target(RoleArn=START.replace(ID, "444455556666"))
    assert problems(foreign) == [
        "The role of EventBridge, arn:aws:iam::444455556666:role/kms-deletion-start, is of another "
        "account."
    ]


def test_what_the_settings_do_not_want_is_no_gap():
    """Without remediation nothing has to be cancelled."""
    off = making.settings(remediation=RemediationSettings(enabled=False))
    assert problems(with_rule(targets=TARGETS[:1]), off) == []


def test_addresses_are_the_same_in_any_case():
    """SNS keeps them as they were written."""
    found = with_topic(subscribers=(Subscriber("email", "Security@Example.com", True),))
    assert problems(found) == []


def test_a_secret_of_a_web_hook_is_concealed():
    """Its path is a password."""
    hook = Subscriber("https", "https://example.com/token", True)
    text = "\n".join(problems(with_topic(subscribers=(hook,))))
    assert "token" not in text
    assert "https://example.com/…" in text


def test_a_call_that_reprieve_has_a_threat_for_names_it():
    """The settings can watch it."""
    pattern = PATTERN | {"detail": {"eventName": ["ScheduleKeyDeletion", "DeleteAlias"]}}
    findings = gaps_of(with_rule(pattern=pattern), making.settings(), ID, TRUST)
    (hint,) = (each.hint for each in findings if each.hint)
    assert hint == "Add alias-deleted to notify.threats."


def test_fewer_threats_are_fewer_gaps():
    """The settings that only want AWS's pattern miss nothing in it."""
    only = making.settings(
        notify=NotifySettings(emails=("security@example.com",), threats=("key-deletion-scheduled",))
    )
    assert list(gaps_of(with_rule(), only, ID, TRUST)) == []


def test_a_role_names_accounts_in_any_form():
    """By their ids, by ARNs, one or several; a service is no account."""

    def trust(principal):
        return {"Statement": [{"Principal": principal}]}

    assert _principals(trust({"AWS": f"arn:aws:iam::{ID}:root"})) == [ID]
    assert _principals(trust({"AWS": [ID, "arn:aws:iam::222233334444:role/x"]})) == [
        ID,
        "222233334444",
    ]
    assert _principals(trust({"Service": "ssm.amazonaws.com"})) == []
    assert _principals(trust("*")) == []


def test_the_name_of_a_stack_tells_its_stack_set():
    """Whatever is in the name of the set."""
    named = making.stack(name=f"StackSet-kms-alerts-2-{making.UUID}")
    assert named.set_name == "kms-alerts-2"
    assert making.stack(name="StackSet-of-mine").set_name is None
    assert replace(deployment(stack=named)).made == "stack set"
