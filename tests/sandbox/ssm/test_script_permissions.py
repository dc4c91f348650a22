"""Scripts of runbooks call AWS as the automation's role: each call needs its permission."""

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import (
    ENCRYPT,
    TOPIC_ARN,
    Account,
    allow,
    encrypt_topic,
    policy,
)
from tests.support.scripts import run, script_step

TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT_ID}:trail/sandbox"
# Returns the script's identity, and the results of its calls to KMS and CloudTrail.
CALLING = """\
import boto3
from botocore.exceptions import ClientError


def result_of(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


def handler(events, context):
    return {
        "Who": boto3.client("sts").get_caller_identity()["Arn"],
        "Seen": result_of(boto3.client("cloudtrail").lookup_events),
        "Disabled": result_of(boto3.client("kms").disable_key, KeyId=events["Key"]),
    }
"""


@pytest.mark.parametrize(
    ("action", "seen", "disabled"),
    [
        ("cloudtrail:LookupEvents", "done", "AccessDeniedException"),
        ("kms:DisableKey", "AccessDeniedException", "done"),
    ],
)
def test_a_script_has_the_permissions_of_the_automations_role(sandbox, action, seen, disabled):
    """Each of its calls needs a permission of its own."""
    account = Account(sandbox)
    account.kms_statements = [allow(action)]
    account.make_roles()
    key, execution = run(account, script_step(CALLING))
    assert execution.failure is None
    answer = execution.steps[0].outputs["OutputPayload"]["Payload"]
    assert f":{ACCOUNT_ID}:assumed-role/automation/" in answer["Who"]
    assert (answer["Seen"], answer["Disabled"]) == (seen, disabled)
    assert account.state(key) == ("Disabled" if disabled == "done" else "Enabled")


# The calls that look after a guard, and what the account must have for them to succeed.
CALLS = [
    ("kms", "ListKeys", {}),
    ("kms", "DescribeKey", {"KeyId": "KEY"}),
    ("kms", "CancelKeyDeletion", {"KeyId": "KEY"}),
    ("kms", "EnableKey", {"KeyId": "KEY"}),
    ("cloudtrail", "LookupEvents", {}),
    ("cloudtrail", "DescribeTrails", {}),
    ("cloudtrail", "GetTrailStatus", {"Name": TRAIL_ARN}),
    ("cloudtrail", "GetEventSelectors", {"TrailName": TRAIL_ARN}),
    ("sqs", "GetQueueUrl", {"QueueName": "letters"}),
    ("sqs", "GetQueueAttributes", {"QueueUrl": "QUEUE"}),
    ("sqs", "ReceiveMessage", {"QueueUrl": "QUEUE"}),
    ("sqs", "DeleteMessage", {"QueueUrl": "QUEUE", "ReceiptHandle": "MESSAGE"}),
    ("sns", "Publish", {"TopicArn": TOPIC_ARN, "Message": "m"}),
    ("sns", "GetTopicAttributes", {"TopicArn": TOPIC_ARN}),
    ("sns", "ListSubscriptionsByTopic", {"TopicArn": TOPIC_ARN}),
    ("sns", "GetSubscriptionAttributes", {"SubscriptionArn": "SUBSCRIPTION"}),
    ("events", "ListRules", {}),
    ("events", "DescribeRule", {"Name": "guard"}),
    ("events", "ListTargetsByRule", {"Rule": "guard"}),
    ("ssm", "DescribeAutomationExecutions", {}),
    ("iam", "GetRole", {"RoleName": "automation"}),
]
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
CALL_ALL = """\
import boto3
from botocore import xform_name
from botocore.exceptions import ClientError


def handler(events, context):
    results = []
    for service, api, parameters in events["Calls"]:
        try:
            getattr(boto3.client(service), xform_name(api))(**parameters)
            results.append("done")
        except ClientError as error:
            results.append(error.response["Error"]["Code"])
    return results
"""


@pytest.fixture
def guarded(sandbox):
    """Return an account with what the calls are about, and the values of their parameters."""
    account = Account(sandbox)
    account.make_roles()
    account.make_topic()
    account.make_rule()
    account.make_queue("letters")
    sqs = account.client("sqs")
    queue = sqs.get_queue_url(QueueName="letters")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    page = account.client("sns").list_subscriptions_by_topic(TopicArn=TOPIC_ARN)
    values = {
        "KEY": account.schedule(),
        "QUEUE": queue,
        "MESSAGE": message["ReceiptHandle"],
        "SUBSCRIPTION": page["Subscriptions"][0]["SubscriptionArn"],
    }
    return account, values


@pytest.mark.parametrize("lacking", [*(call[1] for call in CALLS), None])
def test_each_call_of_a_script_needs_its_own_permission(guarded, lacking):
    """The role may do everything but one call, which is denied. With no exception, none is."""
    account, values = guarded
    actions = [f"{service}:{api}" for service, api, _ in CALLS if api != lacking]
    account.client("iam").put_role_policy(
        RoleName="automation", PolicyName="p", PolicyDocument=policy(allow(actions))
    )
    calls = [
        [service, api, {name: values.get(value, value) for name, value in parameters.items()}]
        for service, api, parameters in CALLS
    ]
    step = script_step(CALL_ALL)
    step["inputs"]["InputPayload"] = {"Calls": calls}
    _, execution = run(account, step)
    results = dict(zip((call[1] for call in CALLS), result_of(execution), strict=True))
    denied = [api for api, code in results.items() if code in DENIED]
    assert denied == ([lacking] if lacking else [])


def result_of(execution):
    """Return what the script of an execution returned."""
    return execution.steps[0].outputs["OutputPayload"]["Payload"]


def test_a_script_publishes_only_with_the_topics_key(sandbox):
    """The key of an encrypted topic counts for scripts as for other callers."""
    account = Account(sandbox, kms_statements=[allow("sns:Publish"), allow(ENCRYPT)])
    account.make_roles()
    account.make_topic()
    key = encrypt_topic(account)
    account.client("kms").disable_key(KeyId=key)
    step = script_step(CALL_ALL)
    step["inputs"]["InputPayload"] = {
        "Calls": [["sns", "Publish", {"TopicArn": TOPIC_ARN, "Message": "m"}]]
    }
    _, execution = run(account, step)
    assert result_of(execution) == ["KMSDisabled"]
    assert sandbox.mails == []
