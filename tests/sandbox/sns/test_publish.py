"""Publishing to a topic: its policy and its key."""

import json
from typing import Any

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.iam import authorization
from sandbox.iam.policy_evaluator import Request, decide_resource
from sandbox.iam.principals import role_at, session_of
from sandbox.sns import publish
from tests.support.emulated_account import (
    CLOUDWATCH,
    ENCRYPT,
    EVENTS,
    REGION,
    ROOT,
    RULE_ARN,
    SNS,
    TOPIC_ARN,
    Account,
    allow,
    encrypt_topic,
    policy,
    role_arn,
)


@pytest.mark.parametrize("over_tls", [True, False])
@pytest.mark.parametrize(
    ("action", "denied", "principal"),
    [
        ("sns:Publish", "sns:Publish", EVENTS),
        ("sns:Publish", "sns:Publish", CLOUDWATCH),
        ("sns:Publish", "sns:Publish", {"AWS": role_arn("automation")}),
        ("sqs:SendMessage", "sqs:*", EVENTS),
        ("sqs:SendMessage", "sqs:*", SNS),
    ],
)
def test_a_policy_that_requires_tls_denies_calls_without_it(action, denied, principal, over_tls):
    """The policy allows the action, and denies it without TLS."""
    deny = {**allow(denied, Principal="*"), "Effect": "Deny"}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    document = json.loads(policy(allow(action, Principal=principal), deny))
    ((kind, name),) = principal.items()
    context = {**authorization.base_context(REGION)}
    if not over_tls:
        context["aws:SecureTransport"] = "false"
    request = Request(action, TOPIC_ARN, (f"{kind}:{name}",), context)
    assert decide_resource(document, request) == ("allow" if over_tls else "deny")


ROLE = {"AWS": role_arn("automation")}


def session():
    """Return a session of the automation role."""
    return session_of(role_at(ROLE["AWS"]), "session")


def test_a_role_publishes_to_an_encrypted_topic(sandbox):
    """The permission for the key comes from the key policy or from the role's own policy."""
    account = Account(sandbox)
    account.make_roles()
    account.make_topic()
    key = encrypt_topic(account)
    for of_key, of_role, refusal in (
        ([allow(ENCRYPT, Principal=ROLE)], [], None),
        ([], [allow(ENCRYPT)], None),  # The key policy leaves it to the account's IAM.
        ([], [], "is not authorized to perform: kms:GenerateDataKey"),
        ([], [allow("kms:GenerateDataKey")], "kms:Decrypt"),
        ([allow(ENCRYPT, Principal=CLOUDWATCH)], [], "kms:GenerateDataKey"),
    ):
        account.client("kms").put_key_policy(
            KeyId=key, PolicyName="default", Policy=policy(allow("kms:*", Principal=ROOT), *of_key)
        )
        account.client("iam").put_role_policy(
            RoleName="automation",
            PolicyName="p",
            PolicyDocument=policy(allow("sns:Publish"), *of_role),
        )
        answer: Any = publish.session_denial(session(), TOPIC_ARN, REGION)
        assert answer is None if refusal is None else answer[0] == "KMSAccessDenied"
        assert answer is None if refusal is None else refusal in answer[1]


def test_a_runbook_cannot_publish_with_a_disabled_key(sandbox):
    """With the same runbook, topic, role and permissions, it can once the key is enabled."""
    account = Account(sandbox, kms_statements=[allow("sns:Publish"), allow(ENCRYPT)])
    account.make_roles()
    account.make_topic()
    key = encrypt_topic(account)
    inputs = {"Service": "sns", "Api": "Publish", "TopicArn": TOPIC_ARN, "Message": "m"}
    content = {
        "schemaVersion": "0.3",
        "description": "Publishes.",
        "assumeRole": ROLE["AWS"],
        "mainSteps": [{"name": "publish", "action": "aws:executeAwsApi", "inputs": inputs}],
    }
    ssm = account.client("ssm")
    ssm.create_document(
        Name="Own", DocumentType="Automation", DocumentFormat="JSON", Content=json.dumps(content)
    )
    for ready in (account.client("kms").disable_key, account.client("kms").enable_key):
        ready(KeyId=key)
        ssm.start_automation_execution(DocumentName="Own")
        sandbox.settle()
    refused, done = sandbox.executions
    assert "is Disabled" in refused.failure
    assert not done.failure
    assert [mail.body for mail in sandbox.mails] == ["m"]


def test_a_topic_policy_that_denies_the_account_denies_its_roles(sandbox):
    """And a service that the policy does not mention may not publish."""
    account = Account(sandbox)
    account.make_roles()
    deny = {**allow("sns:Publish", TOPIC_ARN), "Effect": "Deny"}
    account.make_topic({**deny, "Principal": {"AWS": ACCOUNT_ID}})
    answer: Any = publish.session_denial(session(), TOPIC_ARN, REGION)
    assert answer[0] == "AuthorizationError"
    assert f"denies {session().arn} sns:Publish" in answer[1]
    assert publish.topic_denial_reason(authorization.EVENTS, TOPIC_ARN, REGION, RULE_ARN)
